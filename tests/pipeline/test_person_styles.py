"""A person's own look: squares of the side that was asked for, never finer than is safe, and nobody else's."""

from __future__ import annotations

import numpy as np
import pytest

from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.frame import Frame, PixelLayout
from dashcamcleaner.core.person_edits import PersonStyle, PersonTrack
from dashcamcleaner.core.plan import Origin, Region
from dashcamcleaner.pipeline.person_styles import PersonStyles
from dashcamcleaner.pipeline.writer import obscurer_for
from dashcamcleaner.settings import resolve
from tests import fakes

ANN, BEN = (20.0, 20.0, 116.0, 116.0), (200.0, 20.0, 296.0, 116.0)
SETTINGS = resolve({}, {"shape_face": "box", "feather": 0, "style": "solid"})
WHO = (PersonTrack(1, 1, ((0.0, 9.0),)), PersonTrack(2, 2, ((0.0, 9.0),)))


def painted(*styles: PersonStyle) -> tuple[np.ndarray, np.ndarray]:
    """The luma of Ann's and of Ben's face."""
    rng = np.random.default_rng(5)
    plane = rng.integers(0, 255, (160, 320), dtype=np.uint8)
    frame: Frame = fakes.frame_of_planes([plane], PixelLayout("gray", chroma_shift=(0, 0)))
    regions = [Region(box, "face", 0.9, Origin.DETECTED, track) for track, box in ((1, ANN), (2, BEN))]
    PersonStyles(Edits((*WHO, *styles)), settings=SETTINGS).obscure(frame, regions, plain=obscurer_for(SETTINGS))
    (seen,) = frame.planes
    return seen[20:116, 20:116], seen[20:116, 200:296]


def sides(face: np.ndarray) -> set[int]:
    """Lengths of the runs of one tone along the middle row."""
    row = face[48]
    ends = [0, *(np.flatnonzero(np.diff(row.astype(int))) + 1).tolist(), len(row)]
    return set(np.diff(ends).tolist())


@pytest.mark.parametrize(("asked", "least"), [(24, 24), (32, 32), (48, 48), (2, 16)])
def test_a_mosaic_has_squares_of_the_side_that_was_asked_for(asked: int, least: int) -> None:
    ann, ben = painted(PersonStyle(1, "mosaic", asked))
    assert min(sides(ann)) >= least  # the finest that is safe has six on a side
    if asked in (24, 32):
        assert len(np.unique(ann)) > 1
        assert all(side % least == 0 for side in sides(ann))
    assert len(np.unique(ben)) == 1  # the run's own style


def test_each_has_their_own_style() -> None:
    ann, ben = painted(PersonStyle(1, "gaussian"), PersonStyle(2, "mosaic", 32))
    assert len(np.unique(ann)) > 2
    assert len(np.unique(ben)) <= 9
    ann, ben = painted()
    assert len(np.unique(ann)) == len(np.unique(ben)) == 1
