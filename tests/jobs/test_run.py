"""The main job, end to end on clips made here: what goes in comes out, hidden where it should be, or not at all."""

from __future__ import annotations

import csv
import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashcamcleaner.core.events import Event, Failed, Finished, Progress, Started, Warned
from dashcamcleaner.core.plan import WHOLE_FRAME, FramePlan, Origin
from dashcamcleaner.core.summary import CLEANED, PARTIAL, RunSummary
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import BackendError, Cancelled, DetectorFailed, DiskFull, OutputError, PlanError
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.media import probe
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.obscure.masks import region_mask
from dashcamcleaner.pipeline import video, writer
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path
from dashcamcleaner.settings import resolve
from tests import clips, fakes

FACE = (100.0, 60.0, 140.0, 110.0, 0.9, "face")


def always(*rows: fakes.Row, size: tuple[int, int] = (320, 180)) -> fakes.ScriptedDetector:
    return fakes.ScriptedDetector(lambda number, picture: rows, script_size=size)


def runs(detector: fakes.ScriptedDetector | ModelPool) -> Callable[..., list[Event]]:
    """A function that cleans with this detector."""
    models = detector if isinstance(detector, ModelPool) else fakes.pool(detector)

    def run(
        source: Path, output: Path, *, control: Control | None = None, job: dict[str, Any] | None = None, **said: Any
    ) -> list[Event]:
        return list(clean(Job(source, output, resolve(said), **(job or {})), models=models, control=control))

    return run


def done(events: Sequence[Event]) -> RunSummary:
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1].summary


def failure(events: Sequence[Event]) -> Any:
    assert isinstance(events[-1], Failed), events[-1]
    return events[-1].error


def frames_of(path: Path) -> list[Any]:
    info = probe.probe(path)
    with open_clip(path, info=info) as decoder:
        return [(frame.time.exact(), [plane.copy() for plane in frame.planes]) for frame in decoder]


def plans_of(output: Path) -> list[FramePlan]:
    with PlanReader(plan_path(output)) as reader:
        return list(reader)


def detail(luma: np.ndarray) -> float:
    """Mean difference of neighbouring samples: what fine structure there is."""
    return float(np.abs(np.diff(luma.astype(int), axis=1)).mean())


def left_behind(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if "partial" in path.name or path.name.startswith(".")}


def test_where_much_of_the_picture_is_hidden_the_run_says_so(tmp_path: Path) -> None:
    clips.make(tmp_path / "in.mp4", frames=8)
    run = runs(always((20.0, 20.0, 200.0, 170.0, 0.95, "face")))
    events = run(tmp_path / "in.mp4", tmp_path / "out.mp4")
    told = [event.message for event in events if isinstance(event, Warned)]
    assert any("hidden on average" in sentence for sentence in told)
    assert any("track" in sentence and "0:00.000" in sentence for sentence in told)
    report = json.loads((tmp_path / "out.mp4.report.json").read_text())
    assert report["hidden"]["large"][0]["share"] > 0.2
    assert report["hidden"]["mean_share"] > 0.2
    quiet = run(tmp_path / "in.mp4", tmp_path / "quiet.mp4", warn_hidden=1.0)
    assert not any("on average" in event.message for event in quiet if isinstance(event, Warned))


def test_a_clip_comes_out_with_its_times_its_sound_and_a_hidden_face(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=45, pts=clips.vfr_pts(45), busy=True, sounds=(clips.Sound(),))
    run = runs(always(FACE))
    events = run(made.path, tmp_path / "out.mp4", quality=8)
    summary = done(events)
    assert summary.status == CLEANED
    assert isinstance(events[0], Started)
    assert [event.frames_done for event in events if isinstance(event, Progress)][-1] == 45
    before, after = frames_of(made.path), frames_of(tmp_path / "out.mp4")
    assert [when for when, _ in after] == made.times
    assert [clips.read_number(planes[0]) for _, planes in after] == list(range(45))
    inside = np.s_[65:105, 105:135]
    outside = np.s_[130:180, 200:320]
    for (_, source), (_, result) in zip(before, after, strict=True):
        assert detail(result[0][inside]) < 4
        assert detail(source[0][inside]) > 20
        assert np.abs(result[0][outside].astype(int) - source[0][outside]).mean() < 6
    assert clips.clicks_s(tmp_path / "out.mp4") == clips.clicks_s(made.path)
    assert summary.kinds["face"].frames_covered == 45
    assert left_behind(tmp_path) == set()
    assert json.loads(Path(str(summary.report)).read_text())["frames"] == 45


def test_uncovered_pixels_reach_the_encoder_bit_for_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=40, b_frames=2, gop=12, busy=True)
    run = runs(always(FACE))
    written: list[list[np.ndarray]] = []
    really = writer.Encoder.write
    monkeypatch.setattr(
        writer.Encoder, "write",
        lambda self, frame: (written.append([plane.copy() for plane in frame.planes]), really(self, frame))[1],
    )  # fmt: skip
    done(run(made.path, tmp_path / "out.mp4", feather=0, growth=1))
    for (_, source), planes, plan in zip(frames_of(made.path), written, plans_of(tmp_path / "out.mp4"), strict=True):
        touched = np.zeros((180, 320), bool)
        for region in plan.regions:
            left, top, mask = region_mask(region, upright_size=(320, 180))
            touched[top : top + mask.shape[0], left : left + mask.shape[1]] |= mask > 0
        assert 0 < touched.sum() < 6000
        changed = source[0] != planes[0]
        assert changed.any()
        assert not (changed & ~touched).any()
        for before, after in zip(source[1:], planes[1:], strict=True):
            assert not ((before != after) & ~touched[::2, ::2]).any()


def test_a_plan_renders_again_without_detecting(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=20, busy=True)
    weak = (200.0, 60.0, 240.0, 100.0, 0.12, "face")
    fake = always(FACE, weak)
    run = runs(fake)
    summary = done(run(made.path, tmp_path / "a.mp4", threshold=0.3))
    assert summary.kinds["face"].detections == 20
    seen = fake.seen
    again = done(run(made.path, tmp_path / "b.mp4", threshold=0.01, style="solid",
                     job={"from_plan": plan_path(tmp_path / "a.mp4")}))  # fmt: skip
    assert fake.seen == seen
    assert again.kinds["face"].detections == 40


def test_a_plan_of_another_clip_is_refused(tmp_path: Path) -> None:
    one = clips.make(tmp_path / "one.mp4", frames=10)
    other = clips.make(tmp_path / "other.mp4", frames=11)
    run = runs(always(FACE))
    done(run(one.path, tmp_path / "a.mp4"))
    error = failure(run(other.path, tmp_path / "b.mp4", job={"from_plan": plan_path(tmp_path / "a.mp4")}))
    assert isinstance(error, PlanError)
    assert not (tmp_path / "b.mp4").exists()


def test_a_plan_that_ends_early_passes_nothing_through(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=12)
    run = runs(always(FACE))
    done(run(made.path, tmp_path / "a.mp4"))
    plan = plan_path(tmp_path / "a.mp4")
    plan.write_text("".join(plan.read_text().splitlines(keepends=True)[:6]))
    assert isinstance(failure(run(made.path, tmp_path / "b.mp4", job={"from_plan": plan})), PlanError)
    assert not (tmp_path / "b.mp4").exists()
    assert left_behind(tmp_path) == set()


@pytest.mark.parametrize(
    "broken",
    [fakes.FailingDetector(RuntimeError("out of memory"), at=33), fakes.NanDetector(at=33)],
    ids=["raises", "nan"],
)
def test_a_failing_detector_stops_all_and_the_next_run_goes_on(
    tmp_path: Path, own_home: Path, broken: fakes.ScriptedDetector
) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=60)
    run = runs(broken)
    error = failure(run(made.path, tmp_path / "out.mp4"))
    assert isinstance(error, DetectorFailed)
    assert not (tmp_path / "out.mp4").exists()
    (log,) = (own_home / "state" / "seen").iterdir()
    stored = len(log.read_text().splitlines()) - 1
    assert 15 <= stored <= 33
    fake = always(FACE)
    run = runs(fake)
    summary = done(run(made.path, tmp_path / "out.mp4"))
    assert summary.resumed_frames == stored
    assert fake.seen == 60 - stored
    assert left_behind(tmp_path) == set()


def test_a_resumed_run_gives_what_one_run_gives(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=50, busy=True)
    models = fakes.pool(always(FACE))
    run = runs(models)
    done(run(made.path, tmp_path / "whole.mp4"))
    control = Control()
    for event in clean(Job(made.path, tmp_path / "parts.mp4", resolve({})), models=models, control=control):
        if isinstance(event, Progress):
            control.cancel()
    assert isinstance(event, Failed)
    assert isinstance(event.error, Cancelled)
    assert done(run(made.path, tmp_path / "parts.mp4")).resumed_frames > 0
    plans = [plans_of(tmp_path / name) for name in ("whole.mp4", "parts.mp4")]
    assert [plan.regions for plan in plans[0]] == [plan.regions for plan in plans[1]]


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=20)
    run = runs(always(FACE))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "out.mp4")

    monkeypatch.setattr(writer.Encoder, "write", full)
    assert isinstance(failure(run(made.path, tmp_path / "out.mp4")), DiskFull)
    assert {path.name for path in tmp_path.iterdir()} <= {"in.mp4"}


def test_too_little_space_is_told_before_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=5)
    fake = always(FACE)
    run = runs(fake)
    usage = type("usage", (), {"free": 1000})
    monkeypatch.setattr("dashcamcleaner.output_files.shutil.disk_usage", lambda _: usage)
    assert isinstance(failure(run(made.path, tmp_path / "out.mp4")), DiskFull)
    assert fake.seen == 0


def test_closing_the_generator_cancels(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=80)
    events = clean(Job(made.path, tmp_path / "out.mp4", resolve({})), models=fakes.pool(always(FACE)))
    assert isinstance(next(events), Started)
    next(event for event in events if isinstance(event, Progress))
    events.close()
    assert not (tmp_path / "out.mp4").exists()
    assert left_behind(tmp_path) == set()


def test_a_paused_run_waits_and_goes_on(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=40)
    fake = always(FACE)
    run = runs(fake)
    control = Control()
    control.pause()
    control.ask_for_frame(160)
    events: list[Event] = []
    worker = threading.Thread(target=lambda: events.extend(run(made.path, tmp_path / "out.mp4", control=control)))
    worker.start()
    time.sleep(0.3)
    assert fake.seen == 0
    control.resume()
    worker.join(30)
    assert done(events).frames == 40
    peeked = control.take_frame()
    assert peeked is not None
    assert peeked[1].shape == (90, 160, 3)
    assert control.take_frame() is None


def test_outputs_and_sources_are_never_overwritten(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=5)
    run = runs(always(FACE))
    original = made.path.read_bytes()
    assert isinstance(failure(run(made.path, made.path, overwrite=True)), OutputError)
    (tmp_path / "link.mp4").symlink_to(made.path)
    assert isinstance(failure(run(made.path, tmp_path / "link.mp4", overwrite=True)), OutputError)
    assert made.path.read_bytes() == original
    (tmp_path / "out.mp4").write_text("something of the user's")
    assert isinstance(failure(run(made.path, tmp_path / "out.mp4")), OutputError)
    assert (tmp_path / "out.mp4").read_text() == "something of the user's"
    done(run(made.path, tmp_path / "out.mp4", overwrite=True))
    assert (tmp_path / "out.mp4").stat().st_mtime == made.path.stat().st_mtime


def test_a_wanted_kind_without_a_detector_refuses_to_start(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=5)
    fake = always(FACE)
    run = runs(fake)
    fake.kinds = ("face",)
    error = failure(run(made.path, tmp_path / "out.mp4"))
    assert isinstance(error, BackendError)
    assert "plate" in error.message
    assert fake.seen == 0
    assert done(run(made.path, tmp_path / "out.mp4", plates=False)).frames == 5


def test_frame_memory_covers_before_and_after(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=30)
    run = runs(fakes.ScriptedDetector({15: [FACE]}, script_size=(320, 180)))
    done(run(made.path, tmp_path / "out.mp4", tracking=False, memory_before=4, memory_after=6))
    plans = plans_of(tmp_path / "out.mp4")
    covered = [plan.index for plan in plans if plan.regions]
    assert covered == list(range(11, 22))
    assert [plan.regions[0].origin for plan in plans if plan.index == 15] == [Origin.DETECTED]


def test_a_thorough_run_looks_again_and_fills_what_it_finds(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=30)
    # Blind at the first look; whatever is looked at again shows a face in its middle.
    row = (140.0, 80.0, 180.0, 100.0, 0.9, "face")
    fake = fakes.ScriptedDetector(lambda n, _: [row] if n >= 30 else [], script_size=(320, 180))
    run = runs(fake)
    events = run(made.path, tmp_path / "out.mp4", thorough=True)
    summary = done(events)
    assert fake.seen > 30
    assert {event.phase for event in events if isinstance(event, Progress)} >= {"analyse", "render"}
    assert summary.kinds["face"].frames_covered == 30, "found at some frames, filled in the others"
    seen = fake.seen
    again = done(run(made.path, tmp_path / "again.mp4", job={"from_plan": plan_path(tmp_path / "out.mp4")}))
    assert fake.seen == seen, "what the second look found stands in the plan"
    assert again.kinds["face"].detections == summary.kinds["face"].detections


def test_look_ahead_is_bounded_in_bytes_and_told(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=12, size=(1920, 1080), codec="libx264")
    run = runs(always(FACE))
    events = run(made.path, tmp_path / "out.mp4", max_look_ahead_mb=16)
    assert any(isinstance(event, Warned) and "look-ahead was shortened" in event.message for event in events)


def test_damaged_frames_are_covered_wholly_and_told(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=60, busy=True, gop=20)
    clips.corrupt(made.path, start=0.4, end=0.5)
    run = runs(always())
    summary = done(run(made.path, tmp_path / "out.mp4"))
    assert summary.status == PARTIAL
    plans = plans_of(tmp_path / "out.mp4")
    damaged = [plan for plan in plans if plan.seen.damaged]
    assert summary.damaged_frames == len(damaged)
    assert all(any(region.kind == WHOLE_FRAME for region in plan.regions) for plan in damaged)


def test_exports_and_masks_show_what_was_seen_and_hidden(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=10)
    plate = (200.0, 100.0, 260.0, 120.0, 0.5, "plate")
    run = runs(always(FACE, plate))
    extras = {
        "export_detections": tmp_path / "found.csv",
        "export_mask": tmp_path / "mask.mp4",
        "export_mask_colored": tmp_path / "kinds.mp4",
    }
    done(run(made.path, tmp_path / "out.mp4", job=extras))
    with (tmp_path / "found.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 20
    assert {row["kind"] for row in rows} == {"face", "plate"}
    mask = frames_of(tmp_path / "mask.mp4")
    assert len(mask) == 10
    assert mask[0][1][0][85, 120] > 200
    assert mask[0][1][0][150, 20] < 40
    assert left_behind(tmp_path) == set()
    assert isinstance(
        failure(run(made.path, tmp_path / "x.mp4", job={"export_detections": tmp_path / "f.pdf"})), OutputError
    )
    assert not (tmp_path / "x.mp4").exists()


def test_an_internal_fault_is_told_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=5)
    run = runs(always(FACE))
    monkeypatch.setattr(video.RunStatistics, "add", lambda *_: 1 / 0)
    error = failure(run(made.path, tmp_path / "out.mp4"))
    assert error.exit_code == 1
    assert "ZeroDivisionError" in error.message
    assert not (tmp_path / "out.mp4").exists()


KILLED = """
import sys, time
from pathlib import Path
sys.path.insert(0, {root!r})
from tests import fakes
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.settings import resolve

def slow(number, picture):
    time.sleep(0.01)
    return [{face!r}]

models = fakes.pool(fakes.ScriptedDetector(slow, script_size=(320, 180)))
for event in clean(Job(Path({source!r}), Path({output!r}), resolve({{}})), models=models):
    print(type(event).__name__, getattr(event, "frames_done", ""), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is a POSIX signal")
def test_a_killed_run_leaves_no_output_and_continues(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=300)
    output = tmp_path / "out.mp4"
    program = KILLED.format(root=str(Path(__file__).parents[2]), face=FACE, source=str(made.path), output=str(output))
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if line.startswith("Progress") and int(line.split()[1]) > 20:
                os.kill(child.pid, signal.SIGKILL)
                break
        child.stdout.read()
    assert child.returncode == -signal.SIGKILL
    assert not output.exists()
    assert not plan_path(output).exists()
    fake = always(FACE)
    run = runs(fake)
    summary = done(run(made.path, output))
    assert summary.resumed_frames >= 15
    assert fake.seen == 300 - summary.resumed_frames
    assert [when for when, _ in frames_of(output)] == made.times
    assert left_behind(tmp_path) == set()


def test_timing_survives_an_odd_time_base(tmp_path: Path) -> None:
    made = clips.make(tmp_path / "in.mp4", frames=20, time_base=Fraction(1001, 30000), pts=list(range(20)))
    run = runs(always())
    done(run(made.path, tmp_path / "out.mp4"))
    assert [when for when, _ in frames_of(tmp_path / "out.mp4")] == made.times
