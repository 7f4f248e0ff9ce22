"""What the review's lanes, cards and doubts say: from bars and edits to texts, without a widget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.gui.cards import Card
from dashcamcleaner.gui.review_canvas import HandBox
from dashcamcleaner.gui.review_model import EditStack, Verdict
from dashcamcleaner.gui.timeline import Lane
from dashcamcleaner.gui.words import kind_word, tr, tr_count

if TYPE_CHECKING:
    from dashcamcleaner.review.track_summary import ReviewItem, TrackSummary

__all__ = ["cards_of", "review_item_text", "review_items_text", "hand_boxes", "hand_span", "hand_title", "lanes_of"]


def track_title(bar: TrackSummary, names: dict[int, str]) -> str:
    """A track's name, or its kind and number."""
    return names.get(bar.track) or f"{kind_word(bar.kind)} {bar.track}"


def hand_title(row: dict[str, Any]) -> str:
    """What was added by hand."""
    return {
        "region": tr("Drawn region"),
        "fixed": tr("Fixed area"),
        "exclude": tr("Area left clear"),
        "frames": tr("Whole frame"),
    }[row["edit"]]


def hand_span(row: dict[str, Any], *, start_s: float, end_s: float) -> tuple[float, float]:
    """From when to when something by hand lasts."""
    if row["edit"] == "region":
        return float(row["keys"][0][0]), float(row["keys"][-1][0])
    return float(row.get("from_s", start_s)), float(row.get("to_s", end_s))


def hand_boxes(stack: EditStack, *, now_s: float, chosen: int | None, ends_s: tuple[float, float]) -> list[HandBox]:
    """The boxes by hand that are in force at a moment, and the chosen one even when it is not.

    A drawn region that is chosen can be dragged at any time: that adds a key frame and stretches its span.
    """
    boxes = []
    regions = iter(stack.edits.regions)
    for place, row in stack.by_hand():
        manual = next(regions) if row["edit"] == "region" else None
        first_s, last_s = hand_span(row, start_s=ends_s[0], end_s=ends_s[1])
        box = manual.at(now_s) if manual is not None else row.get("box")
        if box is None and manual is not None and chosen == place:
            box = manual.keys[0][1] if now_s < first_s else manual.keys[-1][1]
        elif chosen != place and not first_s - 1e-4 <= now_s <= last_s + 1e-4:
            box = None
        if box is not None:
            boxes.append(HandBox(place, (box[0], box[1], box[2], box[3]), row["edit"]))
    return boxes


def _span_text(first_s: float, last_s: float) -> str:
    return f"{format_seconds(first_s)[:-2]} – {format_seconds(last_s)[:-2]}"


def _clear_tracks(bars: Sequence[TrackSummary], stack: EditStack) -> set[int]:
    """The tracks that are not hidden any more."""
    only = stack.tracks_with(Verdict.ONLY)
    away = stack.tracks_with(Verdict.KEEP) | stack.tracks_with(Verdict.DROP)
    return {bar.track for bar in bars if bar.track in away or (only and bar.track not in only)}


def cards_of(
    bars: Sequence[TrackSummary], stack: EditStack, *, seconds: Callable[[int], float], end_s: float
) -> list[Card]:
    """A card per thing by hand, then per track."""
    names, clear_tracks = stack.edits.names, _clear_tracks(bars, stack)
    said = {verdict: stack.tracks_with(verdict) for verdict in ("keep", "drop", "only", "checked")}
    cards = []
    for place, row in stack.by_hand():
        first_s, last_s = hand_span(row, start_s=seconds(0), end_s=end_s)
        clear = row["edit"] == "exclude"
        cards.append(Card(("hand", place), hand_title(row), _span_text(first_s, last_s), _hand_kind(row), clear=clear))
    for bar in bars:
        verdict = tr("Stays clear") if bar.track in said["keep"] else ""
        verdict = tr("Removed: no {kind}", kind=kind_word(bar.kind).lower()) if bar.track in said["drop"] else verdict
        verdict = tr("Only this is hidden") if bar.track in said["only"] else verdict
        seen = tr("{n}×", n=bar.sightings)
        cards.append(
            Card(
                key=("track", bar.track),
                title=track_title(bar, dict(names)),
                detail=f"{_span_text(seconds(bar.first), seconds(bar.last))} · {seen}",
                kind=bar.kind,
                verdict=verdict,
                clear=bar.track in clear_tracks,
                checked=bar.track in said["checked"],
            )
        )
    return cards


def _hand_kind(row: dict[str, Any]) -> str:
    return "frame" if row["edit"] == "frames" else "manual"


def lanes_of(
    bars: Sequence[TrackSummary], stack: EditStack, *, seconds: Callable[[int], float], end_s: float
) -> list[Lane]:
    """The same as lanes of the timeline."""
    names = dict(stack.edits.names)
    checked, clear_tracks = stack.tracks_with(Verdict.CHECKED), _clear_tracks(bars, stack)
    lanes = []
    for place, row in stack.by_hand():
        first_s, last_s = hand_span(row, start_s=seconds(0), end_s=end_s)
        origin = "manual" if row["edit"] != "frames" else "detected"
        lanes.append(
            Lane(
                ("hand", place),
                hand_title(row),
                _hand_kind(row),
                ((first_s, last_s, origin),),
                row["edit"] == "exclude",
            )
        )
    for bar in bars:
        spans = tuple((seconds(first), seconds(last), origin) for first, last, origin in bar.spans)
        faint = bar.track in clear_tracks
        lanes.append(Lane(("track", bar.track), track_title(bar, names), bar.kind, spans, faint, bar.track in checked))
    return lanes


def review_item_text(doubt: ReviewItem) -> str:
    """Why a spot deserves a look."""
    if doubt.message:
        return doubt.message
    kind = kind_word(doubt.kind).lower()
    return {
        "clear": tr("Perhaps a {kind}, left clear", kind=kind),
        "long-fill": tr("A {kind} not seen for long, covered by guess", kind=kind),
        "single": tr("A {kind} seen only once", kind=kind),
        "low-score": tr("A {kind} that is barely one", kind=kind),
    }.get(doubt.reason, doubt.reason)


def review_items_text(review_items: Sequence[ReviewItem], at: int, *, seconds: Callable[[int], float]) -> str:
    """How many spots deserve a look, or the one that is looked at."""
    if not review_items:
        return tr("No weak spots")
    if at < 0:
        return tr_count(len(review_items), "{n} weak spot", "{n} weak spots")
    when = format_seconds(seconds(review_items[at].index))[:-1]
    return f"{at + 1}/{len(review_items)} · {when} · {review_item_text(review_items[at])}"
