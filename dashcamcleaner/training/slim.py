"""A leaner network out of a trained one: whole channels are taken out until it costs what it may.

Called by ``dashcamcleaner train slim``. What is left keeps its weights and is trained on with `training.fit`, which
takes minutes where a network of that size trained from nothing would take hours. Which channels hang together
(through additions, concatenations, batch normalisation) is found by Torch-Pruning (Fang et al., CVPR 2023, "DepGraph");
those with the smallest weights go, everywhere by the same share.
"""

from __future__ import annotations

import copy
import importlib.util
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashcamcleaner.errors import ExtraMissing, SettingError, extra_hint
from dashcamcleaner.messages import msg
from dashcamcleaner.training.fit import save_checkpoint
from dashcamcleaner.training.ultra import detect_head, load_model, require, single_head

__all__ = ["SlimResult", "gflops", "slim"]

_ROUND_TO = 8
"""Channels stay multiples of this: vector instructions and bfloat16 kernels work in such groups."""

_TRIES = 8


@dataclass(frozen=True, slots=True)
class SlimResult:
    """What was made: cost at 640x640 before and after, and the parameters left."""

    checkpoint: Path
    gflops_before: float
    gflops_after: float
    parameters: int


def gflops(model: Any, size_px: int = 640) -> float:
    """Billions of operations (a multiplication and an addition are two) of one inference at ``size_px`` square."""
    from ultralytics.utils.torch_utils import get_flops

    return float(get_flops(model, size_px))


def slim(checkpoint: str | Path, out: str | Path, *, most_gflops: float) -> SlimResult:
    """Write a checkpoint of at most ``most_gflops`` at 640x640, to train on from.

    Args:
        checkpoint: a trained detection checkpoint that you trust.
        out: the file to write.
        most_gflops: what one inference at 640x640 may cost.

    Raises:
        ExtraMissing: torch, Ultralytics or Torch-Pruning is not installed.
        SettingError: the network is as lean already, or cannot be made that lean.
    """
    require()
    if importlib.util.find_spec("torch_pruning") is None:
        raise ExtraMissing(
            "making a network leaner needs torch_pruning, which is not installed.",
            hint=extra_hint("train"),
        )
    model = single_head(load_model(checkpoint))
    before = gflops(model)
    if before <= most_gflops:
        raise SettingError(
            msg(
                "{name} costs {before:.1f} GFLOPs already, which is not more than {most_gflops:g}.",
                name=Path(checkpoint).name,
                before=before,
                most_gflops=most_gflops,
            ),
            hint="Give a smaller number, or train it on as it is.",
        )
    # The smallest share that is enough: the cost falls in steps as channels are rounded, so halve the interval.
    low, high = 0.0, 0.9
    best: tuple[float, Any] | None = None
    for _ in range(_TRIES):
        share = (low + high) / 2
        narrow = _without(model, share)
        cost = gflops(narrow)
        if cost <= most_gflops:
            high = share
            if best is None or cost > best[0]:
                best = (cost, narrow)
        else:
            low = share
    if best is None:
        raise SettingError(
            msg(
                "{name} cannot be made as lean as {most_gflops:g} GFLOPs.",
                name=Path(checkpoint).name,
                most_gflops=most_gflops,
            )
        )
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    save_checkpoint(best[1], out, summary={"slimmed_from": Path(checkpoint).name, "gflops": best[0]})
    return SlimResult(out, before, best[0], sum(p.numel() for p in best[1].parameters()))


def _without(model: Any, share: float) -> Any:
    """A copy of ``model`` that lacks ``share`` of its channels."""
    import torch
    import torch_pruning

    narrow = copy.deepcopy(model).train()
    head = detect_head(narrow)
    last = [level[-1] for branch in (head.cv2, head.cv3) for level in branch]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parameters that no layer owns: the head's fixed ones
        pruner = torch_pruning.pruner.BasePruner(
            narrow,
            torch.zeros(1, 3, 256, 256),
            importance=torch_pruning.importance.GroupMagnitudeImportance(p=2),
            pruning_ratio=share,
            ignored_layers=last,
            round_to=_ROUND_TO,
            output_transform=_tensors,
        )
        pruner.step()
    for parameter in narrow.parameters():
        parameter.grad = None
    return narrow.eval()


def _tensors(predictions: Any) -> list[Any]:
    """The raw outputs: in evaluation mode the head gives ``(decoded, raw)``, in training ``raw`` alone."""
    raw = predictions if isinstance(predictions, dict) else predictions[1]
    return [raw["boxes"], raw["scores"]]
