"""A position is found wherever it stands in what left: texts, chapters, messages between pictures, picture files."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from dashcamcleaner.audit.container import examine
from dashcamcleaner.audit.contents import compare_contents
from dashcamcleaner.audit.positions import between_pictures, position_in
from tests import clips

PLACE = "48.100000, 11.500000"


def told(path: Path, **options: Any) -> set[str]:
    facts = examine(path)
    found = compare_contents(facts, facts, keep=(), muted=False, **options)
    return {finding.code for finding in found if finding.severity.value == "fail"}


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_in_the_texts(tmp_path: Path, extension: str) -> None:
    options = {"time_base": Fraction(1, 1000), "rate": 25, "frames": 25}
    texts = [(i * 0.05, i * 0.05 + 0.03, "GPS: no signal") for i in range(15)] + [(0.9, 0.95, f"GPS: {PLACE}")]
    assert "text" in told(clips.make(tmp_path / f"a.{extension}", subtitles=tuple(texts), **options).path)
    spoken = ((0.1, 0.3, "Hello there."), (0.5, 0.8, "Turn left here."))
    assert told(clips.make(tmp_path / f"b.{extension}", subtitles=spoken, **options).path) == set()


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_in_the_titles_of_chapters(tmp_path: Path, extension: str) -> None:
    chapters = ((0, 0.1, "Chapter 1"), (0.1, 0.2, PLACE))
    assert "location" in told(clips.make(tmp_path / f"a.{extension}", frames=6, chapters=chapters).path)
    assert told(clips.make(tmp_path / f"b.{extension}", frames=6, chapters=chapters[:1]).path) == set()


def test_in_a_language(tmp_path: Path) -> None:
    sounds = (clips.Sound(language=PLACE),)
    assert "location" in told(clips.make(tmp_path / "a.mkv", frames=6, sounds=sounds).path)


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_between_the_pictures(tmp_path: Path, codec: str, extension: str) -> None:
    options = {"crf": "30", "preset": "ultrafast"}
    made = clips.make(tmp_path / "a.mp4", frames=6, codec=codec, options=options, size=(128, 64))
    payload = bytes(range(0x40, 0x50)) + f"GPS: {PLACE}".encode()
    message = {
        "libx264": bytes([6, 5, len(payload)]) + payload + b"\x80",
        "libx265": bytes([39 << 1, 1, 5, len(payload)]) + payload + b"\x80",
    }[codec]
    unit = len(message).to_bytes(4, "big") + message
    target = tmp_path / f"b.{extension}"
    clips.with_packets(made.path, target, lambda number, content: content + unit if number == 4 else content)
    assert "position" in told(target)
    assert told(made.path) == set()


def test_between_the_pictures_of_av1() -> None:
    delimiter, frame = bytes([2 << 3 | 2, 0]), bytes([6 << 3 | 2, 4]) + b"\1\2\3\4"
    message = bytes([4, 0xB5]) + PLACE.encode()
    packet = delimiter + bytes([5 << 3 | 2, len(message)]) + message + frame
    assert list(between_pictures(packet, codec="av1")) == [message]
    assert list(between_pictures(delimiter + frame, codec="av1")) == []


def test_behind_the_packets_of_any_container(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "a.mkv", frames=6)
    data = made.path.read_bytes()
    void = f"$GPRMC,123519,A,4807.038,N,01131.000,E {'-' * 40}".encode()
    made.path.write_bytes(data + b"\xec" + bytes([0x80 | len(void)]) + void)
    assert "position" in told(made.path)


@pytest.mark.parametrize(
    "where", ["tEXt", "iTXt", "zTXt", "XMP", "EXIF comment", "JPEG comment", "behind the end", "ICC"]
)
def test_in_pictures(tmp_path: Path, where: str) -> None:
    picture = Image.new("RGB", (64, 48), "gray")
    path = tmp_path / ("a.jpg" if where in ("JPEG comment", "behind the end", "EXIF comment") else "a.png")
    options: dict[str, Any] = {}
    if where in ("tEXt", "zTXt"):
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("Comment", PLACE, zip=where == "zTXt")
    elif where in ("iTXt", "XMP"):
        options["pnginfo"] = PngImagePlugin.PngInfo()
        name = "XML:com.adobe.xmp" if where == "XMP" else "Place"
        options["pnginfo"].add_itxt(name, f"<x exif:GPSLatitude='48,6.0N'>{PLACE}</x>")
    elif where == "EXIF comment":
        options["exif"] = Image.Exif()
        options["exif"][270] = PLACE
    elif where == "JPEG comment":
        options["comment"] = PLACE
    elif where == "ICC":
        options["icc_profile"] = b"\0" * 128 + PLACE.encode()
    picture.save(path, **options)
    if where == "behind the end":
        path.write_bytes(path.read_bytes() + PLACE.encode())
    assert told(path) & {"position", "location"}
    picture.save(path)
    assert told(path) == set()


def test_noise_tells_no_position() -> None:
    noise = random.Random(19).randbytes(2_000_000)
    assert position_in(noise) == ""
    assert position_in(noise + b"\0GPS(E: 11.500000, N: 48.100000)\xff") == "GPS(E: 11.500000, N: 48.100000)"
    assert position_in(b"\0\0free\0freeGPS \x4c\0\0").startswith("freeGPS")
