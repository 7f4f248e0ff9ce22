"""Logs of an unfinished analysis that somebody planted or changed: none of them uncovers anything."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.events import Event, Failed, Finished
from dashcamcleaner.core.plan import FramePlan, Observation, PlanHeader
from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path
from dashcamcleaner.settings import resolve
from tests import clips, fakes

FRAMES = 60
FACE = (100.0, 60.0, 140.0, 110.0, 0.9, "face")


def run(source: Path, output: Path, **said: object) -> list[Event]:
    models = fakes.pool(fakes.ScriptedDetector(lambda *_: (FACE,), script_size=(320, 180)))
    return list(clean(Job(source, output, resolve(said)), models=models))


def interrupted(source: Path, output: Path, **said: object) -> None:
    """A run that ends before its end."""

    def failing(number: int, _: np.ndarray) -> list[fakes.Row]:
        if number >= 40:
            raise RuntimeError("out of memory")
        return [FACE]

    models = fakes.pool(fakes.ScriptedDetector(failing, script_size=(320, 180)))
    assert isinstance(list(clean(Job(source, output, resolve(said)), models=models))[-1], Failed)


def summary_of(events: list[Event]) -> RunSummary:
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1].summary


def hidden_in(output: Path) -> int:
    with PlanReader(plan_path(output)) as reader:
        return sum(bool(plan.regions) for plan in reader)


def empty_log(header: PlanHeader) -> str:
    """A log of version 0.1.0 that has seen nothing in any frame."""
    base = Fraction(1, 15360)
    frames = [Observation(i, FrameTime(512 * i, base), Detections.empty()) for i in range(FRAMES)]
    return "".join(line + "\n" for line in (header.to_line(), *(FramePlan(seen).to_line() for seen in frames)))


def test_a_log_beside_the_clip_is_not_read_and_not_removed(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=FRAMES)
    summary_of(run(made.path, tmp_path / "first.mp4"))
    with PlanReader(plan_path(tmp_path / "first.mp4")) as reader:
        header = reader.header
    planted = tmp_path / "out.seen.jsonl.partial"
    planted.write_text(empty_log(header))
    before = planted.read_bytes()
    summary = summary_of(run(made.path, tmp_path / "out.mp4"))
    assert summary.resumed_frames == 0
    assert hidden_in(tmp_path / "out.mp4") == FRAMES
    assert any("is not read" in sentence for sentence in summary.warnings)
    assert planted.read_bytes() == before


def _emptied(log: Path) -> None:
    """Detections taken out of each line, the seals left as they are."""
    lines = log.read_text().splitlines(keepends=True)
    assert sum('"d":[[' in line for line in lines) > 20
    log.write_text("".join(line[: line.index('"d":[[')] + '"d":[],"r":[]}\n' if '"d":[[' in line else line
                           for line in lines))  # fmt: skip


def _one_frame_emptied(log: Path) -> None:
    lines = log.read_text().splitlines(keepends=True)
    lines[5] = lines[5][: lines[5].index('"d":[[')] + '"d":[],"r":[]}\n'
    log.write_text("".join(lines))


def _frames_exchanged(log: Path) -> None:
    lines = log.read_text().splitlines(keepends=True)
    lines[5], lines[6] = lines[6], lines[5]
    log.write_text("".join(lines))


def _without_seals(log: Path) -> None:
    log.write_text("".join(line[65:] for line in log.read_text().splitlines(keepends=True)))


def _of_another_user(log: Path) -> None:
    key = log.parent.parent / "seal.key"
    key.write_bytes(bytes(32))


CHANGES = [_emptied, _one_frame_emptied, _frames_exchanged, _without_seals, _of_another_user]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_a_changed_log_is_left_aside_with_a_word(tmp_path: Path, own_home: Path, change: Callable[..., None]) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=FRAMES)
    interrupted(made.path, tmp_path / "out.mp4")
    (log,) = (own_home / "state" / "seen").iterdir()
    change(log)
    summary = summary_of(run(made.path, tmp_path / "out.mp4"))
    assert summary.resumed_frames == 0
    assert any("analysed anew" in sentence for sentence in summary.warnings)
    assert hidden_in(tmp_path / "out.mp4") == FRAMES


def test_an_unchanged_log_is_continued(tmp_path: Path, own_home: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=FRAMES)
    interrupted(made.path, tmp_path / "out.mp4")
    assert summary_of(run(made.path, tmp_path / "elsewhere.mp4")).resumed_frames > 0
    assert list((own_home / "state" / "seen").iterdir()) == []


def test_a_log_of_another_clip_or_other_settings_is_not_continued(tmp_path: Path, own_home: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=FRAMES)
    other = clips.make(tmp_path / "other.mp4", frames=FRAMES, busy=True)
    interrupted(made.path, tmp_path / "out.mp4", tracking=False)
    (log,) = (own_home / "state" / "seen").iterdir()
    assert summary_of(run(made.path, tmp_path / "tracked.mp4")).resumed_frames == 0
    assert summary_of(run(other.path, tmp_path / "other_out.mp4", tracking=False)).resumed_frames == 0
    # Renamed to where the other clip's log would lie, it is still not that clip's.
    interrupted(other.path, tmp_path / "other_again.mp4", tracking=False)
    (others,) = set((own_home / "state" / "seen").iterdir()) - {log}
    shutil.copy(log, others)
    summary = summary_of(run(other.path, tmp_path / "other_again.mp4", tracking=False))
    assert summary.resumed_frames == 0
    assert any("analysed anew" in sentence for sentence in summary.warnings)
