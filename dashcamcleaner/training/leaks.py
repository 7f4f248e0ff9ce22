"""Leak figures: what of a labelled clip would still be seen, from its truth and the plan of its run.

Truth comes in as the JSON of a labelled clip (tracks with the frame spans in which a face or plate can be
recognised, and areas to ignore), plans as `FramePlan`s; out go figures per object and pooled over clips. Pure, so
that the benchmark, the training line's evaluation and the tests share one definition.

An object-frame is *protected* when at least `PROTECTED_SHARE` of its true box lies under the frame's regions, and
*leaked* otherwise. Only legible object-frames count. Every leaked one is told by its cause, since each cause has a
cure of its own: an object that the detector never saw asks for better weights, more pixels or tiles; a gap in time
for tracking; cover that is too small or late for growth and smoothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.plan import WHOLE_FRAME, FramePlan
from dashcamcleaner.obscure.masks import DEFAULT_SHAPES, region_mask

__all__ = [
    "COVER",
    "GAP",
    "NEVER",
    "PROTECTED_SHARE",
    "ClipTruth",
    "LeakFigures",
    "ObjectFigures",
    "TrueTrack",
    "covered_share",
    "leaks",
    "union_area",
]

PROTECTED_SHARE = 0.95
"""A smaller hidden part of a true box is a leak."""

NEVER = "never detected"
GAP = "gap in time"
COVER = "cover too small or late"

_HALF = 0.5
_TOUCHED = 0.2
"""With less than this share of the box hidden, a leak is a gap; with more, cover that was too small or late."""


@dataclass(frozen=True, slots=True)
class TrueTrack:
    """One labelled object.

    Args:
        id: the id within its clip.
        kind: ``face``, ``plate``, ...
        boxes: frame -> ``x1, y1, x2, y2`` in pixel edges of the upright picture.
        legible: the frames in which it can be recognised.
    """

    id: str
    kind: str
    boxes: Mapping[int, tuple[float, float, float, float]]
    legible: frozenset[int]


@dataclass(frozen=True, slots=True)
class ClipTruth:
    """A labelled clip.

    Args:
        size: ``(width, height)``.
        kinds: the kinds that are labelled; of others nothing is known.
        tracks: the labelled objects.
        ignore: areas of which nothing is claimed, frame -> boxes.
    """

    clip: str
    frames: int
    size: tuple[int, int]
    kinds: tuple[str, ...]
    tracks: tuple[TrueTrack, ...]
    ignore: Mapping[int, np.ndarray]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ClipTruth:
        """From the JSON of a labelled clip.

        Raises:
            ValueError: the data is not of that form.
        """
        try:
            tracks = tuple(
                TrueTrack(
                    id=str(track["id"]),
                    kind=str(track["kind"]),
                    boxes={
                        int(k): (float(b[0]), float(b[1]), float(b[2]), float(b[3])) for k, b in track["boxes"].items()
                    },
                    legible=frozenset(i for first, last in track["legible"] for i in range(int(first), int(last) + 1)),
                )
                for track in data["tracks"]
            )
            ignore: dict[int, list[list[float]]] = {}
            for area in data.get("ignore", ()):
                for k, box in area["boxes"].items():
                    ignore.setdefault(int(k), []).append([float(v) for v in box])
            return cls(
                clip=str(data["clip"]),
                frames=int(data["frames"]),
                size=(int(data["width"]), int(data["height"])),
                kinds=tuple(data.get("kinds") or ("face", "plate")),
                tracks=tracks,
                ignore={k: np.array(v, np.float32).reshape(-1, 4) for k, v in ignore.items()},
            )
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise ValueError(f"not the truth of a labelled clip ({type(error).__name__}: {error})") from error


@dataclass(frozen=True, slots=True)
class ObjectFigures:
    """How one labelled object fared.

    Args:
        clip, id, kind: clip, id and kind of the object.
        legible_frames: object-frames that count.
        leaked: the frames in which it was not protected, with their cause.
        sighted: the detector saw it at least once, at a score that counts.
        longest_exposure_frames: the longest run of leaked frames that follow each other.
        toggles: how often its protection went on or off within a legible span.
    """

    clip: str
    id: str
    kind: str
    legible_frames: int
    leaked: Mapping[int, str]
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
        hidden_px2: the painted area of each kind within the boxes of legible objects of that kind, grown to twice their
            width and height about their centres.
        true_px2: the area of the true boxes of the legible objects, per kind.
        needless_px2: the painted area of each kind outside of all labelled boxes so grown, legible or not, and of all
            ignore areas so grown: what is hidden for nothing.
        picture_px2: area of all pictures.
        half_covered_frames: legible object-frames of which less than half is hidden.
    """

    objects: tuple[ObjectFigures, ...] = ()
    hidden_px2: Mapping[str, float] = field(default_factory=dict)
    true_px2: Mapping[str, float] = field(default_factory=dict)
    needless_px2: Mapping[str, float] = field(default_factory=dict)
    picture_px2: float = 0.0
    half_covered_frames: int = 0

    def __add__(self, other: LeakFigures) -> LeakFigures:
        return LeakFigures(
            self.objects + other.objects,
            _summed(self.hidden_px2, other.hidden_px2),
            _summed(self.true_px2, other.true_px2),
            _summed(self.needless_px2, other.needless_px2),
            self.picture_px2 + other.picture_px2,
            self.half_covered_frames + other.half_covered_frames,
        )

    @property
    def sighted(self) -> LeakFigures:
        """Only the objects that the detector saw at least once."""
        return replace(self, objects=tuple(o for o in self.objects if o.sighted))

    def of_kind(self, kind: str) -> LeakFigures:
        """Only the objects and the areas of a kind."""
        return LeakFigures(
            tuple(o for o in self.objects if o.kind == kind),
            {k: v for k, v in self.hidden_px2.items() if k == kind},
            {k: v for k, v in self.true_px2.items() if k == kind},
            {k: v for k, v in self.needless_px2.items() if k == kind},
            self.picture_px2,
        )

    @property
    def legible_frames(self) -> int:
        """Object-frames in which an object is legible."""
        return sum(o.legible_frames for o in self.objects)

    @property
    def leaked_frames(self) -> int:
        """Object-frames in which a legible object is not covered."""
        return sum(len(o.leaked) for o in self.objects)

    @property
    def leaked_share(self) -> float:
        """Leaked over legible object-frames."""
        return self.leaked_frames / max(1, self.legible_frames)

    @property
    def objects_leaked(self) -> int:
        """Objects that leak in at least one frame."""
        return sum(1 for o in self.objects if o.leaked)

    @property
    def objects_never_sighted(self) -> int:
        """Objects that the detector never saw."""
        return sum(1 for o in self.objects if not o.sighted)

    @property
    def longest_exposure_frames(self) -> int:
        """The longest run of leaking frames of one object."""
        return max((o.longest_exposure_frames for o in self.objects), default=0)

    @property
    def over_cover(self) -> float:
        """Painted area at legible objects over their true area; 0 where there are none."""
        true_px2 = sum(self.true_px2.values())
        return sum(self.hidden_px2.values()) / true_px2 if true_px2 else 0.0

    @property
    def needless_share(self) -> float:
        """Share of the pictures that is painted where nothing is labelled: hidden for nothing."""
        return sum(self.needless_px2.values()) / self.picture_px2 if self.picture_px2 else 0.0

    @property
    def toggles_per_object(self) -> float:
        """How often protection goes on or off, per object on average."""
        return sum(o.toggles for o in self.objects) / max(1, len(self.objects))

    @property
    def causes(self) -> dict[str, int]:
        """Leaked object-frames by cause."""
        counts = {NEVER: 0, GAP: 0, COVER: 0}
        for o in self.objects:
            for cause in o.leaked.values():
                counts[cause] += 1
        return counts


@dataclass(slots=True)
class _FrameRecord:
    """One object while the plans go by."""

    shares: dict[int, float] = field(default_factory=dict)
    sighted: bool = False


def leaks(
    truth: ClipTruth,
    plans: Iterable[FramePlan],
    *,
    thresholds: Mapping[str, float],
    shapes: Mapping[str, str] = DEFAULT_SHAPES,
    feather: float = 0.0,
) -> LeakFigures:
    """The figures of one clip.

    Args:
        truth: what is there.
        plans: the plans of every frame; a frame without a plan counts as not hidden.
        thresholds: score per kind from which a raw detection counts as a sighting.
        shapes: shape per kind, as it is painted.
        feather: width of the soft edge, as it is painted; what it touches is painted, but hides nothing.
    """
    records = [_FrameRecord() for _ in truth.tracks]
    hidden_px2 = dict.fromkeys(truth.kinds, 0.0)
    true_px2 = dict.fromkeys(truth.kinds, 0.0)
    needless_px2 = dict.fromkeys(truth.kinds, 0.0)
    picture_px2 = 0.0
    for plan in plans:
        index = plan.index
        painted = {kind: np.zeros(truth.size[::-1], bool) for kind in truth.kinds}
        hidden = np.zeros(truth.size[::-1], bool)
        for region in plan.regions:
            x, y, mask = region_mask(region, upright_size=truth.size, shapes=shapes, feather=feather)
            at = (slice(y, y + mask.shape[0]), slice(x, x + mask.shape[1]))
            hidden[at] |= mask == 255
            if region.kind in painted:
                painted[region.kind][at] |= mask > 0
        for track, record in zip(truth.tracks, records, strict=True):
            box = track.boxes.get(index)
            if box is None:
                continue
            record.sighted = record.sighted or _sighted(box, track.kind, plan.seen.detections, thresholds)
            if index in track.legible:
                inside = hidden[_pixels(box, truth.size)]
                record.shares[index] = float(inside.mean()) if inside.size else 1.0
        picture_px2 += truth.size[0] * truth.size[1]
        if not any(r.kind == WHOLE_FRAME for r in plan.regions):
            _add_areas(truth, index, painted, hidden_px2=hidden_px2, true_px2=true_px2, needless_px2=needless_px2)
    objects = tuple(
        _object_figures(truth, track, record)
        for track, record in zip(truth.tracks, records, strict=True)
        if track.legible & track.boxes.keys()
    )
    half = sum(
        record.shares.get(index, 0.0) < _HALF
        for track, record in zip(truth.tracks, records, strict=True)
        for index in track.legible & track.boxes.keys()
    )
    return LeakFigures(objects, hidden_px2, true_px2, needless_px2, picture_px2, half)


def _add_areas(
    truth: ClipTruth,
    index: int,
    painted: Mapping[str, np.ndarray],
    *,
    hidden_px2: dict[str, float],
    true_px2: dict[str, float],
    needless_px2: dict[str, float],
) -> None:
    """Add one frame's areas to those of its clip."""
    labelled = np.zeros(truth.size[::-1], bool)
    boxes = [track.boxes[index] for track in truth.tracks if index in track.boxes]
    for box in (*boxes, *truth.ignore.get(index, np.zeros((0, 4))).tolist()):
        labelled[_pixels(_doubled(box), truth.size)] = True
    for kind, mask in painted.items():
        near = np.zeros(truth.size[::-1], bool)
        true = np.zeros(truth.size[::-1], bool)
        for track in truth.tracks:
            if track.kind == kind and index in track.legible and index in track.boxes:
                near[_pixels(_doubled(track.boxes[index]), truth.size)] = True
                true[_pixels(track.boxes[index], truth.size)] = True
        hidden_px2[kind] += float((mask & near).sum())
        true_px2[kind] += float(true.sum())
        needless_px2[kind] += float((mask & ~labelled).sum())


def _doubled(box: Sequence[float]) -> tuple[float, float, float, float]:
    """Twice as wide and high about its centre."""
    half_w, half_h = (box[2] - box[0]) / 2, (box[3] - box[1]) / 2
    return box[0] - half_w, box[1] - half_h, box[2] + half_w, box[3] + half_h


def _pixels(box: Sequence[float], size: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of the pixels whose centres lie in a box."""
    x1, x2 = (min(max(round(float(v)), 0), size[0]) for v in (box[0], box[2]))
    y1, y2 = (min(max(round(float(v)), 0), size[1]) for v in (box[1], box[3]))
    return slice(y1, y2), slice(x1, x2)


def covered_share(box: Sequence[float], regions: np.ndarray) -> float:
    """The share of a box that lies under the union of regions ``(n, 4)``."""
    x1, y1, x2, y2 = box
    area = (x2 - x1) * (y2 - y1)
    if area <= 0:
        return 1.0
    return union_area(np.clip(regions, [x1, y1, x1, y1], [x2, y2, x2, y2])) / area


def union_area(boxes: np.ndarray) -> float:
    """The area of the union of boxes ``(n, 4)``, exact."""
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    boxes = boxes[(boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])]
    if len(boxes) < 2:
        return float(((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).sum())
    xs, ys = np.unique(boxes[:, [0, 2]]), np.unique(boxes[:, [1, 3]])
    in_x = (boxes[:, None, 0] <= xs[:-1]) & (xs[1:] <= boxes[:, None, 2])
    in_y = (boxes[:, None, 1] <= ys[:-1]) & (ys[1:] <= boxes[:, None, 3])
    under = np.einsum("ny,nx->yx", in_y.astype(np.int32), in_x.astype(np.int32)) > 0
    return float(np.diff(ys) @ under @ np.diff(xs))


def _sighted(
    box: tuple[float, float, float, float], kind: str, found: Detections, thresholds: Mapping[str, float]
) -> bool:
    """Whether a raw detection shows this object: centred in its box and of about its size."""
    ours = (found.kind == kind) & (found.score >= thresholds.get(kind, 0.0))
    if not ours.any():
        return False
    boxes = found.xyxy[ours]
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    inside = (centre >= box[:2]).all(1) & (centre <= box[2:]).all(1)
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    ratio = area / max(1e-6, (box[2] - box[0]) * (box[3] - box[1]))
    return bool((inside & (ratio > 1 / 6) & (ratio < 4)).any())


def _summed(a: Mapping[str, float], b: Mapping[str, float]) -> dict[str, float]:
    return {kind: a.get(kind, 0.0) + b.get(kind, 0.0) for kind in (*a, *(k for k in b if k not in a))}


def _object_figures(truth: ClipTruth, track: TrueTrack, record: _FrameRecord) -> ObjectFigures:
    legible = sorted(track.legible & track.boxes.keys())
    leaked: dict[int, str] = {}
    longest = run = toggles = 0
    before: tuple[int, bool] | None = None
    for index in legible:
        share = record.shares.get(index, 0.0)
        safe = share >= PROTECTED_SHARE
        follows = before is not None and before[0] == index - 1
        if not safe:
            leaked[index] = NEVER if not record.sighted else GAP if share < _TOUCHED else COVER
            run = run + 1 if follows else 1
            longest = max(longest, run)
        else:
            run = 0
        toggles += before is not None and follows and before[1] != safe
        before = (index, safe)
    return ObjectFigures(
        clip=truth.clip,
        id=track.id,
        kind=track.kind,
        legible_frames=len(legible),
        leaked=leaked,
        sighted=record.sighted,
        longest_exposure_frames=longest,
        toggles=toggles,
    )
