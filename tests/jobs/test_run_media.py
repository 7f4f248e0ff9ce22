"""What a run tells of odd clips: the track it took, the length it wrote, the streams it could not copy."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from dashcamcleaner.core.events import Event, Failed, Finished, Warned
from dashcamcleaner.core.summary import CLEANED, PARTIAL, RunSummary
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline import context
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path
from dashcamcleaner.settings import resolve
from tests import clips, fakes

FACE = (40.0, 40.0, 80.0, 80.0, 0.9, "face")
SIZE = (160, 96)


def run(source: Path, output: Path, *, job: dict[str, Any] | None = None, **said: Any) -> list[Event]:
    detector = fakes.ScriptedDetector(lambda number, picture: (FACE,), script_size=SIZE)
    return list(clean(Job(source, output, resolve(said), **(job or {})), models=fakes.pool(detector)))


def done(events: Sequence[Event]) -> RunSummary:
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1].summary


def front_and_rear(path: Path) -> Path:
    """Two video streams of one size: the first is dark, the second bright."""
    with av.open(str(path), "w") as output:
        streams = [output.add_stream("libx264", rate=25, width=SIZE[0], height=SIZE[1]) for _ in range(2)]
        for stream in streams:
            stream.pix_fmt = "yuv420p"
        for number in range(12):
            for stream, level in zip(streams, (60, 190), strict=True):
                frame = av.VideoFrame.from_ndarray(np.full((96, 160), level, np.uint8), format="gray")
                frame = frame.reformat(format="yuv420p")
                frame.pts, frame.time_base = number, Fraction(1, 25)
                output.mux(stream.encode(frame))
        for stream in streams:
            output.mux(stream.encode(None))
    return path


def brightness(path: Path) -> float:
    with av.open(str(path)) as container:
        return float(next(container.decode(video=0)).to_ndarray(format="gray").mean())


def test_the_track_that_is_asked_for_is_cleaned_and_rendered_again(tmp_path: Path) -> None:
    source = front_and_rear(tmp_path / "in.mp4")
    for number, output in ((1, tmp_path / "front.mp4"), (2, tmp_path / "rear.mp4")):
        summary = done(run(source, output, video_track=number))
        assert any(f"Number {number} is cleaned" in warning for warning in summary.warnings)
        with PlanReader(plan_path(output)) as reader:
            assert reader.header.video_track == number
    assert brightness(tmp_path / "front.mp4") < 100 < brightness(tmp_path / "rear.mp4")
    # A plan knows its track: what was found in the rear picture is not painted into the front one.
    again = tmp_path / "again.mp4"
    done(run(source, again, job={"from_plan": plan_path(tmp_path / "rear.mp4")}))
    assert brightness(again) > 100
    with PlanReader(plan_path(again)) as reader:
        assert reader.header.video_track == 2
    refused = run(source, tmp_path / "no.mp4", job={"from_plan": plan_path(tmp_path / "rear.mp4")}, video_track=1)
    assert isinstance(refused[-1], Failed)
    assert "another video stream" in refused[-1].error.message
    assert not (tmp_path / "no.mp4").exists()


def test_a_run_for_another_track_does_not_continue_an_earlier_one(tmp_path: Path) -> None:
    """A resume takes over what was seen only if it was seen in the same track."""
    source = front_and_rear(tmp_path / "in.mp4")
    info = {number: context.seeing_of(resolve({}), fakes.ScriptedDetector(lambda n, p: ()).description,
                                      info=_info(source, number)) for number in (1, 2)}  # fmt: skip
    assert info[1] != info[2]


def _info(source: Path, number: int) -> Any:
    from dashcamcleaner.media.probe import probe

    return probe(source, video_track=number)


@pytest.mark.parametrize("name", ["in.h264", "in.mp4", "in.ts"])
def test_equal_lengths_are_not_told(tmp_path: Path, name: str) -> None:
    base = Fraction(1, 90_000) if name.endswith("ts") else Fraction(1, 30)
    made = clips.make(tmp_path / name, frames=30, size=SIZE, time_base=base)
    summary = done(run(made.path, tmp_path / "out.mp4"))
    assert summary.status == CLEANED
    assert not [warning for warning in summary.warnings if "last" in warning or "pictures, the output" in warning]
    assert summary.duration_s == pytest.approx(1, abs=0.05)


def test_a_difference_is_told_as_an_event_and_in_the_report(tmp_path: Path) -> None:
    """A clip that starts in the middle of a group of pictures: those before the first key frame cannot be decoded."""
    made = clips.make(tmp_path / "in.ts", frames=90, gop=30, size=SIZE, time_base=Fraction(1, 90_000))
    data = made.path.read_bytes()
    cut = data[: 188 * 3] + data[len(data) // 2 // 188 * 188 :]
    made.path.write_bytes(cut)
    events = run(made.path, tmp_path / "out.mp4")
    summary = done(events)
    assert summary.status == PARTIAL
    told = [event.message for event in events if isinstance(event, Warned)]
    assert any("pictures, the output" in sentence for sentence in told)
    assert [w for w in summary.warnings if "pictures, the output" in w]
