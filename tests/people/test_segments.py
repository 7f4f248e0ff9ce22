"""A segment ends wherever a track could have gone over to somebody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.plan import Observation
from dashcamcleaner.core.time import FrameTime
from dashcamcleaner.people.segments import Segment, segments_of

SIZE = (1280, 720)
Row = tuple[float, float, float, float, float, str]


def face(x: float, y: float = 100.0, *, height: float = 50.0, score: float = 0.9, kind: str = "face") -> Row:
    return (x - 0.4 * height, y - height / 2, x + 0.4 * height, y + height / 2, score, kind)


def cut(frames: Sequence[Sequence[Row]] | Mapping[int, Sequence[Row]], *, count: int = 0) -> list[Segment]:
    rows = [frames.get(i, ()) for i in range(count)] if isinstance(frames, Mapping) else frames
    seen = [Observation(i, FrameTime(i, Fraction(1, 30)), Detections.from_rows(one)) for i, one in enumerate(rows)]
    return segments_of(seen, upright_size=SIZE)[0]


def spans(segments: Sequence[Segment]) -> list[tuple[int, int]]:
    return sorted((one.indices[0], one.indices[-1]) for one in segments)


def test_somebody_who_walks_alone_is_one_segment() -> None:
    assert spans(cut([[face(100 + 4 * i)] for i in range(30)])) == [(0, 29)]


def test_where_two_faces_touch_nobody_is_sure() -> None:
    frames = [[face(100 + 10 * i), face(400 - 10 * i, 104)] for i in range(31)]
    found = spans(cut(frames))
    assert len(found) >= 4
    nobody = set(range(31)) - {i for first, last in found for i in range(first, last + 1)}
    assert {13, 14, 15, 16, 17} <= nobody  # while they pass
    assert not nobody & {0, 1, 2, 28, 29, 30}


def test_a_weak_detection_about_a_face_is_no_other_face() -> None:
    frames = [[face(100 + 4 * i), face(104 + 4 * i, 130, height=30, score=0.15)] for i in range(20)]
    assert (0, 19) in spans(cut(frames))


def test_somebody_who_was_weak_only_while_passing_counts() -> None:
    frames = [[face(100 + 10 * i), face(400 - 10 * i, 104, score=0.15 if 12 <= i <= 18 else 0.8)] for i in range(31)]
    covered = {i for first, last in spans(cut(frames)) for i in range(first, last + 1)}
    assert not {14, 15, 16} & covered


def test_a_gap_or_a_leap_ends_a_segment() -> None:
    gone = {i: [face(100)] for i in (*range(10), *range(20, 30))}
    assert spans(cut(gone, count=30)) == [(0, 9), (20, 29)]
    short = {i: [face(100)] for i in (*range(10), *range(13, 30))}
    assert spans(cut(short, count=30)) == [(0, 29)]
    larger = [[face(100, height=50.0 if i < 10 else 80.0)] for i in range(20)]
    assert spans(cut(larger)) == [(0, 9), (10, 19)]


def test_plates_are_nobody() -> None:
    assert cut([[face(100, kind="plate")] for _ in range(5)]) == []
