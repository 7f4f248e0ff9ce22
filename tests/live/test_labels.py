"""Labels over a threshold: what is a rule, when it is at work, and what is known of a frame that nobody scored."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fakes import pool
from live_scene import KeepingSink, MadeSource, MoodyDetector
from turned_clock import TurnedClock

from dashcamcleaner.core.events import LiveChange
from dashcamcleaner.errors import SettingError
from dashcamcleaner.live import labels
from dashcamcleaner.live.labels import LabelRule, LabelWatch, parse_rule
from dashcamcleaner.live.release import CoverReason
from dashcamcleaner.live.session import LiveSession
from dashcamcleaner.scenes.classify import safety
from dashcamcleaner.settings import SETTINGS, Settings

DIALS: dict[str, Any] = {"hits": 1, "of": 1, "bypass": 0.95, "hold_s": 1.0}


def test_rules_are_read() -> None:
    assert parse_rule("nudity>0.6", **DIALS) == LabelRule("nudity", 0.6)
    assert parse_rule(" fight > .25 ", **DIALS).threshold == 0.25
    for wrong in ("nudity", "nudity<0.6", "nudity>1.5", "nudity>x", ">0.5", "Nudity;rm>0.5", ""):
        with pytest.raises(SettingError, match="no rule"):
            parse_rule(wrong, **DIALS)
    with pytest.raises(SettingError, match="3 of 2"):
        parse_rule("nudity>0.6", **{**DIALS, "hits": 3, "of": 2})


def test_a_label_that_nothing_scores_is_refused_before_anything_is_opened() -> None:
    with pytest.raises(SettingError, match=r"Nothing scores nudty\.") as refused:
        parse_rule("nudty>0.6", **DIALS)
    assert "nudity" in refused.value.hint
    made = {*safety.SAFETY_LABELS, *safety._PARTS, *(part for parts in safety._SCORES.values() for part in parts)}
    assert made == labels._SCORES | labels._PARTS


def watch(*scores: float, step_s: float = 0.5, delay_s: float = 1.0, **dials: Any) -> LabelWatch:
    made = LabelWatch([LabelRule("nudity", 0.6, **dials)], delay_s=delay_s)
    for number, score in enumerate(scores):
        made.add(number * step_s, {"nudity": score, "violence": 1.0})
    return made


def at_work(made: LabelWatch, captured_s: float) -> bool:
    return bool(made.at(captured_s)[1])


def test_a_hit_counts_from_the_score_before_it_until_its_hold_has_passed() -> None:
    made = watch(0.1, 0.1, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1, hold_s=1.0)
    assert not at_work(made, 0.4)
    assert at_work(made, 0.7), "it may have begun at any time since the score before"
    assert at_work(made, 1.0)
    assert at_work(made, 1.9)
    assert not at_work(made, 2.2)
    assert made.at(1.0)[2] == (("nudity", 0.9),)


def test_k_of_n_hits_and_a_bypass_for_one_that_is_plain() -> None:
    dials = {"hits": 2, "of": 3, "hold_s": 0.1}
    assert not at_work(watch(0.1, 0.8, 0.1, 0.1, **dials), 0.5)
    made = watch(0.1, 0.8, 0.1, 0.8, 0.1, **dials)
    assert at_work(made, 1.5)
    assert at_work(watch(0.1, 0.97, 0.1, **dials), 0.5)


def test_a_frame_is_known_only_between_scores_that_lie_close_enough() -> None:
    made = watch(0.1, 0.1, step_s=1.0)
    assert made.at(0.5)[0]
    assert not made.at(1.2)[0], "nothing was scored after it"
    assert not made.at(-0.1)[0]
    assert not watch(0.1, 0.1, step_s=2.0).at(1.0)[0]
    assert not LabelWatch([LabelRule("nudity", 0.5)], delay_s=1.0).at(0.0)[0]


@pytest.mark.parametrize("delay", ["minimum", "maximum"])
@pytest.mark.parametrize("hold", ["minimum", "maximum"])
def test_scores_are_kept_for_as_long_as_delay_and_hold_ask_for(delay: str, hold: str) -> None:
    delay_s, hold_s = getattr(SETTINGS["delay"], delay), getattr(SETTINGS["hold"], hold)
    step_s = 1.0
    before, after = int(hold_s / step_s), int((delay_s + 0.4) / step_s)
    made = watch(0.9, *[0.1] * (before + after + 1), step_s=step_s, delay_s=delay_s, hold_s=hold_s)
    at_s = before * step_s  # the frame that leaves at the time of the last score
    assert made.at(at_s)[0], "scores enclose it"
    assert at_work(made, at_s)
    assert not at_work(made, at_s + 0.1), "the hold has passed"
    for number in range(1000):
        made.add((before + after + 2 + number) * step_s, {"nudity": 0.1})
    assert len(made._scored) <= before + after + 6


def test_hits_are_counted_among_as_many_scores_as_are_asked_for_however_slowly_they_come() -> None:
    most = int(SETTINGS["label_of"].maximum or 0)
    made = watch(*[0.8] * (most - 1), step_s=1.5, hits=most, of=most, hold_s=0.1)
    assert made.add(1.5 * (most - 1), {"nudity": 0.8}) == {"nudity"}


def test_a_label_that_nobody_scores_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(SettingError, match="Nothing scores nudity") as told:
        LabelWatch([LabelRule("nudity", 0.5)], delay_s=1.0).add(0.0, {"violence": 0.1})
    assert "violence" in told.value.hint


class MadeScorer:
    """Scores by how red a picture is; stalls or fails where a test asks for it."""

    def __init__(self, *, dead_from: int = 10**9) -> None:
        self.asked = 0
        self.dead_from = dead_from

    def score(self, pictures: Sequence[np.ndarray]) -> list[Any]:
        self.asked += 1
        if self.asked >= self.dead_from:
            raise RuntimeError("dead")
        return [
            SimpleNamespace(scores={"nudity": float(p[..., 0].mean() > p[..., 1].mean() + 60)}, parts={})
            for p in pictures
        ]


def run_labels(
    scorer: MadeScorer,
    *,
    actions: tuple[str, ...] = ("cover", "log"),
    frames: int = 60,
    events: list[Any] | None = None,
    **more: Any,
) -> KeepingSink:
    clock, kept = TurnedClock(), KeepingSink()

    def paint(number: int) -> np.ndarray:
        picture = np.full((96, 160, 3), 90, np.uint8)
        picture[..., 0] = 220 if 25 <= number < 32 else 90
        return picture

    live = LiveSession(
        MadeSource(clock, frames=frames, paint=paint, sound=True), [kept], models=pool(MoodyDetector()), clock=clock,
        settings=Settings(delay=0.6, faces=False, plates=False, crop_checks=False),
        rules=[LabelRule("nudity", 0.5, hold_s=0.2)], open_scorer=lambda: scorer, actions=actions, **more,
    )  # fmt: skip
    happened = list(live.run())
    if events is not None:
        events.extend(happened)
    return kept


def test_a_label_writes_a_mark_into_the_log_alone() -> None:
    events: list[Any] = []
    kept = run_labels(MadeScorer(), actions=("log",), events=events)
    assert all(frame.reason is not CoverReason.LABEL for frame in kept.frames)
    assert not any(sound.muted for sound in kept.sounds)
    marks = [event.message for event in events if isinstance(event, LiveChange) and event.what == "label"]
    assert marks[:2] == ["At work: nudity.", "At work: no label."]
    assert any(frame.hits == ("nudity",) for frame in kept.frames)


def redness(picture: np.ndarray) -> float:
    return float(picture[..., 0].mean() - picture[..., 1].mean())


def test_what_a_label_finds_is_covered_wholly_and_what_nobody_scored_too() -> None:
    kept = run_labels(MadeScorer())
    assert kept.frames
    assert all(redness(picture) < 40 for picture in kept.pictures)
    assert any(frame.reason is CoverReason.LABEL for frame in kept.frames)
    dead = run_labels(MadeScorer(dead_from=2))
    assert sum(not frame.covered for frame in dead.frames) <= 1, "only the one frame that was scored"


def test_a_label_may_mute_alone() -> None:
    kept = run_labels(MadeScorer(), actions=("mute",))
    assert all(frame.reason is not CoverReason.LABEL for frame in kept.frames), "the picture is left as it is"
    assert any(sound.muted for sound in kept.sounds)
    assert not all(sound.muted for sound in kept.sounds)


def test_sound_of_what_nobody_scored_is_muted_where_a_label_mutes() -> None:
    kept = run_labels(MadeScorer(dead_from=1), actions=("mute",))
    assert kept.sounds
    assert all(sound.muted for sound in kept.sounds)


class KeepingSwitch:
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.description = "a switch that keeps"
        self.states: list[bool] = []
        self.switched = threading.Event()

    def connect(self) -> None:
        self.states.append(True)

    def set(self, *, covered: bool, score: float) -> None:
        self.states.append(covered)

    def close(self) -> None:
        self.states.append(True)


def test_a_label_switches_and_the_end_covers() -> None:
    switch = KeepingSwitch()
    run_labels(MadeScorer(), actions=("obs",), frames=75, switches=[switch])
    states = switch.states
    assert states[0]
    assert states[-1]
    assert False in states
    first_clear = states.index(False)
    assert True in states[first_clear:-1], "the label covered"
