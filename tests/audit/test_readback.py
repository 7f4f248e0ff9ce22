"""What is read in the source must not be read in the output; what cannot be read proves nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from dashcamcleaner.audit.readback import ReadbackTest, likeness_of_texts
from dashcamcleaner.core.findings import Severity
from dashcamcleaner.core.plan import Origin, Region
from dashcamcleaner.detection.ocr import Reading
from tests.fakes import ScriptedDetector

SIZE = (200, 300)


class BrightReader:
    """Reads a plate wherever the crop has contrast."""

    description = "a test"

    def __init__(self, text: str = "KL07CW7739") -> None:
        self.text = text

    def read(self, crops: Sequence[np.ndarray]) -> list[Reading]:
        return [Reading(self.text, 0.95) if crop.std() > 20 else Reading("", 0.0) for crop in crops]


def picture(*, sharp: bool) -> np.ndarray:
    luma = np.full(SIZE, 120, np.uint8)
    if sharp:
        luma[40:70, 50:150:4] = 230
    return luma


def plate(track: int = 4) -> Region:
    return Region((48.0, 38.0, 152.0, 72.0), "plate", 0.8, Origin.DETECTED, track)


def tried(*, source: bool, output: bool, frames: int = 12) -> tuple[dict[str, tuple[int, int]], list[str]]:
    rereader = ReadbackTest(reader=BrightReader(), faces=None)
    for frame in range(0, frames * 3, 3):
        rereader.offer(picture(sharp=source), picture(sharp=output), [plate()], frame=frame, seconds=frame / 30)
    checks, found = rereader.findings()
    return {c.name: (c.looked_at, c.found) for c in checks}, [f.code for f in found]


def test_a_plate_that_comes_back_fails() -> None:
    checks, codes = tried(source=True, output=True)
    assert codes == ["read-back"]
    assert checks["read-back"] == (1, 1)


def test_a_plate_that_does_not_come_back_counts_as_looked_at() -> None:
    assert tried(source=True, output=False) == ({"read-back": (1, 0), "face-again": (0, 0)}, [])


def test_a_plate_that_nobody_can_read_in_the_source_proves_nothing() -> None:
    assert tried(source=False, output=False)[0]["read-back"] == (0, 0)


def test_a_face_seen_again_is_a_note() -> None:
    faces = ScriptedDetector(lambda number, crop: [(20.0, 20.0, 60.0, 66.0, 0.9, "face")], kinds=("face",))
    rereader = ReadbackTest(reader=None, faces=faces)
    region = Region((60.0, 60.0, 100.0, 106.0), "face", 0.9, Origin.DETECTED, 2)
    rereader.offer(picture(sharp=True), picture(sharp=True), [region], frame=0, seconds=0.0)
    checks, found = rereader.findings()
    assert [f.severity for f in found] == [Severity.NOTE]
    assert {c.name: c.looked_at for c in checks}["face-again"] == 1


@pytest.mark.parametrize(
    ("truth", "text", "least", "most"),
    [
        ("KL07CW7739", "KL07CW7739", 1.0, 1.0),
        ("KL07CW7739", "L07CW77", 0.69, 0.71),
        ("KL07CW7739", "BRETTER", 0.0, 0.0),
        ("KL07CW7739", "", 0.0, 0.0),
        ("KL07CW7739", "K1L2C3", 0.0, 0.0),
    ],
)
def test_only_runs_of_characters_count_as_alike(truth: str, text: str, least: float, most: float) -> None:
    assert least <= likeness_of_texts(truth, text) <= most
