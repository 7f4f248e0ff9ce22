"""Leak figures of weights on a labelled clip that is made here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashcamcleaner.core.plan import CropCheck
from dashcamcleaner.detection.crop_check import CROP_SIZE_PX, CropChecker
from dashcamcleaner.detection.tiling import FrameDetector
from dashcamcleaner.errors import InputError
from dashcamcleaner.media.probe import probe
from dashcamcleaner.pipeline.frames import FramePlanner
from dashcamcleaner.pipeline.observations import LiveObservationSource
from dashcamcleaner.planning.planner import TrackPlanner
from dashcamcleaner.settings import resolve
from dashcamcleaner.tracking.camera_motion import MotionEstimator
from dashcamcleaner.training.clips import DryRun, clip_figures
from tests.clips import make
from tests.fakes import Row, ScriptedDetector

BOX = (100.0, 60.0, 140.0, 100.0)


def _labelled_clip(folder: Path) -> Path:
    made = make(folder / "a.mp4", frames=20)
    truth = {
        "clip": "a",
        "frames": 20,
        "width": made.size[0],
        "height": made.size[1],
        "tracks": [
            {"id": "f", "kind": "face", "legible": [[0, 19]], "boxes": {str(i): list(BOX) for i in range(20)}},
        ],
    }
    (folder / "a.json").write_text(json.dumps(truth), encoding="utf-8")
    return folder


@pytest.mark.parametrize("sees", [True, False])
def test_what_is_seen_is_covered_and_what_is_not_leaks(tmp_path: Path, sees: bool) -> None:
    rows: list[Row] = [(*BOX, 0.9, "face")] if sees else []

    def opener(_size: int, upright: tuple[int, int]) -> ScriptedDetector:
        return ScriptedDetector(lambda _number, _picture: rows, script_size=upright, input_size=(320, 192))

    figures = clip_figures(
        "fake", _labelled_clip(tmp_path), thresholds={"face": 0.3, "plate": 0.3}, inference_sizes=[320], opener=opener
    )
    face = figures["320"]["face"]
    assert face["legible_object_frames"] == 20
    assert face["not_covered"] == (0 if sees else 20)
    assert face["never_detected"] == (0 if sees else 1)


def test_a_folder_without_truth_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no labelled clip"):
        clip_figures("fake", tmp_path, thresholds={}, inference_sizes=[320])


def _unsure_run(clip: Path, **dials: object) -> DryRun:
    """A dry run over a clip whose detector is unsure of one box, and whose closer looks are little surer."""
    size = probe(clip).upright_size
    rows: list[Row] = [(*BOX, 0.3, "face")]
    detector = ScriptedDetector(lambda _number, _picture: rows, script_size=size, input_size=(320, 192))
    middle = CROP_SIZE_PX / 2
    close = ScriptedDetector(
        lambda number, _picture: [
            (*(middle + sign * (28 if number % 2 else 14) for sign in (-1, -1, 1, 1)), 0.4, "face"),
        ]
    )
    return DryRun(
        clip,
        resolve({"inference_size": 320, **dials}),
        detector=FrameDetector(detector, upright_size=size),
        checker=CropChecker(close),
    )


def test_a_dry_run_takes_closer_looks_and_plans_what_a_live_run_plans(tmp_path: Path) -> None:
    clip = _labelled_clip(tmp_path) / "a.mp4"
    with _unsure_run(clip) as run:
        replayed = run.plans()
        checks = [check for plan in replayed for check in plan.seen.checks]
        assert {check.kind for check in checks} == {"face"}
        assert all(isinstance(check, CropCheck) and check.score == pytest.approx(0.4) for check in checks)
        assert len(checks) >= 3
    with _unsure_run(clip) as run:
        planner, live = run.planner(), []
        source = LiveObservationSource(
            run.detector, motion=MotionEstimator(upright_size=run.info.upright_size), log=None
        )
        looking = FramePlanner(planner, checker=run._checker, picture_size=run.detector.picture_size)
        for frame, seen in source.see(run.frames()):
            live += looking.take(frame, seen)
        live += planner.finish()
        assert isinstance(planner, TrackPlanner)
        assert 0.5 < planner.probabilities[1] <= 1
    assert [plan.to_line() for plan in replayed] == [plan.to_line() for plan in live]


def test_dials_are_turned_without_looking_again(tmp_path: Path) -> None:
    with _unsure_run(_labelled_clip(tmp_path) / "a.mp4") as run:
        assert all(plan.regions for plan in run.plans())
        seen = run.detector.detector.seen  # type: ignore[attr-defined]
        assert not any(plan.regions for plan in run.plans(threshold_face=0.9999))
        assert run.detector.detector.seen == seen == 20  # type: ignore[attr-defined]
