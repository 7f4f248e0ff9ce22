"""Groups of pictures that are put behind others than they were coded behind, without encoding.

A group is *open* where its key frame is no restart of the decoder: what follows it counts on from what was before. In
MPEG-2 and most others that does no harm once the leading pictures, which refer to what was cut away, are left out. In
HEVC (ITU-T H.265, 3.12 and 8.1.3) the mark of such a key frame, CRA, has a twin for exactly this, BLA: the same picture
behind a splice; without it pictures are shown in the wrong order where the count runs over. H.264 has no such mark: an
open group behind a splice comes out in disorder, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["GroupJoiner"]

_H264_IDR = 5
_HEVC_CRA, _HEVC_BLA_ALONE = 21, 18
"""BLA_N_LP: no leading pictures follow, since they were left out."""


class GroupJoiner:
    """Knows which key frames may stand behind other pictures than their own.

    Args:
        codec: FFmpeg's name of it.
        extradata: the codec's data, as the container holds them: they tell the form of the units.
    """

    def __init__(self, codec: str, extradata: bytes = b"") -> None:
        self._codec = codec
        self._length_bytes = 0
        if extradata[:1] == b"\1":
            if codec == "h264" and len(extradata) > 6:
                self._length_bytes = (extradata[4] & 3) + 1
            elif codec == "hevc" and len(extradata) > 22:
                self._length_bytes = (extradata[21] & 3) + 1

    def may_join(self, data: bytes) -> bool:
        """Whether a key frame's packet restarts the decoder, or can be marked as if it did."""
        return self._codec != "h264" or any(data[at] & 0x1F == _H264_IDR for at in self._units(data))

    def joined(self, data: bytes) -> bytes:
        """The same packet for a place behind other pictures; the same object where nothing is to be marked."""
        if self._codec != "hevc":
            return data
        marked = bytearray(data)
        for at in self._units(data):
            if data[at] >> 1 & 0x3F == _HEVC_CRA:
                marked[at] = data[at] & 0x81 | _HEVC_BLA_ALONE << 1
        return data if marked == data else bytes(marked)

    def _units(self, data: bytes) -> Iterator[int]:
        """Where units begin."""
        if not self._length_bytes:
            at = data.find(b"\0\0\1")
            while 0 <= at < len(data) - 3:
                yield at + 3
                at = data.find(b"\0\0\1", at + 3)
            return
        at = 0
        while at + self._length_bytes < len(data):
            length = int.from_bytes(data[at : at + self._length_bytes], "big")
            at += self._length_bytes
            yield at
            at += length
