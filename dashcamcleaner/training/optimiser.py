"""Muon for convolutions, AdamW for the rest: called by `training.fit`.

Muon (Keller Jordan, 2024, https://kellerjordan.github.io/posts/muon/) replaces a matrix's update by the nearest
orthogonal matrix, so that directions with small gradients learn as fast as those with large ones. Where the number of
views is what limits a run, as on two CPU cores, that is worth more than it costs (40 ms of a step of 660): over 200
steps on the same views, both at 1e-3, the classification loss ended at 0.968 with Muon and 0.988 with AdamW.

Torch has Muon for matrices only, and Ultralytics one that is tied to SGD. Both orthogonalise in bfloat16 whatever the
chip; where it has no instructions for that, it is emulated, and took 45 % of a step on a chip with AVX2 alone.
"""

from __future__ import annotations

from typing import Any

from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import msg
from dashcamcleaner.training.ultra import detect_head, require

__all__ = ["OPTIMISERS", "make_optimiser"]

OPTIMISERS = ("muon", "adamw")
"""Names that a recipe may give."""

_MOMENTUM = 0.95
_UPDATE_RMS = 0.2
"""Root mean square of an orthogonal update per learning rate: AdamW's, so that one rate serves both (Liu et al., 2025,
arXiv 2502.16982)."""


_QUINTIC = (3.4445, -4.7750, 2.0315)
"""Of the Newton-Schulz iteration, Keller Jordan's: the steepest at zero; singular values end in 0.7 to 1.2."""


def make_optimiser(model: Any, *, name: str, lr: float, weight_decay: float, bf16: bool = False) -> Any:
    """An optimiser for ``model`` whose groups all take the same learning rate.

    Args:
        model: a torch module.
        name: ``muon`` or ``adamw``.
        lr: learning rate of all groups.
        weight_decay: the weight decay of the convolutions' weights only.
        bf16: Muon computes in bfloat16; only where the chip has instructions for it.

    Raises:
        SettingError: an unknown name.
    """
    import torch

    parameters = [p for p in model.parameters() if p.requires_grad]
    if name == "adamw":
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": weight_decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.99))
    if name != "muon":
        raise SettingError(
            msg("there is no optimiser {name}.", name=repr(name)),
            hint=msg("One of {optimisers}.", optimisers=", ".join(OPTIMISERS)),
        )
    head = detect_head(model)
    # The first convolution and the last ones (pixels in, boxes and scores out) have a scale of their own.
    ends = {id(p) for p in model.model[0].parameters()}
    ends |= {id(p) for branch in (head.cv2, head.cv3) for level in branch for p in level[-1].parameters()}
    inner = [p for p in parameters if p.ndim == 4 and id(p) not in ends]
    chosen = {id(p) for p in inner}
    rest = [p for p in parameters if id(p) not in chosen]
    return _muon_class()(inner, rest, lr=lr, weight_decay=weight_decay, bf16=bf16)


def _orthogonal(matrix: Any, *, bf16: bool = False) -> Any:
    """About the nearest orthogonal matrix, float32: five steps of Newton-Schulz (Muon's; see the module's docstring).

    Args:
        matrix: a torch matrix of floats.
        bf16: compute in bfloat16.
    """
    import torch

    a, b, c = _QUINTIC
    turned = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    turned = turned.bfloat16() if bf16 else turned.float()
    turned = turned / (turned.norm() + 1e-7)
    for _ in range(5):
        square = turned @ turned.T
        turned = torch.addmm(turned, torch.addmm(square, square, square, beta=b, alpha=c), turned, beta=a)
    turned = turned.float()
    return turned.T if matrix.shape[0] > matrix.shape[1] else turned


def _muon_class() -> Any:
    """The class, made where torch is known to be there."""
    require()
    import torch

    class MuonAdamW(torch.optim.Optimizer):
        """Group 0 by Muon, group 1 by AdamW."""

        def __init__(self, inner: list[Any], rest: list[Any], *, lr: float, weight_decay: float, bf16: bool) -> None:
            groups = [{"params": inner, "weight_decay": weight_decay}, {"params": rest, "weight_decay": 0.0}]
            super().__init__(groups, {"lr": lr})
            self._bf16 = bf16
            self._adam = torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.99), weight_decay=0.0)

        @torch.no_grad()
        def step(self, closure: Any = None) -> Any:
            inner, rest = self.param_groups
            for parameter in inner["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(parameter)
                momentum = state["momentum"].lerp_(parameter.grad, 1 - _MOMENTUM)
                ahead = parameter.grad.lerp(momentum, _MOMENTUM)  # Nesterov
                out, within, height, width = parameter.shape
                matrix = ahead.permute(0, 2, 3, 1).flatten(1).float()
                turned = _orthogonal(matrix, bf16=self._bf16) * (_UPDATE_RMS * max(matrix.shape) ** 0.5)
                update = turned.reshape(out, height, width, within).permute(0, 3, 1, 2)
                parameter.mul_(1 - inner["lr"] * inner["weight_decay"]).add_(update, alpha=-inner["lr"])
            self._adam.param_groups[0]["lr"] = rest["lr"]
            return self._adam.step(closure)

        def state_dict(self) -> dict[str, Any]:
            return {"muon": super().state_dict(), "adam": self._adam.state_dict()}

        def load_state_dict(self, state: dict[str, Any]) -> None:
            super().load_state_dict(state["muon"])
            self._adam.load_state_dict(state["adam"])

    return MuonAdamW
