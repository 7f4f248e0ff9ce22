"""Networks and classifiers from elsewhere: what they would take of memory is known before it is taken."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashcamcleaner.detection import onnx as onnx_backend
from dashcamcleaner.detection import openvino as openvino_backend
from dashcamcleaner.detection.onnx_metadata import check_sizes, read_metadata
from dashcamcleaner.detection.weights_search import find_weights
from dashcamcleaner.errors import WeightsError
from dashcamcleaner.scenes.classify import caffe_weights
from dashcamcleaner.scenes.classify.files import find_classifier
from dashcamcleaner.scenes.classify.network import NetworkClassifier
from dashcamcleaner.scenes.classify.port import ModelCard
from dashcamcleaner.scenes.classify.preparation import Preparation
from dashcamcleaner.scenes.classify.registry import open_classifier
from tests.caffe_model import PROTOTXT, field, write_model


def write_onnx(path: Path, out: tuple[int, ...], *, sides: tuple[int, ...] = (1, 3, 320, 320), open_out: bool = False,
               through: bool = False) -> Path:  # fmt: skip
    """A network of a few bytes that gives as many numbers as are asked for; or makes them on the way alone."""
    onnx = pytest.importorskip("onnx")
    helper, number = onnx.helper, onnx.TensorProto.FLOAT
    given = [
        onnx.numpy_helper.from_array(np.array(out, np.int64), "shape"),
        onnx.numpy_helper.from_array(np.ones(len(out), np.int64), "ones"),
    ]
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], keepdims=1, axes=[0, 1, 2, 3]),
        helper.make_node("Reshape", ["mean", "ones"], ["small"]),
        helper.make_node("Expand", ["small", "shape"], ["large" if through else "output"]),
    ]
    if through:
        nodes.append(helper.make_node("ReduceMean", ["large"], ["output"], keepdims=1))
    told = [1] * len(out) if through else ["a", "b", "c"][: len(out)] if open_out else list(out)
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("images", number, list(sides))],
        [helper.make_tensor_value_info("output", number, told)], given,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    pair = model.metadata_props.add()
    pair.key, pair.value = "names", "{0: 'face', 1: 'plate'}"
    onnx.save(model, str(path))
    return path


@pytest.mark.parametrize("backend", [openvino_backend, onnx_backend])
@pytest.mark.parametrize("open_out", [False, True])
def test_an_output_is_bounded_as_the_input_is(tmp_path: Path, backend: Any, open_out: bool) -> None:
    path = write_onnx(tmp_path / "big.onnx", (1, 6, 100_000_000), open_out=open_out)
    assert path.stat().st_size < 1000
    with pytest.raises(WeightsError, match="more numbers"):
        backend.open_yolo(find_weights(str(path)), input_size=(320, 320))
    backend.open_yolo(find_weights(str(write_onnx(tmp_path / "ok.onnx", (1, 6, 2100)))), input_size=(320, 320))


def test_a_layer_within_is_bounded(tmp_path: Path) -> None:
    path = write_onnx(tmp_path / "big.onnx", (1, 6, 100_000_000), through=True)
    with pytest.raises(WeightsError, match="more numbers"):
        openvino_backend.open_yolo(find_weights(str(path)), input_size=(320, 320))


def test_a_classifier_is_bounded_as_a_detector_is(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("road\nother\n")
    for sides in ((1, 3, 100_000, 16), (1, 3, 16, 1 << 30)):
        path = write_onnx(tmp_path / "wide.onnx", (1, 2), sides=sides)
        with pytest.raises(WeightsError, match="which no classifier does"):
            open_classifier(str(path))
    path = write_onnx(tmp_path / "big.onnx", (1, 100_000_000), sides=(1, 3, 224, 224))
    with pytest.raises(WeightsError, match="more numbers"):
        open_classifier(str(path))


def test_large_models_that_there_are_stay_within() -> None:
    for pixels, shape in (
        (640 * 640, (1, 84, 8400)), (640 * 640, (1, 1004, 8400)), (8192 * 4096, (1, 84, 688_128)),
        (1280 * 736, (1, 116, 19_320)), (640 * 640, (1, 32, 160, 160)), (640 * 640, ("n", None, 300)),
    ):  # fmt: skip
        check_sizes(Path("m.onnx"), [shape], pixels=pixels, outputs=True)
    for pixels, shape in ((640 * 640, (1, 96, 320, 320)), (8192 * 4096, (1, 96, 4096, 2048))):
        check_sizes(Path("m.onnx"), [shape], pixels=pixels, outputs=False)


def test_metadata_of_many_small_fields_are_not_read_for_ever(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(b"\x08\x01" * 2_000_000)
    with pytest.raises(WeightsError, match="too many fields"):
        read_metadata(tmp_path / "a.onnx")
    pair = b"\x0a\x01a\x12\x04" + b"x" * 4
    (tmp_path / "a.onnx").write_bytes((b"\x72" + bytes([len(pair)]) + pair) * 200_000)
    with pytest.raises(WeightsError, match="too many fields"):
        read_metadata(tmp_path / "a.onnx")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("POOLKIND kernel_size: 3 stride: 2", "AVE kernel_size: 3 stride: 1 pad: 7000"),
        ("POOLKIND kernel_size: 3 stride: 2", "AVE kernel_size: 14001 stride: 1 pad: 14000"),
        ("POOLKIND kernel_size: 3 stride: 2", "MAX kernel_size: 1e999 stride: 1"),
        ("pad: 1 }", "pad: 1 group: 0 }"),
        ("pad: 1 }", "pad: 1 group: -1 }"),
        ("pad: 1 }", "pad: 1 dilation: 1e999 }"),
        ("pad: 1 }", "pad: 1 dilation: -1 }"),
        ("pad: 1 }", "pad: 16000 }"),
        ("stride: 2 pad", "stride: 1e400 pad"),
        ("num_output: 4", "num_output: 1e999"),
        ("num_output: 4", "num_output: -4"),
        ("num_output: 3", f"num_output: {'9' * 4000}"),
        ("eps: 0.001", 'eps: "x"'),
        ("eps: 0.001", "eps: 1e999"),
        ('name: "relu" type: "ReLU"', 'name: "relu" type: "LRN" lrn_param { local_size: 999999999999999999999 }'),
        ('name: "relu" type: "ReLU"', 'name: "relu" type: "ReLU" transform_param { scale: x }'),
        ("input_dim: 15 input_dim: 15", "input_dim: 15 input_dim: 1e999"),
    ],
)
def test_a_caffe_definition_that_cannot_be_gets_a_sentence(tmp_path: Path, old: str, new: str) -> None:
    pytest.importorskip("onnx")
    assert old in PROTOTXT
    write_model(tmp_path, prototxt=PROTOTXT.replace(old, new))
    try:
        open_classifier(str(tmp_path / "tiny.caffemodel")).close()
    except WeightsError as error:
        assert error.message.endswith(".")
    else:
        assert "eps" in old, "an infinite number there makes zeros, which is a poor network and no danger"


def test_one_layers_numbers_are_not_taken_over_and_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnx")
    monkeypatch.setattr("dashcamcleaner.scenes.classify.caffe_graph._MOST_VALUES", 10_000)
    fc = 'layer { name: "fc" type: "InnerProduct" bottom: "pool" top: "fc" inner_product_param { num_output: 3 } }'
    write_model(tmp_path, prototxt=PROTOTXT.replace(fc, fc * 400))
    with pytest.raises(WeightsError, match=r"more weights|more numbers"):
        open_classifier(str(tmp_path / "tiny.caffemodel"))


@pytest.mark.parametrize(
    "content",
    [
        field(100, field(1, b"a") + field(7, field(5, b"") * 600_000)),
        field(100, field(1, b"a") + field(7, b"") * 600_000),
        field(100, b"") * 600_000,
        field(100, field(1, b"a") + field(7, field(7, field(1, b"\x01" * 1000)))),
    ],
    ids=["parts", "arrays", "layers", "sides"],
)
def test_caffe_weights_of_many_small_fields(content: bytes) -> None:
    with pytest.raises(WeightsError, match="can be read"):
        caffe_weights.read_blobs(content, name="a.caffemodel")


SIDECAR = {
    "task": "classify", "schema": 1, "name": "a", "labels": ["road", "other"], "files": [{"file": "a.onnx"}],
    "input": {"size": [224, 224]},
}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        '{"a":' * 200_000,
        json.dumps(SIDECAR).replace('"schema": 1', '"schema": 1e999'),
        json.dumps(SIDECAR).replace("[224, 224]", "[1e999, 1]"),
        json.dumps(SIDECAR).replace("[224, 224]", "224"),
        json.dumps({**SIDECAR, "experimental": 5}),
        json.dumps({**SIDECAR, "labels": 5}),
        json.dumps({**SIDECAR, "labels": [str(n) for n in range(30_000)]}),
        json.dumps({**SIDECAR, "files": 5}),
        json.dumps({**SIDECAR, "input": 5}),
        json.dumps({**SIDECAR, "input": {"size": [224, 224], "resized": 1e300}}),
        json.dumps(SIDECAR) + " " * (1 << 20),
    ],
    ids=str.__len__,
)
def test_a_classifiers_sidecar_gets_a_sentence(tmp_path: Path, text: str) -> None:
    write_onnx(tmp_path / "a.onnx", (1, 2), sides=(1, 3, 224, 224))
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(WeightsError) as found:
        open_classifier(str(tmp_path / "a.onnx")).close()
    assert "sidecar" in found.value.message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are those of Unix")
def test_a_sidecar_and_labels_are_no_pipes(tmp_path: Path) -> None:
    write_onnx(tmp_path / "a.onnx", (1, 2), sides=(1, 3, 224, 224))
    for name in ("a.json", "labels.txt"):
        os.mkfifo(tmp_path / name)
        assert find_classifier(str(tmp_path / "a.onnx")).labels is None, "what is no file is not there"
    with pytest.raises(WeightsError, match="no plain file"):
        find_classifier(str(tmp_path / "a.onnx"), labels=tmp_path / "labels.txt")


class Counting:
    """A network that notes how much it was given at once."""

    def __init__(self) -> None:
        self.most = 0

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        self.most = max(self.most, batch.size)
        return [np.full((len(batch), 2), 0.5, np.float32)]

    def close(self) -> None:
        pass


def test_large_pictures_are_judged_in_small_batches() -> None:
    network = Counting()
    card = ModelCard("a", "b", "c", "d")
    preparation = Preparation(size=(4096, 2048))
    judge = NetworkClassifier(network, labels=("a", "b"), preparation=preparation, card=card, batch=1024)
    assert judge.classify([np.zeros((20, 30, 3), np.uint8)] * 5).shape == (5, 2)
    assert network.most <= (1 << 24) * 3


def test_a_picture_of_one_line_does_not_grow_to_gigabytes() -> None:
    rows, counts = Preparation(size=(224, 224), resized=256).batch([np.zeros((1, 60_000, 3), np.uint8)])
    assert (rows.shape, counts) == ((1, 224, 224, 3), [1])
