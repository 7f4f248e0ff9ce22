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
from collections.abc import Callable, Collection, Generator, Iterator, Sequence

from dashcamcleaner.core.events import Event, LiveChange, Started
from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import DashcamCleanerError, InputError, SettingError
from dashcamcleaner.live.analysis import Analysis
from dashcamcleaner.live.clock import Clock, SessionClock
from dashcamcleaner.live.delay import DelayBuffer, HeldFrame
from dashcamcleaner.live.detectors import Detectors
from dashcamcleaner.live.gate import Gate
from dashcamcleaner.live.labels import LabelRule, LabelScorer, LabelWatch
from dashcamcleaner.live.load import LoadControl, size_steps
from dashcamcleaner.live.outlet import Outlet
from dashcamcleaner.live.pictures import TIME_BASE
from dashcamcleaner.live.ports import CapturedFrame, FrameSink, FrameSource, StreamFormat
from dashcamcleaner.live.release import CoverReason, Proof, ReleasedFrame
from dashcamcleaner.live.stats import LiveCounts
from dashcamcleaner.live.switching import CoverSwitch, Switcher
from dashcamcleaner.pipeline.build import make_planner, rules_per_kind
from dashcamcleaner.pipeline.frames import FramePlanner
from dashcamcleaner.pipeline.observations import LiveObservationSource
from dashcamcleaner.pipeline.workers import ThreadGroup
from dashcamcleaner.pipeline.writer import obscurer_for
from dashcamcleaner.planning.regions import sighted_regions
from dashcamcleaner.settings import Settings
from dashcamcleaner.tracking.camera_motion import MotionEstimator

__all__ = ["ACTIONS", "LiveSession"]

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
_FRESH_S = 0.5
"""A verdict that nothing is there counts for so long: then the switches cover."""
_LOOK_AGAIN_S = 0.02
_SCORED_PX = 640
"""Long side of the pictures that labels are scored on: their networks see less."""

ACTIONS = ("cover", "mute", "obs", "log")
"""What a label's rule may do: cover the whole frame, mute the sound, switch OBS, write into the log."""


def _scored_size(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, _SCORED_PX / max(size))
    return max(2, round(size[0] * scale)), max(2, round(size[1] * scale))


class LiveSession:
    """One live run.

    Args:
        source: gives frames.
        sinks: take what may be seen.
        settings: the settings of the run; those of the group ``live`` among them.
        models: gives detectors.
        clock: tells time.
        switches: cover elsewhere as soon as something is found, undelayed.
        rules: labels that ask for a cover.
        open_scorer: gives what scores whole pictures; needed with rules.
        actions: what a label's rule does, of `ACTIONS`.
    """

    def __init__(
        self,
        source: FrameSource,
        sinks: Sequence[FrameSink],
        *,
        settings: Settings,
        models: ModelPool,
        clock: Clock | None = None,
        switches: Sequence[CoverSwitch] = (),
        rules: Sequence[LabelRule] = (),
        open_scorer: Callable[[], LabelScorer] | None = None,
        actions: Collection[str] = ("cover", "obs", "log"),
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
        self._labels = LabelWatch(rules) if rules else None
        self._open_scorer = open_scorer
        self._actions = frozenset(actions)
        self._hits: tuple[str, ...] = ()
        self._verdict_lock = threading.Lock()
        self._verdicts: dict[str, tuple[float, bool, float]] = {}
        self._examiners = {"kinds"} if settings.kinds() or not rules else set[str]()
        if rules and "obs" in self._actions:
            self._examiners.add("labels")
        self._switchers = [
            Switcher(switch, clock=self._clock, hold_s=settings.hold, fresh_s=_FRESH_S, tell=self._change)
            for switch in switches
        ]

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
        for switcher in self._switchers:
            switcher.cover(now + seconds)
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
            ", ".join(
                [outlet.sink.description for outlet in self._outlets]
                + [switcher.switch.description for switcher in self._switchers]
            ),
            None,
            f"{form.size[0]}x{form.size[1]}, {self._settings.delay:g} s of delay",
        )
        try:
            self._group.start("live-capture", self._capture)
            self._group.start("live-see", self._see)
            for outlet in self._outlets:
                self._group.start("live-sink", functools.partial(outlet.run, form))
            for switcher in self._switchers:
                self._group.start("live-switch", switcher.run)
            if self._labels is not None:
                self._group.start("live-label", functools.partial(self._score, self._labels))
            self._group.start("live-leave", functools.partial(self._leave, form))
            yield from self._told()
        finally:
            self.stop()
            for outlet in self._outlets:
                outlet.end()
            for switcher in self._switchers:
                switcher.end()
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
        try:
            self._see_until_it_works(detectors, size)
        finally:
            detectors.close()

    def _see_until_it_works(self, detectors: Detectors, size: tuple[int, int]) -> None:
        settings = self._settings
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
                motion = MotionEstimator(upright_size=size) if settings.tracking and settings.kinds() else None
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
        settings = self._settings
        rules = rules_per_kind(settings) if self._switchers and settings.kinds() else {}
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

            source = LiveObservationSource(
                detectors.current, motion=motion, log=None, skips=skips if settings.kinds() else None
            )
            for frame, seen in source.see(frames()):
                analysis.take(held_of.pop(seen.index), frame, seen)
                self._counts.seen(self._clock.now(), skipped=seen.skipped)
                if self._switchers and not seen.skipped and settings.kinds():
                    found = sighted_regions(seen, rules=rules)
                    best = max((region.score for region in found), default=0.0)
                    self._judge("kinds", found=bool(found) or seen.damaged, score=best)

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

    # --- label

    def _score(self, labels: LabelWatch) -> None:
        """Score the newest picture, again and again; what fails leaves pictures unscored, and those are covered."""
        scorer: LabelScorer | None = None
        latest = -1
        told = False
        while not (self._stop.is_set() or (self._buffer.ended and self._buffer.empty)):
            held = self._buffer.newest()
            frame = None if held is None else held.frame
            if held is None or frame is None or held.number == latest:
                with self._buffer.changed:
                    self._clock.wait(self._buffer.changed, self._clock.now() + _LOOK_AGAIN_S)
                continue
            latest = held.number
            try:
                if scorer is None:
                    assert self._open_scorer is not None
                    scorer = self._open_scorer()
                (answer,) = scorer.score([frame.scale(_scored_size(frame.upright_size))])
                scores = {**answer.parts, **answer.scores}
                hit = labels.add(held.captured_s, scores)
                told = False
            except SettingError:
                raise  # a label that nobody scores
            except Exception as error:
                if scorer is None and isinstance(error, DashcamCleanerError):
                    raise  # it never worked
                log.debug("scoring failed", exc_info=True)
                if not told:
                    self._change("detector", f"Scoring failed, and all is covered until it works again: {error!r}.")
                told = True
                self._stop.wait(_DETECTOR_RETRY_S)
                continue
            if "obs" in self._actions:
                best = max((scores[rule.label] for rule in labels.rules), default=0.0)
                self._judge("labels", found=bool(hit), score=best)

    def _judge(self, examiner: str, *, found: bool, score: float) -> None:
        """A verdict for the switches: clear only while all who look have looked lately and found nothing."""
        now = self._clock.now()
        with self._verdict_lock:
            self._verdicts[examiner] = (now, found, score)
            known = self._examiners <= self._verdicts.keys()
            fresh = known and all(now - at <= _FRESH_S for at, *_ in self._verdicts.values())
            anything = any(one for _, one, _ in self._verdicts.values())
        if anything or fresh:
            for switcher in self._switchers:
                switcher.verdict(found=anything, score=score)

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
                answer, scores = self._answer(held, now)
                frame = gate.release(self._buffer.pop(), answer, labels=scores, hits=self._hits)
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

    def _answer(self, held: HeldFrame, now_s: float) -> tuple[Proof | CoverReason, tuple[tuple[str, float], ...]]:
        """Whether a frame may be seen, by all that can forbid it; and the scores of its labels."""
        known, hits, scores = (True, (), ()) if self._labels is None else self._labels.at(held.captured_s)
        if hits != self._hits:
            if "log" in self._actions:
                self._change("label", f"At work: {', '.join(hits) or 'no label'}.")
            self._hits = hits
        if held.blanked or self._is_panic(held, now_s):
            return CoverReason.PANIC, scores
        analysis = self._analysis
        if analysis is None:
            return CoverReason.LOADING, scores
        answer = analysis.prove(held, timeout_s=max(0.0, held.due_s - now_s))
        if isinstance(answer, Proof) and "cover" in self._actions:
            if hits:
                return CoverReason.LABEL, scores
            if not known:
                return CoverReason.LATE, scores
        return answer, scores

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
            mute = mute or (bool(self._hits) and "mute" in self._actions)
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
