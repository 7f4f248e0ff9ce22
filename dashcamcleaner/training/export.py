"""A checkpoint in, shippable weights out: ``.pt``, ``.onnx``, optionally int8, and the sidecar with their metadata.

Called by ``dashcamcleaner train export``. The ``.pt`` opens with Ultralytics; the ``.onnx`` holds the one-to-many head
without suppression, with dynamic batch, height and width, and is compared with torch before it counts as written.
Files are written beside and renamed; the sidecar comes last, so that a killed export leaves nothing that half works.
"""

from __future__ import annotations

import copy
import importlib.util
import logging
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dashcamcleaner.atomic_files import atomic_json, atomic_path
from dashcamcleaner.detection.weights import SCHEMA, read_sidecar
from dashcamcleaner.detection.yolo import letterbox, network_size
from dashcamcleaner.errors import ExtraMissing, OutputError, WeightsError, extra_hint
from dashcamcleaner.messages import msg
from dashcamcleaner.plain_files import file_sha256
from dashcamcleaner.training.fit import save_checkpoint
from dashcamcleaner.training.label_files import KINDS
from dashcamcleaner.training.pictures import read_rgb
from dashcamcleaner.training.ultra import detect_head, load_model, require, single_head

__all__ = ["export", "export_int8", "recommended_thresholds", "write_sidecar"]

_OPSET = 17
_TOLERANCE = 2e-3
"""Largest relative difference between torch's and ONNX Runtime's output that still counts as the same network."""


def export(checkpoint: str | Path, folder: str | Path, *, name: str) -> dict[str, Path]:
    """Write ``<name>.pt`` and ``<name>.onnx`` into ``folder``.

    Args:
        checkpoint: what `training.fit` wrote, or any Ultralytics detection checkpoint of our kinds that you trust.
        folder: where the weights go.
        name: stem of the files and name of the weights.

    Returns:
        Format -> path.

    Raises:
        ExtraMissing: torch, Ultralytics or onnx is not installed.
        WeightsError: the checkpoint cannot be read, or the export computes something else than torch.
    """
    require()
    if importlib.util.find_spec("onnx") is None:
        raise ExtraMissing("the export needs onnx, which is not installed.", hint=extra_hint("train"))
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    model = single_head(load_model(checkpoint)).eval()
    torch_file, onnx_file = folder / f"{name}.pt", folder / f"{name}.onnx"
    save_checkpoint(model, torch_file, summary={"exported_from": Path(checkpoint).name})
    _write_onnx(model, onnx_file)
    return {"torch": torch_file, "onnx": onnx_file}


def _write_onnx(model: Any, path: Path) -> None:
    import onnx
    import torch

    fused = copy.deepcopy(model).float().eval().fuse(verbose=False)
    head = detect_head(fused)
    head.export, head.dynamic, head.format = True, True, "onnx"
    sample = torch.rand(1, 3, 192, 256)
    axes = {"images": {0: "batch", 2: "height", 3: "width"}, "output0": {0: "batch", 2: "anchors"}}
    with atomic_path(path) as beside:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # the tracer warns of every constant shape; see the check below
            torch.onnx.export(
                fused,
                (sample,),
                str(beside),
                input_names=["images"],
                output_names=["output0"],
                dynamic_axes=axes,
                opset_version=_OPSET,
                dynamo=False,
            )
        graph = onnx.load(beside)
        for key, value in (("names", dict(enumerate(KINDS))), ("stride", int(max(head.stride))), ("task", "detect")):
            entry = graph.metadata_props.add()
            entry.key, entry.value = key, str(value)
        onnx.save(graph, beside)
        _compare(fused, beside)


def _compare(model: Any, path: Path) -> None:
    """The written graph against torch, on shapes that the trace did not see.

    Raises:
        WeightsError: they differ.
    """
    import onnxruntime
    import torch

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    noise = np.random.default_rng(0)
    for shape in ((1, 3, 192, 256), (2, 3, 320, 160)):
        pixels = noise.random(shape, dtype=np.float32)
        (found,) = session.run(None, {"images": pixels})
        with torch.no_grad():
            wanted = model(torch.from_numpy(pixels)).numpy()
        difference = float(np.abs(found - wanted).max() / max(np.abs(wanted).max(), 1e-6))
        if found.shape != wanted.shape or not difference < _TOLERANCE:
            raise WeightsError(
                msg(
                    "the ONNX export differs from torch at {shape}x{shape2} (by {difference:.1e}).",
                    shape=shape[3],
                    shape2=shape[2],
                    difference=difference,
                ),
                hint="This is a fault of the exporter's version; try another torch.",
            )


def export_int8(onnx_file: str | Path, *, pictures: Sequence[str | Path], size_px: int = 960) -> Path:
    """An int8 OpenVINO model beside ``onnx_file``, calibrated (NNCF, post-training) on ``pictures``.

    Whether it may be chosen without being asked for is not decided here: measure it with `training.evaluate` first.

    Args:
        onnx_file: written by `export`.
        pictures: some hundred picture files of the kind the weights are used on; never validation pictures.
        size_px: long side at which they are shown.

    Raises:
        ExtraMissing: NNCF is not installed.
    """
    if importlib.util.find_spec("nncf") is None:
        raise ExtraMissing("int8 needs nncf, which is not installed.", hint=extra_hint("train"))
    import nncf
    import openvino as ov

    nncf.set_log_level(logging.WARNING)  # else it tells of every operation that stays as it is
    onnx_file = Path(onnx_file)
    model = ov.Core().read_model(onnx_file)

    def inputs() -> Iterable[np.ndarray]:
        for path in pictures:
            rgb = read_rgb(path)
            width, height = network_size(size_px, aspect=(rgb.shape[1], rgb.shape[0]))
            canvas = np.empty((height, width, 3), np.uint8)
            letterbox(rgb, out=canvas)
            yield canvas.transpose(2, 0, 1)[None].astype(np.float32) / 255

    # The last layers turn features into pixels and scores: 256 levels are too few for the boxes of far objects.
    last = [op.get_friendly_name() for op in model.get_ordered_ops() if _is_decoding(op.get_friendly_name())]
    quantised = nncf.quantize(
        model,
        nncf.Dataset(list(inputs())),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(pictures),
        ignored_scope=nncf.IgnoredScope(names=last, validate=False),
    )
    path = onnx_file.with_name(f"{onnx_file.stem}-int8.xml")
    ov.save_model(quantised, path, compress_to_fp16=True)
    return path


def _is_decoding(name: str) -> bool:
    """Operations of the head behind its convolutions, and the three last convolutions of each level."""
    return name.startswith("/model.24/") and not any(part in name for part in (".0/conv/", ".1/conv/"))


def recommended_thresholds(
    figures: dict[str, Any], *, size: int, negatives: str = "negatives", most_false: float = 0.1, floor: float = 0.1
) -> dict[str, float]:
    """The lowest threshold per kind that keeps false hits on negatives within bounds: recall first.

    Args:
        figures: `Evaluation.as_dict()` with a set of negatives.
        size: inference size whose figures count.
        negatives: name of that set.
        most_false: false hits a picture that are acceptable.
        floor: never lower than that.
    """
    chosen = {}
    for kind, row in figures["sets"][negatives][str(size)].items():
        fitting = [
            point["threshold"]
            for point in row["curve"]
            if point["false_per_picture"] <= most_false and point["threshold"] >= floor
        ]
        chosen[kind] = min(fitting) if fitting else max(point["threshold"] for point in row["curve"])
    return chosen


def write_sidecar(
    folder: str | Path,
    *,
    name: str,
    files: Sequence[Path],
    thresholds: dict[str, float],
    trained_size_px: int,
    summary: str,
    origin: str,
    data: Sequence[str],
    figures: dict[str, Any],
    notes: Sequence[str] = (),
    rank: int = 0,
    licence: str = "AGPL-3.0-only",
    int8_auto: bool = False,
) -> Path:
    """Write ``<name>.json``: the metadata of the weights, with a hash of every file. Read back before it counts.

    Raises:
        OutputError: a file is missing.
    """
    folder = Path(folder)
    rows = []
    for path in files:
        if not path.is_file():
            raise OutputError(
                msg("the sidecar names {path}, which does not exist.", path=path.name), hint="Export first."
            )
        rows.append(_row(path, int8_auto=int8_auto))
    sidecar = {
        "schema": SCHEMA,
        "name": name,
        "rank": rank,
        "summary": summary,
        "kinds": list(KINDS),
        "head": "raw",
        "trained_size_px": trained_size_px,
        "thresholds": thresholds,
        "files": rows,
        "licence": licence,
        "origin": origin,
        "data": list(data),
        "figures": figures,
        "notes": list(notes),
    }
    path = folder / f"{name}.json"
    atomic_json(path, sidecar)
    read_sidecar(path)
    return path


def _row(path: Path, *, int8_auto: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"file": path.name, "sha256": file_sha256(path)}
    if path.suffix == ".pt":
        row |= {"format": "torch", "precision": "f16", "what": "Ultralytics checkpoint, one-to-many head"}
    elif path.suffix == ".onnx":
        what = (
            "one-to-many head, dynamic batch, height and width (multiples of 32); input images: RGB 0-1; output "
            "(batch, 6, anchors): cx cy w h in input pixels, face score, plate score; no suppression inside"
        )
        row |= {"format": "onnx", "precision": "f32", "what": what}
    else:
        row |= {
            "format": "openvino",
            "precision": "int8",
            "auto": int8_auto,
            "bin": path.with_suffix(".bin").name,
            "bin_sha256": file_sha256(path.with_suffix(".bin")),
            "what": "the same network in int8, post-training (NNCF)",
        }
    return row
