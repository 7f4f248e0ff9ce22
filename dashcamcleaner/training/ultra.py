"""The one door to torch and Ultralytics for the training line.

Called by `training.fit`, `training.export` and the tests. Both libraries belong to the extra ``train``; where they are
absent, `ExtraMissing` carries the pip line.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from dashcamcleaner.detection.torch import import_ultralytics
from dashcamcleaner.errors import ExtraMissing, WeightsError, extra_hint
from dashcamcleaner.messages import msg

__all__ = ["detect_head", "load_model", "require", "single_head"]


def require() -> Any:
    """Import Ultralytics (and torch) or say what to install; gives the `ultralytics` module.

    It is imported where inference imports it, with its downloads, telemetry and installer switched off.

    Raises:
        ExtraMissing: torch or Ultralytics is not installed.
    """
    for name in ("torch", "ultralytics"):
        if importlib.util.find_spec(name) is None:
            raise ExtraMissing(
                msg("training needs {name}, which is not installed.", name=name), hint=extra_hint("train")
            )
    return import_ultralytics()


def load_model(path: str | Path) -> Any:
    """The float32 torch module inside an Ultralytics checkpoint (``.pt``), or a fresh one from a ``.yaml``.

    Only for files you made or trust: a checkpoint is a pickle.

    Raises:
        WeightsError: not a detection checkpoint.
    """
    ultralytics = require()
    try:
        model = ultralytics.YOLO(str(path), task="detect").model.float()
    except (OSError, RuntimeError, KeyError, AttributeError, TypeError, ValueError, EOFError) as e:
        raise WeightsError(msg("{path} is not an Ultralytics detection checkpoint ({e}).", path=path, e=e)) from e
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    return model


def detect_head(model: Any) -> Any:
    """The detection head: the last module."""
    return model.model[-1]


def single_head(model: Any) -> Any:
    """Keep the one-to-many head only, in place: what is trained and shipped with non-maximum suppression."""
    head = detect_head(model)
    for name in ("one2one_cv2", "one2one_cv3"):
        if getattr(head, name, None) is not None:
            delattr(head, name)
    head._end2end = False
    if isinstance(getattr(model, "yaml", None), dict):
        model.yaml["end2end"] = False
    model.end2end = False
    return model
