"""A teacher's labels: sure and unsure, the reader's last word, resuming, and keeping teachers apart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from dashcamcleaner.detection.ocr import Reading
from dashcamcleaner.errors import InputError, OutputError, SettingError, WeightsError
from dashcamcleaner.training.label import Teacher, label
from dashcamcleaner.training.label_files import read_boxes
from tests.fakes import ScriptedDetector
from tests.training.synthetic import draw_folder

FACE = (10.0, 10.0, 40.0, 40.0, 0.8, "face")
DIM = (60.0, 10.0, 80.0, 40.0, 0.3, "face")
NOISE = (90.0, 10.0, 99.0, 40.0, 0.1, "face")
PLATE = (10.0, 60.0, 60.0, 75.0, 0.6, "plate")


class _Reader:
    description = "a test's"

    def __init__(self, text: str) -> None:
        self.text = text

    def read(self, crops: Sequence[np.ndarray]) -> list[Reading]:
        return [Reading(self.text, 0.9) for _ in crops]


def _opener(_aspect: tuple[int, int]) -> ScriptedDetector:
    return ScriptedDetector(lambda _number, _picture: [FACE, DIM, NOISE, PLATE])


def test_sure_unsure_and_background(tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "set", pictures=2)
    result = label(folder, tmp_path / "out", teacher=Teacher("t", ("face",)), opener=_opener)
    assert (result.pictures, result.sure, result.unsure, result.done_before) == (2, 2, 2, 0)
    (sure,) = read_boxes(tmp_path / "out" / "labels" / "p00.txt", size=(160, 128))
    assert sure == pytest.approx([0, 10, 10, 40, 40], abs=0.01)
    assert json.loads((tmp_path / "out" / "teacher.json").read_text())["classes"] == [0]


@pytest.mark.parametrize(("text", "sure"), [("AB1234", 1), ("STOP"[:3], 0), ("", 0)])
def test_the_reader_has_the_last_word(tmp_path: Path, text: str, sure: int) -> None:
    folder = draw_folder(tmp_path / "set", pictures=1)
    teacher = Teacher("t", ("plate",), read_plates=True)
    result = label(folder, tmp_path / "out", teacher=teacher, opener=_opener, reader=_Reader(text))
    assert (result.sure, result.unsure) == (sure, 1 - sure)


def test_goes_on_where_it_stopped(tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "set", pictures=3)
    teacher = Teacher("t", ("face",))
    label(folder, tmp_path / "out", teacher=teacher, opener=_opener)
    (tmp_path / "out" / "labels" / "p01.txt").unlink()
    result = label(folder, tmp_path / "out", teacher=teacher, opener=_opener)
    assert (result.pictures, result.done_before) == (1, 2)


def test_two_teachers_do_not_share_a_folder(tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "set", pictures=1)
    label(folder, tmp_path / "out", teacher=Teacher("t", ("face",)), opener=_opener)
    with pytest.raises(OutputError, match="another teacher"):
        label(folder, tmp_path / "out", teacher=Teacher("other", ("face",)), opener=_opener)


def test_labels_that_people_drew_are_left_alone(tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "set", pictures=1)
    before = (folder / "labels" / "p00.txt").read_bytes()
    with pytest.raises(OutputError, match="another teacher"):
        label(folder, folder, teacher=Teacher("t", ("face",)), opener=_opener)
    assert not (folder / "teacher.json").exists()
    assert (folder / "labels" / "p00.txt").read_bytes() == before


def test_a_torn_sheet_is_of_another_teacher(tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "set", pictures=1)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "teacher.json").write_text("{")
    with pytest.raises(OutputError, match="another teacher"):
        label(folder, tmp_path / "out", teacher=Teacher("t", ("face",)), opener=_opener)


def test_a_kind_that_the_teacher_does_not_know_does_not_count_as_absent(tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "set", pictures=1)

    def blind(_aspect: tuple[int, int]) -> ScriptedDetector:
        return ScriptedDetector({}, kinds=("face",))

    with pytest.raises(WeightsError, match="does not know plate"):
        label(folder, tmp_path / "out", teacher=Teacher("t", ("face", "plate")), opener=blind)
    assert not (tmp_path / "out").exists()
    with pytest.raises(SettingError, match="faces alone"):
        Teacher("centerface", ("plate",))


@pytest.mark.parametrize(("sure", "unsure"), [(0.1, 0.5), (float("nan"), 0.2), (1.2, 0.2), (0.5, -1.0)])
def test_scores_that_do_not_go_together_are_refused(sure: float, unsure: float) -> None:
    with pytest.raises(SettingError, match="do not go together"):
        Teacher("t", ("face",), sure=sure, unsure=unsure)


def test_no_teacher_on_validation_pictures(tmp_path: Path) -> None:
    folder = draw_folder(tmp_path / "set", pictures=1)
    (folder / "meta.json").write_text(json.dumps({"purpose": "validation"}), encoding="utf-8")
    with pytest.raises(InputError, match="validation set"):
        label(folder, tmp_path / "out", teacher=Teacher("t", ("face",)), opener=_opener)
