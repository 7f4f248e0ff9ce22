"""The thread *capture*: what the source gives goes into the delay buffer; a source that breaks off is opened again."""

from __future__ import annotations

from dashcamcleaner.errors import DashcamCleanerError, InputError
from dashcamcleaner.live.clock import Backoff
from dashcamcleaner.live.ports import CapturedFrame, FrameSource, StreamFormat
from dashcamcleaner.live.state import LiveState
from dashcamcleaner.messages import msg

__all__ = ["Capture"]

_LONGEST_RETRY_S = 8.0


class Capture:
    """Feeds the buffer.

    Args:
        source: gives frames; it is open, and used by this thread alone from now on.
        form: how it was opened; it has to come back with the same size. Without sound in it none is taken.
        state: the run's.
    """

    def __init__(self, source: FrameSource, form: StreamFormat, state: LiveState) -> None:
        self._source, self._form, self._state = source, form, state

    def run(self) -> None:
        """The thread's work: until the source ends or the run does."""
        retry = Backoff(self._state.clock, longest_s=_LONGEST_RETRY_S)
        lost = set[str]()  # why, each reason as it was told
        is_open, crowded = True, False
        while not self._state.stop.is_set():
            try:
                if not is_open:
                    self._open_again()
                    is_open = True
                for item in self._source.captured():
                    if self._state.stop.is_set():
                        break
                    if lost:
                        lost.clear()
                        self._state.change(
                            "source", msg("{description} is back.", description=self._source.description)
                        )
                    retry.worked()
                    if isinstance(item, CapturedFrame):
                        self._state.counts.captured(self._state.clock.now())
                        if self._state.buffer.put(item) is None:
                            self._state.counts.drop()
                            crowded = crowded or self._tell_crowded(item)
                    elif self._form.sound is not None:  # else nobody takes it, or it is asked to stay behind
                        self._state.buffer.put_sound(item)
                if self._source.ends:
                    break
                raise InputError(msg("{description} ended.", description=self._source.description))
            except DashcamCleanerError as error:
                if self._state.stop.is_set():
                    break
                if error.message not in lost:
                    self._state.change("source", msg("{error} It is opened again.", error=error.message))
                lost.add(error.message)
                is_open = False
                self._source.close()
                with self._state.buffer.changed:
                    retry.wait(self._state.buffer.changed, ended=self._state.stop.is_set)
        self._source.close()
        self._state.buffer.end()

    def _tell_crowded(self, left_out: CapturedFrame) -> bool:
        """Tell that not all frames find room while they wait; once is enough."""
        size = sum(plane.nbytes for plane in left_out.frame.planes)
        self._state.change(
            "load",
            msg(
                "{rate:.1f} pictures a second find room in {room} MB for {delay:g} s, and others are left out: "
                "more memory for look-ahead, or a shorter delay, lets more leave.",
                rate=1 / self._state.buffer.step_s(size),
                room=self._state.settings.max_look_ahead_mb,
                delay=self._state.settings.delay,
            ),
        )
        return True

    def _open_again(self) -> None:
        """Open the source once more.

        Raises:
            InputError: it cannot be had yet, or its picture has another size now.
        """
        form = self._source.open()
        if form.size != self._form.size:
            raise InputError(msg("{description} came back with another size.", description=self._source.description))
