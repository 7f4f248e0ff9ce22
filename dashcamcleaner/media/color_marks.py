"""What a picture file says of its colours beside a profile: read from the source, put into the output's bytes.

PNG says it in chunks (``gAMA``, ``cHRM``, ``sRGB``, ``cICP``, ``mDCV``, ``cLLI``), AVIF in a ``colr`` box; Pillow
passes on neither. Without them a picture of a wide or bright colour space is shown washed out or dark. All of them
are numbers of a fixed length, so that nothing else can travel in them. PNG, third edition, 11.3.2; ISO/IEC 23008-12 and
ITU-T H.273 for AVIF.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from dashcamcleaner.core.frame import PixelLayout
from dashcamcleaner.core.summary import StreamAction
from dashcamcleaner.messages import msg

__all__ = ["ColorMarks", "avif_marks", "fitting_profile", "png_marks", "with_marks"]

_PNG_LENGTHS = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"cICP": 4, b"mDCV": 24, b"mDCv": 24, b"cLLI": 8, b"cLLi": 8}
"""Chunks that say how the samples are to be shown, and how long they are."""

_PNG_KNOWN = frozenset(
    b"IHDR PLTE IDAT IEND tRNS bKGD hIST pHYs sBIT sPLT tEXt zTXt iTXt eXIf iCCP acTL fcTL fdAT".split()
)
"""Chunks that the writer makes anew, or that Pillow tells."""

_PNG_HEADER_BYTES = 33
"""Signature (8) and header chunk (25): the profile and these chunks come right behind them."""

_PQ, _HLG, _SRGB, _UNSPECIFIED = 16, 18, 13, 2
_TRANSFERS = {_PQ: "PQ", _HLG: "HLG", 1: "BT.709", 8: "linear", 4: "gamma 2.2", 5: "gamma 2.8"}


@dataclass(frozen=True, slots=True)
class ColorMarks:
    """What a file says of its colours.

    Args:
        code_points: primaries, transfer and matrix by their numbers in ITU-T H.273, and 1 for the full range; None
            where it names none, or the common ones of sRGB.
        chunks: chunks of a PNG, ``(name, content)``.
        depth: bits per sample in the file.
        others: further pictures and boxes of the file that are not passed on, for people.
    """

    code_points: tuple[int, ...] | None = None
    chunks: tuple[tuple[bytes, bytes], ...] = ()
    depth: int = 8
    others: tuple[StreamAction, ...] = ()

    @property
    def is_pq(self) -> bool:
        """Whether the samples are HDR10's code values."""
        return self.code_points is not None and self.code_points[1] == _PQ

    def names(self) -> str:
        """Them for people; empty where there are none."""
        names = [name.decode() for name, _ in self.chunks if name not in (b"sRGB", b"cICP")]
        if self.code_points is not None:
            primaries, transfer, *_ = self.code_points
            names.insert(
                0,
                msg(
                    "primaries {primaries}, transfer {get}", primaries=primaries, get=_TRANSFERS.get(transfer, transfer)
                ),
            )
        return "; ".join(names)


def png_marks(data: bytes) -> ColorMarks:
    """The colour chunks of a PNG; those of a wrong length are left out."""
    chunks: dict[bytes, bytes] = {}
    others: list[StreamAction] = []
    samples, at = False, 8
    while at + 12 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        samples = samples or name == b"IDAT"
        if _PNG_LENGTHS.get(name) == length and not samples:
            chunks.setdefault(name, data[at + 8 : at + 8 + length])
        elif name not in _PNG_KNOWN and name not in _PNG_LENGTHS:
            others.append(
                StreamAction(
                    msg("chunk {name} ({length} bytes)", name=name.decode("latin-1"), length=length),
                    "dropped",
                    "unknown content",
                )
            )
        at += 12 + length
        if name == b"IEND":
            break
    if data[at:].strip(b"\0\n\r "):
        others.append(StreamAction("data behind the picture", "dropped", "may show what was cut off or hidden"))
    code_points = tuple(chunks[b"cICP"]) if b"cICP" in chunks else None
    return ColorMarks(code_points, tuple(chunks.items()), depth=data[24] if len(data) > 24 else 8, others=tuple(others))


def avif_marks(data: bytes) -> ColorMarks:
    """What an AVIF file says of its main picture's colours and depth, and what else it holds."""
    meta = _inner(data, b"meta")[4:]
    every = [(name, body) for name, body, _ in _boxes(_inner(meta, b"iprp", b"ipco"))]
    code_points, depth, others = None, 8, {}
    for name, body in _of_main_picture(meta, every):
        if name == b"colr" and body[:4] == b"nclx" and len(body) >= 11:
            primaries, transfer, matrix = struct.unpack(">3H", body[4:10])
            if transfer not in (_UNSPECIFIED, _SRGB) or primaries not in (1, _UNSPECIFIED):
                code_points = (primaries, transfer, matrix, body[10] >> 7)
        elif name == b"pixi" and len(body) > 5:
            depth = max(depth, *body[5:])
        elif name == b"av1C" and len(body) >= 3 and body[2] & 0x40:
            depth = max(depth, 12 if body[2] & 0x20 else 10)
        elif name in (b"mdcv", b"clli", b"amve"):
            others[msg("mastering display and content light")] = msg("cannot be written here")
        elif name == b"clap":
            others["mark: clean aperture"] = "cannot be written here"
    if any(name == b"auxC" and b"alpha" not in body for name, body in every):
        others[msg("auxiliary picture")] = msg("may show what was hidden")
    if b"tmap" in _inner(meta, b"iinf"):
        others["gain map (HDR)"] = "is itself a picture that shows what was hidden"
    told = tuple(StreamAction(name, "dropped", why) for name, why in others.items())
    return ColorMarks(code_points, depth=depth, others=told)


def _of_main_picture(meta: bytes, properties: list[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """Those properties that belong to the main picture; those of a gain map speak of another one."""
    main, association = _inner(meta, b"pitm"), _inner(meta, b"iprp", b"ipma")
    if len(main) < 6 or len(association) < 8:
        return
    wide_item, wide_index = association[0] > 0, bool(association[3] & 1)
    main_id = int.from_bytes(main[4 : 8 if main[0] else 6], "big")
    at = 8
    for _ in range(min(int.from_bytes(association[4:8], "big"), len(association))):
        item = int.from_bytes(association[at : at + (4 if wide_item else 2)], "big")
        at += 4 if wide_item else 2
        count, at = (association[at], at + 1) if at < len(association) else (0, at)
        for _ in range(count):
            index = int.from_bytes(association[at : at + 1 + wide_index], "big") & (0x7FFF if wide_index else 0x7F)
            at += 1 + wide_index
            if item == main_id and 0 < index <= len(properties):
                yield properties[index - 1]


def _inner(data: bytes, *path: bytes) -> bytes:
    """The content of the first box at a path, empty where there is none."""
    for wanted in path:
        data = next((body for name, body, _ in _boxes(data) if name == wanted), b"")
    return data


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Name, content and place of the content of each box."""
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big") or len(data) - at
        if length < 8:
            return
        yield data[at + 4 : at + 8], data[at + 8 : at + length], at + 8
        at += length


def with_marks(data: bytes, target: str, marks: ColorMarks, *, icc: bytes | None = None) -> tuple[bytes, str]:
    """A coded picture with the marks put in.

    Args:
        data: the picture as it was coded.
        target: its format, by Pillow's name.
        marks: the source's.
        icc: a colour profile for a PNG that was coded without.

    Returns:
        The bytes, and what could not be put in, for people; empty where all could.
    """
    if target == "PNG":
        chunks = list(marks.chunks)
        if marks.code_points is not None and not any(name == b"cICP" for name, _ in chunks):
            # A PNG's samples are RGB of the full range, whatever the source's were.
            chunks.insert(0, (b"cICP", bytes([*(min(v, 255) for v in marks.code_points[:2]), 0, 1])))
        if icc is not None:
            chunks.append((b"iCCP", b"ICC Profile\0\0" + zlib.compress(icc)))
        return _with_chunks(data, chunks), ""
    if target == "AVIF" and marks.code_points is not None:
        rest = ColorMarks(chunks=tuple(chunk for chunk in marks.chunks if chunk[0] != b"cICP"))
        coded = _with_code_points(data, marks.code_points)
        return (data, marks.names()) if coded is None else (coded, rest.names())
    return data, marks.names()


def _with_chunks(data: bytes, chunks: list[tuple[bytes, bytes]]) -> bytes:
    framed = b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )
    return data[:_PNG_HEADER_BYTES] + framed + data[_PNG_HEADER_BYTES:]


def _with_code_points(data: bytes, code_points: tuple[int, ...]) -> bytes | None:
    """An AVIF whose ``colr`` box names these primaries and this transfer; its matrix stays that of the encoder.

    None where it has no such box.
    """
    for name, body, at in _boxes(data):
        if name == b"meta":
            place = data.find(b"colrnclx", at, at + len(body))
            if place >= 0:
                return data[: place + 8] + struct.pack(">2H", *code_points[:2]) + data[place + 12 :]
    return None


def fitting_profile(icc: bytes | None, layout: PixelLayout, actions: list[StreamAction]) -> bytes | None:
    """The colour profile, if it is one for such samples; elsewhere viewers would show wrong colours by it.

    Args:
        icc: the profile that the source holds, None where there is none.
        layout: the layout of the samples that are written.
        actions: the list in which it is told that the profile goes.
    """
    space = b"GRAY" if layout.name.startswith("gray") else b"RGB "
    if not icc or (icc[16:20] == space and icc[36:40] == b"acsp"):
        return icc
    actions.append(StreamAction("colour profile (ICC)", "dropped", msg("it is no profile for samples of this kind")))
    return None
