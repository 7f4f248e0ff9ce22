"""How many pictures a GPU is given at once: tried, not guessed. What backends on a GPU call for ``--batch auto``.

Sizes are doubled from one upward while each serves clearly more pictures a second than the one before, and while what
it took leaves room: other runs share the GPU. A CPU is given one picture each time; its engines look at several frames
in threads of their own. Short, since backends differ in how they infer and what they know of memory, not in this.

No such hardware was at hand: the choice is proven on stand-ins, how much it gains was **not measured**.
"""

from __future__ import annotations

from collections.abc import Callable

from dashcamcleaner.messages import msg

__all__ = ["MOST", "best_batch"]

MOST = 16
_GAIN = 1.1
"""A larger batch has to serve a tenth more pictures a second: it delays all of them, and takes memory."""
_SHARE = 0.5
"""Of the free memory that a batch may take."""


def best_batch(
    seconds: Callable[[int], float],
    *,
    free_bytes: Callable[[], int] | None = None,
    taken_bytes: Callable[[], int] | None = None,
    failures: tuple[type[Exception], ...] = (RuntimeError,),
) -> tuple[int, str]:
    """The batch to use, and why in words.

    Args:
        seconds: infers that many pictures and tells how long it took; the first call of a size may be slow, so each
            size is asked for twice and the second answer counts.
        free_bytes: the device's free memory, before anything is tried; None where the backend does not tell.
        taken_bytes: the most that inferences have taken so far; None where the backend does not tell.
        failures: what the backend raises where memory does not suffice.
    """
    room = None if free_bytes is None else free_bytes() * _SHARE
    best, rate, why = 1, 0.0, "larger ones were not tried"
    size = 1
    while size <= MOST:
        if room is not None and taken_bytes is not None and size > 1 and taken_bytes() * 2 > room:
            why = msg("batches of {size} might take more than half of the free memory", size=size)
            break
        try:
            seconds(size)
            found = size / max(seconds(size), 1e-9)
        except failures:
            why = msg("batches of {size} do not fit", size=size)
            break
        if found < rate * _GAIN:
            why = msg("batches of {size} are no faster", size=size)
            break
        best, rate, why = size, found, msg("larger than {most} is not tried", most=MOST)
        size *= 2
    return best, msg("batches of {best}, since {why}", best=best, why=why)
