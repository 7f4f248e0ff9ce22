"""What a killed run leaves for the next one: taken over where it is ours and of the same run, else left aside."""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.motion import Motion
from dashcamcleaner.core.plan import Observation, PlanHeader
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.pipeline.seen_log import SeenLog, log_path

TIME_BASE = Fraction(1, 90000)
HEADER = PlanHeader("clip.mp4", "1-ab", (640, 360), TIME_BASE, seeing={"inference_size": 640})


def seen(index: int, *, boxes: int = 2) -> Observation:
    rows = [(10.0 * i, 5.0, 10.0 * i + 8, 20.0, 0.25 + 0.1 * i, "face") for i in range(boxes)]
    return Observation(index, FrameTime(index * 3003, TIME_BASE), Detections.from_rows(rows), Motion.still())


def logged(path: Path, frames: int = 10) -> Path:
    log = SeenLog(path, header=HEADER)
    for i in range(frames):
        log.write(seen(i))
    log.close()
    return path


def taken_over(path: Path, header: PlanHeader = HEADER) -> int:
    log = SeenLog(path, header=header)
    log.close()
    return log.stored_frames


def test_a_torn_last_line_is_dropped_and_the_log_goes_on(tmp_path: Path) -> None:
    path = logged(tmp_path / "clip.jsonl")
    path.write_bytes(path.read_bytes()[:-17])
    log = SeenLog(path, header=HEADER)
    assert log.stored_frames == 9
    assert log.notes == ()
    log.write(seen(9))
    log.close()
    again = SeenLog(path, header=HEADER)
    assert [seen.index for seen in again.stored()] == list(range(10))
    again.remove()
    assert not path.exists()


@pytest.mark.parametrize("field", ["fingerprint", "seeing"])
def test_a_log_of_another_clip_or_way_of_seeing_is_not_taken_over(tmp_path: Path, field: str) -> None:
    path = logged(tmp_path / "log", 1)
    data = json.loads(HEADER.to_line())
    data[field] = "other" if field == "fingerprint" else {"inference_size": 1280}
    assert taken_over(path, PlanHeader.from_line(json.dumps(data))) == 0


def test_the_name_tells_source_weights_and_settings_apart(own_home: Path) -> None:
    data = json.loads(HEADER.to_line())
    others = [
        {"fingerprint": "2-ab"},
        {"weights_sha256": "ff"},
        {"seeing": {"inference_size": 1280}},
        {"versions": {"dashcamcleaner": "9"}},
    ]
    headers = [HEADER, *(PlanHeader.from_line(json.dumps({**data, **other})) for other in others)]
    names = {log_path(header, deciding={"tiles": 1}) for header in headers}
    names.add(log_path(HEADER, deciding={"tiles": 2}))
    assert len(names) == 6
    assert {name.parent for name in names} == {own_home / "state" / "seen"}
    assert log_path(HEADER, deciding={"tiles": 1}) in names


def test_two_runs_of_one_clip_do_not_write_into_one_log(tmp_path: Path) -> None:
    path = logged(tmp_path / "log", 3)
    first = SeenLog(path, header=HEADER)
    second = SeenLog(path, header=HEADER)
    assert (first.stored_frames, second.stored_frames) == (3, 0)
    assert "another run" in second.notes[0]
    second.write(seen(0))
    second.remove()
    assert path.exists()
    first.write(seen(3))
    first.close()
    assert taken_over(path) == 4


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no modes there")
def test_a_run_goes_on_where_no_log_can_be_kept(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = own_home / "blocked"
    blocked.write_text("a file where a folder is due")
    monkeypatch.setenv("DASHCAMCLEANER_HOME", str(blocked))
    log = SeenLog(log_path(HEADER, deciding={}), header=HEADER)
    log.write(seen(0))
    log.remove()
    assert "keeps no unfinished analysis" in log.notes[0]
