"""``dashcamcleaner audit SOURCE OUTPUT`` and ``dashcamcleaner verify REPORT OUTPUT``."""

from __future__ import annotations

import argparse
import functools
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashcamcleaner.cli.edit_flags import accepted_of, add_accept_flags
from dashcamcleaner.core.plain_text import json_line, say
from dashcamcleaner.errors import (
    FAIL_EXIT,
    PARTIAL_EXIT,
    REVIEW_EXIT,
    Cancelled,
    DashcamCleanerError,
    InputError,
    OutputError,
)
from dashcamcleaner.messages import as_message, msg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dashcamcleaner.core.events import Event
    from dashcamcleaner.core.findings import AuditResult

__all__ = ["add_parser", "failed_row", "run", "tell_folder", "verify", "worse"]

_MOST_ROUNDS = 5
_EVERY_S = 5.0
_SHOWN = 20


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands to the command line."""
    audit = subparsers.add_parser(
        "audit",
        help="look at an output again, independently, for what slipped",
        description=msg(
            "Compares source and output frame by frame, searches the output with other "
            "detectors, and tries to read covered regions back. Exit status: 0 PASS, 9 NEEDS "
            "REVIEW, 10 FAIL."
        ),
    )
    audit.add_argument("source", metavar="SOURCE", help="the clip that was cleaned, or a folder of them")
    audit.add_argument("output", metavar="OUTPUT", help="what came of it, or the folder of the outputs")
    audit.add_argument("--plan", metavar="FILE", help="plan of the run (default: the one beside the output)")
    audit.add_argument(
        "--fix", action="store_true", help="hide what was found, render again from the plan, audit again"
    )
    audit.add_argument(
        "--rounds",
        type=int,
        default=2,
        metavar="N",
        help=msg("with --fix: render again at most so often [1 to {most_rounds}]", most_rounds=_MOST_ROUNDS),
    )
    add_accept_flags(audit)
    audit.add_argument("--json", action="store_true", help="events as JSON lines on standard output")
    audit.add_argument("--quiet", action="store_true", help="status and errors only")
    audit.add_argument("--no-report", action="store_true", help="do not write the report beside the output")
    audit.set_defaults(run=run)
    check = subparsers.add_parser(
        "verify",
        help="tell whether a file is still the one that a report speaks of",
        description=msg("Compares a file's SHA-256 with the report's. Exit status: 0 the same, 10 another."),
    )
    check.add_argument("report", metavar="REPORT", help="NAME.report.json")
    check.add_argument("output", metavar="OUTPUT", help="the file")
    check.add_argument("--json", action="store_true", help="one JSON object on standard output")
    check.set_defaults(run=verify)


def run(args: argparse.Namespace) -> int:
    """Audit one clip or a folder; gives the worst status."""
    from dashcamcleaner.errors import SettingError
    from dashcamcleaner.jobs.pairs import pairs_for, sources_without_output

    if not 1 <= args.rounds <= _MOST_ROUNDS:
        raise SettingError(
            msg(
                "--rounds cannot be {rounds}: it takes 1 to {most_rounds}.",
                rounds=args.rounds,
                most_rounds=_MOST_ROUNDS,
            )
        )
    output = Path(args.output)
    pairs = pairs_for(Path(args.source), output)
    if args.plan and len(pairs) > 1:
        raise SettingError("A plan belongs to one clip.", hint="Give one source and one output.")
    reports: list[dict[str, Any]] = []
    statuses: list[int] = []
    for source, clip in pairs:
        status, report = _one(args, source, clip)
        statuses.append(status)
        reports.append(report)
    for source in sources_without_output(Path(args.source), output, pairs):
        status, report = _without_output(args, source, output)
        statuses.append(status)
        reports.append(report)
    if output.is_dir():
        if args.no_report:
            _table(reports)
        else:
            tell_folder(reports, output, overwrite=True, table=not args.json, quiet=args.json or args.quiet)
    return functools.reduce(worse, statuses, 0)


def worse(one: int, other: int) -> int:
    """The exit status to end with: an error before FAIL, FAIL before NEEDS REVIEW, that before a partial clip."""
    rank = {0: 0, PARTIAL_EXIT: 1, REVIEW_EXIT: 2, FAIL_EXIT: 3}
    return other if rank.get(other, 4) > rank.get(one, 4) else one


def failed_row(source: Path | str, output: Path | str, error: DashcamCleanerError) -> dict[str, Any]:
    """A clip that could not be done, as a row of the folder's report; of an output that is not there it tells nothing.

    The row still says where the output was to be: the page lies there.
    """
    name = output if os.path.lexists(output) else source
    return {
        "source": str(source), "output": str(output), "name": str(name), "status": "failed", "error": error.message,
    }  # fmt: skip


def _without_output(args: argparse.Namespace, source: Path, folder: Path) -> tuple[int, dict[str, Any]]:
    """Tell of a source in an audited folder that has no output; its status, and its row of the folder's report."""
    from dashcamcleaner.core.events import Failed, event_as_dict
    from dashcamcleaner.report.html import NO_OUTPUT

    error = InputError(
        msg("{source} has no output in {folder}.", source=source, folder=folder),
        hint="Its run failed, or it was not cleaned yet: clean it.",
    )
    if args.json:
        say(json_line({"source": str(source), **event_as_dict(Failed(error))}))
    else:
        _say_aside(error.message, msg("  hint: {hint}", hint=error.hint))
    return error.exit_code, {
        **failed_row(source, folder / source.name, error),
        "name": str(source),
        "status": NO_OUTPUT,
    }


def tell_folder(
    reports: list[dict[str, Any]], folder: Path | str | None, *, overwrite: bool, table: bool, quiet: bool
) -> None:
    """Write the page over several clips, and tell of it.

    Args:
        reports: what befell each.
        folder: the folder of the outputs, or its URL; None where each lies beside its source: theirs if it is one,
            else the working folder.
        overwrite: replace an earlier page that lies behind a URL; here a page of this program always is.
        table: print the table, too.
        quiet: do not tell where the page is.
    """
    from dashcamcleaner.report.folder import write_folder_report

    if not reports:
        return
    if table:
        _table(reports)
    if isinstance(folder, str):
        from dashcamcleaner.cluster.page import publish_page

        url = publish_page(reports, folder, overwrite=overwrite)
        if not quiet:
            say(msg("report: {url}", url=url))
        return
    if folder is None:
        parents = {Path(report["output"]).absolute().parent for report in reports}
        folder = parents.pop() if len(parents) == 1 else Path.cwd()
    page = write_folder_report(reports, folder)
    if not quiet:
        say(msg("report: {page}", page=page))


def _one(args: argparse.Namespace, source: Path, output: Path) -> tuple[int, dict[str, Any]]:
    from dashcamcleaner.cli.show import naming
    from dashcamcleaner.core.events import Audited, Failed, Progress, Started, Warned, event_as_dict
    from dashcamcleaner.report.data import add_audit

    shown_at = time.monotonic()
    try:
        for event in _events(args, source, output):
            if args.json:
                say(json_line({"source": str(source), **event_as_dict(event)}))
            if isinstance(event, Failed):
                if not args.json:
                    _say_aside(
                        naming(str(output), event.error.message),
                        msg("  hint: {hint}", hint=event.error.hint) if event.error.hint else "",
                    )
                return event.error.exit_code, failed_row(source, output, event.error)
            if isinstance(event, Audited):
                data: dict[str, Any] = {"source": str(source), "output": str(output), "audit": event.result.as_dict()}
                if not args.no_report:
                    report, data = add_audit(event.result, thumbnails=event.thumbnails)
                if not args.json:
                    _tell(event.result, quiet=args.quiet)
                    if not (args.no_report or args.quiet):
                        say(msg("  report: {report}", report=report))
                return event.result.exit_code, data
            if args.json or args.quiet:
                continue
            if isinstance(event, Started):
                _say_aside(
                    msg("{source} against {output}", source=event.source, output=event.output),
                    msg("  {description}", description=event.description),
                )
            elif isinstance(event, Warned):
                _say_aside(
                    msg("  note: {event}", event=event.message)
                    + (msg(" {hint}", hint=event.hint) if event.hint else "")
                )
            elif isinstance(event, Progress) and time.monotonic() - shown_at >= _EVERY_S:
                shown_at = time.monotonic()
                _say_aside(_progress(event.phase, event.frames_done, event.frames, event.fps, event.eta_s))
    except KeyboardInterrupt:
        raise Cancelled("The audit was stopped.", hint="Nothing was changed by it.") from None
    raise AssertionError("an audit ends with a result or a failure")


def _events(args: argparse.Namespace, source: Path, output: Path) -> Iterable[Event]:
    from dashcamcleaner.audit.audit import audit
    from dashcamcleaner.core.events import Failed
    from dashcamcleaner.jobs.fix import audit_and_fix
    from dashcamcleaner.report.data import check_report

    plan = Path(args.plan) if args.plan else None
    if not args.no_report:
        try:
            check_report(output)  # before, not after an hour's work
        except OutputError as error:
            return [Failed(error)]
    if args.fix:
        return audit_and_fix(
            source, output, plan=plan, rounds=args.rounds, accepted=accepted_of(args), models=args.models
        )
    return audit(source, output, plan=plan, accepted=accepted_of(args), models=args.models)


def _progress(phase: str, done: int, frames: int | None, fps: float, eta_s: float | None) -> str:
    from dashcamcleaner.core.time import format_seconds

    of = msg(" of {frames}", frames=frames) if frames else ""
    eta = "-" if eta_s is None else format_seconds(eta_s).split(".")[0]
    return msg(
        "  {phase}: frame {done}{of}, {fps:.1f} fps, eta {eta}",
        phase=as_message(phase),
        done=done,
        of=of,
        fps=fps,
        eta=eta,
    )


def _tell(result: AuditResult, *, quiet: bool) -> None:
    from dashcamcleaner.core.findings import Severity

    say(msg("{status}: {output}", status=as_message(result.status.value), output=result.output))
    if quiet:
        return
    for check in result.checks:
        say(msg("  {check}: {description}", check=as_message(check.title), description=check.description))
    for finding in result.findings[:_SHOWN]:
        sign = {Severity.FAIL: "!", Severity.REVIEW: "?", Severity.NOTE: "-"}[finding.severity]
        say(
            msg("  {sign} {finding}", sign=sign, finding=finding.message)
            + (msg(" {when}", when=finding.when) if finding.when else "")
        )
    if len(result.findings) > _SHOWN:
        say(msg("  ... and {count} more, see the report", count=len(result.findings) - _SHOWN))
    for line in result.fixes:
        say(msg("  fixed: {line}", line=line))
    for reason in result.reasons if not result.findings else ():
        say(msg("  {reason}", reason=reason))


def _table(reports: list[dict[str, Any]]) -> None:
    from dashcamcleaner.report.html import worst_first

    say(msg("{value:13} {value2:>8}  clip", value=msg("status"), value2=msg("findings")))
    for report in worst_first(reports):
        audit = report.get("audit") or {}
        found = sum(finding["severity"] != "note" for finding in audit.get("findings", []))
        say(
            msg(
                "{status:13} {found:>8}  {output}",
                status=as_message(str(audit.get("status") or report.get("status"))),
                found=str(found) if audit else "-",
                output=report.get("name") or report.get("output"),
            )
        )


def verify(args: argparse.Namespace) -> int:
    """Tell whether the file is the one that the report speaks of; gives the exit status."""
    from dashcamcleaner.plain_files import file_sha256
    from dashcamcleaner.report.data import read_report

    report, output = Path(args.report), Path(args.output)
    if report.suffix == ".html":
        report = report.with_suffix(".json")
    data = read_report(report)
    expected = str(data.get("output_sha256") or "")
    if not expected:
        raise InputError(msg("The report {report} does not tell the output's SHA-256.", report=report))
    if not output.is_file():
        raise InputError(msg("{output} does not exist.", output=output), hint="Check the spelling of the path.")
    actual = file_sha256(output)
    same = actual == expected
    if args.json:
        say(json_line({"same": same, "file": str(output), "sha256": actual, "reported_sha256": expected}))
    elif same:
        say(msg("the same: {output} is the file that {report} speaks of", output=output, report=report.name))
        say(msg("  SHA-256 {actual}", actual=actual))
    else:
        say(
            msg(
                "another: {output} is not the file that {report} speaks of, or was changed since",
                output=output,
                report=report.name,
            )
        )
        say(msg("  SHA-256 {actual}", actual=actual), msg("  reported {expected}", expected=expected))
    return 0 if same else FAIL_EXIT


def _say_aside(*lines: str) -> None:
    say(*filter(None, lines), stream=sys.stderr)
