"""What pictures say of their colours: kept where the output's format takes it, else told."""

from __future__ import annotations

import io
import struct
import zlib
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from dashcamcleaner.media.color_marks import avif_marks, png_marks, with_marks
from dashcamcleaner.media.image_file import read_picture_file
from dashcamcleaner.media.image_writer import write_picture_file

GAMMA, PRIMARIES = struct.pack(">I", 62500), struct.pack(">8I", *range(30000, 38000, 1000))
CHUNKS = {b"gAMA": GAMMA, b"cHRM": PRIMARIES, b"cICP": b"\x09\x10\0\1", b"cLLI": bytes(8), b"mDCV": bytes(24)}


def png(path: Path, chunks: dict[bytes, bytes], *, deep: bool = False, tail: bytes = b"") -> Path:
    picture = np.full((24, 32, 3), 30000 if deep else 120, np.uint16 if deep else np.uint8)
    data = cv2.imencode(".png", picture)[1].tobytes()
    framed = b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks.items()
    )
    path.write_bytes(data[:33] + framed + data[33:] + tail)
    return path


def hdr_avif(path: Path, *, depth: int = 10, transfer: int = 16) -> Path:
    with av.open(str(path), "w", format="avif") as output:
        options = {"preset": "10", "svtav1-params": "avif=1"}
        stream = output.add_stream("libsvtav1", rate=1, width=96, height=64, options=options)
        context = stream.codec_context
        context.pix_fmt = "yuv420p10le" if depth == 10 else "yuv420p"
        context.color_primaries, context.color_trc, context.colorspace, context.color_range = 9, transfer, 9, 2
        frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), 120, np.uint8), format="rgb24")
        frame = frame.reformat(format=context.pix_fmt)
        frame.pts, frame.time_base = 0, Fraction(1)
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            output.mux(packet)
    return path


def written(source: Path, suffix: str) -> tuple[bytes, dict[str, str]]:
    result = source.with_name(f"out{suffix}")
    actions = write_picture_file(read_picture_file(source), partial_path=result, suffix=suffix)
    return result.read_bytes(), {action.what: f"{action.action} {action.why}" for action in actions}


@pytest.mark.parametrize("deep", [False, True])
def test_a_png_keeps_what_it_says_of_its_colours(deep: bool, tmp_path: Path) -> None:
    source = png(tmp_path / "in.png", CHUNKS, deep=deep)
    data, told = written(source, ".png")
    assert dict(png_marks(data).chunks) == CHUNKS
    assert list(told) == ["picture (PNG, 32x24)"]
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert image.info["gamma"] == pytest.approx(0.625)


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".tif", ".bmp"])
def test_what_another_format_cannot_say_is_told(suffix: str, tmp_path: Path) -> None:
    _, told = written(png(tmp_path / "in.png", {b"gAMA": GAMMA, b"cHRM": PRIMARIES}), suffix)
    assert told["colour description (gAMA; cHRM)"].startswith("dropped")


def test_common_colours_need_no_word(tmp_path: Path) -> None:
    _, told = written(png(tmp_path / "in.png", {b"sRGB": b"\0"}), ".jpg")
    assert len(told) == 1


def test_a_profile_stays_beside_the_marks(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    source = tmp_path / "in.png"
    Image.new("RGB", (32, 24)).save(source, icc_profile=profile)
    data, _ = written(source, ".png")
    with Image.open(io.BytesIO(data)) as image:
        assert image.info["icc_profile"] == profile
    _, told = written(source, ".bmp")
    assert told["colour profile (ICC)"].startswith("dropped")


def test_chunks_of_a_wrong_length_and_unknown_ones_do_not_pass(tmp_path: Path) -> None:
    source = png(tmp_path / "in.png", {b"gAMA": b"48.85N 2.35E", b"caBX": b"who filmed"}, tail=b"cut off before")
    data, told = written(source, ".png")
    assert png_marks(data).chunks == ()
    assert told["chunk caBX (10 bytes)"].startswith("dropped")
    assert told["data behind the picture"].startswith("dropped")
    for secret in (b"48.85N", b"who filmed", b"cut off"):
        assert secret not in data


def test_ten_bits_of_an_avif_are_told_and_its_transfer_stays(tmp_path: Path) -> None:
    source = hdr_avif(tmp_path / "in.avif")
    assert avif_marks(source.read_bytes()).depth == 10
    data, told = written(source, ".avif")
    marks = avif_marks(data)
    assert marks.code_points is not None
    assert marks.code_points[:2] == (9, 16)
    assert told["picture (AVIF, 96x64)"] == "cleaned 8 instead of 10 bits"
    with Image.open(io.BytesIO(data)) as image:
        image.load()


def test_an_avif_becomes_a_png_with_the_same_meaning(tmp_path: Path) -> None:
    data, told = written(hdr_avif(tmp_path / "in.avif", depth=8, transfer=18), ".png")
    assert dict(png_marks(data).chunks) == {b"cICP": b"\x09\x12\0\1"}
    assert list(told.values()) == ["cleaned written as PNG"]
    _, told = written(tmp_path / "in.avif", ".jpg")
    assert told["colour description (primaries 9, transfer HLG)"].startswith("dropped")


def test_bright_pictures_are_looked_at_as_screens_show_them(tmp_path: Path) -> None:
    plain, bright = (
        read_picture_file(hdr_avif(tmp_path / f"{transfer}.avif", transfer=transfer)).frame.picture((96, 64)).mean()
        for transfer in (1, 16)
    )
    assert bright > plain + 20


def test_a_gain_map_of_an_avif_is_told_and_its_marks_are_not_the_pictures(tmp_path: Path) -> None:
    data = hdr_avif(tmp_path / "in.avif").read_bytes()
    renamed = data.replace(b"av01Color", b"tmapColor")
    assert [action.what for action in avif_marks(renamed).others] == ["gain map (HDR)"]
    place = data.index(b"ipma") + 12
    other = data[:place] + b"\0\x07" + data[place + 2 :]  # the properties belong to another item
    assert avif_marks(other).code_points is None


@given(data=st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    for start in (b"", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x20ftypavif" + bytes(20) + b"\0\0\1\0meta"):
        png_marks(start + data)
        with_marks(start + data, "AVIF", avif_marks(start + data))
