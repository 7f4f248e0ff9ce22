"""Kinds of objects, and what differs between them: one `KindRules` per kind, so that no other module needs to name one.

`BUILT_IN` holds the kinds that the program knows by itself; `rules_of` gives any other kind the rules of an unknown
one. What the user may set (threshold, growth, shape) is put in its place once per run by `pipeline.build`, and the
planner is handed the result. What nobody sets (wording, colours, legibility) is read from here by whoever needs it.
A new built-in kind is a new entry of this table, and fields of its own in `settings.table`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dashcamcleaner.messages import counted

__all__ = ["BUILT_IN", "KindRules", "count_text", "rules_of", "shapes_of", "thresholds_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRules:
    """What holds for one kind. The defaults are those of a kind that the program does not know.

    Args:
        kind: its name in detections, plans and settings.
        noun, plural: what people call one and several, in the middle of a sentence.
        threshold: lowest score of a detection that counts, 0 to 1; for weights that recommend none: recall first.
        probability: a track is hidden from this probability on, 0 to 1: a missed object identifies a person, a false
            one costs a blurred patch. Of large tracks more is asked, since they cost more (`planning.planner`).
        growth: factors on the width and the height of a detection. Measured on labelled clips (docs/tracking.md):
            detectors box faces tightly, and plates loosely above and below. Every region gets a fixed number of
            pixels on top (`planning.growth`).
        large_less: part of the growth, from 0 to 1, that a large object which is plain to see goes without: its box
            is exact for its size, and room around it takes most of the picture.
        unsure_less: the same of a track that just passes its threshold, surer ones get more: doubt hides little.
        weak_more: how much larger the region of a sighting gets whose score is nearly 0: a part of its size. A network
            that sees the picture small boxes faint objects loosely.
        lower: part of its height by which a region lies lower than its box: plates are boxed too high, their frames
            and shadowed lower rims left out (on labelled clips 95 % end within 0.16 heights above the box and 0.35
            below).
        shape: ``ellipse`` or ``box``, see `obscure.masks`.
        aspect: width by height of a typical one; None where none is typical.
        taken_for_text: burned-in letters are taken for it: what rests in the picture while the scene moves is less
            likely one. The face of a driver rests in the picture of a camera inside the car, too.
        illegible_px, legible_px: heights at which nobody and everybody recognises it, in full-size pixels.
        listed: how sure the audit must be of one that is not hidden to list it, 0 to 1.
        carries_text: the audit's text reader tells whether it can be read, clear or covered. Stickers and signs look
            like it; one that can be read is one.
        tells_persons: one person can be told from another by it, so that rules about persons hold for it.
        second_detector: the audit's independent detector knows it, too.
        color: the colour on pictures and timelines; told apart by brightness too, for those who see colours
            differently.
        chart_color: the colour in the report.
        mask_channel: the channel of coloured masks: 0 red, 1 green, 2 blue.
    """

    kind: str
    noun: str
    plural: str
    threshold: float = 0.2
    probability: float = 0.04
    growth: tuple[float, float] = (1.3, 1.3)
    large_less: float = 0.5
    unsure_less: float = 0.5
    weak_more: float = 0.0
    lower: float = 0.0
    shape: str = "box"
    aspect: float | None = None
    taken_for_text: bool = False
    illegible_px: float = 8.0
    legible_px: float = 40.0
    listed: float = 0.48
    carries_text: bool = False
    tells_persons: bool = False
    second_detector: bool = False
    color: str = "#b0568f"
    chart_color: str = "#0f766e"
    mask_channel: int = 2


BUILT_IN: Mapping[str, KindRules] = MappingProxyType(
    {
        "face": KindRules(
            kind="face",
            noun="face",
            plural="faces",
            growth=(1.45, 1.35),
            unsure_less=1.0,
            shape="ellipse",
            aspect=0.78,
            listed=0.4,
            tells_persons=True,
            second_detector=True,
            color="#2f9e8f",
            chart_color="#c2410c",
            mask_channel=0,
        ),
        "plate": KindRules(
            kind="plate",
            noun="plate",
            plural="plates",
            growth=(1.3, 1.65),
            lower=0.08,
            aspect=2.6,
            taken_for_text=True,
            illegible_px=5.0,
            legible_px=22.0,
            carries_text=True,
            color="#d98324",
            chart_color="#1d4ed8",
            mask_channel=1,
        ),
    }
)
"""In the order in which people are told of them."""


def thresholds_of(rules: Mapping[str, KindRules]) -> dict[str, float]:
    """The score from which a detection counts, per kind."""
    return {kind: one.threshold for kind, one in rules.items()}


def shapes_of(rules: Mapping[str, KindRules]) -> dict[str, str]:
    """The shape that regions are painted in, per kind."""
    return {kind: one.shape for kind, one in rules.items()}


def rules_of(kind: str) -> KindRules:
    """The rules of a kind, before the user's settings; those of an unknown one where it is not built in."""
    return BUILT_IN.get(kind) or KindRules(kind=kind, noun=kind, plural=kind)


def count_text(kind: str, count: int) -> str:
    """``1 face``, ``3 plates``, for people; kinds that the program does not know by their own names."""
    rules = BUILT_IN.get(kind)
    if rules is None:
        return counted("{n:,} {kind}", "{n:,} {kind}s", count, kind=kind)
    return counted(f"{{n:,}} {rules.noun}", f"{{n:,}} {rules.plural}", count)
