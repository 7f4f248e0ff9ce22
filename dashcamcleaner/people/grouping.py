"""Persons: segments grouped by likeness, with what cannot be ruled out.

Average linkage over Euclidean distances (scikit-learn's agglomerative clustering of a precomputed matrix). Two tracks
that are seen in one frame are two persons, whatever they look like: such pairs lie too far apart to be linked.
A segment whose embedding is nearly as close to another person as to its own is doubtful: it is counted to a person and
never shown as one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from dashcamcleaner.core.boxes import iou
from dashcamcleaner.core.person_edits import PersonTrack, listed_spans
from dashcamcleaner.core.plan import Observation
from dashcamcleaner.errors import ExtraMissing, SettingError, extra_hint
from dashcamcleaner.messages import msg
from dashcamcleaner.people.sampling import FaceSample
from dashcamcleaner.people.segments import Segment, segments_of

__all__ = ["ClipFaces", "Person", "SeenSegment", "clip_faces", "distance", "group_people", "limit_at", "people_as_told"]

_LIMIT = 0.6
"""The network's own: below this Euclidean distance both faces are one person's."""
_LIMIT_SMALL = 0.52
_SMALL_PX, _FULL_PX = 24.0, 44.0
"""Small faces look more alike: their limit is lower, rising from one height to another."""
_KEPT_SHARE = 0.92
"""A segment is surely of a person within this part of the limit."""
_MARGIN = 0.04
"""And by so much closer than to any other person."""
_SURE_FOR_S = 3.0
"""Further than this from the nearest sample nothing is sure."""
_FILLED_S = 1.0
"""Longer than a track is followed beyond its sightings."""
_BEST = 8
"""Samples of a segment that are averaged: its largest."""
_APART = 1e6
_SAME_BOX = 0.9
_MOST_SEGMENTS = 4000
_TOLD_FROM = 5
"""Sightings from which an unknown face is told."""


@dataclass(slots=True, eq=False)
class SeenSegment:
    """A segment with its good samples.

    Args:
        clip: the clip's number, from 0.
        segment: the stretch of a track.
        samples: its good samples, in order of time.
        sure: whether the segment is surely of the person that it was counted to.
        opens, closes: the track is never sighted before it, or after it.
    """

    clip: int
    segment: Segment
    samples: list[FaceSample]
    sure: bool = True
    opens: bool = False
    closes: bool = False

    @property
    def height_px(self) -> float:
        """Mean height of the faces that were averaged."""
        return float(np.mean([sample.height_px for sample in self._best]))

    @property
    def _best(self) -> list[FaceSample]:
        return sorted(self.samples, key=lambda sample: -sample.height_px)[:_BEST]

    @property
    def embedding(self) -> np.ndarray:
        """The average of the best samples."""
        return np.mean([sample.embedding for sample in self._best], axis=0)

    def sure_spans(self) -> list[tuple[float, float]]:
        """The seconds in which the segment's person is known: near enough to a sample.

        Where the track begins or ends with it, what is filled before or after it is the same person's.
        """
        spans: list[tuple[float, float]] = []
        at = np.array([sample.time_s for sample in self.samples])
        before = -math.inf
        for time_s in self.segment.times_s:
            if np.abs(at - time_s).min() <= _SURE_FOR_S:
                if spans and before == spans[-1][1]:
                    spans[-1] = (spans[-1][0], time_s)
                else:
                    spans.append((time_s, time_s))
                before = time_s
        if spans and self.opens and spans[0][0] == self.segment.times_s[0]:
            spans[0] = (spans[0][0] - _FILLED_S, spans[0][1])
        if spans and self.closes and spans[-1][1] == self.segment.times_s[-1]:
            spans[-1] = (spans[-1][0], spans[-1][1] + _FILLED_S)
        return spans


@dataclass(slots=True, eq=False)
class ClipFaces:
    """What is known of the faces of a clip.

    Args:
        seen: its segments with a good sample.
        unknown: tracks without any, those sighted a few times.
        frames: frames with a face of such a track.
    """

    seen: list[SeenSegment]
    unknown: frozenset[int] = frozenset()
    unknown_frames: int = 0


@dataclass(slots=True, eq=False)
class Person:
    """Somebody, by likeness.

    Args:
        number: the number, from 1, in order of the first sighting.
        seen: the segments that show the person.
    """

    number: int
    seen: list[SeenSegment] = field(default_factory=list)

    @property
    def first_s(self) -> float:
        """When the person is first seen, in the first of the clips; seconds."""
        clip = min(one.clip for one in self.seen)
        return min(one.segment.times_s[0] for one in self.seen if one.clip == clip)

    @property
    def last_s(self) -> float:
        """When last, in the last of the clips."""
        clip = max(one.clip for one in self.seen)
        return max(one.segment.times_s[-1] for one in self.seen if one.clip == clip)

    @property
    def frames(self) -> int:
        """Frames in which the person is sighted."""
        return len({(one.clip, index) for one in self.seen for index in one.segment.indices})

    @property
    def embedding(self) -> np.ndarray:
        """The average over the segments, larger faces and longer ones counting more."""
        weights = [_weight(one) for one in self.seen]
        return np.average([one.embedding for one in self.seen], axis=0, weights=weights)

    @property
    def sureness(self) -> float:
        """0-1: the part of the sightings that are surely this person's."""
        sure = sum(len(one.segment.indices) for one in self.seen if one.sure)
        return sure / max(1, sum(len(one.segment.indices) for one in self.seen))

    def tracks(self, clip: int = 0) -> frozenset[int]:
        """The tracks of a clip that show the person."""
        return frozenset(one.segment.track for one in self.seen if one.clip == clip)

    def edits(self, clip: int = 0) -> list[PersonTrack]:
        """What a plan's edits say of the person: tracks and the seconds in which they are sure."""
        spans: dict[int, list[tuple[float, float]]] = {}
        for one in self.seen:
            if one.clip == clip:
                spans.setdefault(one.segment.track, []).extend(one.sure_spans() if one.sure else [])
        return [PersonTrack(self.number, track, listed_spans(its)) for track, its in sorted(spans.items())]


def people_as_told(seen: Iterable[SeenSegment], who: Sequence[Mapping[int, Sequence[PersonTrack]]]) -> list[Person]:
    """The persons of clips as their edits tell them, merges and splits included, with what they look like.

    Args:
        seen: the clips' segments; those that no edit gives to anybody are left out.
        who: per clip what the edits say of each track; a segment in whose seconds nobody is sure is of its track's
            only person.
    """
    persons: dict[int, Person] = {}
    for one in seen:
        said = who[one.clip].get(one.segment.track, ())
        sure = [edit for edit in said if any(edit.holds(time_s) for time_s in one.segment.times_s)]
        numbers = {edit.person for edit in sure or said}
        if len(numbers) == 1:
            (number,) = numbers
            persons.setdefault(number, Person(number)).seen.append(one)
    return [persons[number] for number in sorted(persons)]


def limit_at(height_px: float) -> float:
    """The distance below which two embeddings count as one person's, by the height of the smaller face."""
    part = min(1.0, max(0.0, (height_px - _SMALL_PX) / (_FULL_PX - _SMALL_PX)))
    return _LIMIT_SMALL + part * (_LIMIT - _LIMIT_SMALL)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """The Euclidean distance of two embeddings."""
    return float(np.linalg.norm(a - b))


def clip_faces(
    observations: Sequence[Observation],
    samples: Iterable[FaceSample],
    *,
    upright_size: tuple[int, int],
    hidden: frozenset[int],
    clip: int = 0,
) -> ClipFaces:
    """Segments and samples of a clip, put together.

    Args:
        observations: the observations of all frames, as the plan holds them.
        samples: what was described; a sample whose face is in no segment counts for nothing.
        upright_size: ``(width, height)``.
        hidden: the tracks that a plan without edits hides: only these have anything to keep.
        clip: the clip's number.
    """
    every, lasting = segments_of(observations, upright_size=upright_size)
    segments = [one for one in every if one.track in hidden]
    at: dict[int, list[tuple[Segment, tuple[float, float, float, float]]]] = {}
    for segment in segments:
        for index, box in zip(segment.indices, segment.boxes, strict=True):
            at.setdefault(index, []).append((segment, box))
    mine: dict[int, list[FaceSample]] = {}
    for sample in samples:
        for segment, box in at.get(sample.index, ()):
            if iou(np.array([box]), np.array([sample.xyxy]))[0, 0] > _SAME_BOX:
                mine.setdefault(id(segment), []).append(sample)
    seen: list[SeenSegment] = []
    for segment in segments:
        good = sorted((s for s in mine.get(id(segment), ()) if s.good), key=lambda sample: sample.time_s)
        for part, its in _consistent(segment, good):
            first, last = lasting[segment.track]
            opens, closes = part.indices[0] == first, part.indices[-1] == last
            seen.append(SeenSegment(clip, part, its, opens=opens, closes=closes))
    sighted: dict[int, set[int]] = {}
    for one in segments:
        sighted.setdefault(one.track, set()).update(one.indices)
    known = {one.segment.track for one in seen}
    # What was sighted once or twice is mostly no face at all; it is hidden, and not worth a word. A single picture
    # shows nothing more often.
    least = min(_TOLD_FROM, len(observations))
    unknown = frozenset(track for track, its in sighted.items() if track not in known and len(its) >= least)
    frames = {index for track in unknown for index in sighted[track]}
    return ClipFaces(seen, unknown, len(frames))


def _consistent(segment: Segment, samples: list[FaceSample]) -> list[tuple[Segment, list[FaceSample]]]:
    """The segment, cut wherever two samples in a row show two people: a switch that no box gave away."""
    if not samples:
        return []
    for place, (before, after) in enumerate(pairwise(samples), start=1):
        if distance(before.embedding, after.embedding) > _LIMIT:
            first, second = segment.split(before.time_s, after.time_s)
            return [(first, samples[:place]), *_consistent(second, samples[place:])]
    return [(segment, samples)]


def group_people(seen: Sequence[SeenSegment]) -> list[Person]:
    """The persons of one or several clips, numbered in order of their first sighting.

    Raises:
        ExtraMissing: scikit-learn is not installed.
        SettingError: there is too much to compare.
    """
    if not seen:
        return []
    if len(seen) > _MOST_SEGMENTS:
        raise SettingError(
            msg(
                "There are {count} stretches of faces to compare, more than {most_segments}.",
                count=len(seen),
                most_segments=_MOST_SEGMENTS,
            ),
            hint="Take fewer or shorter clips at once.",
        )
    labels = _labels(seen)
    groups: dict[int, list[SeenSegment]] = {}
    order = sorted(range(len(seen)), key=lambda i: (seen[i].clip, seen[i].segment.times_s[0], seen[i].segment.track))
    for i in order:
        groups.setdefault(int(labels[i]), []).append(seen[i])
    persons = [Person(number, its) for number, its in enumerate(groups.values(), start=1)]
    tell_doubtful(persons)
    return persons


def _labels(seen: Sequence[SeenSegment]) -> np.ndarray:
    if len(seen) == 1:
        return np.zeros(1, np.intp)
    try:
        from sklearn.cluster import AgglomerativeClustering
    except ImportError as error:
        raise ExtraMissing("Telling people apart needs scikit-learn.", hint=extra_hint("people")) from error
    embeddings = np.stack([one.embedding for one in seen])
    heights = np.array([one.height_px for one in seen])
    # In parts of the limit of the smaller face, so that one threshold serves all sizes.
    limits = np.vectorize(limit_at)(np.minimum(heights[:, None], heights[None, :]))
    squares = (embeddings**2).sum(axis=1)
    apart = np.sqrt(np.maximum(0, squares[:, None] + squares[None, :] - 2 * embeddings @ embeddings.T)) / limits
    np.fill_diagonal(apart, 0.0)
    for i, j in _seen_together(seen):
        apart[i, j] = apart[j, i] = _APART
    clustering = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=1.0
    )
    return clustering.fit(apart).labels_


def _seen_together(seen: Sequence[SeenSegment]) -> Iterable[tuple[int, int]]:
    """Pairs of segments of two tracks that are sighted in one frame."""
    frames = [frozenset(one.segment.indices) for one in seen]
    for i, first in enumerate(seen):
        for j in range(i + 1, len(seen)):
            second = seen[j]
            if first.clip != second.clip or first.segment.track == second.segment.track:
                continue
            a, b = first.segment.indices, second.segment.indices
            if a[0] <= b[-1] and b[0] <= a[-1] and not frames[i].isdisjoint(frames[j]):
                yield i, j


def tell_doubtful(persons: Sequence[Person]) -> None:
    """Set of each segment whether it is surely of its person."""
    for person in persons:
        others = [other.embedding for other in persons if other is not person]
        for one in person.seen:
            rest = [other for other in person.seen if other is not one]
            own = Person(0, rest).embedding if rest else one.embedding
            away = distance(one.embedding, own)
            nearest = min((distance(one.embedding, other) for other in others), default=math.inf)
            one.sure = away <= _KEPT_SHARE * limit_at(one.height_px) and away + _MARGIN <= nearest


def _weight(one: SeenSegment) -> float:
    return min(one.height_px, 100.0) * math.sqrt(min(len(one.samples), _BEST))
