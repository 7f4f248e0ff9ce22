"""A tiny Caffe model, written by hand: three labels, pictures of 15 x 15."""

from __future__ import annotations

from pathlib import Path

import numpy as np

PROTOTXT = """
name: "tiny"  # comment
input: "data"
input_dim: 1 input_dim: 3 input_dim: 15 input_dim: 15
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 4 kernel_size: 3 stride: 2 pad: 1 } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" batch_norm_param { eps: 0.001 } }
layer { name: "scale" type: "Scale" bottom: "conv" top: "conv" scale_param { bias_term: true } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool"
  pooling_param { pool: POOLKIND kernel_size: 3 stride: 2 } }
layer { name: "drop" type: "Dropout" bottom: "pool" top: "pool" }
layer { name: "fc" type: "InnerProduct" bottom: "pool" top: "fc" inner_product_param { num_output: 3 } }
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
"""


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def blob(values: np.ndarray) -> bytes:
    shape = b"".join(varint(side) for side in values.shape)
    return field(7, field(1, shape)) + field(5, values.astype("<f4").tobytes())


def layer(name: str, *values: np.ndarray) -> bytes:
    return field(100, field(1, name.encode()) + b"".join(field(7, blob(value)) for value in values))


def write_model(folder: Path, *, pool: str = "MAX", prototxt: str = PROTOTXT) -> dict[str, np.ndarray]:
    chance = np.random.default_rng(2)
    numbers = {
        "w": chance.normal(0, 0.02, (4, 3, 3, 3)), "b": chance.normal(0, 1, 4), "mean": chance.normal(0, 1, 4),
        "var": chance.uniform(1, 4, 4), "gain": chance.uniform(0.5, 2, 4), "shift": chance.normal(0, 1, 4),
        "fc": chance.normal(0, 0.05, (3, 4 * 4 * 4)), "fcb": chance.normal(0, 0.1, 3),
    }  # fmt: skip
    n = {key: value.astype(np.float32) for key, value in numbers.items()}
    two = np.array([2.0], np.float32)
    content = layer("conv", n["w"], n["b"]) + layer("bn", n["mean"] * 2, n["var"] * 2, two)
    content += layer("scale", n["gain"], n["shift"]) + layer("fc", n["fc"], n["fcb"])
    (folder / "tiny.caffemodel").write_bytes(field(1, b"tiny") + content)
    (folder / "deploy.prototxt").write_text(prototxt.replace("POOLKIND", pool), encoding="utf-8")
    (folder / "labels.txt").write_text("road\nrain\nother\n", encoding="utf-8")
    mean = np.full((1, 3, 15, 15), 100.0, np.float32)
    old = b"".join(varint(number << 3) + varint(side) for number, side in enumerate(mean.shape, start=1))
    (folder / "mean.binaryproto").write_bytes(old + field(5, mean.astype("<f4").tobytes()))
    return n
