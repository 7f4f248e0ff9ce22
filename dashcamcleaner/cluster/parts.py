"""Workers of a cluster that look at parts of one clip, for `jobs.split`; small, since Dask does the rest.

They read the clip by its path: it lies in a folder that all see. Who asks renders. A part whose worker dies is given to
another one by the scheduler.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dashcamcleaner.cluster.parcels import right_weights, weights_of
from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.jobs.parallel import shared_out
from dashcamcleaner.jobs.split import Part, PictureKey, detect_part
from dashcamcleaner.settings import Settings

__all__ = ["ClusterParts", "resources_of"]


def resources_of(settings: Settings) -> dict[str, int] | None:
    """What a worker must have been started with to be given such a run."""
    return {"GPU": 1} if settings.device.startswith(("cuda", "gpu")) else None


class ClusterParts:
    """See `jobs.split.PartRunner`.

    Args:
        client: the client of the cluster.
        settings: the settings of the run.
        at_once: how many workers share this machine's cores; 1: they have their own.
        open_models: gives a worker's pool of models; a function of a module.
    """

    def __init__(self, client: Any, settings: Settings, *, at_once: int, open_models: Callable[[], ModelPool]) -> None:
        self.workers = max(1, len(client.nthreads()))
        self._client = client
        self._at_once = at_once
        self._open_models = open_models
        self._weights = weights_of(settings)
        self._resources = resources_of(settings)

    def submit(self, part: Part) -> Any:
        """See `jobs.split.PartRunner`."""
        part = replace(part, settings=shared_out(part.settings, among=self._at_once))
        return self._client.submit(
            _detect, part, self._weights, self._open_models, pure=False, retries=0, resources=self._resources
        )


def _detect(
    part: Part, weights: dict[str, str], open_models: Callable[[], ModelPool]
) -> list[tuple[PictureKey, Detections]]:
    """Runs on a worker."""
    with right_weights(weights, who="for a part"):
        return detect_part(part, open_models())
