"""``benchmarks/calibrate.py`` on synthetic observations: from tracks to the file's numbers."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from dashcamcleaner.core.plan import CropCheck, FramePlan
from dashcamcleaner.errors import InputError
from dashcamcleaner.tracking.evidence import FEATURES, EvidenceModel, TrackEvidence, probability
from tests.clips import make
from tests.scenes import SIZE, TIME_BASE, Scene, Thing, even

_PATH = Path(__file__).resolve().parents[1] / "benchmarks" / "calibrate.py"
_SPEC = importlib.util.spec_from_file_location("calibrate", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
calibrate = importlib.util.module_from_spec(_SPEC)
sys.modules["calibrate"] = calibrate
_SPEC.loader.exec_module(calibrate)


def scene(seed: int):
    """Faces and plates that move, weak clutter, and closer looks at all of them: truth and observations."""
    rng = np.random.default_rng(seed)
    things = [
        Thing(
            "plate" if n % 2 else "face",
            start=(float(rng.uniform(100, 1100)), 150.0 + 100 * n),
            speed=(float(rng.uniform(-40, 40)), 0.0),
            size=(48, 16) if n % 2 else (36, 44),
        )
        for n in range(4)
    ]
    made = Scene(things, even(40), seed=seed)
    observations = made.observations(clutter=1.5)
    for seen in observations:
        for box, score, kind in zip(
            seen.detections.xyxy.tolist(), seen.detections.score.tolist(), seen.detections.kind.tolist(), strict=True
        ):
            seen.checks.append(CropCheck(tuple(box), kind, 0.7 if score > 0.2 else 0.02))
    return made.truth(), observations


@pytest.fixture(scope="module")
def known():
    found = []
    for seed in range(3):
        truth, observations = scene(seed)
        found += [dataclasses.replace(one, clip=str(seed)) for one in calibrate.examples(truth, observations)]
    return found


def test_objects_are_true_examples_and_clutter_is_false(known):
    for kind in ("face", "plate"):
        true = [one for one in known if one.kind == kind and one.true]
        false = [one for one in known if one.kind == kind and not one.true]
        assert len({(one.clip, one.track) for one in true}) >= 6
        assert len({(one.clip, one.track) for one in false}) >= 20
        crop = FEATURES.index("crop")
        assert min(one.features[crop] for one in true) > max(one.features[crop] for one in false)


def test_the_numbers_make_a_model_that_tells_objects_from_clutter(known, capsys):
    numbers = calibrate.calibrated(known)
    model = EvidenceModel(numbers["kinds"])
    for kind in ("face", "plate"):
        weights = numbers["kinds"][kind]["weights"]
        assert {name for name, value in weights.items() if value} == set(calibrate.USED)
        judged = numbers["judged"][kind]
        assert judged["log_loss"] < judged["log_loss_of_the_share_alone"] / 2
        assert judged["roc_auc"] > 0.95
        assert judged["reliability"][0]["true"] < 0.1 < 0.9 < judged["reliability"][-1]["true"]
        nothing, something = (TrackEvidence(kind, upright_size=SIZE) for _ in range(2))
        nothing.update((100, 100, 120, 120), score=0.08)
        nothing.check(0.02)
        for n in range(10):
            something.advance(scene_px=0.0, seconds=1 / 30)
            something.update((100 + n, 100, 140 + n, 140), score=0.7)
        something.check(0.7)
        assert probability(model.log_odds(kind, nothing)) < 0.1 < 0.5 < probability(model.log_odds(kind, something))
    assert "| probability | tracks | mean probability | true |" in capsys.readouterr().out


def test_the_same_observations_give_the_same_numbers_also_from_a_file(known):
    truth, observations = scene(0)
    lines = [FramePlan(seen).to_line() for seen in observations]
    stored = [FramePlan.from_line(line, time_base=TIME_BASE).seen for line in lines]
    again = calibrate.examples(truth, stored)
    first = [one for one in known if one.clip == "0"]
    assert [one.true for one in again] == [one.true for one in first]
    assert np.allclose([one.features for one in again], [one.features for one in first], atol=1e-6)
    assert calibrate.calibrated(known) == calibrate.calibrated(known)


def test_a_track_that_cannot_be_told_is_no_example():
    assert calibrate.verdict(np.array([10, 5, 0])) is True
    assert calibrate.verdict(np.array([10, 3, 0])) is None  # neither
    assert calibrate.verdict(np.array([10, 2, 0])) is False
    assert calibrate.verdict(np.array([10, 0, 1])) is None  # it was in an area of which nothing is known


def test_a_kind_without_false_tracks_cannot_be_fitted(known):
    with pytest.raises(InputError, match="no true or no false track of the kind face"):
        calibrate.calibrated([one for one in known if one.kind == "face" and one.true])


def test_clips_that_figures_are_measured_on_are_refused(tmp_path: Path):
    made = make(tmp_path / "a.mp4", frames=3)
    truth = {"clip": "a", "frames": 3, "width": made.size[0], "height": made.size[1], "tracks": []}
    file = tmp_path / "a.json"
    for side in ({}, {"made_of": {"side": "held-out"}}, {"made_of": None}):
        file.write_text(json.dumps(truth | side), encoding="utf-8")
        with pytest.raises(InputError, match="not made of training pictures"):
            calibrate.training_clips(tmp_path)
    file.write_text(json.dumps(truth | {"made_of": {"side": "training"}}), encoding="utf-8")
    assert [clip.name for clip in calibrate.training_clips(tmp_path)] == ["a"]
