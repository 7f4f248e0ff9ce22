"""How load is met: detections are skipped, tracks being carried on, then the network sees a smaller picture.

Never by letting a frame go unproven. Pure arithmetic on times that are handed in.
"""

from __future__ import annotations

__all__ = ["LoadControl", "size_steps"]

_LAG_FRAMES = 1.5
"""A frame that has waited longer than this many intervals goes without detection, if it may."""
_TOO_LATE = 0.4
_EASY = 0.15
"""Parts of the delay: a lag above the first asks for a smaller picture, one that stays below the second for a larger
one."""
_SETTLE_S = 1.0
_TRY_LARGER_S = 20.0
_LONGEST_TRY_S = 600.0
_STEPS = (1.0, 0.75, 0.5)
_LEAST_PX = 256


def size_steps(inference_size: int) -> tuple[int, ...]:
    """The inference sizes that may be stepped down to, largest first, whole network strides."""
    sizes = [max(_LEAST_PX, round(inference_size * step / 32) * 32) for step in _STEPS[1:]]
    return tuple(dict.fromkeys([inference_size, *(size for size in sizes if size < inference_size)]))


class LoadControl:
    """Decides which frames are detected, and at which size.

    Args:
        delay_s: how long frames are held.
        carry_s: how far two detections may lie apart for the frames between them to be proven.
        sizes: inference sizes, largest first.

    Attributes:
        step: which of the sizes is wanted now.
    """

    def __init__(self, *, delay_s: float, carry_s: float, sizes: tuple[int, ...]) -> None:
        self._delay_s = delay_s
        self._carry_s = carry_s
        self.sizes = sizes
        self.step = 0
        self._interval_s = 1 / 30
        self._latest_s: float | None = None
        self._detected_s: tuple[float, float] | None = None
        self._changed_s = -_SETTLE_S
        self._grew_s: float | None = None
        self._easy_since_s: float | None = None
        self._try_larger_s = _TRY_LARGER_S
        self.lag_s = 0.0

    @property
    def size(self) -> int:
        """The inference size that is wanted now."""
        return self.sizes[self.step]

    def skips(self, captured_s: float, source_s: float, *, now_s: float) -> bool:
        """Whether the next frame goes without detection; frames are asked for in order.

        Args:
            captured_s: when it was captured.
            source_s: its time by the source's own clock; the larger of both distances counts.
            now_s: the time now, by the same clock.
        """
        if self._latest_s is not None:
            since = source_s - self._latest_s
            if 0 < since < 1:
                self._interval_s += 0.1 * (since - self._interval_s)
        self._latest_s = source_s
        self.lag_s = now_s - captured_s
        self._settle(now_s)
        if self._is_far(captured_s, source_s) or self.lag_s <= _LAG_FRAMES * self._interval_s:
            self._detected_s = (captured_s, source_s)
            return False
        return True

    def _is_far(self, captured_s: float, source_s: float) -> bool:
        """Whether the frame after this one may lie too far from the last detection, by either clock."""
        if self._detected_s is None or source_s < self._detected_s[1]:
            return True
        since = max(captured_s - self._detected_s[0], source_s - self._detected_s[1])
        return since + self._interval_s > self._carry_s

    def _settle(self, now_s: float) -> None:
        """Step to a smaller size while too late, to a larger one after a long easy time."""
        if now_s - self._changed_s < _SETTLE_S:
            return
        if self.lag_s > _TOO_LATE * self._delay_s:
            self._easy_since_s = None
            if self.step + 1 < len(self.sizes):
                if self._grew_s is not None and now_s - self._grew_s < _TRY_LARGER_S:  # tried in vain
                    self._try_larger_s = min(_LONGEST_TRY_S, 2 * self._try_larger_s)
                self.step += 1
                self._changed_s = now_s
            return
        if self.lag_s > _EASY * self._delay_s or self.step == 0:
            self._easy_since_s = None
            return
        if self._easy_since_s is None:
            self._easy_since_s = now_s
        elif now_s - self._easy_since_s > self._try_larger_s:
            self.step -= 1
            self._changed_s = self._grew_s = now_s
            self._easy_since_s = None

    def forget(self) -> None:
        """The next frame does not follow the last one: it is detected."""
        self._detected_s = None
