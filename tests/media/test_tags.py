"""What becomes of the words in a file's head: tags, languages, dates, chapter titles, boxes, texts between pictures."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import av
import pytest
from clips import CAPTION, USER_DATA, Sound, make, sei, with_unit
from media.test_encoder import fate, transcode
from PIL import Image

from dashcamcleaner.media.image_file import read_picture_file
from dashcamcleaner.media.image_writer import write_picture_file
from dashcamcleaner.media.output_plan import OutputPlan, plan_output
from dashcamcleaner.media.probe import probe

PLACE = "48.100000, 11.500000"


def action(plan: OutputPlan, what: str) -> Any:
    return next(action for action in plan.actions if what in action.what)


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_the_date_is_kept_and_listed(tmp_path: Path, extension: str) -> None:
    made = make(tmp_path / f"in.{extension}", tags={"creation_time": "2024-01-01T12:00:00Z"}, frames=3)
    plan = transcode(made.path, tmp_path / f"out.{extension}")
    assert fate(plan, "tag creation_time") == "copied"
    assert sum("creation_time" in one.what for one in plan.actions) == 1
    with av.open(str(tmp_path / f"out.{extension}")) as container:
        assert container.metadata["creation_time"].startswith("2024-01-01T12:00:00")


def test_no_date_in_the_date_is_dropped(tmp_path: Path) -> None:
    made = make(tmp_path / "in.mkv", tags={"DATE_RECORDED": "x"}, frames=3)
    info = probe(made.path)
    info.tags["creation_time"] = "Anna, " + PLACE
    for keep in ((), ("tags", "location")):
        plan = plan_output(info, output="out.mkv", keep=keep)
        assert "creation_time" not in plan.tags
        assert (action(plan, "creation_time").action, action(plan, "creation_time").why) == ("dropped", "is no date")


@pytest.mark.parametrize("language", ["deu", "pt-BR"])
def test_languages_are_kept(tmp_path: Path, language: str) -> None:
    made = make(tmp_path / "in.mkv", sounds=(Sound(language=language),), frames=3)
    transcode(made.path, tmp_path / "out.mkv")
    with av.open(str(tmp_path / "out.mkv")) as container:
        assert container.streams.audio[0].metadata["language"] == language


@pytest.mark.parametrize("language", [PLACE, "Anna Meier", "x-48-1000"])
def test_a_language_that_is_none_is_dropped_and_told(tmp_path: Path, language: str) -> None:
    made = make(tmp_path / "in.mkv", sounds=(Sound(language=language),), frames=3)
    for keep in ((), ("tags", "location")):
        plan = transcode(made.path, tmp_path / "out.mkv", keep=keep)
        assert action(plan, "tag language of sound 1").action == "dropped"
        assert not any(language in one.what for one in plan.actions)
        assert language.encode() not in (tmp_path / "out.mkv").read_bytes()


@pytest.mark.parametrize("title", [PLACE, "Anna Meier, at home"])
@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_titles_of_chapters_stay_behind(tmp_path: Path, extension: str, title: str) -> None:
    made = make(tmp_path / "in.mkv", chapters=((0, 0.5, title), (0.5, 1, "two")))
    output = tmp_path / f"out.{extension}"
    plan = transcode(made.path, output)
    assert fate(plan, "2 chapters") == "copied"
    assert fate(plan, "titles of the chapters") == "dropped"
    with av.open(str(output)) as container:
        assert [c["metadata"]["title"] for c in container.chapters()] == ["Chapter 1", "Chapter 2"]
    assert title.encode() not in output.read_bytes()
    transcode(made.path, output, keep=("chapters", "tags"))
    assert (title.encode() in output.read_bytes()) == (title != PLACE)
    transcode(made.path, output, keep=("chapters", "tags", "location"))
    assert title.encode() in output.read_bytes()


def test_a_place_in_any_tag_is_a_place(tmp_path: Path) -> None:
    made = make(tmp_path / "in.mkv", tags={"comment": PLACE, "title": "A trip"}, frames=3)
    plan = transcode(made.path, tmp_path / "out.mkv", keep=("tags",))
    assert (fate(plan, "tag title"), action(plan, "tag COMMENT").why) == ("copied", "tells the place")
    assert PLACE.encode() not in (tmp_path / "out.mkv").read_bytes()


def test_user_data_of_tracks_are_listed(tmp_path: Path) -> None:
    made = make(tmp_path / "in.mp4", frames=3)
    data = made.path.read_bytes()
    place = struct.pack(">I4s", 8 + len(PLACE), b"GPS_") + PLACE.encode()
    for name, added in ((b"udta", place), (b"GPSd", PLACE.encode())):
        box = struct.pack(">I4s", 8 + len(added), name) + added
        _with_box(data, (b"moov", b"trak"), box, made.path)
        plan = transcode(made.path, tmp_path / "out.mp4")
        where = "track/udta/GPS_" if name == b"udta" else "track/GPSd"
        assert fate(plan, f"box {where}") == "dropped"
        assert PLACE.encode() not in (tmp_path / "out.mp4").read_bytes()


def _with_box(data: bytes, path: tuple[bytes, ...], box: bytes, target: Path) -> None:
    """Put a box at the end of the box at a path; the index stands behind the samples, so that no offset moves."""
    made, at, end = bytearray(data), 0, len(data)
    grown = []
    for name in path:
        while made[at + 4 : at + 8] != name:
            at += struct.unpack_from(">I", made, at)[0]
            assert at < end
        grown.append(at)
        end = at + struct.unpack_from(">I", made, at)[0]
        at += 8
    for start in grown:
        struct.pack_into(">I", made, start, struct.unpack_from(">I", made, start)[0] + len(box))
    made[end:end] = box
    if data.index(b"moov") < data.index(b"mdat"):  # samples move behind a longer index
        place = made.index(b"stco") + 12
        for number in range(struct.unpack_from(">I", made, place - 4)[0]):
            struct.pack_into(
                ">I", made, place + 4 * number, struct.unpack_from(">I", made, place + 4 * number)[0] + len(box)
            )
    target.write_bytes(made)


@pytest.mark.parametrize("codec", ["h264", "h265"])
@pytest.mark.parametrize("kind", ["captions", "user data"])
def test_texts_between_the_pictures_stay_behind(tmp_path: Path, kind: str, codec: str) -> None:
    """Encoders pass captions on unless they are told not to."""
    plain = make(tmp_path / "plain.mp4", frames=5).path
    unit = sei(4, CAPTION) if kind == "captions" else sei(5, USER_DATA)
    source = tmp_path / "in.mp4"
    with_unit(plain, source, unit)
    told = {"captions": "closed captions", "user data": "user data within the picture stream"}[kind]
    plan = transcode(source, tmp_path / "out.mp4", codec=codec)
    assert fate(plan, told) == "dropped"
    written = (tmp_path / "out.mp4").read_bytes()
    assert b"GA94" not in written
    assert b"48.100000" not in written
    assert not any(one.what == told for one in plan_output(probe(plain), output="x.mp4").actions)


def test_texts_behind_the_samples_of_a_picture_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "in.png"
    Image.new("RGB", (16, 16)).save(path)
    body = b"tEXtComment\0" + PLACE.encode()
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    data = path.read_bytes()
    path.write_bytes(data[:-12] + chunk + data[-12:])
    picture = read_picture_file(path)
    assert any(one.what == "text Comment" and one.action == "dropped" for one in picture.actions)
    write_picture_file(picture, partial_path=tmp_path / "out.png", suffix=".png", keep=("tags", "location"))
    assert PLACE.encode() not in (tmp_path / "out.png").read_bytes()


@pytest.mark.parametrize("keep", [("tags",), ("tags", "location")])
def test_a_place_in_a_description_is_a_place(tmp_path: Path, keep: tuple[str, ...]) -> None:
    exif = Image.Exif()
    exif[270], exif[271] = PLACE, "Maker"
    Image.new("RGB", (16, 16)).save(tmp_path / "in.jpg", exif=exif)
    write_picture_file(
        read_picture_file(tmp_path / "in.jpg"), partial_path=tmp_path / "out.jpg", suffix=".jpg", keep=keep
    )
    written = (tmp_path / "out.jpg").read_bytes()
    assert b"Maker" in written
    assert (PLACE.encode() in written) == ("location" in keep)
