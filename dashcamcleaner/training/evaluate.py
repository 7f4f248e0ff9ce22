"""Weights in, figures out: recall, precision and false hits on labelled pictures, leaks on labelled clips.

Called by ``dashcamcleaner train evaluate``, for anybody's weights through the same `Detector` port that a run uses.
Pictures are analysed at each inference size in their own shape, as a clip of that shape would be. Figures are plain
JSON types (`Evaluation.as_dict`) and a table for people (`table`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.detection.detector import Detector
from dashcamcleaner.detection.registry import open_detector
from dashcamcleaner.detection.weights_search import find_weights
from dashcamcleaner.detection.yolo import network_size
from dashcamcleaner.errors import InputError
from dashcamcleaner.messages import as_message, joined, msg
from dashcamcleaner.training.label_files import KINDS
from dashcamcleaner.training.leak_figures import FIGURE_HEADS
from dashcamcleaner.training.pictures import Picture, list_folder, read_rgb, select
from dashcamcleaner.training.scoring import SIZE_BINS, Judged, PictureTruth, figures, judge

__all__ = ["CURVE", "LOWEST_SCORE", "SMALLEST_PX", "Evaluation", "EvaluationSet", "evaluate", "table"]

CURVE = (0.05, 0.1, 0.125, 0.15, 0.175, 0.2, 0.225, 0.25, 0.275, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7)
"""Thresholds of the table of recall against precision."""

LOWEST_SCORE = 0.001
"""Average precision is measured down to here, as COCO and Ultralytics do; a run's own floor would cut its tail off."""

SMALLEST_PX = {"face": 7.0, "plate": 10.0}
"""Smaller objects, in the picture's own pixels, cannot be recognised and are not counted."""

Opener = Callable[[int, tuple[int, int]], Detector]
"""``(inference size, (width, height) of the pictures) -> detector``."""


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Labelled folders that are complete for the kinds named; an empty ``truth`` of a kind counts as "none there".

    Args:
        name: the name for the report.
        folders: the folders with ``images/``, ``labels/``, ``ignore/``.
        kinds: the kinds of which the folders label all there is. Others are not judged.
        negatives: no object of any kind is in there: only false hits per picture are told.
        part: only these pictures of each folder, in name order, half open.
        groups: only pictures of these groups, so that a split goes by drive or event; None takes all.
        without: pictures of these groups are left out.
        more: further folders, with parts of their own, that belong to the same set.
    """

    name: str
    folders: tuple[Path, ...]
    kinds: tuple[str, ...] = KINDS
    negatives: bool = False
    part: tuple[int, int] | None = None
    groups: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()
    more: tuple[EvaluationSet, ...] = ()

    def pictures(self) -> list[Picture]:
        """All pictures of the set."""
        known = [KINDS.index(kind) for kind in self.kinds]
        found: list[Picture] = []
        for folder in self.folders:
            listed = list_folder(folder, known=known)
            found += select(listed, part=self.part, groups=self.groups, without=self.without)
        for other in self.more:
            found += other.pictures()
        return found


@dataclass(slots=True)
class Evaluation:
    """Figures of one set of weights: ``sets[name][inference size][kind]``, ``clips[inference size][kind]``."""

    weights: str
    sha256: str = ""
    engine: str = ""
    thresholds: dict[str, float] = field(default_factory=dict)
    sets: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    clips: dict[str, dict[str, Any]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "weights": self.weights,
            "sha256": self.sha256,
            "engine": self.engine,
            "thresholds": self.thresholds,
            "sets": self.sets,
            "clips": self.clips,
        }


def evaluate(
    weights: str,
    *,
    sets: Sequence[EvaluationSet],
    inference_sizes: Sequence[int] = (640, 1280),
    thresholds: dict[str, float] | None = None,
    backend: str = "auto",
    device: str = "auto",
    precision: str = "auto",
    threads: int = 0,
    trust_weights: bool = False,
    opener: Opener | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Evaluation:
    """Measure ``weights`` on labelled pictures.

    Args:
        weights: the weights, as `detection.registry.open_detector` takes them.
        sets: what to measure on; never anything that was trained on.
        inference_sizes: long sides of the network input.
        thresholds: the thresholds per kind; the weights' own recommendation where it is not given.
        backend: what runs the network, see `open_detector`.
        device: where it runs, see `open_detector`.
        precision: arithmetic of the network, see `open_detector`.
        threads: number of threads, see `open_detector`.
        trust_weights: whether foreign weights may run code, see `open_detector`.
        opener: how to get a detector, instead of by ``weights`` (used for models that are not exported yet).
        progress: called with a sentence, pictures done and pictures in all.

    Raises:
        InputError: a set holds no pictures.
        BackendError: no backend or no weights.
    """
    own = {} if opener is not None else find_weights(weights).thresholds
    chosen = {kind: (thresholds or {}).get(kind, own.get(kind, 0.25)) for kind in KINDS}
    result = Evaluation(weights=weights, thresholds=chosen)

    def open_at(size: int, aspect: tuple[int, int]) -> Detector:
        if opener is not None:
            return opener(size, aspect)
        return open_detector(
            weights=weights,
            backend=backend,
            device=device,
            inference_size=size,
            precision=precision,
            aspect=aspect,
            threads=threads,
            trust_weights=trust_weights,
            floor=LOWEST_SCORE,
        )

    for one in sets:
        pictures = one.pictures()
        if not pictures:
            raise InputError(
                msg("the evaluation set {one} holds no pictures.", one=one.name), hint="Give folders that hold images/."
            )
        result.sets[one.name] = {}
        for size in inference_sizes:
            found: list[tuple[Picture, Detections]] = []
            for picture, detections, detector in _detect_all(pictures, size=size, open_at=open_at):
                found.append((picture, detections))
                description = detector.description
                result.sha256 = description.weights_sha256
                result.engine = f"{description.backend} {description.precision} on {description.device}"
                if progress is not None:
                    progress(msg("{name} at {size} px", name=one.name, size=size), len(found), len(pictures))
            result.sets[one.name][str(size)] = {
                kind: _negative_figures(found, kind=kind, threshold=chosen[kind])
                if one.negatives
                else figures(
                    [_judge(picture, detections, kind=kind, size=size) for picture, detections in found],
                    threshold=chosen[kind],
                    curve=CURVE,
                )
                for kind in one.kinds
            }
    return result


def _detect_all(
    pictures: Sequence[Picture], *, size: int, open_at: Opener
) -> Iterable[tuple[Picture, Detections, Detector]]:
    """Pictures of one network shape together: opening a detector costs more than a picture."""
    shapes: dict[tuple[int, int], list[Picture]] = {}
    for picture in pictures:
        shapes.setdefault(network_size(size, aspect=picture.size), []).append(picture)
    for shape, members in sorted(shapes.items()):
        detector = open_at(size, shape)
        try:
            for picture in members:
                yield picture, detector.detect([read_rgb(picture.path)])[0], detector
        finally:
            detector.close()


def _judge(picture: Picture, found: Detections, *, kind: str, size: int) -> Judged:
    index = KINDS.index(kind)
    truth = PictureTruth(
        xyxy=np.array([row[1:5] for row in picture.boxes if int(row[0]) == index], np.float32).reshape(-1, 4),
        ignore=np.array([row[1:5] for row in picture.ignore], np.float32).reshape(-1, 4),
        scale=size / max(picture.size),
    )
    return judge(found.of_kind(kind), truth, smallest_px=SMALLEST_PX.get(kind, 0.0))


def _negative_figures(found: Sequence[tuple[Picture, Detections]], *, kind: str, threshold: float) -> dict[str, Any]:
    def per_picture(value: float) -> float:
        return round(sum(int((d.of_kind(kind).score >= value).sum()) for _, d in found) / len(found), 3)

    return {
        "pictures": len(found),
        "false_per_picture_at_threshold": per_picture(threshold),
        "threshold": threshold,
        "curve": [{"threshold": value, "false_per_picture": per_picture(value)} for value in CURVE],
    }


def table(evaluation: Evaluation) -> list[str]:
    """The figures as the lines of a Markdown table per set, for people and for model cards; heads are messages."""
    lines = [f"**{evaluation.weights}** ({evaluation.engine})"]
    names = list(SIZE_BINS)
    for name, sizes in evaluation.sets.items():
        plain = [(size, kind, row) for size, kinds in sizes.items() for kind, row in kinds.items() if "AP50" in row]
        if plain:
            title = msg("{name}: recall by the longer side at inference scale, at the shipped threshold", name=name)
            head = msg("size | kind | objects | AP50 | recall at 90 % precision | threshold | recall | precision")
            lines += ["", title, "", _row([head, *map(_range, names)]), "|" + " --- |" * (8 + len(names))]
            for size, kind, row in plain:
                at = row["at_threshold"]
                bins = [at["recall_by_inference_px"][n] for n in names]
                cells = [f"{_number(b['recall'])} ({b['objects']})" for b in bins]
                figures = [row["objects"], _number(row["AP50"]), _number(row["recall_at_precision_0.9"])]
                figures += [f"{at['threshold']:g}", _number(at["recall"]), _number(at["precision"])]
                lines.append(_row([size, kind, *map(str, figures), *cells]))
        negatives = [
            (size, kind, row) for size, kinds in sizes.items() for kind, row in kinds.items() if "AP50" not in row
        ]
        if negatives:
            head = msg("size | kind | pictures | threshold | false hits a picture")
            lines += ["", msg("{name}: nothing to find", name=name), "", _row([head]), "|" + " --- |" * 5]
            for size, kind, row in negatives:
                false = _number(row["false_per_picture_at_threshold"])
                lines.append(_row([size, kind, str(row["pictures"]), f"{row['threshold']:g}", false]))
    if evaluation.clips:
        lines += ["", msg("Labelled clips, planned as a run plans them"), ""]
        columns = list(next(iter(next(iter(evaluation.clips.values())).values())))
        lines.append(_row([msg("size | kind"), *(as_message(FIGURE_HEADS.get(name, name)) for name in columns)]))
        lines.append("|" + " --- |" * (2 + len(columns)))
        for size, kinds in evaluation.clips.items():
            for kind, row in kinds.items():
                lines.append(_row([size, kind, *(f"{row[name]:g}" for name in columns)]))
    return lines


def _row(cells: Sequence[str]) -> str:
    """One row of a Markdown table; a message where one of its cells is."""
    return "| " + joined(cells, " | ") + " |"


def _number(value: float | None) -> str:
    return "-" if value is None or math.isnan(value) else f"{value:.3f}"


def _range(name: str) -> str:
    """``16_24`` -> ``16-24 px``, ``under_16`` -> ``under 16 px``."""
    word, _, rest = name.partition("_")
    if word == "under":
        return msg("under {px} px", px=rest)
    return msg("over {px} px", px=rest) if word == "over" else f"{word}-{rest} px"
