"""What `--fix` draws over a finding: frames are counted as they are decoded, which packets are not."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.events import Finished
from dashcamcleaner.core.finding_table import found
from dashcamcleaner.core.findings import Finding
from dashcamcleaner.jobs.fix import _add_regions
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.media import probe
from dashcamcleaner.media.frame_times import frame_times
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path
from dashcamcleaner.review.follow import follow_box
from dashcamcleaner.review.preview import ClipPreview
from dashcamcleaner.settings import resolve
from tests import clips, fakes

BOX = (40.0, 40.0, 90.0, 90.0)
LOST = 13


@pytest.fixture(scope="module")
def torn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A clip whose first frames do not decode, as it was cut amid a group of pictures; and its output."""
    folder = tmp_path_factory.mktemp("torn")
    whole = clips.make(folder / "whole.mkv", frames=60, gop=20, busy=True).path
    source, output = folder / "in.mkv", folder / "out.mkv"
    with av.open(str(whole)) as read, av.open(str(source), "w") as write:
        stream = read.streams.video[0]
        copied = write.add_stream_from_template(stream)
        for number, packet in enumerate(read.demux(stream)):
            if packet.size and number >= 20 - LOST:
                packet.stream = copied
                write.mux(packet)
    events = list(clean(Job(source, output), models=fakes.pool(fakes.ScriptedDetector({}))))
    assert isinstance(events[-1], Finished), events[-1]
    return source, output


def times_of(output: Path) -> list[float]:
    with PlanReader(plan_path(output)) as reader:
        return [frame.time.seconds for frame in reader]


def clear(*frames: int) -> Finding:
    return found("clear-object", {"what": "A face", "more": ""}, kind="face", boxes=dict.fromkeys(frames, BOX))


def test_a_finding_is_hidden_when_it_was_seen(torn: tuple[Path, Path]) -> None:
    source, output = torn
    times_s = times_of(output)
    info = probe.probe(source)
    assert len(frame_times(source, info=info)) == len(times_s) + LOST, "the packets tell more than decode"
    plan = plan_path(output)
    findings = [clear(0), clear(12, 13), clear(30), clear(len(times_s) - 1), clear(1000)]
    sentences = _add_regions(source, plan, findings, settings=resolve(), number=1, accepted=())
    regions = EditsFile.beside(plan).read().regions
    assert len(sentences) == len(regions) == 4, "one lies in no frame of the plan"
    for region, finding in zip(regions, findings, strict=False):
        for index in finding.boxes:
            assert region.at(times_s[index]) is not None, (index, region.keys)
        # Followed for less than a second, each way.
        assert region.from_s >= times_s[min(finding.boxes)] - 0.8
        assert region.to_s <= times_s[max(finding.boxes)] + 0.8
    assert not Edits(tuple(regions)).in_no_frame(times_s)


def test_nothing_but_findings_in_no_frame_changes_nothing(torn: tuple[Path, Path], tmp_path: Path) -> None:
    source, output = torn
    plan = tmp_path / "other.plan.jsonl"
    plan.write_bytes(plan_path(output).read_bytes())
    assert not _add_regions(source, plan, [clear(1000)], settings=resolve(), number=1, accepted=())
    assert not EditsFile.beside(plan).path.exists()


def test_a_preview_shows_the_frames_that_decode(torn: tuple[Path, Path]) -> None:
    source, output = torn
    with PlanReader(plan_path(output)) as reader:
        pts = tuple(frame.time.pts for frame in reader)
    with ClipPreview(source) as clip:
        assert clip.times == pts
        assert clip.frame(clip.times[0]).time.pts == pts[0]
        for place in (0, 5, 20):
            keys = follow_box(clip, pts[place], BOX, most_s=0.5)
            assert keys[0][0] >= float(pts[0] * clip.info.time_base)
