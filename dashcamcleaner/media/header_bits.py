"""Reads the headers of codecs bit by bit. The module is short because two others share it."""

from __future__ import annotations

__all__ = ["HeaderBits"]


class HeaderBits:
    """Bits of a header, most significant first.

    Args:
        data: the header.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> int:
        """The next ``count`` bits as a number.

        Raises:
            IndexError: the header has ended.
        """
        value = 0
        for _ in range(count):
            value = value << 1 | (self._data[self._at >> 3] >> (7 - (self._at & 7)) & 1)
            self._at += 1
        return value

    def number(self) -> int:
        """The next unsigned Exp-Golomb code.

        Raises:
            IndexError: the header has ended.
        """
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)
