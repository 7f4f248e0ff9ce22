"""A live run's threads: whichever of them stalls or dies, no frame leaves in which the face can be told.

The scene's face is a colour that nothing else has. What is held against the clock is only what must hold however slow
the machine is: every frame that left is looked at.
"""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fakes import pool
from live_scene import FACE, KeepingSink, MadeSource, MoodyDetector, scene, shows_face

from dashcamcleaner.core.events import Event, LiveChange, LiveStats, Started
from dashcamcleaner.errors import BackendError, InputError, OutputError
from dashcamcleaner.live import analysis as analysis_module
from dashcamcleaner.live.clock import SessionClock
from dashcamcleaner.live.delay import DelayBuffer
from dashcamcleaner.live.ports import StreamFormat
from dashcamcleaner.live.release import CoverReason
from dashcamcleaner.live.session import LiveSession
from dashcamcleaner.settings import Settings

SETTINGS: dict[str, Any] = {"delay": 1.0, "carry": 0.2, "crop_checks": False, "inference_size": 160, "style": "solid"}


def run_live(
    *,
    frames: int = 45,
    detector: MoodyDetector | None = None,
    sink: KeepingSink | None = None,
    source: Callable[[SessionClock], MadeSource] | None = None,
    during: Callable[[LiveSession, Event], None] = lambda session, event: None,
    **settings: Any,
) -> tuple[KeepingSink, list[Event], LiveSession]:
    clock = SessionClock()
    kept = sink or KeepingSink()
    made = source(clock) if source else MadeSource(clock, frames=frames)
    models = pool(detector or MoodyDetector())
    live = LiveSession(made, [kept], settings=Settings(**{**SETTINGS, **settings}), models=models, clock=clock)
    events = []
    for event in live.run():
        events.append(event)
        during(live, event)
    return kept, events, live


def nothing_legible(kept: KeepingSink) -> None:
    assert kept.frames
    for frame, picture in zip(kept.frames, kept.pictures, strict=True):
        assert not shows_face(picture), f"frame {frame.number} shows the face"
        if frame.covered:
            assert len(np.unique(picture)) < 200
            assert frame.reason is not None


def messages(events: list[Event], what: str) -> list[str]:
    return [event.message for event in events if isinstance(event, LiveChange) and event.what == what]


def test_the_scene_would_show_its_face() -> None:
    assert all(shows_face(scene(number)[0]) for number in range(200))


def test_frames_leave_with_their_regions_hidden_in_order() -> None:
    kept, events, _ = run_live()
    nothing_legible(kept)
    seen = [frame for frame in kept.frames if not frame.covered]
    assert seen, "some leave uncovered"
    assert all(frame.proof is not None and frame.proof.regions for frame in seen)
    times = [frame.captured_s for frame in kept.frames if frame.number >= 0]
    assert times == sorted(times)
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], LiveStats)
    assert messages(events, "ended") == ["The source has ended."]


def once(at: int, act: Callable[[], None]) -> Callable[[int], None]:
    done = threading.Event()

    def before(number: int) -> None:
        if number >= at and not done.is_set():
            done.set()
            act()

    return before


def fail(error: Exception) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def test_a_detector_that_stalls_covers() -> None:
    kept, _, _ = run_live(detector=MoodyDetector(before=once(3, lambda: time.sleep(1.5))), frames=60)
    nothing_legible(kept)
    assert any(frame.reason is CoverReason.LATE for frame in kept.frames)


@pytest.mark.parametrize("error", [RuntimeError("the card fell off"), BackendError("no device."), MemoryError()])
def test_a_detector_that_dies_covers_and_is_asked_again(error: Exception) -> None:
    kept, events, _ = run_live(detector=MoodyDetector(before=once(3, fail(error))), frames=75)
    nothing_legible(kept)
    assert len(messages(events, "detector")) == 1
    assert any(frame.covered for frame in kept.frames)


def test_a_detector_that_stays_dead_keeps_everything_covered() -> None:
    def always(number: int) -> None:
        raise RuntimeError("dead")

    kept, _, _ = run_live(detector=MoodyDetector(before=always))
    nothing_legible(kept)
    assert all(frame.covered for frame in kept.frames)


def test_while_weights_load_everything_is_covered() -> None:
    def slow(**_: Any) -> MoodyDetector:
        time.sleep(1.5)
        return MoodyDetector()

    clock = SessionClock()
    kept = KeepingSink()
    live = LiveSession(
        MadeSource(clock, frames=30), [kept], settings=Settings(**SETTINGS), models=pool(slow), clock=clock
    )
    list(live.run())
    nothing_legible(kept)
    assert any(frame.reason is CoverReason.LOADING for frame in kept.frames)


def test_weights_that_cannot_be_had_end_the_run_with_their_error() -> None:
    def missing(**_: Any) -> MoodyDetector:
        raise BackendError("there are no weights.")

    clock = SessionClock()
    live = LiveSession(
        MadeSource(clock, frames=300), [KeepingSink()], settings=Settings(**SETTINGS), models=pool(missing), clock=clock
    )
    with pytest.raises(BackendError, match="no weights"):
        list(live.run())


def test_a_source_that_stalls_is_covered_by_cards_while_it_does() -> None:
    kept, _, _ = run_live(source=lambda clock: MadeSource(clock, frames=40, before=once(15, lambda: time.sleep(1.5))))
    nothing_legible(kept)
    cards = [frame for frame in kept.frames if frame.reason is CoverReason.STALLED and frame.captured_s > 0.3]
    assert cards
    assert all(frame.number == -1 for frame in cards)


def test_a_source_that_breaks_off_is_opened_again() -> None:
    made: list[MadeSource] = []

    def source(clock: SessionClock) -> MadeSource:
        made.append(MadeSource(clock, frames=40, before=once(15, fail(InputError("the cable is out.")))))
        return made[0]

    kept, events, _ = run_live(source=source)
    nothing_legible(kept)
    assert made[0].opened == 2
    told = messages(events, "source")
    assert "the cable is out." in told[0]
    assert told[1].endswith("is back.")


class ReturningSource(MadeSource):
    """Breaks off once, cannot be opened a few times, and comes back; at first, if asked, with another size."""

    def __init__(self, clock: SessionClock, *, other_size: bool = False) -> None:
        super().__init__(clock, frames=80, before=once(15, fail(InputError("the cable is out."))))
        self.other_size = other_size

    def open(self) -> StreamFormat:
        form = super().open()
        if self.opened == 2:
            raise InputError("nobody answers.")
        if self.opened == 3 and self.other_size:
            return dataclasses.replace(form, size=(64, 48))
        return form


@pytest.mark.parametrize("other_size", [False, True])
def test_a_source_that_cannot_be_opened_for_a_while_is_tried_again(other_size: bool) -> None:
    made: list[ReturningSource] = []

    def source(clock: SessionClock) -> MadeSource:
        made.append(ReturningSource(clock, other_size=other_size))
        return made[0]

    kept, events, _ = run_live(source=source)
    nothing_legible(kept)
    assert made[0].opened == (4 if other_size else 3)
    assert [text.split()[-1] for text in messages(events, "source")] == ["again.", "back."]
    assert {picture.shape for picture in kept.pictures} == {(96, 160, 3)}


def test_a_planner_that_stalls_covers(monkeypatch: pytest.MonkeyPatch) -> None:
    real = analysis_module.Analysis.take
    before = once(3, lambda: time.sleep(1.5))

    def slow(self: Any, held: Any, frame: Any, seen: Any) -> None:
        with self._lock:
            before(held.number)
        real(self, held, frame, seen)

    monkeypatch.setattr(analysis_module.Analysis, "take", slow)
    kept, _, _ = run_live(frames=60)
    nothing_legible(kept)
    assert any(frame.covered for frame in kept.frames)


def test_painting_that_fails_covers(monkeypatch: pytest.MonkeyPatch) -> None:
    from dashcamcleaner.obscure.obscurer import Obscurer

    real = Obscurer.obscure
    calls: list[int] = []

    def sometimes(self: Obscurer, frame: Any, regions: Any) -> None:
        calls.append(1)
        if len(calls) % 3 == 1:
            frame.make_writable()[0][:] = 0  # half done
            raise MemoryError
        real(self, frame, regions)

    monkeypatch.setattr(Obscurer, "obscure", sometimes)
    kept, _, _ = run_live()
    nothing_legible(kept)
    assert sum(frame.reason is CoverReason.FAILED for frame in kept.frames) >= len(calls) // 3


def test_the_thread_that_lets_frames_leave_may_stall_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from dashcamcleaner.live.gate import Gate

    real = Gate.release
    before = once(10, lambda: time.sleep(0.9))

    def slow(self: Gate, held: Any, answer: Any, **more: Any) -> Any:
        before(held.number)
        return real(self, held, answer, **more)

    monkeypatch.setattr(Gate, "release", slow)
    kept, events, _ = run_live(frames=75)
    nothing_legible(kept)
    last = events[-1]
    assert isinstance(last, LiveStats)
    assert last.dropped > 0, "it catches up instead of staying behind"


def test_a_sink_that_stalls_holds_up_no_other() -> None:
    clock = SessionClock()
    slow, quick = KeepingSink(before=once(5, lambda: time.sleep(1.2))), KeepingSink()
    live = LiveSession(
        MadeSource(clock, frames=45), [slow, quick], settings=Settings(**SETTINGS), models=pool(MoodyDetector()),
        clock=clock,
    )  # fmt: skip
    list(live.run())
    nothing_legible(slow)
    nothing_legible(quick)
    assert len(quick.frames) >= 45 - 15


def test_a_sink_that_fails_is_opened_again_and_told() -> None:
    kept, events, _ = run_live(sink=KeepingSink(before=once(5, fail(OutputError("the pipe broke.")))), frames=60)
    nothing_legible(kept)
    told = messages(events, "sink")
    assert "the pipe broke." in told[0]
    assert told[1].endswith("works again.")


def test_panic_covers_what_waits_and_what_comes() -> None:
    asked = threading.Event()

    def during(live: LiveSession, event: Event) -> None:
        if isinstance(event, LiveStats) and not asked.is_set():
            asked.set()
            live.panic(0.8)

    kept, events, live = run_live(frames=90, during=during)
    nothing_legible(kept)
    panicked = [frame for frame in kept.frames if frame.reason is CoverReason.PANIC]
    assert panicked
    assert all(
        frame.covered
        for frame in kept.frames
        if live._state.panic_from_s - 0.4 < frame.captured_s < live._state.panic_from_s
    )
    assert len(messages(events, "panic")) == 1


def test_stopping_ends_all_threads_soon() -> None:
    def during(live: LiveSession, event: Event) -> None:
        if isinstance(event, LiveStats) and event.frames:
            live.stop()

    kept, events, _ = run_live(frames=10**6, during=during)
    nothing_legible(kept)
    assert messages(events, "ended") == ["The run was stopped."]


def test_nobody_asks_for_frames_over_and_over_once_the_source_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    real = DelayBuffer.next_unseen
    asked_after: list[float] = []

    def counted(self: DelayBuffer, now_s: float) -> Any:
        if self.ended:
            asked_after.append(now_s)
        return real(self, now_s)

    monkeypatch.setattr(DelayBuffer, "next_unseen", counted)
    kept, _, _ = run_live(frames=20)
    nothing_legible(kept)
    assert len(asked_after) <= 20 + 1, "each frame that waits once, and once that there are no more"


@pytest.mark.parametrize("mute", [True, False])
def test_sound_is_delayed_alike_and_muted_while_covered_if_asked(mute: bool) -> None:
    kept, _, _ = run_live(
        source=lambda clock: MadeSource(clock, frames=45, sound=True),
        detector=MoodyDetector(before=once(3, lambda: time.sleep(1.6))),
        mute_covered=mute,
    )
    assert kept.sounds
    silent = [sound for sound in kept.sounds if not sound.native.to_ndarray().any()]
    assert all(sound.muted for sound in silent)
    assert bool(silent) is mute


def test_objects_that_flash_up_between_detections_are_covered_as_soon_as_one_is_detected() -> None:
    def paint(number: int) -> np.ndarray:
        picture, (x1, y1, x2, y2) = scene(number)
        if number % 30 < 20:
            picture[y1:y2, x1:x2] = 90
        return picture

    assert not shows_face(paint(3))
    assert FACE == (250, 30, 200)
    kept, _, _ = run_live(source=lambda clock: MadeSource(clock, frames=90, paint=paint))
    nothing_legible(kept)
