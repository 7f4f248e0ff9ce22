"""What the window says: translation, and a row of the queue in words. One context, so a language is one flat file."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt5.QtCore import QCoreApplication, QLocale

from dashcamcleaner.core.events import Audited, Event, Failed, Finished, Started, Warned
from dashcamcleaner.core.findings import Status
from dashcamcleaner.core.kinds import BUILT_IN, rules_of
from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.errors import DashcamCleanerError, NotAccepted, OutputError, WeightsUntrusted
from dashcamcleaner.gui.form_model import choice_title
from dashcamcleaner.gui.plain_hints import in_window
from dashcamcleaner.gui.queue_model import Totals
from dashcamcleaner.gui.queue_row import Row, State
from dashcamcleaner.messages import UserMessage, localized
from dashcamcleaner.report.verdict import NOTHING_LOOKED_FOR

__all__ = [
    "counts_text",
    "detail_text",
    "failure_text",
    "kind_title",
    "kind_word",
    "length_text",
    "number_text",
    "result_text",
    "size_text",
    "state_text",
    "totals_text",
    "tr",
    "tr_count",
]

CONTEXT = "DashcamCleaner"


def tr(text: str, **values: object) -> str:
    """The text in the user's language, its ``{names}`` filled in."""
    translated = QCoreApplication.translate(CONTEXT, text)
    shown = {name: localized(value) if isinstance(value, UserMessage) else value for name, value in values.items()}
    return translated.format(**shown) if values else translated


def tr_count(count: int, one: str, many: str) -> str:
    """The text for one thing, or for so many, as ``{n}``; a language may have more forms than two."""
    translated = QCoreApplication.translate(CONTEXT, many, None, count)
    if translated == many:  # no language file with plurals
        translated = tr(one if count == 1 else many)
    return translated.replace("{n}", str(count))


def length_text(seconds: float | None) -> str:
    """``1:05`` or ``1:02:05``; a dash where it is not known."""
    if seconds is None:
        return "–"
    text = format_seconds(round(max(0.0, seconds)))
    return text.split(".")[0]


def left_text(seconds: float) -> str:
    """Time left, no more exact than it can be known."""
    if seconds < 60:
        return tr("{n} s left", n=max(1, round(seconds)))
    if seconds < 3600:
        return tr("{n} min left", n=round(seconds / 60))
    return tr("{h} h {m} min left", h=int(seconds // 3600), m=round(seconds % 3600 / 60))


def about_text(seconds: float) -> str:
    """How long it will take, before it has begun."""
    if seconds < 60:
        return tr("about {n} s", n=max(1, round(seconds)))
    if seconds < 3600:
        return tr("about {n} min", n=round(seconds / 60))
    return tr("about {h} h {m} min", h=int(seconds // 3600), m=round(seconds % 3600 / 60))


def number_text(value: float, digits: int) -> str:
    """A number that was measured, in the user's format."""
    return QLocale().toString(float(value), "f", digits)


def _fps_text(fps: float) -> str:
    return tr("{fps} fps", fps=number_text(fps, 0 if fps >= 10 else 1))


def size_text(count_bytes: int) -> str:
    """``34.2 MB``, in the user's number format."""
    return QLocale().formattedDataSize(count_bytes, 1, QLocale.DataSizeSIFormat)


def kind_title(kind: str, count: int) -> str:
    """``1 face``, ``3 plates``."""
    if kind == "manual":
        return tr("{n} drawn", n=count)
    rules = rules_of(kind)
    return tr_count(count, f"{{n}} {rules.noun}", f"{{n}} {rules.plural}")


def kind_word(kind: str) -> str:
    """``Face``, ``Plate``: a kind at the beginning of a sentence or alone."""
    return tr(rules_of(kind).noun.capitalize())


def counts_text(counts: Mapping[str, int], *, none: str = "") -> str:
    """``2 faces, 1 plate``."""
    order = tuple(BUILT_IN)  # then the others, as they come: the same words in the same place for every frame
    kinds = sorted(counts, key=lambda kind: order.index(kind) if kind in order else len(order))
    parts = [kind_title(kind, counts[kind]) for kind in kinds if counts[kind]]
    return ", ".join(parts) or none


def result_text(summary: RunSummary) -> str:
    """What a run hid: objects where they were linked over time, else regions."""
    if not summary.kinds:
        return localized(NOTHING_LOOKED_FOR)
    counts = {kind: one.tracks or one.regions for kind, one in summary.kinds.items() if kind != "manual"}
    if "manual" in summary.kinds and summary.kinds["manual"].regions:
        by_hand = tr("regions drawn by hand")
        return tr("{what} hidden", what=", ".join(filter(None, (counts_text(counts), by_hand))))
    return tr("{what} hidden", what=counts_text(counts)) if any(counts.values()) else tr("Nothing was found to hide")


def phase_text(row: Row) -> str:
    """What is going on with a running clip."""
    return {
        "": tr("Starting"),
        "analyse": tr("Analysing"),
        "clean": tr("Cleaning"),
        "render": tr("Rendering"),
        "audit": tr("Looking again"),
    }.get(row.phase, tr("Cleaning"))


def state_text(row: Row) -> str:
    """The row's state in a word or two."""
    if row.state is State.RUNNING:
        return tr("{phase} {percent} %", phase=phase_text(row), percent=int(row.fraction * 100)) if row.phase else (
            phase_text(row) + "…"
        )  # fmt: skip
    return {
        State.WAITING: tr("Waiting"),  # a clip that cannot be read does not wait: it has failed
        State.PAUSED: tr("Paused"),
        State.AUDITING: tr("Looking again {percent} %", percent=int(row.fraction * 100)),
        State.DONE: _done_text(row),
        State.PARTIAL: tr("Done, with gaps"),
        State.FAILED: tr("Failed") if row.facts_error is None else tr("Cannot be read"),
        State.STOPPED: tr("Stopped"),
    }[row.state]


def _done_text(row: Row) -> str:
    if row.needs_look:
        return tr("Audit failed") if row.audit_status == Status.FAIL else tr("Needs a look")
    return tr("Cleaned before") if row.cleaned_before else tr("Done")


def audit_text(status: str) -> str:
    """What an audit came to, in words."""
    words = {Status.PASS: tr("passed"), Status.NEEDS_REVIEW: tr("needs a look"), Status.FAIL: tr("failed")}
    return words.get(Status(status), status) if status in set(Status) else status


def settings_text(row: Row) -> str:
    """Profile and style that the row's run has, or had; empty before one was started."""
    if row.profile is None or row.style is None:
        return ""
    profile = tr(choice_title(row.profile)).split(" (")[0]
    return f"{profile} · {tr(choice_title(row.style))}"


def render_title(row: Row | None, style: str) -> str:
    """*Render again*, with the style in brackets where the result has another one."""
    if row is None or row.style in (None, style):
        return tr("Render again")
    return tr("Render again ({style})", style=tr(choice_title(style)))


def detail_text(row: Row) -> str:
    """Length, picture size and file size."""
    facts = row.facts
    if facts is None:
        return tr("Reading…") if row.facts_error is None else row.source.parent.name
    parts = [] if facts.duration_s is None else [length_text(facts.duration_s)]
    return " · ".join([*parts, f"{facts.size[0]} × {facts.size[1]}", size_text(facts.file_bytes)])


def note_text(row: Row) -> str:
    """The row's third line: pace while it runs, afterwards what came out."""
    if row.state in (State.RUNNING, State.AUDITING):
        parts = [] if not row.fps else [_fps_text(row.fps)]
        if row.eta_s is not None:
            parts.append(left_text(row.eta_s))
        if row.counts:
            parts.append(counts_text(row.counts))
        return " · ".join(parts) or localized(row.description)
    if row.state is State.PAUSED:
        return tr("Nothing is lost; press Resume to go on")
    if row.summary is not None and row.state in (State.DONE, State.PARTIAL):
        parts = [result_text(row.summary)]
        if row.audit_status and not row.needs_look:  # a look that is needed is the row's state
            parts.append(tr("Audit: {status}", status=audit_text(row.audit_status)))
        if row.audit_findings:
            parts.append(tr_count(row.audit_findings, "{n} finding", "{n} findings"))
        if row.warnings:
            parts.append(tr_count(len(row.warnings), "{n} note", "{n} notes"))
        return " · ".join(parts)
    if row.state is State.FAILED and row.error is not None:
        return in_window(row.error.message, tr=tr)
    if row.state is State.STOPPED:
        return tr("Continues where it stopped when started again")
    if row.facts_error is not None:
        return in_window(row.facts_error.message, tr=tr)
    return tr("Renders again from its plan") if row.from_plan else ""


def failure_text(error: DashcamCleanerError, *, between: str = " ") -> str:
    """An error and what can be done about it, as the window says it."""
    return f"{localized(error.message)}{between}{hint_text(error)}".strip()


def hint_text(error: DashcamCleanerError) -> str:
    """What can be done about an error, in the window's own words where the error speaks of the command line."""
    if isinstance(error, NotAccepted):
        if "--accept-plan" in error.hint:
            return tr("Clean the clip again, replacing the result: it is looked at anew.")
        return tr("Open the review, which asks whether they are to be taken.")
    if isinstance(error, WeightsUntrusted):
        return tr("If you trust where it came from, turn on “Trust these weights” under More settings.")
    if isinstance(error, OutputError) and "--overwrite" in error.hint:
        return tr("Let it be replaced, or save the result under another name.")
    return in_window(error.hint, tr=tr)


def accessible_text(row: Row) -> str:
    """A row as one sentence, for screen readers."""
    parts = [row.source.name, state_text(row), detail_text(row), note_text(row), settings_text(row)]
    if row.error is not None:
        parts.append(hint_text(row.error))
    return ". ".join(part for part in parts if part)


def event_text(event: Event) -> str:
    """An event as a line of its clip's log; empty for progress."""
    if isinstance(event, Started):
        return tr("Started: {what}", what=event.description)
    if isinstance(event, Warned):
        return in_window(event.message, tr=tr)
    if isinstance(event, Finished):
        return tr("Done: {what}", what=result_text(event.summary))
    if isinstance(event, Audited):
        return tr("Audit: {status}", status=audit_text(str(event.result.status)))
    if isinstance(event, Failed):
        return f"{in_window(event.error.message, tr=tr)} {hint_text(event.error)}".strip()
    return ""


def totals_text(totals: Totals) -> str:
    """The line beside the total bar."""
    if not totals.clips:
        return ""
    parts = [tr("{done} of {all} done", done=totals.done, all=totals.clips)]
    if totals.failed:
        parts.append(tr("{n} failed", n=totals.failed))
    if totals.looks:
        parts.append(tr_count(totals.looks, "{n} needs a look", "{n} need a look"))
    if totals.fps:
        parts.append(_fps_text(totals.fps))
    if totals.eta_s is not None:
        parts.append(left_text(totals.eta_s) if totals.fps else about_text(totals.eta_s))
    return " · ".join(parts)
