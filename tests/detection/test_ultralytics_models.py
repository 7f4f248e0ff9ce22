"""Every family of Ultralytics models, built from its plan without weights, goes through our own decode.

What each should find is what Ultralytics' own decoding of the same raw output gives; models without training see
something everywhere once their score bias is lifted, which is all that is needed here.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import street

from dashcamcleaner.detection.registry import backend_installed, open_detector
from dashcamcleaner.errors import WeightsError, WeightsUntrusted

pytestmark = pytest.mark.skipif(not backend_installed("torch"), reason="torch is not installed")

FAMILIES = ("yolov5n", "yolov8n", "yolov9t", "yolov10n", "yolo11n", "yolo12n", "yolo26n", "yolov8n-p2", "yolov8n-p6",
            "yolov8n-seg", "yolov8n-pose", "yolov3-tiny")  # fmt: skip
END_TO_END = ("yolov10n", "yolo26n")
ASPECT = (16, 9)


@pytest.fixture(scope="module")
def ultralytics() -> Any:
    if importlib.util.find_spec("ultralytics") is None:
        pytest.skip("Ultralytics is not installed")
    from dashcamcleaner.detection.torch import import_ultralytics

    return import_ultralytics()


def build(ultralytics: Any, family: str, *, end_to_end: bool = False) -> Any:
    """An untrained model of a family whose scores scatter about the middle, with names of ours."""
    import torch

    torch.manual_seed(5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wrapped = ultralytics.YOLO(f"{family}.yaml")
        args = wrapped.model.args
        wrapped.model = wrapped.task_map[wrapped.task]["model"](wrapped.model.yaml, nc=3, verbose=False)
    model = wrapped.model.eval()
    model.args, model.task = args, wrapped.task
    head = model.model[-1]
    generator = torch.Generator().manual_seed(1)
    for name in ("cv3", "one2one_cv3"):
        for level in getattr(head, name, None) or ():
            last = level[-1]
            with torch.no_grad():
                last.weight.normal_(0, 0.3, generator=generator)
                last.bias.fill_(-2.5)
    if end_to_end:
        head.end2end = True
    names = {i: f"thing {i}" for i in range(head.nc)}
    names[0], names[1] = "Human face", "License_Plate"
    model.names = names
    return wrapped


def save(wrapped: Any, path: Path) -> Path:
    """As Ultralytics' trainer saves it."""
    import torch

    torch.save({"model": wrapped.model, "train_args": {}, "version": "test"}, path)
    return path


def expected(wrapped: Any, picture: np.ndarray, *, size: tuple[int, int]) -> np.ndarray:
    """Rows of x1 y1 x2 y2 score class in network pixels, by Ultralytics' own raw output, before suppression."""
    import torch

    given = np.full((size[1], size[0], 3), 114, np.uint8)
    top, left = (size[1] - picture.shape[0]) // 2, (size[0] - picture.shape[1]) // 2
    given[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    with torch.inference_mode():
        output = wrapped.model(torch.from_numpy(given).permute(2, 0, 1)[None].float() / 255)
    while not isinstance(output, torch.Tensor):
        output = output[0]
    raw = output[0].numpy()
    nc = wrapped.model.model[-1].nc
    if raw.shape[1] < 100:  # end-to-end rows
        return raw[:, :6]
    rows = []
    for index in range(nc):
        half = raw[2:4] / 2
        rows.append(
            np.concatenate([raw[:2] - half, raw[:2] + half, raw[4 + index][None], np.full((1, raw.shape[1]), index)])
        )
    return np.concatenate(rows, axis=1).T


def best_of(rows: np.ndarray, *, picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The best-scored row of each kind of ours that lies inside the picture."""
    top, left = (size[1] - picture.shape[0]) // 2, (size[0] - picture.shape[1]) // 2
    rows = rows.copy()
    rows[:, :4] -= [left, top, left, top]
    return rows[np.argsort(-rows[:, 4], kind="stable")]


@pytest.mark.parametrize("family", [*FAMILIES, *(f"{family} end to end" for family in END_TO_END)])
def test_a_foreign_checkpoint_of_each_family_is_read_like_its_maker_reads_it(
    family: str, ultralytics: Any, tmp_path: Path
) -> None:
    name, _, rest = family.partition(" ")
    wrapped = build(ultralytics, name, end_to_end=bool(rest))
    path = save(wrapped, tmp_path / f"{name}.pt")
    with pytest.raises(WeightsUntrusted):
        open_detector(weights=str(path), backend="torch", inference_size=256, aspect=ASPECT)
    detector = open_detector(
        weights=str(path),
        backend="torch",
        device="cpu",
        inference_size=256,
        aspect=ASPECT,
        trust_weights=True,
        threads=1,
    )
    size = detector.input_size
    assert size[0] % 32 == size[1] % 32 == 0
    if name == "yolov8n-p6":
        assert size[0] % 64 == size[1] % 64 == 0
    assert detector.kinds[0] == "face"
    picture = street(1, size=(size[0], size[1] - 16))
    [found] = detector.detect([picture])
    detector.close()
    truth = best_of(expected(wrapped, picture, size=size), picture=picture, size=size)
    assert len(found) > 0
    # The best box of each kind survives any suppression, and is where Ultralytics puts it.
    compared = 0
    for index, kind in enumerate(detector.kinds):
        mine = found.of_kind(kind)
        theirs = truth[(truth[:, 5] == index) & (truth[:, 4] > 0.06)]
        if not len(theirs):
            continue
        assert mine.score.max() == pytest.approx(theirs[0, 4], abs=2e-3)
        slack = 0.011 * max(picture.shape[:2])
        limit = np.array([picture.shape[1], picture.shape[0]] * 2)
        ties = theirs[theirs[:, 4] > theirs[0, 4] - 2e-3, :4]
        ties = np.clip(ties, -slack, limit + slack)
        assert np.abs(ties - mine.xyxy[mine.score.argmax()]).max(axis=1).min() < 1.0
        compared += 1
    assert compared >= 1


def test_what_is_no_detection_checkpoint_is_refused(ultralytics: Any, tmp_path: Path) -> None:
    import torch

    noise = tmp_path / "noise.pt"
    noise.write_bytes(b"not a checkpoint")
    state_only = tmp_path / "state.pt"
    torch.save({"state": torch.zeros(3)}, state_only)
    boxes_at_an_angle = save(build(ultralytics, "yolov8n-obb"), tmp_path / "obb.pt")
    for path in (noise, state_only, boxes_at_an_angle):
        with pytest.raises(WeightsError) as caught:
            open_detector(weights=str(path), backend="torch", inference_size=256, trust_weights=True)
        assert path.name in caught.value.message


@pytest.mark.parametrize("engine", ["openvino", "onnx"])
@pytest.mark.parametrize("shape", ["fixed", "dynamic"])
def test_exports_tell_their_own_names_and_sizes(engine: str, shape: str, ultralytics: Any, tmp_path: Path) -> None:
    if not backend_installed(engine):
        pytest.skip(f"{engine} is not installed")
    pytest.importorskip("onnx", reason="onnx is not installed (requirements-train.txt)")
    wrapped = build(ultralytics, "yolo11n")
    wrapped.model.yaml_file = str(tmp_path / "foreign.yaml")
    wrapped.ckpt_path = str(tmp_path / "foreign.pt")
    wrapped.model.pt_path = str(tmp_path / "foreign.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = wrapped.export(
            format="onnx", imgsz=(128, 224), dynamic=shape == "dynamic", simplify=False, verbose=False
        )
    assert Path(path).parent == tmp_path
    detector = open_detector(
        weights=path, backend=engine, device="cpu", inference_size=256, aspect=ASPECT, precision="f32"
    )
    assert detector.input_size == ((224, 128) if shape == "fixed" else (256, 160))
    assert detector.kinds[:3] == ("face", "plate", "thing_2")
    picture = street(1, size=(detector.input_size[0], detector.input_size[1] - 16))
    [found] = detector.detect([picture])
    detector.close()
    truth = best_of(expected(build(ultralytics, "yolo11n"), picture, size=detector.input_size), picture=picture,
                    size=detector.input_size)  # fmt: skip
    faces = truth[truth[:, 5] == 0]
    assert found.of_kind("face").score.max() == pytest.approx(faces[0, 4], abs=2e-3)


def test_loading_ultralytics_leaves_other_libraries_as_they_are() -> None:
    if importlib.util.find_spec("ultralytics") is None:
        pytest.skip("Ultralytics is not installed")
    program = """
import cv2
from PIL import Image
before = Image.open, cv2.imread, cv2.imwrite
from dashcamcleaner.detection.torch import import_ultralytics
import_ultralytics()
assert before == (Image.open, cv2.imread, cv2.imwrite)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
