"""Encoding: the same times, the planes bit for bit, side streams in sync, and what is dropped named."""

from __future__ import annotations

import itertools
import threading
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import Made, Sound, as_telemetry, clicks_s, corrupt, flashes_s, make, read_number, vfr_pts

from dashcamcleaner.core.frame import Frame
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.core.plan import Origin, Region
from dashcamcleaner.errors import DiskFull, OutputError
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.media.encoder import Encoder
from dashcamcleaner.media.mask_writer import MaskWriter
from dashcamcleaner.media.output_plan import OutputPlan, plan_output
from dashcamcleaner.media.probe import probe


def transcode(source: Path, output: Path, *, quality: int = 20, **options: Any) -> OutputPlan:
    """Through decoder and encoder, nothing painted."""
    info = probe(source)
    plan = plan_output(info, output=output, **{"keep": ("chapters",), **options})
    partial = output.with_suffix(".partial")
    encoder = Encoder(plan, partial_path=partial, source=source, info=info, quality=quality, preset="ultrafast")
    with open_clip(source, info=info) as decoder:
        for frame in decoder:
            encoder.write(frame)
    assert encoder.finish() == partial.stat().st_size
    partial.rename(output)
    return plan


def frames_of(path: Path) -> list[Frame]:
    with open_clip(path, info=probe(path)) as decoder:
        return list(decoder)


def times_of(path: Path) -> list[Fraction]:
    return [frame.time.exact() for frame in frames_of(path)]


def fate(plan: OutputPlan, what: str) -> str:
    return next(action.action for action in plan.actions if what in action.what)


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv"])
@pytest.mark.parametrize(
    "recipe",
    [
        {},
        {"pts": vfr_pts(40), "b_frames": 3},
        {"start_pts": 127_995},
        {"time_base": Fraction(1, 90_000), "b_frames": 2},
        {"time_base": Fraction(1001, 30_000), "rate": 29.97, "pts": range(40)},
        {"time_base": Fraction(1, 23_040_000)},
    ],
    ids=["plain", "vfr", "late", "mpeg clock", "ntsc", "fine clock"],
)
@pytest.mark.parametrize("sound", [False, True])
def test_every_time_is_kept(tmp_path: Path, extension: str, recipe: dict[str, Any], sound: bool) -> None:
    recipe = dict(recipe)
    if recipe.get("rate") == 29.97:
        recipe["rate"] = 30
    made = make(tmp_path / "in.mp4", frames=40, sounds=(Sound(),) if sound else (), **recipe)
    output = tmp_path / f"out.{extension}"
    transcode(made.path, output)
    assert [read_number(f.planes[0]) for f in frames_of(output)] == list(range(40))
    if extension == "mkv":
        assert max(abs(a - b) for a, b in zip(times_of(output), made.times, strict=True)) <= Fraction(1, 2000)
    else:
        assert times_of(output) == made.times
        before, after = probe(made.path), probe(output)
        assert after.duration_s == pytest.approx(before.duration_s, abs=1e-3)


@pytest.mark.parametrize("codec", ["h264", "h265", "av1"])
def test_codecs_keep_times(tmp_path: Path, codec: str) -> None:
    made = make(tmp_path / "in.mp4", pts=vfr_pts(20), frames=20)
    for extension in ("mp4", "mkv"):
        output = tmp_path / f"{codec}.{extension}"
        transcode(made.path, output, codec=codec)
        assert probe(output).codec == {"h265": "hevc"}.get(codec, codec)
        assert [read_number(f.planes[0]) for f in frames_of(output)] == list(range(20))
        if extension == "mp4":
            assert times_of(output) == made.times


@pytest.mark.parametrize("last", [0.04, 0.5])
def test_the_last_frames_duration_is_kept(tmp_path: Path, last: float) -> None:
    """A clip that ends on a long frame (a time lapse, a slow dashcam) is not cut short."""
    made = make(tmp_path / "in.mkv", frames=10, time_base=Fraction(1, 1000), rate=25)
    info = probe(made.path)
    output = tmp_path / "out.mp4"
    encoder = Encoder(plan_output(info, output=output), partial_path=output, source=made.path, info=info)
    with open_clip(made.path, info=info) as decoder:
        for frame in decoder:
            if frame.index == 9:
                frame.native.duration = round(last * 1000)
            encoder.write(frame)
    encoder.finish()
    assert probe(output).duration_s == pytest.approx(0.36 + last, abs=1e-3)


@pytest.mark.parametrize("extension", ["mp4", "mov"])
@pytest.mark.parametrize("preset", ["ultrafast", "veryfast", "medium"])
@pytest.mark.parametrize("first", [512, 3000])
def test_the_last_frames_duration_is_kept_where_frames_are_unevenly_long(
    tmp_path: Path, extension: str, preset: str, first: int
) -> None:
    """A phone's first frames may be long: decoding begins so early that its steps add up to more than is shown."""
    pts = [0, first, 2 * first, 3 * first]
    pts += [pts[-1] + 512 * number for number in range(1, 37)]
    made = make(tmp_path / "in.mp4", frames=len(pts), pts=pts)
    output, info = tmp_path / f"out.{extension}", probe(made.path)
    encoder = Encoder(plan_output(info, output=output), partial_path=output, source=made.path, info=info, preset=preset)
    with open_clip(made.path, info=info) as decoder:
        for frame in decoder:
            encoder.write(frame)
    encoder.finish()
    assert times_of(output) == made.times
    assert probe(output).duration_s == pytest.approx((pts[-1] + 512) / 15360, abs=1e-3)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuvj420p"])
def test_planes_reach_the_encoder_bit_for_bit(tmp_path: Path, pix_fmt: str) -> None:
    """Quality 0 is lossless in x264: what was decoded must come out exactly, painted places apart."""
    made = make(tmp_path / "in.mp4", frames=12, pix_fmt=pix_fmt, busy=True, b_frames=2)
    info = probe(made.path)
    output = tmp_path / "out.mp4"
    encoder = Encoder(plan_output(info, output=output), partial_path=output, source=made.path, info=info, quality=0)
    expected = []
    with open_clip(made.path, info=info) as decoder:
        for frame in decoder:
            if frame.index % 2:
                for plane in frame.make_writable():
                    plane[10:20, 30:60] = 55
            expected.append([plane.copy() for plane in frame.planes])
            encoder.write(frame)
    encoder.finish()
    assert probe(output).layout == info.layout
    for frame, planes in zip(frames_of(output), expected, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(frame.planes, planes, strict=True))


@pytest.mark.parametrize("pix_fmt", ["yuv422p", "yuvj444p", "yuv444p"])
def test_kept_chroma_is_exact(tmp_path: Path, pix_fmt: str) -> None:
    made = make(tmp_path / "in.mp4", frames=4, pix_fmt=pix_fmt, busy=True)
    transcode(made.path, tmp_path / "out.mp4", keep_chroma=True, quality=0)
    for mine, theirs in zip(frames_of(tmp_path / "out.mp4"), frames_of(made.path), strict=True):
        assert mine.layout == theirs.layout
        assert all(np.array_equal(a, b) for a, b in zip(mine.planes, theirs.planes, strict=True))


def test_finer_chroma_is_told(tmp_path: Path) -> None:
    made = make(tmp_path / "in.mp4", frames=4, pix_fmt="yuv444p", size=(321, 181), busy=True)
    plan = transcode(made.path, tmp_path / "out.mp4", quality=0)
    assert any("4:2:0" in warning for warning in plan.warnings)
    assert any("odd" in warning for warning in plan.warnings)
    before, after = frames_of(made.path)[2], frames_of(tmp_path / "out.mp4")[2]
    assert after.size == (322, 182)
    luma = after.planes[0]
    assert np.array_equal(luma[:181, :321], before.planes[0])
    assert np.array_equal(luma[181], luma[180])
    assert np.array_equal(luma[:, 321], luma[:, 320])


@pytest.mark.parametrize("size", [(321, 180), (320, 181), (321, 181)])
def test_odd_sizes_repeat_an_edge(tmp_path: Path, size: tuple[int, int]) -> None:
    made = make(tmp_path / "in.mkv", frames=3, size=size, codec="ffv1", options={}, busy=True)
    transcode(made.path, tmp_path / "out.mp4", quality=0)
    before, after = frames_of(made.path)[1], frames_of(tmp_path / "out.mp4")[1]
    width, height = size
    assert after.size == (width + width % 2, height + height % 2)
    assert np.array_equal(after.planes[0][:height, :width], before.planes[0])
    assert np.array_equal(after.planes[1], before.planes[1])
    assert np.array_equal(after.planes[2], before.planes[2])
    assert after.time.exact() == before.time.exact()


@pytest.mark.parametrize("clockwise", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_pictures_stay_upright(tmp_path: Path, clockwise: int, mirrored: bool, extension: str) -> None:
    made = make(tmp_path / "in.mp4", frames=3, clockwise=clockwise, mirrored=mirrored, size=(322, 180))
    output = tmp_path / f"out.{extension}"
    transcode(made.path, output, quality=0)
    assert probe(output).upright_size == probe(made.path).upright_size
    size = (161, 90) if clockwise % 180 == 0 else (90, 161)
    before, after = frames_of(made.path)[1].picture(size), frames_of(output)[1].picture(size)
    assert np.abs(before.astype(int) - after).max() <= 4
    if extension == "mp4":
        assert probe(output).orientation == probe(made.path).orientation


def test_facts_of_the_picture_are_kept(tmp_path: Path) -> None:
    color = {"color_primaries": 5, "color_trc": 6, "colorspace": 5, "color_range": 1}
    made = make(
        tmp_path / "in.mp4", frames=4, size=(720, 576), sample_aspect=Fraction(64, 45), interlaced=True, color=color
    )
    transcode(made.path, tmp_path / "out.mp4")
    before, after = probe(made.path), probe(tmp_path / "out.mp4")
    for name in ("size", "sample_aspect", "interlaced", "color", "frame_rate", "layout"):
        assert getattr(after, name) == getattr(before, name), name
    assert _field_order(made.path) == _field_order(tmp_path / "out.mp4")


@pytest.mark.parametrize(("first", "order"), [("tff", 2), ("bff", 3)])
def test_the_field_that_is_shown_first_stays_so(first: str, order: int, tmp_path: Path) -> None:
    """Screens show the fields in the order that the picture's messages tell, and jerk where that is wrong."""
    options = {"crf": "12", "preset": "ultrafast", "x264-params": f"{first}=1"}
    made = make(tmp_path / "in.mp4", frames=4, size=(720, 576), interlaced=True, options=options)
    assert _field_order(made.path) == order
    transcode(made.path, tmp_path / "out.mp4")
    assert _field_order(tmp_path / "out.mp4") == order


def test_the_lower_field_of_dv_comes_first(tmp_path: Path) -> None:
    source = tmp_path / "in.avi"
    with av.open(str(source), "w") as output:
        stream = output.add_stream("dvvideo", rate=25)
        stream.width, stream.height, stream.pix_fmt = 720, 576, "yuv420p"
        for _ in range(3):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((864, 720), 90, np.uint8), format="yuv420p")))
        output.mux(stream.encode(None))
    transcode(source, tmp_path / "out.mp4")
    assert _field_order(tmp_path / "out.mp4") == 3


def _field_order(path: Path) -> int:
    with av.open(str(path)) as container:
        next(container.decode(video=0))
        return int(container.streams.video[0].codec_context.field_order)


@pytest.mark.parametrize("codec", ["auto", "h264", "av1"])
def test_hdr_is_kept(tmp_path: Path, codec: str) -> None:
    volume = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
    made = make(
        tmp_path / "in.mp4",
        frames=4,
        codec="libx265",
        pix_fmt="yuv420p10le",
        options={"x265-params": f"master-display={volume}:max-cll=1000,400"},
        color={"color_primaries": 9, "color_trc": 16, "colorspace": 9, "color_range": 1},
    )
    transcode(made.path, tmp_path / "out.mp4", codec=codec)
    before, after = probe(made.path), probe(tmp_path / "out.mp4")
    assert after.codec == {"auto": "hevc"}.get(codec, codec)
    assert after.layout == before.layout
    assert after.hdr
    assert {k: v for k, v in after.color.items() if k != "mastering_display"} == {
        k: v for k, v in before.color.items() if k != "mastering_display"
    }
    assert after.color["mastering_display"][:20] == before.color["mastering_display"][:20]


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv"])
def test_sound_is_copied_in_sync(tmp_path: Path, extension: str) -> None:
    sounds = (Sound(language="eng"), Sound(language="deu", start_s=0.4), Sound("ac3", "fra", seconds=1.5))
    made = make(tmp_path / "in.mp4", frames=90, b_frames=3, sounds=sounds)
    output = tmp_path / f"out.{extension}"
    plan = transcode(made.path, output)
    assert [a.action for a in plan.actions if a.what.startswith("sound")] == ["copied"] * 3
    names = ["eng", "ger", "fra"] if extension == "mov" else ["eng", "deu", "fra"]
    assert [s.language for s in probe(output).streams if s.type == "audio"] == names
    # A millisecond clock rounds the start of each packet.
    slack = 1e-3 if extension == "mkv" else 1e-6
    for track in range(3):
        before, after = clicks_s(made.path, track=track), clicks_s(output, track=track)
        if extension == "mkv":  # without the encoder's run-in, the first hundredths of a second fade in
            before, after = [t for t in before if t > 0.1], [t for t in after if t > 0.1]
        assert after == pytest.approx(before, abs=slack)
    assert flashes_s(output) == pytest.approx([0, 1, 2], abs=slack)
    assert _packets(output) == _packets(made.path)


def _packets(path: Path) -> list[bytes]:
    """Sound packets that are heard: those of the encoder's run-in, before the start, may be left out."""
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(container.streams.audio[0]) if p.size and (p.pts or 0) >= 0]


@pytest.mark.parametrize("codec", ["mp2", "libmp3lame", "ac3", "flac", "pcm_s16le", "libopus", "alac"])
@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv"])
def test_other_sound_stays_in_sync(tmp_path: Path, codec: str, extension: str) -> None:
    made = make(tmp_path / "in.mkv", frames=60, time_base=Fraction(1, 1000), rate=25, sounds=(Sound(codec),))
    transcode(made.path, tmp_path / f"out.{extension}")
    assert clicks_s(tmp_path / f"out.{extension}")[-2:] == pytest.approx(clicks_s(made.path)[-2:], abs=1e-3)
    assert flashes_s(tmp_path / f"out.{extension}") == flashes_s(made.path)


def test_tags_of_streams_are_dropped_and_named(tmp_path: Path) -> None:
    made = make(tmp_path / "in.mkv", frames=5, time_base=Fraction(1, 1000), rate=25, sounds=(Sound(title="Ann's car"),))
    plan = transcode(made.path, tmp_path / "out.mkv")
    assert fate(plan, "tag title of sound 1") == "dropped"
    assert b"Ann's" not in (tmp_path / "out.mkv").read_bytes()
    transcode(made.path, tmp_path / "kept.mkv", keep=("tags",))
    assert b"Ann's" in (tmp_path / "kept.mkv").read_bytes()


def test_sound_that_begins_before_the_picture(tmp_path: Path) -> None:
    made = make(tmp_path / "in.mp4", frames=60, start_pts=7680, sounds=(Sound(),))
    transcode(made.path, tmp_path / "out.mp4")
    assert clicks_s(tmp_path / "out.mp4") == pytest.approx(clicks_s(made.path), abs=1e-6)
    assert times_of(tmp_path / "out.mp4") == made.times


@pytest.mark.parametrize("codec", ["wmav2", "adpcm_ms"])
def test_sound_that_does_not_fit_is_converted_in_sync(tmp_path: Path, codec: str) -> None:
    made = make(tmp_path / "in.avi", frames=75, time_base=Fraction(1, 25), rate=25, sounds=(Sound(codec),))
    plan = transcode(made.path, tmp_path / "out.mp4")
    assert fate(plan, "sound 1") == "converted"
    late_s = 1 / 25  # FFmpeg sets the pictures of an AVI a frame behind its sound (`media.avi_times`)
    before = np.array(clicks_s(made.path)) - np.array(flashes_s(made.path))[-len(clicks_s(made.path)) :] + late_s
    after = np.array(clicks_s(tmp_path / "out.mp4")) - np.array(flashes_s(tmp_path / "out.mp4"))[-len(before) :]
    assert after == pytest.approx(before, abs=0.006)


def test_sound_for_webm(tmp_path: Path) -> None:
    made = make(tmp_path / "in.mp4", frames=75, size=(160, 90), sounds=(Sound(),))
    plan = transcode(made.path, tmp_path / "out.webm")
    assert fate(plan, "sound 1") == "converted"
    info = probe(tmp_path / "out.webm")
    assert [s.codec for s in info.streams] == ["av1", "opus"]
    assert clicks_s(tmp_path / "out.webm") == pytest.approx([0, 1, 2], abs=0.006)


def test_mute(tmp_path: Path) -> None:
    made = make(tmp_path / "in.mp4", sounds=(Sound(), Sound()))
    plan = transcode(made.path, tmp_path / "out.mp4", audio="mute")
    assert [a.action for a in plan.actions if a.what.startswith("sound")] == ["muted", "muted"]
    assert [s.type for s in probe(tmp_path / "out.mp4").streams] == ["video"]


@pytest.mark.parametrize(
    ("source", "target", "action"),
    [("mp4", "mp4", "copied"), ("mp4", "mkv", "converted"), ("mkv", "mkv", "copied"), ("mkv", "mp4", "converted")],
)
def test_subtitles(tmp_path: Path, source: str, target: str, action: str) -> None:
    texts = ((0.2, 0.5, "Hello"), (0.6, 0.9, "Two & more"))
    made = make(tmp_path / f"in.{source}", subtitles=texts, time_base=Fraction(1, 1000), rate=25)
    output = tmp_path / f"out.{target}"
    plan = transcode(made.path, output)
    assert fate(plan, "subtitles 1") == action
    assert _texts(output) == _texts(made.path)
    assert [text for _, text in _texts(output)] == ["Hello", "Two & more"]


def _texts(path: Path) -> list[tuple[float, str]]:
    found = []
    with av.open(str(path)) as container:
        stream = container.streams.subtitles[0]
        for packet in container.demux(stream):
            for subtitle in packet.decode() if packet.size else ():
                text = subtitle.dialogue.decode() if subtitle.dialogue else subtitle.text.decode()
                if text.strip():
                    found.append((round(float(packet.pts * packet.time_base), 3), text.strip()))
    return found


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_subtitles_that_tell_the_position_are_telemetry(tmp_path: Path, extension: str) -> None:
    texts = ((0.1, 0.3, "F/2.8, SS 320, GPS(113.9423,22.5381,0)"), (0.5, 0.8, "GPS(113.9424,22.5382,0)"))
    made = make(tmp_path / f"in.{extension}", subtitles=texts, time_base=Fraction(1, 1000), rate=25)
    output = tmp_path / f"out.{extension}"
    assert fate(transcode(made.path, output), "subtitles 1") == "dropped"
    assert b"113.94" not in output.read_bytes()
    assert fate(transcode(made.path, output, keep=("data",)), "subtitles 1") == "copied"
    assert len(_texts(output)) == 2


def test_chapters(tmp_path: Path) -> None:
    made = make(tmp_path / "in.mp4", chapters=((0, 0.5, "one"), (0.5, 1, "two")))
    for extension in ("mp4", "mkv"):
        transcode(made.path, tmp_path / f"out.{extension}", keep=("chapters", "tags"))
        assert _chapters(tmp_path / f"out.{extension}") == [(0, 0.5, "one"), (0.5, 1, "two")]
    plan = transcode(made.path, tmp_path / "none.mp4", keep=())
    assert fate(plan, "2 chapters") == "dropped"
    assert not _chapters(tmp_path / "none.mp4")


def _chapters(path: Path) -> list[tuple[float, float, str]]:
    with av.open(str(path)) as container:
        return [
            (float(c["start"] * c["time_base"]), float(c["end"] * c["time_base"]), c["metadata"].get("title", ""))
            for c in container.chapters()
        ]


TAGS = {
    "location": "+40.1000-070.2000/",
    "title": "drive",
    "comment": "serial 77",
    "creation_time": "2024-05-06T07:08:09Z",
}


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv"])
def test_tags_are_dropped_and_named(tmp_path: Path, extension: str) -> None:
    made = make(tmp_path / "in.mp4", tags=TAGS)
    output = tmp_path / f"out.{extension}"
    plan = transcode(made.path, output)
    for name in ("tag location", "tag title", "tag comment"):
        assert fate(plan, name) == "dropped"
    data = output.read_bytes()
    for text in (b"+40.1", b"-070.2", b"drive", b"serial"):
        assert text not in data
    assert probe(output).tags.get("creation_time", "").startswith("2024-05-06T07:08:09")


def test_tags_are_kept_when_asked_for(tmp_path: Path) -> None:
    made = make(tmp_path / "in.mp4", tags=TAGS)
    plan = transcode(made.path, tmp_path / "a.mp4", keep=("location",))
    assert (fate(plan, "tag location"), fate(plan, "tag title")) == ("copied", "dropped")
    assert probe(tmp_path / "a.mp4").tags["location"].startswith("+40.1")
    assert "title" not in probe(tmp_path / "a.mp4").tags
    transcode(made.path, tmp_path / "b.mp4", keep=("tags",))
    tags = probe(tmp_path / "b.mp4").tags
    assert (tags["title"], tags["comment"]) == ("drive", "serial 77")
    assert "location" not in tags


def test_telemetry(tmp_path: Path) -> None:
    made = make(tmp_path / "in.mp4", subtitles=((0.1, 0.5, "secret place"),), timecode="01:02:03:04")
    as_telemetry(made.path)
    plan = transcode(made.path, tmp_path / "plain.mp4")
    assert fate(plan, "telemetry") == "dropped"
    assert fate(plan, "timecode") == "dropped"
    assert b"secret place" not in (tmp_path / "plain.mp4").read_bytes()
    assert [s.type for s in probe(tmp_path / "plain.mp4").streams] == ["video"]
    plan = transcode(made.path, tmp_path / "kept.mp4", keep=("data",))
    assert fate(plan, "telemetry") == "copied"
    assert b"secret place" in (tmp_path / "kept.mp4").read_bytes()
    assert {s.codec for s in probe(tmp_path / "kept.mp4").streams} == {"h264", "gpmd", "tmcd"}
    with pytest.raises(OutputError, match="MKV cannot hold the data track"):
        plan_output(probe(made.path), output="x.mkv", keep=("data",))


def test_covers(tmp_path: Path) -> None:
    made = make(tmp_path / "in.mp4", cover=True)
    plan = transcode(made.path, tmp_path / "plain.mp4")
    assert fate(plan, "cover picture") == "dropped"
    assert len(probe(tmp_path / "plain.mp4").streams) == 1


def test_a_kept_cover_is_cleaned(tmp_path: Path) -> None:
    made = make(tmp_path / "in.mp4", cover=True)
    info = probe(made.path)
    for extension in ("mp4", "mkv"):
        output = tmp_path / f"out.{extension}"
        plan = plan_output(info, output=output, keep=("cover",))
        seen: list[tuple[int, ...]] = []

        def clean(picture: np.ndarray, seen: list[tuple[int, ...]] = seen) -> np.ndarray:
            seen.append(picture.shape)
            return np.zeros_like(picture)

        encoder = Encoder(plan, partial_path=output, source=made.path, info=info, clean_cover=clean)
        for frame in frames_of(made.path):
            encoder.write(frame)
        encoder.finish()
        assert seen == [(60, 80, 3)]
        covers = [s for s in probe(output).streams if s.note == "cover picture"]
        assert len(covers) == 1
        with av.open(str(output)) as container:
            packet = next(p for p in container.demux(container.streams[covers[0].index]) if p.size)
            assert packet.decode()[0].to_ndarray(format="rgb24").max() < 20
        assert times_of(output) == pytest.approx(made.times, abs=1e-3)


def test_attachments(tmp_path: Path) -> None:
    made = make(tmp_path / "in.mkv", attachment=True, time_base=Fraction(1, 1000), rate=25)
    assert fate(transcode(made.path, tmp_path / "plain.mkv"), "attachment") == "dropped"
    assert b"not really a font" not in (tmp_path / "plain.mkv").read_bytes()
    transcode(made.path, tmp_path / "kept.mkv", keep=("attachments",))
    assert b"not really a font" in (tmp_path / "kept.mkv").read_bytes()
    with pytest.raises(OutputError, match="MP4 cannot hold attached files"):
        plan_output(probe(made.path), output="x.mp4", keep=("attachments",))


def test_refusals_before_the_run(tmp_path: Path) -> None:
    info = probe(make(tmp_path / "in.mp4", frames=2, pix_fmt="yuv444p").path)
    for options, words in [
        ({"output": "x.avi"}, "no kind of clip"),
        ({"output": "x"}, "no kind of clip"),
        ({"output": "x.webm", "codec": "h264"}, "does not hold H.264"),
        ({"output": "x.mp4", "codec": "vp9"}, "no codec"),
        ({"output": "x.mp4", "codec": "av1", "keep_chroma": True}, "chroma"),
    ]:
        with pytest.raises(OutputError, match=words) as caught:
            plan_output(info, **options)
        assert caught.value.hint
    assert plan_output(info, output="x.webm").codec.name == "av1"


@pytest.mark.parametrize(("width", "codec"), [(4096, "h264"), (4098, "h265"), (7680, "h265")])
def test_large_pictures_become_what_players_take(tmp_path: Path, width: int, codec: str) -> None:
    made = make(tmp_path / "in.mp4", frames=1, size=(width, 64))
    info = probe(made.path)
    assert plan_output(info, output="x.mp4").codec.name == codec
    assert plan_output(info, output="x.mp4", codec="h264").codec.name == "h264"
    assert plan_output(info, output="x.webm").codec.name == "av1"


def test_transport_streams_start_at_zero(tmp_path: Path) -> None:
    made = make(
        tmp_path / "in.ts", frames=60, time_base=Fraction(1, 90_000), start_pts=900_000, sounds=(Sound(start_s=10),)
    )
    plan = transcode(made.path, tmp_path / "out.mp4")
    assert any("starts at" in warning for warning in plan.warnings)
    before, after = times_of(made.path), times_of(tmp_path / "out.mp4")
    assert [t - before[0] for t in before] == [t - after[0] for t in after]
    assert after[0] < 0.1
    offset = np.array(clicks_s(made.path)) - np.array(flashes_s(made.path))[-len(clicks_s(made.path)) :]
    again = np.array(clicks_s(tmp_path / "out.mp4")) - np.array(flashes_s(tmp_path / "out.mp4"))[-len(offset) :]
    assert again == pytest.approx(offset, abs=1e-4)


def test_size_estimate_is_on_the_large_side(tmp_path: Path) -> None:
    made = make(tmp_path / "in.mp4", frames=30, sounds=(Sound(),))
    plan = transcode(made.path, tmp_path / "out.mp4")
    assert (tmp_path / "out.mp4").stat().st_size < plan.estimated_bytes


def _encoder(tmp_path: Path, made: Made, partial: Path, **options: Any) -> tuple[Encoder, MediaInfo]:
    info = probe(made.path)
    plan = plan_output(info, output=tmp_path / "x.mkv", **options)
    return Encoder(plan, partial_path=partial, source=made.path, info=info, preset="ultrafast"), info


@pytest.mark.parametrize("frames", [0, 1, 20])
def test_abort_leaves_nothing(tmp_path: Path, frames: int) -> None:
    made = make(tmp_path / "in.mp4", sounds=(Sound(),))
    partial = tmp_path / "x.partial"
    encoder, _ = _encoder(tmp_path, made, partial)
    for frame in frames_of(made.path)[:frames]:
        encoder.write(frame)
    encoder.abort()
    encoder.abort()
    assert not partial.exists()
    with pytest.raises(OutputError, match="closed"):
        encoder.write(frames_of(made.path)[0])


def test_abort_from_another_thread(tmp_path: Path) -> None:
    made = make(tmp_path / "in.mp4", frames=60, busy=True, size=(640, 360))
    partial = tmp_path / "x.partial"
    encoder, _ = _encoder(tmp_path, made, partial)
    failures: list[BaseException] = []
    started = threading.Event()

    def work() -> None:
        try:
            for frame in frames_of(made.path):
                encoder.write(frame)
                started.set()
            while True:
                encoder.write(frame)
        except OutputError as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    started.wait()
    encoder.abort()
    thread.join()
    assert failures
    assert not partial.exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    made = make(tmp_path / "in.mp4", frames=60, busy=True, size=(640, 360))
    info = probe(made.path)
    plan = plan_output(info, output="x.mkv")
    with pytest.raises(DiskFull, match="disk is full"):
        _write_all(plan, made, Path("/dev/full"), info)
    assert Path("/dev/full").exists()


def _write_all(plan: OutputPlan, made: Made, partial: Path, info: MediaInfo) -> None:
    encoder = Encoder(plan, partial_path=partial, source=made.path, info=info, preset="ultrafast")
    for frame in frames_of(made.path):
        encoder.write(frame)
    encoder.finish()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    made = make(tmp_path / "in.mp4", frames=2)
    with pytest.raises(OutputError, match="cannot be written"):
        _encoder(tmp_path, made, tmp_path / "nowhere" / "x.partial")


@pytest.mark.parametrize("colored", [False, True])
def test_masks(tmp_path: Path, colored: bool) -> None:
    made = make(tmp_path / "in.mp4", frames=10, pts=vfr_pts(10), clockwise=90, size=(321, 181), codec="libx264",
                pix_fmt="yuv444p")  # fmt: skip
    info = probe(made.path)
    width, height = info.upright_size
    writer = MaskWriter(tmp_path / "mask.mp4", info=info, colored=colored)
    for frame in frames_of(made.path):
        regions = (
            [
                Region((-5.0, 8.0, 64.0, 96.0), "face", 0.5, Origin.DETECTED),
                Region((96.0, 160.0, 160.0, 240.0), "plate", 1.0, Origin.HELD),
            ]
            if frame.index == 4
            else []
        )
        writer.write(frame.time, regions, (width, height))
    assert writer.finish() > 0
    masks = frames_of(tmp_path / "mask.mp4")
    assert [m.time.exact() for m in masks] == made.times
    assert masks[0].size == (width + width % 2, height + height % 2)
    picture = masks[4].picture(masks[4].size).astype(int)
    face, plate, outside = picture[50, 30], picture[200, 128], picture[300, 20]
    assert masks[3].picture(masks[3].size).max() < 12
    assert outside.max() < 12
    if colored:
        assert np.abs(face - (128, 0, 0)).max() < 20
        assert np.abs(plate - (0, 255, 0)).max() < 20
    else:
        assert face.min() > 240
        assert plate.min() > 240


def test_masks_need_a_clips_name(tmp_path: Path) -> None:
    info = probe(make(tmp_path / "in.mp4", frames=2).path)
    with pytest.raises(OutputError, match="mask"):
        MaskWriter(tmp_path / "mask.webm", info=info, colored=False)
    writer = MaskWriter(tmp_path / "mask.mkv", info=info, colored=False)
    writer.abort()
    assert not (tmp_path / "mask.mkv").exists()


def test_joined_recordings_go_on_in_sync(tmp_path: Path) -> None:
    """Two transport streams joined: the clock starts again in the middle, for picture and sound alike."""
    part = make(tmp_path / "part.ts", frames=60, time_base=Fraction(1, 90_000), sounds=(Sound(),))
    both = tmp_path / "both.ts"
    both.write_bytes(part.path.read_bytes() * 2)
    output = tmp_path / "out.mp4"
    transcode(both, output)
    times = times_of(output)
    assert len(times) == 120
    steps = {round(float(b - a), 3) for a, b in itertools.pairwise(times)}
    assert max(steps) < 0.1
    flashes, clicks = flashes_s(output), clicks_s(output)
    assert len(flashes) == 4
    for flash in flashes:
        assert min(abs(click - flash) for click in clicks) < 0.05


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_damaged_sound_does_not_stop_the_picture(tmp_path: Path, extension: str, seed: int) -> None:
    made = make(tmp_path / "in.ts", frames=90, gop=15, time_base=Fraction(1, 90_000), sounds=(Sound(), Sound("mp2")))
    corrupt(made.path, start=0.3, end=0.7, seed=seed)
    transcode(made.path, tmp_path / f"out.{extension}")
    assert len(frames_of(tmp_path / f"out.{extension}")) > 30
