"""ONNX files with absurd strides, names and shapes: one sentence each, from both engines that read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dashcamcleaner.detection import onnx as onnx_engine
from dashcamcleaner.detection import openvino as openvino_engine
from dashcamcleaner.detection.weights_search import find_weights
from dashcamcleaner.detection.yolo import kinds_of
from dashcamcleaner.errors import BackendError, WeightsError

onnx = pytest.importorskip("onnx")
ENGINES: dict[str, Any] = {"openvino": openvino_engine.open_yolo, "onnx": onnx_engine.open_yolo}
GOOD: dict[str, str] = {"names": "{0: 'face'}", "stride": "32"}


def model(
    path: Path,
    *,
    shape: tuple[int | str, ...] = (1, 3, 64, 64),
    inputs: int = 1,
    kind: int = 1,
    **metadata: str,
) -> Path:
    """A model whose one output is its input."""
    values = [onnx.helper.make_tensor_value_info(f"in{i}", kind, list(shape)) for i in range(inputs)]
    output = onnx.helper.make_tensor_value_info("out", kind, None)
    nodes = [onnx.helper.make_node("Identity", ["in0"], ["out"])] if inputs else []
    graph = onnx.helper.make_graph(nodes, "g", values, [output] if inputs else [])
    made = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)
    onnx.helper.set_model_props(made, {**GOOD, **metadata})
    path.write_bytes(made.SerializeToString())
    return path


DEEP = "[" * 3000 + "]" * 3000
ABSURD: dict[str, dict[str, Any]] = {
    "stride of words": {"stride": "many"},
    "endless stride": {"stride": "inf"},
    "stride that is no number": {"stride": "nan"},
    "stride of a billion": {"stride": "1e9"},
    "negative stride": {"stride": "-32"},
    "deep names": {"names": DEEP},
    "names by words": {"names": "{'a': 'face', 'b': 'plate'}"},
    "names by infinity": {"names": "{1e999: 'face'}"},
    "names with gaps": {"names": "{0: 'face', 7: 'plate'}"},
    "names that are code": {"names": "__import__('os').getcwd()"},
    "no names": {"names": "{}"},
    "null byte": {"names": "{0: 'a\0b'"},
    "flat input": {"shape": (64,)},
    "five sides": {"shape": (1, 3, 64, 64, 64)},
    "side of a million": {"shape": (1, 3, 1_000_000, 1_000_000)},
    "no side": {"shape": (1, 3, 0, 64)},
    "thousands at once": {"shape": (100_000, 3, 64, 64)},
    "seven colours": {"shape": (1, 7, 64, 64)},
    "whole numbers": {"kind": 7},
    "words": {"kind": 8},
    "two inputs": {"inputs": 2},
    "no input": {"inputs": 0},
    "of another output": {},
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ABSURD)
def test_an_absurd_file_gets_one_sentence(name: str, engine: str, tmp_path: Path) -> None:
    path = model(tmp_path / "m.onnx", **ABSURD[name])
    with pytest.raises(BackendError) as told:
        ENGINES[engine](find_weights(str(path)), input_size=(64, 64))
    assert told.value.message.strip()
    assert len(told.value.message) < 500
    assert told.value.exit_code == 5


@pytest.mark.parametrize("cut", [0, 1, 10, 60])
@pytest.mark.parametrize("engine", ENGINES)
def test_half_a_file_gets_one_sentence(cut: int, engine: str, tmp_path: Path) -> None:
    path = model(tmp_path / "m.onnx")
    path.write_bytes(path.read_bytes()[:cut] + b"\xff" * 7)
    with pytest.raises(BackendError):
        ENGINES[engine](find_weights(str(path)), input_size=(64, 64))


@pytest.mark.parametrize("names", [{"a": 1}, {float("inf"): "face"}, {None: "face"}, [], ["x"] * 200_000, "(" * 5000])
def test_names_that_cannot_be_are_told(names: Any) -> None:
    with pytest.raises(WeightsError):
        kinds_of(names)
