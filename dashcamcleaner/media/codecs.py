"""What fits where: codecs, containers, pixel formats, and which side streams and tags survive.

Tables before branches: `media.probe` and `media.decoder` read which pixel formats stay native, `media.encoder` which
container holds what. Nothing here opens a file; a test holds the tables against the library that does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from dashcamcleaner.core.frame import PixelLayout
from dashcamcleaner.media.formats import FORMATS, MediaKind
from dashcamcleaner.messages import msg

__all__ = [
    "CLOCKLESS",
    "COLOR_CODES",
    "CONTAINERS",
    "SAFE_TAGS",
    "SOURCE_OPTIONS",
    "TELEMETRY_TEXT",
    "TEXT_SUBTITLES",
    "VIDEO_CODECS",
    "Container",
    "VideoCodec",
    "is_location_tag",
    "is_structural_tag",
    "language_tag",
    "native_layout",
    "nearest_native",
    "output_pixel_format",
    "safest_playable",
]

_DEMUXERS = (
    "mov matroska avi mpegts mpegtsraw mpeg asf flv live_flv gif apng ogg mxf wtv dv rm nut nuv ivf yuv4mpegpipe h264 "
    "hevc vvc obu av1 mpegvideo m4v vc1 mjpeg mpjpeg smjpeg gxf lxf nsv pva swf h263 dirac cavsvideo dnxhd dhav r3d "
    "roq smk bink thp vmd jpeg_pipe png_pipe webp_pipe bmp_pipe tiff_pipe mp3 wav flac aac aiff caf"
)

SOURCE_OPTIONS: dict[str, str] = {
    # Local files only, and only formats that hold their own pictures: a playlist (hls, dash, concat, sdp, ...) named
    # .mp4 would otherwise make the library open other files or the network on its behalf.
    "protocol_whitelist": "file",
    "format_whitelist": ",".join(_DEMUXERS.split()),
}

CLOCKLESS = frozenset("h264 hevc vvc obu mpegvideo m4v vc1 h263 dirac cavsvideo mjpeg dnxhd".split())
"""Readers of elementary streams: pictures alone, without times."""

SAFE_TAGS = frozenset({"creation_time", "language"})
"""Tags that are always kept. All others are dropped and named unless asked for: what is not understood may tell who
filmed where."""

_STRUCTURAL_NAMES = (
    "major_brand minor_version compatible_brands encoder vendor_id duration handler_name software alpha_mode bps "
    "number_of_frames number_of_bytes rotate"
)
_STRUCTURAL_TAGS = frozenset(_STRUCTURAL_NAMES.split())
"""Tags that describe the old file, not the footage: the new file writes its own, so they are not worth a line each."""


def is_structural_tag(name: str) -> bool:
    """Whether a tag only describes how the old file was written (the new one tells that itself)."""
    lower = name.lower()
    return lower in _STRUCTURAL_TAGS or lower.startswith("_statistics")


def is_location_tag(name: str) -> bool:
    """Whether a tag says where the clip was taken."""
    lower = name.lower()
    words = ("location", "gps", "geo", "xyz", "latitude", "longitude", "altitude", "iso6709", "iso.6709", "place")
    return any(word in lower for word in words)


def _pairs(text: str) -> dict[str, str]:
    pairs = [item.partition(":") for item in text.split()]
    return {left: right for left, _, right in pairs}


def _codes(text: str) -> dict[int, str]:
    return {int(code): name for code, name in (item.split(":") for item in text.split())}


COLOR_CODES: dict[str, dict[int, str]] = {
    "primaries": _codes(
        "1:bt709 4:bt470m 5:bt470bg 6:smpte170m 7:smpte240m 8:film 9:bt2020 10:smpte428 11:smpte431 12:smpte432 "
        "22:ebu3213"
    ),
    "trc": _codes(
        "1:bt709 4:gamma22 5:gamma28 6:smpte170m 7:smpte240m 8:linear 9:log100 10:log316 11:iec61966-2-4 12:bt1361e "
        "13:iec61966-2-1 14:bt2020-10 15:bt2020-12 16:smpte2084 17:smpte428 18:arib-std-b67"
    ),
    "space": _codes(
        "1:bt709 4:fcc 5:bt470bg 6:smpte170m 7:smpte240m 8:ycgco 9:bt2020nc 10:bt2020c 11:smpte2085 14:ictcp"
    ),
    "range": _codes("1:tv 2:pc"),
}
"""Colour tags by their number in the standard (ITU-T H.273): what `MediaInfo.color` names and encoders take."""


TELEMETRY_TEXT = msg("telemetry as subtitles")
"""Note of a subtitle stream whose texts are positions, as drones and some dashcams write them."""


@dataclass(frozen=True, slots=True)
class VideoCodec:
    """One way to encode pictures.

    Args:
        name: the setting's value.
        title: the name that people read.
        encoder: the library's encoder.
        formats: pixel formats that it takes without conversion.
        interlaced: it can mark interlaced frames.
        crf_offset: added to the quality dial (x264's scale) after `crf_factor`, for about the same look.
        crf_factor: slope of this encoder's scale against x264's.
        crf_max: end of its scale.
        presets: x264 preset names to this encoder's own.
        hardware_options: options of an encoder in hardware for a quality on x264's scale; None: software, which has
            rate factors and presets.
    """

    name: str
    title: str
    encoder: str
    formats: frozenset[str]
    interlaced: bool
    crf_offset: float
    crf_factor: float
    crf_max: int
    presets: dict[str, str] = field(default_factory=dict)
    hardware_options: Callable[[int], dict[str, str]] | None = None

    def options(self, *, quality: int, preset: str) -> dict[str, str]:
        """The encoder's options.

        Args:
            quality: constant rate factor on x264's scale.
            preset: x264's name of it; hardware has its own.
        """
        if self.hardware_options is not None:
            return self.hardware_options(quality)
        return {"crf": str(self.crf(quality)), "preset": self.preset(preset)}

    def crf(self, quality: int) -> int:
        """This encoder's rate factor for a quality on x264's scale."""
        return max(0, min(self.crf_max, round(quality * self.crf_factor + self.crf_offset)))

    def preset(self, name: str) -> str:
        """This encoder's preset for one of x264's."""
        return self.presets.get(name, name)


_YUV8 = {"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p"}
_YUV10 = {"yuv420p10le", "yuv422p10le", "yuv444p10le"}

# The scales were matched by SSIM and PSNR of three street clips at x264's 17, 20, 26 and 32 (veryfast; SVT preset 10).
VIDEO_CODECS: dict[str, VideoCodec] = {
    "h264": VideoCodec("h264", "H.264", "libx264", frozenset({*_YUV8, *_YUV10, "nv12"}), True, 0, 1.0, 51),
    "h265": VideoCodec("h265", "H.265", "libx265", frozenset({*_YUV8, *_YUV10}), False, 2, 1.0, 51),
    "av1": VideoCodec(
        "av1",
        "AV1",
        "libsvtav1",
        frozenset({"yuv420p", "yuv420p10le"}),
        False,
        -28,
        2.5,
        63,
        # From 11 on, the encoder skips blocks that did change (bars of 64 px, black to white, kept their old colour).
        presets={
            "ultrafast": "10",
            "superfast": "10",
            "veryfast": "10",
            "faster": "9",
            "fast": "8",
            "medium": "7",
            "slow": "6",
            "slower": "5",
            "veryslow": "4",
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Container:
    """What one kind of file can hold.

    Args:
        muxer: the library's name of the format.
        title: the name that people read.
        video: names of `VIDEO_CODECS` that fit.
        audio: sound codecs that are copied; others are converted to `audio_fallback`.
        subtitles: subtitle codecs that are copied; other texts are converted to `subtitle_fallback`.
        data_tags: sample formats of data tracks that it holds.
        attachments: attached files fit.
        cover: cover pictures fit.
        rotation: it holds quarter turns of the picture.
        mirroring: it holds mirrored pictures.
        time_base: the clock it imposes, None where the source's own is kept exactly.
    """

    muxer: str
    title: str
    video: frozenset[str]
    audio: frozenset[str]
    audio_fallback: str
    subtitles: frozenset[str]
    subtitle_fallback: str
    data_tags: frozenset[str] = frozenset()
    attachments: bool = False
    cover: bool = False
    rotation: bool = True
    mirroring: bool = True
    time_base: Fraction | None = None


TEXT_SUBTITLES = frozenset({"subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text"})
"""Subtitles that are text and so can be converted into one another; the rest are pictures."""

_PCM = frozenset(
    {"pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be", "pcm_f32le", "pcm_f64le"}
)
_COMMON = frozenset({"aac", "mp3", "mp2", "ac3", "eac3", "opus", "flac", "alac", "dts", "truehd"})

_MP4 = Container(
    muxer="mp4",
    title="MP4",
    video=frozenset(VIDEO_CODECS),
    audio=_COMMON | _PCM | {"vorbis"},
    audio_fallback="aac",
    subtitles=frozenset({"mov_text"}),
    subtitle_fallback="mov_text",
    data_tags=frozenset({"gpmd", "tmcd"}),
    cover=True,
)
_MOV = Container(
    muxer="mov",
    title="MOV",
    video=frozenset({"h264", "h265"}),
    audio=frozenset({"aac", "mp3", "mp2", "ac3", "eac3", "alac", "pcm_u8", "pcm_mulaw", "pcm_alaw", "amr_nb", "amr_wb"})
    | _PCM
    | {"adpcm_ima_qt"},
    audio_fallback="aac",
    subtitles=frozenset({"mov_text"}),
    subtitle_fallback="mov_text",
    data_tags=frozenset({"gpmd", "tmcd"}),
    cover=True,
)
_MKV = Container(
    muxer="matroska",
    title="MKV",
    video=frozenset(VIDEO_CODECS),
    audio=_COMMON | {"vorbis", "pcm_s16le", "pcm_s16be", "pcm_u8", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le"},
    audio_fallback="aac",
    subtitles=frozenset({"subrip", "ass", "ssa", "webvtt", "dvd_subtitle", "hdmv_pgs_subtitle", "dvb_subtitle"}),
    subtitle_fallback="subrip",
    attachments=True,
    cover=True,
    mirroring=False,
    time_base=Fraction(1, 1000),
)
_WEBM = Container(
    muxer="webm",
    title="WebM",
    video=frozenset({"av1"}),
    audio=frozenset({"opus", "vorbis"}),
    audio_fallback="opus",
    subtitles=frozenset({"webvtt"}),
    subtitle_fallback="webvtt",
    mirroring=False,
    time_base=Fraction(1, 1000),
)

_QUICKTIME_NAMES = _pairs(
    "deu:ger fre:fra nld:dut zho:chi cze:ces ell:gre rum:ron slo:slk isl:ice fas:per swe:sve msa:may hye:arm kat:geo "
    "mkd:mac eus:baq cym:wel sqi:alb mya:bur bod:tib"
)
"""Languages that have two codes, by the one that QuickTime does not know."""


def language_tag(language: str, *, container: Container) -> str:
    """A stream's language as its container spells it."""
    return _QUICKTIME_NAMES.get(language, language) if container.muxer == "mov" else language


_BY_MUXER = {container.muxer: container for container in (_MP4, _MOV, _MKV, _WEBM)}

CONTAINERS: dict[str, Container] = {
    suffix: _BY_MUXER[one.writer]
    for one in FORMATS
    if one.kind is MediaKind.CLIP and one.writer
    for suffix in one.suffixes
}
"""By the output's extension, as `media.formats` has them."""


def _planar(name: str, depth: int, shift: tuple[int, int]) -> tuple[str, PixelLayout]:
    return name, PixelLayout(name, depth=depth, chroma_shift=shift, full_range=name.startswith("yuvj"))


_SHIFTS = {"420": (1, 1), "422": (1, 0), "444": (0, 0)}

_NATIVE: dict[str, PixelLayout] = dict(
    [_planar(f"yuv{chroma}p", 8, shift) for chroma, shift in _SHIFTS.items()]
    + [_planar(f"yuvj{chroma}p", 8, shift) for chroma, shift in _SHIFTS.items()]
    + [_planar(f"yuv{c}p{depth}le", depth, shift) for c, shift in _SHIFTS.items() for depth in (10, 12)]
    + [_planar("nv12", 8, (1, 1))]
)


def native_layout(name: str, *, full_range: bool = False) -> PixelLayout | None:
    """Layout of a pixel format that is worked on as it is, or None where one conversion is due first.

    Args:
        name: FFmpeg's name.
        full_range: what the stream says of its range (the ``yuvj`` formats say it themselves).
    """
    layout = _NATIVE.get(name)
    if layout is None or layout.full_range or not full_range:
        return layout
    return PixelLayout(name, depth=layout.depth, chroma_shift=layout.chroma_shift, full_range=True)


def nearest_native(name: str, *, depth: int, rgb: bool, chroma_shift: tuple[int, int] = (0, 0)) -> str:
    """The native format that loses least of a format that is not (RGB, grey, palette, alpha, odd depths).

    Args:
        name: FFmpeg's name.
        depth: bits of its deepest component.
        rgb: red, green, blue or a palette.
        chroma_shift: its subsampling; 4:1:1 and 4:1:0 become 4:2:0.
    """
    suffix = "p" if depth <= 8 else "p10le" if depth <= 10 else "p12le"
    if name.startswith(("gray", "mono", "ya")):
        return f"yuv420{suffix}"
    if rgb or chroma_shift == (0, 0):
        return f"yuv444{suffix}"
    if chroma_shift == (1, 0):
        return f"yuv422{suffix}"
    return f"yuv420{suffix}"


def output_pixel_format(layout: PixelLayout, *, codec: VideoCodec, keep_chroma: bool) -> str:
    """The pixel format to encode: the source's own depth; 4:2:0 unless the chroma is to be kept.

    Args:
        layout: the layout of the decoded planes.
        codec: the codec that will encode them.
        keep_chroma: 4:2:2 and 4:4:4 stay as they are.
    """
    shift = layout.chroma_shift if keep_chroma else (1, 1)
    chroma = next(name for name, value in _SHIFTS.items() if value == shift)
    if layout.depth > 8:
        # 12 bit is written as 10: players and phones decode Main 10, hardly any decode Main 12.
        return f"yuv{chroma}p10le"
    if layout.name == "nv12" and "nv12" in codec.formats and chroma == "420":
        return "nv12"
    if layout.name.startswith("yuvj") and f"yuvj{chroma}p" in codec.formats:
        return f"yuvj{chroma}p"
    return f"yuv{chroma}p"


def safest_playable(names: Iterable[str]) -> str | None:
    """Of several codecs that a container holds, the one that most players show."""
    order = ("h264", "h265", "av1")
    wanted = set(names)
    return next((name for name in order if name in wanted), None)
