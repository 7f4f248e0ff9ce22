"""Evidence: what speaks for a track, and the probability that is made of it."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from dashcamcleaner.tracking.evidence import FEATURES, EvidenceModel, TrackEvidence, logit, probability

SIZE = (1280, 720)


def track(*scores: float, kind: str = "face", side: float = 40.0, unseen: int = 0, dx: float = 3.0) -> TrackEvidence:
    """A track that was seen in consecutive frames and then looked for in vain."""
    evidence = TrackEvidence(kind, upright_size=SIZE)
    for n, score in enumerate(scores):
        if n:
            evidence.advance(scene_px=dx, seconds=1 / 30)
        x = 300 + dx * n
        expected = (x + side / 2, 300 + side / 2, side, side) if n else None
        evidence.update((x, 300, x + side, 300 + side), score=score, expected=expected)
    for _ in range(unseen):
        evidence.advance(scene_px=dx, seconds=1 / 30)
    return evidence


def odds(evidence: TrackEvidence, kind: str = "face") -> float:
    return EvidenceModel.shipped().log_odds(kind, evidence)


@pytest.mark.parametrize("kind", ["face", "plate"])
def test_better_scores_more_sightings_and_closer_looks_speak_for_a_track(kind: str) -> None:
    assert odds(track(0.8, 0.8, 0.8, kind=kind), kind) > odds(track(0.3, 0.3, 0.3, kind=kind), kind)
    assert odds(track(0.3, 0.3, 0.3, kind=kind), kind) > odds(track(0.3, kind=kind), kind)
    good, bad = track(0.3, 0.3, kind=kind), track(0.3, 0.3, kind=kind)
    good.check(0.7)
    bad.check(0.01)
    assert odds(good, kind) > odds(track(0.3, 0.3, kind=kind), kind) > odds(bad, kind)


def test_frames_without_a_sighting_speak_against_it_but_less_after_the_last_one() -> None:
    seen = track(0.4, 0.4, 0.4)
    left = track(0.4, 0.4, 0.4, unseen=6)
    gaps = TrackEvidence("face", upright_size=SIZE)
    for n in range(9):
        gaps.advance(scene_px=3.0, seconds=1 / 30)
        if n % 4 == 0:
            gaps.update((300, 300, 340, 340), score=0.4)
    assert odds(seen) > odds(left)
    assert left.features()[FEATURES.index("seen_share")] > gaps.features()[FEATURES.index("seen_share")]


def test_a_burned_in_text_rests_while_the_scene_moves() -> None:
    def steady(*, scene_px: float, jitter_px: float, frames: int = 45) -> TrackEvidence:
        evidence = TrackEvidence("plate", upright_size=SIZE)
        for n in range(frames):
            evidence.advance(scene_px=scene_px, seconds=1 / 30)
            x = 900 + jitter_px * (1 if n % 2 else -1)
            evidence.update((x, 600, x + 200, 640), score=0.6, expected=(x + 100, 620, 200, 40))
        return evidence

    assert steady(scene_px=8.0, jitter_px=0.2).rests == pytest.approx(1.0)
    assert steady(scene_px=0.0, jitter_px=0.2).rests == 0.0  # a camera that stands still tells nothing
    assert steady(scene_px=8.0, jitter_px=6.0).rests == 0.0  # the plate of a car ahead shakes
    assert steady(scene_px=8.0, jitter_px=0.2, frames=8).rests == 0.0  # too early to tell
    logo, plate = steady(scene_px=8.0, jitter_px=0.2), steady(scene_px=8.0, jitter_px=6.0)
    assert odds(logo, "plate") < logit(0.05) < odds(plate, "plate")


def test_kinds_of_foreign_weights_are_judged_by_the_mean_of_the_known_ones() -> None:
    evidence = track(0.5, 0.5, kind="person")
    known = [EvidenceModel.shipped().log_odds(kind, evidence) for kind in ("face", "plate")]
    assert odds(evidence, "person") == pytest.approx(sum(known) / 2)


def test_log_odds_and_probability_are_inverse_and_finite() -> None:
    assert probability(logit(0.3)) == pytest.approx(0.3)
    assert probability(1e9) == pytest.approx(1.0)
    assert probability(-1e9) == pytest.approx(0.0, abs=1e-9)
    assert logit(0.0) > -10


def test_the_shipped_numbers_name_every_feature() -> None:
    text = resources.files("dashcamcleaner.tracking").joinpath("evidence.json").read_text(encoding="utf-8")
    for row in json.loads(text)["kinds"].values():
        assert set(row["weights"]) == set(FEATURES)
    with pytest.raises(KeyError):
        EvidenceModel({"face": {"intercept": 0.0, "weights": {}}})
    with pytest.raises(ValueError, match="not the numbers"):
        EvidenceModel({})


def test_frames_that_were_skipped_do_not_count_as_not_seen() -> None:
    plain, skipping = track(0.4), track(0.4)
    for n in range(1, 5):
        for _ in range(3):
            skipping.advance(scene_px=3.0, seconds=1 / 120, skipped=True)
        skipping.advance(scene_px=3.0, seconds=1 / 120)
        plain.advance(scene_px=3.0, seconds=1 / 30)
        for one in (plain, skipping):
            one.update((300 + n, 300, 340 + n, 340), score=0.4)
    assert skipping.features() == plain.features()
    assert skipping.typical_score == plain.typical_score
