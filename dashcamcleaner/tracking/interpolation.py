"""Fills: where a track is in the frames around and between its sightings.

`planning.planner` asks one `GapFiller` per track, frame by frame in order; the way through the frames comes in as
`core.motion.FrameMotion`s. Pure arithmetic on courses.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass

from dashcamcleaner.core.motion import FrameMotion
from dashcamcleaner.core.plan import Origin
from dashcamcleaner.tracking.motion_model import MotionModel
from dashcamcleaner.tracking.track import Sighting, Track

__all__ = ["GapFiller", "TrackPosition"]

_BACK_SIGHTINGS = 8
"""Sightings from which the velocity at a track's beginning is learnt: a quarter of a second at 30 frames."""
_OUTLIER = 1.35
_OUTLIER_FROM = 4
"""Among this many sightings near each other in time, one that is this much longer than their median is an outlier: it
enlarges the region up to there and no further."""
_AVERAGED = 2
"""Sightings on either side with which the centre of one is averaged."""
_FARTHER_LESS = 0.8
"""What a neighbour counts less for each frame that it is further away."""
_MOST_MOVED = 0.2
"""And of the shorter side, how far that moves the centre at most."""
_FARTHEST_GAP = 4.0
"""A gap whose ends lie further apart than this, in the object's own sizes beyond its predicted course, is not
painted across: it is filled from both ends only."""


@dataclass(frozen=True, slots=True)
class TrackPosition:
    """Where a track is taken to be in one frame.

    Args:
        xyxy: the object's own box, not grown.
        score: the score of the sighting, or the track's best.
        origin: how it is known.
        unsure_s: seconds to the nearest sighting.
        unsure_px: how far the two ways to get here disagree.
        moved_px: displacement since the frame before.
        detected: the detector's box in this frame, which is hidden wherever the object is taken to be; None where there
            is none.
    """

    xyxy: tuple[float, float, float, float]
    score: float
    origin: Origin
    unsure_s: float = 0.0
    unsure_px: float = 0.0
    moved_px: tuple[float, float] = (0.0, 0.0)
    detected: tuple[float, float, float, float] | None = None


class GapFiller:
    """Places one track in frame after frame.

    Args:
        track: the track as linked so far; it may grow between calls.

    Attributes:
        first: the track's first sighting, kept when the track lets it go.
    """

    def __init__(self, track: Track) -> None:
        self.first = track.sightings[0]
        self._track = track
        self._gap: dict[int, TrackPosition] = {}
        self._gap_end: int | None = None
        self._lead: dict[int, TrackPosition] = {}
        self._lead_key: tuple[int, int] | None = None
        self._tail: MotionModel | None = None
        self._tail_from: int | None = None
        self._tail_at = 0

    def at(
        self,
        index: int,
        time_s: float,
        motions: Mapping[int, FrameMotion],
        *,
        before_s: float,
        after_s: float,
        max_gap_s: float,
        detector_s: tuple[float, float] | None = None,
    ) -> list[TrackPosition]:
        """Where the track is in a frame, none or more places; frames are asked for in order.

        Args:
            index: the index of the frame.
            time_s: the frame's time in seconds.
            motions: the ways between the frames around it.
            before_s: how long the track is followed back before a sighting.
            after_s: how long it is followed on after one.
            max_gap_s: a longer gap is filled from its ends only.
            detector_s: times of two frames that the detector looked at, the last up to this one and the first from it
                on. Up to these the track is followed whatever the limits: nobody has looked and not seen it. None:
                the detector looked at this frame.
        """
        last_detection_s, next_detection_s = detector_s or (time_s, time_s)
        sightings = self._track.sightings
        at = bisect_left(sightings, index, key=_index_of)
        if at < len(sightings) and sightings[at].index == index:
            return [self._sighted(at, motions)]
        before = sightings[at - 1] if at else None
        after = sightings[at] if at < len(sightings) else None
        held_on = before is not None and before.time_s >= last_detection_s
        held_back = after is not None and after.time_s <= next_detection_s
        if before and after and (after.time_s - before.time_s <= max_gap_s or (held_on and held_back)):
            if self._gap_end != after.index:
                self._gap = _between(before, after, motions, best=self._track.best)
                self._gap_end = after.index
            if index in self._gap:
                return [self._gap[index]]
        places = []
        if before and (held_on or time_s - before.time_s <= after_s + 1e-6):
            places.append(self._followed(before, index, motions))
        if after and (held_back or after.time_s - time_s <= before_s + 1e-6):
            places.append(self._led(at, index, motions))
        return [place for place in places if place is not None]

    def _sighted(self, at: int, motions: Mapping[int, FrameMotion]) -> TrackPosition:
        """The sighting, averaged with those near it in time, and about as large as the largest of them.

        A detector's boxes jump and breathe.
        """
        sightings = self._track.sightings
        mine = sightings[at]
        near = [s for s in sightings[max(0, at - 2) : at + 3] if abs(s.time_s - mine.time_s) <= 0.25]
        x1, y1, x2, y2 = mine.xyxy
        width = _steady(x2 - x1, [s.xyxy[2] - s.xyxy[0] for s in near])
        height = _steady(y2 - y1, [s.xyxy[3] - s.xyxy[1] for s in near])
        x, y = self._centre(at, motions)
        return TrackPosition(
            (x - width / 2, y - height / 2, x + width / 2, y + height / 2),
            mine.score,
            Origin.DETECTED,
            moved_px=mine.motion_model.moved_px,
            detected=mine.xyxy,
        )

    def _centre(self, at: int, motions: Mapping[int, FrameMotion]) -> tuple[float, float]:
        """The centre of a sighting, averaged with its neighbours' as the picture's motion carries them here.

        A neighbour counts only together with the one as many frames away on the other side: what of the motion was
        not measured cancels out.
        """
        sightings = self._track.sightings
        mine = sightings[at]
        own_x, own_y = _centre_of(mine)
        x, y, weight = mine.score * own_x, mine.score * own_y, mine.score
        later = {s.index - mine.index: s for s in sightings[at + 1 : at + 1 + _AVERAGED]}
        for before in sightings[max(0, at - _AVERAGED) : at]:
            after = later.get(mine.index - before.index)
            if after is None:
                continue
            one, other = _carried(before, mine.index, motions), _carried(after, mine.index, motions)
            if one is None or other is None:
                continue
            for neighbour, centre in ((before, one), (after, other)):
                part = neighbour.score * _FARTHER_LESS ** abs(neighbour.index - mine.index)
                x, y, weight = x + part * centre[0], y + part * centre[1], weight + part
        if weight <= 0:
            return own_x, own_y
        most = _MOST_MOVED * min(mine.xyxy[2] - mine.xyxy[0], mine.xyxy[3] - mine.xyxy[1])
        return _within(x / weight, own_x, most), _within(y / weight, own_y, most)

    def _followed(self, last: Sighting, index: int, motions: Mapping[int, FrameMotion]) -> TrackPosition | None:
        """After the last sighting: the course goes on."""
        if self._tail_from != last.index:
            self._tail, self._tail_from, self._tail_at = last.motion_model.copy(), last.index, last.index
        while self._tail is not None and self._tail_at < index:
            self._tail_at += 1
            motion = motions.get(self._tail_at)
            if motion is None or motion.cut:
                self._tail = None
            else:
                self._tail.predict(motion)
        return None if self._tail is None else _held(self._tail, best=self._track.best)

    def _led(self, at: int, index: int, motions: Mapping[int, FrameMotion]) -> TrackPosition | None:
        """Before a sighting: its course, learnt from those that follow it, is taken back."""
        sightings = self._track.sightings[at : at + _BACK_SIGHTINGS]
        # Learnt anew when twice as many sightings are known, not with every one.
        key = (sightings[0].index, len(sightings).bit_length())
        if self._lead_key != key:
            self._lead_key = key
            self._lead = _back_from(sightings, index, motions, best=self._track.best)
        return self._lead.get(index)


def _index_of(sighting: Sighting) -> int:
    return sighting.index


def _centre_of(sighting: Sighting) -> tuple[float, float]:
    x1, y1, x2, y2 = sighting.xyxy
    return (x1 + x2) / 2, (y1 + y2) / 2


def _carried(sighting: Sighting, index: int, motions: Mapping[int, FrameMotion]) -> tuple[float, float] | None:
    """The centre of a sighting where the picture's motion takes it, ahead or back to a frame; None past a cut."""
    ahead = sighting.index < index
    model = MotionModel.at(sighting.xyxy, direction=1 if ahead else -1)
    for step in range(sighting.index + 1, index + 1) if ahead else range(sighting.index, index, -1):
        motion = motions.get(step)
        if motion is None or motion.cut:
            return None
        model.predict(motion)
    return model.x, model.y


def _within(value: float, middle: float, most: float) -> float:
    return max(middle - most, min(middle + most, value))


def _steady(own: float, near: list[float]) -> float:
    """A side's length: the largest near it in time but for one, and no single outlier beyond the others."""
    length = max(own, _second(near))
    if len(near) < _OUTLIER_FROM:
        return length
    return min(length, _OUTLIER * sorted(near)[len(near) // 2])


def _second(values: list[float]) -> float:
    """The second largest: as large as can be without following one outlier."""
    return sorted(values)[max(0, len(values) - 2)]


def _held(model: MotionModel, *, best: float) -> TrackPosition:
    return TrackPosition(model.xyxy, best, Origin.HELD, unsure_s=model.unseen_s, moved_px=model.moved_px)


def _between(
    before: Sighting, after: Sighting, motions: Mapping[int, FrameMotion], *, best: float
) -> dict[int, TrackPosition]:
    """The frames between two sightings: the first one's course, bent so that it ends in the second."""
    model = before.motion_model.copy()
    way: list[tuple[int, MotionModel]] = []
    for index in range(before.index + 1, after.index + 1):
        motion = motions.get(index)
        if motion is None or motion.cut:
            return {}
        model.predict(motion)
        way.append((index, model.copy()))
    x1, y1, x2, y2 = after.xyxy
    off_x, off_y = (x1 + x2) / 2 - model.x, (y1 + y2) / 2 - model.y
    size = math.sqrt(max(1.0, (x2 - x1) * (y2 - y1)))
    if math.hypot(off_x, off_y) > _FARTHEST_GAP * size:
        return {}
    wider = (x2 - x1) / max(1e-3, model.width)
    higher = (y2 - y1) / max(1e-3, model.height)
    total_s = max(1e-9, after.time_s - before.time_s)
    places = {}
    for index, here in way[:-1]:
        part = here.unseen_s / total_s
        here.x += part * off_x
        here.y += part * off_y
        here.width *= max(0.0, wider) ** part
        here.height *= max(0.0, higher) ** part
        places[index] = TrackPosition(
            here.xyxy,
            best,
            Origin.INTERPOLATED,
            unsure_s=min(here.unseen_s, total_s - here.unseen_s),
            unsure_px=math.hypot(off_x, off_y) * part * (1 - part),
            moved_px=here.moved_px,
        )
    return places


def _back_from(
    sightings: list[Sighting], index: int, motions: Mapping[int, FrameMotion], *, best: float
) -> dict[int, TrackPosition]:
    """The frames from `index` up to the first of the sightings, by their course back in time."""
    model = MotionModel.at(sightings[-1].xyxy, direction=-1)
    seen = {s.index: s for s in sightings}
    places = {}
    for at in range(sightings[-1].index, index, -1):
        motion = motions.get(at)
        if motion is None or motion.cut:
            break
        model.predict(motion)
        if at - 1 in seen:
            model.update(seen[at - 1].xyxy, score=seen[at - 1].score)
        elif at - 1 < sightings[0].index:
            places[at - 1] = _held(model, best=best)
    return places
