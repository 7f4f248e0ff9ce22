"""Where sources and outputs are, as a path or a URL: which of two is the same place, and that no output meets another.

A URL is one of a cluster's stores; what is fetched from it and published to it is no matter of this module.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from pathlib import Path

from dashcamcleaner.errors import OutputError
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.outputs import files_beside

__all__ = ["is_url", "output_folder", "refuse_crossing", "true_place"]


def is_url(place: str) -> bool:
    """Whether a place is a URL of a store rather than a path."""
    return "://" in place


def output_folder(output: str) -> tuple[str, str]:
    """The folder that an output names, and the extension for all clips where it is ``FOLDER/*.mkv``, else nothing."""
    place = output.rstrip("/") or output
    folder, last = (posixpath if is_url(place) else os.path).split(place)
    return (folder or os.curdir, Path(last).suffix.lower()) if last.startswith("*.") else (place, "")


def true_place(place: str) -> str:
    """The same text for the same place, however it is spelt: the path without links, the URL without empty parts."""
    scheme, _, rest = place.partition("://") if is_url(place) else ("file", "", place)
    if scheme in ("file", "local"):
        return os.path.realpath(rest)
    return f"{scheme}://{posixpath.normpath(rest)}"


def refuse_crossing(pairs: Sequence[tuple[str, str]]) -> None:
    """Make sure that nothing that is written (plans and reports as well) is a source, nor written twice.

    Args:
        pairs: path or URL of each source, and of its output.

    Raises:
        OutputError: something is.
    """
    sources = {true_place(source) for source, _ in pairs}
    taken: dict[str, str] = {}
    for source, output in pairs:
        name = Path(output).name
        for written in (output, *(output + beside.name.removeprefix(name) for beside in files_beside(Path(name)))):
            place = true_place(written)
            if place in sources:
                raise OutputError(
                    msg("The output {output} is a source; a source is never overwritten.", output=written),
                    hint="Give another folder with -o.",
                )
            if place in taken:
                raise OutputError(
                    msg(
                        "{taken} and {source} would both become {output}.",
                        taken=taken[place], source=source, output=written,
                    ),
                    hint="Clean them into different folders.",
                )  # fmt: skip
            taken[place] = source
