"""A Caffe model in, an ONNX file out: definition (``.prototxt``), weights (``.caffemodel``), mean (``.binaryproto``).

No backend that is kept reads Caffe any more, and the classifiers that people have in it are made of few layers; so the
two files are read here and their layers written as ONNX nodes. Layers are those of classifiers: convolutions, inner
products, batch normalisation with its scale, pooling (Caffe's own, which rounds sizes up), ReLU, PReLU, LRN,
element-wise sums, concatenation, softmax, dropout. A layer that is not known is refused by name: nothing is left out
silently.

Both files are foreign input: sizes are bounded, nothing in them is run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dashcamcleaner.errors import WeightsError
from dashcamcleaner.messages import msg
from dashcamcleaner.scenes.classify.caffe_graph import onnx_of
from dashcamcleaner.scenes.classify.caffe_text import Message, read_prototxt
from dashcamcleaner.scenes.classify.caffe_weights import read_blobs, read_mean
from dashcamcleaner.side_files import UNREADABLE, read_bytes, reason_of

__all__ = ["CaffeModel", "read_caffe"]

_MOST_TEXT = 4 << 20
_MOST_WEIGHTS = 1 << 30
_USUAL_MEAN = np.array([104, 117, 123], np.float32)
"""Blue, green, red: the means of ImageNet's pictures, which Caffe's reference models and their kin take off."""


@dataclass(frozen=True, slots=True, eq=False)
class CaffeModel:
    """What a Caffe model is for a `Classifier`.

    Args:
        onnx: the network as an ONNX file; input ``(n, 3, h, w)``, blue first.
        size: ``(width, height)`` of its input.
        mean: per channel, or a picture ``(h, w, 3)``; blue first.
        scale: what each channel is divided by.
    """

    onnx: bytes
    size: tuple[int, int]
    mean: np.ndarray
    scale: np.ndarray


def read_caffe(definition: Path, *, weights: Path, mean: Path | None = None) -> CaffeModel:
    """Read a model.

    Args:
        definition: its ``deploy.prototxt``.
        weights: its ``.caffemodel``.
        mean: its mean picture or means, ``.binaryproto``; None: the usual means.

    Raises:
        WeightsError: a file cannot be read, or holds what is not known.
        ExtraMissing: the package ``onnx`` is not installed.
    """
    layers = read_prototxt(_content(definition, most=_MOST_TEXT).decode("utf-8", "replace"), name=definition.name)
    blobs = read_blobs(_content(weights, most=_MOST_WEIGHTS), name=weights.name)
    try:
        content, size = onnx_of(layers, blobs, name=definition.name)
        factor = _scale_of(layers)
    except UNREADABLE as error:
        raise WeightsError(
            msg(
                "{definition} and {weights} do not fit together ({error}).",
                definition=definition.name,
                weights=weights.name,
                error=reason_of(error),
            )
        ) from error
    return CaffeModel(
        onnx=content,
        size=size,
        mean=_USUAL_MEAN if mean is None else read_mean(_content(mean, most=_MOST_TEXT * 4), name=mean.name),
        scale=np.full(3, 1 / factor, np.float32),
    )


def _scale_of(layers: Message) -> float:
    """What the definition multiplies pixels by, where it says so (``transform_param``)."""
    for layer in layers.messages("layer") + layers.messages("layers"):
        for parameter in layer.messages("transform_param"):
            factor = float(parameter.first("scale", 1.0))
            if 0 < factor < math.inf:
                return factor
    return 1.0


def _content(path: Path, *, most: int) -> bytes:
    return read_bytes(path, what=msg("The file {path}", path=path), to=WeightsError, most=most)
