"""Packed pictures in, a checkpoint out: Ultralytics' model and loss, our own loop.

Called by ``dashcamcleaner train fit``. The loop is ours because views need a loss map per kind and place, and because
a run on two CPU cores is planned by time: the learning rate follows the share of the time budget that is spent
(``budget_s``; on a CPU, the time that the process had its cores), not a number of epochs that nobody can foresee on a
shared machine. The checkpoint is written every few minutes and carries everything needed to go on after a kill: model,
averaged model, optimiser, time spent.

Several processes may train together (``ranks``): each takes its own steps and every now and then moves half way to
the mean of what the others last wrote beside it. Nobody waits for anybody. On a machine that is busy with other work
two processes of one thread get several times as far as one of two threads, whose every layer waits for the slower one.
"""

from __future__ import annotations

import copy
import csv
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dashcamcleaner.atomic_files import atomic_path
from dashcamcleaner.errors import SettingError, WeightsError
from dashcamcleaner.messages import msg
from dashcamcleaner.training.clock import TrainingClock, core_time
from dashcamcleaner.training.fit_recipe import FitRecipe
from dashcamcleaner.training.label_files import KINDS
from dashcamcleaner.training.loss import masked_loss
from dashcamcleaner.training.optimiser import make_optimiser
from dashcamcleaner.training.pictures import PackedPictures
from dashcamcleaner.training.ultra import detect_head, load_model, require, single_head
from dashcamcleaner.training.views import ViewRecipe

__all__ = ["FitResult", "fit", "save_checkpoint"]


@dataclass(frozen=True, slots=True)
class FitResult:
    """What a run reached."""

    checkpoint: Path
    steps: int
    spent_s: float
    first_loss: float
    last_loss: float


def fit(
    cache: str | Path,
    out: str | Path,
    *,
    start: str | Path,
    recipe: FitRecipe,
    progress: Callable[[dict[str, Any]], None] | None = None,
) -> FitResult:
    """Train (or go on training) and leave ``last.pt`` (EMA, opens with Ultralytics) and ``log.csv`` in ``out``.

    Args:
        cache: folder written by `training.pictures.pack`. Written anew while a run is going, its labels count from
            the next start on.
        out: run folder; where it holds a ``state.pt``, the run goes on from there.
        start: checkpoint (or Ultralytics ``.yaml``) to start from.
        recipe: how to train, see `FitRecipe`.
        progress: called with a row of figures every few seconds.

    Raises:
        ExtraMissing: torch or Ultralytics is not installed.
        SettingError: an unknown optimiser, another one or another network than the run in ``out`` was begun with, a
            device that torch lacks, or a learning rate at which the loss is no number any more.
        WeightsError: what an earlier call left in ``out`` cannot be read.
    """
    require()
    import torch

    packed = PackedPictures(cache)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    device = _device(recipe.device)
    bf16 = recipe.bf16 if recipe.bf16 is not None else _has_bf16(device)
    model = single_head(load_model(start)).to(device).to(memory_format=torch.channels_last)
    model.train()
    average = copy.deepcopy(model).eval()
    optimiser = make_optimiser(model, name=recipe.optimiser, lr=recipe.lr, weight_decay=recipe.weight_decay, bf16=bf16)
    loss_of = masked_loss(model)
    network = torch.compile(model) if recipe.compiled else model
    step, spent, first = _resumed(out, model, average, optimiser, recipe=recipe, start=start, device=device)
    strides = tuple(int(s) for s in detect_head(model).stride)
    views: ViewRecipe | None = None
    batches: Iterator[dict[str, Any]] = iter(())
    log = _Log(out / ("log.csv" if recipe.rank == 0 else f"log-{recipe.rank}.csv"))
    on_cpu = device.type == "cpu"
    clock = TrainingClock(spent, now=core_time(torch.get_num_threads()) if on_cpu else time.monotonic)
    saved = time.monotonic()
    smooth: list[float] | None = None
    views_done = 0
    loop_started = time.monotonic()
    try:
        while spent < recipe.budget_s and (recipe.max_steps is None or step < recipe.max_steps):
            share = spent / recipe.budget_s
            if recipe.max_steps is not None:
                share = max(share, step / recipe.max_steps)
            if (wanted := recipe.views_at(share)) is not views:
                views, batches = wanted, _batches(packed, recipe=recipe, views=wanted, strides=strides, first=step)
            batch = next(batches)
            rate = recipe.lr * (recipe.lr_end + (1 - recipe.lr_end) * 0.5 * (1 + math.cos(math.pi * min(share, 1.0))))
            rate *= min(1.0, (step + 1) / max(recipe.warmup_steps, 1))
            for group in optimiser.param_groups:
                group["lr"] = rate
            pixels = batch["rgb"].to(device).to(memory_format=torch.channels_last).float().div_(255)
            with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
                predictions = network(pixels)
            loss, parts = loss_of(predictions, batch)
            if not math.isfinite(sum(parts)):
                raise SettingError(
                    msg("The loss is no number any more at step {step}: the training came apart.", step=step + 1),
                    hint="Give a lower lr; the checkpoint, where there is one, is from before.",
                )
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0 * recipe.batch)
            optimiser.step()
            step += 1
            views_done += len(pixels)
            _average(average, model, decay=recipe.ema * (1 - math.exp(-step / 300)))
            if recipe.ranks > 1 and step % recipe.exchange_steps == 0:
                _exchange(out, model, rank=recipe.rank, ranks=recipe.ranks)
            if math.isnan(first):
                first = sum(parts)
            smooth = (
                list(parts) if smooth is None else [0.98 * a + 0.02 * b for a, b in zip(smooth, parts, strict=True)]
            )
            spent = clock.step()
            if step % 20 == 0 or step == 1:
                row = {
                    "step": step,
                    "spent_s": round(spent, 1),
                    "lr": f"{rate:.2e}",
                    "box": round(smooth[0], 4),
                    "cls": round(smooth[1], 4),
                    "l1": round(smooth[2], 4),
                    "views_per_s": round(views_done / (time.monotonic() - loop_started), 2),
                }
                log.write(row)
                if progress is not None:
                    progress(row)
            if time.monotonic() - saved > recipe.save_every_s:
                _save(out, model, average, optimiser, step=step, spent_s=spent, first_loss=first, recipe=recipe)
                saved = time.monotonic()
    except KeyboardInterrupt:  # nothing that was learned is lost
        if step:
            _save(out, model, average, optimiser, step=step, spent_s=spent, first_loss=first, recipe=recipe)
        raise
    _save(out, model, average, optimiser, step=step, spent_s=spent, first_loss=first, recipe=recipe)
    last = sum(smooth) if smooth is not None else math.nan
    return FitResult(out / "last.pt", step, spent, first, last)


def save_checkpoint(model: Any, path: str | Path, *, summary: dict[str, Any] | None = None) -> None:
    """Write ``model`` as a checkpoint that ``ultralytics.YOLO(path)`` opens (fp16, as theirs are)."""
    import torch
    from ultralytics import __version__

    path = Path(path)
    kept = copy.deepcopy(model).cpu().eval().half()
    for parameter in kept.parameters():
        parameter.requires_grad_(False)
    kept.names = dict(enumerate(KINDS))
    kept.args = {"task": "detect", "data": None, "imgsz": 640, "single_cls": False, "model": path.name}
    kept.criterion = None
    checkpoint = {
        "epoch": -1,
        "model": kept,
        "ema": None,
        "updates": None,
        "optimizer": None,
        "train_args": kept.args,
        "train_results": summary or {},
        "version": __version__,
        "license": "AGPL-3.0 (https://ultralytics.com/license)",
    }
    with atomic_path(path) as beside:
        torch.save(checkpoint, beside)


def _save(
    out: Path,
    model: Any,
    average: Any,
    optimiser: Any,
    *,
    step: int,
    spent_s: float,
    first_loss: float,
    recipe: FitRecipe,
) -> None:
    import torch

    state = {
        "model": model.state_dict(),
        "average": average.state_dict(),
        "optimiser": optimiser.state_dict(),
        "step": step,
        "spent_s": spent_s,
        "first_loss": first_loss,
    }
    state_file = _state_file(out, recipe.rank)
    with atomic_path(state_file) as beside:
        torch.save(state, beside)
    if recipe.rank == 0:
        joint = copy.deepcopy(average)
        others = [_state_file(out, rank) for rank in range(1, recipe.ranks)]
        means = [torch.load(path, map_location="cpu", weights_only=True)["average"] for path in others if path.exists()]
        _blend(joint, means, share=len(means) / (len(means) + 1))
        save_checkpoint(joint, out / "last.pt", summary={"step": step, "spent_s": spent_s, "recipe": asdict(recipe)})


def _device(name: str) -> Any:
    import torch

    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as e:
        raise SettingError(
            msg("torch cannot train on the device {name} here.", name=repr(name)),
            hint="Use --device cpu, or install torch for your GPU.",
        ) from e
    return device


def _resumed(
    out: Path, model: Any, average: Any, optimiser: Any, *, recipe: FitRecipe, start: str | Path, device: Any
) -> tuple[int, float, float]:
    """Take up what an earlier call left; gives its steps, seconds and first loss.

    Raises:
        SettingError: it was begun with another optimiser or network.
        WeightsError: it cannot be read.
    """
    path = _state_file(out, recipe.rank)
    if not path.exists():
        return 0, 0.0, math.nan
    state = _state_of(path, device)
    try:
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
    except (KeyError, RuntimeError) as e:
        raise SettingError(
            msg("the run in {out} was begun with another network than {start}.", out=out, start=start),
            hint="Give another --out.",
        ) from e
    try:
        optimiser.load_state_dict(state["optimiser"])
    except (KeyError, ValueError) as e:
        raise SettingError(
            msg("the run in {out} was begun with another optimiser than {name}.", out=out, name=recipe.optimiser),
            hint="Give the recipe the one it was begun with, or another --out.",
        ) from e
    return int(state["step"]), float(state["spent_s"]), float(state["first_loss"])


def _state_of(path: Path, device: Any) -> dict[str, Any]:
    import pickle

    import torch

    try:
        return dict(torch.load(path, map_location=device, weights_only=True))
    except (OSError, RuntimeError, EOFError, ValueError, TypeError, KeyError, pickle.UnpicklingError) as e:
        raise WeightsError(
            msg("{path} is no state of a training that can be read.", path=path),
            hint="Move it away to begin anew, or give another --out.",
        ) from e


def _state_file(out: Path, rank: int) -> Path:
    return out / ("state.pt" if rank == 0 else f"state-{rank}.pt")


def _exchange(out: Path, model: Any, *, rank: int, ranks: int) -> None:
    """Leave this process's weights for the others, and move half way to the mean of theirs."""
    import torch

    mine = out / f"peer-{rank}.pt"
    others = [out / f"peer-{other}.pt" for other in range(ranks) if other != rank]
    _blend(
        model, [torch.load(path, map_location="cpu", weights_only=True) for path in others if path.exists()], share=0.5
    )
    with atomic_path(mine) as beside:
        torch.save(model.state_dict(), beside)


def _blend(model: Any, others: list[dict[str, Any]], *, share: float) -> None:
    """Move ``model`` towards the mean of ``others`` by ``share``, in place."""
    import torch

    if not others:
        return
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if value.dtype.is_floating_point:
                mean = torch.stack([other[name].to(value) for other in others]).mean(0)
                value.lerp_(mean, share)


def _has_bf16(device: Any) -> bool:
    import torch

    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    # On a chip without bf16 instructions torch emulates them, which is slower than float32.
    return device.type == "cpu" and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()) and _has_bf16_instructions()


def _has_bf16_instructions() -> bool:
    try:
        return "avx512_bf16" in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:
        return False


def _average(average: Any, model: Any, *, decay: float) -> None:
    import torch

    with torch.no_grad():
        kept, fresh = average.state_dict(), model.state_dict()
        floats = [name for name, value in kept.items() if value.dtype.is_floating_point]
        torch._foreach_lerp_([kept[n] for n in floats], [fresh[n] for n in floats], 1 - decay)


def _batches(
    packed: PackedPictures, *, recipe: FitRecipe, views: ViewRecipe, strides: tuple[int, ...], first: int
) -> Iterator[dict[str, Any]]:
    """Endless batches; a resumed run draws others than it has seen."""
    from dashcamcleaner.training.batches import endless_batches

    seed = recipe.seed + 1009 * first + 7919 * recipe.rank
    return endless_batches(
        packed.folder, batch=recipe.batch, views=views, strides=strides, seed=seed, workers=recipe.workers
    )


class _Log:
    """Rows of figures, appended."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, row: dict[str, Any]) -> None:
        fresh = not self._path.exists()
        with open(self._path, "a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(row))
            if fresh:
                writer.writeheader()
            writer.writerow(row)
