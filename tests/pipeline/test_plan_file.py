"""Plan files: what is written is read again; torn, foreign and newer ones are told."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.motion import Motion
from dashcamcleaner.core.plan import PLAN_VERSION, FramePlan, Observation, Origin, PlanHeader, Region
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.errors import PlanError
from dashcamcleaner.pipeline.plan_file import PlanReader, PlanWriter, fingerprint

TIME_BASE = Fraction(1, 90000)
HEADER = PlanHeader("clip.mp4", "1-ab", (640, 360), TIME_BASE, seeing={"inference_size": 640})


def frame_plan(index: int, *, boxes: int = 2) -> FramePlan:
    rows = [(10.0 * i, 5.0, 10.0 * i + 8, 20.0, 0.25 + 0.1 * i, "face") for i in range(boxes)]
    seen = Observation(index, FrameTime(index * 3003, TIME_BASE), Detections.from_rows(rows), Motion.still())
    regions = tuple(Region(tuple(row[:4]), "face", row[4], Origin.DETECTED, i) for i, row in enumerate(rows))
    return FramePlan(seen, regions)


def write(path: Path, frames: int) -> Path:
    writer = PlanWriter(path, header=HEADER)
    for i in range(frames):
        writer.write(frame_plan(i))
    return writer.finish()


def test_plan_goes_round(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.plan.jsonl", 20)
    with PlanReader(path) as reader:
        plans = list(reader)
    assert reader.header == HEADER
    assert reader.complete
    assert [plan.time.pts for plan in plans] == [i * 3003 for i in range(20)]
    assert plans[7].regions == frame_plan(7).regions
    np.testing.assert_allclose(plans[7].seen.detections.xyxy, frame_plan(7).seen.detections.xyxy, atol=0.01)


def test_unfinished_plan_never_stands_under_its_final_name(tmp_path: Path) -> None:
    writer = PlanWriter(tmp_path / "clip.plan.jsonl", header=HEADER)
    writer.write(frame_plan(0))
    assert not (tmp_path / "clip.plan.jsonl").exists()
    writer.abort()
    assert list(tmp_path.iterdir()) == []


def test_a_newer_major_version_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.plan.jsonl", 1)
    data = json.loads(path.read_text().splitlines()[0])
    data["version"] = [PLAN_VERSION[0] + 1, 0]
    path.write_text(json.dumps(data) + "\n")
    with pytest.raises(PlanError, match="this program reads up to"):
        PlanReader(path)


def test_a_missing_frame_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "clip.plan.jsonl", 5)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:2] + lines[3:]))
    with PlanReader(path) as reader, pytest.raises(PlanError, match="frame 2 where 1 was due"):
        list(reader)


@given(st.text(max_size=80))
def test_any_text_is_a_plan_or_one_clear_error(text: str) -> None:
    for read in (PlanHeader.from_line, lambda line: FramePlan.from_line(line, time_base=TIME_BASE)):
        try:
            read(text)
        except PlanError as error:
            assert error.message


KEYS = st.sampled_from(["i", "pts", "d", "r", "m"])
LEAVES = st.none() | st.booleans() | st.floats() | st.text()


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=12))
def test_any_json_is_a_frame_or_one_clear_error(value: object) -> None:
    try:
        FramePlan.from_line(json.dumps(value), time_base=TIME_BASE)
    except PlanError as error:
        assert error.message


def test_fingerprint_tells_length_and_every_byte(tmp_path: Path) -> None:
    path = tmp_path / "x"
    data = bytearray(3 << 20)
    seen = set()
    for change in (None, 0, len(data) // 2, len(data) - 1):
        if change is not None:
            data[change] ^= 1
        path.write_bytes(data)
        seen.add(fingerprint(path))
    path.write_bytes(data + b"x")
    seen.add(fingerprint(path))
    assert len(seen) == 5
