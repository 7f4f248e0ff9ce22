"""JPEG files in parts: which colours they hold, what lies beside their picture."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dashcamcleaner.media.image_file import read_picture_file
from dashcamcleaner.media.image_writer import write_picture_file
from dashcamcleaner.media.jpeg_parts import jpeg_parts, left_behind


def picture() -> Image.Image:
    rgb = np.zeros((48, 64, 3), np.uint8)
    rgb[:24], rgb[24:, :32], rgb[24:, 32:] = (200, 40, 40), (40, 200, 40), (40, 40, 200)
    return Image.fromarray(rgb)


def coded(**options: object) -> bytes:
    buffer = io.BytesIO()
    picture().save(buffer, "JPEG", quality=95, **options)
    return buffer.getvalue()


def segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def rgb_without_adobe() -> bytes:
    """Red, green and blue named by their components alone, as some encoders write them."""
    data = coded(keep_rgb=True)
    at = data.index(b"\xff\xee")
    return data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]


def written(path: Path) -> tuple[bytes, dict[str, str]]:
    result = path.with_name("out.jpg")
    actions = write_picture_file(read_picture_file(path), partial_path=result, suffix=".jpg")
    return result.read_bytes(), {action.what: action.action for action in actions}


@pytest.mark.parametrize("data", [coded(), coded(keep_rgb=True), rgb_without_adobe()], ids=["ycc", "adobe", "names"])
def test_rgb_and_ycc_are_read_and_stay_what_they_are(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "in.jpg"
    path.write_bytes(data)
    found = read_picture_file(path)
    assert found.frame.layout.rgb is not jpeg_parts(data).is_ycc
    seen = found.frame.picture((64, 48)).astype(int)
    assert np.abs(seen - np.asarray(picture(), int)).mean() < 4
    result, _ = written(path)
    assert jpeg_parts(result).is_ycc is jpeg_parts(data).is_ycc
    with Image.open(io.BytesIO(result)) as again:
        assert np.abs(np.asarray(again.convert("RGB"), int) - np.asarray(picture(), int)).mean() < 4


@pytest.mark.parametrize(
    "mark",
    [
        segment(0xE1, b'http://ns.adobe.com/xap/1.0/\0<x xmlns:hdrgm="u" hdrgm:Version="1.0"/>'),
        segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<HDRGainMap:HDRGainMapVersion>65536<"),
    ],
)
def test_a_gain_map_is_a_clear_picture_which_stays_behind_and_is_told(mark: bytes, tmp_path: Path) -> None:
    first, second = coded(), coded(subsampling=2)
    path = tmp_path / "in.jpg"
    path.write_bytes(first[:2] + mark + first[2:] + second)
    result, told = written(path)
    assert told["gain map (HDR)"] == "dropped"
    assert result.count(b"\xff\xd8\xff") == 1
    assert jpeg_parts(result).end == len(result)


def test_pictures_and_data_behind_the_first_are_told(tmp_path: Path) -> None:
    first = coded()
    path = tmp_path / "in.jpg"
    for tail, name in ((coded(), "further pictures in the file"), (b"\0\0ftypmp42", "data behind the picture")):
        path.write_bytes(first + tail)
        result, told = written(path)
        assert told[name] == "dropped"
        assert jpeg_parts(result).end == len(result)
    assert left_behind(jpeg_parts(first + b"\0\0\n"), first + b"\0\0\n", further=0) == []


def test_segments_are_told_by_what_they_are(tmp_path: Path) -> None:
    first = coded()
    more = segment(0xEB, b"JP" + bytes(40)) + segment(0xEB, b"JP" + bytes(40)) + segment(0xE5, b"serial 123")
    path = tmp_path / "in.jpg"
    path.write_bytes(first[:2] + more + first[2:])
    result, told = written(path)
    assert told["content credentials or other boxes (JUMBF) (84 bytes)"] == "dropped"
    assert told["segment APP5 (10 bytes)"] == "dropped"
    assert b"serial 123" not in result


@pytest.mark.parametrize("progressive", [False, True])
def test_the_end_of_a_picture_is_found_whatever_its_scans(progressive: bool) -> None:
    data = coded(progressive=progressive, restart_marker_blocks=2)
    assert jpeg_parts(data + b"tail").end == len(data)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_taken_apart(data: bytes) -> None:
    whole = b"\xff\xd8" + data
    left_behind(jpeg_parts(whole), whole, further=0)
