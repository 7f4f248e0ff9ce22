"""The audit's own reader sees what stands in a file beside the video stream."""

from __future__ import annotations

import shutil
import struct
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from dashcamcleaner.audit.audio import audio_offset_s, audio_shift_s
from dashcamcleaner.audit.container import examine
from dashcamcleaner.audit.contents import compare_contents
from dashcamcleaner.core.findings import Severity
from dashcamcleaner.errors import InputError
from tests import clips
from tests.rendering import frames_of


def jpeg() -> bytes:
    picture = np.random.default_rng(1).integers(0, 255, (90, 160, 3), dtype=np.uint8)
    return cv2.imencode(".jpg", cv2.GaussianBlur(picture, (0, 0), 3))[1].tobytes()


def test_a_plain_clip(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "a.mp4", sounds=(clips.Sound(), clips.Sound(language="deu")), b_frames=2)
    facts = examine(made.path)
    assert facts.video_streams == [0]
    assert len(facts.audio) == 2
    assert facts.pictures == []
    assert compare_contents(facts, facts, keep=(), muted=False) == []


def test_what_stands_beside_the_video_stream_is_seen(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "a.mp4", cover=True, tags={"location": "+48.1371+011.5754/"})
    facts = examine(made.path)
    assert [p.cover for p in facts.pictures] == [True]
    assert facts.pictures[0].pixels is not None
    codes = {f.code for f in compare_contents(facts, facts, keep=(), muted=False)}
    assert {"cover", "location"} <= codes


@pytest.mark.parametrize("where", ["own box", "user data"])
def test_a_thumbnail_and_a_position_between_the_packets_are_seen(tmp_path: Path, where: str) -> None:
    made = clips.make(tmp_path / "a.mp4", frames=10)
    target = tmp_path / "b.mp4"
    shutil.copy(made.path, target)
    body = jpeg() + b"$GPRMC,123519,A,4807.038,N,01131.000,E"
    if where == "own box":
        data = struct.pack(">I4s", len(body) + 8, b"free") + body
    else:
        inner = struct.pack(">I4s", len(body) + 8, b"thmb") + body
        data = struct.pack(">I4s", len(inner) + 8, b"udta") + inner
    with target.open("ab") as file:
        file.write(data)
    facts = examine(target)
    assert [p.pixels.shape for p in facts.pictures if p.pixels is not None] == [(90, 160, 3)]
    assert facts.positions


def test_copied_sound_that_was_shifted_is_measured(tmp_path: Path) -> None:
    one = examine(clips.make(tmp_path / "a.mp4", frames=60, sounds=(clips.Sound(),)).path).audio[0]
    late = type(one)(1, one.codec, list(one.packets), [t + 0.08 for t in one.times_s])
    assert audio_shift_s(one, one) == 0
    assert audio_shift_s(one, late) == pytest.approx(0.08)


def test_converted_sound_is_compared_by_ear(tmp_path: Path) -> None:
    one = clips.make(tmp_path / "a.mp4", frames=90, sounds=(clips.Sound(),)).path
    same = clips.make(tmp_path / "b.mkv", frames=90, sounds=(clips.Sound(codec="flac"),)).path
    before, after = examine(one).audio[0], examine(same).audio[0]
    assert audio_shift_s(before, after) is None
    heard = audio_offset_s(one, same, source_stream=before.stream, output_stream=after.stream)
    assert heard is not None
    assert abs(heard[0]) < 0.03
    assert heard[1] > 0.5


def test_what_is_no_clip_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no clip at all" * 100)
    with pytest.raises(InputError):
        examine(tmp_path / "a.mp4")


@pytest.mark.parametrize("name", ["in.mp4", "in.h264", "in.ts"])
def test_a_changed_rate_is_a_failure(tmp_path: Path, name: str) -> None:
    """By the packets of both files, whatever the decoder and the headers believe."""
    base = Fraction(1, 90_000) if name.endswith("ts") else Fraction(1, 30)
    source = clips.make(tmp_path / name, frames=60, time_base=base).path
    same = clips.make(tmp_path / "same.mp4", frames=60).path
    fast = clips.make(tmp_path / "fast.mp4", frames=60, pts=[number * 2 for number in range(60)]).path
    for output, expected in ((same, []), (fast, [Severity.FAIL])):
        found = compare_contents(examine(source), examine(output), keep=(), muted=False)
        assert [finding.severity for finding in found if finding.code == "length"] == expected


def told(path: Path) -> list[str]:
    facts = examine(path)
    return [finding.code for finding in compare_contents(facts, facts, keep=(), muted=False)]


def test_pictures_that_an_edit_list_keeps_back_are_told(tmp_path: Path) -> None:
    whole = clips.make(tmp_path / "whole.mp4", frames=30, b_frames=2, gop=10).path
    assert told(whole) == []
    cut = tmp_path / "cut.mp4"
    with av.open(str(whole)) as source, av.open(str(cut), "w") as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.pts, packet.dts = (
                    packet.pts - 15 * 512,
                    packet.dts - 15 * 512,
                )  # the writer hides what is before 0
                packet.stream = stream
                output.mux(packet)
    assert len(frames_of(cut)) == 15
    assert told(cut) == ["unshown"]


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv"])
def test_bytes_that_belong_to_nothing_are_told(tmp_path: Path, name: str) -> None:
    """As a whole clip that stands behind another, or in padding; no player shows it, and everybody can cut it out."""
    clip = clips.make(
        tmp_path / name, frames=10, sounds=(clips.Sound(),), chapters=((0, 0.2, "one"), (0.2, 0.3, "two"))
    ).path
    plain = [code for code in told(clip) if code not in ("tag", "text")]
    assert plain == []
    other = clips.make(tmp_path / f"other{clip.suffix}", frames=10, busy=True).path.read_bytes()
    head = struct.pack(">I4s", len(other) + 8, b"free")
    padding = b"\xec\x01" + struct.pack(">Q", len(other))[1:] if clip.suffix == ".mkv" else head
    whole = clip.read_bytes()
    for more in (other, padding + other):
        clip.write_bytes(whole + more)
        assert "box" in told(clip)


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"), [("a.mov", "prores_ks", "yuva444p10le"), ("a.mkv", "ffv1", "yuva420p")]
)
def test_a_plane_of_transparency_is_told(tmp_path: Path, name: str, codec: str, pix_fmt: str) -> None:
    """It may show the scene as clearly as the brightness does."""
    assert told(clips.make(tmp_path / name, frames=3, codec=codec, pix_fmt=pix_fmt, options={}).path) == ["alpha"]


def test_a_part_of_the_pictures_that_is_cut_off_is_told(tmp_path: Path) -> None:
    """Anybody can take the cut back; filling up the last blocks of a codec is no cut."""
    whole = clips.make(tmp_path / "whole.ts", frames=4, size=(322, 242)).path
    assert told(whole) == []
    cut = tmp_path / "cut.h264"
    with av.open(str(whole)) as source:
        stream = source.streams.video[0]
        crop = av.BitStreamFilterContext("h264_metadata=crop_bottom=120", stream)
        packets = [packet for packet in source.demux(stream) if packet.dts is not None]
        cut.write_bytes(b"".join(bytes(changed) for packet in packets for changed in crop.filter(packet)))
    assert told(cut) == ["cut-off"]
