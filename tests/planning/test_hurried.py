"""Frames taken from a planner before its look-ahead is full: a live picture leaves at its time."""

from __future__ import annotations

import numpy as np
import pytest
from scenes import SIZE, Scene, Thing

from dashcamcleaner.core.planner import HurriedPlanner, Planner
from dashcamcleaner.core.time import Span
from dashcamcleaner.pipeline.build import rules_per_kind
from dashcamcleaner.planning.memory import MemoryPlanner
from dashcamcleaner.planning.planner import TrackPlanner
from dashcamcleaner.settings import Settings
from dashcamcleaner.tracking.evidence import EvidenceModel, TrackEvidence
from dashcamcleaner.tracking.tracker import Tracker

RULES = rules_per_kind(Settings(), recommended={})
SEEN = Scene([Thing("face", (300, 300), (120, 0))], np.arange(60) / 30).observations(clutter=0)


def planners() -> list[Planner]:
    spans = {"upright_size": SIZE, "rules": RULES, "max_waiting_frames": 1000}
    return [
        MemoryPlanner(before=Span(5), after=Span(5), **spans),  # type: ignore[arg-type]
        TrackPlanner(
            tracker=Tracker(upright_size=SIZE), look_ahead_s=1e9, memory_before=Span(3), memory_after=Span(3),
            evidence=EvidenceModel.shipped(), **spans,  # type: ignore[arg-type]
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("which", [0, 1])
def test_frames_are_given_in_order_and_once_with_what_is_known(which: int) -> None:
    planner = planners()[which]
    assert isinstance(planner, HurriedPlanner)
    given = []
    for seen in SEEN:
        given += planner.push(seen)
        given += planner.give(through=seen.index - 10)
    assert [plan.index for plan in given] == list(range(len(given)))
    assert len(given) >= 50
    assert all(plan.regions for plan in given)
    assert planner.give(through=10**6)[-1].index == 59
    assert planner.finish() == []


@pytest.mark.parametrize("which", [0, 1])
def test_nothing_is_given_that_was_not_pushed(which: int) -> None:
    planner = planners()[which]
    assert isinstance(planner, HurriedPlanner)
    assert planner.give(through=5) == []


def test_a_frame_that_the_detector_was_not_asked_about_is_no_miss() -> None:
    asked, skipped = (TrackEvidence("face", upright_size=SIZE) for _ in range(2))
    for evidence, was_asked in ((asked, True), (skipped, False)):
        evidence.update((10, 10, 50, 60), score=0.6)
        for _ in range(10):
            evidence.advance(scene_px=0, seconds=1 / 30, skipped=not was_asked)
    model = EvidenceModel.shipped()
    assert model.log_odds("face", skipped) > model.log_odds("face", asked)
