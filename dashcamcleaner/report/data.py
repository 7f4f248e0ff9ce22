"""Writes a run's report beside its output: ``NAME.EXT.report.json`` and the same as a page, ``.html``.

Called by `pipeline.writer` when a clip is finished and again by `audit.audit` when the audit has been added.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dashcamcleaner.atomic_files import as_json, atomic_json, new_work_file
from dashcamcleaner.core.edit_types import ClearZone, HiddenSpan, HiddenZone
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.findings import AuditResult
from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.core.person_edits import PersonStyle
from dashcamcleaner.core.summary import CLEANED, KindSummary, RunSummary, StreamAction
from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.core.vehicle_edits import TrackStyle
from dashcamcleaner.errors import InputError, OutputError
from dashcamcleaner.message_data import texts_of, with_texts
from dashcamcleaner.messages import as_message, joined, msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.output_files import PRIVATE, found_side_path, mode_like, side_path
from dashcamcleaner.plain_files import file_sha256
from dashcamcleaner.report.html import REPORT_VERSION, can_be_shown, is_page, report_html, write_html
from dashcamcleaner.report.sheet import SheetPicture, read_sheet
from dashcamcleaner.seals import is_seal_of, seal_of
from dashcamcleaner.side_files import UNREADABLE, read_json
from dashcamcleaner.work_files import WorkFile

__all__ = [
    "add_audit",
    "check_report",
    "describe_edits",
    "find_report",
    "html_path",
    "is_report_of",
    "read_report",
    "report_files",
    "report_path",
    "summary_of",
    "with_seal",
    "write_reports",
]

SCHEMA = "dashcamcleaner.report"
_FOREIGN = msg("This report was not made here, or was changed since: of what it says, only the audit was done here.")


def report_path(output: Path) -> Path:
    """Where the JSON report of an output is written: ``clip.mp4`` -> ``clip.mp4.report.json``."""
    return side_path(output, ".report.json")


def find_report(output: Path) -> Path:
    """Where the report of an output is read from; one of version 0.1.0 counts if it names this very output."""
    path = found_side_path(output, ".report.json")
    if path != report_path(output):
        try:
            named = Path(str(read_report(path)["output"])).name
        except (InputError, KeyError):
            named = ""
        if named != output.name:
            return report_path(output)
    return path


def check_report(output: Path) -> None:
    """Refuse to report on an output where its report's names are taken by files that are no reports of this program.

    Raises:
        OutputError: there is such a file.
    """
    report = find_report(output)
    page = html_path(report)
    try:
        taken = report if os.path.lexists(report) and not read_report(report) else None
    except InputError:
        taken = report
    if taken is None and os.path.lexists(page) and not is_page(page):
        taken = page
    if taken is not None:
        raise OutputError(
            msg("{taken} is no report of this program and is left alone.", taken=taken),
            hint="Move it, or leave the report out.",
        )


def html_path(report: Path) -> Path:
    """Where the page of a JSON report stands."""
    return report.with_suffix(".html")


def report_files(
    summary: RunSummary,
    *,
    result: Path,
    about_source: str = "full",
    mode: int = PRIVATE,
    sheet: Sequence[SheetPicture] = (),
) -> list[tuple[WorkFile, Path]]:
    """JSON and page of a run whose result has not got its name yet, as work files with their final names.

    Completes the summary with the result's hash; the source's must stand in it.

    Args:
        summary: the summary of the run; it keeps what the files are not to tell.
        result: where the result is.
        about_source: what of the source is told, as for `write_reports`.
        mode: the mode of both files.
        sheet: pictures of what was hidden, for the page alone.

    Raises:
        DiskFull, OutputError: one of them cannot be written.
    """
    assert summary.report is not None
    final = Path(summary.report)
    with map_os_errors(final, what=msg("The report {final}", final=final)):
        summary.output_sha256 = file_sha256(result)
    data = _reduced(report_dict(summary), about_source)
    made: list[tuple[WorkFile, Path]] = []
    try:
        for path, text in ((final, as_json(with_seal(data))), (html_path(final), report_html(data, sheet=sheet))):
            work = new_work_file(path, what=msg("The report {path}", path=path), mode=mode)
            made.append((work, path))
            with map_os_errors(path, what=msg("The report {path}", path=path)):
                work.write(text.encode("utf-8", "backslashreplace"))
    except BaseException:
        for work, _ in made:
            work.discard()
        raise
    return made


def write_reports(
    summary: RunSummary,
    *,
    thumbnails: Mapping[int, bytes] | None = None,
    about_source: str = "full",
    mode: int = PRIVATE,
) -> None:
    """Write JSON and page to the summary's ``report`` path, completing the summary with the files' hashes.

    Args:
        summary: the summary of the run; it keeps what the files are not to tell.
        thumbnails: index of a finding -> obscured JPEG.
        about_source: ``full`` tells the source's path and hash, ``name`` its name alone, ``nothing`` neither.
        mode: the mode of both files.

    Raises:
        OutputError: one of them cannot be written.
    """
    assert summary.report is not None
    final = Path(summary.report)
    with map_os_errors(final, what=msg("The report {final}", final=final)):
        if about_source == "full":
            summary.source_sha256 = summary.source_sha256 or file_sha256(Path(summary.source))
        summary.output_sha256 = file_sha256(Path(summary.output))
    data = _reduced(report_dict(summary), about_source)
    _write(data, final, thumbnails=thumbnails, mode=mode)


def _write(
    data: dict[str, Any], final: Path, *, thumbnails: Mapping[int, bytes] | None, mode: int, sealed: bool = True
) -> None:
    content = with_seal(data) if sealed else _unsealed(data)
    atomic_json(final, content, what=msg("The report {final}", final=final), mode=mode)
    page = html_path(final)
    write_html(data, page, thumbnails=thumbnails, sheet=read_sheet(page), mode=mode)


def _reduced(data: dict[str, Any], about_source: str) -> dict[str, Any]:
    """A report that tells as much of the source as is wanted; folders tell of it, too."""
    if about_source == "full":
        return data

    def shortened(part: dict[str, Any]) -> dict[str, Any]:
        names = {key: Path(part[key]).name for key in ("source", "output", "plan", "report") if part.get(key)}
        if about_source == "nothing":
            names["source"] = ""
        return {**part, **names}

    hidden: dict[str, Any] = {"source_sha256": ""}
    if about_source == "nothing":
        hidden["source_bytes"] = 0
    if data.get("audit"):
        hidden["audit"] = shortened(data["audit"])
    return {**shortened(data), **hidden}


def report_dict(summary: RunSummary) -> dict[str, Any]:
    """What stands in the JSON: the summary and its version."""
    return _with_texts({"schema": SCHEMA, "schema_version": REPORT_VERSION, **summary.as_dict()})


def _with_texts(data: dict[str, Any]) -> dict[str, Any]:
    """The report with what its texts are made of, so that a page can say them in another language later."""
    plain = {name: value for name, value in data.items() if name != "texts"}
    texts = texts_of(plain)
    return {**plain, **({"texts": texts} if texts else {})}


def summary_of(data: Mapping[str, Any]) -> RunSummary:
    """The summary that a report holds.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it holds another thing; a report is foreign input.
    """
    known = {field.name for field in dataclasses.fields(RunSummary)}
    summary = RunSummary(**{name: value for name, value in data.items() if name in known})
    summary.kinds = {kind: KindSummary(**counts) for kind, counts in summary.kinds.items()}  # type: ignore[arg-type]
    summary.streams = [StreamAction(**action) for action in summary.streams]  # type: ignore[arg-type]
    summary.size = (int(summary.size[0]), int(summary.size[1]))
    return summary


def read_report(path: Path) -> dict[str, Any]:
    """A report that `write_reports` wrote.

    Raises:
        InputError: it cannot be read, or is something else.
    """
    try:
        data = read_json(path, what=msg("The report {path}", path=path), to=InputError)
        if data["schema"] != SCHEMA:
            raise ValueError("another program's file")
        if int(data["schema_version"]) > REPORT_VERSION:
            raise InputError(msg("The report {path} is of a newer version.", path=path), hint="Update DashcamCleaner.")
    except UNREADABLE as error:
        raise InputError(
            msg("{path} is not a report of this program.", path=path), hint="A report's name ends in .report.json."
        ) from error
    return {**with_texts(data, data.get("texts")), **({"texts": data["texts"]} if "texts" in data else {})}


def is_report_of(data: Mapping[str, Any], *, source: Path | None, output: Path) -> bool:
    """Whether this user's program wrote a report, of these very files.

    Args:
        data: what `read_report` gave.
        source: the source; None where something else tells that it is this one.
        output: the output.

    Raises:
        OSError: a file cannot be read.
    """
    return is_seal_of(data.get("seal"), "report", _content(data)) and (
        (source is None or data.get("source_sha256") == file_sha256(source))
        and data.get("output_sha256") == file_sha256(output)
    )


def with_seal(data: Mapping[str, Any]) -> dict[str, Any]:
    """A report with this user's seal in the place of any other; without one where this user cannot make any."""
    seal = seal_of("report", _content(data))
    return {**_unsealed(data), **({"seal": seal} if seal else {})}


def _content(data: Mapping[str, Any]) -> bytes:
    """What a report's seal is over, the same before it is written and after it was read."""
    plain = json.loads(json.dumps(_unsealed(data), ensure_ascii=False))
    return json.dumps(plain, sort_keys=True).encode("utf-8")


def _unsealed(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != "seal"}


def add_audit(result: AuditResult, *, thumbnails: Mapping[int, bytes] | None = None) -> tuple[Path, dict[str, Any]]:
    """Put an audit into the report beside its output, or begin one there.

    A report that has not got this user's seal gets none by that: what stands in it was written elsewhere, and is known
    by it from then on, too.

    Returns:
        Where it stands, and all that it says.

    Raises:
        OutputError: it cannot be written, or something else has its name.
    """
    output = Path(result.output)
    check_report(output)
    final = find_report(output)
    ours = True
    try:
        data = read_report(final)
        if not can_be_shown(data):
            raise InputError(msg("{final} is not a report that can go on.", final=final))
        ours = is_seal_of(data.get("seal"), "report", _content(data))
        if not ours:
            said = data.get("warnings")
            said = [one for one in said if one != _FOREIGN] if isinstance(said, list) else []
            data["warnings"] = [_FOREIGN, *said]
    except InputError:
        summary = RunSummary(result.source, result.output, status=CLEANED, frames=result.frames, plan=result.plan)
        summary.source_bytes = Path(result.source).stat().st_size
        summary.warnings = [msg("This report was begun by the audit: what the run did is not known to it.")]
        data = report_dict(summary)
    data["output_bytes"] = output.stat().st_size
    data["output_sha256"] = result.output_sha256
    data["source_sha256"] = file_sha256(Path(result.source))
    data["audit"] = result.as_dict()
    mode = mode_like(final) if final.exists() else PRIVATE
    written = _reduced(_with_texts(data), str((data.get("settings") or {}).get("report_source", "full")))
    _write(written, final, thumbnails=thumbnails, mode=mode, sealed=ours)
    return final, {**data, "source": result.source, "output": result.output}


def describe_edits(edits: Edits) -> list[str]:
    """What a person changed about what is hidden, one line each. Seconds are those of the clip's own clock."""
    lines = []
    for tracks, what in (
        (edits.keep, msg("tracks left clear: {names}", names=_numbers(edits.keep))),
        (edits.drop, msg("tracks removed as false hits: {names}", names=_numbers(edits.drop))),
        (edits.only, msg("tracks that alone are hidden: {names}", names=_numbers(edits.only))),
    ):
        if tracks:
            lines.append(what)
    for track, spans in sorted(edits.keep_spans.items()):
        when = joined([_from_to(one.from_s, one.to_s) for one in spans], ", ")
        lines.append(msg("track left clear for a part of the clip: {track}, {when}", track=track, when=when))
    lines += _describe_persons(edits)
    for vehicle, its in edits.vehicle_tracks.items():
        lines.append(msg("tracks of one vehicle, {vehicle}: {names}", vehicle=vehicle, names=_numbers(its)))
    looks: list[tuple[str, PersonStyle | TrackStyle]] = [
        *((msg("person {n}", n=n), one) for n, one in edits.person_styles.items()),
        *((msg("track {n}", n=n), one) for n, one in edits.track_styles.items()),
    ]
    for whose, look in looks:
        told = msg("the look of {whose}: {style}", whose=whose, style=look.style)
        lines.append(told + msg(", {square_px} px", square_px=look.square_px) if look.square_px else told)
    for region in edits.regions:
        lines.append(
            msg(
                "a region ({kind}) drawn with {count} key frames, {span}",
                kind=as_message(rules_of(region.kind).noun),
                count=len(region.keys),
                span=_from_to(region.from_s, region.to_s),
            )
        )
    for zone in edits.hidden_zones:
        lines.append(msg("area hidden throughout: {box}, {span}", box=_corners(zone), span=_describe_span(zone)))
    for area in edits.clear_zones:
        lines.append(
            msg("area in which finds are left clear: {box}, {span}", box=_corners(area), span=_describe_span(area))
        )
    return lines + [
        msg("frames hidden wholly: {describe_span}", describe_span=_describe_span(span)) for span in edits.hidden_spans
    ]


def _describe_persons(edits: Edits) -> list[str]:
    """Who is who, and what the rules make of them, one line each."""
    lines = []
    by_person: dict[int, list[int]] = {}
    for track, shown in edits.person_tracks.items():
        for one in shown:
            by_person.setdefault(one.person, []).append(track)
    for person, tracks in sorted(by_person.items()):
        lines.append(msg("tracks of person {n}: {names}", n=person, names=_numbers(tracks)))
    for n, by in sorted(edits.hide_persons.items()):
        told = msg("person {n} is hidden", n=n)
        lines.append(msg("{told}, chosen by {by}", told=told, by=by) if by else told)
    for n, by in sorted(edits.keep_persons.items()):
        told = msg("person {n} is left visible where it is sure", n=n)
        lines.append(msg("{told}, chosen by {by}", told=told, by=by) if by else told)
    if edits.only_persons:
        lines.append(msg("of the persons who are known only those are hidden who were chosen"))
    if edits.keep_unknown:
        lines.append(msg("faces of nobody who is known are left visible"))
    return lines


def _numbers(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(set(numbers))))


def _corners(zone: HiddenZone | ClearZone) -> str:
    return ",".join(f"{value:g}" for value in zone.box)


def _from_to(from_s: float, to_s: float) -> str:
    return msg("{time} to {time2}", time=format_seconds(from_s), time2=format_seconds(to_s))


def _describe_span(edit: HiddenZone | ClearZone | HiddenSpan) -> str:
    """When an edit holds, for people."""
    if math.isinf(edit.from_s) and math.isinf(edit.to_s):
        return msg("whole clip")
    start = msg("the beginning") if math.isinf(edit.from_s) else format_seconds(edit.from_s)
    end = msg("the end") if math.isinf(edit.to_s) else format_seconds(edit.to_s)
    return msg("from {start} to {end}", start=start, end=end)
