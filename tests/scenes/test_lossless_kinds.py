"""Cuts of clips of many containers and codecs, without encoding and with it: frames, times, and what goes along."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest
from clips import Sound, make, read_number

from dashcamcleaner import cli
from dashcamcleaner.core.cut_times import ClipCut, CutTimes
from dashcamcleaner.errors import OutputError
from dashcamcleaner.media.lossless import copy_cut
from dashcamcleaner.media.output_plan import plan_output
from dashcamcleaner.media.probe import probe
from dashcamcleaner.media.user_data import without_user_data

AV1 = {"preset": "12", "crf": "20", "svtav1-params": "pred-struct=1:keyint=30"}
STEP = Fraction(1, 30)
POSITION = "LAT 48.137 LON 11.575"


def cut(clip: Path, *words: str, seconds: float = 4) -> int:
    """Keep the first second and what lies behind the second one."""
    tag = clip.with_suffix(".tag")
    tag.write_text(f"{clip.name}, a\n{seconds}, 3\na, 0, 1\na, 2, {seconds}\n", encoding="utf-8")
    return cli.main(["scenes", str(clip), "--cut", str(tag), *words, "--preset", "ultrafast"])


def frames_of(path: Path) -> list[tuple[int, int]]:
    """Number of every frame and its time in milliseconds."""
    with av.open(str(path)) as container:
        return [
            (read_number(frame.to_ndarray(format="gray")), round(frame.pts * frame.time_base * 1000))
            for frame in container.decode(video=0)
        ]


WANTED = [(n, round(at * 1000 / 30)) for at, n in enumerate([*range(30), *range(60, 120)])]


@pytest.mark.parametrize(
    ("name", "recipe"),
    [
        ("b_frames.mkv", {"b_frames": 2}),
        ("b_frames.mov", {"b_frames": 3}),
        ("clip.ts", {"b_frames": 2}),
        ("clip.flv", {"b_frames": 2}),
        ("clip.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p", "options": {}, "time_base": STEP, "sounds": ()}),
        ("clip.mkv", {"codec": "libsvtav1", "options": AV1, "time_base": STEP}),
    ],
)
@pytest.mark.parametrize("lossless", [True, False])
def test_clips_of_any_container_are_cut(tmp_path: Path, name: str, recipe: dict, lossless: bool) -> None:
    clip = make(tmp_path / name, **{"frames": 120, "gop": 30, "sounds": (Sound(),), **recipe})
    assert cut(clip.path, "-t", "a", *(["--lossless"] if lossless else [])) == 0
    ending = clip.path.suffix if clip.path.suffix in (".mkv", ".mov") else ".mp4"
    found = frames_of(clip.path.with_suffix(f".cut{ending}"))
    assert [n for n, _ in found] == [n for n, _ in WANTED]
    assert max(abs(got - wanted) for (_, got), (_, wanted) in zip(found, WANTED, strict=True)) <= 1


def test_the_picture_stays_the_first_stream(tmp_path: Path) -> None:
    clip = make(tmp_path / "clip.mp4", frames=120, gop=30, sounds=(Sound(), Sound()))
    assert cut(clip.path, "-t", "a", "--lossless") == 0
    with av.open(str(tmp_path / "clip.cut.mp4")) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio", "audio"]


def test_avi_that_tells_only_when_pictures_are_decoded_is_not_copied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = make(tmp_path / "clip.avi", frames=120, gop=30, b_frames=2, time_base=STEP)
    assert cut(clip.path, "-t", "a", "--lossless") == 2
    assert "does not tell when its pictures are shown" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.cut.*"))
    assert cut(clip.path, "-t", "a") == 0
    assert frames_of(tmp_path / "clip.cut.mp4") == WANTED


def with_sei(clip: Path, path: Path) -> Path:
    """The same clip with a position written into each packet of the picture, as some recorders do."""
    sei = bytes([6, 5, 16 + len(POSITION)]) + bytes(range(1, 17)) + POSITION.encode() + b"\x80"
    with av.open(str(clip)) as source, av.open(str(path), "w") as output:
        stream = source.streams.video[0]
        target = output.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if not packet.size:
                continue
            made = av.Packet(len(sei).to_bytes(4, "big") + sei + bytes(packet))
            made.pts, made.dts, made.time_base = packet.pts, packet.dts, packet.time_base
            made.is_keyframe, made.stream = packet.is_keyframe, target
            output.mux_one(made)
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_positions_within_the_picture_stream_are_not_copied(
    tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = make(tmp_path / "plain.mp4", frames=120, gop=30)
    clip = with_sei(plain.path, tmp_path / f"clip{suffix}")
    assert POSITION.encode() in clip.read_bytes()
    assert cut(clip, "-t", "a", "--lossless") == 0
    written = next(tmp_path.glob("clip.cut.m??"))
    assert POSITION.encode() not in written.read_bytes()
    assert [n for n, _ in frames_of(written)] == [n for n, _ in WANTED]
    said = capsys.readouterr().out
    assert "user data within the picture stream" in said
    assert "nothing was looked for" in said


def unit(codec: str, *messages: tuple[int, bytes]) -> bytes:
    header = b"\6" if codec == "h264" else bytes([39 << 1, 1])
    return header + b"".join(bytes([kind, len(body)]) + body for kind, body in messages) + b"\x80"


@pytest.mark.parametrize(
    ("sei", "stays"),
    [
        ([(6, b"\x84")], True),
        ([(0, b"\1\2"), (1, b"\3")], True),
        ([(144, b"\1\2\3\4")], True),
        ([(5, b"0123456789abcdefLAT")], False),
        ([(4, b"\xb5\0\x31GA94")], False),
        ([(1, b"\3"), (5, b"0123456789abcdefLAT")], False),
        ([(77, b"unknown")], False),
    ],
)
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_messages_that_decoders_need_stay(codec: str, sei: list, stays: bool) -> None:
    slice_ = b"\x65picture" if codec == "h264" else bytes([19 << 1, 1]) + b"picture"
    data = b"\0\0\0\1" + unit(codec, *sei) + b"\0\0\0\1" + slice_

    class Stream:
        codec_context = av.CodecContext.create(codec, "r")

    packet = av.Packet(data)
    packet.pts, packet.time_base = 7, Fraction(1, 30)
    (got,) = without_user_data(iter([packet]), Stream())
    assert (bytes(got) == data) is stays
    assert slice_ in bytes(got)
    assert (got.pts, got.time_base) == (7, Fraction(1, 30))


@pytest.mark.parametrize("lossless", [True, False])
def test_a_muted_track_is_told_as_encoded_anew(
    tmp_path: Path, lossless: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = make(tmp_path / "clip.mkv", frames=120, gop=30, b_frames=2, sounds=(Sound(codec="flac"),))
    assert cut(clip.path, "--do", "a=mute", *(["--lossless"] if lossless else [])) == 0
    assert "converted: sound 1 (flac, eng) (parts of it are silent, as asked)" in capsys.readouterr().out
    with av.open(str(tmp_path / "clip.cut.mkv")) as container:
        assert container.streams.audio[0].codec_context.name == "aac"


def test_pictures_that_nothing_here_joins_are_not_copied(tmp_path: Path) -> None:
    clip = make(tmp_path / "clip.mp4", frames=30)
    info = replace(probe(clip.path), codec="vvc")
    whole = ClipCut(CutTimes.of([(Fraction(0), Fraction(1))]))
    plan = plan_output(probe(clip.path), output=tmp_path / "cut.mp4")
    (tmp_path / "cut.mp4").touch()
    with pytest.raises(OutputError, match="does not take vvc pictures"):
        copy_cut(clip.path, partial_path=tmp_path / "cut.mp4", info=info, plan=plan, cut=whole)
