"""What all YOLO backends share, in numpy: letterbox, the meaning of the raw output, boxes out of it, class names.

Pictures come in, `Detections` go out; the backend files only multiply matrices. Keeping this in one place makes the
backends agree, and lets one set of tests speak for all heads: YOLOv5u, 8, 9, 10, 11, 12, 26 (raw or end-to-end),
classic YOLOv5 with an objectness, exports with built-in suppression, segmentation and pose heads (boxes only).
"""

from __future__ import annotations

import ast
import math
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import cv2
import numpy as np

from dashcamcleaner.core.boxes import Detections, nms
from dashcamcleaner.detection.detector import SCORE_FLOOR
from dashcamcleaner.errors import DetectorFailed, WeightsError
from dashcamcleaner.messages import msg

__all__ = [
    "EDGE_TOLERANCE",
    "GREY",
    "NMS_IOU",
    "OutputLayout",
    "Placement",
    "blank_picture",
    "cpu_count",
    "decode",
    "fitted_size",
    "kind_of",
    "kinds_of",
    "letterbox",
    "names_of",
    "network_size",
    "rounded_up",
    "suppress",
    "tell_layout",
]

NMS_IOU = 0.5
"""Two boxes of a kind that overlap more are one object. Street crowds rarely overlap so much, duplicates always do."""

EDGE_TOLERANCE = 0.01
"""Boxes may reach this share of the picture's long side past its edges: an object on its way out stays one."""

GREY = 114
"""Grey of the bars round a letterboxed picture: the value that YOLO models are trained with."""

_MOST_CANDIDATES = 10_000
"""Of more, the faintest are left out before suppression: a confused model must not stall a run. A street with 700 faces
gives about 5,000."""

_MOST_ROWS, _MOST_COLUMNS = 1000, 262
"""Limits of an end-to-end head: exports give 300 rows, and six columns before masks or key points."""

_MOST_CLASSES, _LONGEST_NAME, _MOST_TOLD = 100_000, 100, 12
_STRIDE = 32
_STRIDES = ((8, 16, 32), (8, 16, 32, 64), (4, 8, 16, 32), (16, 32))


def cpu_count() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def network_size(inference_size: int, *, aspect: tuple[int, int] | None) -> tuple[int, int]:
    """``(width, height)`` of the network input for pictures of a shape.

    Args:
        inference_size: the long side wanted; rounded up to a multiple of 32.
        aspect: ``(width, height)`` of the pictures to come, any scale; None gives a square.
    """
    long_side = _STRIDE * math.ceil(inference_size / _STRIDE)
    w, h = aspect or (1, 1)
    # Half a pixel of slack: 1439x1080 pictures must not cost a row of cells more than 1440x1080 ones.
    short_side = max(_STRIDE, _STRIDE * math.ceil((long_side * min(w, h) / max(w, h) - 0.5) / _STRIDE))
    return (long_side, short_side) if w >= h else (short_side, long_side)


def rounded_up(input_size: tuple[int, int], *, stride: int) -> tuple[int, int]:
    """The least size that holds the given one in multiples of a model's coarsest stride."""
    return (stride * math.ceil(input_size[0] / stride), stride * math.ceil(input_size[1] / stride))


def fitted_size(picture_size: tuple[int, int], input_size: tuple[int, int]) -> tuple[int, int]:
    """``(width, height)`` at which a picture fills the network input without changing its shape."""
    scale = min(input_size[0] / picture_size[0], input_size[1] / picture_size[1])
    return (
        min(input_size[0], max(1, round(picture_size[0] * scale))),
        min(input_size[1], max(1, round(picture_size[1] * scale))),
    )


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a picture lies in the network input.

    Args:
        picture_size: ``(width, height)`` of the picture given.
        fitted: ``(width, height)`` of its scaled copy in the input.
        offset: ``(left, top)`` of that copy.
    """

    picture_size: tuple[int, int]
    fitted: tuple[int, int]
    offset: tuple[int, int]


def blank_picture(input_size: tuple[int, int]) -> np.ndarray:
    """A grey picture of the network's ``(width, height)``: what a backend detects in first, to prove that it works."""
    return np.full((input_size[1], input_size[0], 3), GREY, np.uint8)


def letterbox(picture: np.ndarray, *, out: np.ndarray, previous: Placement | None = None) -> Placement:
    """Write a picture, scaled and centred between grey bars, into a network input.

    Args:
        picture: uint8 RGB ``(h, w, 3)``.
        out: uint8 ``(H, W, 3)``, written in place.
        previous: how the picture before it lay in the same ``out``: equal bars are not painted again.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or 0 in picture.shape:
        raise DetectorFailed(
            msg("a picture must be uint8 RGB (h, w, 3), not {dtype} {shape}.", dtype=picture.dtype, shape=picture.shape)
        )
    h, w = picture.shape[:2]
    in_h, in_w = out.shape[:2]
    fitted = fitted_size((w, h), (in_w, in_h))
    left, top = (in_w - fitted[0]) // 2, (in_h - fitted[1]) // 2
    placement = Placement((w, h), fitted, (left, top))
    if previous is None or previous.fitted != fitted:
        out[:] = GREY
    inside = out[top : top + fitted[1], left : left + fitted[0]]
    if fitted == (w, h):
        inside[:] = picture
    else:
        # Area averages when shrinking: bilinear sampling skips pixels and makes small plates flicker.
        shrinks = fitted[0] < w
        inside[:] = cv2.resize(
            np.ascontiguousarray(picture), fitted, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        )
    return placement


@dataclass(frozen=True, slots=True)
class OutputLayout:
    """How to read a raw output tensor.

    Args:
        head: ``raw``, ``objectness`` or ``end-to-end``, see `detection.weights`.
        anchors_last: the tensor is ``(batch, channels, anchors)``.
        unit_boxes: boxes are in 0-1 of the input's sides rather than in its pixels.
    """

    head: str
    anchors_last: bool
    unit_boxes: bool = False


def tell_layout(
    output: np.ndarray, *, class_count: int, input_size: tuple[int, int], head: str = "auto"
) -> OutputLayout:
    """Read the layout from the first real output.

    Args:
        output: ``(batch, x, y)`` as the backend gave it.
        class_count: how many classes the weights know.
        input_size: ``(width, height)`` of the network input.
        head: what the weights' metadata say; ``auto`` to tell from the shape.

    Raises:
        WeightsError: no known head gives such a shape.
    """
    unknown = WeightsError(
        msg(
            "no known head gives an output of shape {tuple} for {class_count} classes.",
            tuple=tuple(output.shape),
            class_count=class_count,
        ),
        hint="Known: YOLOv5 to YOLO26 detection exports. Check that the class names in the sidecar are complete.",
    )
    if output.ndim != 3:
        raise unknown
    _, rows, columns = output.shape
    if not output.size:
        raise unknown
    cells = {sum((input_size[0] // s) * (input_size[1] // s) for s in strides) for strides in _STRIDES}
    wanted = head
    for anchors_last in (True, False):
        channels, anchors = (rows, columns) if anchors_last else (columns, rows)
        if anchors not in cells and anchors not in {3 * n for n in cells}:
            continue
        extra = channels - 4 - class_count
        if wanted == "auto":
            head = "objectness" if extra == 1 and anchors not in cells else "raw"
        # Masks and key points follow the scores, in numbers of at least six; fewer are classes that nobody named.
        if (head == "raw" and (extra == 0 or extra >= 6)) or (head == "objectness" and (extra == 1 or extra >= 7)):
            table = output[0] if anchors_last else output[0].T
            if table[4 : 4 + class_count].min() < -0.01:
                raise WeightsError(
                    "the weights give scores that are no probabilities.", hint="Export with the sigmoid."
                )
            boxes = table[:4]
            return OutputLayout(head, anchors_last, unit_boxes=bool(boxes.max() < 4))
    if wanted in ("auto", "end-to-end") and 6 <= columns <= _MOST_COLUMNS and rows <= _MOST_ROWS:
        return OutputLayout("end-to-end", anchors_last=False)
    raise unknown


def decode(
    output: np.ndarray,
    *,
    layout: OutputLayout,
    kinds: Sequence[str],
    placement: Placement,
    input_size: tuple[int, int],
    floor: float = SCORE_FLOOR,
) -> Detections:
    """One picture's raw output as detections in the pixels of the picture given.

    Args:
        output: one item of the batch, ``(x, y)``.
        layout: the layout from `tell_layout`.
        kinds: kind per class index.
        placement: the placement from `letterbox`.
        input_size: ``(width, height)`` of the network input.
        floor: lower scores are dropped.

    Raises:
        DetectorFailed: a number is not finite, or scores are no probabilities.
    """
    if not np.isfinite(output).all():
        raise DetectorFailed("the detector gave values that are not numbers.")
    if layout.head == "end-to-end":
        keep = np.flatnonzero(output[:, 4] > floor)
        boxes, score, index = output[keep, :4].astype(np.float32), output[keep, 4], output[keep, 5].astype(np.intp)
    else:
        table = output if layout.anchors_last else output.T  # (channels, anchors)
        if layout.head == "objectness":
            able = np.flatnonzero(table[4] > floor)
            scores = table[5 : 5 + len(kinds), able] * table[4, able]
        else:
            able, scores = None, table[4 : 4 + len(kinds)]
        # Every class counts on its own: a box may be both a face and a head.
        index, anchor = np.nonzero(scores > floor)
        score = scores[index, anchor]
        chosen = table[:4, anchor if able is None else able[anchor]].T.astype(np.float32)
        half = chosen[:, 2:] / 2
        boxes = np.concatenate([chosen[:, :2] - half, chosen[:, :2] + half], axis=1)
    if len(score) > _MOST_CANDIDATES:
        best = np.argpartition(-score, _MOST_CANDIDATES)[:_MOST_CANDIDATES]
        boxes, score, index = boxes[best], score[best], index[best]
    if not len(score):
        return Detections.empty()
    if score.max() > 1.01 or index.min() < 0 or index.max() >= len(kinds):
        raise DetectorFailed("the detector's scores or classes are out of range: these weights are read wrongly.")
    if layout.unit_boxes:
        boxes *= np.array([*input_size, *input_size], np.float32)
    (w, h), (left, top) = placement.picture_size, placement.offset
    factor = np.array([w / placement.fitted[0], h / placement.fitted[1]] * 2, np.float32)
    boxes = (boxes - np.array([left, top, left, top], np.float32)) * factor
    boxes = _clip_tolerantly(boxes, (w, h))
    real = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    boxes, score, index = boxes[real], np.minimum(score[real], 1.0), index[real]
    return suppress(Detections(boxes, score, np.asarray(kinds, np.str_)[index]))


def suppress(detections: Detections, *, threshold: float = NMS_IOU) -> Detections:
    """Non-maximum suppression within each kind; best score first."""
    if len(detections) < 2:
        return detections
    names, group = np.unique(detections.kind, return_inverse=True)
    boxes = detections.xyxy
    if len(names) > 1:  # kinds are moved apart, so that one pass serves them all
        span = float(boxes.max() - boxes.min()) + 1.0
        boxes = boxes + (group * span)[:, None].astype(np.float32)
    return detections[nms(boxes, detections.score, threshold=threshold)]


def _clip_tolerantly(boxes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    slack = EDGE_TOLERANCE * max(size)
    return np.clip(boxes, -slack, np.array([*size, *size], np.float32) + slack)


def kind_of(class_name: str) -> str:
    """The kind a class name stands for: ``face``, ``plate``, or the name itself in our spelling."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", class_name)  # licensePlate -> license Plate
    words = re.sub(r"[^a-z0-9]+", " ", words.lower()).strip()
    joined = words.replace(" ", "")
    if any(part in joined for part in ("licenseplate", "licenceplate", "numberplate", "registrationplate", "carplate")):
        return "plate"
    tokens = {token[:-1] if token.endswith("s") and len(token) > 3 else token for token in words.split()}
    if "plate" in tokens or joined in ("lp", "lpr", "anpr", "alpr"):
        return "plate"
    if "face" in tokens:
        return "face"
    return words.replace(" ", "_") or "object"


def _numbers_of(names: Mapping[Any, Any]) -> list[int]:
    try:
        return [int(index) for index in names]
    except (TypeError, ValueError, OverflowError) as error:
        raise WeightsError("the class names of the weights are numbered by what is no number.") from error


def kinds_of(names: str | Iterable[Any] | Mapping[Any, Any]) -> tuple[str, ...]:
    """Kind per class index, from class names as models carry them; see `names_of`.

    Raises:
        WeightsError: the names cannot be read, or leave a class out.
    """
    return tuple(kind_of(name) for name in names_of(names))


def names_of(names: str | Iterable[Any] | Mapping[Any, Any]) -> tuple[str, ...]:
    """Name per class index, as models carry them.

    Args:
        names: a list of names, a mapping of index to name, or either written as Python text (ONNX metadata).

    Raises:
        WeightsError: the names cannot be read, or leave a class out.
    """
    if isinstance(names, str):
        try:
            read = ast.literal_eval(names)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):  # it says all of these
            read = None
        if not isinstance(read, Mapping | list | tuple):
            raise WeightsError(msg("the class names of the weights cannot be read: {names}.", names=repr(names[:60])))
        names = read
    if isinstance(names, Mapping):
        numbers = sorted(_numbers_of(names))
        if numbers != list(range(len(names))):
            listed = ", ".join(map(str, numbers[:_MOST_TOLD])) + (", ..." if len(numbers) > _MOST_TOLD else "")
            raise WeightsError(msg("the class names of the weights have gaps: {listed}.", listed=listed))
        names = [name for _, name in sorted(((int(index), name) for index, name in names.items()), key=itemgetter(0))]
    found = tuple(str(name)[:_LONGEST_NAME] for name in names)
    if len(found) > _MOST_CLASSES:
        raise WeightsError(
            msg(
                "the weights name {count} classes; up to {most_classes} are known.",
                count=len(found),
                most_classes=_MOST_CLASSES,
            )
        )
    if not found:
        raise WeightsError("the weights name no classes.")
    return found
