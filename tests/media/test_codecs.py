"""The tables of codecs and containers, held against the library that opens them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashcamcleaner.core.frame import PixelLayout
from dashcamcleaner.media import codecs
from dashcamcleaner.settings import KEEPABLE, SETTINGS

DECODER_NAMES = {"dts": "dca", "hdmv_pgs_subtitle": "pgssub", "dvd_subtitle": "dvdsub", "dvb_subtitle": "dvbsub"}


def test_the_library_has_all_encoders() -> None:
    for codec in codecs.VIDEO_CODECS.values():
        formats = {f.name for f in av.Codec(codec.encoder, "w").video_formats or []}
        assert codec.formats <= formats, codec.name
    for container in codecs.CONTAINERS.values():
        assert av.Codec({"opus": "libopus"}.get(container.audio_fallback, container.audio_fallback), "w")
        assert av.Codec(container.subtitle_fallback, "w")


@pytest.mark.parametrize("extension", codecs.CONTAINERS)
def test_containers_hold_what_the_table_says(tmp_path: Path, extension: str) -> None:
    container = codecs.CONTAINERS[extension]
    with av.open(str(tmp_path / f"a{extension}"), "w", format=container.muxer) as output:
        held = output.supported_codecs
        for name in container.video:
            assert codecs.VIDEO_CODECS[name].encoder in held
        unsure = {"amr_nb", "amr_wb", "subrip", "ssa"}
        for name in (container.audio | container.subtitles) - unsure:
            assert {name, DECODER_NAMES.get(name, name)} & held, f"{container.title}: {name}"
        assert {container.audio_fallback} <= container.audio
        assert {container.subtitle_fallback} <= container.subtitles


def test_the_fence_names_real_demuxers_and_no_list() -> None:
    known = {part for name in av.formats_available for part in name.split(",")}
    allowed = set(codecs.SOURCE_OPTIONS["format_whitelist"].split(","))
    assert allowed <= known
    followers = {
        "hls",
        "dash",
        "concat",
        "sdp",
        "rtsp",
        "image2",
        "image2pipe",
        "imf",
        "lavfi",
        "tty",
        "vobsub",
        "applehttp",
    }
    assert not allowed & followers
    assert codecs.SOURCE_OPTIONS["protocol_whitelist"] == "file"


def test_settings_and_tables_agree() -> None:
    assert set(SETTINGS["codec"].choices) == {"auto", *codecs.VIDEO_CODECS}
    for codec in codecs.VIDEO_CODECS.values():
        if codec.presets:
            assert set(codec.presets) == set(SETTINGS["preset"].choices)
    assert {"location", "tags", "data", "cover", "attachments"} <= set(KEEPABLE)


@given(st.integers(0, 50), st.sampled_from(sorted(codecs.VIDEO_CODECS)))
def test_quality_is_monotonic_and_in_range(quality: int, name: str) -> None:
    codec = codecs.VIDEO_CODECS[name]
    assert 0 <= codec.crf(quality) <= codec.crf(quality + 1) <= codec.crf_max


@pytest.mark.parametrize(
    ("name", "keep", "codec", "expected"),
    [
        ("yuv420p", False, "h264", "yuv420p"),
        ("yuvj420p", False, "h264", "yuvj420p"),
        ("yuvj420p", False, "av1", "yuv420p"),
        ("yuv444p", False, "h264", "yuv420p"),
        ("yuv444p", True, "h264", "yuv444p"),
        ("yuvj422p", True, "h265", "yuvj422p"),
        ("yuv420p10le", False, "h265", "yuv420p10le"),
        ("yuv422p12le", True, "h265", "yuv422p10le"),
        ("yuv444p12le", False, "h265", "yuv420p10le"),
        ("nv12", False, "h264", "nv12"),
        ("nv12", False, "h265", "yuv420p"),
    ],
)
def test_output_pixel_format(name: str, keep: bool, codec: str, expected: str) -> None:
    layout = codecs.native_layout(name)
    assert layout is not None
    assert codecs.output_pixel_format(layout, codec=codecs.VIDEO_CODECS[codec], keep_chroma=keep) == expected


@pytest.mark.parametrize(
    "name", [f.name for f in av.Codec("rawvideo", "w").video_formats or []] + ["yuv410p", "pal8", "bgra"]
)
def test_every_format_has_a_native_one(name: str) -> None:
    """Whatever a decoder gives: it is native, or a native one is named for it."""
    if codecs.native_layout(name) is not None:
        return
    depth = 8 if name == "pal8" else 16 if "16" in name else 10 if "10" in name else 8
    nearest = codecs.nearest_native(name, depth=depth, rgb="rgb" in name or "gbr" in name, chroma_shift=(2, 0))
    assert codecs.native_layout(nearest) is not None


def test_native_layouts_tell_the_truth() -> None:
    for name in ("yuv420p", "yuv422p10le", "yuv444p12le", "yuvj420p", "nv12"):
        layout = codecs.native_layout(name)
        assert isinstance(layout, PixelLayout)
        real = av.VideoFormat(name, 64, 64)
        shift = layout.chroma_shift
        assert (real.chroma_width(64), real.chroma_height(64)) == (64 >> shift[0], 64 >> shift[1])
        assert real.components[0].bits == layout.depth
    full = codecs.native_layout("yuv420p", full_range=True)
    assert full is not None
    assert full.full_range


@pytest.mark.parametrize(
    "tag", ["location", "LOCATION-eng", "com.apple.quicktime.location.ISO6709", "GPSCoordinates", "©xyz", "geotag"]
)
def test_location_tags_are_known(tag: str) -> None:
    assert codecs.is_location_tag(tag)


def test_tags_that_are_none() -> None:
    assert not codecs.is_location_tag("title")
    assert codecs.is_structural_tag("MAJOR_BRAND")
    assert not codecs.is_structural_tag("com.android.version")


def test_clocks() -> None:
    assert codecs.CONTAINERS[".mkv"].time_base == Fraction(1, 1000)
    assert codecs.CONTAINERS[".mp4"].time_base is None
