"""How long and how hard a training is: the table ``[fit]`` of a recipe."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import msg
from dashcamcleaner.training.views import ViewRecipe

__all__ = ["FitRecipe"]


@dataclass(frozen=True, slots=True)
class FitRecipe:
    """How long and how hard to train.

    Args:
        budget_s: seconds of the whole run; the learning rate ends its cosine with it. On a CPU, seconds of its cores
            (`training.clock.core_time`), so that other work beside it does not shorten the training.
        batch: views per step.
        optimiser: ``muon`` (AdamW for what is not a convolution) or ``adamw``; see `training.optimiser`.
        lr: peak learning rate.
        lr_end: share of the peak at the end.
        weight_decay: the weight decay of the convolutions' weights only.
        warmup_steps: steps from zero to the peak.
        ema: decay of the averaged model per step; the average is what is kept.
        device: ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
        bf16: compute in bfloat16 where it is safe; None asks the chip.
        compiled: let torch compile the network first (minutes; needs a C++ compiler). Whether that is faster depends on
            the machine: measure.
        threads: torch's threads; 0 leaves them.
        workers: processes that make views; 0 makes them in the loop.
        seed: the seed of the views.
        rank: number of this process among ``ranks`` that train together in one run folder (see the module's docstring).
        exchange_steps: steps between two exchanges of weights with the others.
        save_every_s: seconds between checkpoints.
        views: what views look like.
        late_views: what they look like at the end, None for as before. YOLOX (Ge et al., arXiv 2107.08430) leaves
            mosaics out of its last epochs, to end with views like the pictures that the network will see.
        late_from: share of the budget from which on ``late_views`` count.
    """

    budget_s: float = 6000.0
    batch: int = 16
    optimiser: str = "muon"
    lr: float = 1e-3
    lr_end: float = 0.02
    weight_decay: float = 0.01
    warmup_steps: int = 60
    ema: float = 0.998
    device: str = "cpu"
    bf16: bool | None = None
    compiled: bool = False
    threads: int = 0
    workers: int = 1
    seed: int = 0
    rank: int = 0
    ranks: int = 1
    exchange_steps: int = 25
    save_every_s: float = 180.0
    max_steps: int | None = None
    views: ViewRecipe = field(default_factory=ViewRecipe)
    late_views: ViewRecipe | None = None
    late_from: float = 0.7

    def __post_init__(self) -> None:
        for name, least in (("batch", 1), ("threads", 0), ("workers", 0), ("ranks", 1), ("exchange_steps", 1)):
            _bound(name, getattr(self, name), int, least <= getattr(self, name))
        for name in ("budget_s", "lr"):
            _bound(name, getattr(self, name), int | float, 0 < getattr(self, name) < math.inf)
        if self.max_steps is not None:
            _bound("max_steps", self.max_steps, int)
            _bound("max_steps", self.max_steps, int, self.max_steps >= 1)
        for views in (self.views, *([self.late_views] if self.late_views is not None else [])):
            if views.size_px < 32 or views.size_px % 32:
                raise SettingError(
                    msg("size_px is {size}: views are a multiple of 32 pixels wide.", size=views.size_px)
                )

    def views_at(self, share: float) -> ViewRecipe:
        """What views look like when ``share`` of the budget is spent."""
        return self.views if self.late_views is None or share < self.late_from else self.late_views


def _bound(name: str, value: Any, kind: Any, fits: bool = True) -> None:
    """Refuse what is no such number, or does not fit."""
    if isinstance(value, bool) or not isinstance(value, kind):
        raise SettingError(msg("{name} cannot be {value}: it is a number.", name=name, value=repr(value)))
    if not fits:
        raise SettingError(msg("{name} cannot be {value}: that is out of range.", name=name, value=value))
