"""What an exposure comes to: nothing, something to review, or a failure. Pure; pictures are looked at by what is given.

Neither view is to be trusted alone: at the low scores that are followed here, each sees faces in shop windows and
plates in railings. What counts is that another view agrees, that a closer look at the enlarged crop agrees, and that
it lasts. On labelled clips with a third of the objects left clear these limits list what `docs/audit.md` says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashcamcleaner.audit.exposures import Exposure
from dashcamcleaner.core.finding_table import found
from dashcamcleaner.core.findings import Finding, Severity
from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.messages import as_message, msg

__all__ = ["ExposureScorer"]

_LEAST_LEGIBLE = 0.1
"""Below, nobody can be recognised: a face of 11 px, a plate of 7 px in height."""

_LEAST_SCORE = 0.25
_LEAST_SCORE_LASTING = 0.16
_LASTING_SIGHTINGS = 3
_CERTAIN = 0.6
_READ = 0.5
_SURE_UNREAD = 0.75


@dataclass(frozen=True, slots=True)
class ExposureScorer:
    """Weighs exposures.

    Args:
        faces, own: names of the two views in the scores.
        second_opinion: scores of an exposure's enlarged crops, by view.
        reads: whether text that a plate may carry can be read in its crops; None without a reader.
        moves_as_one: whether it moves with all around it, as a print does.
    """

    faces: str
    own: str
    second_opinion: Callable[[Exposure], dict[str, float]]
    reads: Callable[[Exposure], float] | None
    moves_as_one: Callable[[Exposure], bool]

    def score_exposure(self, exposure: Exposure) -> Finding | None:
        """The finding that an exposure comes to; None for what is not worth one."""
        rules = rules_of(exposure.kind)
        scores, count = exposure.best, len(exposure.sightings)
        least = _LEAST_SCORE_LASTING if count >= _LASTING_SIGHTINGS else _LEAST_SCORE
        if exposure.legible < _LEAST_LEGIBLE or max(scores.values()) < least:
            return None
        opinion = self.second_opinion(exposure)
        read = self.reads(exposure) if self.reads is not None and rules.carries_text else 0.0
        sure = self._sure(exposure.kind, scores, opinion, count, read)
        if sure < rules.listed:
            return None
        still = self.moves_as_one(exposure)
        certain = sure >= _CERTAIN and exposure.legible > 0.3
        if rules.carries_text:  # much looks like it; what can be read is one
            certain = certain and (read > _READ if self.reads is not None else sure > _SURE_UNREAD)
        severity = Severity.FAIL if certain and not still else Severity.REVIEW
        noun = as_message(rules.noun)
        what = msg("A {noun}", noun=noun) if certain else msg("What may be a {noun}", noun=noun)
        more = msg(" Its characters can be read.") if read > _READ else ""
        if still:
            more += msg(" It moves as one with all around it, as a poster does.")
        first, last = exposure.sightings[0], exposure.sightings[-1]
        return found(
            "clear-object",
            {"what": what, "more": more},
            severity=severity,
            kind=exposure.kind,
            first_frame=first.frame,
            last_frame=last.frame,
            start_s=first.seconds,
            end_s=last.seconds,
            boxes={sighting.frame: sighting.xyxy for sighting in exposure.sightings},
            legible=exposure.legible,
            doubt=min(1.0, sure),
            evidence={
                "scores": {name: round(score, 2) for name, score in scores.items()},
                "closer": {name: round(score, 2) for name, score in opinion.items()},
                "sure": round(sure, 2),
                "sightings": count,
                "height_px": round(exposure.largest.size_px[1]),
                "read": round(read, 2),
            },
        )

    def _sure(self, kind: str, scores: dict[str, float], opinion: dict[str, float], count: int, read: float) -> float:
        """0-1: how sure it is that a real object of the kind stands clear there."""
        own, closer = scores.get(self.own, 0.0), opinion.get(self.own, 0.0)
        lasting = min(1.0, 0.85 + 0.05 * (count - 1))
        if rules_of(kind).second_detector and self.faces in opinion:
            other, other_closer = scores.get(self.faces, 0.0), opinion[self.faces]
            return min(1.0, lasting * (0.3 * own + 0.15 * closer + 0.3 * other + 0.25 * other_closer) / 0.8)
        return min(1.0, lasting * (0.45 * own + 0.45 * closer + 0.2 * read + 0.03 * min(count, 4)))
