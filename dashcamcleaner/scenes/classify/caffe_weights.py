"""Caffe's binary files: a ``.caffemodel``'s numbers by layer, and a mean picture. Protobuf's wire format, by hand.

Field numbers are those of ``caffe.proto``: NetParameter 2 (layers, of old) and 100 (layer); LayerParameter 1 name, 7
blobs; V1LayerParameter 4 name, 6 blobs; BlobProto 1-4 num, channels, height, width, 5 data (float), 7 shape, 8
double_data.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from dashcamcleaner.errors import WeightsError
from dashcamcleaner.messages import msg

__all__ = ["read_blobs", "read_mean"]

_V1_LAYERS, _LAYERS = 2, 100
_MOST_SIDES = 8
_MOST_FIELDS = 500_000
"""Of a whole file: a layer has some twenty, and its numbers are one field."""


def read_blobs(content: bytes, *, name: str) -> dict[str, list[np.ndarray]]:
    """The numbers of each layer that has any, by its name.

    Raises:
        WeightsError: it is no such file, or holds no layer.
    """
    found: dict[str, list[np.ndarray]] = {}
    left = [_MOST_FIELDS]
    try:
        for number, layer in _messages(memoryview(content), left):
            if number not in (_V1_LAYERS, _LAYERS):
                continue
            named, blobs = (1, 7) if number == _LAYERS else (4, 6)
            title, numbers = "", []
            for inner, value in _messages(layer, left):
                if inner == named:
                    title = bytes(value).decode("utf-8", "replace")
                elif inner == blobs:
                    numbers.append(_blob(value, left))
            if numbers:
                found[title] = numbers
    except (ValueError, IndexError) as error:
        raise WeightsError(
            msg("{name} is no .caffemodel that can be read ({error}).", name=name, error=error)
        ) from error
    if not found:
        raise WeightsError(
            msg("{name} holds no weights.", name=name), hint="Name the .caffemodel that belongs to the .prototxt."
        )
    return found


def read_mean(content: bytes, *, name: str) -> np.ndarray:
    """A mean picture ``(h, w, 3)`` float32, blue first; or the three means where the file holds no more.

    Raises:
        WeightsError: it is no such file.
    """
    try:
        blob = _blob(memoryview(content), [_MOST_FIELDS])
    except (ValueError, IndexError) as error:
        raise WeightsError(
            msg("{name} is no .binaryproto that can be read ({error}).", name=name, error=error)
        ) from error
    sides = list(blob.shape[-3:]) if blob.ndim >= 3 else [blob.size]
    if blob.size != math.prod(sides) or sides[0] != 3 or not np.isfinite(blob).all():
        raise WeightsError(
            msg("{name} is no mean of pictures with three colours.", name=name),
            hint="Leave -m out for the usual means.",
        )
    if blob.size == 3:
        return blob.reshape(3)
    return np.ascontiguousarray(blob.reshape(sides).transpose(1, 2, 0))


def _messages(data: memoryview, left: list[int]) -> Iterator[tuple[int, memoryview]]:
    """Field numbers and contents of a message: those that have a length; others are passed over."""
    for number, wire, value in _fields(data, left):
        if wire == 2:
            yield number, value


def _fields(data: memoryview, left: list[int]) -> Iterator[tuple[int, int, memoryview]]:
    """Number, wire type and content of each field; ``left`` holds how many a file may have yet, all in all."""
    place = 0
    while place < len(data):
        left[0] -= 1
        if left[0] < 0:  # each costs memory and time, however short it is
            raise ValueError(msg("it has too many fields"))
        tag, place = _varint(data, place)
        wire = tag & 7
        if wire == 0:
            start = place
            _, place = _varint(data, place)
            yield tag >> 3, wire, data[start:place]
            continue
        if wire == 2:
            length, place = _varint(data, place)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise ValueError(msg("unknown wire type {wire}", wire=wire))
        if place + length > len(data):
            raise ValueError(msg("a field reaches past the end of the file"))
        yield tag >> 3, wire, data[place : place + length]
        place += length


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(data):
            raise ValueError(msg("the file ends within a number"))
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise ValueError(msg("a number is too long"))


def _blob(data: memoryview, left: list[int]) -> np.ndarray:
    old = [1, 1, 1, 1]
    sides: list[int] | None = None
    parts: list[np.ndarray] = []
    for number, wire, value in _fields(data, left):
        if number in (1, 2, 3, 4) and wire == 0:
            old[number - 1] = _varint(value, 0)[0]
        elif number == 5:
            parts.append(np.frombuffer(value, "<f4"))
        elif number == 8:
            parts.append(np.frombuffer(value, "<f8").astype(np.float32))
        elif number == 7 and wire == 2:
            sides = []
            for inner, kind, packed in _fields(value, left):
                place = 0
                while inner == 1 and kind in (0, 2) and place < len(packed):
                    side, place = _varint(packed, place)
                    sides.append(side)
                    if len(sides) > _MOST_SIDES:
                        raise ValueError(msg("an array has too many sides"))
    numbers = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    shape = old if sides is None else sides
    if len(shape) > _MOST_SIDES or math.prod(shape) != len(numbers):
        raise ValueError(
            msg("{count} numbers do not fill {names}", count=len(numbers), names="x".join(map(str, shape)))
        )
    return numbers.reshape(shape)
