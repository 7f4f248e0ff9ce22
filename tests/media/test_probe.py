"""Probing: what a clip holds, and one sentence why something is none."""

from __future__ import annotations

import dataclasses
import io
import socket
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from clips import Made, Sound, as_telemetry, coded_frame, make, truncate
from PIL import Image, ImageCms

from dashcamcleaner.core.frame import Orientation
from dashcamcleaner.errors import InputError
from dashcamcleaner.media.output_plan import plan_output
from dashcamcleaner.media.probe import probe


def test_plain_clip(tmp_path: Path) -> None:
    made = make(tmp_path / "a.mp4", sounds=(Sound(),), tags={"location": "+40.1-070.2/", "title": "drive"})
    info = probe(made.path)
    assert (info.size, info.codec, info.layout.name, info.time_base) == ((320, 180), "h264", "yuv420p", made.time_base)
    assert (info.frames, info.start_pts, info.duration_s, info.frame_rate) == (30, 0, 1.0, 30)
    assert [(s.type, s.codec, s.language) for s in info.streams] == [("video", "h264", "und"), ("audio", "aac", "eng")]
    assert info.tags["title"] == "drive"
    assert info.tags["location"].startswith("+40.1")
    assert info.orientation.is_identity
    assert not info.is_picture
    assert not info.warnings


@pytest.mark.parametrize("clockwise", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_orientation(tmp_path: Path, clockwise: int, mirrored: bool) -> None:
    made = make(tmp_path / "a.mp4", frames=2, clockwise=clockwise, mirrored=mirrored)
    assert probe(made.path).orientation == Orientation(clockwise // 90, mirrored)


def test_facts_of_the_picture(tmp_path: Path) -> None:
    color = {"color_primaries": 9, "color_trc": 16, "colorspace": 9, "color_range": 1}
    hdr = make(tmp_path / "hdr.mp4", frames=3, codec="libx265", pix_fmt="yuv420p10le", options={}, color=color)
    info = probe(hdr.path)
    assert (info.layout.name, info.layout.depth, info.hdr) == ("yuv420p10le", 10, True)
    assert info.color == {"primaries": "bt2020", "trc": "smpte2084", "space": "bt2020nc", "range": "tv"}
    odd = make(tmp_path / "sar.mp4", frames=3, size=(720, 576), sample_aspect=Fraction(64, 45), interlaced=True)
    info = probe(odd.path)
    assert (info.sample_aspect, info.interlaced) == (Fraction(64, 45), True)
    full = make(tmp_path / "full.mp4", frames=3, pix_fmt="yuvj422p", size=(322, 181))
    info = probe(full.path)
    assert (info.layout.full_range, info.layout.chroma_shift, info.size) == (True, (1, 0), (322, 181))


def test_mastering_display(tmp_path: Path) -> None:
    volume = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
    made = make(
        tmp_path / "m.mp4",
        frames=2,
        codec="libx265",
        pix_fmt="yuv420p10le",
        options={"x265-params": f"master-display={volume}:max-cll=1000,400"},
    )
    color = probe(made.path).color
    assert (color["mastering_display"], color["content_light"]) == (volume, "1000,400")


def test_side_streams_are_named(tmp_path: Path) -> None:
    made = make(
        tmp_path / "a.mp4",
        sounds=(Sound(), Sound("libopus", "deu")),
        subtitles=((0.1, 0.5, "hello"),),
        chapters=((0, 0.5, "one"), (0.5, 1, "two")),
        cover=True,
        timecode="01:02:03:04",
    )
    info = probe(made.path)
    assert info.chapters == 2
    told = {(s.type, s.codec, s.note) for s in info.streams}
    assert {("subtitle", "mov_text", ""), ("video", "mjpeg", "cover picture"), ("data", "tmcd", "timecode")} <= told
    assert info.streams[info.video].codec == "h264"


def test_telemetry_and_boxes_are_named(tmp_path: Path) -> None:
    made = make(tmp_path / "a.mp4", subtitles=((0.1, 0.5, "hello"),))
    as_telemetry(made.path)
    gps = b"GPS " + b"\x01" * 200
    box = (len(gps) + 12).to_bytes(4, "big") + b"free" + (len(gps) + 4).to_bytes(4, "big") + gps
    made.path.write_bytes(made.path.read_bytes() + box + (24).to_bytes(4, "big") + b"sefd" + b"\x02" * 16)
    told = [(s.type, s.codec, s.note) for s in probe(made.path).streams]
    assert ("data", "gpmd", "GoPro telemetry, with position") in told
    assert ("box", "free/GPS", "data outside the tracks") in told
    assert ("box", "sefd", "data outside the tracks") in told


def test_a_clip_behind_a_clip_is_told(tmp_path: Path) -> None:
    """Players and decoders show the first alone."""
    first, second = make(tmp_path / "a.mp4", frames=4).path, make(tmp_path / "b.mp4", frames=4).path
    assert not [stream for stream in probe(first).streams if stream.type == "box"]
    first.write_bytes(first.read_bytes() + second.read_bytes())
    actions = plan_output(probe(first), output=tmp_path / "out.mp4").actions
    assert [one.why for one in actions if "moov" in one.what] == [
        "another clip behind the first; cut it out and clean it by itself"
    ]


def test_the_larger_film_is_chosen(tmp_path: Path) -> None:
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as output:
        streams = []
        for size in ((160, 90), (320, 180)):
            stream = output.add_stream("libx264", rate=30, width=size[0], height=size[1])
            stream.pix_fmt = "yuv420p"
            streams.append((stream, size))
        for number in range(5):
            for stream, size in streams:
                blank = [np.zeros((size[1] >> shift, size[0] >> shift), np.uint8) for shift in (0, 1, 1)]
                frame = coded_frame(blank, pix_fmt="yuv420p", pts=number, time_base=Fraction(1, 30))
                for packet in stream.encode(frame):
                    output.mux(packet)
        for stream, _ in streams:
            output.mux(stream.encode(None))
    info = probe(path)
    assert info.size == (320, 180)
    assert "2 video streams" in info.warnings[0]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.mp4", b"", "is empty"),
        ("page.mp4", b"<!DOCTYPE html><html><body>Not found</body></html>", "web page"),
        ("noise.mp4", bytes(range(256)) * 40, "not a clip"),
        ("list.mp4", b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nother.ts\n#EXT-X-ENDLIST\n", "playlist"),
        ("concat.mp4", b"ffconcat version 1.0\nfile 'other.mp4'\n", "playlist"),
        ("dash.mp4", b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>', "playlist"),
        ("text.mp4", b"just some words\n" * 20, "not a clip"),
    ],
)
def test_refusals(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        probe(path)
    assert caught.value.hint


def test_refuses_missing_and_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        probe(tmp_path / "nowhere.mp4")
    with pytest.raises(InputError, match="is a folder"):
        probe(tmp_path)


@pytest.mark.parametrize(
    "disguise", ["\n\n#EXTM3U", "#EXTM3U8\n#EXTM3U", "\x0b#EXTM3U", "v=0\r\no=- 0 0 IN IP4 127.0.0.1"]
)
@pytest.mark.parametrize("name", ["list.m3u8", "list.mp4", "list.sdp", "list.ts"])
def test_a_playlist_reaches_nothing(tmp_path: Path, disguise: str, name: str) -> None:
    """Whatever the first bytes are: neither another file nor the network is opened on behalf of a list."""
    other = make(tmp_path / "other.ts", frames=5, time_base=Fraction(1, 90000))
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        path = tmp_path / name
        lines = [disguise, "#EXT-X-TARGETDURATION:2", "#EXTINF:2,", f"file:{other.path}", "#EXTINF:2,",
                 f"http://127.0.0.1:{port}/a.ts", "#EXT-X-ENDLIST", ""]  # fmt: skip
        path.write_text("\n".join(lines))
        with pytest.raises(InputError):
            probe(path)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody has knocked
            server.accept()


def test_the_media_library_itself_refuses_playlists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The look at the first bytes only makes the sentence kinder; the fence is what the library may open."""
    other = make(tmp_path / "other.ts", frames=5, time_base=Fraction(1, 90000))
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{other.path}\n#EXT-X-ENDLIST\n")
    concat = tmp_path / "list.mp4"
    concat.write_text("ffconcat version 1.0\nfile 'other.ts'\n")
    monkeypatch.setattr("dashcamcleaner.media.probe._refuse_disguises", lambda path, head: None)
    for path in (playlist, concat):
        with av.open(str(path)) as container:  # without the fence, the other file is read
            assert container.streams.video
        with pytest.raises(InputError):
            probe(path)


def test_a_concat_list_reaches_nothing(tmp_path: Path) -> None:
    other = make(tmp_path / "other.mp4", frames=5)
    for head in ("ffconcat version 1.0\n", "# a list\nffconcat version 1.0\n", ""):
        path = tmp_path / "list.mp4"
        path.write_text(f"{head}file '{other.path}'\n")
        with pytest.raises(InputError):
            probe(path)


def test_a_name_is_no_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names with colons are names of files, not orders to the media library."""
    made = make(tmp_path / "plain.mp4", frames=3)
    monkeypatch.chdir(tmp_path)
    odd = Path("concat:plain.mp4|plain.mp4")
    odd.write_bytes(made.path.read_bytes())
    assert probe(odd).frames == 3
    with pytest.raises(InputError, match="does not exist"):
        probe("pipe:0")


def test_refuses_sound_only(tmp_path: Path) -> None:
    path = tmp_path / "sound.m4a"
    with av.open(str(path), "w", format="mp4") as output:
        stream = output.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
        frame.sample_rate = 48000
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    with pytest.raises(InputError, match="sound only"):
        probe(path)


def test_refuses_a_clip_without_index(tmp_path: Path) -> None:
    made = make(tmp_path / "a.mp4", frames=30, busy=True)
    data = made.path.read_bytes()
    at = data.index(b"moov") - 4
    size = int.from_bytes(data[at : at + 4], "big")
    made.path.write_bytes(data[:at] + data[at + size :])
    with pytest.raises(InputError, match="no index"):
        probe(made.path)


def test_refuses_encrypted(tmp_path: Path) -> None:
    """A track whose sample entry says that it is encrypted is refused, whatever else the file says."""
    made = make(tmp_path / "a.mp4", frames=3)
    data = made.path.read_bytes()
    assert data.count(b"avc1\0\0\0\0\0\0\0\x01") == 1
    made.path.write_bytes(data.replace(b"avc1\0\0\0\0\0\0\0\x01", b"encv\0\0\0\0\0\0\0\x01"))
    with pytest.raises(InputError, match="encrypted"):
        probe(made.path)


def test_refuses_what_decodes_to_nothing(tmp_path: Path) -> None:
    made = make(tmp_path / "a.mp4", frames=10, busy=True)
    data = bytearray(made.path.read_bytes())
    start = data.index(b"mdat") + 4
    data[start:] = bytes(len(data) - start)
    made.path.write_bytes(bytes(data))
    with pytest.raises(InputError, match="decodes to nothing"):
        probe(made.path)


def test_header_only(tmp_path: Path) -> None:
    made = make(tmp_path / "a.mp4", frames=10, busy=True)
    truncate(made.path, fraction=0.02)
    with pytest.raises(InputError):
        probe(made.path)


def test_pictures_are_marked(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png", "a.bmp", "a.webp", "a.tiff"):
        Image.new("RGB", (40, 30), (200, 10, 10)).save(tmp_path / name)
        info = probe(tmp_path / name)
        assert info.is_picture, name
        assert info.size == (40, 30)
    Image.new("P", (40, 30)).save(
        tmp_path / "a.gif", save_all=True, append_images=[Image.new("P", (40, 30), 1)], duration=80
    )
    assert not probe(tmp_path / "a.gif").is_picture


def _with_box(made: Made, box: bytes, *, into: tuple[bytes, ...]) -> None:
    """Put a box at the end of others that lie in each other, their lengths and the places of samples put right."""
    data = bytearray(made.path.read_bytes())
    at, places = 0, []
    for name in into:
        at = data.index(name, at) - 4
        places.append(at)
        at += 8
    length = int.from_bytes(data[places[-1] : places[-1] + 4], "big")
    end = places[-1] + length
    data[end:end] = box
    for place in places:
        data[place : place + 4] = (int.from_bytes(data[place : place + 4], "big") + len(box)).to_bytes(4, "big")
    table = data.index(b"stco") + 4
    for number in range(int.from_bytes(data[table + 4 : table + 8], "big")):
        place = table + 8 + 4 * number
        data[place : place + 4] = (int.from_bytes(data[place : place + 4], "big") + len(box)).to_bytes(4, "big")
    made.path.write_bytes(bytes(data))


SPHERICAL = (
    b"\xff\xcc\x82\x63\xf8\x55\x4a\x93\x88\x14\x58\x7a\x02\x52\x1f\xdd"
    b'<?xml version="1.0"?><rdf:SphericalVideo xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    b'xmlns:GSpherical="http://ns.google.com/videos/1.0/spherical/"><GSpherical:Spherical>true</GSpherical:Spherical>'
    b"<GSpherical:Stitched>true</GSpherical:Stitched><GSpherical:StitchingSoftware>x</GSpherical:StitchingSoftware>"
    b"<GSpherical:ProjectionType>equirectangular</GSpherical:ProjectionType></rdf:SphericalVideo>"
)


@pytest.mark.parametrize(
    ("box", "into", "mark"),
    [
        ((len(SPHERICAL) + 8).to_bytes(4, "big") + b"uuid" + SPHERICAL, (b"moov", b"trak"), "360-degree projection"),
        (
            (40).to_bytes(4, "big") + b"clap" + b"".join(n.to_bytes(4, "big") for n in (300, 1, 160, 1, 0, 1, 0, 1)),
            (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"),
            "clean aperture",
        ),
    ],
    ids=["360 degrees", "clean aperture"],
)
def test_marks_of_the_picture_are_listed(tmp_path: Path, box: bytes, into: tuple[bytes, ...], mark: str) -> None:
    made = make(tmp_path / "in.mp4", frames=3)
    assert probe(made.path).marks == ()
    _with_box(made, box, into=into)
    info = probe(made.path)
    assert [one.name for one in info.marks] == [mark]
    told = [(action.what, action.action) for action in plan_output(info, output="x.mp4").actions]
    assert (f"mark: {mark}", "copied") in told
    plan = plan_output(info, output="x.mkv")
    assert (f"mark: {mark}", "dropped") in [(action.what, action.action) for action in plan.actions]
    assert any(mark in warning for warning in plan.warnings)


def test_a_clock_that_begins_late_makes_no_clip_longer(tmp_path: Path) -> None:
    step = 15360 // 30
    late = make(tmp_path / "late.mkv", frames=30, pts=[50_000_000 * step + n * step for n in range(30)])
    info = probe(late.path)
    assert info.duration_s == pytest.approx(1.0, abs=0.05)
    assert info.frames is not None
    assert abs(info.frames - 30) <= 1


def test_subtitles_without_an_end_make_no_clip_of_weeks(tmp_path: Path) -> None:
    """Matroska's header tells the longest stream's length, and so much free space was asked for."""
    clip = make(tmp_path / "a.mkv", frames=30, subtitles=((0.1, 4_000_000, "On and on."),)).path
    with av.open(str(clip)) as container:
        assert container.duration / av.time_base > 3_000_000
    info = probe(clip)
    assert info.duration_s == pytest.approx(1, abs=0.1)
    assert plan_output(info, output="out.mkv").estimated_bytes < 10 << 20
    lying = dataclasses.replace(info, duration_s=4_000_000.0)
    assert plan_output(lying, output="out.mkv").estimated_bytes < 100 << 20


def _png_with_a_profile() -> bytes:
    content = io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(np.full((32, 64, 3), 90, np.uint8)).save(content, "PNG", icc_profile=profile)
    return content.getvalue()


def _clip_of(picture: bytes, path: Path) -> None:
    with av.open(path, "w") as output:
        stream = output.add_stream("png", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 32, "rgb24"
        for number in range(3):
            packet = av.Packet(picture)
            packet.stream, packet.time_base = stream, Fraction(1, 25)
            packet.pts = packet.dts = number
            packet.is_keyframe = True
            output.mux(packet)


def test_a_named_profile_does_not_end_the_process(tmp_path: Path) -> None:
    """In a process of its own: what is freed twice ends it, at once or later."""
    (tmp_path / "a.png").write_bytes(_png_with_a_profile())
    _clip_of(_png_with_a_profile(), tmp_path / "a.mov")
    script = (
        "import gc, sys\nfrom dashcamcleaner.media.probe import probe\n"
        "for path in sys.argv[1:] * 2:\n    print([mark.name for mark in probe(path).marks]); gc.collect()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "a.png"), str(tmp_path / "a.mov")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("colour profile of the picture (ICC)") == 4
