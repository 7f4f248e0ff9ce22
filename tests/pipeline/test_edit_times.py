"""Seconds of edits: the clip's own clock in files and plans, seconds from the first picture on the command line."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from dashcamcleaner.core.cut_times import ClipCut, CutTimes
from dashcamcleaner.core.edit_types import EDIT_TYPES, DrawnRegion, HiddenSpan, HiddenZone, UnknownEdit, edit_from_row
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.events import Event, Finished, Warned
from dashcamcleaner.core.track_edits import KeepTrack
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.media import probe
from dashcamcleaner.media.frame_times import first_time, frame_times
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path
from dashcamcleaner.settings import resolve
from tests import clips, fakes

BOX = (0.0, 0.0, 50.0, 50.0)
ROWS = [
    {"edit": "region", "keys": [[1.0, *BOX], [2.0, *BOX]]},
    {"edit": "fixed", "box": list(BOX), "from_s": 1.0, "to_s": 2.0},
    {"edit": "exclude", "box": list(BOX), "from_s": 1.0},
    {"edit": "frames", "to_s": 2.0},
    {"edit": "keep-span", "track": 1, "from_s": 1.0, "to_s": 2.0},
    {"edit": "checked-spot", "box": list(BOX), "from_s": 1.0, "to_s": 2.0},
    {"edit": "person", "person": 1, "track": 1, "spans": [[1.0, 2.0]]},
]
OF_TIMES = {"keys", "from_s", "to_s", "spans"}


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A transport stream of two seconds whose clock begins at 3 s."""
    path = tmp_path_factory.mktemp("late") / "in.ts"
    return clips.make(path, frames=60, time_base=Fraction(1, 90_000), start_pts=270_000).path


def run(job: Job) -> list[str]:
    """What a run tells that sees nothing."""
    events: list[Event] = list(clean(job, models=fakes.pool(fakes.ScriptedDetector({}))))
    assert isinstance(events[-1], Finished), events[-1]
    told = [event.message for event in events if isinstance(event, Warned)]
    assert set(told) <= set(events[-1].summary.warnings)
    return told


def hidden_in(output: Path) -> list[int]:
    with PlanReader(plan_path(output)) as reader:
        return [plan.index for plan in reader if plan.regions]


def test_every_kind_with_times_can_be_told_in_another_clock() -> None:
    timed = {name for name, kind in EDIT_TYPES.items() if OF_TIMES & set(kind.row_keys)}
    assert timed == {row["edit"] for row in ROWS}
    for row in ROWS:
        edit = edit_from_row(row)
        later = edit.later(3.0)
        assert later != edit, row
        assert later.later(-3.0) == edit, row
        assert [(first + 3, last + 3) for first, last in edit.spans] == list(later.spans)
        if row["edit"] != "checked-spot":  # which does nothing at any time
            assert edit.spans
            assert Edits.of(edit).in_no_frame([2.5, 2.6] if edit.spans[0][1] == 2.0 else [0.5]) == (edit,)
        assert not Edits.of(edit).in_no_frame([0.5, 1.5, 2.5])
    other = Edits.of(KeepTrack(1), UnknownEdit('{"edit": "fog", "from_s": 1}', "fog"))
    assert other.later(3.0) == other
    assert not other.is_timed
    assert not other.in_no_frame_note([])


def test_what_the_command_line_asks_for_counts_from_the_first_picture(late: Path, tmp_path: Path) -> None:
    job = Job(late, tmp_path / "out.mp4", added_edits=(HiddenZone(BOX, from_s=0.5, to_s=1.0),))
    told = run(job)
    assert hidden_in(job.output) == list(range(15, 31))
    assert any("begins at 0:03.000" in sentence for sentence in told)
    assert not any("holds in no frame" in sentence for sentence in told)


def test_a_files_edits_are_in_the_clips_own_clock(late: Path, tmp_path: Path) -> None:
    run(Job(late, tmp_path / "out.mp4"))
    plan = plan_path(tmp_path / "out.mp4")
    with PlanReader(plan) as reader:
        times_s = [frame.time.seconds for frame in reader]
    file = EditsFile.beside(plan)
    file.write(Edits.of(DrawnRegion(((times_s[10], BOX), (times_s[20], BOX)))))  # as the window writes it
    told = run(Job(late, tmp_path / "again.mp4", from_plan=plan, added_edits=(HiddenSpan(from_s=1.0, to_s=1.1),)))
    assert hidden_in(tmp_path / "again.mp4") == [*range(10, 21), *range(30, 34)]
    assert not any("no frame" in sentence for sentence in told)


def test_edits_that_hold_in_no_frame_are_told(late: Path, tmp_path: Path) -> None:
    run(Job(late, tmp_path / "out.mp4"))
    plan = plan_path(tmp_path / "out.mp4")
    file = EditsFile.beside(plan)
    file.write(Edits.of(HiddenZone(BOX, from_s=0.5, to_s=1.0), HiddenZone(BOX, from_s=100.0), HiddenZone(BOX)))
    told = run(Job(late, tmp_path / "again.mp4", from_plan=plan))
    sentence = "2 edits do nothing: they hold in no frame (fixed 0:00.500-0:01.000; fixed 1:40.000-)."
    assert sentence in told


def test_a_cut_and_its_edits_have_one_clock(late: Path, tmp_path: Path) -> None:
    cut = ClipCut(CutTimes.of([(Fraction(1, 2), Fraction(3, 2))]))
    told = run(Job(late, tmp_path / "out.mp4", added_edits=(HiddenSpan(from_s=0.5, to_s=1.0),), cut=cut))
    assert hidden_in(tmp_path / "out.mp4") == list(range(15, 31))
    assert not any("no frame" in sentence for sentence in told)
    info = probe.probe(tmp_path / "out.mp4")
    assert len(frame_times(tmp_path / "out.mp4", info=info)) == 30


def test_the_first_picture_is_the_first_that_decodes(late: Path) -> None:
    info = probe.probe(late)
    times = frame_times(late, info=info)
    assert first_time(times, info=info) == 3
    earlier = (times[0] - 9000, *times)  # a packet whose frame does not decode
    assert first_time(earlier, info=info) == 3
    assert first_time(times[5:], info=info) == times[5] * info.time_base, "what is not shown is no picture"
    assert first_time((), info=info) == 3


def test_a_picture_tells_it_too(tmp_path: Path) -> None:
    source = tmp_path / "in.png"
    Image.new("RGB", (320, 180), "gray").save(source)
    zone = HiddenZone(BOX, from_s=2.0, to_s=3.0)
    told = run(Job(source, tmp_path / "out.png", resolve({}), added_edits=(zone,)))
    assert any("holds in no frame (fixed 0:02.000-0:03.000)" in sentence for sentence in told)
