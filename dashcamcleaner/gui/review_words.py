"""What the review's lanes, cards and doubts say: from bars and edits to texts, without a widget."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dashcamcleaner.core.edit_types import (
    SAME_TIME_S,
    ClearZone,
    DrawnRegion,
    HandEdit,
    HiddenSpan,
    HiddenZone,
)
from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.gui.cards import Card
from dashcamcleaner.gui.edit_history import EditHistory
from dashcamcleaner.gui.review_canvas import HandBox
from dashcamcleaner.gui.timeline import Lane
from dashcamcleaner.gui.words import kind_word, tr, tr_count

if TYPE_CHECKING:
    from dashcamcleaner.review.track_summary import ReviewItem, TrackSummary

__all__ = ["cards_of", "review_item_text", "review_items_text", "hand_boxes", "hand_span", "hand_title", "lanes_of"]


def track_title(bar: TrackSummary, names: dict[int, str]) -> str:
    """A track's name, or its kind and number."""
    return names.get(bar.track) or f"{kind_word(bar.kind)} {bar.track}"


def hand_title(edit: HandEdit) -> str:
    """What was added by hand."""
    if isinstance(edit, DrawnRegion):
        return tr("Drawn region")
    if isinstance(edit, HiddenZone):
        return tr("Fixed area")
    return tr("Area left clear") if isinstance(edit, ClearZone) else tr("Whole frame")


def hand_span(edit: HandEdit, *, start_s: float, end_s: float) -> tuple[float, float]:
    """From when to when something by hand lasts: seconds, those of the clip where it has no limits."""
    return (edit.from_s if math.isfinite(edit.from_s) else start_s, edit.to_s if math.isfinite(edit.to_s) else end_s)


def hand_boxes(history: EditHistory, *, now_s: float, chosen: int | None, ends_s: tuple[float, float]) -> list[HandBox]:
    """The boxes by hand that are in force at a moment, and the chosen one even when it is not.

    A drawn region that is chosen can be dragged at any time: that adds a key frame and stretches its span.
    """
    boxes = []
    for place, edit in history.by_hand():
        if isinstance(edit, HiddenSpan):
            continue
        first_s, last_s = hand_span(edit, start_s=ends_s[0], end_s=ends_s[1])
        if chosen == place or first_s - SAME_TIME_S <= now_s <= last_s + SAME_TIME_S:
            box = edit.nearest(now_s) if isinstance(edit, DrawnRegion) else edit.box
            boxes.append(HandBox(place, box, edit))
    return boxes


def _span_text(first_s: float, last_s: float) -> str:
    return f"{format_seconds(first_s)[:-2]} – {format_seconds(last_s)[:-2]}"


def _clear_tracks(bars: Sequence[TrackSummary], history: EditHistory) -> set[int]:
    """The tracks that are not hidden any more."""
    only, away = history.edits.only, history.edits.keep | history.edits.drop
    return {bar.track for bar in bars if bar.track in away or (only and bar.track not in only)}


def cards_of(
    bars: Sequence[TrackSummary], history: EditHistory, *, seconds: Callable[[int], float], end_s: float
) -> list[Card]:
    """A card per thing by hand, then per track."""
    names, clear_tracks = history.edits.names, _clear_tracks(bars, history)
    edits = history.edits
    cards = []
    for place, edit in history.by_hand():
        span = _span_text(*hand_span(edit, start_s=seconds(0), end_s=end_s))
        cards.append(Card(("hand", place), hand_title(edit), span, _hand_kind(edit), clear=edit.uncovers))
    for bar in bars:
        verdict = tr("Stays clear") if bar.track in edits.keep else ""
        verdict = tr("Removed: no {kind}", kind=kind_word(bar.kind).lower()) if bar.track in edits.drop else verdict
        verdict = tr("Only this is hidden") if bar.track in edits.only else verdict
        seen = tr("{n}×", n=bar.sightings)
        cards.append(
            Card(
                key=("track", bar.track),
                title=track_title(bar, dict(names)),
                detail=f"{_span_text(seconds(bar.first), seconds(bar.last))} · {seen}",
                kind=bar.kind,
                verdict=verdict,
                clear=bar.track in clear_tracks,
                checked=bar.track in edits.checked,
            )
        )
    return cards


def _hand_kind(edit: HandEdit) -> str:
    return "frame" if isinstance(edit, HiddenSpan) else "manual"


def lanes_of(
    bars: Sequence[TrackSummary], history: EditHistory, *, seconds: Callable[[int], float], end_s: float
) -> list[Lane]:
    """The same as lanes of the timeline."""
    names = dict(history.edits.names)
    checked, clear_tracks = history.edits.checked, _clear_tracks(bars, history)
    lanes = []
    for place, edit in history.by_hand():
        first_s, last_s = hand_span(edit, start_s=seconds(0), end_s=end_s)
        origin = "detected" if isinstance(edit, HiddenSpan) else "manual"
        lanes.append(
            Lane(
                ("hand", place),
                hand_title(edit),
                _hand_kind(edit),
                ((first_s, last_s, origin),),
                edit.uncovers,
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
