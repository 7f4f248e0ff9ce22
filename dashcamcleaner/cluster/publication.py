"""The order in which a result gets its names behind a URL, and what goes on where a worker was killed in between.

The clip's name is taken first, by the first writer only; its plan and report follow. So whoever loses a race changes
nothing of the winner's. Before all that they go up together under a name of their own (``NAME.sides``): where a worker
dies behind the clip, the next one puts them in place from there, if they are of the very clip that stands.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

from dashcamcleaner.cluster.storage import ClipStore
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.plain_files import file_sha256
from dashcamcleaner.report.data import read_report
from dashcamcleaner.side_files import UNREADABLE

__all__ = ["complete_result", "publish_result", "sides_name"]

_REPORT = ".report.json"
_MOST_SIDES = 64
_UNREADABLE: tuple[type[Exception], ...] = (DashcamCleanerError, zipfile.BadZipFile, OSError, *UNREADABLE)


def sides_name(name: str) -> str:
    """Under which name what stands beside an output waits while that is published."""
    return name + ".sides"


def publish_result(store: ClipStore, output: Path, *, overwrite: bool, writer: str, folder: Path) -> bool:
    """Publish an output and what lies beside it; False where another writer was first, and nothing was published.

    Args:
        store: where it goes.
        output: the clip on this machine; all other files of its folder go with it.
        overwrite: replace an output that stands there.
        writer: names this attempt, and no other.
        folder: a private folder.

    Raises:
        OutputError: it cannot be written.
    """
    waiting = sides_name(output.name)
    sides = [path for path in output.parent.iterdir() if path.is_file() and path != output]
    packed = folder / waiting
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as into:
        for path in sides:
            into.write(path, path.name)
    store.publish(packed, waiting, overwrite=True, token=writer)
    if not store.publish(output, output.name, overwrite=overwrite, token=writer):
        store.remove(waiting)
        return False
    _publish_sides(store, output.name, sides, writer=writer)
    return True


def complete_result(store: ClipStore, name: str, *, writer: str, folder: Path) -> None:
    """Put beside an output what a killed worker had made for it and not put there yet; nothing where all is there.

    Args:
        store: where the output stands.
        name: its name.
        writer: names this attempt.
        folder: a private, empty folder.

    Raises:
        InputError, OutputError: the store cannot be read or written.
    """
    waiting = sides_name(name)
    if store.size(waiting) is None:
        return
    packed, clip, sides = folder / "packed", folder / "clip", folder / "sides"
    sides.mkdir()
    store.fetch(waiting, packed)
    store.fetch(name, clip)
    try:
        found = _unpacked(packed, name, sides)
        fits = read_report(sides / (name + _REPORT))["output_sha256"] == file_sha256(clip)
    except _UNREADABLE:
        fits = False
    if fits:
        _publish_sides(store, name, found, writer=writer)
    else:  # of another clip, which never got the name
        store.remove(waiting)


def _publish_sides(store: ClipStore, name: str, sides: Sequence[Path], *, writer: str) -> None:
    """The report goes last: where it stands, all does."""
    for path in sorted(sides, key=lambda path: path.name == name + _REPORT):
        store.publish(path, path.name, overwrite=True, token=writer)
    store.remove(sides_name(name))


def _unpacked(packed: Path, name: str, folder: Path) -> list[Path]:
    """The files in it; anybody may have written it.

    Raises:
        BadZipFile, ValueError: it is not what `publish_result` makes.
    """
    paths = []
    with zipfile.ZipFile(packed) as within:
        if len(within.infolist()) > _MOST_SIDES:
            raise ValueError("too many files")
        for one in within.infolist():
            plain = one.filename == Path(one.filename).name and "\\" not in one.filename and "\0" not in one.filename
            # What is packed may grow beyond bounds.
            if not plain or not one.filename.startswith(f"{name}.") or one.compress_type != zipfile.ZIP_STORED:
                raise ValueError(one.filename)
            paths.append(folder / one.filename)
            with within.open(one) as source, paths[-1].open("xb") as to:
                shutil.copyfileobj(source, to)
    return paths
