"""Merging never uncovers: what was hidden stays hidden with fewer rectangles."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dashcamcleaner.core.plan import Origin, Region
from dashcamcleaner.planning.regions import merged, without_hidden
from dashcamcleaner.training.leaks import covered_share

sides = st.integers(0, 60)
boxes = st.tuples(sides, sides, st.integers(1, 40), st.integers(1, 40)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


def regions(origins):
    return st.lists(
        st.builds(
            lambda box, kind, origin: Region(tuple(map(float, box)), kind, 0.5, origin, 1),
            boxes,
            st.sampled_from(["face", "plate"]),
            st.sampled_from(origins),
        ),
        max_size=6,
    )


def area_of(parts):
    return np.array([r.xyxy for r in parts]).reshape(-1, 4)


@given(regions([Origin.DETECTED]), regions([Origin.DETECTED]))
def test_merged_regions_hide_all_that_they_hid(own, held):
    result = merged(own, held)
    assert result[: len(own)] == tuple(own)
    assert len(result) <= len(own) + len(held)
    for region in (*own, *held):
        assert covered_share(region.xyxy, area_of([r for r in result if r.kind == region.kind])) > 0.999


@given(regions(list(Origin)))
def test_leaving_out_what_is_hidden_anyway_uncovers_nothing(parts):
    result = without_hidden(parts)
    for region in parts:
        assert covered_share(region.xyxy, area_of([r for r in result if r.kind == region.kind])) > 0.999
        if region.origin in (Origin.DETECTED, Origin.MANUAL, Origin.DAMAGED):
            assert region in result
