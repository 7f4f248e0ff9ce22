"""Settings become the rules of each kind: a kind's own setting, the common one, the weights', the kind's default."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.edit_types import ClearZone, Edit, HiddenZone
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.kinds import BUILT_IN, rules_of, thresholds_of
from dashcamcleaner.core.plan import Observation, Origin, Region
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.core.track_edits import DropTrack, KeepTrack, OnlyTrack
from dashcamcleaner.detection.weights_search import find_weights
from dashcamcleaner.errors import SettingError
from dashcamcleaner.pipeline.build import make_planner, rules_per_kind, shapes_per_kind
from dashcamcleaner.planning.weak_spots import planned
from dashcamcleaner.settings import PROFILES, Settings


def test_by_default_the_rules_are_the_kinds_own() -> None:
    assert rules_per_kind(Settings(), recommended={}) == dict(BUILT_IN)
    other = rules_per_kind(Settings(faces=False, other_kinds=("screen",)), recommended={})
    assert other == {"plate": rules_of("plate"), "screen": rules_of("screen")}
    assert rules_of("screen").noun == "screen"


def test_a_threshold_comes_from_the_nearest_that_says_one() -> None:
    def numbers(settings: Settings) -> dict[str, tuple[float, float]]:
        rules = rules_per_kind(settings, recommended={"face": 0.3})
        return {kind: (one.threshold, one.probability) for kind, one in rules.items()}

    plate = BUILT_IN["plate"]
    assert numbers(Settings()) == {
        "face": (0.3, BUILT_IN["face"].probability),
        "plate": (plate.threshold, plate.probability),
    }
    # With tracks it is a track's probability, and the scores stay the weights' own.
    assert numbers(Settings(threshold=0.4)) == {"face": (0.3, 0.4), "plate": (plate.threshold, 0.4)}
    assert numbers(Settings(threshold=0.4, threshold_plate=0)) == {"face": (0.3, 0.4), "plate": (plate.threshold, 0)}
    plain = Settings(threshold=0.4, threshold_plate=0, tracking=False)
    assert {kind: score for kind, (score, _) in numbers(plain).items()} == {"face": 0.4, "plate": 0}


@pytest.mark.parametrize("profile", sorted(PROFILES))
@pytest.mark.parametrize("thorough", [False, True])
def test_no_profile_touches_the_score_from_which_a_detection_counts(profile: str, thorough: bool) -> None:
    recommended = {"face": 0.3, "plate": 0.35}
    for tracking in (True, False):
        settings = Settings(profile=profile, thorough=thorough, tracking=tracking)
        assert thresholds_of(rules_per_kind(settings, recommended=recommended)) == recommended


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


FACE = (700.0, 300.0, 780.0, 400.0, 0.6, "face")
SIZE = (1920, 1080)


def seen_once(row: tuple[float, float, float, float, float, str], *, at: int, frames: int) -> list[Observation]:
    """A clip that shows one object in one frame."""
    found = [Detections.from_rows([row] if index == at else []) for index in range(frames)]
    return [Observation(index, FrameTime(index, Fraction(1, 30)), one) for index, one in enumerate(found)]


def hidden(
    settings: Settings, *, edits: Edits | None = None, whole_clip: bool = False
) -> dict[int, tuple[Region, ...]]:
    """The faces hidden in a clip of 30 frames of which the tenth shows one, by frame."""
    planner = make_planner(
        settings,
        upright_size=SIZE,
        rules=rules_per_kind(settings, recommended={}),
        max_waiting_frames=0 if whole_clip else 100,
        edits=edits,
        whole_clip=whole_clip,
    )
    plans = planned(seen_once(FACE, at=10, frames=30), planner)
    assert not planner.shortened
    faces = {plan.index: tuple(r for r in plan.regions if r.origin is not Origin.MANUAL) for plan in plans}
    return {index: regions for index, regions in faces.items() if regions}


@pytest.mark.parametrize("whole_clip", [False, True])
@pytest.mark.parametrize("tracking", [False, True])
def test_an_edit_elsewhere_changes_nothing_of_what_is_hidden(tracking: bool, whole_clip: bool) -> None:
    settings = Settings(tracking=tracking, memory_before="3", memory_after="2")
    plain = hidden(settings, whole_clip=whole_clip)
    assert 10 in plain
    assert hidden(settings, edits=Edits.of(HiddenZone((0, 0, 5, 5))), whole_clip=whole_clip) == plain
    assert not hidden(settings, edits=Edits.of(ClearZone((0, 0, *SIZE))), whole_clip=whole_clip)


def test_frame_memory_reaches_back_in_a_plan_of_the_whole_clip_too() -> None:
    settings = Settings(tracking=False, memory_before="5", memory_after="2")
    assert list(hidden(settings)) == list(hidden(settings, whole_clip=True)) == list(range(5, 13))


@pytest.mark.parametrize("frames", [1, 20])
def test_a_region_is_as_large_with_tracks_as_without(frames: int) -> None:
    def region(tracking: bool) -> Region:
        settings = Settings(tracking=tracking)
        planner = make_planner(
            settings,
            upright_size=SIZE,
            rules=rules_per_kind(settings, recommended={}),
            max_waiting_frames=frames,
        )
        shown = seen_once(FACE, at=0, frames=1)[0]
        clip = [dataclasses.replace(shown, index=i, time=FrameTime(i, shown.time.time_base)) for i in range(frames)]
        return planned(clip, planner)[-1].regions[0]

    assert region(False).xyxy == pytest.approx(region(True).xyxy)


@pytest.mark.parametrize("edit", [KeepTrack(1), OnlyTrack(1), DropTrack(1)])
def test_edits_of_tracks_are_refused_where_there_are_none(edit: Edit) -> None:
    with pytest.raises(SettingError, match="without tracking"):
        hidden(Settings(tracking=False), edits=Edits.of(edit))


def test_what_is_spurious_is_told_by_the_score_of_its_kind_and_not_by_the_probability() -> None:
    def found(score: float) -> bool:
        settings = Settings(drop_spurious=True)
        planner = make_planner(
            settings,
            upright_size=SIZE,
            rules=rules_per_kind(settings, recommended={"face": 0.3}),
            max_waiting_frames=100,
        )
        seen = seen_once((400.0, 300.0, 440.0, 350.0, score, "face"), at=9, frames=20)
        return any(plan.regions for plan in planned(seen, planner))

    assert [found(score) for score in (0.3, 0.48, 0.52)] == [False, False, True]
