"""Observations -> FramePlans: what is hidden in each frame, by tracks.

Planners are pushed and drained (`core.planner.Planner`): no files, no clock, no pixels. The pipeline feeds them, on a
live run as on a replay of a stored plan; both give the same regions. `TrackPlanner` is the default: detections linked
to tracks, their gaps filled along their motion. The plain dial beside it is `planning.memory.MemoryPlanner`.

Both hide a damaged frame wholly.
"""

from __future__ import annotations

import dataclasses
import math
from bisect import bisect_right
from collections import deque
from collections.abc import Mapping, Sequence

import numpy as np

from dashcamcleaner.core.boxes import iou
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.kinds import KindRules, shapes_of
from dashcamcleaner.core.motion import FrameMotion
from dashcamcleaner.core.plan import CropCheck, FramePlan, Observation, Origin, Region
from dashcamcleaner.core.time import Span
from dashcamcleaner.planning.growth import around, bounded, grown
from dashcamcleaner.planning.memory import FrameMemory
from dashcamcleaner.planning.regions import whole_frame, without_excess, without_hidden
from dashcamcleaner.planning.succession import is_shown_by_another
from dashcamcleaner.tracking.evidence import EvidenceModel, logit, probability
from dashcamcleaner.tracking.interpolation import GapFiller, TrackPosition
from dashcamcleaner.tracking.track import Sighting, Track, TrackerProtocol

__all__ = ["TrackPlanner"]

_NO_SPAN = Span()

_SPURIOUS_MARGIN = 0.2
"""A single sighting with a score this little above its kind's may be dropped, where the user asks for it."""
_REACH_LEAST = 0.1
"""The part of the fill times that a track gets which just passes its threshold."""
_FULL_ABOVE = 4.0
"""Log odds above the threshold from which a track is followed for the full time."""
_FULL_SEEN_S = 0.07
"""And the time in sight that it takes, each look weighed by its score: a glimpse is no reason to hide a second."""
_SURE_ABOVE = 4.0
"""Log odds above it from which the size of its region is not bounded."""
_GROWN_ABOVE = 3.0
"""Log odds above it from which its region gets all of the growth."""
_TO_CUT_S = 0.25
"""Nothing appears or goes just beside a cut: what is followed to within this of one is followed up to it."""
_LARGE_COSTS_FROM = -2.8
_LARGE_COSTS = 5.0
"""Log odds asked per e-fold of size above 6 % of the picture's long side."""
_PLAIN_FROM, _PLAIN_AT = 0.55, 0.8
"""Scores between which that demand fades: a large true object has the pixels to be plain to the detector."""
_PLAIN_ONCE_FROM, _PLAIN_ONCE_AT = 0.7, 0.85
"""The same for its best score alone: a face that fills the picture for one frame between two cuts is seen once."""
_CHECK_AT = frozenset((1, 2, 4, 8, 16, 30, 60, 120))
"""Sightings of a track with which a closer look is worth while: later ones tell little that is new."""
_CHECK_WITHIN = 4.0
"""Log odds from the threshold beyond which no closer look would change the decision."""
_CHECK_IOU = 0.5
_NEIGHBOURS = 3
"""Sightings kept behind the frame in hand, for the size of the next."""
_MOTIONS_KEPT_S = 2.5
"""Longer than any gap that a track survives."""


class TrackPlanner:
    """Tracks, with their gaps filled both ways.

    A track is hidden as a whole, from its first frame on and with its weakest sightings, if it is probable enough to be
    what it claims. Between two sightings its region is interpolated along its motion; before the first and after the
    last it is carried on for a while, until the object leaves the picture, a cut, or the end of the clip.

    Args:
        tracker: links the detections; a fresh one.
        upright_size: ``(width, height)`` of the full-size picture.
        rules: the rules of the kinds to hide, by kind. A track is hidden from its kind's probability on; of large
            tracks more is asked.
        evidence: makes a track's probability of what is known of it; what is less sure is filled for a shorter time.
        look_ahead_s: how far ahead is looked before a frame is given; infinite: all is planned at the end.
        fill_before_s: how long a track is followed back before its first sighting, as far as looked ahead.
        fill_after_s: how long it is followed on after its last.
        max_gap_s: a longer gap between two sightings is filled from both ends only.
        drop_spurious: leave out tracks of a single sighting with a low score.
        memory_before, memory_after: frame memory on top, for those who want it.
        max_waiting_frames: most frames kept waiting; where the look-ahead asks for more, it is shortened.
        edits: what a person changed.
        max_region: a region whose track is not sure takes at most this share of the picture.

    Attributes:
        shortened: the look-ahead could not be had in full; the caller warns.
        tracks: ids and kinds of the tracks hidden so far, edits apart.
        probabilities: the highest probability with which each track was hidden, by its id.
    """

    def __init__(
        self,
        *,
        tracker: TrackerProtocol,
        upright_size: tuple[int, int],
        rules: Mapping[str, KindRules],
        evidence: EvidenceModel,
        look_ahead_s: float = 1.0,
        fill_before_s: float = 0.5,
        fill_after_s: float = 0.5,
        max_gap_s: float = 2.0,
        drop_spurious: bool = False,
        memory_before: Span = _NO_SPAN,
        memory_after: Span = _NO_SPAN,
        max_waiting_frames: int,
        edits: Edits | None = None,
        max_region: float = 1.0,
    ) -> None:
        self._tracker = tracker
        self._evidence = evidence
        self._max_region_px2 = max_region * upright_size[0] * upright_size[1]
        self._judged: dict[int, tuple[int, float]] = {}
        self._alive: dict[int, Track] = {}
        self._latest: tuple[Observation, np.ndarray] | None = None
        self._upright_size = upright_size
        self._rules = dict(rules)
        self._look_ahead_s = look_ahead_s
        self._fill_before_s = fill_before_s
        self._fill_after_s = fill_after_s
        self._max_gap_s = max_gap_s
        self._drop_spurious = drop_spurious
        self._max_waiting_frames = max(0, max_waiting_frames)
        self._edits = edits
        self._shapes = shapes_of(self._rules)
        self._memory = FrameMemory(
            before=memory_before, after=memory_after, max_waiting_frames=max_waiting_frames, shapes=self._shapes
        )
        self._waiting: deque[Observation] = deque()
        self._motions: dict[int, FrameMotion] = {}
        self._motion_times: deque[tuple[int, float]] = deque()
        self._detector_s: deque[float] = deque()
        self._scene_s = 0.0
        self._cuts_s: deque[float] = deque()
        self._to_come: deque[Track] = deque()
        self._open: list[tuple[Track, GapFiller]] = []
        self._shortened = False
        self.tracks: dict[int, str] = {}
        self.probabilities: dict[int, float] = {}

    @property
    def shortened(self) -> bool:
        """Whether fewer frames could wait than the look-ahead asks for."""
        return self._shortened or self._memory.shortened

    def push(self, seen: Observation) -> Sequence[FramePlan]:
        """Take the next frame; give those that are finished now, in order."""
        seen = _rounded(seen)
        association = self._tracker.push(seen)
        self._motions[seen.index] = association.motion
        self._motion_times.append((seen.index, seen.time.seconds))
        if association.motion.cut or self._latest is None:
            self._cuts_s.append(seen.time.seconds)
        if not seen.skipped:
            self._detector_s.append(seen.time.seconds)
        self._to_come.extend(association.started)
        self._alive.update((track.id, track) for track in association.started)
        self._latest = (seen, association.ids)
        self._waiting.append(seen)
        done: list[FramePlan] = []
        while self._waiting:
            first = self._waiting[0]
            # What the next look finds reaches back into frames that were skipped: they wait for it.
            unlooked = first.skipped and not (self._detector_s and self._detector_s[-1] > first.time.seconds)
            if unlooked or seen.time.seconds - first.time.seconds < self._look_ahead_s - 1e-6:
                if len(self._waiting) <= self._max_waiting_frames:
                    break
                self._shortened = True
            done += self._memory.push(self._emit())
        # Of a stored plan: at the point at which a live run adds them, so that both decide the same.
        self._believe(seen.checks)
        return done

    def unsure(self) -> Sequence[tuple[float, tuple[float, float, float, float], str]]:
        """Detections of the latest frame whose tracks a closer look could decide: ``(worth, box, kind)``.

        Worth is the area at stake, most for a track that stands right at its threshold. A track is looked at with its
        1st, 2nd, 4th, 8th ... sighting. Nothing is worth a look where a frame is given out before it could count.
        """
        if self._latest is None or not self._waiting or self._look_ahead_s <= 0:
            return []
        seen, ids = self._latest
        found = []
        for which, track_id in enumerate(ids.tolist()):
            track = self._alive.get(track_id)
            if track is None or track.kind not in self._rules or track.evidence.count not in _CHECK_AT:
                continue
            off = self._margin(track)
            if abs(off) > _CHECK_WITHIN:
                continue
            x1, y1, x2, y2 = (float(v) for v in seen.detections.xyxy[which])
            worth = math.sqrt(max(1.0, (x2 - x1) * (y2 - y1))) * (1 - abs(off) / (2 * _CHECK_WITHIN))
            found.append((worth, (x1, y1, x2, y2), track.kind))
        return sorted(found, reverse=True)

    def add_checks(self, checks: Sequence[CropCheck]) -> None:
        """Take what closer looks at the latest frame found."""
        if self._latest is not None:
            self._latest[0].checks.extend(checks)
            self._believe(checks)

    def _believe(self, checks: Sequence[CropCheck]) -> None:
        """Give the latest frame's checks to the tracks of the detections that were looked at."""
        if not checks or self._latest is None:
            return
        seen, ids = self._latest
        for check in checks:
            ours = np.flatnonzero(seen.detections.kind == check.kind)
            if not len(ours):
                continue
            overlap = iou(np.array([check.xyxy], np.float32), seen.detections.xyxy[ours])[0]
            track = self._alive.get(int(ids[ours[int(overlap.argmax())]]))
            if track is not None and overlap.max() >= _CHECK_IOU:
                track.evidence.check(check.score)

    def finish(self) -> Sequence[FramePlan]:
        """The clip has ended: give the rest, in order."""
        done: list[FramePlan] = []
        if self._latest is not None:  # the end of the clip is an end of its scene, as a cut is
            self._cuts_s.append(math.nextafter(self._latest[0].time.seconds, math.inf))
        while self._waiting:
            done += self._memory.push(self._emit())
        return [*done, *self._memory.finish()]

    def give(self, *, through: int) -> Sequence[FramePlan]:
        """See `core.planner.HurriedPlanner`."""
        done: list[FramePlan] = []
        while self._waiting and self._waiting[0].index <= through:
            done += self._memory.push(self._emit())
        return [*done, *self._memory.give(through=through)]

    def _emit(self) -> FramePlan:
        seen = self._waiting.popleft()
        now_s = seen.time.seconds
        detector_s = self._detector_around(now_s)
        next_s = detector_s[1] if math.isfinite(detector_s[1]) else now_s
        reached_s = max(now_s + self._fill_before_s + 1e-6, next_s)
        while self._cuts_s and self._cuts_s[0] <= now_s:
            self._scene_s = self._cuts_s.popleft()
        while self._to_come and self._to_come[0].sightings[0].time_s <= reached_s:
            track = self._to_come.popleft()
            self._open.append((track, GapFiller(track)))
        regions: list[Region] = []
        hidden = [(track, fill) for track, fill in self._open if self._is_hidden(track)]
        sure = self._sure_by_kind(hidden)
        known_s = self._latest[0].time.seconds if self._latest else now_s
        for track, fill in hidden:
            self.tracks.setdefault(track.id, track.kind)
            now = probability(self._log_odds(track))
            self.probabilities[track.id] = max(now, self.probabilities.get(track.id, 0.0))
            above = self._margin(track)
            reach = self._reach(track, above)
            sureness = self._sureness(track, above, first_s=fill.first.time_s, known_s=known_s)
            before_s, after_s = self._up_to_cuts(track, now_s, reach * self._fill_before_s, reach * self._fill_after_s)
            places = fill.at(
                seen.index,
                now_s,
                self._motions,
                before_s=before_s,
                after_s=after_s,
                max_gap_s=reach * self._max_gap_s,
                detector_s=detector_s,
            )
            for place in places:
                if place.origin is not Origin.DETECTED and not self._in_picture(place.xyxy):
                    continue
                if place.origin is Origin.HELD and is_shown_by_another(
                    place, track, seen.index, sure.get(track.kind, ()), known_s=known_s
                ):
                    continue
                regions.append(self._region(track, place, above=above, sureness=sureness))
        self._let_go(seen.index, now_s)
        found = tuple(regions)
        if self._edits:
            found = without_excess(self._edits.apply(regions, seen=seen), upright_size=self._upright_size)
        found = without_hidden(found, shapes=self._shapes)
        if seen.damaged:
            found = (whole_frame(self._upright_size), *found)
        return FramePlan(seen, found)

    def _sure_by_kind(self, hidden: Sequence[tuple[Track, GapFiller]]) -> dict[str, list[tuple[Track, Sighting]]]:
        """The tracks that are as sure as can be, each with its first sighting."""
        sure: dict[str, list[tuple[Track, Sighting]]] = {}
        for track, fill in hidden:
            if self._margin(track) >= _SURE_ABOVE:
                sure.setdefault(track.kind, []).append((track, fill.first))
        return sure

    def _reach(self, track: Track, above: float) -> float:
        """The part of the fill times that a track gets which lies so many log odds above what is asked of it."""
        earned = min(1.0, above / _FULL_ABOVE, track.seen_s / _FULL_SEEN_S)
        return _REACH_LEAST + (1 - _REACH_LEAST) * earned

    def _sureness(self, track: Track, above: float, *, first_s: float, known_s: float) -> float:
        """How sure a track is, 0 to 1; no more time in sight is asked for than there was since its first sighting."""
        asked_s = min(_FULL_SEEN_S, (self._cuts_s[0] if self._cuts_s else known_s) - first_s)
        return min(1.0, above / _GROWN_ABOVE, track.seen_s / asked_s if asked_s > 1e-6 else 1.0)

    def _up_to_cuts(self, track: Track, now_s: float, before_s: float, after_s: float) -> tuple[float, float]:
        """How long a track is followed before its first sighting and after its last, with a cut close by."""
        first_s, last_s = track.sightings[0].time_s, track.sightings[-1].time_s
        if first_s > now_s and first_s - self._scene_s <= before_s + _TO_CUT_S:
            before_s = min(self._fill_before_s, max(before_s, first_s - self._scene_s))
        if last_s < now_s and self._cuts_s and self._cuts_s[0] - last_s <= after_s + _TO_CUT_S:
            after_s = min(self._fill_after_s, max(after_s, self._cuts_s[0] - last_s))
        return before_s, after_s

    def _detector_around(self, now_s: float) -> tuple[float, float]:
        """Times of the looks of the detector next to a frame: the last up to it, the first from it on."""
        while len(self._detector_s) > 1 and self._detector_s[1] <= now_s:
            self._detector_s.popleft()
        last_s = self._detector_s[0] if self._detector_s and self._detector_s[0] <= now_s else -math.inf
        return last_s, next((at_s for at_s in self._detector_s if at_s >= now_s), math.inf)

    def _is_hidden(self, track: Track) -> bool:
        if track.kind not in self._rules or self._margin(track) < 0:
            return False
        bar = self._rules[track.kind].threshold + _SPURIOUS_MARGIN
        return not (self._drop_spurious and track.count == 1 and track.surest < bar)

    def _log_odds(self, track: Track) -> float:
        """Of the track being what it claims, by all that is known of it now."""
        version, log_odds = self._judged.get(track.id, (-1, 0.0))
        if version != track.evidence.version:
            log_odds = self._evidence.log_odds(track.kind, track.evidence)
            self._judged[track.id] = (track.evidence.version, log_odds)
        return log_odds

    def _margin(self, track: Track) -> float:
        """Log odds by which a track passes what is asked of it; negative where it does not."""
        return self._log_odds(track) - logit(self._rules[track.kind].probability) - self._asked_more(track)

    def _asked_more(self, track: Track) -> float:
        """Log odds that a large track needs beyond the threshold: a false one costs that much more of the picture."""
        evidence = track.evidence
        plain = (evidence.typical_score - _PLAIN_FROM) / (_PLAIN_AT - _PLAIN_FROM)
        once = (evidence.best_score - _PLAIN_ONCE_FROM) / (_PLAIN_ONCE_AT - _PLAIN_ONCE_FROM)
        plain = max(plain, once)
        plain = min(1.0, max(0.0, plain)) * (1 - evidence.burned_in)
        return (1 - plain) * _LARGE_COSTS * max(0.0, evidence.log_size - _LARGE_COSTS_FROM)

    def _in_picture(self, xyxy: tuple[float, float, float, float]) -> bool:
        width, height = self._upright_size
        return xyxy[2] > 0 and xyxy[3] > 0 and xyxy[0] < width and xyxy[1] < height

    def _region(self, track: Track, place: TrackPosition, *, above: float, sureness: float) -> Region:
        box = grown(place, rules=self._rules[track.kind], upright_size=self._upright_size, sureness=sureness)
        if above < _SURE_ABOVE:
            box = bounded(box, place.xyxy, most_px2=self._max_region_px2)
        if place.detected is not None:
            box = around(box, place.detected)
        return Region(box, track.kind, place.score, place.origin, track.id)

    def _let_go(self, index: int, now_s: float) -> None:
        """Forget what no later frame needs: memory stays bounded however long the clip."""
        kept = []
        for track, fill in self._open:
            done_with = bisect_right(track.sightings, index, key=lambda s: s.index) - 1 - _NEIGHBOURS
            if done_with > 0:
                del track.sightings[:done_with]
            last = track.sightings[-1]
            if not (track.ended and last.index <= index and now_s - last.time_s > self._fill_after_s):
                kept.append((track, fill))
            else:
                self._judged.pop(track.id, None)
                self._alive.pop(track.id, None)
        self._open = kept
        while self._motion_times and self._motion_times[0][1] < now_s - _MOTIONS_KEPT_S:
            del self._motions[self._motion_times.popleft()[0]]


def _rounded(seen: Observation) -> Observation:
    """As it will come back from a plan: linking what was rounded first, a replay finds the same tracks."""
    return dataclasses.replace(seen, detections=seen.detections.rounded()) if len(seen.detections) else seen
