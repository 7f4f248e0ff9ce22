"""The one table of formats: nothing stands in it twice, the libraries know what it names, and bytes tell pictures."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest
from PIL import Image

from dashcamcleaner.media import codecs
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.media.formats import (
    FORMATS,
    JPEG,
    MediaFormat,
    MediaKind,
    format_of,
    output_suffix,
    picture_format,
    picture_format_of,
    suffixes,
)
from dashcamcleaner.media.image_file import is_picture_file
from dashcamcleaner.media.probe import probe

PICTURES = [one for one in FORMATS if one.kind is MediaKind.PICTURE]
WRITTEN = [one for one in PICTURES if one.writer]


def picture_bytes(one: MediaFormat) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), "teal").save(buffer, one.writer)
    return buffer.getvalue()


def test_no_extension_stands_for_two_formats() -> None:
    every = [suffix for one in FORMATS for suffix in one.suffixes]
    assert len(every) == len(set(every))
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in every)
    assert all(format_of(f"/some/where/A{suffix.upper()}") is format_of(suffix) is not None for suffix in every)
    assert format_of("notes.txt") is format_of("") is format_of("mp4") is None


def test_the_libraries_know_what_the_table_names() -> None:
    for one in FORMATS:
        if one.demuxer:
            assert av.ContainerFormat(one.demuxer, "r").name == one.demuxer
            assert one.demuxer in codecs.SOURCE_OPTIONS["format_whitelist"].split(",")
        if one.kind is MediaKind.CLIP and one.writer:
            assert av.ContainerFormat(one.writer, "w").name == one.writer
    known = Image.registered_extensions()
    assert all(known[one.suffixes[0]] == one.writer for one in WRITTEN)
    assert all(known.get(suffix) in (None, one.writer, "MPO", "DIB") for one in WRITTEN for suffix in one.suffixes)


def test_what_is_kept_is_written_and_what_is_written_is_read() -> None:
    for one in FORMATS:
        assert one.writer or not one.kept
        assert one.readable or not one.writer
    assert set(codecs.CONTAINERS) == set(suffixes(MediaKind.CLIP, written=True))


def test_an_output_is_named_like_its_source_where_that_is_written() -> None:
    assert [output_suffix(e) for e in (".MP4", ".mov", ".mkv", ".avi", ".ts", ".webm", "")] == [
        ".mp4", ".mov", ".mkv", ".mp4", ".mp4", ".mp4", ".mp4",
    ]  # fmt: skip
    assert [output_suffix(e) for e in (".JPG", ".jpe", ".jpeg", ".avif", ".tiff", ".heic")] == [
        ".jpg", ".jpe", ".jpeg", ".avif", ".tiff", ".png",
    ]  # fmt: skip
    for suffix in (".jfif", ".THM", ".mpo", ".insp", ".jps", ".pjpeg"):
        assert output_suffix(suffix) == suffix.lower()


@pytest.mark.parametrize("name", ["photo.mp4", "photo.THM", "photo.mkv", "photo", "photo.dat", "photo.ts"])
def test_what_a_file_holds_decides_whether_it_is_a_picture(name: str, tmp_path: Path) -> None:
    photo = tmp_path / name
    photo.write_bytes(picture_bytes(JPEG))
    assert output_suffix(photo) == (".thm" if name.endswith(".THM") else ".jpg")


@pytest.mark.parametrize("name", ["clip.jpg", "clip.mp4", "clip.png", "clip.heic", "clip"])
def test_what_a_file_holds_decides_whether_it_is_a_clip(name: str, tmp_path: Path) -> None:
    clip = tmp_path / name
    clip.write_bytes(b"\0\0\0\x18ftypisom" + bytes(80))
    assert output_suffix(clip) == ".mp4"


def test_a_picture_with_another_formats_name_is_written_as_its_name_says(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(picture_bytes(JPEG))
    assert output_suffix(photo) == ".png"


@pytest.mark.parametrize("one", WRITTEN, ids=lambda one: one.name)
def test_a_picture_is_known_by_its_bytes_whatever_its_name(one: MediaFormat, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(picture_bytes(one))
    assert picture_format(path) is one
    assert picture_format(tmp_path / "absent") is None
    unnamed = path.rename(tmp_path / "picture")
    assert output_suffix(unnamed) == one.suffixes[0]


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\0\0\0\x18ftypheic", "HEIF"),
        (b"\0\0\0\x18ftyphevx", "HEIF"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heic", "HEIF"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1miafavif", "AVIF"),
        (b"\0\0\0\x18ftypavis", "AVIF"),
        (b"\xff\x0a", "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n", "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n", "JPEG 2000"),
        (b"FUJIFILMCCD-RAW", "camera raw"),
        (b"\0\0\0\x18ftypcrx ", "camera raw"),
        (b"II*\0", "TIFF"),
        (b"MM\0*", "TIFF"),
        (b"\0\0\0\x18ftypisom", None),
        (b"RIFF\0\0\0\0AVI LIST", None),
        (b"GIF89a", None),
        (b"", None),
    ],
)
def test_first_bytes(head: bytes, name: str | None) -> None:
    found = picture_format_of(head)
    assert (found.name if found else None) == name


@pytest.mark.parametrize("suffix", [".mjpeg", ".mjpg"])
def test_jpegs_that_make_a_clip_are_none_of_them_a_picture(tmp_path: Path, suffix: str) -> None:
    """Network cameras write them one behind the other; as a picture all but the first would be left out."""
    clip = tmp_path / f"camera{suffix}"
    for shade in range(5):
        Image.new("RGB", (32, 32), (shade * 50, 0, 0)).save(tmp_path / "one.jpg")
        with clip.open("ab") as file:
            file.write((tmp_path / "one.jpg").read_bytes())
    assert not is_picture_file(clip)
    assert output_suffix(clip) == ".mp4"
    info = probe(clip)
    with open_clip(clip, info=info) as decoder:
        assert len(list(decoder)) == 5
