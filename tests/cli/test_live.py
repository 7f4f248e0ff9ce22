"""``live`` from the command line: a file covered at its own pace, its events and log, and what is refused."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

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
    try:
        found = main(["live", *given], models=pool(MoodyDetector()))
    except SystemExit as end:
        found = int(end.code or 0)
    assert found == status
    said = capsys.readouterr().err.strip().splitlines()
    assert said[0].startswith("dashcamcleaner: ")
    assert len(said) <= 2
    assert not list(tmp_path.iterdir())


def test_sound_and_picture_stay_together(tmp_path: Path) -> None:
    made = make(tmp_path / "clip.mp4", frames=90, size=(160, 96), sounds=(Sound(),))
    out = tmp_path / "out.mkv"
    assert live("--from", str(made.path), "--to", str(out), "--quiet", "--carry", "0.5") == 0
    flashes, clicks = flashes_s(out), clicks_s(out)
    pairs = [(flash, click) for flash in flashes for click in clicks if abs(flash - click) < 0.5]
    if not pairs:
        pytest.skip("this machine is too busy: every frame with a flash was covered")
    assert all(abs(flash - click) <= 0.04 for flash, click in pairs)
