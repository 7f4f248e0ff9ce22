"""What the review's lanes, cards and items say: from bars and edits to texts, without a widget."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from dashcamcleaner.core.edit_rows import SAME_TIME_S
from dashcamcleaner.core.edit_types import (
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
from dashcamcleaner.gui.words import kind_word, tr
from dashcamcleaner.messages import localized

if TYPE_CHECKING:
    from dashcamcleaner.core.edits import Edits
    from dashcamcleaner.review.review_objects import ReviewObject
    from dashcamcleaner.review.track_summary import ReviewItem

Span = tuple[float, float, str]
"""First and last second, and where the region comes from."""

__all__ = [
    "cards_of",
    "hand_boxes",
    "hand_span",
    "hand_title",
    "lanes_of",
    "object_title",
    "place_text",
    "review_item_text",
]


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


def object_title(one: ReviewObject, names: Mapping[int, str]) -> str:
    """The name of an object: one that was given, or its kind and number."""
    for summary in one.tracks:
        if summary.track in names:
            return names[summary.track]
    if one.key[0] == "person":
        return tr("Person {n}", n=one.key[1])
    return f"{kind_word(one.kind)} {one.key[1]}"


def verdict_text(said: str, kind: str, *, part: float = 1.0) -> str:
    """What was said about an object, for people.

    Args:
        said: the word for programs.
        kind: the kind of the object.
        part: the part of its frames in which that holds: a person is clear only where it is sure whom a track shows.
    """
    if said == "keep" and part < 1:
        return tr("Stays clear where sure ({n} %)", n=min(99, round(100 * part)))
    return {
        "keep": tr("Stays clear"),
        "keep-span": tr("Stays clear for a part"),
        "drop": tr("Removed: no {kind}", kind=kind_word(kind).lower()),
        "only": tr("Only this is hidden"),
        "hide": tr("Hidden in any case"),
    }.get(said, "")


def _parted(spans: Sequence[Span], clear: Sequence[tuple[float, float]]) -> tuple[list[Span], list[Span]]:
    """The parts of a track's spans that are hidden, and those that stay clear.

    Args:
        spans: first and last second, and origin.
        clear: the seconds that stay clear, in order.
    """
    hidden, left_clear = [], []
    for first, last, origin in spans:
        at = first
        for from_s, to_s in clear:
            start, end = max(at, from_s), min(last, to_s)
            if start > end:
                continue
            if start - at > SAME_TIME_S:
                hidden.append((at, start, origin))
            left_clear.append((start, end, origin))
            at = end
        if last - at > SAME_TIME_S or (at == first and not (left_clear and left_clear[-1][0] == first)):
            hidden.append((at, last, origin))
    return hidden, left_clear


def cards_of(
    objects: Sequence[ReviewObject], history: EditHistory, *, seconds: Callable[[int], float], end_s: float
) -> list[Card]:
    """A card per thing by hand, then per object in the order given."""
    from dashcamcleaner.review.object_edits import verdict

    edits = history.edits
    cards = []
    for place, edit in history.by_hand():
        span = _span_text(*hand_span(edit, start_s=seconds(0), end_s=end_s))
        cards.append(Card(("hand", place), hand_title(edit), span, _hand_kind(edit), clear=edit.uncovers))
    for one in objects:
        said = verdict(edits, one)
        seen = tr("{n}×", n=one.sightings)
        sure = tr("{n} % sure", n=round(100 * one.sureness))
        cards.append(
            Card(
                key=one.key,
                title=object_title(one, edits.names),
                detail=f"{_span_text(seconds(one.first), seconds(one.last))} · {seen}",
                kind=one.kind,
                verdict=verdict_text(said, one.kind, part=_clear_part(one, edits, seconds=seconds)),
                sure=sure,
                clear=said in ("keep", "drop"),
                checked=all(summary.track in edits.checked for summary in one.tracks),
                picture=one.best.track,
            )
        )
    return cards


def _clear_part(one: ReviewObject, edits: Edits, *, seconds: Callable[[int], float]) -> float:
    """In how much of its frames an object stays clear of which that is said."""
    from dashcamcleaner.review.object_edits import clear_spans

    spans = clear_spans(edits, one)
    if all(math.isinf(end) for its in spans.values() for span in its for end in span):
        return 1.0
    frames = clear = 0
    for summary in one.tracks:
        its = [(from_s - SAME_TIME_S, to_s + SAME_TIME_S) for from_s, to_s in spans.get(summary.track, ())]
        for first, last, _ in summary.spans:
            times_s = [seconds(index) for index in range(first, last + 1)]
            frames += len(times_s)
            clear += sum(any(from_s <= time_s <= to_s for from_s, to_s in its) for time_s in times_s)
    return clear / max(1, frames)


def _hand_kind(edit: HandEdit) -> str:
    return "frame" if isinstance(edit, HiddenSpan) else "manual"


def lanes_of(
    objects: Sequence[ReviewObject], history: EditHistory, *, seconds: Callable[[int], float], end_s: float
) -> list[Lane]:
    """The same as lanes of the timeline."""
    from dashcamcleaner.review.object_edits import clear_spans, verdict

    edits = history.edits
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
    for one in objects:
        clear = clear_spans(edits, one)
        hidden: list[Span] = []
        left_clear: list[Span] = []
        for summary in one.tracks:
            spans = [(seconds(first), seconds(last), origin) for first, last, origin in summary.spans]
            parts = _parted(spans, clear.get(summary.track, ()))
            hidden += parts[0]
            left_clear += parts[1]
        faint = verdict(edits, one) in ("keep", "drop")
        checked = all(summary.track in edits.checked for summary in one.tracks)
        title = object_title(one, edits.names)
        lanes.append(Lane(one.key, title, one.kind, tuple(hidden), faint, checked, tuple(left_clear)))
    return lanes


def place_text(words: str) -> str:
    """Where in the picture something lies, by the engine's words for it."""
    return {
        "upper left": tr("upper left"),
        "upper middle": tr("upper middle"),
        "upper right": tr("upper right"),
        "lower left": tr("lower left"),
        "lower middle": tr("lower middle"),
        "lower right": tr("lower right"),
    }.get(words, words)


def review_item_text(item: ReviewItem) -> str:
    """Why a spot deserves a look."""
    if item.message:
        return localized(item.message)
    kind = kind_word(item.kind).lower()
    return {
        "clear": tr("Perhaps a {kind}, left clear", kind=kind),
        "long-fill": tr("A {kind} not seen for long, covered by guess", kind=kind),
        "single": tr("A {kind} seen only once", kind=kind),
        "low-score": tr("A {kind} that is barely one", kind=kind),
    }.get(item.reason, item.reason)
