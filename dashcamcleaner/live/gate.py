"""The gate: the one way out. It paints what is to be hidden, or puts a card in the frame's place."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from dashcamcleaner.live.delay import HeldFrame
from dashcamcleaner.live.pictures import card, stamp
from dashcamcleaner.live.ports import CapturedSound
from dashcamcleaner.live.release import CoverReason, Proof, ReleasedFrame, ReleasedSound
from dashcamcleaner.messages import msg
from dashcamcleaner.obscure.obscurer import Obscurer

__all__ = ["Gate"]

log = logging.getLogger(__name__)

_WORDS = {
    CoverReason.LOADING: "covered: loading",
    CoverReason.LATE: "covered: late",
    CoverReason.FAILED: "covered: detection failed",
    CoverReason.STALLED: "covered: no picture comes",
    CoverReason.DAMAGED: "covered: damaged picture",
    CoverReason.PANIC: "covered",
    CoverReason.LABEL: "covered",
}


class Gate:
    """Makes what leaves. One thread uses it.

    Args:
        size: ``(width, height)`` of the frames.
        obscurer: hides regions.
    """

    def __init__(self, *, size: tuple[int, int], obscurer: Obscurer) -> None:
        self._size = size
        self._obscurer = obscurer

    def release(
        self,
        held: HeldFrame,
        answer: Proof | CoverReason,
        *,
        labels: tuple[tuple[str, float], ...] = (),
        hits: tuple[str, ...] = (),
    ) -> ReleasedFrame:
        """A frame whose time has come, covered as its proof says, or wholly.

        Whatever goes wrong while it is painted, it is covered wholly: a half painted picture leaves with nobody.
        """
        if isinstance(answer, Proof):
            try:
                return self._shown(held, answer, labels, hits)
            except Exception:  # whichever library's: a frame that could not be painted is not shown
                log.exception("frame %d could not be painted and is covered wholly", held.number)
                answer = CoverReason.FAILED
        return self.covered(held.number, held.captured_s, answer, labels=labels, hits=hits)

    def _shown(
        self, held: HeldFrame, proof: Proof, labels: tuple[tuple[str, float], ...], hits: tuple[str, ...]
    ) -> ReleasedFrame:
        frame = held.frame
        if frame is None or held.blanked:
            raise ValueError(msg("the frame's pixels were thrown away"))
        self._obscurer.obscure(frame, proof.regions)
        stamp(frame.native, held.captured_s)
        return ReleasedFrame(held.number, held.captured_s, frame.native, proof=proof, labels=labels, hits=hits)

    def covered(
        self,
        number: int,
        captured_s: float,
        reason: CoverReason,
        *,
        labels: tuple[tuple[str, float], ...] = (),
        hits: tuple[str, ...] = (),
    ) -> ReleasedFrame:
        """A card in a frame's place; nothing of the frame goes into it."""
        native = card(self._size, text=_WORDS[reason])
        stamp(native, captured_s)
        return ReleasedFrame(number, captured_s, native, reason=reason, labels=labels, hits=hits)

    def sound(self, sound: CapturedSound, *, mute: bool) -> ReleasedSound:
        """Sound whose time has come; silence of the same length where it is to be muted."""
        if mute:
            _silence(sound.native)
        return ReleasedSound(sound.captured_s, sound.native, muted=mute)


def _silence(native: Any) -> None:
    native.make_writable()
    for plane in native.planes:
        samples = np.frombuffer(plane, np.uint8)
        samples[:] = 0x80 if native.format.name.startswith("u8") else 0
