"""The training line end to end on a drawn set: loss falls, a killed run goes on, the export loads, figures come out."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashcamcleaner.errors import SettingError, WeightsError
from dashcamcleaner.training.evaluate import EvaluationSet, evaluate, table
from dashcamcleaner.training.export import export, recommended_thresholds, write_sidecar
from dashcamcleaner.training.fit import FitResult, fit
from dashcamcleaner.training.fit_recipe import FitRecipe
from dashcamcleaner.training.pictures import list_folder, pack
from dashcamcleaner.training.views import ViewMaker, ViewRecipe
from tests.training.synthetic import TINY_MODEL, draw_folder

pytest.importorskip("torch", reason="the training line needs torch: pip install 'dashcamcleaner[train]'")
# Not importorskip: importing Ultralytics as such would leave its patches in Pillow and OpenCV for all other tests.
if importlib.util.find_spec("ultralytics") is None:
    pytest.skip("the training line needs ultralytics: pip install 'dashcamcleaner[train]'", allow_module_level=True)

VIEWS = ViewRecipe(size_px=160, inference_px=160, scale=(0.9, 1.1), mosaic=0.2, close=0.0, face_paste=0.0)
RECIPE = FitRecipe(
    budget_s=1e6,
    batch=4,
    lr=1e-2,
    warmup_steps=5,
    ema=0.9,
    bf16=False,
    threads=1,
    workers=0,
    views=VIEWS,
    max_steps=140,
)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, FitResult]:
    """A tiny model fitted once for all tests here; gives its folder and what the fit told."""
    folder = tmp_path_factory.mktemp("line")
    (folder / "tiny.yaml").write_text(TINY_MODEL, encoding="utf-8")
    draw_folder(folder / "set", pictures=8)
    pack(list_folder(folder / "set", known=[0, 1]), folder / "cache")
    fit(folder / "cache", folder / "run", start=folder / "tiny.yaml", recipe=_steps(60))
    # As after a kill: the second call takes up the state of the first.
    result = fit(folder / "cache", folder / "run", start=folder / "tiny.yaml", recipe=RECIPE)
    return folder, result


def _steps(count: int) -> FitRecipe:
    return dataclasses.replace(RECIPE, max_steps=count)


def test_loss_falls_and_a_run_goes_on(line: tuple[Path, FitResult]) -> None:
    folder, result = line
    assert result.steps == 140
    assert result.last_loss < 0.7 * result.first_loss
    steps = [row.split(",")[0] for row in (folder / "run" / "log.csv").read_text().splitlines()]
    assert steps == ["step", "1", *(str(n) for n in range(20, 141, 20))]


def test_the_last_steps_see_the_late_views(
    line: tuple[Path, FitResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, result = line
    makers: list[int] = []

    def maker(*args: Any, recipe: ViewRecipe, **others: Any) -> ViewMaker:
        makers.append(recipe.size_px)
        return ViewMaker(*args, recipe=recipe, **others)

    monkeypatch.setattr("dashcamcleaner.training.batches.ViewMaker", maker)
    recipe = dataclasses.replace(_steps(4), late_views=dataclasses.replace(VIEWS, size_px=96), late_from=0.5)
    fit(folder / "cache", tmp_path / "run", start=result.checkpoint, recipe=recipe)
    assert makers == [160, 96]


def test_the_export_loads_and_figures_come_out(line: tuple[Path, FitResult], tmp_path: Path) -> None:
    _, result = line
    out = tmp_path / "weights"
    files = export(result.checkpoint, out, name="tiny-1")
    held_out = draw_folder(tmp_path / "held", pictures=4, seed=99)
    empty = tmp_path / "empty"
    (empty / "images").mkdir(parents=True)
    noise = np.random.default_rng(0).integers(90, 140, (128, 160, 3), dtype=np.uint8)
    from PIL import Image

    Image.fromarray(noise).save(empty / "images" / "n.png")
    sets = [
        EvaluationSet("drawn", (held_out,)),
        EvaluationSet("negatives", (empty,), negatives=True),
    ]
    measured = evaluate(str(files["onnx"]), sets=sets, inference_sizes=[160], precision="f32", threads=1).as_dict()
    drawn = measured["sets"]["drawn"]["160"]
    assert drawn["face"]["objects"] == drawn["plate"]["objects"] == 4
    # Seen 560 views of 8 pictures: not good, but far from chance.
    assert drawn["face"]["AP50"] + drawn["plate"]["AP50"] > 0.5
    thresholds = recommended_thresholds(measured, size=160)
    path = write_sidecar(
        out,
        name="tiny-1",
        files=list(files.values()),
        thresholds=thresholds,
        trained_size_px=160,
        summary="A test's.",
        origin="drawn",
        data=["drawn"],
        figures=measured,
    )
    metadata = json.loads(path.read_text(encoding="utf-8"))
    assert metadata["kinds"] == ["face", "plate"]
    assert {row["format"] for row in metadata["files"]} == {"torch", "onnx"}
    # By its sidecar now, with the thresholds that it recommends, in words for people.
    again = evaluate(str(files["onnx"]), sets=sets, inference_sizes=[160], precision="f32", threads=1)
    assert again.thresholds == thresholds
    text = "\n".join(table(again))
    assert "| 160 | face | 4 |" in text
    assert "nothing to find" in text


def test_ultralytics_opens_the_checkpoint(line: tuple[Path, FitResult]) -> None:
    _, result = line
    from dashcamcleaner.training.ultra import detect_head, load_model

    model = load_model(result.checkpoint)
    assert model.names == {0: "face", 1: "plate"}
    assert detect_head(model).nc == 2


def test_ranks_meet(line: tuple[Path, FitResult], tmp_path: Path) -> None:
    """Two processes' worth of steps, one after the other: the second one starts from its own and meets the first."""
    import torch

    folder, _ = line
    for rank in (0, 1):
        recipe = dataclasses.replace(RECIPE, optimiser="adamw", rank=rank, ranks=2, exchange_steps=2, max_steps=4)
        fit(folder / "cache", tmp_path / "run", start=folder / "tiny.yaml", recipe=recipe)
    first, second = (torch.load(tmp_path / "run" / f"peer-{rank}.pt", weights_only=True) for rank in (0, 1))
    apart = [float((first[n] - second[n]).abs().mean()) for n in first if first[n].dtype.is_floating_point]
    assert max(apart) < 0.5
    assert (tmp_path / "run" / "last.pt").is_file()


def test_an_unknown_optimiser_is_refused(line: tuple[Path, FitResult], tmp_path: Path) -> None:
    folder, _ = line
    with pytest.raises(SettingError, match="no optimiser 'x'"):
        fit(folder / "cache", tmp_path, start=folder / "tiny.yaml", recipe=dataclasses.replace(RECIPE, optimiser="x"))
    other = dataclasses.replace(RECIPE, optimiser="adamw")
    with pytest.raises(SettingError, match="begun with another optimiser"):
        fit(folder / "cache", folder / "run", start=folder / "tiny.yaml", recipe=other)


def test_what_was_learned_before_ctrl_c_is_kept(line: tuple[Path, FitResult], tmp_path: Path) -> None:
    folder, _ = line

    def stop(_row: dict[str, Any]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(folder / "cache", tmp_path, start=folder / "tiny.yaml", recipe=_steps(9), progress=stop)
    rows: list[int] = []
    fit(
        folder / "cache",
        tmp_path,
        start=folder / "tiny.yaml",
        recipe=_steps(2),
        progress=lambda r: rows.append(r["step"]),
    )
    assert (tmp_path / "last.pt").is_file()
    assert 1 not in rows, "the first step was taken before"


def test_a_run_of_another_network_or_a_torn_state_is_refused(line: tuple[Path, FitResult], tmp_path: Path) -> None:
    folder, _ = line
    other = tmp_path / "other.yaml"
    other.write_text(TINY_MODEL.replace("128", "96"), encoding="utf-8")
    with pytest.raises(SettingError, match="another network"):
        fit(folder / "cache", folder / "run", start=other, recipe=_steps(1))
    (tmp_path / "state.pt").write_bytes((folder / "run" / "state.pt").read_bytes()[:5000])
    with pytest.raises(WeightsError, match=r"state\.pt is no state"):
        fit(folder / "cache", tmp_path, start=folder / "tiny.yaml", recipe=_steps(1))


def test_a_training_that_comes_apart_leaves_the_checkpoint_from_before(
    line: tuple[Path, FitResult], tmp_path: Path
) -> None:
    folder, _ = line
    fit(folder / "cache", tmp_path, start=folder / "tiny.yaml", recipe=_steps(2))
    before = (tmp_path / "last.pt").read_bytes()
    wild = dataclasses.replace(_steps(40), lr=1e30, warmup_steps=0)
    with pytest.raises(SettingError, match="came apart"):
        fit(folder / "cache", tmp_path, start=folder / "tiny.yaml", recipe=wild)
    assert (tmp_path / "last.pt").read_bytes() == before


def test_devices_and_numbers_that_there_are_not_are_refused(line: tuple[Path, FitResult], tmp_path: Path) -> None:
    folder, _ = line
    for device in ("nonsense", "cuda:77"):
        recipe = dataclasses.replace(RECIPE, device=device)
        with pytest.raises(SettingError, match=device):
            fit(folder / "cache", tmp_path, start=folder / "tiny.yaml", recipe=recipe)
    for wrong in ({"budget_s": -1.0}, {"budget_s": math.nan}, {"batch": 0}, {"lr": 0.0}, {"max_steps": 0}):
        with pytest.raises(SettingError, match=next(iter(wrong))):
            dataclasses.replace(RECIPE, **wrong)
    with pytest.raises(SettingError, match="multiple of 32"):
        dataclasses.replace(RECIPE, views=dataclasses.replace(VIEWS, size_px=100))


@pytest.mark.parametrize("bf16", [False, True])
def test_muon_turns_the_update_of_a_convolution(
    line: tuple[Path, FitResult], monkeypatch: pytest.MonkeyPatch, bf16: bool
) -> None:
    """All its singular values are near one: no direction is learned faster than another.

    Nothing is computed in bfloat16 unless the chip can: emulated, it takes longer than the rest of a step.
    """
    import torch

    from dashcamcleaner.training.optimiser import make_optimiser
    from dashcamcleaner.training.ultra import load_model

    _, result = line
    model = load_model(result.checkpoint)
    inner = model.model[1].conv.weight
    before = inner.detach().clone()
    optimiser = make_optimiser(model, name="muon", lr=1.0, weight_decay=0.0, bf16=bf16)
    to_bf16, turned = torch.Tensor.bfloat16, []
    monkeypatch.setattr(torch.Tensor, "bfloat16", lambda matrix: turned.append(matrix.shape) or to_bf16(matrix))
    generator = torch.Generator().manual_seed(0)
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator) * 1e-3
    optimiser.step()
    assert bool(turned) == bf16
    update = (before - inner.detach()).permute(0, 2, 3, 1).flatten(1)
    values = torch.linalg.svdvals(update) / (0.2 * max(update.shape) ** 0.5)
    assert values.min() > 0.4
    assert values.max() < 1.4


@pytest.mark.skipif(importlib.util.find_spec("torch_pruning") is None, reason="slim needs torch-pruning: [train]")
def test_a_slimmer_network_is_trained_on(line: tuple[Path, FitResult], tmp_path: Path) -> None:
    from dashcamcleaner.training.slim import gflops, slim
    from dashcamcleaner.training.ultra import load_model

    folder, result = line
    whole = gflops(load_model(result.checkpoint))
    made = slim(result.checkpoint, tmp_path / "slim.pt", most_gflops=0.6 * whole)
    assert made.gflops_before == pytest.approx(whole)
    assert 0.2 * whole < made.gflops_after <= 0.6 * whole
    assert gflops(load_model(tmp_path / "slim.pt")) == pytest.approx(made.gflops_after)
    on = fit(folder / "cache", tmp_path / "run", start=made.checkpoint, recipe=_steps(3))
    assert on.steps == 3
    assert set(export(on.checkpoint, tmp_path / "out", name="slim-1")) == {"torch", "onnx"}
    with pytest.raises(SettingError, match="already"):
        slim(made.checkpoint, tmp_path / "again.pt", most_gflops=whole)
