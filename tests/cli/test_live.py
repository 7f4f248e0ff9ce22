"""``live`` from the command line: a file covered at its own pace, its events and log, and what is refused."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import av
import pytest
from clips import Sound, clicks_s, flashes_s, make
from fakes import pool
from live_scene import MoodyDetector

from dashcamcleaner.cli import main


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("clips") / "clip.mp4", frames=30, size=(160, 96)).path


def live(*words: str) -> int:
    return main(["live", "--delay", "0.4", "--inference-size", "160", *words], models=pool(MoodyDetector()))


def test_a_file_is_covered_and_events_come_as_json(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, log = tmp_path / "out.mkv", tmp_path / "live.log"
    assert live("--from", str(clip), "--to", str(out), "--json", "--log", str(log)) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[0]["event"] == "started"
    assert events[-1]["event"] == "live_stats"
    assert {"fps", "latency_ms", "late", "covered_share", "queue", "device", "inference_size"} <= events[-1].keys()
    assert any(event["event"] == "live_change" and event["what"] == "ended" for event in events)
    with av.open(str(out)) as written:
        assert sum(1 for _ in written.decode(video=0)) > 0
    logged = [json.loads(line) for line in log.read_text().splitlines()]
    assert logged[0]["event"] == "started"
    assert all("at" in line for line in logged)
    assert log.stat().st_mode & 0o077 == 0
    assert live("--from", str(clip), "--to", str(tmp_path / "two.mkv"), "--quiet", "--log", str(log)) == 0
    assert len(log.read_text().splitlines()) > len(logged), "a log is appended to"


def test_it_ends_after_the_time_that_is_given(clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert live("--from", str(clip), "--to", str(tmp_path / "out.mkv"), "--for", "0.5") == 0
    assert "frames left in" in capsys.readouterr().out


def test_the_signal_covers(
    clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashcamcleaner.live import session

    if not hasattr(signal, "SIGUSR1"):
        pytest.skip("there is no such signal here")
    monkeypatch.setattr(session, "_STATS_S", 0.2)
    real = session.Capture.run

    def capture(self: session.Capture) -> None:
        os.kill(os.getpid(), signal.SIGUSR1)
        real(self)

    monkeypatch.setattr(session.Capture, "run", capture)
    assert live("--from", str(clip), "--to", str(tmp_path / "out.mkv"), "--json") == 0
    assert any(json.loads(line).get("what") == "panic" for line in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("--from", "nothing.mp4", "--to", "out.mkv"), 3),
        (("--from", "CLIP", "--to", "out.xyz"), 4),
        (("--from", "CLIP", "--to", "out.mkv", "--when", "nudity"), 2),
        (("--from", "CLIP", "--to", "out.mkv", "--then", "explode"), 2),
        (("--from", "CLIP", "--to", "out.mkv", "--delay", "99"), 2),
        (("--from", "CLIP", "--to", "out.mkv", "--for", "-1"), 2),
        (("--from", "CLIP", "--to", "out.mkv", "--for", "soon"), 2),
        (("--from", "CLIP", "--to", "out.mkv", "--hide-overlay", "position"), 2),
        (("--from", "CLIP", "--to", "out.mkv", "--codec", "av1"), 2),
        (("--from", "CLIP", "--to", "out.mkv", "--to", "./out.mkv"), 4),
        (("--from", "CLIP", "--to", "out.mkv", "--log", "out.mkv"), 4),
        (("--from", "CLIP", "--to", "out.mkv", "--log", "CLIP"), 4),
        (("--from", "CLIP", "--to", "CLIP", "--overwrite"), 4),
        (("--from", "CLIP"), 2),
        (("--from", "screen:1:x", "--to", "out.mkv"), 3),
        (("--from", "CLIP", "--to", "out.mkv", "--when", "nudity>0.5", "--label-hits", "3"), 2),
    ],
)
def test_bad_input_gets_a_sentence_and_a_status(
    words: tuple[str, ...], status: int, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    given = [str(clip) if word == "CLIP" else word for word in words]
    before = clip.read_bytes()
    try:
        found = main(["live", *given], models=pool(MoodyDetector()))
    except SystemExit as end:
        found = int(end.code or 0)
    assert found == status
    said = capsys.readouterr().err.strip().splitlines()
    assert said[0].startswith("dashcamcleaner: ")
    assert len(said) <= 2
    assert not list(tmp_path.iterdir())
    assert clip.read_bytes() == before


def test_a_source_by_another_name_is_not_written_to(clip: Path, tmp_path: Path) -> None:
    link, hard = tmp_path / "link.mp4", tmp_path / "hard.mp4"
    link.symlink_to(clip)
    hard.hardlink_to(clip)
    before = clip.read_bytes()
    for name in (link, hard):
        assert live("--from", str(clip), "--to", str(name), "--overwrite") == 4
        assert live("--from", str(clip), "--to", str(tmp_path / "out.mkv"), "--log", str(name)) == 4
    assert clip.read_bytes() == before


def test_a_log_is_appended_to_logs_alone(clip: Path, tmp_path: Path) -> None:
    mine = tmp_path / "diary.txt"
    mine.write_text("today\n")
    assert live("--from", str(clip), "--to", str(tmp_path / "out.mkv"), "--log", str(mine)) == 4
    assert mine.read_text() == "today\n"


def test_sound_that_is_to_stay_behind_does(tmp_path: Path) -> None:
    made = make(tmp_path / "clip.mp4", frames=20, size=(160, 96), sounds=(Sound(),))
    for word, sounds in (("keep", 1), ("mute", 0)):
        out = tmp_path / f"{word}.mkv"
        assert live("--from", str(made.path), "--to", str(out), "--quiet", "--audio", word) == 0
        with av.open(str(out)) as written:
            assert len(written.streams.audio) == sounds


def _breaking(monkeypatch: pytest.MonkeyPatch, *, after: int) -> None:
    """Let recordings find no room after some frames, and from then on."""
    from dashcamcleaner.live.stream_sink import StreamSink

    real, written = StreamSink._write_frame, []

    def write(self: StreamSink, frame: Any) -> None:
        written.append(frame)
        if len(written) > after:
            raise OSError(28, "No space left on device")
        real(self, frame)

    monkeypatch.setattr(StreamSink, "_write_frame", write)


@pytest.mark.parametrize("quiet", [False, True])
def test_a_recording_that_breaks_off_is_told_and_changes_the_status(
    quiet: bool, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _breaking(monkeypatch, after=3)
    out = tmp_path / "out.mkv"
    assert live("--from", str(clip), "--to", str(out), *(["--quiet"] if quiet else [])) == 4
    assert capsys.readouterr().err.count("No space left on device") == 2, "when it happens, and at the end"
    assert out.stat().st_size, "what was written until then stays"


def test_a_log_that_takes_nothing_more_ends_no_run(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real, out, log = os.write, tmp_path / "out.mkv", tmp_path / "live.log"
    kept: list[int] = []

    def write(handle: int, data: bytes) -> int:  # as a disk that is nearly full does
        if not data.startswith(b'{"at') and not kept:
            return real(handle, data)
        kept.append(handle)
        if len(kept) > 2:
            raise OSError(28, "No space left on device")
        return real(handle, data[:10] if len(kept) == 2 else data)

    monkeypatch.setattr(os, "write", write)
    assert live("--from", str(clip), "--to", str(out), "--log", str(log)) == 4
    monkeypatch.undo()
    said = capsys.readouterr()
    assert "frames left in" in said.out
    assert "disk is full" in said.err
    with av.open(str(out)) as written:
        assert sum(1 for _ in written.decode(video=0)) >= 30


def test_sound_and_picture_stay_together(tmp_path: Path) -> None:
    made = make(tmp_path / "clip.mp4", frames=90, size=(160, 96), sounds=(Sound(),))
    out = tmp_path / "out.mkv"
    assert live("--from", str(made.path), "--to", str(out), "--quiet", "--carry", "0.5") == 0
    flashes, clicks = flashes_s(out), clicks_s(out)
    pairs = [(flash, click) for flash in flashes for click in clicks if abs(flash - click) < 0.5]
    if not pairs:
        pytest.skip("this machine is too busy: every frame with a flash was covered")
    assert all(abs(flash - click) <= 0.04 for flash, click in pairs)
