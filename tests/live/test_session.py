"""A live run's threads: whichever of them stalls or dies, no frame leaves in which the face can be told.

The scene's face is a colour that nothing else has. The clock is a turned one, which stands still while anybody works:
who stalls, and for how long, is the test's affair and never the machine's.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fakes import pool
from live_scene import FACE, KeepingSink, MadeSource, MoodyDetector, scene, shows_face
from turned_clock import TurnedClock

from dashcamcleaner.core.events import Event, LiveChange, LiveStats, Started
from dashcamcleaner.errors import BackendError, InputError, OutputError
from dashcamcleaner.live import analysis as analysis_module
from dashcamcleaner.live.delay import DelayBuffer
from dashcamcleaner.live.gate import Gate
from dashcamcleaner.live.outlet import Outlet
from dashcamcleaner.live.pictures import LIVE_LAYOUT
from dashcamcleaner.live.ports import StreamFormat
from dashcamcleaner.live.release import CoverReason, Proof, ReleasedFrame, ReleasedSound
from dashcamcleaner.live.session import LiveSession
from dashcamcleaner.obscure.obscurer import Obscurer
from dashcamcleaner.settings import SETTINGS as SETTINGS_ROWS
from dashcamcleaner.settings import Settings

SETTINGS: dict[str, Any] = {"delay": 1.0, "carry": 0.2, "crop_checks": False, "inference_size": 160, "style": "solid"}
EARLY_S = 0.02
"""So long before its time a frame is painted."""


def run_live(
    *,
    frames: int = 45,
    clock: TurnedClock | None = None,
    detector: MoodyDetector | Callable[..., MoodyDetector] | None = None,
    sink: KeepingSink | None = None,
    source: Callable[[TurnedClock], MadeSource] | None = None,
    during: Callable[[LiveSession, Event], None] = lambda session, event: None,
    **settings: Any,
) -> tuple[KeepingSink, list[Event], LiveSession]:
    clock = clock or TurnedClock()
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


def covered_of(kept: KeepingSink) -> list[int]:
    """The numbers of the captured frames that left covered."""
    return [frame.number for frame in kept.frames if frame.covered and frame.number >= 0]


def captured_between(start_s: float, end_s: float, *, frames: int, rate: float = 30.0) -> list[int]:
    """The numbers of the frames that `MadeSource` gives from one time to before another."""
    return [number for number in range(frames) if start_s <= (number + 1) / rate < end_s]


def messages(events: list[Event], what: str) -> list[str]:
    return [event.message for event in events if isinstance(event, LiveChange) and event.what == what]


def test_the_scene_would_show_its_face() -> None:
    assert all(shows_face(scene(number)[0]) for number in range(200))


def test_frames_leave_with_their_regions_hidden_in_order() -> None:
    kept, events, _ = run_live()
    nothing_legible(kept)
    assert covered_of(kept) == []
    seen = [frame for frame in kept.frames if frame.number >= 0]
    assert all(frame.proof is not None and frame.proof.regions for frame in seen)
    assert [frame.number for frame in seen] == list(range(45))
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
    clock = TurnedClock()
    stalling = MoodyDetector(before=once(3, lambda: clock.sleep(1.5)))
    kept, _, _ = run_live(clock=clock, detector=stalling, frames=90)
    nothing_legible(kept)
    late = covered_of(kept)
    assert late[0] == 3, "its answer comes half a second after the frame's time"
    assert all(frame.reason is CoverReason.LATE for frame in kept.frames if frame.number in late)
    assert late == list(range(3, late[-1] + 1))
    assert late[-1] < captured_between(0, 3 / 30 + 1.5, frames=90)[-1], "it goes on ahead, and catches up"


@pytest.mark.parametrize("error", [RuntimeError("the card fell off"), BackendError("no device."), MemoryError()])
def test_a_detector_that_dies_covers_and_is_asked_again(error: Exception) -> None:
    kept, events, _ = run_live(detector=MoodyDetector(before=once(3, fail(error))), frames=75)
    nothing_legible(kept)
    assert len(messages(events, "detector")) == 1
    assert 3 in covered_of(kept)
    assert not set(captured_between(1.0, 9, frames=75)) & set(covered_of(kept)), "it works again"


def test_a_detector_that_stays_dead_keeps_everything_covered() -> None:
    def always(number: int) -> None:
        raise RuntimeError("dead")

    kept, _, _ = run_live(detector=MoodyDetector(before=always))
    nothing_legible(kept)
    assert covered_of(kept) == list(range(45))


def test_while_weights_load_everything_is_covered() -> None:
    clock = TurnedClock()

    def slow(**_: Any) -> MoodyDetector:
        clock.sleep(1.5)
        return MoodyDetector()

    kept, _, _ = run_live(clock=clock, detector=slow, frames=60)
    nothing_legible(kept)
    loading = [frame.number for frame in kept.frames if frame.reason is CoverReason.LOADING and frame.number >= 0]
    assert loading == captured_between(0, 0.5 + EARLY_S, frames=60), "those whose time came before the weights did"
    assert covered_of(kept)[-1] < captured_between(0, 1.5, frames=60)[-1]


def test_weights_that_cannot_be_had_end_the_run_with_their_error() -> None:
    def missing(**_: Any) -> MoodyDetector:
        raise BackendError("there are no weights.")

    clock = TurnedClock()
    live = LiveSession(
        MadeSource(clock, frames=300), [KeepingSink()], settings=Settings(**SETTINGS), models=pool(missing), clock=clock
    )
    with pytest.raises(BackendError, match="no weights"):
        list(live.run())


def test_a_source_that_stalls_is_covered_by_cards_while_it_does() -> None:
    kept, _, _ = run_live(source=lambda clock: MadeSource(clock, frames=40, before=once(15, lambda: clock.sleep(1.8))))
    nothing_legible(kept)
    cards = [frame for frame in kept.frames if frame.reason is CoverReason.STALLED and frame.captured_s > 0.3]
    assert cards
    assert all(frame.number == -1 for frame in cards)


def test_a_source_that_takes_time_to_open_does_not_count_as_stalled() -> None:
    class SlowToOpen(MadeSource):
        def open(self) -> StreamFormat:
            assert isinstance(self.clock, TurnedClock)
            self.clock.sleep(2.0)
            return super().open()

    kept, _, _ = run_live(source=lambda clock: SlowToOpen(clock, frames=75))
    assert kept.frames
    assert all(frame.reason is not CoverReason.STALLED for frame in kept.frames)


@pytest.mark.parametrize("rate", [SETTINGS_ROWS["capture_rate"].minimum, SETTINGS_ROWS["capture_rate"].maximum])
def test_a_source_does_not_count_as_stalled_at_its_own_pace(rate: float) -> None:
    kept, _, _ = run_live(source=lambda clock: MadeSource(clock, frames=6, rate=rate))
    nothing_legible(kept)
    assert [frame.number for frame in kept.frames if not frame.covered] == list(range(6))
    assert all(frame.captured_s < 1 / rate for frame in kept.frames if frame.reason is CoverReason.STALLED)


@pytest.mark.parametrize("rate", [1.0, 15.0])
def test_a_detector_that_works_on_many_at_once_holds_none_back_for_a_slow_source(rate: float) -> None:
    detector = MoodyDetector()
    detector.parallel = 16
    kept, _, _ = run_live(
        source=lambda clock: MadeSource(clock, frames=round(2 * rate) + 2, rate=rate), detector=detector
    )
    nothing_legible(kept)
    assert covered_of(kept) == []


def test_a_source_that_breaks_off_is_opened_again() -> None:
    made: list[MadeSource] = []

    def source(clock: TurnedClock) -> MadeSource:
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

    def __init__(self, clock: TurnedClock, *, other_size: bool = False) -> None:
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

    def source(clock: TurnedClock) -> MadeSource:
        made.append(ReturningSource(clock, other_size=other_size))
        return made[0]

    kept, events, _ = run_live(source=source)
    nothing_legible(kept)
    assert made[0].opened == (4 if other_size else 3)
    told = messages(events, "source")
    reasons = ["the cable is out.", "nobody answers.", *(["came back with another size."] if other_size else [])]
    assert len(told) == len(reasons) + 1, "each reason is told once"
    for reason, text in zip(reasons, told, strict=False):
        assert text.endswith(f"{reason} It is opened again.")
    assert told[-1].endswith("is back.")
    assert {picture.shape for picture in kept.pictures} == {(96, 160, 3)}


def test_a_planner_that_stalls_covers(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = TurnedClock()
    real = analysis_module.Analysis.take
    before = once(3, lambda: clock.sleep(1.5))

    def slow(self: Any, held: Any, frame: Any, seen: Any) -> None:
        with self._lock:
            before(held.number)
        real(self, held, frame, seen)

    monkeypatch.setattr(analysis_module.Analysis, "take", slow)
    kept, _, _ = run_live(clock=clock, frames=60)
    nothing_legible(kept)
    assert 3 in covered_of(kept)


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

    clock = TurnedClock()
    real = Gate.release
    before = once(10, lambda: clock.sleep(0.9))

    def slow(self: Gate, held: Any, answer: Any, **more: Any) -> Any:
        before(held.number)
        return real(self, held, answer, **more)

    monkeypatch.setattr(Gate, "release", slow)
    kept, events, _ = run_live(clock=clock, frames=75)
    nothing_legible(kept)
    last = events[-1]
    assert isinstance(last, LiveStats)
    numbers = [frame.number for frame in kept.frames if frame.number >= 0]
    lost = [number for number in range(75) if number not in numbers]
    assert lost == list(range(11, 11 + len(lost))), "it catches up instead of staying behind"
    assert last.dropped == len(lost) == int((0.9 - EARLY_S - 0.25) * 30), (
        "those that are more than a quarter of a second behind"
    )


def test_a_sink_that_stalls_holds_up_no_other() -> None:
    clock = TurnedClock()
    slow, quick = KeepingSink(before=once(5, lambda: clock.sleep(1.2))), KeepingSink()
    live = LiveSession(
        MadeSource(clock, frames=45), [slow, quick], settings=Settings(**SETTINGS), models=pool(MoodyDetector()),
        clock=clock,
    )  # fmt: skip
    list(live.run())
    nothing_legible(slow)
    nothing_legible(quick)
    assert [frame.number for frame in quick.frames if frame.number >= 0] == list(range(45))


def test_a_sink_that_fails_is_opened_again_and_told() -> None:
    kept, events, _ = run_live(sink=KeepingSink(before=once(5, fail(OutputError("the pipe broke.")))), frames=60)
    nothing_legible(kept)
    told = messages(events, "sink")
    assert "the pipe broke." in told[0]
    assert told[1].endswith("works again.")


UNTIED_RATE = 30.5
"""With it no frame is captured at a whole second, when the session tells its figures."""


def untied(clock: TurnedClock) -> MadeSource:
    return MadeSource(clock, frames=90, rate=UNTIED_RATE)


@pytest.mark.parametrize("seconds", [0.4, 1.5], ids=["shorter than the delay", "longer"])
def test_panic_covers_what_waits_and_what_comes(seconds: float) -> None:
    asked = threading.Event()

    def during(live: LiveSession, event: Event) -> None:
        if isinstance(event, LiveStats) and not asked.is_set():
            asked.set()
            live.panic(seconds)

    kept, events, live = run_live(source=untied, during=during)
    nothing_legible(kept)
    panicked = [frame.number for frame in kept.frames if frame.reason is CoverReason.PANIC]
    assert panicked == covered_of(kept)
    to_s = live._state.panic_to_s
    assert panicked == captured_between(to_s - seconds - 1.0, to_s, frames=90, rate=UNTIED_RATE)
    assert len(messages(events, "panic")) == 1


def test_panic_throws_away_what_a_slow_sink_has_not_taken() -> None:
    clock = TurnedClock()
    taken, go_on = threading.Event(), threading.Event()

    def before(number: int) -> None:
        if number == 1:
            taken.set()
            assert go_on.wait(20)

    kept = KeepingSink(before=before)
    outlet = Outlet(kept, clock=clock, tell=lambda *_: None, drop=lambda: None)
    gate = Gate(size=(160, 96), obscurer=Obscurer())
    frames = [gate.covered(number, number / 10, CoverReason.LATE) for number in range(6)]
    seen = [
        ReleasedFrame(one.number, one.captured_s, one.native, proof=Proof(one.number, at, (), at, at, 0.2))
        for one in frames
        for at in [one.captured_s]
    ]
    thread = threading.Thread(target=outlet.run, args=(StreamFormat((160, 96), LIVE_LAYOUT, 10.0),))
    thread.start()
    outlet.put(seen[0])
    assert taken.wait(20)
    for item in (seen[1], frames[2], ReleasedSound(0.3, None), seen[4]):
        outlet.put(item)
    outlet.blank()
    outlet.put(frames[5])
    outlet.end()
    go_on.set()
    thread.join(20)
    assert [frame.number for frame in kept.frames] == [0, 2, 5]
    assert not kept.sounds


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
    clock = TurnedClock()
    kept, _, _ = run_live(
        clock=clock,
        source=lambda clock: MadeSource(clock, frames=45, sound=True),
        detector=MoodyDetector(before=once(3, lambda: clock.sleep(1.6))),
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
