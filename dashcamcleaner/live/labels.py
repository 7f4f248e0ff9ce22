"""Labels over a threshold: when a whole picture's score asks for a cover, for how long, and what is known of a frame.

``nudity>0.6`` is a `LabelRule`. A rule is at work from the first score that passes it (or K of the last N, or one that
is plain by itself) until a while after the last. A frame may be seen only where scores were made on both sides of it,
close enough: a picture that nobody scored is covered.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import msg

__all__ = ["LabelRule", "LabelScorer", "LabelWatch", "open_scorer", "parse_rule"]

_FARTHEST_S = 1.5
"""Scores further apart than this say nothing of the pictures between them."""
_MARGIN_S = 1.0
"""Frames are asked for later than their time by less than this (`live.leave`)."""
_SCORES = {"nudity", "violence", "drugs"}
_PARTS = {"nude_region", "nude_picture", "weapon", "fight", "smoking", "alcohol", "paraphernalia"}
"""What `scenes.classify.safety` makes scores of: its networks are opened late, a wrong name is told at once."""


class LabelScorer(Protocol):
    """Scores whole pictures: nudity, violence, drugs, and what these are made of."""

    def score(self, pictures: Sequence[np.ndarray]) -> Sequence[Any]:
        """One answer per RGB picture ``(h, w, 3)`` uint8, with mappings ``scores`` and ``parts``: label -> 0 to 1."""


@dataclass(frozen=True, slots=True)
class LabelRule:
    """When a label asks for a cover.

    Args:
        label: its name.
        threshold: a score above this is a hit.
        hits, of: so many of the latest scores must be hits.
        bypass: a score above this is enough by itself.
        hold_s: seconds for which the rule stays at work after the last such score.
    """

    label: str
    threshold: float
    hits: int = 1
    of: int = 1
    bypass: float = 0.95
    hold_s: float = 1.0


def parse_rule(text: str, *, hits: int, of: int, bypass: float, hold_s: float) -> LabelRule:
    """A rule of ``LABEL>THRESHOLD``.

    Raises:
        SettingError: it is none, nothing scores its label, or more hits are asked for than scores.
    """
    match = re.fullmatch(r"\s*([a-z][a-z0-9_-]{0,40})\s*>\s*(0?\.\d+|0|1|1\.0)\s*", text)
    if match is None:
        raise SettingError(
            msg("--when {text} is no rule.", text=repr(text)), hint="A rule is a label and a threshold: nudity>0.6."
        )
    if match[1] not in _SCORES | _PARTS:
        raise SettingError(
            msg("Nothing scores {missing}.", missing=match[1]),
            hint=msg("Labels are {names}.", names=", ".join([*sorted(_SCORES), *sorted(_PARTS)])),
        )
    if hits > of:
        raise SettingError(
            msg("{hits} of {of} scores cannot be hits.", hits=hits, of=of),
            hint="Raise --label-of, or lower --label-hits.",
        )
    return LabelRule(match[1], float(match[2]), hits, of, bypass, hold_s)


def open_scorer(models: ModelPool, rules: Sequence[LabelRule]) -> LabelScorer:
    """What scores the labels of some rules.

    Args:
        models: the pool that opens the networks.
        rules: the rules whose labels are wanted.

    Raises:
        ExtraMissing: nudity is wanted, and its networks are not installed.
        BackendError: a network cannot be opened.
    """
    labels = {rule.label for rule in rules}
    # A part of a score (weapon) comes with all of them; scores alone load no other's networks.
    return models.safety(tuple(sorted(labels))) if labels <= _SCORES else models.safety()


class LabelWatch:
    """Scores over time -> which rules are at work for a frame. Any thread may use it.

    Args:
        rules: what is asked.
        delay_s: how long after its capture a frame is asked for.
    """

    def __init__(self, rules: Sequence[LabelRule], *, delay_s: float) -> None:
        self.rules = tuple(rules)
        self._kept_s = delay_s + max([_FARTHEST_S, *(rule.hold_s for rule in rules)]) + _MARGIN_S
        self._counted = max((rule.of for rule in rules), default=0)
        self._lock = threading.Lock()
        self._scored: deque[tuple[float, dict[str, float], frozenset[str]]] = deque()

    def add(self, captured_s: float, scores: Mapping[str, float]) -> frozenset[str]:
        """Take the scores of a picture, in order of capture; gives the labels that are hit by it.

        Raises:
            SettingError: a rule's label was not scored.
        """
        missing = [rule.label for rule in self.rules if rule.label not in scores]
        if missing:
            raise SettingError(
                msg("Nothing scores {missing}.", missing=", ".join(missing)),
                hint=msg("Labels are {names}.", names=", ".join(sorted(scores))),
            )
        wanted = {rule.label: float(scores[rule.label]) for rule in self.rules}
        with self._lock:
            latest = [one for _, one, _ in self._scored] + [wanted]
            hit = frozenset(rule.label for rule in self.rules if _is_hit(rule, latest))
            self._scored.append((captured_s, wanted, hit))
            while len(self._scored) > self._counted and self._scored[0][0] < captured_s - self._kept_s:
                self._scored.popleft()
        return hit

    def at(self, captured_s: float) -> tuple[bool, tuple[str, ...], tuple[tuple[str, float], ...]]:
        """What is known of a frame: whether scores enclose it, labels at work, and the nearest score by label."""
        with self._lock:
            scored = list(self._scored)
        before = [one for one in scored if one[0] <= captured_s]
        after = [one for one in scored if one[0] >= captured_s]
        known = bool(before and after) and after[0][0] - before[-1][0] <= _FARTHEST_S
        at_work = set[str]()
        for rule in self.rules:
            # A hit after the frame tells of it as well: between two scores nobody knows when it began.
            reach = after[0][0] if after else captured_s
            if any(rule.label in hit and captured_s - rule.hold_s <= at <= reach for at, _, hit in scored):
                at_work.add(rule.label)
        near = min(scored, key=lambda one: abs(one[0] - captured_s), default=None)
        return known, tuple(sorted(at_work)), tuple(near[1].items()) if near else ()


def _is_hit(rule: LabelRule, latest: Sequence[Mapping[str, float]]) -> bool:
    own = latest[-1][rule.label]
    if own > rule.bypass:
        return True
    window = [one[rule.label] > rule.threshold for one in latest[-rule.of :]]
    return sum(window) >= rule.hits
