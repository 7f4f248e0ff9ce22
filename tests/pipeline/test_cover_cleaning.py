"""Covers are seen and obscured like a frame."""

from __future__ import annotations

import numpy as np

from dashcamcleaner.pipeline.writer import cover_cleaner, obscurer_for
from dashcamcleaner.settings import resolve
from tests.fakes import ScriptedDetector, pool


def test_what_is_found_is_obscured() -> None:
    models = pool(ScriptedDetector([[(30, 20, 60, 50, 0.9, "face")]], script_size=(120, 80)))
    settings = resolve({"style": "solid", "threshold": 0.3})
    picture = np.random.default_rng(1).integers(0, 255, (80, 120, 3), dtype=np.uint8)
    cleaned = cover_cleaner(settings, obscurer=obscurer_for(settings), models=models)(picture)
    assert cleaned.shape == picture.shape
    assert cleaned[24:46, 34:56].std(axis=(0, 1)).max() < 1
    assert np.array_equal(cleaned[:, 90:], picture[:, 90:])
    assert not np.array_equal(cleaned, picture)
