"""A run's summary in, one self-contained HTML page out: what was done, and how it was checked.

`report.data` calls this with the dict that also stands in ``NAME.report.json``; the templates beside this module say
how it looks. The page loads nothing from anywhere (its own policy forbids it), prints on paper, and holds no clear
picture: thumbnails come obscured. Whatever is put into a template is escaped: names of files are foreign input.

It tells what was done. Whether that is enough, legally or otherwise, is not for a program to say.
"""

from __future__ import annotations

import base64
import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from dashcamcleaner.atomic_files import atomic_write
from dashcamcleaner.core.plain_text import link, visible
from dashcamcleaner.core.summary import CLEANED
from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.messages import counted, current_language, localized, msg, translated
from dashcamcleaner.output_files import PRIVATE
from dashcamcleaner.plain_files import open_plain
from dashcamcleaner.report.sheet import SheetPicture
from dashcamcleaner.report.timeline import timeline_of
from dashcamcleaner.report.verdict import NOTHING_LOOKED_FOR, nothing_looked_for, verdict_of
from dashcamcleaner.side_files import UNREADABLE

__all__ = [
    "NO_OUTPUT",
    "REPORT_VERSION",
    "can_be_shown",
    "folder_html",
    "is_page",
    "report_html",
    "worst_first",
    "write_html",
    "write_page",
]

REPORT_VERSION = 1
NO_OUTPUT = msg("no output")
"""The status of a source that stands in an audited folder without an output."""
_NO_PAGE: tuple[type[Exception], ...] = (*UNREADABLE, jinja2.TemplateError)

_STATUS_CLASS = {
    "PASS": "pass", "NEEDS REVIEW": "review", "FAIL": "fail", "cleaned": "note", "partial": "review",
    NOTHING_LOOKED_FOR: "note", NO_OUTPUT: "fail",
}  # fmt: skip
_MARK = b'<meta name="generator" content="DashcamCleaner">'
_MARK_OF_0_1_0 = b"content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\""
_MARK_WITHIN = 1000
_SEVERITIES = {"fail": msg("fail"), "review": msg("needs review"), "note": msg("note")}
_RANK = {
    "failed": 0, NO_OUTPUT: 0, "FAIL": 1, "partial": 2, "NEEDS REVIEW": 3, NOTHING_LOOKED_FOR: 4, "cleaned": 4,
    "PASS": 5,
}  # fmt: skip


def write_html(
    report: Mapping[str, Any],
    path: Path,
    *,
    thumbnails: Mapping[int, bytes] | None = None,
    sheet: Sequence[SheetPicture] = (),
    mode: int = PRIVATE,
) -> None:
    """Write the page of one clip, beside first.

    Args:
        report: what stands in the JSON.
        path: the path of the page.
        thumbnails: index of the finding -> obscured JPEG.
        sheet: pictures of what was hidden.
        mode: the mode of the file.

    Raises:
        OutputError: it cannot be written.
    """
    write_page(report_html(report, thumbnails=thumbnails, sheet=sheet), path, mode=mode)


def write_page(page: str, path: Path, *, mode: int = PRIVATE) -> None:
    """Write a page, beside first.

    Raises:
        OutputError: it cannot be written.
    """
    atomic_write(path, page, what=msg("The report {path}", path=path), mode=mode)


def is_page(path: Path) -> bool:
    """Whether a file is a page that this program made."""
    try:
        with open_plain(path) as file:
            start = file.read(_MARK_WITHIN)
    except OSError:
        return False
    return _MARK in start or _MARK_OF_0_1_0 in start


def report_html(
    report: Mapping[str, Any], *, thumbnails: Mapping[int, bytes] | None = None, sheet: Sequence[SheetPicture] = ()
) -> str:
    """The page of one clip."""
    audit = report.get("audit") or None
    first = (report.get("hidden") or {}).get("notes") or []
    return _render(
        "clip.html",
        report=report,
        audit=audit,
        name=_file_name(report.get("output", "")),
        status=_status(report),
        status_text=_status_text(report, audit),
        verdict=verdict_of(report),
        not_looked_for=nothing_looked_for(report),
        made_with=_made_with(report),
        timeline=timeline_of(report),
        hidden_notes=first,
        other_notes=[note for note in report.get("warnings") or [] if note not in first],
        thumbnails=thumbnails or {},
        sheet=sheet,
    )


def can_be_shown(report: Mapping[str, Any]) -> bool:
    """Whether a page can be made of a report that was read: it may have been written by anybody."""
    try:
        report_html(report)
    except _NO_PAGE:
        return False
    return True


def folder_html(reports: Sequence[Mapping[str, Any]], *, title: str) -> str:
    """The page of several clips, worst first, with links to each clip's own page.

    Args:
        reports: the reports of each clip; ``page`` in it is the link, ``error`` the reason of a failed one, ``name``
            what it is called where it has no output.
        title: name of the folder.
    """
    rows = [_folder_row(report) for report in worst_first(reports)]
    times = Counter(row.status for row in rows)
    counts_text = ", ".join(f"{count} {translated(status)}" for status, count in times.items())
    to_look = sum(_RANK.get(row.status, 0) < _RANK["cleaned"] for row in rows)
    headline = (
        counted("{n} of {count} clips needs somebody.", "{n} of {count} clips need somebody.", to_look, count=len(rows))
        if to_look
        else counted("The clip is through.", "All {n} clips are through.", len(rows))
    )
    return _render("folder.html", title=title, rows=rows, counts_text=counts_text, headline=headline)


def worst_first(reports: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Clips in the order in which somebody should look at them."""
    return sorted(reports, key=_badness)


def _badness(report: Mapping[str, Any]) -> tuple[int, float, str]:
    harm = sum(float(finding.get("harm", 0)) for finding in _findings(report))
    return (_RANK.get(_status(report), 0), -harm, str(report.get("output", "")))


@functools.cache
def _environment() -> jinja2.Environment:
    """The templates, with everything escaped; a name that is not there is an error, not an empty place."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.install_gettext_callables(translated, _one_or_many, newstyle=True)  # type: ignore[attr-defined]
    environment.filters |= {
        "base64": lambda data: base64.b64encode(data).decode(),
        "file_name": _file_name,
        "megabytes": lambda size: localized(msg("{number:.1f}", number=float(size or 0) / 1e6)),
        "number": lambda value, form: localized(msg(f"{{number:{form}}}", number=value)),
        "seconds": format_seconds,
        "shown_list": lambda texts: ", ".join(visible(translated(text)) for text in texts),
        "status_class": lambda status: _STATUS_CLASS.get(status, "fail"),
        "visible": visible,  # for what goes into a sentence of a template: `_shown` sees the whole, as markup
        "translated": lambda text: translated(text) if isinstance(text, str) else text,
    }
    return environment


def _one_or_many(one: str, many: str, n: int) -> str:
    return localized(counted(one, many, n))


def _shown(value: Any) -> Any:
    """What a template shows: foreign texts with nothing in them that acts; what the templates made stays."""
    return visible(localized(value)) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _render(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(values, language=current_language(), severity_words=_SEVERITIES)


def _file_name(path: object) -> str:
    """The name alone: a page tells nobody's folders."""
    return Path(str(path)).name


def _status(report: Mapping[str, Any]) -> str:
    """The audit's word where there is one, else the run's."""
    audited = (report.get("audit") or {}).get("status")
    if not audited and report.get("status") == CLEANED and nothing_looked_for(report):
        return NOTHING_LOOKED_FOR
    return str(audited or report.get("status", ""))


def _findings(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What the audit found, without mere notes."""
    found = (report.get("audit") or {}).get("findings", [])
    return [finding for finding in found if finding["severity"] != "note"]


def _status_text(report: Mapping[str, Any], audit: Mapping[str, Any] | None) -> str:
    frames = counted(
        "{n} frame, {time}",
        "{n} frames, {time}",
        int(report.get("frames") or 0),
        time=format_seconds(float(report.get("duration_s") or 0)),
    )
    if audit:
        found = len(_findings(report))
        return counted("{frames}. Audited: {n} finding.", "{frames}. Audited: {n} findings.", found, frames=frames)
    return msg("{frames}. The output was not looked at again: run an audit for a second look.", frames=frames)


def _made_with(report: Mapping[str, Any]) -> dict[str, Any]:
    made = {
        msg("engine"): report.get("backend"), msg("weights"): report.get("weights"),
        msg("weights SHA-256"): report.get("weights_sha256"),
    }  # fmt: skip
    return {**{k: v for k, v in made.items() if v}, **(report.get("versions") or {})}


@dataclass(frozen=True, slots=True)
class _FolderRow:
    """One clip among several: what its line tells; ``page`` is a relative link, empty for none.

    ``findings`` is None where no audit has looked.
    """

    status: str
    name: str
    page: str
    worst: str
    findings: int | None
    tracks: int
    length: str


def _folder_row(report: Mapping[str, Any]) -> _FolderRow:
    found = _findings(report)
    reasons = (report.get("audit") or {}).get("reasons") or [""]
    return _FolderRow(
        status=_status(report),
        name=_file_name(report.get("name") or report.get("output") or report.get("source", "")),
        page=link(str(report.get("page") or "")),
        worst=localized(report.get("error") or (found[0]["message"] if found else reasons[0])),
        findings=len(found) if report.get("audit") else None,
        tracks=sum(int(kind.get("tracks") or 0) for kind in (report.get("kinds") or {}).values()),
        length=format_seconds(float(report.get("duration_s") or 0)).split(".")[0],
    )
