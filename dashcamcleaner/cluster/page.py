"""The page over all clips of a run whose outputs lie behind a URL: made here, published beside them.

Short: how the page looks is `report.html`'s affair, how it is put there `cluster.storage`'s.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from dashcamcleaner.cluster.scratch import scratch_folder
from dashcamcleaner.cluster.storage import open_store
from dashcamcleaner.report.html import folder_html, write_page

__all__ = ["publish_page"]

_MOST_PAGES = 10_000


def publish_page(reports: Sequence[Mapping[str, Any]], url: str, *, overwrite: bool) -> str:
    """Put ``report.html`` over several clips, worst first, beside them; gives its URL.

    Where one has the name, the page becomes ``report-2.html`` and so on.

    Args:
        reports: what stands in the clips' JSON reports, outputs as URLs; of a failed clip its status and error.
        url: the folder of the outputs.
        overwrite: replace an earlier page.

    Raises:
        OutputError: it cannot be written.
    """
    base = url.rstrip("/")
    store = open_store(base)
    rows = []
    for report in reports:
        output = str(report.get("output", ""))
        made = report.get("status") != "failed" and output.startswith(f"{base}/")
        rows.append({**report, "page": f"{output[len(base) + 1 :]}.report.html" if made else ""})
    folder = scratch_folder()
    try:
        page = folder / "report.html"
        write_page(folder_html(rows, title=base.rpartition("/")[2]), page)
        token = secrets.token_hex(16)
        names = ("report.html", *(f"report-{number}.html" for number in range(2, _MOST_PAGES)))
        name = next(name for name in names if store.publish(page, name, overwrite=overwrite, token=token))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return f"{base}/{name}"
