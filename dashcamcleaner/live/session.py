"""A live run, thread by thread.

*capture* puts what the source gives into the delay buffer; *see* asks the detector, measures motion and hands
observations to the analysis; *leave* takes each frame when its time has come, asks for its proof, passes it through the
gate and hands it to the sinks, each of which has a thread of its own. None of them waits for another: a thread that
stalls leaves frames without a proof, and those are covered wholly.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence

from dashcamcleaner.core.events import Event, LiveChange, Started
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import DashcamCleanerError, InputError
from dashcamcleaner.live.analysis import Analysis
from dashcamcleaner.live.clock import Clock, SessionClock
from dashcamcleaner.live.delay import DelayBuffer, HeldFrame
from dashcamcleaner.live.detectors import Detectors
from dashcamcleaner.live.gate import Gate
from dashcamcleaner.live.load import LoadControl, size_steps
from dashcamcleaner.live.outlet import Outlet
from dashcamcleaner.live.pictures import TIME_BASE
from dashcamcleaner.live.ports import CapturedFrame, FrameSink, FrameSource, StreamFormat
from dashcamcleaner.live.release import CoverReason, Proof, ReleasedFrame
from dashcamcleaner.live.stats import LiveCounts
from dashcamcleaner.pipeline.build import make_planner, rules_per_kind
from dashcamcleaner.pipeline.frames import FramePlanner
from dashcamcleaner.pipeline.observations import LiveObservationSource
from dashcamcleaner.pipeline.workers import ThreadGroup
from dashcamcleaner.pipeline.writer import obscurer_for
from dashcamcleaner.settings import Settings
from dashcamcleaner.tracking.camera_motion import MotionEstimator

__all__ = ["LiveSession"]

log = logging.getLogger(__name__)

_STALL_S = 0.5
_CARDS_A_SECOND = 10
"""With nothing captured for the first, this many cards a second leave: nobody is shown a picture that stands still."""
_PLAN_S = 0.02
"""So long before its time a frame is planned and painted, and more where painting takes longer."""
_BEHIND_S = 0.25
"""Frames whose time passed longer ago than this are left out while later ones wait: latency stays bounded."""
_STATS_S = 1.0
_PANIC_S = 10.0
_DETECTOR_RETRY_S = 0.5
_FIRST_RETRY_S, _LAST_RETRY_S = 0.25, 8.0


class LiveSession:
    """One live run.

    Args:
        source: gives frames.
        sinks: take what may be seen.
        settings: the settings of the run; those of the group ``live`` among them.
        models: gives detectors.
        clock: tells time.
    """

    def __init__(
        self,
        source: FrameSource,
        sinks: Sequence[FrameSink],
        *,
        settings: Settings,
        models: ModelPool,
        clock: Clock | None = None,
    ) -> None:
        self._source = source
        self._settings = settings
        self._models = models
        self._clock: Clock = clock or SessionClock()
        self._counts = LiveCounts(delay_s=settings.delay)
        self._buffer = DelayBuffer(delay_s=settings.delay, most_bytes=settings.max_look_ahead_mb * 1_000_000)
        self._outlets = [Outlet(sink, tell=self._change, drop=self._counts.drop) for sink in sinks]
        self._load = LoadControl(
            delay_s=settings.delay, carry_s=settings.carry, sizes=size_steps(settings.inference_size)
        )
        self._group = ThreadGroup()
        self._events: deque[Event] = deque()
        self._done = False
        self._form: StreamFormat | None = None
        self._analysis: Analysis | None = None
        self._stop = threading.Event()
        self._panic_from_s = self._panic_to_s = -1.0
        self._covered_by: CoverReason | None = None
        self._never_left = True

    # --- what the asker may do, from any thread

    def stop(self) -> None:
        """End the run: nothing more is captured, what waits is thrown away."""
        self._stop.set()
        self._source.interrupt()
        self._buffer.wake()

    def panic(self, seconds: float = _PANIC_S) -> None:
        """Cover everything from now on, and throw away the pixels of what waits."""
        now = self._clock.now()
        self._panic_from_s, self._panic_to_s = now, max(self._panic_to_s, now + seconds)
        frames = self._buffer.blank()
        self._change("panic", f"Everything is covered for {seconds:g} s, and {frames} waiting frames were blanked.")

    def run(self) -> Generator[Event]:
        """Run until the source ends or `stop` is called; gives what happens. Closing the generator stops, too.

        Raises:
            InputError: the source cannot be opened at all.
            BackendError: no detector can be had.
        """
        form = self._source.open()
        self._form = form
        yield Started(
            self._source.description,
            ", ".join(outlet.sink.description for outlet in self._outlets),
            None,
            f"{form.size[0]}x{form.size[1]}, {self._settings.delay:g} s of delay",
        )
        try:
            self._group.start("live-capture", self._capture)
            self._group.start("live-see", self._see)
            for outlet in self._outlets:
                self._group.start("live-sink", functools.partial(outlet.run, form))
            self._group.start("live-leave", functools.partial(self._leave, form))
            yield from self._told()
        finally:
            self.stop()
            for outlet in self._outlets:
                outlet.end()
            self._group.join()
            self._group.stop()
        if self._group.failure is not None:
            raise self._group.failure

    def _told(self) -> Iterator[Event]:
        """What happens, and statistics every second, until the run ends."""
        following = _STATS_S
        while True:
            with self._group.lock:
                while not (self._events or self._done or self._group.stopping) and self._clock.now() < following:
                    self._clock.wait(self._group.lock, following)
                events, done = list(self._events), self._done or self._group.stopping
                self._events.clear()
            yield from events
            now = self._clock.now()
            if done or now >= following:
                following = now + _STATS_S
                yield self._counts.sum_up(now, queue=self._buffer.waiting)
            if done:
                return

    def _change(self, what: str, message: str) -> None:
        with self._group.lock:
            self._events.append(LiveChange(round(self._clock.now(), 3), what, message))
            self._group.lock.notify_all()

    # --- capture

    def _capture(self) -> None:
        retry_s = _FIRST_RETRY_S
        lost = False
        while not self._stop.is_set():
            try:
                for item in self._source.captured():
                    if self._stop.is_set():
                        break
                    if lost:
                        lost = False
                        self._change("source", f"{self._source.description} is back.")
                    retry_s = _FIRST_RETRY_S
                    if isinstance(item, CapturedFrame):
                        self._counts.captured(self._clock.now())
                        if self._buffer.put(item) is None:
                            self._counts.drop()
                    else:
                        self._buffer.put_sound(item)
                if self._source.ends:
                    break
                raise InputError(f"{self._source.description} ended.")
            except DashcamCleanerError as error:
                if self._stop.is_set():
                    break
                if not lost:
                    self._change("source", f"{error.message} It is opened again.")
                lost = True
                retry_s = self._open_again(retry_s)
        self._source.close()
        self._buffer.end()

    def _open_again(self, retry_s: float) -> float:
        """Wait, and open the source again; gives how long to wait next time."""
        self._source.close()
        self._stop.wait(retry_s)
        if not self._stop.is_set():
            with contextlib.suppress(DashcamCleanerError):
                form = self._source.open()
                assert self._form is not None
                if form.size != self._form.size:
                    raise InputError(f"{self._source.description} came back with another size.")
        return min(_LAST_RETRY_S, 2 * retry_s)

    # --- see

    def _see(self) -> None:
        assert self._form is not None
        settings, size = self._settings, self._form.size
        detectors = Detectors(settings, upright_size=size, models=self._models)
        while not self._stop.is_set():
            try:
                detectors.open(self._load.size)
                planner = FramePlanner(
                    make_planner(
                        settings, upright_size=size, rules=rules_per_kind(settings), max_waiting_frames=0,
                        whole_clip=True,
                    ),
                    checker=detectors.checker(),
                    picture_size=detectors.current.picture_size,
                )  # fmt: skip
                analysis = self._analysis = Analysis(planner, carry_s=settings.carry)
                motion = MotionEstimator(upright_size=size) if settings.tracking else None
                self._counts.device = detectors.device
                self._see_all(analysis, detectors, motion)
                return
            except Exception as error:
                # Whatever the detector raises, live frames go on coming: they are covered until it works again.
                log.debug("the detector failed", exc_info=True)
                message = error.message if isinstance(error, DashcamCleanerError) else repr(error)
                if self._analysis is None and isinstance(error, DashcamCleanerError):
                    raise  # it never worked: there is nothing to wait for
                self._change("detector", f"Detection failed, and all is covered until it works again: {message}")
                self._load.forget()
                self._stop.wait(_DETECTOR_RETRY_S)

    def _see_all(self, analysis: Analysis, detectors: Detectors, motion: MotionEstimator | None) -> None:
        """Analyse frames until the source ends, with whichever detector the load asks for."""
        held_of: dict[int, HeldFrame] = {}
        numbers = iter(range(1 << 62))
        while not (self._stop.is_set() or (self._buffer.ended and self._buffer.empty)):
            detectors.change_to(self._load.size)
            if detectors.size != self._counts.inference_size:
                if self._counts.inference_size:
                    self._change("load", f"The detector sees pictures of {detectors.size} px now.")
                self._counts.inference_size = detectors.size

            def frames() -> Iterator[Frame]:
                while detectors.size == self._load.size or not detectors.is_open(self._load.size):
                    held = self._next_frame()
                    if held is None or held.frame is None:
                        return
                    frame = held.frame
                    frame.index = next(numbers)
                    frame.time = FrameTime(round(held.captured_s / TIME_BASE), TIME_BASE)
                    held_of[frame.index] = held
                    yield frame

            def skips(frame: Frame) -> bool:
                return self._load.skips(held_of[frame.index].captured_s, now_s=self._clock.now())

            source = LiveObservationSource(detectors.current, motion=motion, log=None, skips=skips)
            for frame, seen in source.see(frames()):
                analysis.take(held_of.pop(seen.index), frame, seen)
                self._counts.seen(self._clock.now(), skipped=seen.skipped)

    def _next_frame(self) -> HeldFrame | None:
        """The next frame that can still be in time; None at the end."""
        with self._buffer.changed:
            while not self._stop.is_set():
                held = self._buffer.next_unseen(self._clock.now())
                if held is not None:
                    return held
                if self._buffer.ended:
                    return None
                self._clock.wait(self._buffer.changed, None)
        return None

    # --- leave

    def _leave(self, form: StreamFormat) -> None:
        settings = self._settings
        gate = Gate(size=form.size, obscurer=obscurer_for(settings))
        paint_s = 0.0
        left_s = 0.0
        while not self._stop.is_set():
            now = self._clock.now()
            held = self._buffer.head()
            lead_s = _PLAN_S + 2 * paint_s
            if held is not None and now >= held.due_s - lead_s:
                if self._is_behind(now):
                    self._buffer.pop()
                    self._counts.drop()
                    continue
                answer = self._answer(held, now)
                frame = gate.release(self._buffer.pop(), answer)
                paint_s += 0.1 * (self._clock.now() - now - paint_s)
                self._wait_until(held.due_s)
                if isinstance(answer, Proof) and self._is_panic(held, self._clock.now()):
                    frame = gate.covered(held.number, held.captured_s, CoverReason.PANIC)
                self._hand_on(frame)
                left_s = self._clock.now()
                self._sounds(gate, left_s)
                continue
            self._sounds(gate, now)
            if held is None and self._buffer.ended and self._buffer.empty:
                break
            card_s = left_s + (1 / _CARDS_A_SECOND if self._covered_by is CoverReason.STALLED else _STALL_S)
            if not self._buffer.ended and now >= max(card_s, settings.delay):
                self._hand_on(gate.covered(-1, now - settings.delay, CoverReason.STALLED))
                left_s = now
                continue
            self._idle(lead_s, None if self._buffer.ended else max(card_s, settings.delay))
        for outlet in self._outlets:
            outlet.end()
        self._change("ended", "The source has ended." if not self._stop.is_set() else "The run was stopped.")
        with self._group.lock:
            self._done = True
            self._group.lock.notify_all()

    def _answer(self, held: HeldFrame, now_s: float) -> Proof | CoverReason:
        """Whether a frame may be seen, by all that can forbid it."""
        if held.blanked or self._is_panic(held, now_s):
            return CoverReason.PANIC
        analysis = self._analysis
        if analysis is None:
            return CoverReason.LOADING
        return analysis.prove(held, timeout_s=max(0.0, held.due_s - now_s))

    def _is_panic(self, held: HeldFrame, now_s: float) -> bool:
        return held.blanked or now_s < self._panic_to_s or held.captured_s < self._panic_from_s

    def _is_behind(self, now_s: float) -> bool:
        """Whether the head's time has long passed and others wait behind it."""
        head = self._buffer.head()
        return head is not None and now_s - head.due_s > _BEHIND_S and self._buffer.waiting > 1

    def _hand_on(self, frame: ReleasedFrame) -> None:
        self._counts.left(frame, self._clock.now())
        self._never_left = False
        if frame.reason is not self._covered_by:
            if frame.reason is None:
                self._change("uncovered", "Frames are seen again, their regions hidden.")
            else:
                self._change("covered", f"Frames are covered wholly: {frame.reason.value}.")
            self._covered_by = frame.reason
        for outlet in self._outlets:
            outlet.put(frame)

    def _sounds(self, gate: Gate, now_s: float) -> None:
        """Sound leaves when its time has come; silent while the picture is covered, if that is asked for."""
        for sound in self._buffer.sounds_due(now_s):
            mute = self._settings.mute_covered and (self._covered_by is not None or self._never_left)
            released = gate.sound(sound, mute=mute)
            for outlet in self._outlets:
                outlet.put(released)

    def _wait_until(self, time_s: float) -> None:
        with self._buffer.changed:
            while (now := self._clock.now()) < time_s and not self._stop.is_set():
                del now
                self._clock.wait(self._buffer.changed, time_s)

    def _idle(self, lead_s: float, card_s: float | None) -> None:
        """Wait for the next frame, sound or card that is due, or for something new."""
        with self._buffer.changed:
            due = self._buffer.next_due_s()
            times = [time for time in (None if due is None else due - lead_s, card_s) if time is not None]
            self._clock.wait(self._buffer.changed, min(times, default=None))
