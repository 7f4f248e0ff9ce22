"""What an ``.onnx`` file tells of itself: Ultralytics' exports carry class names, task and stride as key-value pairs.

OpenVINO drops these pairs when it reads the file, and the ``onnx`` package is no dependency of users; so the few bytes
are read here, skipping over the weights. Both ONNX engines ask this, so that they see one file alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dashcamcleaner.detection.weights import Weights
from dashcamcleaner.detection.yolo import kinds_of
from dashcamcleaner.errors import WeightsError
from dashcamcleaner.files import map_os_errors

__all__ = ["BOX_TASKS", "ModelFacts", "facts_of", "read_metadata"]

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
        raise WeightsError(f"{path.name} is a model for the task {task!r}, which gives no upright boxes.")
    if weights.kinds is None and "names" not in metadata:
        raise WeightsError(
            f"{path.name} does not tell its class names.",
            hint=f"Write a sidecar {path.stem}.json, see docs/weights.md.",
        )
    rows = metadata.get("end2end") == "True" or "'nms': True" in metadata.get("args", "")
    return ModelFacts(
        kinds=weights.kinds or kinds_of(metadata["names"]),
        head="end-to-end" if weights.head == "auto" and rows else weights.head,
        stride=max(32, int(float(metadata.get("stride") or 32))),
    )


def read_metadata(path: Path) -> dict[str, str]:
    """The key-value pairs of an ONNX file; empty where it has none.

    Raises:
        WeightsError: not an ONNX file, or it cannot be read.
    """
    found: dict[str, str] = {}
    try:
        with map_os_errors(path, verb="read", to=WeightsError), path.open("rb") as file:
            end = file.seek(0, 2)
            file.seek(0)
            while file.tell() < end:
                field, length = _next_field(file)
                if file.tell() + length > end:
                    raise ValueError("a field reaches past the end of the file")
                if field == _METADATA_PROPS:
                    stop, entry = file.tell() + length, {}
                    while file.tell() < stop:
                        inner, size = _next_field(file)
                        entry[inner] = file.read(size).decode("utf-8", "replace")
                    found[entry.get(_KEY, "")] = entry.get(_VALUE, "")
                else:
                    file.seek(length, 1)
    except ValueError as error:
        raise WeightsError(f"{path} is not an ONNX file that can be read ({error}).") from error
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
        raise ValueError(f"unknown wire type {wire}")
    return tag >> 3, length


def _varint(file: BinaryIO) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            raise ValueError("the file ends within a number")
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise ValueError("a number is too long")
