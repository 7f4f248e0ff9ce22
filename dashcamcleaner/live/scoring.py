"""The thread *label*: the newest picture is scored as a whole, again and again."""

from __future__ import annotations

import logging
from collections.abc import Callable

from dashcamcleaner.errors import DashcamCleanerError, SettingError
from dashcamcleaner.live.labels import LabelScorer, LabelWatch
from dashcamcleaner.live.sight import RETRY_S
from dashcamcleaner.live.state import LiveState
from dashcamcleaner.live.switching import Verdicts
from dashcamcleaner.messages import msg

__all__ = ["LabelScoring"]

log = logging.getLogger(__name__)

_LOOK_AGAIN_S = 0.02
_SCORED_PX = 640
"""Long side of the pictures that labels are scored on: their networks see less."""


def _scored_size(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, _SCORED_PX / max(size))
    return max(2, round(size[0] * scale)), max(2, round(size[1] * scale))


class LabelScoring:
    """Scores pictures for the rules.

    Args:
        state: the run's.
        labels: takes scores, and knows the rules.
        open_scorer: gives what scores; called in this thread.
        verdicts: takes what was found, for the switches.
        switches: whether labels work the switches.
    """

    def __init__(
        self, state: LiveState, labels: LabelWatch, *, open_scorer: Callable[[], LabelScorer], verdicts: Verdicts,
        switches: bool,
    ) -> None:  # fmt: skip
        self._state, self._labels, self._verdicts = state, labels, verdicts
        self._open_scorer, self._switches = open_scorer, switches

    def run(self) -> None:
        """The thread's work: what fails leaves pictures unscored, and those are covered."""
        scorer: LabelScorer | None = None
        latest = -1
        told = False
        while not self._state.drained:
            held = self._state.buffer.newest()
            frame = None if held is None else held.frame
            if held is None or frame is None or held.number == latest:
                with self._state.buffer.changed:
                    self._state.clock.wait(self._state.buffer.changed, self._state.clock.now() + _LOOK_AGAIN_S)
                continue
            latest = held.number
            try:
                if scorer is None:
                    scorer = self._open_scorer()
                (answer,) = scorer.score([frame.scale(_scored_size(frame.upright_size))])
                scores = {**answer.parts, **answer.scores}
                hit = self._labels.add(held.captured_s, scores)
                told = False
            except SettingError:
                raise  # a label that nobody scores
            except Exception as error:
                if scorer is None and isinstance(error, DashcamCleanerError):
                    raise  # it never worked
                log.debug("scoring failed", exc_info=True)
                if not told:
                    self._state.change(
                        "detector",
                        msg("Scoring failed, and all is covered until it works again: {error}.", error=repr(error)),
                    )
                told = True
                self._state.pause(RETRY_S)
                continue
            if self._switches:
                best = max((scores[rule.label] for rule in self._labels.rules), default=0.0)
                self._verdicts.judge("labels", found=bool(hit), score=best)
