"""Ultralytics' detection loss, with a map of where each kind may be judged.

Called by `training.fit`. Two things differ from the library's own: the classification loss is weighted per cell and
kind (a picture that does not label plates says nothing about plates), and objects are assigned picture by picture,
because a crowd's hundred faces would otherwise pad every picture of the batch to a hundred.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from dashcamcleaner.training.ultra import require
from dashcamcleaner.training.views import MASK_STRIDE_PX, View

__all__ = ["GAINS", "collate", "masked_loss"]

GAINS = {"box": 7.5, "cls": 0.5, "dfl": 1.5}
"""Weights of the three parts, as Ultralytics has them."""


def collate(views: list[View], *, strides: tuple[int, ...]) -> dict[str, Any]:
    """A batch as tensors: uint8 pictures, boxes per picture in pixels, weights ``(batch, anchors, kinds)``."""
    import torch

    pixels = np.stack([view.rgb for view in views]).transpose(0, 3, 1, 2)
    weights = []
    for view in views:
        levels = []
        for stride in strides:
            # A coarse cell is judged where the map's cell at its centre is, a finer one where the one around it is.
            finer = max(MASK_STRIDE_PX // stride, 1)
            cells = view.judged.repeat(finer, axis=1).repeat(finer, axis=2)
            step = max(stride // MASK_STRIDE_PX, 1)
            levels.append(cells[:, step // 2 :: step, step // 2 :: step].reshape(len(view.judged), -1))
        weights.append(np.concatenate(levels, axis=1).T)
    return {
        "rgb": torch.from_numpy(np.ascontiguousarray(pixels)),
        "boxes": [torch.from_numpy(view.boxes) for view in views],
        "weights": torch.from_numpy(np.stack(weights)),
    }


def masked_loss(model: Any, *, gains: dict[str, float] | None = None) -> Any:
    """A callable ``loss(predictions, batch) -> (sum to differentiate, (box, cls, l1) floats)`` for ``model``."""
    require()
    import torch
    from ultralytics.utils.loss import v8DetectionLoss
    from ultralytics.utils.tal import make_anchors

    model.args = SimpleNamespace(**(gains or GAINS))
    library: Any = v8DetectionLoss(model)

    def loss_of(predictions: dict[str, Any], batch: dict[str, Any]) -> tuple[Any, tuple[float, ...]]:
        distances = predictions["boxes"].permute(0, 2, 1).contiguous().float()
        scores = predictions["scores"].permute(0, 2, 1).contiguous().float()
        anchors, strides = make_anchors([f.float() for f in predictions["feats"]], library.stride, 0.5)
        boxes = library.bbox_decode(anchors, distances)
        with torch.no_grad():
            probabilities, pixels = scores.sigmoid(), boxes * strides
            target_scores = torch.zeros_like(scores)
            target_boxes = torch.zeros_like(boxes)
            foreground = torch.zeros(scores.shape[:2], dtype=torch.bool, device=scores.device)
            for i, rows in enumerate(batch["boxes"]):
                if not len(rows):
                    continue
                rows = rows.to(scores.device)
                _, assigned, wanted, chosen, _ = library.assigner(
                    probabilities[i : i + 1],
                    pixels[i : i + 1],
                    anchors * strides,
                    rows[None, :, :1],
                    rows[None, :, 1:],
                    torch.ones(1, len(rows), 1, dtype=torch.bool, device=scores.device),
                )
                target_boxes[i], target_scores[i], foreground[i] = assigned[0], wanted[0], chosen[0].bool()
        total = target_scores.sum().clamp(min=1)
        # Where an object was assigned its own kind is judged, whatever the map says.
        weights = torch.maximum(batch["weights"].to(scores), (target_scores > 0).to(scores))
        cls = (library.bce(scores, target_scores) * weights).sum() / total
        size = torch.tensor(predictions["feats"][0].shape[2:], device=scores.device) * library.stride[0]
        box, l1 = library.bbox_loss(
            distances,
            boxes,
            anchors,
            target_boxes / strides,
            target_scores,
            total,
            foreground,
            size,
            strides,
        )
        box, cls, l1 = box * library.hyp.box, cls * library.hyp.cls, l1 * library.hyp.dfl
        return (box + cls + l1) * len(scores), (float(box.detach()), float(cls.detach()), float(l1.detach()))

    return loss_of
