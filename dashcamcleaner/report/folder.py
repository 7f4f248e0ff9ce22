"""The page over the reports of several clips: ``report.html`` in the folder of their outputs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dashcamcleaner.output_files import PRIVATE, mode_like
from dashcamcleaner.report.data import find_report, html_path
from dashcamcleaner.report.html import folder_html, is_page, write_page

__all__ = ["write_folder_report"]


def write_folder_report(reports: Sequence[dict[str, Any]], folder: Path) -> Path:
    """Write ``report.html`` over several clips, worst first, with links to each clip's page; gives its path.

    An earlier page of this program is replaced, nobody else's file: where one has the name, the page becomes
    ``report-2.html`` and so on.

    Args:
        reports: what stands in the clips' JSON reports; of a failed clip its ``source``, ``status`` and ``error``.
        folder: where the page goes.

    Raises:
        OutputError: it cannot be written.
    """
    rows = []
    mode: int | None = None
    for report in reports:
        row = {**report, "page": ""}  # a report is foreign input: where its page lies is found here, not read there
        page = html_path(find_report(Path(str(report.get("output", "")))))
        if os.path.isfile(page):
            with contextlib.suppress(ValueError):  # on another drive: there is no way from here
                row["page"] = Path(os.path.relpath(page, folder)).as_posix()
            mode = mode_like(page) & (mode if mode is not None else 0o666)  # as the narrowest that it links to
        rows.append(row)
    # Not there yet where every clip of a batch was refused; where it cannot be made, writing tells why.
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    names = ("report.html", *(f"report-{number}.html" for number in range(2, 10_000)))
    path = next(
        path
        for path in (folder / name for name in names)
        if not os.path.lexists(path) or (path.is_file() and is_page(path))
    )
    write_page(folder_html(rows, title=folder.resolve().name), path, mode=PRIVATE if mode is None else mode)
    return path
