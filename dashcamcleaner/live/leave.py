"""The thread *leave*: takes each frame when its time has come, asks for its proof, and hands it to the sinks.

It waits for nobody: a frame without a proof leaves covered wholly.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dashcamcleaner.live.delay import HeldFrame
from dashcamcleaner.live.gate import Gate
from dashcamcleaner.live.labels import LabelWatch
from dashcamcleaner.live.outlet import Outlet
from dashcamcleaner.live.ports import StreamFormat
from dashcamcleaner.live.release import WHY_COVERED, CoverReason, Proof, ReleasedFrame
from dashcamcleaner.live.state import LiveState
from dashcamcleaner.messages import as_message, msg
from dashcamcleaner.pipeline.writer import obscurer_for

__all__ = ["Leave"]

_STALL_S, _STALL_FRAMES = 0.5, 2
_CARDS_A_SECOND = 10
"""With nothing captured for the first, or for two frames of a slow source, this many cards a second leave: nobody is
shown a picture that stands still."""
_PLAN_S = 0.02
"""So long before its time a frame is planned and painted, and more where painting takes longer."""
_BEHIND_S = 0.25
"""Frames whose time passed longer ago than this are left out while later ones wait: latency stays bounded."""


class Leave:
    """Lets frames and sound out.

    Args:
        state: the run's.
        form: size and sound of what is captured.
        outlets: take what leaves.
        labels: the scores and rules of whole pictures; None: there are none.
        actions: what a rule does, of `live.session.ACTIONS`.
    """

    def __init__(
        self, state: LiveState, form: StreamFormat, *, outlets: Sequence[Outlet], labels: LabelWatch | None,
        actions: Collection[str],
    ) -> None:  # fmt: skip
        self._state, self._form, self._outlets = state, form, outlets
        self._labels, self._actions = labels, actions
        self._covered_by: CoverReason | None = None
        self._never_left = True
        self._hits: tuple[str, ...] = ()
        self._mutes = labels is not None and "mute" in actions
        self._silent = self._mutes  # a rule is at work, or nobody has scored the picture that the sound belongs to
        self._stall_s = max(_STALL_S, _STALL_FRAMES / form.rate)

    def run(self) -> None:
        """The thread's work: until all has left or the run ends."""
        settings = self._state.settings
        gate = Gate(size=self._form.size, obscurer=obscurer_for(settings))
        paint_s = 0.0
        left_s = self._state.clock.now() + settings.delay  # the first frame has time to come
        while not self._state.stop.is_set():
            now = self._state.clock.now()
            held = self._state.buffer.head()
            lead_s = _PLAN_S + 2 * paint_s
            if held is not None and now >= held.due_s - lead_s:
                if self._is_behind(now):
                    self._state.buffer.pop()
                    self._state.counts.drop()
                    continue
                answer, scores = self._answer(held, now)
                frame = gate.release(self._state.buffer.pop(), answer, labels=scores, hits=self._hits)
                paint_s += 0.1 * (self._state.clock.now() - now - paint_s)
                self._wait_until(held.due_s)
                if isinstance(answer, Proof) and self._is_panic(held):
                    frame = gate.covered(held.number, held.captured_s, CoverReason.PANIC)
                self._hand_on(frame)
                left_s = self._state.clock.now()
                self._sounds(gate, left_s)
                continue
            self._sounds(gate, now)
            if held is None and self._state.buffer.ended and self._state.buffer.empty:
                break
            card_s = left_s + (1 / _CARDS_A_SECOND if self._covered_by is CoverReason.STALLED else self._stall_s)
            if not self._state.buffer.ended and now >= card_s:
                self._hand_on(gate.covered(-1, now - settings.delay, CoverReason.STALLED))
                self._silent = self._mutes
                left_s = now
                continue
            self._idle(lead_s, None if self._state.buffer.ended else card_s)
        for outlet in self._outlets:
            outlet.end()
        self._state.change(
            "ended", msg("The run was stopped.") if self._state.stop.is_set() else msg("The source has ended.")
        )

    def _answer(self, held: HeldFrame, now_s: float) -> tuple[Proof | CoverReason, tuple[tuple[str, float], ...]]:
        """Whether a frame may be seen, by all that can forbid it; and the scores of its labels."""
        known, hits, scores = (True, (), ()) if self._labels is None else self._labels.at(held.captured_s)
        if hits != self._hits:
            if "log" in self._actions:
                self._state.change("label", msg("At work: {hits}.", hits=", ".join(hits) or msg("no label")))
            self._hits = hits
        self._silent = self._mutes and (bool(hits) or not known)
        if self._is_panic(held):
            return CoverReason.PANIC, scores
        analysis = self._state.analysis
        if analysis is None:
            return CoverReason.LOADING, scores
        answer = analysis.prove(held, timeout_s=max(0.0, held.due_s - now_s))
        if isinstance(answer, Proof) and "cover" in self._actions:
            if hits:
                return CoverReason.LABEL, scores
            if not known:
                return CoverReason.LATE, scores
        return answer, scores

    def _is_panic(self, held: HeldFrame) -> bool:
        return held.blanked or held.captured_s < self._state.panic_to_s

    def _is_behind(self, now_s: float) -> bool:
        """Whether the head's time has long passed and others wait behind it."""
        head = self._state.buffer.head()
        return head is not None and now_s - head.due_s > _BEHIND_S and self._state.buffer.waiting > 1

    def _hand_on(self, frame: ReleasedFrame) -> None:
        self._state.counts.left(frame, self._state.clock.now())
        self._never_left = False
        if frame.reason is not self._covered_by:
            if frame.reason is None:
                self._state.change("uncovered", msg("Frames are seen again, their regions hidden."))
            else:
                self._state.change(
                    "covered", msg("Frames are covered wholly: {reason}.", reason=as_message(WHY_COVERED[frame.reason]))
                )
            self._covered_by = frame.reason
        for outlet in self._outlets:
            outlet.put(frame)

    def _sounds(self, gate: Gate, now_s: float) -> None:
        """Sound leaves when its time has come; silent while the picture is covered, if that is asked for."""
        for sound in self._state.buffer.sounds_due(now_s):
            mute = self._state.settings.mute_covered and (self._covered_by is not None or self._never_left)
            released = gate.sound(sound, mute=mute or self._silent)
            for outlet in self._outlets:
                outlet.put(released)

    def _wait_until(self, time_s: float) -> None:
        with self._state.buffer.changed:
            while (now := self._state.clock.now()) < time_s and not self._state.stop.is_set():
                del now
                self._state.clock.wait(self._state.buffer.changed, time_s)

    def _idle(self, lead_s: float, card_s: float | None) -> None:
        """Wait for the next frame, sound or card that is due, or for something new."""
        with self._state.buffer.changed:
            due_s = self._state.buffer.next_due_s(lead_s=lead_s)
            times = [time for time in (due_s, card_s) if time is not None]
            self._state.clock.wait(self._state.buffer.changed, min(times, default=None))
