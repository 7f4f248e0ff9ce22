"""Scores of a clip's seconds, and the blocks of seconds that belong together.

A picture is taken every so often; its label is the one with the highest score (the first of equals). A *block* of a
label is a run of such pictures whose score is over `BlockRules.min_score`, joined over gaps, long enough, and with
enough of its pictures matching. Blocks of different labels may overlap, since each bridges gaps in which the other
stands.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import msg

__all__ = ["Block", "BlockRules", "SceneScores", "blocks_of", "check_known", "find_blocks"]


@dataclass(frozen=True, slots=True)
class BlockRules:
    """When pictures make a block.

    Args:
        min_score: a picture counts for its label if its score is higher than this.
        max_gap_s: the longest gap that is joined, seconds.
        min_length_s: the shortest block that is kept, seconds.
        min_coverage: the least share of a block's pictures that match.
        label_scores: label and score, of labels that have a `min_score` of their own.

    Raises:
        SettingError: a value out of range.
    """

    min_score: float = 0.5
    max_gap_s: float = 2
    min_length_s: float = 4
    min_coverage: float = 0.4
    label_scores: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        for flag, value, most in (
            ("--min-score", self.min_score, 1.0), ("--max-gap", self.max_gap_s, math.inf),
            ("--min-cut", self.min_length_s, math.inf), ("--min-coverage", self.min_coverage, 1.0),
            *((msg("--min-score of {label}", label=label), score, 1.0) for label, score in self.label_scores),
        ):  # fmt: skip
            if not 0 <= value <= most or math.isinf(value):  # written so that NaN fails
                limit = "0 or more" if most > 1 else "0 to 1"
                raise SettingError(
                    msg("{flag} is {value}, which is not {limit}.", flag=flag, value=value, limit=limit),
                    hint="Choose a value in that range.",
                )

    def thresholds(self, labels: Sequence[str]) -> np.ndarray:
        """What each label's score must be higher than, ``(labels,)`` float64.

        Raises:
            SettingError: one of `label_scores` is not among them.
        """
        own = dict(self.label_scores)
        check_known(own, labels)
        return np.array([own.get(label, self.min_score) for label in labels])


def check_known(named: Iterable[str], labels: Sequence[str]) -> None:
    """See that all labels that are named are told apart.

    Raises:
        SettingError: one of them is not.
    """
    for label in named:
        if label not in labels:
            raise SettingError(
                msg("there is no label {label}.", label=repr(label)),
                hint=msg("There are: {names}.", names=", ".join(labels)),
            )


@dataclass(frozen=True, slots=True, eq=False)
class SceneScores:
    """What was seen of a clip, picture by picture.

    Args:
        labels: what was told apart.
        step_s: seconds from one picture to the next; picture ``i`` stands for ``[i * step_s, (i + 1) * step_s)``.
        scores: float32 ``(pictures, labels)``, 0-1.
        length_s: the clip's length, before which the last picture's stretch may end; None: unknown.
    """

    labels: tuple[str, ...]
    step_s: Fraction
    scores: np.ndarray
    length_s: Fraction | None = None

    @property
    def seconds(self) -> Fraction:
        """The length that the pictures stand for: to the end of the clip at most."""
        count, length = len(self.scores), self.length_s
        if length is not None and (count - 1) * self.step_s < length:  # else the file tells too short a length
            return min(count * self.step_s, length)
        return count * self.step_s


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a label.

    Args:
        label: the label; ``a+b`` where several count as one.
        start_s, end_s: where the first matching picture begins and the last one ends, seconds; within the clip.
        score: mean score of the matching pictures.
        coverage: the share of its pictures that match.
    """

    label: str
    start_s: Fraction
    end_s: Fraction
    score: float
    coverage: float


def find_blocks(scores: SceneScores, labels: Sequence[str], *, rules: BlockRules) -> list[Block]:
    """The blocks of some labels, which count as one, in their order.

    Args:
        scores: the clip's scores.
        labels: one, or several that count as one.
        rules: when pictures make a block.

    Raises:
        SettingError: a label that was not told apart.
    """
    check_known(labels, scores.labels)
    least = rules.thresholds(scores.labels)
    if not len(scores.scores):
        return []
    best = scores.scores.argmax(axis=1)
    value = scores.scores.max(axis=1)
    matching = np.isin(best, [scores.labels.index(label) for label in labels]) & (value > least[best])
    found: list[Block] = []
    for first, last in _joined(np.flatnonzero(matching), gap=rules.max_gap_s / float(scores.step_s)):
        inside = matching[first : last + 1]
        start, end = first * scores.step_s, (last + 1) * scores.step_s
        coverage = float(inside.mean())
        if end - start >= Fraction(rules.min_length_s) and coverage >= rules.min_coverage:
            mean = float(value[first : last + 1][inside].mean(dtype=np.float64))
            found.append(Block("+".join(labels), start, min(end, scores.seconds), mean, coverage))
    return found


def _joined(places: np.ndarray, *, gap: float) -> list[tuple[int, int]]:
    """First and last of each run of places with at most so many others between one and the next."""
    runs: list[tuple[int, int]] = []
    for place in places.tolist():
        if runs and place - runs[-1][1] - 1 <= gap + 1e-9:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs


def blocks_of(scores: SceneScores, *, rules: BlockRules) -> list[Block]:
    """The blocks of every label, in the order in which they begin; of those that begin together, in that of labels."""
    found = [block for label in scores.labels for block in find_blocks(scores, [label], rules=rules)]
    return sorted(found, key=lambda block: block.start_s)
