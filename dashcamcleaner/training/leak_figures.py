"""Leak figures of objects and clips: what is counted, how it adds up, and what a table calls it.

`training.leaks` measures them from a labelled clip and the plan of its run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

__all__ = ["ANY_KIND", "COVER", "FIGURE_HEADS", "GAP", "NEVER", "LeakFigures", "ObjectFigures"]

NEVER = "never detected"
GAP = "gap in time"
COVER = "cover too small or late"

FIGURE_HEADS = {
    "objects": "objects",
    "never_detected": "never detected",
    "objects_leaked": "objects leaked",
    "legible_object_frames": "legible object-frames",
    "not_covered": "not covered",
    "not_covered_share": "share not covered",
    "not_covered_share_of_detected": "share not covered, of detected",
    "half_covered_frames": "half covered frames",
    "longest_exposure_frames": "longest exposure in frames",
    "longest_exposure_frames_of_detected": "longest exposure in frames, of detected",
    "over_cover": "over-cover",
    "needless_share": "share hidden for nothing",
}
"""What a table for people calls the figures of `LeakFigures.as_dict`."""

ANY_KIND = "any"
"""Key of what holds for all labelled kinds together, counting once what several of them paint."""


@dataclass(frozen=True, slots=True)
class ObjectFigures:
    """How one labelled object fared.

    Args:
        clip, id, kind: the clip, the id within it, and the kind of the object.
        legible_frames: object-frames that count.
        leaked: the frames in which it was not protected, with their cause.
        half_covered_frames: those in which less than half of it was hidden.
        sighted: the detector saw it at least once, at a score that counts.
        longest_exposure_frames: the longest run of leaked frames that follow each other.
        toggles: how often its protection went on or off within a legible span.
    """

    clip: str
    id: str
    kind: str
    legible_frames: int
    leaked: Mapping[int, str]
    half_covered_frames: int
    sighted: bool
    longest_exposure_frames: int
    toggles: int


@dataclass(frozen=True, slots=True)
class LeakFigures:
    """Figures of a clip, or of several added up.

    Areas are counted in pixels as they are painted: with the shape of the region, the chroma blocks that it grows to,
    and its soft edge.

    Args:
        objects: every labelled object with a legible frame.
        hidden_px2: per kind, painted area within the boxes of legible objects of that kind, grown to twice their width
            and height about their centres.
        true_px2: per kind, area of the true boxes of the legible objects.
        needless: per kind, and for `ANY_KIND`, the shares of the pictures that are painted for nothing, added up over
            the frames.
        frames: per kind, the frames of the clips that label it; for `ANY_KIND`, all frames.
    """

    objects: tuple[ObjectFigures, ...] = ()
    hidden_px2: Mapping[str, float] = field(default_factory=dict)
    true_px2: Mapping[str, float] = field(default_factory=dict)
    needless: Mapping[str, float] = field(default_factory=dict)
    frames: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: LeakFigures) -> LeakFigures:
        frames = {kind: int(count) for kind, count in _summed(self.frames, other.frames).items()}
        return LeakFigures(
            self.objects + other.objects,
            _summed(self.hidden_px2, other.hidden_px2),
            _summed(self.true_px2, other.true_px2),
            _summed(self.needless, other.needless),
            frames,
        )

    @property
    def sighted(self) -> LeakFigures:
        """Only the objects that the detector saw at least once."""
        return replace(self, objects=tuple(o for o in self.objects if o.sighted))

    def of_kind(self, kind: str) -> LeakFigures:
        """Only the objects and the areas of a kind."""
        return LeakFigures(
            tuple(o for o in self.objects if o.kind == kind),
            {kind: self.hidden_px2.get(kind, 0.0)},
            {kind: self.true_px2.get(kind, 0.0)},
            {one: self.needless.get(kind, 0.0) for one in (kind, ANY_KIND)},
            {one: self.frames.get(kind, 0) for one in (kind, ANY_KIND)},
        )

    def as_dict(self) -> dict[str, float]:
        """The figures by name, for reports: shares from 0 to 1, counts, and ratios of areas."""
        seen = self.sighted
        return {
            "objects": len(self.objects),
            "never_detected": self.objects_never_sighted,
            "objects_leaked": self.objects_leaked,
            "legible_object_frames": self.legible_frames,
            "not_covered": self.leaked_frames,
            "not_covered_share": round(self.leaked_share, 5),
            "not_covered_share_of_detected": round(seen.leaked_share, 5),
            "half_covered_frames": self.half_covered_frames,
            "longest_exposure_frames": self.longest_exposure_frames,
            "longest_exposure_frames_of_detected": seen.longest_exposure_frames,
            "over_cover": round(self.over_cover, 3),
            "needless_share": round(self.needless_share, 6),
        }

    @property
    def legible_frames(self) -> int:
        """Legible object-frames, all objects together."""
        return sum(o.legible_frames for o in self.objects)

    @property
    def leaked_frames(self) -> int:
        """Those of them that leaked."""
        return sum(len(o.leaked) for o in self.objects)

    @property
    def leaked_share(self) -> float:
        """Leaked over legible object-frames."""
        return self.leaked_frames / max(1, self.legible_frames)

    @property
    def objects_leaked(self) -> int:
        """Objects with a leaked frame."""
        return sum(1 for o in self.objects if o.leaked)

    @property
    def objects_never_sighted(self) -> int:
        """Objects that were never detected."""
        return sum(1 for o in self.objects if not o.sighted)

    @property
    def longest_exposure_frames(self) -> int:
        """The longest unbroken span of leaked frames of one object."""
        return max((o.longest_exposure_frames for o in self.objects), default=0)

    @property
    def half_covered_frames(self) -> int:
        """Legible object-frames of which less than half is hidden."""
        return sum(o.half_covered_frames for o in self.objects)

    @property
    def over_cover(self) -> float:
        """Painted area at legible objects over their true area; 0 where there are none."""
        true_px2 = sum(self.true_px2.values())
        return sum(self.hidden_px2.values()) / true_px2 if true_px2 else 0.0

    @property
    def needless_share(self) -> float:
        """Share of the picture that is painted where nothing is labelled, mean over the frames: hidden for nothing."""
        return self.needless.get(ANY_KIND, 0.0) / max(1, self.frames.get(ANY_KIND, 0))

    @property
    def toggles_per_object(self) -> float:
        """How often an object's cover comes and goes, mean over the objects."""
        return sum(o.toggles for o in self.objects) / max(1, len(self.objects))

    @property
    def causes(self) -> dict[str, int]:
        """Leaked object-frames by cause."""
        counts = {NEVER: 0, GAP: 0, COVER: 0}
        for o in self.objects:
            for cause in o.leaked.values():
                counts[cause] += 1
        return counts


def _summed(a: Mapping[str, float], b: Mapping[str, float]) -> dict[str, float]:
    return {kind: a.get(kind, 0.0) + b.get(kind, 0.0) for kind in (*a, *(k for k in b if k not in a))}
