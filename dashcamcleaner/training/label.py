"""A teacher writes labels: pictures in, ``labels/`` and ``unsure/`` out, one file per picture.

Called by ``dashcamcleaner train label``, for pictures of `training.harvest` and for labelled folders whose other kind
is unknown. A teacher is any `Detector`: our own better weights, an Ultralytics model, CenterFace. Sure hits become
labels. Unsure ones are neither object nor background: `training.views` does not judge their kind there. A text reader
may have the last word on plates: what reads as four or more letters and digits is one.

A picture whose label file stands is skipped, so a killed run goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dashcamcleaner.atomic_files import atomic_json
from dashcamcleaner.detection.centerface import open_centerface
from dashcamcleaner.detection.detector import Detector
from dashcamcleaner.detection.ocr import TextReader, open_reader
from dashcamcleaner.detection.registry import open_detector
from dashcamcleaner.detection.yolo import network_size
from dashcamcleaner.errors import InputError, OutputError, SettingError, WeightsError
from dashcamcleaner.messages import msg
from dashcamcleaner.side_files import read_json
from dashcamcleaner.training.label_files import KINDS, write_boxes
from dashcamcleaner.training.pictures import list_folder, read_rgb, refuse_validation

__all__ = ["CENTERFACE", "LabelResult", "Teacher", "label", "open_teacher"]

CENTERFACE = "centerface"
"""Name of the independent face detector, instead of the name of weights."""


@dataclass(frozen=True, slots=True)
class Teacher:
    """Who labels, and how sure is sure.

    Args:
        weights: `CENTERFACE`, or weights as `detection.registry.open_detector` takes them.
        kinds: which of its kinds count.
        sure: the score from which on a detection is a label.
        unsure: the score from which on the kind is not judged there; below, it is background.
        inference_size: long side at which pictures are shown to it.
        read_plates: plates count as sure only if a text reader finds `letters` letters and digits on them; those that
            it reads count as sure from ``unsure`` on.
        letters: how many letters and digits must be read, see ``read_plates``.
    """

    weights: str
    kinds: tuple[str, ...]
    sure: float = 0.5
    unsure: float = 0.2
    inference_size: int = 1280
    read_plates: bool = False
    letters: int = 4

    def __post_init__(self) -> None:
        if not 0 <= self.unsure <= self.sure <= 1:  # NaN fails, too
            raise SettingError(
                msg("--unsure {unsure} and --sure {sure} do not go together.", unsure=self.unsure, sure=self.sure),
                hint="Both lie between 0 and 1, and nothing is sure before it is unsure.",
            )
        if self.weights == CENTERFACE and self.kinds != ("face",):
            raise SettingError("CenterFace finds faces alone.", hint="Name another teacher for plates.")


@dataclass(frozen=True, slots=True)
class LabelResult:
    """What was written: pictures, sure and unsure objects of this call; pictures that were done before."""

    pictures: int
    sure: int
    unsure: int
    done_before: int


def open_teacher(teacher: Teacher, *, aspect: tuple[int, int]) -> Detector:
    """The teacher's detector for pictures of one shape."""
    if teacher.weights == CENTERFACE:
        return open_centerface(inference_size=teacher.inference_size, aspect=aspect)
    return open_detector(weights=teacher.weights, inference_size=teacher.inference_size, aspect=aspect)


def label(
    folder: str | Path,
    out: str | Path,
    *,
    teacher: Teacher,
    opener: Callable[[tuple[int, int]], Detector] | None = None,
    reader: TextReader | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> LabelResult:
    """Label the pictures of ``folder/images``.

    Args:
        folder: holds ``images/``; refused if it is a validation set.
        out: gets ``labels/``, ``unsure/`` and ``teacher.json``.
        teacher: who labels, and from which score on.
        opener: gives a detector for a picture shape, instead of `open_teacher`.
        reader: instead of the one that `detection.ocr` opens.
        progress: called with pictures done and in all.

    Raises:
        InputError: no pictures, or a validation set.
        WeightsError: the teacher does not know one of the kinds: it would seem to be nowhere.
        OutputError: ``out`` holds another teacher's labels, or such that no teacher wrote.
    """
    folder, out = Path(folder), Path(out)
    refuse_validation(folder)
    pictures = list_folder(folder, known=[])
    if not pictures:
        raise InputError(msg("{folder} holds no pictures to label.", folder=folder))
    _check_signed(out, teacher)
    waiting = [p for p in pictures if not _label_file(out, p.path).exists()]
    shapes: dict[tuple[int, int], list[Any]] = {}
    for picture in waiting:
        shapes.setdefault(network_size(teacher.inference_size, aspect=picture.size), []).append(picture)
    if teacher.read_plates and reader is None and waiting:
        reader = open_reader()
    sure_count = unsure_count = done = 0
    for shape, members in sorted(shapes.items()):
        detector = opener(shape) if opener is not None else open_teacher(teacher, aspect=shape)
        try:
            if missing := [kind for kind in teacher.kinds if kind not in detector.kinds]:
                raise WeightsError(
                    msg("the teacher {name} does not know {kinds}.", name=teacher.weights, kinds=", ".join(missing)),
                    hint="Name what it knows with --kind.",
                )
            _sign(out, teacher)
            for picture in members:
                rgb = read_rgb(picture.path)
                sure, unsure = _sort(rgb, detector, teacher=teacher, reader=reader)
                stem = Path(picture.path).stem
                write_boxes(out / "unsure" / f"{stem}.txt", unsure, size=picture.size)
                write_boxes(
                    _label_file(out, picture.path), sure, size=picture.size
                )  # last: it marks the picture as done
                sure_count, unsure_count, done = sure_count + len(sure), unsure_count + len(unsure), done + 1
                if progress is not None:
                    progress(done, len(waiting))
        finally:
            detector.close()
    return LabelResult(done, sure_count, unsure_count, len(pictures) - len(waiting))


def _label_file(out: Path, picture: str) -> Path:
    return out / "labels" / f"{Path(picture).stem}.txt"


def _sheet(teacher: Teacher) -> dict[str, Any]:
    return {"classes": [KINDS.index(kind) for kind in teacher.kinds], **asdict(teacher), "kinds": list(teacher.kinds)}


def _check_signed(out: Path, teacher: Teacher) -> None:
    """Whether what lies there is of this teacher: two teachers' labels would not tell which kinds are complete.

    Raises:
        OutputError: it is not.
    """
    path = out / "teacher.json"
    same = not (out / "labels").exists()
    if path.exists():
        try:
            same = read_json(path, what=msg("The teacher's labels {path}", path=path), to=OutputError) == _sheet(
                teacher
            )
        except ValueError:
            same = False
    if not same:
        raise OutputError(
            msg("{out} holds labels of another teacher or of other thresholds.", out=out),
            hint="Give each teacher its own folder.",
        )


def _sign(out: Path, teacher: Teacher) -> None:
    """Note who labels."""
    if not (out / "teacher.json").exists():
        atomic_json(out / "teacher.json", _sheet(teacher), make_folder=True)


def _sort(
    rgb: np.ndarray, detector: Detector, *, teacher: Teacher, reader: TextReader | None
) -> tuple[list[list[float]], list[list[float]]]:
    """Rows ``[class, x1, y1, x2, y2, score]`` that are labels, and those that are unsure."""
    found = detector.detect([rgb])[0]
    sure: list[list[float]] = []
    unsure: list[list[float]] = []
    for box, score, kind in zip(found.xyxy.tolist(), found.score.tolist(), found.kind.tolist(), strict=True):
        if kind not in teacher.kinds or score < teacher.unsure:
            continue
        good = score >= teacher.sure
        if kind == "plate" and teacher.read_plates and reader is not None:
            good = _reads(rgb, box, reader=reader, letters=teacher.letters)
        (sure if good else unsure).append([KINDS.index(kind), *box, score])
    return sure, unsure


def _reads(rgb: np.ndarray, box: Sequence[float], *, reader: TextReader, letters: int) -> bool:
    height, width = rgb.shape[:2]
    x1, y1, x2, y2 = box
    margin_x, margin_y = 0.08 * (x2 - x1), 0.12 * (y2 - y1)
    left, top = max(int(x1 - margin_x), 0), max(int(y1 - margin_y), 0)
    crop = rgb[top : min(int(y2 + margin_y) + 1, height), left : min(int(x2 + margin_x) + 1, width)]
    if min(crop.shape[:2]) < 6:
        return False
    return len(reader.read([np.ascontiguousarray(crop)])[0].text) >= letters
