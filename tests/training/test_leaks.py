"""The leak figures on hand-made truths whose figures can be told in the head."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.plan import WHOLE_FRAME, FramePlan, Observation, Origin, Region
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.training.leak_figures import COVER, GAP, NEVER, LeakFigures
from dashcamcleaner.training.leaks import covered_share, leaks, union_area
from dashcamcleaner.training.truth import ClipTruth

BOX = (100.0, 100.0, 140.0, 140.0)


def truth(*, legible=((0, 9),), boxes=None, ignore=(), kinds=None, more=()):
    boxes = boxes or {str(i): list(BOX) for i in range(10)}
    track = {"id": 1, "kind": "face", "legible": [list(span) for span in legible], "boxes": boxes}
    data = {
        "clip": "c.mp4",
        "frames": 10,
        "width": 640,
        "height": 360,
        "tracks": [track, *more],
        "ignore": list(ignore),
    }
    return ClipTruth.from_json(data | ({"kinds": kinds} if kinds else {}))


def plans(regions_of, *, seen_in=range(10), score=0.9):
    """Plans of ten frames; `regions_of` gives the boxes hidden in a frame."""
    result = []
    for i in range(10):
        found = Detections.from_rows([(*BOX, score, "face")] if i in seen_in else [])
        regions = tuple(Region(tuple(map(float, b)), "face", 0.9, Origin.DETECTED) for b in regions_of(i))
        result.append(FramePlan(Observation(i, FrameTime(i, Fraction(1, 30)), found), regions))
    return result


def figures(*args, thresholds=None, of=None, **kwargs) -> LeakFigures:
    # Boxes: figures that can be told in the head.
    return leaks(of or truth(), plans(*args, **kwargs), thresholds=thresholds or {"face": 0.5}, shapes={})


def test_all_hidden():
    told = figures(lambda i: [BOX])
    assert told.leaked_share == 0
    assert told.objects_leaked == told.longest_exposure_frames == 0
    assert told.over_cover == pytest.approx(1.0)
    assert told.toggles_per_object == 0


def test_causes_and_runs():
    small = (100, 100, 120, 140)

    def regions(i):
        return [] if i in (2, 3, 4) else [small] if i == 7 else [BOX]

    told = figures(regions)
    assert told.causes == {NEVER: 0, GAP: 3, COVER: 1}
    assert told.leaked_share == pytest.approx(0.4)
    assert told.longest_exposure_frames == 3
    assert told.toggles_per_object == 4
    never = figures(regions, seen_in=())
    assert never.causes == {NEVER: 4, GAP: 0, COVER: 0}
    assert never.sighted.objects == ()
    assert never.objects_never_sighted == 1
    assert figures(regions, score=0.4).objects_never_sighted == 1


def test_95_percent_are_enough_and_less_are_not():
    assert figures(lambda i: [(100, 100, 138, 140)]).leaked_share == 0
    assert figures(lambda i: [(100, 100, 136, 140)]).leaked_share == 1
    assert figures(lambda i: [(100, 100, 137.5, 140)]).leaked_share == 0  # painted in whole chroma blocks
    assert figures(lambda i: [(100, 100, 120, 140), (120, 90, 150, 150)]).leaked_share == 0


def test_what_is_illegible_or_ignored_counts_neither_way():
    told = figures(lambda i: [], of=truth(legible=[(0, 4)]))
    assert told.legible_frames == 5
    far = [300, 100, 340, 140]
    ignored = truth(ignore=[{"boxes": {str(i): far for i in range(10)}}])
    assert figures(lambda i: [BOX, far], of=ignored).over_cover == pytest.approx(1.0)
    near = [200, 100, 240, 140]  # belongs to what is ignored, and so does what lies within twice its box
    ignored = truth(ignore=[{"boxes": {str(i): near for i in range(10)}}])
    told = figures(lambda i: [BOX, (180, 80, 260, 160)], of=ignored)
    assert told.over_cover == pytest.approx(1.0)
    assert told.needless_share == 0


def test_over_cover_counts_what_is_painted_near_the_object_within_the_picture():
    assert figures(lambda i: [(80, 80, 160, 160), (80, 80, 160, 160)]).over_cover == pytest.approx(4.0)
    assert figures(lambda i: [(60, 60, 180, 180)]).over_cover == pytest.approx(4.0)  # beyond, it is for nothing
    assert figures(lambda i: [(60, 60, 180, 180)]).needless_share == pytest.approx((120**2 - 80**2) / (640 * 360))
    round_one = leaks(truth(), plans(lambda i: [(80, 80, 160, 160)]), thresholds={"face": 0.5})
    assert 3.5 < round_one.over_cover < 3.7  # as it is painted: the corners of a face's region stay clear
    edge = truth(boxes={str(i): [0, 0, 40, 40] for i in range(10)})
    assert figures(lambda i: [(-40, -40, 40, 40)], of=edge).over_cover == pytest.approx(1.0)


def test_what_is_hidden_for_nothing_is_counted():
    far = [300, 100, 364, 136]  # 1 % of 640x360
    assert figures(lambda i: [BOX, far]).needless_share == pytest.approx(0.01)
    assert figures(lambda i: [BOX, far] if i < 5 else [BOX]).needless_share == pytest.approx(0.005)
    assert figures(lambda i: [(80, 80, 160, 160)]).needless_share == 0  # too large, but not for nothing
    ignored = truth(ignore=[{"boxes": {str(i): far for i in range(10)}}])
    assert figures(lambda i: [BOX, far], of=ignored).needless_share == 0
    assert figures(lambda i: [far], of=truth(kinds=["plate"])).needless_share == 0  # nothing is known of faces


def test_less_than_half_covered_is_counted():
    assert figures(lambda i: [(100, 100, 118, 140)]).half_covered_frames == 10
    assert figures(lambda i: [(100, 100, 122, 140)]).half_covered_frames == 0
    assert figures(lambda i: []).half_covered_frames == 10


def test_a_frame_without_a_plan_is_a_leak():
    told = leaks(truth(), plans(lambda i: [BOX])[:6], thresholds={"face": 0.5}, shapes={})
    assert told.leaked_frames == 4


def test_a_whole_frame_protects_and_is_no_over_cover():
    whole = Region((0.0, 0.0, 640.0, 360.0), WHOLE_FRAME, 1.0, Origin.DAMAGED)
    made = [FramePlan(plan.seen, (whole,)) for plan in plans(lambda i: [])]
    told = leaks(truth(), made, thresholds={"face": 0.5})
    assert told.leaked_share == 0
    assert told.over_cover == 0


def test_unlabelled_kinds_say_nothing():
    only_plates = truth(kinds=["plate"])
    assert figures(lambda i: [(80, 80, 160, 160)], of=only_plates).over_cover == 0


def test_gaps_between_legible_spans_break_a_run():
    told = figures(lambda i: [], of=truth(legible=[(0, 2), (5, 9)]))
    assert told.longest_exposure_frames == 5


def test_figures_add_up():
    a, b = figures(lambda i: [BOX]), figures(lambda i: [])
    both = a + b
    assert both.leaked_share == pytest.approx(0.5)
    assert both.over_cover == pytest.approx(0.5)
    assert both.of_kind("plate").legible_frames == 0


def test_broken_truth_is_a_value_error():
    with pytest.raises(ValueError, match="not the truth"):
        ClipTruth.from_json({"clip": "x"})


corners = st.integers(0, 12)
some_boxes = st.lists(
    st.tuples(corners, corners, corners, corners).map(
        lambda c: (min(c[0], c[2]), min(c[1], c[3]), max(c[0], c[2]), max(c[1], c[3]))
    ),
    max_size=5,
)


@given(some_boxes)
def test_union_area_counts_every_pixel_once(boxes):
    grid = np.zeros((12, 12), bool)
    for x1, y1, x2, y2 in boxes:
        grid[y1:y2, x1:x2] = True
    assert union_area(np.array(boxes, float).reshape(-1, 4)) == grid.sum()
    assert covered_share((0, 0, 12, 12), np.array(boxes, float).reshape(-1, 4)) == pytest.approx(grid.mean())
