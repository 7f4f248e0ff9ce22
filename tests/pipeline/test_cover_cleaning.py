"""Covers are seen and obscured like a frame."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import ScriptedDetector

from dashcamcleaner.detection.tiling import FrameDetector
from dashcamcleaner.pipeline import writer
from dashcamcleaner.pipeline.writer import obscurer_for
from dashcamcleaner.settings import Settings, resolve


def test_what_is_found_is_obscured(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = ScriptedDetector([[(30, 20, 60, 50, 0.9, "face")]], script_size=(120, 80))

    def detector_for(settings: Settings, *, upright_size: tuple[int, int]) -> FrameDetector:
        return FrameDetector(engine, upright_size=upright_size, kinds=None)

    monkeypatch.setattr(writer, "detector_for", detector_for)
    settings = resolve({"style": "solid", "threshold": 0.3})
    picture = np.random.default_rng(1).integers(0, 255, (80, 120, 3), dtype=np.uint8)
    cleaned = writer.cover_cleaner(settings, obscurer=obscurer_for(settings))(picture)
    assert cleaned.shape == picture.shape
    assert cleaned[24:46, 34:56].std(axis=(0, 1)).max() < 1
    assert np.array_equal(cleaned[:, 90:], picture[:, 90:])
    assert not np.array_equal(cleaned, picture)
