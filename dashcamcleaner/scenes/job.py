"""A clip's scenes, labelled: blocks by rules, the lists, and what is to be cut of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from dashcamcleaner.atomic_files import atomic_write
from dashcamcleaner.core.events import Progress
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import counted, msg
from dashcamcleaner.output_files import check_output, mode_like
from dashcamcleaner.scenes.actions import SceneCut, actions_of, asked_blocks, cut_of
from dashcamcleaner.scenes.ask import ScenesJob
from dashcamcleaner.scenes.blocks import Block, SceneScores, check_known
from dashcamcleaner.scenes.classify.port import ModelCard
from dashcamcleaner.scenes.exports import EXPORTS, ExportedClip, export_text
from dashcamcleaner.scenes.score import ScoredScenes, score_scenes
from dashcamcleaner.scenes.tag_file import seconds_text, tag_text

__all__ = [
    "LabelledScenes",
    "ScenesJob",
    "check_lossless",
    "cut_of_scored",
    "label_clip",
    "label_scored",
    "scene_list_text",
]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledScenes:
    """What came of it.

    Args:
        info: the clip.
        labels: what was told apart.
        blocks: those of each label.
        seconds: the clip's length.
        cut: what becomes of it; None where nothing was asked.
        cards: what is known of the models at work.
        lines: what was found, for people.
        notes: those of them that warn.
    """

    info: MediaInfo
    labels: tuple[str, ...]
    blocks: tuple[Block, ...]
    seconds: Fraction
    cut: SceneCut | None
    cards: tuple[ModelCard, ...]
    lines: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {
            "clip": self.info.path, "labels": list(self.labels), "seconds": float(self.seconds),
            "blocks": [
                {"label": b.label, "start_s": float(b.start_s), "end_s": float(b.end_s), "score": b.score,
                 "coverage": b.coverage}
                for b in self.blocks
            ],
            "models": [card.as_dict() for card in self.cards], "notes": list(self.notes),
        }  # fmt: skip


def label_clip(
    job: ScenesJob, *, models: ModelPool, tell: Callable[[Progress], None] = lambda _: None
) -> LabelledScenes:
    """Classify a clip, or read its list; write the tag file (unless it was read) and the exports.

    Raises:
        SettingError: labels, actions or steps that there are not.
        InputError: the clip or the list cannot be read.
        OutputError: a file exists already, or cannot be written.
    """
    _check_lists(job)
    if job.cuts:
        _check_cut(job)
    scored = score_scenes(job, models=models, tell=tell, check=lambda labels: _check_asked(job, labels))
    return label_scored(job, scored)


def label_scored(job: ScenesJob, scored: ScoredScenes) -> LabelledScenes:
    """The quick half: blocks by the job's rules, the lists, and what is to be cut.

    Raises:
        SettingError: labels or actions that there are not.
        OutputError: a file exists already, or cannot be written.
    """
    lists = _check_lists(job)
    found = cut_of_scored(job, scored)
    mode = mode_like(job.source)
    if job.list_file is None:
        atomic_write(job.beside(".tag"), scene_list_text("tag", job, scored, found.blocks), mode=mode)
    for path, name in lists.items():
        atomic_write(path, scene_list_text(name, job, scored, found.blocks), mode=mode)
    return found


def cut_of_scored(job: ScenesJob, scored: ScoredScenes) -> LabelledScenes:
    """Blocks by the job's rules and what is to be cut, without writing anything.

    Raises:
        SettingError: labels or actions that there are not.
    """
    blocks = scored.blocks(job.rules)
    cut = _asked_cut(job, blocks=blocks, labels=scored.labels, scores=scored.scores, seconds=scored.seconds)
    lines = _lines(blocks, labels=scored.labels, cards=scored.cards, tag=job.list_file or job.beside(".tag"))
    return LabelledScenes(
        scored.info, scored.labels, tuple(blocks), scored.seconds, cut, scored.cards, (*lines, *scored.notes),
        scored.notes,
    )  # fmt: skip


def scene_list_text(form: str, job: ScenesJob, scored: ScoredScenes, blocks: Sequence[Block]) -> str:
    """A list of blocks as text: ``tag``, or one of `scenes.exports.EXPORTS`.

    Raises:
        ExtraMissing: EDL or OTIO is wanted, and its package is not installed.
    """
    if form == "tag":
        whole = np.zeros((math.ceil(scored.seconds), 1), np.float32)
        told = scored.scores or SceneScores(scored.labels, Fraction(1), whole, scored.seconds)
        return tag_text(job.source.name, told, blocks)
    facts = ExportedClip(job.source.name, scored.seconds, scored.info.frame_rate, scored.labels)
    return export_text(form, facts, blocks)


def _check_lists(job: ScenesJob) -> dict[Path, str]:
    """The exports that are asked for, by path; refuses what there is not, and what may not be written."""
    unknown = [name for name in job.exports if name not in EXPORTS]
    if unknown:
        raise SettingError(
            msg("there is no export {unknown}.", unknown=repr(unknown[0])),
            hint=msg("There are: {exports}.", exports=", ".join(EXPORTS)),
        )
    lists = {job.beside(f".scenes.{name}"): name for name in job.exports}
    for path in ([] if job.list_file else [job.beside(".tag")]) + list(lists):
        check_output(path, sources=[job.source], overwrite=job.settings.overwrite)
    return lists


def _check_cut(job: ScenesJob) -> None:
    """Refuse what the cut would refuse, before the clip is looked at."""
    check_lossless(job)
    check_output(job.cut_path(0 if job.pieces else None), sources=[job.source], overwrite=job.settings.overwrite)


def check_lossless(job: ScenesJob) -> None:
    """Refuse to change pictures without encoding them.

    Raises:
        SettingError: something is to be blurred or hidden.
    """
    if job.lossless and (job.clean or any(word.endswith("=blur") for word in job.actions)):
        raise SettingError("Blurring changes pictures, which --lossless does not.", hint="Leave --lossless out.")


def _check_asked(job: ScenesJob, labels: Sequence[str]) -> dict[str, str]:
    """Label -> action; refuses labels and actions that there are not, before the clip is looked at."""
    job.rules.thresholds(labels)
    check_known(job.named, labels)
    return actions_of(job.actions, labels=labels)


def _asked_cut(
    job: ScenesJob, *, blocks: list[Block], labels: tuple[str, ...], scores: SceneScores | None, seconds: Fraction
) -> SceneCut | None:
    actions = _check_asked(job, labels)
    if not job.cuts:
        return None
    kept = None
    if job.named:
        targets = [label for label in labels if label in job.targets or label != (job.everything_but or label)]
        kept = asked_blocks(blocks, targets=targets, scores=scores, rules=job.rules)
    return cut_of(blocks, kept=kept, actions=actions, seconds=seconds)


def _lines(blocks: list[Block], *, labels: tuple[str, ...], cards: tuple[ModelCard, ...], tag: Path) -> list[str]:
    lines = []
    for label in labels:
        own = [block for block in blocks if block.label == label]
        total = sum((block.end_s - block.start_s for block in own), Fraction(0))
        lines.append(
            counted(
                "{label}: {n} block, {seconds_text} s",
                "{label}: {n} blocks, {seconds_text} s",
                len(own),
                label=label,
                seconds_text=seconds_text(total),
            )
        )
        lines += [
            msg(
                "  {seconds_text} - {seconds_text2} s, score {score:.2f}, coverage {coverage:.2f}",
                seconds_text=seconds_text(b.start_s),
                seconds_text2=seconds_text(b.end_s),
                score=b.score,
                coverage=b.coverage,
            )
            for b in own
        ]
    lines.append(msg("list: {tag}", tag=tag))
    for card in cards:
        weak = (
            msg("; experimental: {experimental}", experimental=", ".join(card.experimental))
            if card.experimental
            else ""
        )
        lines.append(
            msg(
                "model: {card} ({licence}): {figures}{weak}",
                card=card.name,
                licence=card.licence,
                figures=card.figures,
                weak=weak,
            )
        )
    return lines
