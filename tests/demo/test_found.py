"""What the shipped weights find in the demo clip: it is the first thing that anybody sees of the program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from dashcamcleaner.core.boxes import contains
from dashcamcleaner.demo import scenery
from dashcamcleaner.demo.clip import FRAMES, Actor, cast, make_demo, place_of
from dashcamcleaner.settings import resolve
from dashcamcleaner.training.clips import DryRun

HEAD = (132, 20, 380, 345)
"""Cap to chin in the picture of a person, mirrored or not."""
PLATE = (180, 269, 460, 319)
"""Where the widest plate is in the picture of a car."""
OF_SIZE = {(1500, 512): ("face", HEAD), (500, 640): ("plate", PLATE)}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.closer_looks,
    pytest.mark.skipif(scenery.find_spec("matplotlib") is None, reason="the portrait comes with matplotlib"),
]


def _things(actors: Sequence[Actor], t: int) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Kind and box of every face and plate at a frame, whatever stands before it."""
    found = []
    for actor in actors:
        shape = actor.picture.shape[:2]
        if shape in OF_SIZE:
            kind, (x1, y1, x2, y2) = OF_SIZE[shape]
            x, y, height = place_of(actor, t)
            k = height / shape[0]
            left, top = x - k * shape[1] / 2, y - height
            found.append((kind, (left + k * x1, top + k * y1, left + k * x2, top + k * y2)))
    return found


def test_nothing_but_faces_and_plates_is_hidden_in_any_frame_of_the_demo(tmp_path: Path) -> None:
    """Each region belongs to a track that was on a face or plate. One that is lost behind the lamp post is followed for
    the fill time."""
    settings = resolve({})
    with DryRun(make_demo(tmp_path), settings) as run:
        plans = run.plans()
    assert len(plans) == FRAMES
    actors = cast()
    on, off = Counter[int | None](), Counter[int | None]()
    for t, plan in enumerate(plans):
        things = _things(actors, t)
        for region in plan.regions:
            x, y = (region.xyxy[0] + region.xyxy[2]) / 2, (region.xyxy[1] + region.xyxy[3]) / 2
            there = any(kind == region.kind and contains(box, (x, y, x, y)) for kind, box in things)
            (on if there else off)[region.track] += 1
    fill = int(max(settings.fill_before, settings.fill_after) * 30)
    assert {track for track, frames in off.items() if not on[track] or frames > fill} == set()
    assert sum(frames > 30 for frames in on.values()) >= 6, (
        "two people, one of them before and behind the lamp post, and three cars"
    )
