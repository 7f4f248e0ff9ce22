"""Events -> terminal: a bar on a terminal, plain lines in a pipe, JSON lines for machines."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from dashcamcleaner.cli.batch_estimate import BatchEstimate
from dashcamcleaner.core.events import Event, Failed, Finished, Progress, Started, Warned, event_as_dict
from dashcamcleaner.core.findings import Status
from dashcamcleaner.core.plain_text import json_line, say, visible
from dashcamcleaner.core.summary import CLEANED, RunSummary, actions_told
from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.messages import as_message, counted, localized, msg, translated
from dashcamcleaner.pipeline.job import Job

__all__ = ["Display", "naming", "summary_lines"]

_PLAIN_EVERY_S = 5.0
_REASONS = 3


class Display:
    """Shows a batch. Progress and warnings go to ``stream``; summaries go to standard output.

    Args:
        sizes: how much work each job is, by its source: the size in bytes.
        json_lines: one JSON object per event on standard output, and nothing else there.
        quiet: only errors are shown.
        stream: a terminal gets a bar, anything else plain lines.
        urls: what stands for a job's source or output whose path is none: as a path a URL has lost a slash.
    """

    def __init__(
        self,
        *,
        sizes: Mapping[str, float],
        json_lines: bool,
        quiet: bool,
        stream: TextIO,
        urls: Mapping[str, str] | None = None,
    ) -> None:
        self._urls = urls or {}
        self._total = len(sizes)
        self._estimate = BatchEstimate(list(sizes.values()))
        self._order = {self._named(source): place for place, source in enumerate(sizes)}
        self._earlier = 0
        self._worked: set[str] = set()
        self._json = json_lines
        self._quiet = quiet
        self._stream = stream
        self._results: list[dict[str, Any]] = []
        self._last_plain = 0.0
        self._bar: Any = None
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Display:
        if not (self._json or self._quiet) and self._stream.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[fps]:.1f} fps"),
                TimeElapsedColumn(),
                TextColumn("eta {task.fields[eta]}"),
                TextColumn("{task.fields[whole]}", markup=False),
                TextColumn("{task.fields[found]}", markup=False),
                console=Console(file=self._stream),
                transient=True,
            )
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, job: Job, event: Event) -> None:
        """One event of one job."""
        if self._json:
            say(json_line({"source": self._named(job.source), **event_as_dict(event)}))
        if isinstance(event, Finished):
            self._results.append(
                {
                    "source": self._named(job.source),
                    "status": event.summary.status,
                    "output": self._named(job.output),
                }
            )
            self._earlier += event.earlier
        elif isinstance(event, Failed):
            self._results.append({"source": self._named(job.source), "status": "failed", **event.error.as_dict()})
        if not self._json:
            self._tell(job, event)
        source = str(job.source)
        if isinstance(event, Progress):
            self._worked.add(source)
        elif isinstance(event, Finished | Failed):
            refused = isinstance(event, Failed) and source not in self._worked
            without_work = refused or (isinstance(event, Finished) and event.earlier)
            kept = 0.0
            if isinstance(event, Finished) and event.summary.frames:
                kept = event.summary.resumed_frames / event.summary.frames
            self._estimate.ended(self._order.get(source), without_work=without_work, kept_share=kept)

    def _tell(self, job: Job, event: Event) -> None:
        if isinstance(event, Failed):
            self._end_bar(job)
            said = naming(self._named(job.source), event.error.message)
            self._line(said, msg("  hint: {hint}", hint=event.error.hint) if event.error.hint else "")
        elif self._quiet:
            return
        elif isinstance(event, Started):
            place = msg("[{place}] ", place=self._estimate.place) if self._estimate.place else ""
            self._line(
                msg("{place}{source} -> {output}", place=place, source=event.source, output=event.output),
                msg("  {description}", description=event.description),
            )
            if self._bar is not None:
                name = f"{place}{visible(job.source.name)}"
                added = self._bar.add_task(name, total=event.frames, fps=0.0, eta="-", found="", whole="")
                self._tasks[str(job.source)] = added
        elif isinstance(event, Progress):
            self._progress(job, event)
        elif isinstance(event, Warned):
            self._line(
                msg("  note: {event}", event=event.message) + (msg(" {hint}", hint=event.hint) if event.hint else "")
            )
        elif isinstance(event, Finished):
            self._end_bar(job)
            if event.earlier:
                say(
                    msg(
                        "{status} before: {output}",
                        status=as_message(event.summary.status),
                        output=event.summary.output,
                    ),
                    *_audit_lines(event.summary),
                )
            else:
                say(*summary_lines(event.summary))

    def _progress(self, job: Job, event: Progress) -> None:
        eta = "-" if event.eta_s is None else format_seconds(event.eta_s).split(".")[0]
        found = " ".join(f"{count} {visible(translated(kind))}" for kind, count in sorted(event.counts.items()))
        source = str(job.source)
        share = event.frames_done / event.frames if event.frames else 0.0
        whole = self._estimate.describe(share, which=self._order.get(source))
        if self._bar is not None and source in self._tasks:
            self._bar.update(
                self._tasks[source], completed=event.frames_done, total=event.frames, fps=event.fps, eta=eta,
                found=found, whole=localized(msg("({whole})", whole=whole)) if whole else "",
            )  # fmt: skip
            return
        now = time.monotonic()
        if now - self._last_plain >= _PLAIN_EVERY_S:
            self._last_plain = now
            of = msg(" of {frames}", frames=event.frames) if event.frames else ""
            speed_text = msg(", {fps:.1f} fps, eta {eta}", fps=event.fps, eta=eta) if event.fps else ""
            whole_text = msg("; {whole}", whole=whole) if whole else ""
            self._line(
                msg(
                    "  {phase}: frame {frames_done}{of}{speed_text}{whole_text}",
                    phase=as_message(event.phase),
                    frames_done=event.frames_done,
                    of=of,
                    speed_text=speed_text,
                    whole_text=whole_text,
                )
            )

    def _named(self, place: Path | str) -> str:
        return self._urls.get(str(place), str(place))

    def _end_bar(self, job: Job | None = None) -> None:
        for source in list(self._tasks) if job is None else [str(job.source)]:
            task = self._tasks.pop(source, None)
            if self._bar is not None and task is not None:
                self._bar.remove_task(task)

    def skipped(self, paths: Sequence[Path], *, results: Sequence[Path] = ()) -> None:
        """Files in folders that are neither clip nor picture, and results of earlier runs."""
        if self._json or self._quiet:
            return
        if paths:
            self._line(
                counted(
                    "{n} file is neither clip nor picture and was left aside: {names}",
                    "{n} files are neither clip nor picture and were left aside: {names}",
                    len(paths),
                    names=_some_names(paths),
                )
            )
        if results:
            self._line(
                counted(
                    "{n} file is the result of an earlier run and was left aside: {names}",
                    "{n} files are results of earlier runs and were left aside: {names}",
                    len(results),
                    names=_some_names(results),
                )
            )

    def left_out(self, sentences: Sequence[str]) -> None:
        """Subfolders that were not read: said even where little is, for nothing in them is cleaned."""
        for sentence in sentences:
            if self._json:
                say(json_line(event_as_dict(Warned(sentence))))
            else:
                self._line(sentence)

    def stopped(self) -> None:
        """The user stopped the batch."""
        self._end_bar()
        self._line(
            msg("Stopped; nothing unfinished stands under a final name."),
            msg("  hint: {hint}", hint=msg("The same command continues where it stopped.")),
        )

    def totals(self) -> None:
        """The end of the batch."""
        self._results.sort(key=lambda result: self._order.get(result["source"], self._total))
        failed = sum(result["status"] == "failed" for result in self._results)
        partial = sum(result["status"] == "partial" for result in self._results)
        cleaned = sum(result["status"] == CLEANED for result in self._results)
        if self._json:
            numbers = {"cleaned": cleaned, "partial": partial, "failed": failed, "earlier": self._earlier}
            say(json_line({"event": "summary", **numbers, "results": self._results}))
        elif self._total > 1 and not self._quiet:
            before = msg(" ({earlier} of them before)", earlier=self._earlier) if self._earlier else ""
            say(
                msg(
                    "{cleaned} cleaned, {partial} partial, {failed} failed, of {total} inputs{before}",
                    cleaned=cleaned,
                    partial=partial,
                    failed=failed,
                    total=self._total,
                    before=before,
                )
            )
            for result in self._results:
                if result["status"] != CLEANED:
                    say(
                        msg(
                            "  {status}: {naming}",
                            status=as_message(result["status"]),
                            naming=naming(result["source"], result.get("message", "")),
                        )
                    )

    def _line(self, *lines: str) -> None:
        if self._bar is None:
            say(*filter(None, lines), stream=self._stream)
            return
        for line in lines:
            if line:
                self._bar.console.print(visible(localized(line)), markup=False, highlight=False, emoji=False)


def naming(source: str, message: str) -> str:
    """What befell a source, naming it once: most messages do, and a batch must say which it was."""
    return (
        message
        if source in message
        else msg("{source}: {message}", source=source, message=message)
        if message
        else source
    )


def _audit_lines(summary: RunSummary) -> list[str]:
    """The audit's status and, where somebody has to look, the first reasons."""
    if not summary.audit:
        return []
    status = summary.audit.get("status") or msg("not done")
    reasons = list(summary.audit.get("reasons") or []) if status != Status.PASS.value else []
    more = (
        [msg("    ... and {count} more, see the report", count=len(reasons) - _REASONS)] if reasons[_REASONS:] else []
    )
    return [
        msg("  audit: {status}", status=as_message(status)),
        *(msg("    {reason}", reason=reason) for reason in reasons[:_REASONS]),
        *more,
    ]


def summary_lines(summary: RunSummary) -> list[str]:
    """What a run did, for people."""
    # Where nothing was to be hidden, "cleaned" would promise more.
    words = {CLEANED: msg("written")} if not summary.kinds else {}
    status = as_message(words.get(summary.status, summary.status))
    lines = [msg("{status}: {output}", status=status, output=summary.output)]
    speed = summary.frames / summary.wall_s if summary.wall_s else 0
    growth = (
        msg(" ({output_bytes:.2f}x the source)", output_bytes=summary.output_bytes / summary.source_bytes)
        if summary.source_bytes
        else ""
    )
    size = msg("{output_bytes:.1f} MB{growth}", output_bytes=summary.output_bytes / 1000000.0, growth=growth)
    lines.append(
        counted(
            "  {n} frame in {wall_s:.1f} s ({speed:.1f} fps), {size}",
            "  {n} frames in {wall_s:.1f} s ({speed:.1f} fps), {size}",
            summary.frames,
            wall_s=summary.wall_s,
            speed=speed,
            size=size,
        )
    )
    if not summary.kinds:
        lines.append(msg("  nothing was looked for, as asked: faces and plates stand as they stood"))
    for kind, found in summary.kinds.items():
        if found.regions:
            tracks = counted(", {n} track", ", {n} tracks", found.tracks) if found.tracks else ""
            filled = (
                counted(
                    ", {filled} of {n} region filled over time",
                    ", {filled} of {n} regions filled over time",
                    found.regions,
                    filled=found.filled,
                )
                if found.filled
                else ""
            )
            lines.append(
                counted(
                    "  {kind}: hidden in {n} frame{tracks}{filled}",
                    "  {kind}: hidden in {n} frames{tracks}{filled}",
                    found.frames_covered,
                    kind=as_message(kind),
                    tracks=tracks,
                    filled=filled,
                )
            )
        elif found.detections:
            why = (
                msg("by edits or too unsure ({left_clear})", left_clear=summary.left_clear)
                if summary.left_clear
                else msg("too unsure to be hidden")
            )
            lines.append(
                counted(
                    "  {kind}: {n} detection, left clear: {why}",
                    "  {kind}: {n} detections, all left clear: {why}",
                    found.detections,
                    kind=as_message(kind),
                    why=why,
                )
            )
        elif summary.left_clear:  # finds that are too faint to be counted may be among what was left clear
            lines.append(
                msg("  {kind}: none hidden ({left_clear})", kind=as_message(kind), left_clear=summary.left_clear)
            )
        else:
            lines.append(msg("  {kind}: none found", kind=as_message(kind)))
    lines += actions_told(summary.streams, words=words)
    lines += _audit_lines(summary)
    if summary.plan:
        lines.append(msg("  plan: {plan}", plan=summary.plan))
    if summary.report:
        lines.append(
            msg(
                "  summary: {report} and, as a page, {name}",
                report=summary.report,
                name=Path(summary.report).with_suffix(".html").name,
            )
        )
    return lines


def _some_names(paths: Sequence[Path]) -> str:
    return ", ".join(path.name for path in paths[:5]) + (", ..." if len(paths) > 5 else "")
