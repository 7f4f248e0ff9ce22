"""What an ``.onnx`` file tells of itself: Ultralytics' exports carry class names, task and stride as key-value pairs.

OpenVINO drops these pairs when it reads the file, and the ``onnx`` package is no dependency of users; so the few bytes
are read here, skipping over the weights. Both ONNX engines ask this, so that they see one file alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dashcamcleaner.detection.weights import Weights
from dashcamcleaner.detection.yolo import kinds_of
from dashcamcleaner.errors import WeightsError
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import map_os_errors
from dashcamcleaner.plain_files import open_plain
from dashcamcleaner.side_files import within

__all__ = ["BOX_TASKS", "ModelFacts", "check_sizes", "checked_input", "facts_of", "read_metadata"]

_STRIDE, _MOST_STRIDE = 32, 1024
_SIDES, _MOST_BATCH, _MOST_PIXELS = (32, 8192), 256, 1 << 25
_LEAST_VALUES = 1 << 24
_OUTPUT_OF_A_PIXEL, _LAYER_OF_A_PIXEL = 32, 128
"""Numbers for each pixel of the input, at most: YOLO of 80 classes gives 2, of 1,000 classes 21, and its widest layer
has 24 (96 channels at half the size)."""
_MOST_FIELDS = 100_000
_MOST_METADATA = 1 << 22
"""Bytes of one field; the class names of the largest known model take 30,000."""
BOX_TASKS = ("detect", "segment", "pose")
"""Ultralytics' tasks whose output begins with upright boxes."""

_METADATA_PROPS = 14  # field numbers of ModelProto and StringStringEntryProto in onnx.proto
_KEY, _VALUE = 1, 2


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """Kinds per class index, the head, and what the input's sides must be multiples of."""

    kinds: tuple[str, ...]
    head: str
    stride: int


def facts_of(path: Path, *, weights: Weights, metadata: dict[str, str] | None = None) -> ModelFacts:
    """The facts of one ONNX file; the sidecar comes before what the file says.

    Args:
        path: the file.
        weights: its metadata.
        metadata: the file's own words if a backend has read them; None reads the ``.onnx``.

    Raises:
        WeightsError: of a task without boxes, or nobody tells the class names.
    """
    if metadata is None:
        metadata = read_metadata(path)
    task = metadata.get("task", "detect")
    if task not in BOX_TASKS:
        raise WeightsError(
            msg("{path} is a model for the task {task}, which gives no upright boxes.", path=path.name, task=repr(task))
        )
    if weights.kinds is None and "names" not in metadata:
        raise WeightsError(
            msg("{path} does not tell its class names.", path=path.name),
            hint=msg("Write a sidecar {path}.json, see docs/weights.md.", path=path.stem),
        )
    rows = metadata.get("end2end") == "True" or "'nms': True" in metadata.get("args", "")
    return ModelFacts(
        kinds=weights.kinds or kinds_of(metadata["names"]),
        head="end-to-end" if weights.head == "auto" and rows else weights.head,
        stride=_stride_of(metadata.get("stride") or "32", path=path),
    )


def checked_input(path: Path, shape: Sequence[object]) -> tuple[int | None, tuple[int, int] | None]:
    """What a model's input is exported for: its batch, and its ``(width, height)``; None where it takes any.

    Args:
        path: the file, for messages.
        shape: the input's, as a backend tells it; what is no whole number is left open.

    Raises:
        WeightsError: it is no input for colour pictures, or a size or batch is absurd: memory is taken by it.
    """
    sides = [one if isinstance(one, int) and not isinstance(one, bool) else None for one in shape]
    told = ", ".join("?" if side is None else str(side) for side in sides[:6])
    wrong = WeightsError(
        msg("{path} takes no pictures: its input has the shape ({told}).", path=path.name, told=told),
        hint=msg(
            "Known are (batch, 3, height, width), with sides of {sides} to {sides2}.", sides=_SIDES[0], sides2=_SIDES[1]
        ),
    )
    if len(sides) != 4 or sides[1] not in (None, 3):
        raise wrong
    batch, _, height, width = sides
    if batch is not None and not 1 <= batch <= _MOST_BATCH:
        raise wrong
    if any(side is not None and not _SIDES[0] <= side <= _SIDES[1] for side in (height, width)):
        raise wrong
    if height is None or width is None:
        return batch, None
    if height * width * (batch or 1) > _MOST_PIXELS:
        raise wrong
    return batch, (width, height)


def check_sizes(path: Path, shapes: Iterable[Sequence[object]], *, pixels: int, outputs: bool) -> None:
    """Refuse a model that makes more of its pictures than any detector does: memory is taken by it at every picture.

    Args:
        path: the file, for messages.
        shapes: those of what its layers, or its outputs, give, as a backend tells them; no whole number counts as 1.
        pixels: those of all pictures that go in at once.
        outputs: the shapes are those of outputs, which are small, and not of the layers within.

    Raises:
        WeightsError: one is larger.
    """
    each = _OUTPUT_OF_A_PIXEL if outputs else _LAYER_OF_A_PIXEL
    for shape in shapes:
        sides = [one if isinstance(one, int) and not isinstance(one, bool) and one > 0 else 1 for one in shape]
        if math.prod(sides) > max(_LEAST_VALUES, each * pixels):
            told = ", ".join(str(side)[:20] for side in sides[:6])
            raise WeightsError(
                msg(
                    "{path} makes more numbers of a picture than a detector does: ({told}).", path=path.name, told=told
                ),
                hint="Take other weights: these would fill the memory.",
            )


def _stride_of(text: str, *, path: Path) -> int:
    try:
        return max(_STRIDE, int(within(text, 1, _MOST_STRIDE, what="its stride")))
    except (TypeError, ValueError, ArithmeticError) as error:
        raise WeightsError(
            msg("{path} tells a stride that cannot be: {text}.", path=path.name, text=repr(text[:40])),
            hint="Export it again.",
        ) from error


def read_metadata(path: Path) -> dict[str, str]:
    """The key-value pairs of an ONNX file; empty where it has none.

    Raises:
        WeightsError: not an ONNX file, or it cannot be read.
    """
    found: dict[str, str] = {}
    fields = told = 0
    try:
        with map_os_errors(path, verb="read", to=WeightsError), open_plain(path) as file:
            end = file.seek(0, 2)
            file.seek(0)
            while file.tell() < end:
                field, length = _next_field(file)
                fields += 1
                if fields > _MOST_FIELDS:
                    raise ValueError(msg("it has too many fields"))
                if file.tell() + length > end:
                    raise ValueError(msg("a field reaches past the end of the file"))
                if field == _METADATA_PROPS:
                    stop, entry = file.tell() + length, {}
                    while file.tell() < stop:
                        inner, size = _next_field(file)
                        fields, told = fields + 1, told + size
                        if fields > _MOST_FIELDS or told > 4 * _MOST_METADATA:
                            raise ValueError(msg("it has too many fields"))
                        if size > _MOST_METADATA:
                            raise ValueError(msg("a text is too long"))
                        entry[inner] = file.read(size).decode("utf-8", "replace")
                    found[entry.get(_KEY, "")] = entry.get(_VALUE, "")
                else:
                    file.seek(length, 1)
    except ValueError as error:
        raise WeightsError(
            msg("{path} is not an ONNX file that can be read ({error}).", path=path, error=error)
        ) from error
    return found


def _next_field(file: BinaryIO) -> tuple[int, int]:
    """Number of the field that begins here, and how many bytes of content follow."""
    tag = _varint(file)
    wire = tag & 7
    if wire == 0:
        start = file.tell()
        _varint(file)
        length = file.tell() - start
        file.seek(start)
    elif wire == 2:
        length = _varint(file)
    elif wire in (1, 5):
        length = 8 if wire == 1 else 4
    else:
        raise ValueError(msg("unknown wire type {wire}", wire=wire))
    return tag >> 3, length


def _varint(file: BinaryIO) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            raise ValueError(msg("the file ends within a number"))
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise ValueError(msg("a number is too long"))
