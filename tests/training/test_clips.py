"""Leak figures of weights on a labelled clip that is made here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashcamcleaner.errors import InputError
from dashcamcleaner.training.clips import clip_figures
from tests.clips import make
from tests.fakes import Row, ScriptedDetector

BOX = (100.0, 60.0, 140.0, 100.0)


def _labelled_clip(folder: Path) -> Path:
    made = make(folder / "a.mp4", frames=20)
    truth = {
        "clip": "a",
        "frames": 20,
        "width": made.size[0],
        "height": made.size[1],
        "tracks": [
            {"id": "f", "kind": "face", "legible": [[0, 19]], "boxes": {str(i): list(BOX) for i in range(20)}},
        ],
    }
    (folder / "a.json").write_text(json.dumps(truth), encoding="utf-8")
    return folder


@pytest.mark.parametrize("sees", [True, False])
def test_what_is_seen_is_covered_and_what_is_not_leaks(tmp_path: Path, sees: bool) -> None:
    rows: list[Row] = [(*BOX, 0.9, "face")] if sees else []

    def opener(_size: int, upright: tuple[int, int]) -> ScriptedDetector:
        return ScriptedDetector(lambda _number, _picture: rows, script_size=upright, input_size=(320, 192))

    figures = clip_figures(
        "fake", _labelled_clip(tmp_path), thresholds={"face": 0.3, "plate": 0.3}, inference_sizes=[320], opener=opener
    )
    face = figures["320"]["face"]
    assert face["legible_object_frames"] == 20
    assert face["not_covered"] == (0 if sees else 20)
    assert face["never_detected"] == (0 if sees else 1)


def test_a_folder_without_truth_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no labelled clip"):
        clip_figures("fake", tmp_path, thresholds={}, inference_sizes=[320])
