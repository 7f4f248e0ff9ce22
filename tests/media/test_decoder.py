"""Decoding: every frame, its exact time, its planes as they are, and honest words about damage."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import Made, bars, coded_frame, corrupt, make, read_number, truncate, vfr_pts
from PIL import Image

from dashcamcleaner.core.frame import Frame
from dashcamcleaner.errors import InputError
from dashcamcleaner.media.decoder import Decoder, open_clip
from dashcamcleaner.media.probe import probe


def frames_of(path: Path, **options: Any) -> tuple[list[Frame], Decoder]:
    with open_clip(path, info=probe(path), **options) as decoder:
        return list(decoder), decoder


def numbers(frames: list[Frame]) -> list[int]:
    return [read_number(frame.planes[0]) for frame in frames]


@pytest.mark.parametrize("b_frames", [0, 3])
@pytest.mark.parametrize("threads", [1, 4])
def test_all_frames_in_order_with_their_times(tmp_path: Path, b_frames: int, threads: int) -> None:
    made = make(tmp_path / "a.mp4", frames=60, pts=vfr_pts(60), b_frames=b_frames, gop=20)
    frames, decoder = frames_of(made.path, threads=threads)
    assert numbers(frames) == list(range(60))
    assert [f.time.pts for f in frames] == list(made.pts)
    assert {f.time.time_base for f in frames} == {made.time_base}
    assert [f.index for f in frames] == list(range(60))
    assert not decoder.partial
    assert not decoder.problems
    assert not any(f.damaged for f in frames)


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv", "avi", "ts", "flv"])
def test_containers(tmp_path: Path, extension: str) -> None:
    clock = Fraction(1, 25) if extension == "avi" else Fraction(1, 1000)  # AVI has one clock: its frame rate
    made = make(tmp_path / f"a.{extension}", frames=20, time_base=clock, rate=25)
    frames, decoder = frames_of(made.path)
    assert numbers(frames) == list(range(20))
    first = frames[0].time.exact()
    assert [f.time.exact() - first for f in frames] == made.times
    assert not decoder.partial


def test_non_zero_start(tmp_path: Path) -> None:
    made = make(tmp_path / "a.mp4", frames=5, start_pts=127_995)
    assert [f.time.pts for f in frames_of(made.path)[0]] == list(made.pts)


@pytest.mark.parametrize(
    ("pix_fmt", "codec", "depth"),
    [
        ("yuv420p", "libx264", 8),
        ("yuvj420p", "libx264", 8),
        ("yuv422p", "libx264", 8),
        ("yuv444p", "libx264", 8),
        ("yuv420p10le", "libx264", 10),
        ("yuv422p10le", "libx264", 10),
        ("yuv420p12le", "libx265", 12),
        ("yuv444p10le", "libx265", 10),
    ],
)
def test_planes_are_native(tmp_path: Path, pix_fmt: str, codec: str, depth: int) -> None:
    made = make(tmp_path / "a.mkv", frames=6, pix_fmt=pix_fmt, codec=codec, size=(326, 182))
    frames, _ = frames_of(made.path)
    with av.open(str(made.path)) as container:
        for frame, native in zip(frames, container.decode(video=0), strict=True):
            assert frame.layout.name == native.format.name == pix_fmt
            assert frame.layout.depth == depth
            assert frame.planes[0].dtype == (np.uint8 if depth == 8 else np.uint16)
            for view, plane in zip(frame.planes, native.planes, strict=True):
                assert view.shape == (plane.height, plane.width)
                raw = np.frombuffer(bytes(plane), view.dtype).reshape(plane.height, -1)[:, : plane.width]
                assert np.array_equal(view, raw)


def test_nv12_planes_are_three_views(tmp_path: Path) -> None:
    made = make(tmp_path / "a.mkv", frames=2, codec="rawvideo", pix_fmt="nv12", options={})
    frames, _ = frames_of(made.path)
    assert [p.shape for p in frames[0].planes] == [(180, 320), (90, 160), (90, 160)]
    assert abs(int(frames[0].planes[1].mean()) - 140) <= 1
    assert abs(int(frames[0].planes[2].mean()) - 180) <= 1
    planes = frames[0].make_writable()
    planes[2][:] = 7
    assert (np.frombuffer(frames[0].native.planes[1], np.uint8).reshape(90, -1)[:, 1:320:2] == 7).all()


@pytest.mark.parametrize(
    ("pix_fmt", "codec", "expected"),
    [("rgb24", "png", "yuv444p"), ("gray", "rawvideo", "yuv420p"), ("yuv411p", "rawvideo", "yuv420p"),
     ("yuv420p16le", "rawvideo", "yuv420p12le"), ("bgra", "rawvideo", "yuv444p")],
)  # fmt: skip
def test_other_formats_are_converted_once_and_told(tmp_path: Path, pix_fmt: str, codec: str, expected: str) -> None:
    name = "a.mov" if codec == "png" else "a.nut"
    made = make(tmp_path / name, frames=3, codec=codec, pix_fmt=pix_fmt, options={})
    info = probe(made.path)
    assert info.layout.name == expected
    assert any(pix_fmt in warning for warning in info.warnings)
    frames, _ = frames_of(made.path)
    assert numbers(frames) == [0, 1, 2]
    assert frames[0].native.format.name == expected


def test_painting_never_reaches_later_frames(tmp_path: Path) -> None:
    """Decoded planes are the decoder's reference pictures: painted in place they would spoil what refers to them."""
    made = make(tmp_path / "a.mp4", frames=40, b_frames=3, options={"crf": "18", "preset": "medium", "refs": "4"})
    clean, _ = frames_of(made.path)
    copies = [[p.copy() for p in frame.planes] for frame in clean]
    with open_clip(made.path, info=probe(made.path)) as decoder:
        for frame, expected in zip(decoder, copies, strict=True):
            for plane, reference in zip(frame.planes, expected, strict=True):
                assert np.array_equal(plane, reference)
            for plane in frame.make_writable():
                plane[:] = 255


def test_owning_keeps_the_frames_properties(tmp_path: Path) -> None:
    color = {"color_primaries": 9, "color_trc": 16, "colorspace": 9, "color_range": 1}
    made = make(tmp_path / "a.mp4", frames=4, codec="libx265", pix_fmt="yuv420p10le", color=color, clockwise=90)
    with open_clip(made.path, info=probe(made.path)) as decoder:
        frame = next(decoder)
        held = frame.native
        before = [getattr(held, name) for name in ("pts", "time_base", "colorspace", "color_range", "color_trc")]
        planes = [p.copy() for p in frame.planes]
        views = frame.make_writable()
        assert [
            getattr(held, name) for name in ("pts", "time_base", "colorspace", "color_range", "color_trc")
        ] == before
        assert all(np.array_equal(a, b) for a, b in zip(planes, views, strict=True))
        views[0][0, 0] = 77
        assert np.frombuffer(held.planes[0], np.uint16)[0] == 77
        assert frame.make_writable() is views


@pytest.mark.parametrize("clockwise", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_pictures_are_upright(tmp_path: Path, clockwise: int, mirrored: bool) -> None:
    made = make(tmp_path / "a.mp4", frames=2, clockwise=clockwise, mirrored=mirrored, size=(320, 180))
    frame = frames_of(made.path)[0][1]
    size = (160, 90) if clockwise % 180 == 0 else (90, 160)
    picture = frame.picture(size)
    assert picture.shape == (size[1], size[0], 3)
    assert picture.flags.c_contiguous
    # what a player does: mirror, then turn clockwise
    stored = np.asarray(Image.fromarray(bars(1, made.size)).resize((160, 90), Image.Resampling.BOX)).astype(int)
    shown = stored[:, ::-1] if mirrored else stored
    shown = np.rot90(shown, -(clockwise // 90))
    gray = picture.astype(int).mean(axis=2)
    assert np.corrcoef(gray.ravel(), shown.ravel())[0, 1] > 0.97
    assert frame.picture(size) is picture


@pytest.mark.parametrize(
    ("space", "pix_fmt", "range_", "size", "y", "expected"),
    [
        # black and white of both ranges
        (1, "yuv420p", 1, (320, 180), (16, 128, 128), (0, 0, 0)),
        (1, "yuv420p", 1, (320, 180), (235, 128, 128), (255, 255, 255)),
        (1, "yuv420p", 2, (320, 180), (255, 128, 128), (255, 255, 255)),
        (1, "yuv420p", 2, (320, 180), (16, 128, 128), (16, 16, 16)),
        # a pure red in each matrix, limited range
        (1, "yuv420p", 1, (320, 180), (63, 102, 240), (255, 0, 0)),
        (5, "yuv420p", 1, (320, 180), (81, 90, 240), (255, 0, 0)),
        (9, "yuv420p", 1, (320, 180), (74, 97, 240), (255, 0, 0)),
        (1, "yuv420p10le", 1, (320, 180), (63 * 4, 102 * 4, 240 * 4), (255, 0, 0)),
        # untagged: HD is BT.709, the rest BT.601
        (2, "yuv420p", 1, (1280, 720), (63, 102, 240), (255, 0, 0)),
        (2, "yuv420p", 1, (320, 180), (81, 90, 240), (255, 0, 0)),
    ],
)
def test_matrix_and_range_are_honoured(
    tmp_path: Path, space: int, pix_fmt: str, range_: int, size: tuple[int, int], y: tuple[int, int, int], expected: Any
) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("ffv1", rate=30, width=size[0], height=size[1])
        stream.pix_fmt, stream.codec_context.colorspace, stream.codec_context.color_range = pix_fmt, space, range_
        whole = av.VideoFrame(*size, pix_fmt)
        sample = np.uint16 if "10" in pix_fmt else np.uint8
        planes = [np.full((one.height, one.width), value, sample) for one, value in zip(whole.planes, y, strict=True)]
        frame = coded_frame(planes, pix_fmt=pix_fmt, pts=0, time_base=Fraction(1, 30))
        frame.colorspace, frame.color_range = space, range_
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    picture = frames_of(path)[0][0].picture((160, 90))
    assert np.abs(picture.reshape(-1, 3).astype(int) - expected).max() <= 3


def test_hdr_is_shown_as_a_screen_would(tmp_path: Path) -> None:
    """HDR10's white (203 nits, code 594 of 1023) is nearly white to the detector, not a mid grey."""
    color = {"color_primaries": 9, "color_trc": 16, "colorspace": 9, "color_range": 1}
    made = make(tmp_path / "a.mp4", frames=1, codec="libx265", pix_fmt="yuv420p10le", color=color)
    frame = frames_of(made.path)[0][0]
    luma, *chroma = frame.make_writable()
    luma[:] = 64 + round(0.58 * 876)
    for plane in chroma:
        plane[:] = 512
    assert 215 < frame.picture((64, 36)).mean() < 250


def test_enlarged_pictures(tmp_path: Path) -> None:
    made = make(tmp_path / "a.mp4", frames=1, size=(160, 90))
    assert frames_of(made.path)[0][0].picture((641, 361)).shape == (361, 641, 3)


@pytest.mark.parametrize("recipe", ["plain", "b_frames", "vfr", "ts", "mkv", "late start"])
def test_seek_finds_the_very_frame(tmp_path: Path, recipe: str) -> None:
    options: dict[str, dict[str, Any]] = {
        "plain": {},
        "b_frames": {"b_frames": 3, "gop": 12},
        "vfr": {"b_frames": 2, "gop": 15, "pts": vfr_pts(60)},
        "ts": {"b_frames": 2, "gop": 12, "time_base": Fraction(1, 90000)},
        "mkv": {"b_frames": 2, "gop": 10, "time_base": Fraction(1, 1000), "rate": 25},
        "late start": {"b_frames": 2, "gop": 12, "start_pts": 50_000},
    }
    name = {"ts": "a.ts", "mkv": "a.mkv"}.get(recipe, "a.mp4")
    made = make(tmp_path / name, frames=60, **options[recipe])
    frames, _ = frames_of(made.path)
    info = probe(made.path)
    with open_clip(made.path, info=info) as decoder:
        for number in (45, 3, 0, 59, 12, 13, 11, 30):
            frame = decoder.seek(frames[number].time.pts)
            assert read_number(frame.planes[0]) == number
            assert all(np.array_equal(a, b) for a, b in zip(frame.planes, frames[number].planes, strict=True))
        decoder.seek(frames[20].time.pts)
        assert read_number(next(decoder).planes[0]) == 21
        with pytest.raises(InputError, match="no frame at"):
            decoder.seek(frames[20].time.pts + 1)


def test_frames_outlive_the_decoder(tmp_path: Path) -> None:
    made = make(tmp_path / "a.mp4", frames=10)
    with open_clip(made.path, info=probe(made.path)) as decoder:
        frame = next(decoder)
    assert read_number(frame.planes[0]) == 0
    assert frame.picture((64, 36)).shape == (36, 64, 3)
    frame.make_writable()[0][:] = 0


def _cut(tmp_path: Path, extension: str) -> Made:
    clock = Fraction(1, 25) if extension == "avi" else Fraction(1, 1000)
    made = make(tmp_path / f"a.{extension}", frames=120, busy=True, gop=30, time_base=clock, rate=25)
    truncate(made.path, fraction=0.6)
    return made


@pytest.mark.parametrize("extension", ["mp4", "mov", "ts", "mkv", "avi"])
def test_truncated_clips_are_decoded_as_far_as_they_go(tmp_path: Path, extension: str) -> None:
    made = _cut(tmp_path, extension)
    frames, decoder = frames_of(made.path)
    assert 50 < len(frames) < 100
    whole = [f for f in frames if not f.damaged]
    assert len(whole) > 50
    assert numbers(whole) == list(range(len(whole)))
    if extension != "ts":  # a transport stream has no length of its own: a cut one looks like a shorter one
        assert decoder.partial
        assert any("ends early" in problem for problem in decoder.problems)


@pytest.mark.parametrize("b_frames", [0, 3])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_damage_never_passes_as_clean(tmp_path: Path, b_frames: int, seed: int) -> None:
    """Once the decoder trips, every frame that differs is flagged, as are those that refer to it."""
    options = {"crf": "22", "preset": "veryfast"}
    made = make(tmp_path / "a.mp4", frames=120, gop=20, b_frames=b_frames, busy=True, options=options, size=(160, 90))
    before = {f.time.pts: [p.copy() for p in f.planes] for f in frames_of(made.path)[0]}
    corrupt(made.path, start=0.45, end=0.5, seed=seed)
    frames, decoder = frames_of(made.path)
    assert decoder.partial
    assert decoder.problems
    first = next((n for n, f in enumerate(frames) if f.damaged), len(frames))
    wrong = [
        n
        for n, f in enumerate(frames)
        if not f.damaged and not all(np.array_equal(a, b) for a, b in zip(f.planes, before[f.time.pts], strict=True))
    ]
    # Bits that still make sense to the decoder are no damage that anyone can know of, until it trips over them.
    assert len(wrong) <= 3
    assert all(first - 4 <= n < first for n in wrong)
    assert any(f.damaged for f in frames) or len(frames) < 120
    assert sum(not f.damaged for f in frames) > 60, "damage must end at the next key frame"


def test_packets_lost_on_the_way_taint_what_refers_to_them(tmp_path: Path) -> None:
    """A hole in a transport stream: concealed frames, and all up to the next key frame, are flagged."""
    made = make(tmp_path / "a.ts", frames=80, gop=20, busy=True, time_base=Fraction(1, 90000))
    before = {f.time.pts: f.planes[0].copy() for f in frames_of(made.path)[0]}
    data = made.path.read_bytes()
    hole = len(data) // 188 // 2 * 188
    made.path.write_bytes(data[:hole] + data[hole + 188 * 40 :])
    frames, decoder = frames_of(made.path)
    assert decoder.partial
    assert any(frame.damaged for frame in frames)
    for frame in frames:
        assert frame.damaged or np.array_equal(frame.planes[0], before[frame.time.pts])
    assert sum(not frame.damaged for frame in frames) >= 40


def test_start_in_the_middle_of_a_group(tmp_path: Path) -> None:
    made = make(tmp_path / "a.ts", frames=60, gop=20, time_base=Fraction(1, 90000), busy=True)
    data = made.path.read_bytes()
    cut = len(data) // 188 // 6 * 188
    made.path.write_bytes(data[cut:])
    frames, decoder = frames_of(made.path)
    whole = numbers([f for f in frames if not f.damaged])
    assert whole == list(range(20, 60))
    assert decoder.partial


def test_a_source_that_vanished(tmp_path: Path) -> None:
    made = make(tmp_path / "a.mp4", frames=2)
    info = probe(made.path)
    made.path.unlink()
    with pytest.raises(InputError, match="cannot be opened"):
        open_clip(made.path, info=info)


def test_changing_size_is_brought_to_the_first(tmp_path: Path) -> None:
    """Some cameras switch resolution within one transport stream."""
    parts = [make(tmp_path / f"{n}.ts", frames=10, size=size, time_base=Fraction(1, 90000), start_pts=n * 30000)
             for n, size in enumerate([(320, 180), (640, 360)])]  # fmt: skip
    both = tmp_path / "both.ts"
    both.write_bytes(b"".join(part.path.read_bytes() for part in parts))
    frames, decoder = frames_of(both)
    assert {f.size for f in frames} == {(320, 180)}
    assert len(frames) >= 19
    assert any("size changes" in problem for problem in decoder.problems)


@pytest.fixture
def clips(data_folder: Path) -> Iterator[Path]:
    return data_folder / "clips"


@pytest.mark.data
def test_real_clips_seek_and_count(clips: Path) -> None:
    for name in ("srt.mkv", "editlist_preroll.mp4", "mpeg2.ts"):
        source = clips / "formats" / name
        frames, _ = frames_of(source)
        with open_clip(source, info=probe(source)) as decoder:
            for number in (len(frames) - 1, len(frames) // 2, 1):
                frame = decoder.seek(frames[number].time.pts)
                assert all(np.array_equal(a, b) for a, b in zip(frame.planes, frames[number].planes, strict=True))


@pytest.mark.data
def test_a_phones_misplaced_time_is_no_damage(clips: Path) -> None:
    """One frame of this clip carries a time that belongs four frames earlier."""
    source = clips / "road" / "london_cycle_phone_vfr_hevc.mp4"
    with av.open(str(source)) as container:
        told = sorted(packet.pts for packet in container.demux(video=0) if packet.size)
    with open_clip(source, info=probe(source)) as decoder:
        first = [next(decoder) for _ in range(20)]
    assert [frame.time.pts for frame in first] == told[:20]
    assert not any(frame.damaged for frame in first)
    assert not decoder.partial
