"""Side streams are tried before the run: whatever the source, the run does not fail at its end."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import Sound, make
from rendering import fate, render

from dashcamcleaner.errors import OutputError
from dashcamcleaner.media import codecs
from dashcamcleaner.media.probe import probe
from dashcamcleaner.media.trial import proven_plan

CHANNELS = {1: "mono", 2: "stereo", 6: "5.1", 7: "6.1", 8: "7.1"}


def _with_sound(path: Path, *, codec: str, channels: int, video: str = "mpeg4") -> Path:
    """A clip of ten pictures whose sound has this many channels; most of these containers only count them."""
    with av.open(str(path), "w") as output:
        picture = output.add_stream(video, rate=25, width=160, height=96)
        picture.codec_context.pix_fmt = "yuv422p" if video == "dvvideo" else "yuv420p"
        sound = output.add_stream(codec, rate=48_000)
        sound.codec_context.layout = CHANNELS[channels]
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((96, 160, 3), 90, np.uint8), format="rgb24").reformat(
                format=picture.codec_context.pix_fmt
            )
            frame.pts, frame.time_base = number, Fraction(1, 25)
            output.mux(picture.encode(frame))
        name = sound.codec_context.format.name
        for number in range(15):
            samples = av.AudioFrame(format=name, layout=CHANNELS[channels], samples=1280)
            for plane in samples.planes:
                plane.update(bytes(plane.buffer_size))
            samples.sample_rate, samples.pts, samples.time_base = 48_000, number * 1280, Fraction(1, 48_000)
            output.mux(sound.encode(samples))
        for stream in (picture, sound):
            output.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize(
    ("extension", "codec", "video"),
    [("avi", "pcm_s16le", "mpeg4"), ("mxf", "pcm_s16le", "mpeg2video"), ("mkv", "pcm_s24le", "mpeg4"),
     ("mov", "pcm_s16be", "mpeg4"), ("nut", "pcm_f32le", "mpeg4")],
)  # fmt: skip
def test_plain_sound_of_any_container_reaches_mp4(
    tmp_path: Path, extension: str, codec: str, video: str, channels: int
) -> None:
    source = _with_sound(tmp_path / f"in.{extension}", codec=codec, channels=channels, video=video)
    output = tmp_path / "out.mp4"
    rendered = render(source, output)
    assert fate(rendered.plan, "sound 1") in ("copied", "converted")
    if channels == 2:
        assert fate(rendered.plan, "sound 1") == "copied"
    assert not rendered.problems
    with av.open(str(output)) as written:
        track = written.streams.audio[0]
        assert track.duration * track.time_base == pytest.approx(0.4, abs=0.03)
        assert track.codec_context.channels == channels or channels == 7  # mixed down: no encoder here takes seven


def test_what_is_refused_is_converted_and_told(tmp_path: Path) -> None:
    source = _with_sound(tmp_path / "in.mkv", codec="pcm_s16le", channels=7)
    action = next(a for a in proven_plan(probe(source), source=source, output="x.mp4").actions if "sound" in a.what)
    assert (action.action, action.why) == ("converted", "MP4 refuses this pcm_s16le")


def test_what_is_refused_either_way_is_left_out_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A codec that the table claims for a container which holds no such thing: neither copy nor conversion work."""
    source = make(tmp_path / "in.mkv", sounds=(Sound("flac"),), time_base=Fraction(1, 1000), rate=25).path
    webm = codecs.CONTAINERS[".webm"]
    lying = {**codecs.CONTAINERS, ".webm": _replaced(webm, audio=webm.audio | {"flac"}, audio_fallback="aac")}
    monkeypatch.setattr(codecs, "CONTAINERS", lying)
    plan = proven_plan(probe(source), source=source, output="x.webm")
    assert fate(plan, "sound 1") == "dropped"
    assert any("left out" in warning for warning in plan.warnings)
    assert not plan.sides


def _replaced(container: codecs.Container, **changes: object) -> codecs.Container:
    import dataclasses

    return dataclasses.replace(container, **changes)  # type: ignore[arg-type]


def test_refusals_of_the_plan_stay(tmp_path: Path) -> None:
    source = make(tmp_path / "in.mp4", frames=2).path
    with pytest.raises(OutputError, match="no kind of clip"):
        proven_plan(probe(source), source=source, output="x.avi")


def test_pictures_that_one_encoder_refuses_go_to_another_and_it_is_told(tmp_path: Path) -> None:
    """H.265 takes nothing below 16 pixels."""
    source = make(tmp_path / "in.mkv", codec="ffv1", pix_fmt="yuv420p10le", size=(8, 8), options={}, frames=3).path
    rendered = render(source, tmp_path / "out.mp4")
    assert rendered.plan.codec.name == "h264"
    assert "H.265 cannot be written with pictures of 8x8; H.264 is written." in rendered.plan.warnings
    assert rendered.times == [Fraction(0), Fraction(33, 1000), Fraction(67, 1000)]


@pytest.mark.parametrize(("codec", "size", "source_codec"), [("h265", (8, 8), "ffv1"), ("h264", (16_800, 16), "ffv1")])
def test_a_codec_that_was_asked_for_is_not_exchanged(
    tmp_path: Path, codec: str, size: tuple[int, int], source_codec: str
) -> None:
    source = make(tmp_path / "in.mkv", codec=source_codec, size=size, options={}, frames=2).path
    with pytest.raises(OutputError, match=r"cannot be written with pictures of \d+x\d+\.$") as told:
        proven_plan(probe(source), source=source, output="x.mp4", codec=codec)
    assert "--codec" in told.value.hint


@pytest.mark.parametrize("codec", ["h264", "h265", "av1"])
@pytest.mark.parametrize("frames", [1, 2, 3])
@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_the_shortest_clips_are_written_by_all(tmp_path: Path, codec: str, frames: int, extension: str) -> None:
    source = make(tmp_path / "in.mp4", frames=frames).path
    rendered = render(source, tmp_path / f"out.{extension}", codec=codec)
    assert not rendered.problems
    with av.open(str(tmp_path / f"out.{extension}")) as written:
        packets = [packet for packet in written.demux(written.streams.video[0]) if packet.size]
    assert len(packets) == frames
    assert all(packet.dts is None or -2 <= float(packet.dts * packet.time_base) <= 1 for packet in packets)
