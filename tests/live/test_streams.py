"""Streams in and out by the real library: files, UDP, TCP; a screen without a monitor."""

from __future__ import annotations

import contextlib
import io
import itertools
import shutil
import socket
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from clips import CAPTION, USER_DATA, Sound, make, sei, with_unit
from PIL import Image
from real_obs import free_port
from virtual_screen import virtual_screen

from dashcamcleaner.errors import InputError, OutputError
from dashcamcleaner.live.addresses import source_for
from dashcamcleaner.live.clock import SessionClock
from dashcamcleaner.live.gate import Gate
from dashcamcleaner.live.pictures import LIVE_LAYOUT, FrameMaker, color_tags, stamp
from dashcamcleaner.live.ports import CapturedFrame, CapturedSound, SoundFormat, StreamFormat
from dashcamcleaner.live.release import CoverReason, ReleasedFrame, ReleasedSound
from dashcamcleaner.live.stream_sink import StreamSink, file_target, network_target
from dashcamcleaner.live.stream_source import StreamAddress, StreamSource
from dashcamcleaner.obscure.obscurer import Obscurer

SIZE = (160, 96)
FORM = StreamFormat(SIZE, LIVE_LAYOUT, 20.0, SoundFormat(48000, "mono"))


def items(seconds: float) -> Iterator[ReleasedFrame | ReleasedSound]:
    """Cards at 20 a second, as a gate gives them, and sound beside them."""
    gate = Gate(size=SIZE, obscurer=Obscurer())
    for number in range(round(20 * seconds)):
        at = 5.0 + number / 20
        yield gate.covered(number, at, CoverReason.LATE)
        block = av.AudioFrame.from_ndarray(np.full((1, 2400), 500, np.int16), format="s16", layout="mono")
        block.sample_rate = 48000
        yield gate.sound(CapturedSound(block, at), mute=False)


@pytest.mark.parametrize("extension", ["mp4", "mkv", "ts", "mov"])
def test_a_file_has_true_times_and_sound_in_sync(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"out.{extension}"
    sink = StreamSink(file_target(path, overwrite=False))
    assert sink.open(FORM)
    for item in items(2.0):
        sink.write(item)
    sink.close()
    with av.open(str(path)) as written:
        times = [frame.time for frame in written.decode(video=0)]
    with av.open(str(path)) as written:
        sounds = [frame.time for frame in written.decode(audio=0)]
    assert len(times) == 40
    steps = np.diff(np.array(times, float))
    assert abs(steps - 0.05).max() < 0.002
    assert abs((sounds[0] or 0) - (times[0] or 0)) < 0.04
    assert path.stat().st_mode & 0o077 == 0


def test_sound_that_changes_its_layout_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "out.mkv"
    sink, gate = StreamSink(file_target(path, overwrite=False)), Gate(size=SIZE, obscurer=Obscurer())
    assert sink.open(FORM)
    for number in range(20):
        layout, rate = ("mono", 48000) if number < 10 else ("stereo", 44100)
        samples = np.full((1, rate // 20 * (1 if layout == "mono" else 2)), 500, np.int16)
        block = av.AudioFrame.from_ndarray(samples, format="s16", layout=layout)
        block.sample_rate = rate
        sink.write(gate.covered(number, 5.0 + number / 20, CoverReason.LATE))
        sink.write(gate.sound(CapturedSound(block, 5.0 + number / 20), mute=False))
    sink.close()
    with av.open(str(path)) as written:
        sounds: Any = list(written.decode(audio=0))
    assert sounds[-1].time > 0.85
    assert abs(float(np.abs(sounds[-4].to_ndarray()).max()) - 500 / 32768) < 0.01


@pytest.mark.parametrize("extension", ["mp4", "mkv", "ts", "mov"])
def test_a_file_that_was_killed_can_be_played(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"out.{extension}"
    sink = StreamSink(file_target(path, overwrite=False))
    sink.open(FORM)
    for item in items(4.0):
        sink.write(item)
    copy = tmp_path / f"killed.{extension}"
    copy.write_bytes(path.read_bytes())  # as it stands, nothing closed
    sink.close()
    with av.open(str(copy)) as written:
        assert sum(1 for _ in written.decode(video=0)) >= 20 * 2


def live_copy(source: Path, to: Path) -> None:
    """A file as it would leave if all of it might be seen."""
    reader: Any = source_for(str(source), clock=SessionClock(), rate=30)
    form, sink = reader.open(), StreamSink(file_target(to, overwrite=False))
    assert sink.open(form)
    for number, item in enumerate(reader.captured()):
        if isinstance(item, CapturedFrame):
            stamp(item.frame.native, item.captured_s)
            sink.write(ReleasedFrame(number, item.captured_s, item.frame.native, reason=CoverReason.LATE))
    sink.close()
    reader.close()


def test_colours_and_shape_are_told(tmp_path: Path) -> None:
    source, out = tmp_path / "in.mp4", tmp_path / "out.mkv"
    with av.open(str(source), "w") as output:
        stream: Any = output.add_stream("libx264", rate=20, width=64, height=48, pix_fmt="yuv420p")
        context = stream.codec_context
        context.sample_aspect_ratio, context.colorspace, context.color_primaries = Fraction(4, 3), 1, 1
        context.color_trc, context.color_range = 1, 1
        for _ in range(4):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), format="rgb24")))
        output.mux(stream.encode(None))
    live_copy(source, out)
    with av.open(str(out)) as written:
        found: Any = written.streams.video[0].codec_context
        assert found.sample_aspect_ratio == Fraction(4, 3)
        assert (found.colorspace, found.color_primaries, found.color_trc, found.color_range) == (1, 1, 1, 1)


@pytest.mark.parametrize(("pix_fmt", "height", "matrix"), [("gbrp", 48, 5), ("gbrp", 720, 1), ("yuv420p", 720, None)])
def test_the_matrix_is_told_where_we_choose_it(pix_fmt: str, height: int, matrix: int | None) -> None:
    decoder = SimpleNamespace(
        colorspace=0 if pix_fmt == "gbrp" else 2, color_primaries=2, color_trc=2, pix_fmt=pix_fmt, height=height
    )
    assert color_tags(decoder).get("colorspace") == matrix


@pytest.mark.parametrize("unit", [sei(4, CAPTION), sei(5, USER_DATA)], ids=["captions", "user data"])
def test_texts_between_the_pictures_stay_behind(unit: bytes, tmp_path: Path) -> None:
    plain = make(tmp_path / "plain.mp4", frames=5).path
    with_unit(plain, tmp_path / "in.mp4", unit)
    live_copy(tmp_path / "in.mp4", tmp_path / "out.mp4")
    written = (tmp_path / "out.mp4").read_bytes()
    assert b"GA94" not in written
    assert b"48.100000" not in written


def test_a_stream_that_comes_back_with_another_size_goes_on_in_the_first(tmp_path: Path) -> None:
    path = make(tmp_path / "clip.mp4", frames=3, size=(160, 96)).path
    source: Any = source_for(str(path), clock=SessionClock(), rate=30)
    assert source.open().size == (160, 96)
    path.unlink()
    make(path, frames=3, size=(96, 160))
    assert source.open().size == (160, 96)
    frames = [item.frame for item in source.captured() if isinstance(item, CapturedFrame)]
    source.close()
    assert len(frames) == 3
    assert {frame.size for frame in frames} == {(160, 96)}
    assert frames[0].planes[0][:, :20].max() <= 20, "it keeps its shape: black stands beside it"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        StreamSink(file_target(tmp_path / "file" / "out.mkv", overwrite=False)).open(FORM)


@pytest.mark.parametrize("scheme", ["udp", "tcp"])
def test_what_is_sent_over_the_network_comes_in_again(scheme: str) -> None:
    port = free_port()
    sink = StreamSink(network_target(f"{scheme}://127.0.0.1:{port}{'?listen=1' if scheme == 'tcp' else ''}", shown="x"))
    over = threading.Event()

    def send() -> None:
        while not over.is_set():
            try:
                if not sink.open(FORM):
                    continue
                for item in items(60.0):
                    if over.wait(0.005):
                        break
                    sink.write(item)
            except OutputError:
                continue
        sink.close()

    thread = threading.Thread(target=send)
    thread.start()
    clock = SessionClock()
    source = StreamSource(StreamAddress(f"{scheme}://127.0.0.1:{port}", "a stream"), clock=clock)
    found: list[CapturedFrame] = []
    try:
        for _ in range(20):
            try:
                form = source.open()
                break
            except InputError:
                over.wait(0.2)
        assert form.size == SIZE
        for item in source.captured():
            if isinstance(item, CapturedFrame):
                found.append(item)
                assert item.captured_s <= clock.now() + 0.01, "nothing comes before it was captured"
            if len(found) == 5:
                break
    finally:
        over.set()
        source.close()
        thread.join()
    times = [item.captured_s for item in found]
    assert times == sorted(times)
    assert abs(float(found[0].frame.planes[0].mean()) - 42) < 12


def test_a_stream_that_is_not_there_is_told() -> None:
    source = StreamSource(StreamAddress(f"tcp://127.0.0.1:{free_port()}", "a stream"), clock=SessionClock())
    with pytest.raises(InputError, match="a stream cannot be opened"):
        source.open()


def test_a_stream_on_which_nothing_comes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from dashcamcleaner.live import stream_source

    monkeypatch.setattr(stream_source, "_OPEN_S", 0.2)
    source = source_for(f"udp://127.0.0.1:{free_port()}", clock=SessionClock(), rate=30)
    with pytest.raises(InputError, match="cannot be opened: nothing came in time"):
        source.open()


def test_a_playlist_on_the_network_opens_no_file(tmp_path: Path) -> None:
    clip = make(tmp_path / "secret.ts", frames=3).path
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:{clip}\n#EXT-X-ENDLIST\n")
    for url in (f"file:{playlist}", str(playlist)):
        with pytest.raises(InputError):
            StreamSource(StreamAddress(url, "a list"), clock=SessionClock()).open()


def key_frames_apart(path: Path) -> tuple[bytes, list[int]]:
    """A stream of 240 noisy pictures, each brighter than the last, key frames at 0, 80, 160; where each begins."""
    rng = np.random.default_rng(1)
    with av.open(str(path), "w", options={"pat_period": "0.1"}) as output:
        stream: Any = output.add_stream("libx264", rate=20, width=160, height=96, pix_fmt="yuv420p")
        stream.options = {"g": "80", "keyint_min": "80", "sc_threshold": "0", "preset": "ultrafast"}
        stream.options |= {"tune": "zerolatency", "x264-params": "slices=4"}
        for number in range(240):
            picture = rng.integers(number // 2, number // 2 + 60, (96, 160, 1), np.uint8).repeat(3, axis=2)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode(None))
    with av.open(str(path)) as written:
        places = [packet.pos for packet in written.demux(video=0) if packet.size]
    return path.read_bytes(), places


@contextlib.contextmanager
def served(data: bytes) -> Iterator[str]:
    """The address of a server that sends this; twice, since a source is opened again where one look is not enough."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for _ in range(2):
                with contextlib.suppress(OSError), server.accept()[0] as reader:
                    reader.sendall(data)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with contextlib.suppress(OSError):
            socket.create_connection(server.getsockname()).close()  # where it was not opened again
        thread.join(20)


def test_a_stream_that_is_joined_long_before_a_key_frame_is_opened_and_seen_from_that_on(tmp_path: Path) -> None:
    data, places = key_frames_apart(tmp_path / "whole.ts")
    with served(data[places[20] :]) as address:
        source: Any = source_for(address, clock=SessionClock(), rate=30)
        assert source.open().size == (160, 96)
        first = next(source.captured())
        source.close()
    assert abs(int(first.frame.planes[0].mean()) - (16 + 70 * 219 // 255)) <= 4, "the second key frame"
    assert not first.frame.damaged


def test_pictures_that_refer_to_a_packet_that_was_lost_are_damaged_until_a_key_frame(tmp_path: Path) -> None:
    data, places = key_frames_apart(tmp_path / "whole.ts")
    lost = places[100] + 188
    assert lost + 188 < places[101], "a packet in the middle of a picture"
    with served(data[:lost] + data[lost + 188 :]) as address:
        source: Any = source_for(address, clock=SessionClock(), rate=30)
        source.open()
        taken: list[Any] = []
        with contextlib.suppress(InputError):
            taken += source.captured()
        source.close()
    assert taken[0].source_s * 20 < 100, "what is read to find out what comes is not given"
    numbers = {round(item.source_s * 20): item.frame.damaged for item in taken}
    assert {*range(100, 160)} <= {number for number, damaged in numbers.items() if damaged} <= {*range(99, 162)}


def test_pictures_that_carry_no_times_were_captured_when_they_came() -> None:
    encoded = io.BytesIO()
    Image.fromarray(np.full((96, 160, 3), 90, np.uint8)).save(encoded, "jpeg")
    part = b"--next\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(encoded.getvalue())
    head = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=next\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError), server.accept()[0] as reader:
                reader.recv(4096)
                reader.sendall(head + 40 * (part + encoded.getvalue() + b"\r\n"))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        times = itertools.count()
        clock: Any = SimpleNamespace(now=lambda: next(times) / 7)  # a picture is asked for its time once
        source: Any = source_for(f"http://127.0.0.1:{server.getsockname()[1]}/cam", clock=clock, rate=30)
        source.open()
        taken = list(itertools.islice(source.captured(), 20))
        source.close()
        thread.join(20)
    assert np.abs(np.diff([frame.captured_s for frame in taken]) - 1 / 7).max() < 1e-6
    assert all(frame.source_s is not None for frame in taken)


def test_a_file_is_played_at_its_own_pace_upright_with_its_sound(tmp_path: Path) -> None:
    made = make(tmp_path / "clip.mp4", frames=10, rate=20, clockwise=90, sounds=(Sound(),))
    clock = SessionClock()
    source = source_for(str(made.path), clock=clock, rate=30)
    form = source.open()
    assert form.size == (180, 320)
    assert form.sound is not None
    taken = list(source.captured())
    source.close()
    frames = [item for item in taken if isinstance(item, CapturedFrame)]
    assert len(frames) == 10
    assert any(isinstance(item, CapturedSound) for item in taken)
    steps = np.diff([item.captured_s for item in frames])
    assert abs(steps - 0.05).max() < 0.001
    assert clock.now() >= 9 * 0.05
    assert frames[0].frame.upright_size == (180, 320)


def test_frames_are_turned_upright() -> None:
    from dashcamcleaner.core.frame import Orientation

    picture = np.zeros((96, 160, 3), np.uint8)
    picture[:, :40] = 255
    frame = FrameMaker((96, 160), orientation=Orientation(1)).of_native(
        av.VideoFrame.from_ndarray(picture, format="rgb24")
    )
    upright = frame.scale((96, 160))
    assert upright[:30].mean() > 200
    assert upright[60:].mean() < 50


@pytest.fixture(scope="module")
def display(request: pytest.FixtureRequest) -> Iterator[str]:
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    pytest.importorskip("mss", reason="mss is not installed (the extra live)")
    with virtual_screen(320, 240) as screen:
        yield screen


def test_a_screen_and_a_part_of_it_are_captured(display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)
    for text, size in (("screen", (320, 240)), ("screen:1:10,20,101,81", (100, 80)), ("screen:0", (320, 240))):
        source: Any = source_for(text, clock=SessionClock(), rate=50)
        assert source.open().size == size
        taken = source.captured()
        first, second = next(taken), next(taken)
        taken.close()
        assert first.frame.size == size
        assert second.captured_s > first.captured_s
    for wrong in ("screen:9", "screen:1:5000,0,10,10", "window:nobody has this title"):
        with pytest.raises(InputError):
            source_for(wrong, clock=SessionClock(), rate=50).open()


def pictures(source: Any, *, least: int) -> list[Any]:
    """What a source gives until it breaks off, and the sentence for which it does."""
    taken: list[Any] = []
    try:
        taken += itertools.islice(source.captured(), 200)
    except InputError as error:
        taken.append(error.message)
    assert len(taken) >= least
    return taken


def test_a_screen_that_changes_breaks_off_and_goes_on_in_the_size_that_sinks_know(
    display: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashcamcleaner.live import screen_source

    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setattr(screen_source, "_FOLLOW_S", 0.05)
    source: Any = source_for("screen:1:0,0,160,96", clock=SessionClock(), rate=50)
    assert source.open().size == (160, 96)
    real, asked = source._found_area, []

    def area() -> Any:  # looked for when it begins, and again later: the monitor has another mode then
        asked.append(1)
        return real() if len(asked) < 3 else (10, 10, 80, 96)

    monkeypatch.setattr(source, "_found_area", area)
    *_, why = pictures(source, least=2)
    assert why == "screen 1 at 0,0,160,96 has another size now."
    form = source.open()
    assert form.size == (160, 96)
    taken = source.captured()
    first = next(taken)
    taken.close()
    assert first.frame.size == (160, 96)


def monitor(left: int, **known: str) -> dict[str, Any]:
    return {"left": left, "top": 0, "width": 100, "height": 80, **known}


ALL = monitor(0)
ONE, TWO = monitor(0, output="DP-1"), monitor(100, output="DP-2")


@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        ([ALL, ONE, TWO], [ALL, ONE, TWO], 100),
        ([ALL, ONE, TWO], [ALL, TWO, ONE], 100),
        ([ALL, ONE, TWO], [ALL, ONE, monitor(300, output="DP-2")], 300),
        ([ALL, ONE, TWO], [ALL, monitor(0, output="DP-2")], 0),
        ([ALL, ONE, TWO], [ALL, ONE], None),
        ([ALL, ONE, TWO], [ALL, ONE, monitor(100, output="HDMI-1")], None),
        ([ALL, monitor(0), monitor(100)], [ALL, monitor(100), monitor(0)], 100),
        ([ALL, monitor(0), monitor(100)], [ALL, monitor(0), monitor(200)], None),
    ],
)
def test_a_monitor_is_not_taken_for_another_when_numbers_change(
    before: list[dict[str, Any]], after: list[dict[str, Any]], left: int | None
) -> None:
    pytest.importorskip("mss", reason="mss is not installed (the extra live)")
    source: Any = source_for("screen:2", clock=SessionClock(), rate=50)
    assert source._area(before) == (100, 0, 100, 80)
    if left is None:
        with pytest.raises(InputError, match="There is no screen 2"):
            source._area(after)
    else:
        assert source._area(after) == (left, 0, 100, 80)
    every: Any = source_for("screen:0", clock=SessionClock(), rate=50)
    assert every._area(before) == every._area(after) == (0, 0, 100, 80)


def window_tool(folder: Path, monkeypatch: pytest.MonkeyPatch, *, state: str, at: tuple[int, int]) -> None:
    """An ``xwininfo`` that tells of a window of 100x60 pixels."""
    tool = folder / "xwininfo"
    tool.write_text(
        "#!/bin/sh\ncat <<'END'\n"
        f"  Absolute upper-left X:  {at[0]}\n  Absolute upper-left Y:  {at[1]}\n  Width: 100\n  Height: 60\n"
        f"  Map State: {state}\nEND\n"
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


@pytest.mark.parametrize(
    ("state", "at", "why"),
    [
        ("IsUnMapped", (10, 10), "The window 'mine' is minimized or hidden."),
        ("IsUnviewable", (10, 10), "The window 'mine' is minimized or hidden."),
        ("IsViewable", (300, 10), "window mine stands partly outside the screen."),
        ("IsViewable", (-1, 10), "window mine stands partly outside the screen."),
    ],
)
def test_what_stands_in_a_window_s_place_is_not_taken_for_it(
    state: str, at: tuple[int, int], why: str, display: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from dashcamcleaner.live import screen_source

    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setattr(screen_source, "_FOLLOW_S", 0.05)
    window_tool(tmp_path, monkeypatch, state="IsViewable", at=(20, 10))
    source: Any = source_for("window:mine", clock=SessionClock(), rate=50)
    assert source.open().size == (100, 60)
    window_tool(tmp_path, monkeypatch, state=state, at=at)
    assert pictures(source, least=1)[-1] == why


def test_a_desktop_that_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mss", reason="mss is not installed (the extra live)")
    monkeypatch.setenv("DISPLAY", ":987")
    with pytest.raises(InputError, match="cannot be read"):
        source_for("screen", clock=SessionClock(), rate=30).open()


def clicks_of(path: Path) -> list[float]:
    """When clicks are heard, seconds since the first picture."""
    with av.open(str(path)) as container:
        first = next(container.decode(video=0)).time
    heard: list[float] = []
    with av.open(str(path)) as container:
        for block in container.decode(audio=0):
            loud = np.abs(block.to_ndarray()).max(axis=0) > 0.1
            at = (block.time or 0.0) + int(loud.argmax()) / block.sample_rate - (first or 0.0)
            if loud.any() and (not heard or at - heard[-1] > 0.5):
                heard.append(at)
    return heard


@pytest.mark.parametrize("rate", [8000, 48_000])
@pytest.mark.parametrize("moved_s", [-0.041, 0.0, 0.03, 0.4])
def test_sound_stays_with_the_picture_when_the_source_s_clock_is_set_anew(
    tmp_path: Path, rate: int, moved_s: float
) -> None:
    path = tmp_path / "out.ts"
    sink = StreamSink(file_target(path, overwrite=False))
    sink.open(StreamFormat(SIZE, LIVE_LAYOUT, 20.0, SoundFormat(rate, "mono")))
    gate = Gate(size=SIZE, obscurer=Obscurer())
    for number in range(80):
        at = 5.0 + number / 20 + (moved_s if number >= 10 else 0)
        sink.write(gate.covered(number, at, CoverReason.LATE))
        wave = np.zeros((1, rate // 20), np.float32)
        if number % 20 == 19:
            wave[0, : rate // 100] = 0.8 * np.sin(np.arange(rate // 100) * 0.5)
        block = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
        block.sample_rate = rate
        sink.write(gate.sound(CapturedSound(block, at), mute=False))
    sink.close()
    wanted = [0.95 + moved_s + second for second in range(4)]
    heard = clicks_of(path)
    assert len(heard) == 4
    assert max(abs(a - b) for a, b in zip(heard, wanted, strict=True)) < 0.02
