"""Edits and their file: what is written comes back, what cannot be read is one sentence."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.edits import Edits, ManualRegion, Zone
from dashcamcleaner.core.plan import Observation, Origin, Region
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.errors import PlanError

HEADER = '{"edits": "dashcamcleaner", "version": [1, 0]}'


def at(milliseconds):
    return Observation(0, FrameTime(milliseconds, Fraction(1, 1000)), Detections.empty())


def region(track, box=(10.0, 10.0, 20.0, 20.0)):
    return Region(box, "face", 0.9, Origin.DETECTED, track)


numbers = st.floats(-1000, 5000, allow_nan=False, width=32)
boxes = st.tuples(numbers, numbers, st.floats(1, 900, width=32), st.floats(1, 900, width=32)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)
seconds = st.floats(0, 1000, allow_nan=False)
zones = st.builds(
    lambda box, a, b: Zone(box, *sorted((a, b))), boxes, st.one_of(st.just(-float("inf")), seconds), seconds
)
ids = st.frozensets(st.integers(1, 99), max_size=4)
manuals = st.builds(
    lambda times, box, kind: ManualRegion(tuple((t, box) for t in sorted(times)), kind),
    st.sets(seconds, min_size=1, max_size=4),
    boxes,
    st.sampled_from(["manual", "face", "plate"]),
)
all_edits = st.builds(
    Edits,
    keep=ids,
    drop=ids,
    only=ids,
    names=st.dictionaries(st.integers(1, 99), st.text(min_size=1, max_size=8), max_size=3),
    regions=st.lists(manuals, max_size=2).map(tuple),
    fixed=st.lists(zones, max_size=2).map(tuple),
    exclude=st.lists(zones, max_size=2).map(tuple),
    frames=st.lists(zones.map(lambda z: Zone(None, z.from_s, z.to_s)), max_size=2).map(tuple),
)


@given(all_edits)
def test_what_is_written_comes_back(edits):
    assert Edits.from_lines(edits.to_lines()) == edits
    assert Edits.from_lines([line + "\n" for line in edits.to_lines()] + ["\n"]) == edits


def test_nothing_edited_is_false():
    assert not Edits()
    assert Edits(keep=frozenset({1}))


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"edit": "kep", "track": 1}',
        '{"edit": "keep"}',
        '{"edit": "keep", "track": "1"}',
        '{"edit": "keep", "track": true}',
        '{"edit": "region", "keys": []}',
        '{"edit": "region", "keys": [[1, 0, 0, 9, 9], [1, 0, 0, 9, 9]]}',
        '{"edit": "region", "keys": [[1, 0, 0, 0, 9]]}',
        '{"edit": "fixed", "box": [0, 0, NaN, 9]}',
        '{"edit": "fixed", "box": [0, 0, 9]}',
        '{"edit": "exclude"}',
        '{"edit": "frames", "from_s": 4, "to_s": 3}',
    ],
)
def test_a_line_that_cannot_be_read_is_named(line):
    with pytest.raises(PlanError, match="line 2 of the edits"):
        Edits.from_lines([HEADER, line])


@pytest.mark.parametrize(
    "lines", [[], [""], ["{}"], ['{"edits": "another", "version": [1, 0]}'], ['{"plan": 1}'], ["x"]]
)
def test_another_file_is_refused(lines):
    with pytest.raises(PlanError, match="no edits of this program"):
        Edits.from_lines(lines)


def test_a_newer_major_version_is_refused_and_a_newer_minor_one_read():
    with pytest.raises(PlanError, match=r"version 2\.0"):
        Edits.from_lines(['{"edits": "dashcamcleaner", "version": [2, 0]}'])
    newer = ['{"edits": "dashcamcleaner", "version": [1, 7]}', '{"edit": "keep", "track": 3, "mood": "good"}']
    assert Edits.from_lines(newer).keep == {3}


def test_an_unknown_track_is_an_error_that_lists_those_that_exist():
    edits = Edits(keep=frozenset({7}), only=frozenset({2}))
    edits.check_tracks([1, 2, 7])
    with pytest.raises(PlanError, match="no track 7; it has: 1, 2, 12"):
        edits.check_tracks([12, 1, 2])
    with pytest.raises(PlanError, match="it has: none"):
        edits.check_tracks([])


def test_tracks_are_kept_dropped_and_singled_out():
    regions = [region(1), region(2), region(3), region(None)]
    assert [r.track for r in Edits(keep=frozenset({1}), drop=frozenset({3})).apply(regions, seen=at(0))] == [2, None]
    assert [r.track for r in Edits(only=frozenset({2, 3})).apply(regions, seen=at(0))] == [2, 3]


def test_a_manual_region_moves_evenly_between_its_keys():
    manual = ManualRegion(((1.0, (0, 0, 10, 10)), (2.0, (100, 0, 110, 20)), (4.0, (100, 100, 120, 120))))
    assert manual.at(0.9) is None
    assert manual.at(1.0) == (0, 0, 10, 10)
    assert manual.at(1.5) == (50, 0, 60, 15)
    assert manual.at(3.0) == (100, 50, 115, 70)
    assert manual.at(4.0) == (100, 100, 120, 120)
    assert manual.at(4.1) is None
    (found,) = Edits(regions=(manual,)).apply([], seen=at(1500))
    assert found.origin is Origin.MANUAL
    assert found.score == 1


def test_a_single_key_hides_one_moment():
    manual = ManualRegion(((1.0, (0, 0, 10, 10)),))
    assert manual.at(1.0) == (0, 0, 10, 10)
    assert manual.at(1.02) is None


def test_an_exclusion_zone_takes_only_what_lies_wholly_inside():
    edits = Edits(exclude=(Zone((0, 0, 100, 100), from_s=1.0),))
    inside, across = region(1), region(2, (90.0, 10.0, 110.0, 20.0))
    assert [r.track for r in edits.apply([inside, across], seen=at(1000))] == [2]
    assert [r.track for r in edits.apply([inside, across], seen=at(900))] == [1, 2]


def test_manual_regions_are_hidden_whatever_is_kept_or_excluded():
    box = (10.0, 10.0, 20.0, 20.0)
    edits = Edits(
        only=frozenset({99}),
        exclude=(Zone((0, 0, 100, 100)),),
        fixed=(Zone(box),),
        regions=(ManualRegion(((0.0, box),)),),
    )
    assert [r.origin for r in edits.apply([region(1)], seen=at(0))] == [Origin.MANUAL, Origin.MANUAL]
