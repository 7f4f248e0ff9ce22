"""Which packets have given their pictures: finds those that never will, and puts misplaced times in order.

Pure bookkeeping for `media.decoder`, which tells it the times of packets read and sent and pictures received. A decoder
gives no word about a packet that it dropped, yet what refers to the lost picture is damaged; and some recorders write
times that do not fit the order of their pictures, which must not be mistaken for a loss. The two are told apart by the
decoder's lag (packets sent less pictures received): a loss makes it grow for good.
"""

from __future__ import annotations

__all__ = ["PacketOrder"]

_SETTLE = 18
"""After so many pictures at a greater lag, none of them out of order, the decoder has only learnt to reorder further
(codecs reorder by 16 at most)."""


class PacketOrder:
    """The times of packets whose pictures are still to come."""

    def __init__(self) -> None:
        self._waiting: set[int] = set()
        self._lent: set[int] = set()
        self._free: set[int] = set()
        self._shown = -(1 << 62)
        self._sent = 0
        self._received = 0
        self._lag: int | None = None
        self._calm = 0

    def seen(self, pts: int) -> None:
        """A packet was read from the file. The further ahead this is told, the less depends on the decoder's delay."""
        self._waiting.add(pts)

    def sent(self) -> None:
        """A packet went into the decoder."""
        self._sent += 1

    def received(self, pts: int, *, more: int = 0) -> tuple[int, int]:
        """A picture came out.

        Args:
            pts: its time, as the decoder tells it.
            more: how many others came out together with it and are yet to be told.

        Returns:
            The time to show it at, and how many pictures before it were lost.
        """
        self._received += 1
        early = self._between(pts)
        lag = self._sent - self._received - more
        first = self._lag is None
        grown = lag - (self._lag or 0)
        if first:
            self._lag = lag
        elif early and grown > 0:
            lost = min(grown, len(early))
            self._waiting -= set(sorted(early)[:lost])
            self._lag, self._calm = (self._lag or 0) + lost, 0
            return self._take(pts, self._between(pts)), lost
        elif grown > 0:
            self._calm += 1
            if self._calm > _SETTLE:
                self._lag, self._calm = lag, 0
        elif grown < 0:
            self._lag, self._calm = lag, 0
        else:
            self._calm = 0
        if first and early:  # before the first key frame nothing can be decoded
            self._waiting -= early
            self._lag = lag - len(early)
            return self._take(pts, set()), len(early)
        return self._take(pts, early), 0

    def _between(self, pts: int) -> set[int]:
        """Times still to come that lie before this one, but not before what was shown.

        A clock that jumps back is neither a loss nor a slip.
        """
        return {other for other in self._waiting if self._shown < other < pts}

    def _take(self, pts: int, early: set[int]) -> int:
        """The earliest time that is free: times out of order change places, so that none is lost or doubled."""
        if pts in self._lent:  # its own time went to a picture that came before it
            self._lent.discard(pts)
            chosen = min(self._waiting, default=pts)
        elif early:
            chosen = min(early)
            self._free.add(pts)
            if chosen not in self._free:
                self._lent.add(chosen)
        else:
            chosen = pts
        self._free.discard(chosen)
        self._waiting.discard(chosen)
        self._shown = chosen
        return chosen

    @property
    def outstanding(self) -> int:
        """At the end of a clip: pictures that never came."""
        return len(self._waiting)
