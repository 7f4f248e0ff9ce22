"""What an exposure comes to: dropped, to review, or a failure. Pure; pictures are looked at through the callables given."""

from __future__ import annotations

from collections.abc import Callable

from dashcamcleaner.core.findings import Finding, Severity
from dashcamcleaner.core.sightings import Exposure

__all__ = ["weigh"]


def weigh(
    exposure: Exposure, *, faces: str, own: str, second_opinion: Callable[[Exposure], dict[str, float]]
) -> Finding | None:
    scores = exposure.best
    opinion = second_opinion(exposure)
    first, last = exposure.sightings[0], exposure.sightings[-1]
    return Finding(
        "search",
        "clear-object",
        Severity.REVIEW,
        f"A {exposure.kind} is not hidden.",
        kind=exposure.kind,
        first_frame=first.frame,
        last_frame=last.frame,
        start_s=first.seconds,
        end_s=last.seconds,
        boxes={s.frame: s.xyxy for s in exposure.sightings},
        legible=exposure.legible,
        doubt=0.5,
        evidence={
            "scores": scores,
            "opinion": opinion,
            "sightings": len(exposure.sightings),
            "size": exposure.largest.size_px,
            "all": [s.scores for s in exposure.sightings],
        },
    )
