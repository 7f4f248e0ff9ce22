"""Caffe's layers as ONNX nodes. Shapes are followed on the way, since Caffe rounds pooled sizes up, and ONNX down."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dashcamcleaner.errors import ExtraMissing, WeightsError, extra_hint
from dashcamcleaner.messages import msg
from dashcamcleaner.scenes.classify.caffe_text import Message

__all__ = ["onnx_of"]

_MOST_LAYERS = 5000
_LARGEST_PX = 4096
_MOST_VALUES = 1 << 29
"""Numbers that all layers give together for one picture; ResNet-152 gives 200 million. Of weights half as many."""
_DROPPED = {"Dropout", "Silence", "Accuracy", "SoftmaxWithLoss", "Data", "ImageData", "HDF5Data"}
_OLD_NAMES = {
    "CONVOLUTION": "Convolution", "INNER_PRODUCT": "InnerProduct", "POOLING": "Pooling", "RELU": "ReLU", "LRN": "LRN",
    "DROPOUT": "Dropout", "SOFTMAX": "Softmax", "CONCAT": "Concat", "ELTWISE": "Eltwise", "FLATTEN": "Flatten",
    "SIGMOID": "Sigmoid", "DATA": "Data", "SOFTMAX_LOSS": "SoftmaxWithLoss", "ACCURACY": "Accuracy",
}  # fmt: skip
"""Layer types as definitions before 2014 spell them."""


def onnx_of(
    definition: Message, blobs: Mapping[str, Sequence[np.ndarray]], *, name: str
) -> tuple[bytes, tuple[int, int]]:
    """An ONNX file, and the ``(width, height)`` of its input.

    Args:
        definition: the whole ``.prototxt``.
        blobs: the numbers by layer.
        name: what messages call the definition.

    Raises:
        WeightsError: a layer that is not known, or a network that takes no picture.
        ExtraMissing: the package ``onnx`` is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise ExtraMissing("onnx is not installed, which Caffe models need.", hint=extra_hint("scenes")) from error
    layers = definition.messages("layer") or definition.messages("layers")
    if len(layers) > _MOST_LAYERS:
        raise WeightsError(msg("{name} has {count} layers, which no classifier has.", name=name, count=len(layers)))
    title, sides = _input_of(definition, layers, name=name)
    network = _Network(onnx, blobs, name=name)
    network.begin(title, [3, *sides])
    for layer in layers:
        network.add(layer)
    return network.content(), (sides[1], sides[0])


def _input_of(definition: Message, layers: Sequence[Message], *, name: str) -> tuple[str, list[int]]:
    """Name, height and width of the picture that goes in."""
    given = next((layer for layer in layers if str(layer.first("type", "")) == "Input"), None)
    if given is not None:
        title, shape = str(given.first("top", "data")), given.part("input_param").part("shape").all("dim")
    else:
        title = str(definition.first("input", "data"))
        shape = definition.all("input_dim") or definition.part("input_shape").all("dim")
    sides = [side for side in shape if isinstance(side, int)]
    if len(sides) != 4 or sides[1] != 3 or not all(8 <= side <= _LARGEST_PX for side in sides[2:]):
        raise WeightsError(
            msg("{name} does not take pictures of three colours.", name=name), hint="Name the deploy.prototxt."
        )
    return title, sides[2:]


class _Network:
    """ONNX nodes that grow layer by layer; blobs that are worked on in place get new names."""

    def __init__(self, onnx: Any, blobs: Mapping[str, Sequence[np.ndarray]], *, name: str) -> None:
        self._onnx, self._blobs, self._name = onnx, blobs, name
        self._nodes: list[Any] = []
        self._numbers: list[Any] = []
        self._at: dict[str, str] = {}
        self._shapes: dict[str, list[int]] = {}
        self._last = ""
        self._values = self._weights_values = 0
        self._input: tuple[str, list[int]] = ("", [])
        self._layers: dict[str, Callable[[Message, list[str]], tuple[str, list[int]]]] = {
            "Convolution": self._convolution, "InnerProduct": self._inner_product, "BatchNorm": self._batch_norm,
            "Scale": self._scale, "ReLU": self._relu, "PReLU": self._prelu, "Pooling": self._pooling, "LRN": self._lrn,
            "Eltwise": self._eltwise, "Concat": self._concat, "Softmax": self._softmax, "Flatten": self._flatten,
            "Sigmoid": self._sigmoid,
        }  # fmt: skip

    def begin(self, title: str, shape: list[int]) -> None:
        """The picture that goes in, channels first."""
        self._input = (title, shape)
        self._at[title], self._shapes[title] = title, shape

    def add(self, layer: Message) -> None:
        """The next layer."""
        kind = str(layer.first("type", ""))
        kind = _OLD_NAMES.get(kind, kind)
        if kind == "Input" or any(str(part.first("phase", "TEST")) == "TRAIN" for part in layer.messages("include")):
            return
        tops, bottoms = [str(top) for top in layer.all("top")], [str(bottom) for bottom in layer.all("bottom")]
        if kind == "Split" or kind in _DROPPED:
            for top in tops if bottoms else []:
                self._at[top] = self._at[bottoms[0]]
            return
        if kind not in self._layers or len(tops) != 1:
            raise WeightsError(
                msg(
                    "{name} has a layer of the type {kind}, which is not known here.", name=self._name, kind=repr(kind)
                ),
                hint=msg(
                    "Known: {layers}. Convert the model to ONNX with other tools.", layers=", ".join(self._layers)
                ),
            )
        missing = [bottom for bottom in bottoms if bottom not in self._at]
        if missing or not bottoms:
            raise WeightsError(
                msg(
                    "{name}: nothing gives {missing} to {first}.",
                    name=self._name,
                    missing=missing or "an input",
                    first=repr(layer.first("name", kind)),
                )
            )
        made, shape = self._layers[kind](layer, [self._at[bottom] for bottom in bottoms])
        self._values += math.prod(shape)
        if self._values > _MOST_VALUES:
            raise self._too_large(layer, kind)
        if not shape or not all(0 < side <= 1 << 24 for side in shape):
            raise WeightsError(
                msg(
                    "{name}: the layer {first} leaves nothing of the picture.",
                    name=self._name,
                    first=repr(layer.first("name", kind)),
                )
            )
        self._at[tops[0]], self._shapes[made] = made, shape
        self._last = made

    def _too_large(self, layer: Message, kind: str) -> WeightsError:
        return WeightsError(
            msg(
                "{name}: the layer {first} makes more numbers than a classifier does.",
                name=self._name,
                first=repr(layer.first("name", kind)),
            ),
            hint="The definition is broken.",
        )

    def content(self) -> bytes:
        """The ONNX file; what the last layer gives comes out."""
        kind, helper = self._onnx.TensorProto.FLOAT, self._onnx.helper
        title, shape = self._input
        model = helper.make_model(
            helper.make_graph(
                self._nodes,
                "caffe",
                [helper.make_tensor_value_info(title, kind, ["n", *shape])],
                [helper.make_tensor_value_info(self._last, kind, ["n", *self._shapes[self._last]])],
                self._numbers,
            ),
            opset_imports=[helper.make_opsetid("", 13)],
            ir_version=8,
        )
        content: bytes = model.SerializeToString()
        return content

    def _node(self, operator: str, inputs: list[str], **attributes: Any) -> str:
        made = f"_{len(self._nodes)}_{operator}"
        self._nodes.append(self._onnx.helper.make_node(operator, inputs, [made], **attributes))
        return made

    def _number(self, values: np.ndarray) -> str:
        made = f"_w{len(self._numbers)}"
        self._weights_values += values.size  # many layers may take the same numbers from the file
        if self._weights_values > _MOST_VALUES // 2:
            raise WeightsError(msg("{name} has more weights than a classifier has.", name=self._name))
        self._numbers.append(self._onnx.numpy_helper.from_array(np.ascontiguousarray(values, np.float32), made))
        return made

    def _weights(self, layer: Message, least: int) -> list[np.ndarray]:
        title = str(layer.first("name", ""))
        found = list(self._blobs.get(title, ()))
        if len(found) < least:
            raise WeightsError(
                msg("the weights hold nothing for the layer {title}.", title=repr(title)),
                hint="They belong to another model.",
            )
        return found

    def _convolution(self, layer: Message, inputs: list[str]) -> tuple[str, list[int]]:
        part, (weights, *bias) = layer.part("convolution_param"), self._weights(layer, 1)
        channels, *sides = self._shapes[inputs[0]]
        kernel, stride, pad = _window(part, sides)
        dilation = int(part.first("dilation", 1))
        group, count = int(part.first("group", 1)), int(part.first("num_output", 0))
        if not (0 < group <= channels and channels % group == 0 and 0 < dilation <= _LARGEST_PX and count > 0):
            raise WeightsError(
                msg("{name} has a convolution that cannot be: its groups, dilation or outputs.", name=self._name),
                hint="The definition is broken.",
            )
        values = weights.reshape(count, channels // group, *kernel)
        given = [inputs[0], self._number(values)] + [self._number(one.reshape(-1)) for one in bias[:1]]
        made = self._node(
            "Conv", given, kernel_shape=kernel, strides=stride, pads=[*pad, *pad], group=group, dilations=[dilation] * 2
        )
        out = [
            (side + 2 * p - (dilation * (k - 1) + 1)) // s + 1
            for side, p, k, s in zip(sides, pad, kernel, stride, strict=True)
        ]
        return made, [count, *out]

    def _pooling(self, layer: Message, inputs: list[str]) -> tuple[str, list[int]]:
        part = layer.part("pooling_param")
        channels, *sides = self._shapes[inputs[0]]
        mean = str(part.first("pool", "MAX")) in ("AVE", "1")
        if str(part.first("pool", "MAX")) not in ("MAX", "AVE", "0", "1"):
            raise WeightsError(
                msg("{name} pools in a way that is not known here.", name=self._name), hint="Known: MAX and AVE."
            )
        if part.first("global_pooling", False):
            return self._node("GlobalAveragePool" if mean else "GlobalMaxPool", inputs), [channels, 1, 1]
        kernel, stride, pad = _window(part, sides)
        out, ends = [], []
        for side, k, s, p in zip(sides, kernel, stride, pad, strict=True):
            count = math.ceil((side + 2 * p - k) / s) + 1
            if p and (count - 1) * s >= side + p:
                count -= 1  # the last window must begin inside of the picture
            if p >= k:  # Caffe refuses it as well: whole windows would lie beside the picture
                raise WeightsError(
                    msg("{name} pools with more padding than its window is wide.", name=self._name),
                    hint="The definition is broken.",
                )
            out.append(count)
            ends.append(max(0, (count - 1) * s + k - side - p))
        options = {"kernel_shape": kernel, "strides": stride}
        if not mean:
            return self._node("MaxPool", inputs, pads=[*pad, *ends], **options), [channels, *out]
        # Caffe's mean counts the padding that is written, but not what hangs over the end. Both are got by summing.
        sums = self._node("AveragePool", inputs, pads=[*pad, *ends], count_include_pad=1, **options)
        shares = [
            [k / max(1, min(i * s - p + k, side + p) - (i * s - p)) for i in range(count)]
            for count, side, k, s, p in zip(out, sides, kernel, stride, pad, strict=True)
        ]
        factor = np.outer(np.array(shares[0]), np.array(shares[1]))[None, None]
        return (sums if np.allclose(factor, 1) else self._node("Mul", [sums, self._number(factor)])), [channels, *out]

    def _inner_product(self, layer: Message, inputs: list[str]) -> tuple[str, list[int]]:
        count = int(layer.part("inner_product_param").first("num_output", 0))
        weights, *bias = self._weights(layer, 1)
        values = weights.reshape(count, math.prod(self._shapes[inputs[0]]))
        given = [self._node("Flatten", inputs), self._number(values)]
        return self._node("Gemm", given + [self._number(one.reshape(-1)) for one in bias[:1]], transB=1), [count]

    def _per_channel(self, values: np.ndarray, shape: Sequence[int]) -> str:
        return self._number(values.reshape(1, shape[0], *[1] * (len(shape) - 1)))

    def _batch_norm(self, layer: Message, inputs: list[str]) -> tuple[str, list[int]]:
        shape = self._shapes[inputs[0]]
        mean, variance, factor = self._weights(layer, 3)[:3]
        scale = 1 / float(factor.reshape(-1)[0]) if float(factor.reshape(-1)[0]) else 0.0
        gain = 1 / np.sqrt(variance.reshape(-1) * scale + float(layer.part("batch_norm_param").first("eps", 1e-5)))
        shift = -mean.reshape(-1) * scale * gain
        made = self._node("Mul", [inputs[0], self._per_channel(gain, shape)])
        return self._node("Add", [made, self._per_channel(shift, shape)]), shape

    def _scale(self, layer: Message, inputs: list[str]) -> tuple[str, list[int]]:
        shape = self._shapes[inputs[0]]
        if len(inputs) != 1:
            raise WeightsError(msg("{name} scales one layer by another, which is not known here.", name=self._name))
        gain, *bias = self._weights(layer, 1)
        made = self._node("Mul", [inputs[0], self._per_channel(gain, shape)])
        return (self._node("Add", [made, self._per_channel(bias[0], shape)]) if bias else made), shape

    def _relu(self, layer: Message, inputs: list[str]) -> tuple[str, list[int]]:
        slope = float(layer.part("relu_param").first("negative_slope", 0))
        made = self._node("LeakyRelu", inputs, alpha=slope) if slope else self._node("Relu", inputs)
        return made, self._shapes[inputs[0]]

    def _prelu(self, layer: Message, inputs: list[str]) -> tuple[str, list[int]]:
        shape = self._shapes[inputs[0]]
        slopes = self._weights(layer, 1)[0].reshape(-1)
        slopes = np.broadcast_to(slopes, shape[0]).reshape(shape[0], *[1] * (len(shape) - 1))
        return self._node("PRelu", [inputs[0], self._number(slopes)]), shape

    def _lrn(self, layer: Message, inputs: list[str]) -> tuple[str, list[int]]:
        part = layer.part("lrn_param")
        if str(part.first("norm_region", "ACROSS_CHANNELS")) not in ("ACROSS_CHANNELS", "0"):
            raise WeightsError(msg("{name} normalises within channels, which is not known here.", name=self._name))
        made = self._node(
            "LRN", inputs, size=int(part.first("local_size", 5)), alpha=float(part.first("alpha", 1)),
            beta=float(part.first("beta", 0.75)), bias=float(part.first("k", 1)),
        )  # fmt: skip
        return made, self._shapes[inputs[0]]

    def _eltwise(self, layer: Message, inputs: list[str]) -> tuple[str, list[int]]:
        part = layer.part("eltwise_param")
        word = str(part.first("operation", "SUM"))
        operator = {"PROD": "Mul", "0": "Mul", "SUM": "Add", "1": "Add", "MAX": "Max", "2": "Max"}.get(word, "")
        if not operator or any(float(one) != 1 for one in part.all("coeff")):
            raise WeightsError(msg("{name} joins layers in a way that is not known here.", name=self._name))
        made = inputs[0]
        for other in inputs[1:]:
            made = self._node(operator, [made, other])
        return made, self._shapes[inputs[0]]

    def _concat(self, layer: Message, inputs: list[str]) -> tuple[str, list[int]]:
        part = layer.part("concat_param")
        if int(part.first("axis", part.first("concat_dim", 1))) != 1:
            raise WeightsError(msg("{name} concatenates along another axis than channels.", name=self._name))
        shapes = [self._shapes[one] for one in inputs]
        return self._node("Concat", inputs, axis=1), [sum(shape[0] for shape in shapes), *shapes[0][1:]]

    def _softmax(self, layer: Message, inputs: list[str]) -> tuple[str, list[int]]:
        axis = int(layer.part("softmax_param").first("axis", 1))
        return self._node("Softmax", inputs, axis=axis), self._shapes[inputs[0]]

    def _flatten(self, _: Message, inputs: list[str]) -> tuple[str, list[int]]:
        return self._node("Flatten", inputs), [math.prod(self._shapes[inputs[0]])]

    def _sigmoid(self, _: Message, inputs: list[str]) -> tuple[str, list[int]]:
        return self._node("Sigmoid", inputs), self._shapes[inputs[0]]


def _window(part: Message, sides: Sequence[int]) -> tuple[list[int], list[int], list[int]]:
    """Kernel, stride and padding, each ``[high, wide]``."""

    def pair(name: str, default: int) -> list[int]:
        short = {"kernel_size": "kernel"}.get(name, name)
        if f"{short}_h" in part.fields:
            return [int(part.first(f"{short}_{axis}", default)) for axis in "hw"]
        values = [int(value) for value in part.all(name)] or [default]
        return values[:2] if len(values) > 1 else values * 2

    kernel, stride, pad = pair("kernel_size", 0), pair("stride", 1), pair("pad", 0)
    fits = all(k <= side + 2 * p for k, side, p in zip(kernel, sides, pad, strict=True))
    if min(kernel) < 1 or min(stride) < 1 or min(pad) < 0 or not fits:
        raise WeightsError(
            msg("a window of {kernel} does not fit a layer of {list}.", kernel=kernel, list=list(sides)),
            hint="The definition is broken.",
        )
    return kernel, stride, pad
