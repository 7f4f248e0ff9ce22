"""Blocks and what is to be done with each label -> what is kept of a clip, what is blurred, what is muted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dashcamcleaner.core.cut_times import CutTimes
from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import msg
from dashcamcleaner.scenes.blocks import Block, BlockRules, SceneScores, find_blocks

__all__ = ["ACTIONS", "SceneCut", "actions_of", "asked_blocks", "cut_of"]

ACTIONS = ("keep", "drop", "blur", "mute")


@dataclass(frozen=True, slots=True)
class SceneCut:
    """What becomes of a clip, in seconds from its first picture.

    Args:
        kept: what goes into the output.
        blurred: where whole frames are hidden.
        muted: where its sound is silent.
    """

    kept: CutTimes
    blurred: CutTimes
    muted: CutTimes


def actions_of(words: Sequence[str], *, labels: Sequence[str]) -> dict[str, str]:
    """Label -> action, from words like ``parked=drop``.

    Raises:
        SettingError: an unknown label or action, or another form.
    """
    found: dict[str, str] = {}
    for word in words:
        label, sign, action = word.rpartition("=")
        if not (label and sign) or action not in ACTIONS:
            raise SettingError(
                msg("{word} is no action for a label.", word=repr(word)),
                hint=msg("Write LABEL=ACTION: {actions}.", actions=", ".join(ACTIONS)),
            )
        if label not in labels:
            raise SettingError(
                msg("there is no label {label}.", label=repr(label)),
                hint=msg("There are: {labels}.", labels=", ".join(labels)),
            )
        found[label] = action
    return found


def asked_blocks(
    blocks: Sequence[Block], *, targets: Sequence[str], scores: SceneScores | None, rules: BlockRules
) -> list[Block]:
    """The blocks that are kept for some targets, which count as one.

    Args:
        blocks: those of each label for itself; what a tag file holds.
        targets: the labels.
        scores: the clip's scores, so that runs may change from one target to another; None: there are only blocks.
        rules: when pictures make a block.
    """
    if scores is not None:
        return find_blocks(scores, targets, rules=rules)
    return [block for block in blocks if block.label in targets]


def cut_of(
    blocks: Sequence[Block], *, kept: Sequence[Block] | None, actions: Mapping[str, str], seconds: Fraction
) -> SceneCut:
    """What becomes of a clip.

    Args:
        blocks: those of each label.
        kept: those of the targets; None: where no label's action is ``keep``, everything is kept that is not dropped.
        actions: what `actions_of` gave.
        seconds: the clip's length.
    """

    def stretches(action: str) -> CutTimes:
        return CutTimes.of((b.start_s, min(b.end_s, seconds)) for b in blocks if actions.get(b.label) == action)

    chosen = [*(kept or []), *(block for block in blocks if actions.get(block.label) == "keep")]
    if kept is None and "keep" not in actions.values():
        left = CutTimes.of([(Fraction(0), seconds)])
    else:
        left = CutTimes.of((block.start_s, min(block.end_s, seconds)) for block in chosen)
    dropped = stretches("drop").kept
    parts = [
        (max(a, start), min(b, end))
        for a, b in CutTimes(dropped).without(seconds=seconds).kept
        for start, end in left.kept
        if max(a, start) < min(b, end)
    ]
    return SceneCut(CutTimes.of(parts), stretches("blur"), stretches("mute"))
