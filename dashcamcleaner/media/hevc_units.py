"""Whether an HEVC packet shows its picture, told from its units (ITU-T H.265, clauses 7.3 and 8.1.3).

Two kinds do not: pictures whose own header says so (``pic_output_flag``), and leading pictures that refer to what lies
before the random access point at which decoding began (RASL): after a cut, or after a mark that a sequence has ended,
their references are gone, and no decoder shows them. Cameras and broadcasters whose groups of pictures are open write
such a beginning whenever a recording is split.
"""

from __future__ import annotations

from collections.abc import Iterator

from dashcamcleaner.media.header_bits import HeaderBits

__all__ = ["HevcOutput"]

_RASL = frozenset({8, 9})
_BLA = frozenset({16, 17, 18})
_IDR = frozenset({19, 20})
_CRA = 21
_RANDOM_ACCESS = range(16, 24)
_PPS = 34
_ENDS = tuple(before + mark for before in (b"\0\0\1", b"\0\2") for mark in (b"\x48\1", b"\x4a\1"))
"""A sequence or the stream ends: units 36 and 37, two bytes long, behind a start code or a length."""

_CODED = range(32)
"""Unit types below 32 are slices of pictures."""

_HEAD_BYTES = 64
"""So much of a slice is read; what is asked for stands in its first bytes."""


class HevcOutput:
    """Follows a stream, packet for packet in the order of the file.

    Args:
        extradata: the codec's data, as the container holds them: parameter sets and the form of the units.
    """

    def __init__(self, extradata: bytes = b"") -> None:
        self._length_bytes = 0
        self._parameter_sets: dict[int, tuple[bool, int]] = {}
        self._begins = True
        self._skips_leading = False
        if len(extradata) > 22 and extradata[0] == 1:
            self._length_bytes = (extradata[21] & 3) + 1
            for unit in _configured(extradata):
                self._learn(unit)
        else:
            for unit in _behind_start_codes(extradata):
                self._learn(unit)

    def shows(self, data: bytes) -> bool:
        """Whether the packet shows its picture; True where it cannot be told.

        Args:
            data: the next packet.
        """
        shown: bool | None = None
        for unit in self._units(data):
            if len(unit) < 3 or (unit[0] & 1) << 5 | unit[1] >> 3:  # layers beside the base show nothing here
                continue
            kind = unit[0] >> 1 & 0x3F
            if kind == _PPS:
                self._learn(unit)
            elif kind in _CODED and shown is None:
                shown = self._picture(kind, unit)
        if data.endswith(_ENDS):
            self._begins = True
        return shown is not False

    def _picture(self, kind: int, unit: bytes) -> bool:
        if kind in _RANDOM_ACCESS:
            self._skips_leading = kind in _BLA or kind in _IDR or (kind == _CRA and self._begins)
            self._begins = False
        if kind in _RASL and self._skips_leading:
            return False
        try:
            return self._says_so(kind, unit)
        except IndexError:
            return True

    def _says_so(self, kind: int, unit: bytes) -> bool:
        bits = HeaderBits(_plain(unit[2:_HEAD_BYTES]))
        if not bits.take(1):  # the first slice of a picture is missing
            return True
        if kind in _RANDOM_ACCESS:
            bits.take(1)
        flagged, extra_bits = self._parameter_sets.get(bits.number(), (False, 0))
        if not flagged:
            return True
        bits.take(extra_bits)
        bits.number()  # slice_type
        return bool(bits.take(1))

    def _learn(self, unit: bytes) -> None:
        """A picture parameter set: whether slices carry the flag, and how many reserved bits lie before it."""
        if len(unit) < 3 or unit[0] >> 1 & 0x3F != _PPS:
            return
        try:
            bits = HeaderBits(_plain(unit[2:_HEAD_BYTES]))
            number = bits.number()
            bits.number()  # sequence parameter set
            bits.take(1)
            self._parameter_sets[number] = (bool(bits.take(1)), bits.take(3))
        except IndexError:
            return

    def _units(self, data: bytes) -> Iterator[bytes]:
        if not self._length_bytes:
            yield from _behind_start_codes(data)
            return
        at = 0
        while at + self._length_bytes < len(data):
            length = int.from_bytes(data[at : at + self._length_bytes], "big")
            at += self._length_bytes
            yield data[at : at + min(length, 4096)]
            at += length


def _configured(extradata: bytes) -> Iterator[bytes]:
    """The units of a configuration record (ISO/IEC 14496-15, 8.3.3)."""
    at = 23
    for _ in range(extradata[22]):
        count = int.from_bytes(extradata[at + 1 : at + 3], "big")
        at += 3
        for _ in range(count):
            length = int.from_bytes(extradata[at : at + 2], "big")
            if not length:
                return
            yield extradata[at + 2 : at + 2 + length]
            at += 2 + length


def _behind_start_codes(data: bytes) -> Iterator[bytes]:
    """The beginnings of units up to the first slice: what comes behind it is more of the same picture."""
    at = data.find(b"\0\0\1")
    while at >= 0:
        unit = data[at + 3 : at + 3 + 4096]
        yield unit
        if unit and unit[0] >> 1 & 0x3F in _CODED and len(unit) > 2 and unit[2] & 0x80:
            return
        at = data.find(b"\0\0\1", at + 3)


def _plain(data: bytes) -> bytes:
    """Without the bytes that keep start codes from appearing."""
    return data.replace(b"\0\0\3", b"\0\0")
