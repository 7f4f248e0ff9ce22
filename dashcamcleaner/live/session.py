"""A live run, thread by thread.

*capture* (`live.capture`) puts what the source gives into the delay buffer; *see* (`live.sight`) asks the detector,
measures motion and hands observations to the analysis; *label* (`live.scoring`) scores whole pictures; *leave*
(`live.leave`) takes each frame when its time has come, asks for its proof, passes it through the gate and hands it to
the sinks, each of which has a thread of its own. None of them waits for another: a thread that stalls leaves frames
without a proof, and those are covered wholly.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Collection, Generator, Iterator, Sequence

from dashcamcleaner.core.events import Event, Started
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.live.capture import Capture
from dashcamcleaner.live.clock import Clock, SessionClock
from dashcamcleaner.live.labels import LabelRule, LabelScorer, LabelWatch
from dashcamcleaner.live.leave import Leave
from dashcamcleaner.live.outlet import Outlet
from dashcamcleaner.live.ports import FrameSink, FrameSource, StreamFormat
from dashcamcleaner.live.scoring import LabelScoring
from dashcamcleaner.live.sight import Sight
from dashcamcleaner.live.state import LiveState
from dashcamcleaner.live.switching import FRESH_S, CoverSwitch, Switcher, Verdicts
from dashcamcleaner.messages import joined, msg
from dashcamcleaner.settings import Settings

__all__ = ["ACTIONS", "LiveSession"]

_STATS_S = 1.0
_PANIC_S = 10.0

ACTIONS = ("cover", "mute", "obs", "log")
"""What a label's rule may do: cover the whole frame, mute the sound, switch OBS, write into the log."""


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
        self._source, self._models = source, models
        self._state = state = LiveState(settings, clock or SessionClock())
        self._outlets = [Outlet(sink, clock=state.clock, tell=state.change, drop=state.counts.drop) for sink in sinks]
        self._switchers = [
            Switcher(switch, clock=state.clock, hold_s=settings.hold, fresh_s=FRESH_S, tell=state.change)
            for switch in switches
        ]
        self._labels = LabelWatch(rules, delay_s=settings.delay) if rules else None
        self._open_scorer = open_scorer
        self._actions = frozenset(actions)
        examiners = {"kinds"} if settings.kinds() or not rules else set[str]()
        if rules and "obs" in self._actions:
            examiners.add("labels")
        self._verdicts = Verdicts(self._switchers, examiners=examiners, clock=state.clock)
        self._done = False

    # --- what the asker may do, from any thread

    def stop(self) -> None:
        """End the run: nothing more is captured, what waits is thrown away."""
        self._state.stop.set()
        self._source.interrupt()
        self._state.buffer.wake()

    def panic(self, seconds: float = _PANIC_S) -> None:
        """Cover all that waits, its pixels are thrown away, and all that is captured within the next seconds.

        By the time of capture: with a delay longer than that, too, nobody sees what was there when somebody asked.
        """
        now = self._state.clock.now()
        self._state.panic_to_s = max(self._state.panic_to_s, now + seconds)
        frames = self._state.buffer.blank()
        for outlet in self._outlets:
            outlet.blank()
        for switcher in self._switchers:
            switcher.cover(now + seconds)
        self._state.change(
            "panic",
            msg(
                "Everything is covered for {seconds:g} s, and {frames} waiting frames were blanked.",
                seconds=seconds,
                frames=frames,
            ),
        )

    def run(self) -> Generator[Event]:
        """Run until the source ends or `stop` is called; gives what happens. Closing the generator stops, too.

        Raises:
            InputError: the source cannot be opened at all.
            BackendError: no detector can be had.
            OutputError: a recording could not be written to its end; all else went on.
        """
        form = self._source.open()
        if self._state.settings.audio == "mute":
            form = dataclasses.replace(form, sound=None)
        yield Started(
            self._source.description,
            joined(
                [outlet.sink.description for outlet in self._outlets]
                + [switcher.switch.description for switcher in self._switchers],
                ", ",
            ),
            None,
            msg(
                "{size}x{size2}, {delay:g} s of delay",
                size=form.size[0],
                size2=form.size[1],
                delay=self._state.settings.delay,
            ),
        )
        try:
            self._start_threads(form)
            yield from self._told()
        finally:
            self.stop()
            for outlet in self._outlets:
                outlet.end()
            for switcher in self._switchers:
                switcher.end()
            self._state.group.join()
            self._state.group.stop()
        if self._state.group.failure is not None:
            raise self._state.group.failure
        for outlet in self._outlets:
            if outlet.failure is not None and outlet.sink.path is not None:
                raise outlet.failure  # a recording breaks off: whoever asked for it is not to take it for whole

    def _start_threads(self, form: StreamFormat) -> None:
        state, start = self._state, self._state.group.start
        start("live-capture", Capture(self._source, form, state).run)
        start("live-see", Sight(state, models=self._models, size=form.size, verdicts=self._verdicts).run)
        for outlet in self._outlets:
            start("live-sink", functools.partial(outlet.run, form))
        for switcher in self._switchers:
            start("live-switch", switcher.run)
        if self._labels is not None:
            assert self._open_scorer is not None
            start("live-label", LabelScoring(
                state, self._labels, open_scorer=self._open_scorer, verdicts=self._verdicts,
                switches="obs" in self._actions,
            ).run)  # fmt: skip
        leave = Leave(state, form, outlets=self._outlets, labels=self._labels, actions=self._actions)

        def leave_and_end() -> None:
            leave.run()
            with state.group.lock:
                self._done = True
                state.group.lock.notify_all()

        start("live-leave", leave_and_end)

    def _told(self) -> Iterator[Event]:
        """What happens, and statistics every second, until the run ends."""
        state, following = self._state, _STATS_S
        while True:
            with state.group.lock:
                while not (state.events or self._done or state.group.stopping) and state.clock.now() < following:
                    state.clock.wait(state.group.lock, following)
                events, done = list(state.events), self._done or state.group.stopping
                state.events.clear()
            yield from events
            now = state.clock.now()
            if done or now >= following:
                following = now + _STATS_S
                yield state.counts.sum_up(now, queue=state.buffer.waiting)
            if done:
                return
