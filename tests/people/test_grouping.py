"""Persons: grouped by likeness, never two who are seen at once, and shown only where it is sure."""

from __future__ import annotations

import importlib.util
import sys
from fractions import Fraction

import numpy as np
import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.person_edits import PersonTrack
from dashcamcleaner.core.plan import Observation
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.errors import ExtraMissing
from dashcamcleaner.people.grouping import SeenSegment, clip_faces, group_people, limit_at
from dashcamcleaner.people.sampling import FaceSample
from dashcamcleaner.people.segments import Segment

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("sklearn") is None, reason="scikit-learn is not installed (extra [people])"
)


def seen(track: int, who: float, *, first: int = 0, last: int = 30, clip: int = 0, height: float = 60.0) -> SeenSegment:
    """A segment of somebody: `who` is a place on a line, and a distance of 0.6 tells two people apart."""
    box = (100.0, 100.0, 100.0 + 0.8 * height, 100.0 + height)
    segment = Segment(track)
    for index in range(first, last + 1):
        segment.add(index, index / 30, box)
    return SeenSegment(clip, segment, [sample(who, index=i, box=box) for i in range(first, last + 1, 15)])


def sample(who: float, *, index: int, box: tuple[float, float, float, float], good: bool = True) -> FaceSample:
    numbers = np.zeros(128, np.float32)
    numbers[0] = who
    return FaceSample(index, index / 30, box, numbers, good)


def tracks(found: list[SeenSegment]) -> list[list[int]]:
    return [sorted(one.segment.track for one in person.seen) for person in group_people(found)]


def test_likeness_groups_and_numbers_go_by_the_first_sighting() -> None:
    found = [
        seen(3, 5.0, first=50, last=80),
        seen(1, 0.0),
        seen(2, 0.2, first=40, last=70),
        seen(4, 5.1, first=90, last=99),
    ]
    assert tracks(found) == [[1, 2], [3, 4]]
    assert [person.number for person in group_people(found)] == [1, 2]


def test_two_who_are_seen_at_once_are_two_however_alike() -> None:
    twins = [seen(1, 0.0), seen(2, 0.01, first=10, last=40), seen(3, 0.005, first=100, last=130)]
    groups = tracks(twins)
    assert sorted(map(len, groups)) == [1, 2]
    assert not any({1, 2} <= set(group) for group in groups)


def test_the_same_person_is_found_in_another_clip_at_the_same_time() -> None:
    found = [seen(1, 0.0), seen(1, 0.1, clip=1), seen(2, 3.0, clip=1)]
    persons = group_people(found)
    assert [person.tracks(1) for person in persons] == [{1}, {2}]
    assert persons[0].edits(1)[0] == PersonTrack(1, 1, ((0.0, 1.0),))


def test_small_faces_must_be_more_alike() -> None:
    assert limit_at(20) < limit_at(34) < limit_at(60) == limit_at(300)
    apart = 0.57
    assert tracks([seen(1, 0.0), seen(2, apart, first=40, last=70)]) == [[1, 2]]
    small = [seen(1, 0.0, height=25), seen(2, apart, first=40, last=70, height=25)]
    assert tracks(small) == [[1], [2]]


def test_who_is_between_two_persons_is_counted_and_never_shown() -> None:
    found = [seen(1, 0.0), seen(2, 0.9, first=5, last=35), seen(3, 0.44, first=100, last=130)]
    persons = group_people(found)
    (doubtful,) = [one for person in persons for one in person.seen if one.segment.track == 3]
    assert not doubtful.sure
    (edit,) = [edit for person in persons for edit in person.edits() if edit.track == 3]
    assert edit.spans == ()
    assert all(person.sureness < 1 for person in persons if 3 in person.tracks())


def test_far_from_every_sample_nothing_is_sure() -> None:
    one = seen(1, 0.0, last=300)
    one.samples = one.samples[:1]  # at second 0; the segment lasts ten
    assert one.sure_spans() == [(0.0, 3.0)]


def test_an_identity_switch_inside_a_track_splits_it() -> None:
    box = (100.0, 100.0, 150.0, 160.0)
    observations = [
        Observation(i, FrameTime(i, Fraction(1, 30)), Detections.from_rows([(*box, 0.9, "face")])) for i in range(60)
    ]
    samples = [sample(0.0, index=5, box=box), sample(0.0, index=20, box=box)]
    samples += [sample(2.0, index=40, box=box), sample(2.0, index=55, box=box)]
    faces = clip_faces(observations, samples, upright_size=(1280, 720), hidden=frozenset({1}))
    persons = group_people(faces.seen)
    spans = [span for person in persons for edit in person.edits() for span in edit.spans]
    assert np.allclose(spans, [(-1.0, 20 / 30), (40 / 30, 59 / 30 + 1.0)], atol=1e-3)


def test_faces_without_a_good_sample_are_unknown() -> None:
    box = (100.0, 100.0, 112.0, 116.0)
    observations = [
        Observation(i, FrameTime(i, Fraction(1, 30)), Detections.from_rows([(*box, 0.9, "face")])) for i in range(20)
    ]
    bad = [sample(0.0, index=3, box=box, good=False)]
    faces = clip_faces(observations, bad, upright_size=(1280, 720), hidden=frozenset({1}))
    assert (faces.seen, faces.unknown, faces.unknown_frames) == ([], {1}, 20)
    nothing = clip_faces(observations, bad, upright_size=(1280, 720), hidden=frozenset())
    assert nothing.unknown == frozenset()  # what is not hidden anyway has nothing to keep


def test_nobody_is_nobody() -> None:
    assert group_people([]) == []


def test_without_the_library_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.cluster", None)
    with pytest.raises(ExtraMissing, match="scikit-learn") as caught:
        group_people([seen(1, 0.0), seen(2, 1.0)])
    assert "--extra people" in caught.value.hint
