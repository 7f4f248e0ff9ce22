"""Settings become the rules of each kind: a kind's own setting, the common one, the weights', the kind's default."""

from __future__ import annotations

import dataclasses

import pytest

from dashcamcleaner.core.kinds import BUILT_IN, rules_of
from dashcamcleaner.detection.weights import find_weights
from dashcamcleaner.pipeline.build import rules_per_kind, shapes_per_kind
from dashcamcleaner.settings import Settings


def test_by_default_the_rules_are_the_kinds_own() -> None:
    assert rules_per_kind(Settings(), recommended={}) == dict(BUILT_IN)
    other = rules_per_kind(Settings(faces=False, other_kinds=("screen",)), recommended={})
    assert other == {"plate": rules_of("plate"), "screen": rules_of("screen")}
    assert rules_of("screen").noun == "screen"


def test_a_threshold_comes_from_the_nearest_that_says_one() -> None:
    def thresholds(settings: Settings) -> dict[str, tuple[float, float]]:
        rules = rules_per_kind(settings, recommended={"face": 0.3})
        return {kind: (one.threshold, one.probability) for kind, one in rules.items()}

    unsaid = BUILT_IN["plate"].threshold, BUILT_IN["plate"].probability
    assert thresholds(Settings()) == {"face": (0.3, BUILT_IN["face"].probability), "plate": unsaid}
    assert thresholds(Settings(threshold=0.4)) == {"face": (0.4, 0.4), "plate": (0.4, 0.4)}
    assert thresholds(Settings(threshold=0.4, threshold_plate=0)) == {"face": (0.4, 0.4), "plate": (0, 0)}


def test_without_a_word_the_weights_recommend() -> None:
    recommended = find_weights("auto").thresholds
    assert {kind: one.threshold for kind, one in rules_per_kind(Settings()).items()} == recommended


def test_growth_per_side_and_per_axis() -> None:
    def growth(settings: Settings) -> dict[str, tuple[float, float]]:
        return {kind: one.growth for kind, one in rules_per_kind(settings, recommended={}).items()}

    assert growth(Settings(growth_face=1.5, other_kinds=("screen",))) == {
        "face": (1.5, 1.5),
        "plate": BUILT_IN["plate"].growth,
        "screen": (1.3, 1.3),
    }
    assert growth(Settings(growth=2, growth_plate=1.2)) == {"face": (2, 2), "plate": (1.2, 1.2)}


def test_shapes_are_told_of_kinds_that_are_not_hidden_now_too() -> None:
    settings = Settings(faces=False, shape_plate="ellipse", other_kinds=("screen",))
    assert shapes_per_kind(settings) == {"face": "ellipse", "plate": "ellipse", "screen": "box"}
    assert rules_per_kind(settings, recommended={})["plate"].shape == "ellipse"


def test_rules_are_frozen_and_stand_under_their_own_name() -> None:
    assert all(rules.kind == kind for kind, rules in BUILT_IN.items())
    with pytest.raises(dataclasses.FrozenInstanceError):
        BUILT_IN["face"].threshold = 1.0  # type: ignore[misc]
    with pytest.raises(TypeError):
        BUILT_IN["person"] = rules_of("person")  # type: ignore[index]
