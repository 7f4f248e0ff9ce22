"""Which files are clips and pictures, by extension and by first bytes: the one table that everybody asks.

What a container holds stands in `media.codecs`, how a picture is coded in `media.image_file`. No library is needed
here, so that names of outputs can be chosen before any is loaded.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from pathlib import Path

from dashcamcleaner.messages import msg

__all__ = [
    "FORMATS",
    "JPEG",
    "PNG",
    "MediaFormat",
    "MediaKind",
    "format_of",
    "output_suffix",
    "picture_format",
    "picture_format_of",
    "suffixes",
]

_HEAD_BYTES = 64
"""So many first bytes tell a picture's format."""


class MediaKind(enum.Enum):
    """What a file shows. A GIF is a clip: it may move."""

    CLIP = "clip"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class MediaFormat:
    """One format of media files.

    Args:
        name: the name for people; of a picture, Pillow's name.
        kind: clip or picture.
        suffixes: its extensions in lower case, with their dot; the usual one first.
        readable: sources of it can be cleaned; of another one, a sentence tells that they cannot.
        writer: FFmpeg's muxer, or Pillow's name, that writes it; empty where it is not written.
        kept: a source of it becomes an output of it, unless something else is asked for.
        demuxer: FFmpeg's name for a picture that stands alone in its file; empty where FFmpeg finds out itself.
        magic: matches the first bytes of a picture; None for clips, of which FFmpeg looks at more than these.
    """

    name: str
    kind: MediaKind
    suffixes: tuple[str, ...]
    readable: bool = True
    writer: str = ""
    kept: bool = False
    demuxer: str = ""
    magic: re.Pattern[bytes] | None = None


def _clip(name: str, extensions: str, *, muxer: str = "", kept: bool | None = None) -> MediaFormat:
    kept = bool(muxer) if kept is None else kept
    return MediaFormat(name, MediaKind.CLIP, tuple(extensions.split()), writer=muxer, kept=kept)


def _picture(name: str, extensions: str, magic: bytes, *, demuxer: str = "", readable: bool = True) -> MediaFormat:
    return MediaFormat(
        name,
        MediaKind.PICTURE,
        tuple(extensions.split()),
        readable=readable,
        writer=name if readable else "",
        kept=readable,
        demuxer=demuxer,
        magic=re.compile(magic, re.DOTALL),
    )


# Cameras' thumbnails (.thm), several pictures in one file (.mpo, .jps) and full-circle photos (.insp) are JPEG, too.
JPEG = _picture(
    "JPEG", ".jpg .jpeg .jpe .jfif .jfi .jif .pjpeg .pjp .thm .mpo .jps .insp", rb"\xff\xd8\xff", demuxer="jpeg_pipe"
)
PNG = _picture("PNG", ".png", rb"\x89PNG\r\n\x1a\n", demuxer="png_pipe")
_MP4 = _clip("MP4", ".mp4 .m4v", muxer="mp4")
MOTION_JPEG = _clip("Motion JPEG", ".mjpeg .mjpg")

FORMATS: tuple[MediaFormat, ...] = (
    _MP4,
    _clip("MOV", ".mov .qt", muxer="mov"),
    _clip("MKV", ".mkv", muxer="matroska"),
    _clip("WebM", ".webm", muxer="webm", kept=False),  # it holds AV1 alone, which is slow to write: only when asked for
    _clip("AVI", ".avi .divx"),
    _clip(msg("MPEG transport stream"), ".ts .mts .m2ts .m2t .tod .trp"),
    _clip(msg("MPEG program stream"), ".mpg .mpeg .mpe .m2p .mod .vob"),
    _clip("Windows Media", ".wmv .asf"),
    _clip("Flash video", ".flv .f4v"),
    _clip("3GPP", ".3gp .3gpp .3g2"),
    _clip("Ogg", ".ogv"),
    _clip("GIF", ".gif"),
    _clip("Dahua recording", ".dav"),
    _clip("H.264 stream", ".h264 .264 .avc"),
    _clip("H.265 stream", ".h265 .265 .hevc"),
    _clip("IVF", ".ivf"),
    _clip("YUV4MPEG", ".y4m"),
    MOTION_JPEG,
    _clip("MXF", ".mxf"),
    _clip("DV", ".dv .dif"),
    _clip(msg("action camera's MP4"), ".insv .lrv .360"),
    JPEG,
    PNG,
    _picture("WEBP", ".webp", rb"RIFF....WEBP", demuxer="webp_pipe"),
    _picture("BMP", ".bmp .dib", rb"BM", demuxer="bmp_pipe"),
    _picture(
        "camera raw",
        ".dng .cr2 .cr3 .nef .arw .orf .rw2 .raf",
        rb"II\*\0.{4}CR|FUJIFILM|IIU\0|IIR[OS]|....ftypcrx ",
        readable=False,
    ),
    _picture("TIFF", ".tif .tiff", rb"II\*\0|MM\0\*", demuxer="tiff_pipe"),
    # Encoders may sign as HEIF's common brand, and name AVIF among those that the file is fit for.
    _picture("AVIF", ".avif", rb"....ftyp(?:avi[fs]|m[is]f1.{4}(?:.{4})*?avi[fs])"),
    _picture("HEIF", ".heic .heif .hif", rb"....ftyp(?:he[iv][cx]|hei[ms]|m[is]f1)", readable=False),
    _picture("JPEG XL", ".jxl", rb"\xff\x0a|\0\0\0\x0cJXL ", readable=False),
    _picture("JPEG 2000", ".jp2 .j2k .jpx", rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", readable=False),
)
"""All formats. A picture's first bytes are held against them in this order."""

_BY_SUFFIX = {suffix: one for one in FORMATS for suffix in one.suffixes}


def format_of(path: str | Path) -> MediaFormat | None:
    """The format that a file's extension (or an extension alone, ``.jpg``) tells, None for an unknown one."""
    name = Path(path).name
    return _BY_SUFFIX.get((Path(name).suffix or name).lower())


def picture_format_of(head: bytes) -> MediaFormat | None:
    """The picture format that a file's first bytes (64 are enough) tell, None for a clip or anything else."""
    return next((one for one in FORMATS if one.magic is not None and one.magic.match(head)), None)


def picture_format(path: str | Path) -> MediaFormat | None:
    """As `picture_format_of`, of a file; None also where it cannot be read, or its name says that JPEGs make a clip."""
    if format_of(path) is MOTION_JPEG:
        return None
    try:
        with Path(path).open("rb") as file:
            return picture_format_of(file.read(_HEAD_BYTES))
    except OSError:
        return None


def suffixes(kind: MediaKind, *, written: bool = False) -> tuple[str, ...]:
    """The extensions of the readable formats of a kind, or of those that are written, the usual ones first."""
    some = [one for one in FORMATS if one.kind is kind and (one.writer if written else one.readable)]
    return tuple(suffix for one in some for suffix in one.suffixes)


_CLIP_MAGIC = re.compile(
    rb"....(?:ftyp|moov|mdat|wide|free|skip|pnot)|\x1a\x45\xdf\xa3|RIFF....AVI |FLV\x01|OggS|\x00\x00\x01[\xb3\xba]|"
    rb"\x47.{187}\x47|\x30\x26\xb2\x75|\x06\x0e\x2b\x34",
    re.DOTALL,
)
"""How the common containers of clips begin: MP4 and its kin, Matroska, AVI, Flash, Ogg, MPEG, ASF, MXF."""


def _begins_as_clip(path: str | Path) -> bool:
    """Whether a file's first bytes are a clip's; what tells nothing keeps the kind that its name tells."""
    try:
        with Path(path).open("rb") as file:
            return _CLIP_MAGIC.match(file.read(256)) is not None
    except OSError:
        return False


def output_suffix(source: str | Path) -> str:
    """The extension of the output for a source: its own where that format is kept, else ``.mp4`` or ``.png``.

    Args:
        source: the file, or its extension alone. Whether it is a clip or a picture is told by its first bytes, since
            either may have the other's extension, or none; where there is no such file, the extension counts.
    """
    named, held = format_of(source), picture_format(source)
    if held is None and named is not None and named.kind is MediaKind.PICTURE and _begins_as_clip(source):
        named = None  # no picture, whatever it is called
    if held is not None and (named is None or named.kind is MediaKind.CLIP or not named.kept):
        return held.suffixes[0] if held.kept else PNG.suffixes[0]
    if named is not None and named.kept:
        name = Path(source).name
        return (Path(name).suffix or name).lower()
    if named is None or named.kind is MediaKind.CLIP:
        return _MP4.suffixes[0]
    return PNG.suffixes[0]
