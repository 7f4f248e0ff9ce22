"""Observations -> Tracks: detections linked over time.

Takes one frame after the other and says which track each raw detection belongs to. The planner is given a `Tracker`
and reads its tracks; `run` puts the two together. Pure numpy; motion comes in as data.

Every raw detection is linked, whatever the user's thresholds: then a track's id depends on what was seen alone, and
a replay with other thresholds, look-ahead or edits finds the same ids. What the thresholds decide is which tracks
are hidden, and that is the planner's part. Strong detections choose first, so that the weak ones (most of which are
noise) confirm a track where nothing better does, and never take it away.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from dashcamcleaner.core.motion import FrameMotion
from dashcamcleaner.core.plan import FramePlan, Observation, Origin
from dashcamcleaner.tracking.detection_schedule import LONGEST_INTERVAL_S
from dashcamcleaner.tracking.evidence import TrackEvidence
from dashcamcleaner.tracking.motion_model import MotionModel
from dashcamcleaner.tracking.track import LARGE_LESS_SURE, Association, Sighting, Track, large_share

__all__ = ["Tracker", "relink"]

_STRONG = 0.25
"""Score from which a detection chooses first; fixed, so that ids do not hang on a dial."""
_ESTABLISHED_SIGHTINGS = 3
_AT_ONCE = 128
"""Detections that are held against tracks in one go."""
_FORGET_S = 2.0
"""An established track that stays unseen for longer has ended: behind a lorry, a car rarely stays the same."""
_FORGET_WEAK_S = 0.4
"""The same for a track of few weak sightings, most of which are noise."""

_GATE_FIRST = 1.5
_GATE = 0.7
_GATE_PER_S = 2.0
_GATE_MOST = 3.0
"""How far from its predicted place a track may be found, in its own sizes: more while its velocity is unknown (one
sighting), and more the longer it was not seen. The last is what bounds a wrong link."""
_RATIO = math.log(1.6)
_RATIO_PER_S = 0.7
"""How much larger or smaller, as a logarithm of the side's length."""
_WEAK_GATE = 0.5
_WEAK_GATE_PER_S = 0.5
_WEAK_RATIO = math.log(1.4)
"""The same for weak detections: a chain of noise must not lead a lost track astray."""


class Tracker:
    """Links the detections of consecutive frames.

    Args:
        upright_size: ``(width, height)`` of the full-size picture.
    """

    def __init__(self, *, upright_size: tuple[int, int]) -> None:
        self._upright_size = upright_size
        self._active: list[tuple[Track, MotionModel]] = []
        self._time_s: float | None = None
        self._look_s: float | None = None
        self._looks = 0
        self._next_id = 1

    def push(self, seen: Observation) -> Association:
        """Take the next frame; tracks that go on grow, and those that begin are given."""
        time_s = seen.time.seconds
        seconds = 0.0 if self._time_s is None else max(0.0, time_s - self._time_s)
        self._time_s = time_s
        # A clip may freeze: no look speaks for longer than looks are planned apart.
        since_look_s = 0.0 if self._look_s is None else min(LONGEST_INTERVAL_S, max(0.0, time_s - self._look_s))
        if not seen.skipped:
            if self._looks == 1:  # nothing tells how long the first look speaks for but the way to the second
                for track, _ in self._active:
                    track.seen_s += track.sightings[-1].score * since_look_s
            self._looks += 1
            self._look_s = time_s
        motion = FrameMotion(seen.motion, seconds=seconds, size=self._upright_size)
        self._predict(motion, skipped=seen.skipped)
        ids = np.full(len(seen.detections), -1, np.int64)
        if self._active and len(ids):
            for which, track_at in self._matches(seen):
                track, model = self._active[track_at]
                box, score = _plain(seen, which)
                track.evidence.update(box, score=score, expected=(model.x, model.y, model.width, model.height))
                model.update(box, score=score)
                self._add(track, Sighting(seen.index, time_s, box, score, model.copy()), since_look_s)
                ids[which] = track.id
        started = []
        for which in np.flatnonzero(ids < 0).tolist():
            kind = str(seen.detections.kind[which])
            track = Track(self._next_id, kind, evidence=TrackEvidence(kind, upright_size=self._upright_size))
            self._next_id += 1
            box, score = _plain(seen, which)
            track.evidence.update(box, score=score)
            model = MotionModel.at(box)
            self._add(track, Sighting(seen.index, time_s, box, score, model.copy()), since_look_s)
            self._active.append((track, model))
            started.append(track)
            ids[which] = track.id
        return Association(motion, tuple(started), ids)

    def _add(self, track: Track, sighting: Sighting, since_look_s: float) -> None:
        track.sightings.append(sighting)
        track.best = max(track.best, sighting.score)
        less = LARGE_LESS_SURE * large_share(sighting.xyxy, self._upright_size)
        track.surest = max(track.surest, sighting.score - less)
        track.count += 1
        track.seen_s += sighting.score * since_look_s
        track.missed_s = 0.0

    def _predict(self, motion: FrameMotion, *, skipped: bool) -> None:
        """All tracks one frame on; those that a cut or time has ended are let go."""
        kept = []
        for track, model in self._active:
            scene_x, scene_y = motion.ahead(model.x, model.y)
            scene_px = math.hypot(scene_x - model.x, scene_y - model.y)
            track.evidence.advance(scene_px=scene_px, seconds=motion.seconds, skipped=skipped)
            model.predict(motion)
            # A track ends when it was looked for and not seen; how well its place is known counts all the time.
            track.missed_s += 0.0 if skipped else motion.seconds
            forget_s = _FORGET_S if _is_established(track) else _FORGET_WEAK_S
            if motion.cut or track.missed_s > forget_s or model.unseen_s > _FORGET_S:
                track.ended = True
            else:
                kept.append((track, model))
        self._active = kept

    def _matches(self, seen: Observation) -> list[tuple[int, int]]:
        """Pairs of detection and active track, each at most once."""
        near = self._near(seen)
        strong = seen.detections.score >= _STRONG
        established = np.array([_is_established(track) for track, _ in self._active])
        free = (np.ones(len(seen.detections), bool), np.ones(len(self._active), bool))
        pairs: list[tuple[int, int]] = []
        for from_strong, to_established in ((True, True), (True, False), (False, True), (False, False)):
            pairs += _greedy(near, strong == from_strong, established == to_established, free=free)
        return pairs

    def _near(self, seen: Observation) -> _Candidates:
        """What it costs to say that a detection is a track, of those within the gates alone.

        Detections are taken from left to right, some at a time, and held against the tracks that can be in their reach:
        a crowd of thousands takes neither the memory nor the time of a table of all with all.
        """
        boxes = seen.detections.xyxy.astype(np.float64)
        at = np.array([(c.x, c.y, c.width, c.height, c.unseen_s, c.sightings) for _, c in self._active])
        _, codes = np.unique(
            np.concatenate([seen.detections.kind, np.array([track.kind for track, _ in self._active])]),
            return_inverse=True,
        )
        kinds, track_kinds = codes[: len(boxes)], codes[len(boxes) :]
        x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
        w, h = np.maximum(boxes[:, 2] - boxes[:, 0], 1.0), np.maximum(boxes[:, 3] - boxes[:, 1], 1.0)
        track_w, track_h = np.maximum(at[:, 2], 1.0), np.maximum(at[:, 3], 1.0)
        unseen_s = at[:, 4]
        first = np.where(at[:, 5] < 2, _GATE_FIRST - _GATE, 0.0)
        strong_gate = np.minimum(_GATE + first + _GATE_PER_S * unseen_s, _GATE_MOST)
        weak_gate = _WEAK_GATE + first / 2 + _WEAK_GATE_PER_S * unseen_s
        reach = np.maximum(strong_gate, weak_gate) * (1 + 1e-9)
        parts = []
        order = np.argsort(x, kind="stable")
        for start in range(0, len(order), _AT_ONCE):
            rows = order[start : start + _AT_ONCE]
            cols = np.flatnonzero(
                (at[:, 0] >= x[rows[0]] - reach * (w[rows].max() + track_w) / 2)
                & (at[:, 0] <= x[rows[-1]] + reach * (w[rows].max() + track_w) / 2)
            )
            size_x = (w[rows, None] + track_w[cols]) / 2
            # A plate is wide, but leaves its place up or down as easily as sideways.
            size_y = np.maximum((h[rows, None] + track_h[cols]) / 2, size_x / 2)
            away = np.hypot((x[rows, None] - at[cols, 0]) / size_x, (y[rows, None] - at[cols, 1]) / size_y)
            ratio = np.abs(np.log((w * h)[rows, None] / (track_w * track_h)[cols])) / 2
            strong = (seen.detections.score[rows] >= _STRONG)[:, None]
            gate = np.where(strong, strong_gate[cols], weak_gate[cols])
            wrong = (away > gate) | (ratio > np.where(strong, _RATIO, _WEAK_RATIO) + _RATIO_PER_S * unseen_s[cols])
            wrong |= kinds[rows, None] != track_kinds[cols]
            row, col = np.nonzero(~wrong)
            parts.append((rows[row], cols[col], (away / gate + 0.7 * ratio)[row, col]))
        row, col, cost = (np.concatenate([part[i] for part in parts]) for i in range(3))
        kept = np.flatnonzero(np.isfinite(cost))
        by_row = kept[np.lexsort((col[kept], row[kept]))]
        return _Candidates(row[by_row], col[by_row], cost[by_row])


@dataclass(frozen=True, slots=True, eq=False)
class _Candidates:
    """Pairs of detection (``row``) and active track (``col``) with their cost: arrays of one length, row by row."""

    row: np.ndarray
    col: np.ndarray
    cost: np.ndarray


def relink(plans: Iterable[FramePlan], *, upright_size: tuple[int, int]) -> tuple[frozenset[int], frozenset[int]]:
    """Link a stored plan anew and compare: what a replay would call its tracks.

    Args:
        plans: the plans as stored, in order.
        upright_size: ``(width, height)``.

    Returns:
        The ids of all tracks, hidden or not; and those that the plan gives to something else. The latter happen only
        when another version of this program linked it: such ids must not decide who is left clear.
    """
    tracker = Tracker(upright_size=upright_size)
    every: set[int] = set()
    moved: set[int] = set()
    for plan in plans:
        ids = tracker.push(plan.seen).ids
        every.update(ids.tolist())
        for region in plan.regions:
            if region.origin is not Origin.DETECTED or region.track is None:
                continue
            boxes = plan.seen.detections.xyxy[ids == region.track]
            centre = (boxes[:, :2] + boxes[:, 2:]) / 2
            inside = (centre >= region.xyxy[:2]).all(axis=1) & (centre <= region.xyxy[2:]).all(axis=1)
            if not inside.any():
                moved.add(region.track)
    return frozenset(every), frozenset(moved)


def _greedy(
    near: _Candidates, rows: np.ndarray, cols: np.ndarray, *, free: tuple[np.ndarray, np.ndarray]
) -> list[tuple[int, int]]:
    """The cheapest pairs first, among the given rows and columns; what is taken is free no more."""
    free_row, free_col = free
    allowed = np.flatnonzero(rows[near.row] & cols[near.col] & free_row[near.row] & free_col[near.col])
    pairs = []
    for which in allowed[np.argsort(near.cost[allowed], kind="stable")]:
        row, col = int(near.row[which]), int(near.col[which])
        if free_row[row] and free_col[col]:
            pairs.append((row, col))
            free_row[row] = free_col[col] = False
    return pairs


def _is_established(track: Track) -> bool:
    return track.best >= _STRONG or track.count >= _ESTABLISHED_SIGHTINGS


def _plain(seen: Observation, which: int) -> tuple[tuple[float, float, float, float], float]:
    x1, y1, x2, y2 = seen.detections.xyxy[which].tolist()
    return (x1, y1, x2, y2), float(seen.detections.score[which])
