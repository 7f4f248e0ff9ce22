"""What is asked of one clip's scenes, and its first half: classify it (or read an edited list), write the lists."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from dashcamcleaner.core.events import Progress
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import SettingError
from dashcamcleaner.files import atomic_write, check_output
from dashcamcleaner.media.probe import probe
from dashcamcleaner.media.sampler import sample_pictures, small_size
from dashcamcleaner.scenes.actions import SceneCut, actions_of, asked_blocks, cut_of
from dashcamcleaner.scenes.blocks import Block, BlockRules, SceneScores, blocks_of
from dashcamcleaner.scenes.classify.port import ModelCard
from dashcamcleaner.scenes.classify.safety import SAFETY_LABELS
from dashcamcleaner.scenes.exports import EXPORTS, ExportedClip, export_text
from dashcamcleaner.scenes.road import CARD, LIGHT_LABELS, MOTION_LABELS, ShotFinder
from dashcamcleaner.scenes.run import ClassifierJudge, Judge, LightJudge, MotionJudge, SafetyJudge, score_clip
from dashcamcleaner.scenes.tag_file import read_tag_file, seconds_text, tag_text
from dashcamcleaner.settings import Settings

__all__ = ["LabelledScenes", "ScenesJob", "label_clip"]

_SHOT = "shot"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenesJob:
    """One clip to label, and perhaps to cut.

    Args:
        source: the clip; it is never written to.
        folder: where files go; None: beside it.
        targets: labels that are kept, counting as one.
        everything_but: the label that is not kept, all others counting as one; None: `targets` or `actions` tell.
        tag_only: cut nothing.
        pieces: each piece a file of its own.
        actions: words like ``parked=drop``.
        lossless: cut at key frames, without encoding.
        clean: hide what the settings tell to hide, in the same pass.
        rules: when pictures make a block.
        model: motion, light, shots, safety, a classifier's name or file; None: told from the labels that are named.
        step: seconds between pictures as text, ``frame`` or ``shot``.
        key_frames: decode key frames alone.
        batch: pictures that are judged at once.
        exports: names of `scenes.exports.EXPORTS`.
        list_file: a tag file to cut by, without classifying.
        definition, mean, labels: files of an own model.
        settings: checked settings.
    """

    source: Path
    folder: Path | None = None
    targets: tuple[str, ...] = ()
    everything_but: str | None = None
    tag_only: bool = False
    pieces: bool = False
    actions: tuple[str, ...] = ()
    lossless: bool = False
    clean: bool = False
    rules: BlockRules = field(default_factory=BlockRules)
    model: str | None = None
    step: str = "1"
    key_frames: bool = False
    batch: int = 32
    exports: tuple[str, ...] = ()
    list_file: Path | None = None
    definition: Path | None = None
    mean: Path | None = None
    labels: Path | None = None
    settings: Settings

    def beside(self, ending: str) -> Path:
        """A file of this clip's, by its ending."""
        return (self.folder or self.source.parent) / f"{self.source.stem}{ending}"


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
    """

    info: MediaInfo
    labels: tuple[str, ...]
    blocks: tuple[Block, ...]
    seconds: Fraction
    cut: SceneCut | None
    cards: tuple[ModelCard, ...]
    lines: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """As plain JSON types."""
        return {
            "clip": self.info.path, "labels": list(self.labels), "seconds": float(self.seconds),
            "blocks": [
                {"label": b.label, "start_s": float(b.start_s), "end_s": float(b.end_s), "score": b.score,
                 "coverage": b.coverage}
                for b in self.blocks
            ],
            "models": [card.as_dict() for card in self.cards],
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
    unknown = [name for name in job.exports if name not in EXPORTS]
    if unknown:
        raise SettingError(f"there is no export {unknown[0]!r}.", hint=f"There are: {', '.join(EXPORTS)}.")
    info = probe(job.source, video_track=job.settings.video_track)
    lists = {job.beside(f".scenes.{name}"): name for name in job.exports}
    tag = job.beside(".tag")
    for path in ([] if job.list_file else [tag]) + list(lists):
        check_output(path, sources=[job.source], overwrite=job.settings.overwrite)
    scores: SceneScores | None = None
    cards: tuple[ModelCard, ...] = ()
    length = Fraction(info.duration_s).limit_denominator(1000) if info.duration_s else None
    if job.list_file is not None:
        read = read_tag_file(job.list_file)
        labels, blocks, seconds = read.labels, list(read.blocks), length or read.seconds
    elif job.model == "shots":
        labels, cards = (_SHOT,), (CARD,)
        blocks, seconds = _shots(job, info=info, tell=tell)
    else:
        judge = _judge(job, models=models)
        labels, cards = judge.labels, judge.cards
        scores = score_clip(
            job.source, info=info, judge=judge, step_s=_step_of(job.step), batch=job.batch, key_frames=job.key_frames,
            threads=job.settings.workers, tell=tell,
        )  # fmt: skip
        if job.step == "shot":
            scores = _by_shots(scores, _shots(job, info=info, tell=tell)[0])
        blocks, seconds = blocks_of(scores, rules=job.rules), length or scores.seconds
    if job.list_file is None:
        told = scores or SceneScores(labels, Fraction(1), np.zeros((round(seconds), 1), np.float32))
        atomic_write(tag, tag_text(job.source.name, told, blocks))
    facts = ExportedClip(job.source.name, seconds, info.frame_rate, labels)
    for path, name in lists.items():
        atomic_write(path, export_text(name, facts, blocks))
    cut = _asked_cut(job, blocks=blocks, labels=labels, scores=scores, seconds=seconds)
    lines = _lines(blocks, labels=labels, cards=cards, tag=job.list_file or tag)
    return LabelledScenes(info, labels, tuple(blocks), seconds, cut, cards, tuple(lines))


def _asked_cut(
    job: ScenesJob, *, blocks: list[Block], labels: tuple[str, ...], scores: SceneScores | None, seconds: Fraction
) -> SceneCut | None:
    named = [*job.targets, *([job.everything_but] if job.everything_but else [])]
    for label in named:
        if label not in labels:
            raise SettingError(f"there is no label {label!r}.", hint=f"There are: {', '.join(labels)}.")
    actions = actions_of(job.actions, labels=labels)
    if job.tag_only or not (named or actions):
        return None
    kept = None
    if named:
        targets = [label for label in labels if label in job.targets or label != (job.everything_but or label)]
        kept = asked_blocks(blocks, targets=targets, scores=scores, rules=job.rules)
    return cut_of(blocks, kept=kept, actions=actions, seconds=seconds)


def _judge(job: ScenesJob, *, models: ModelPool) -> Judge:
    named = {*job.targets, *filter(None, [job.everything_but]), *(word.rpartition("=")[0] for word in job.actions)}
    model = job.model
    if model is None:
        sets = {"motion": MOTION_LABELS, "light": LIGHT_LABELS, "safety": (*SAFETY_LABELS, "other")}
        model = next((name for name, labels in sets.items() if named <= set(labels)), None)
        if model is None:
            known = "; ".join(f"{name}: {', '.join(labels)}" for name, labels in sets.items())
            raise SettingError(
                f"no model of ours tells all of {', '.join(sorted(named))}.", hint=f"Name one with --model. {known}."
            )
    if model == "motion":
        return MotionJudge()
    if model == "light":
        return LightJudge()
    if model == "safety":
        return SafetyJudge(models.safety(device=job.settings.device, threads=job.settings.workers))
    classifier = models.classifier(
        model, labels=job.labels, definition=job.definition, mean=job.mean, device=job.settings.device,
        threads=job.settings.workers, trust_weights=job.settings.trust_weights,
    )  # fmt: skip
    return ClassifierJudge(classifier)


def _step_of(text: str) -> Fraction | None:
    if text == "frame":
        return None
    if text == "shot":
        return Fraction(1)
    try:
        step = Fraction(text)
    except (ValueError, ZeroDivisionError):
        step = Fraction(0)
    if not Fraction(1, 1000) <= step <= 3600:
        raise SettingError(f"--every is {text!r}.", hint="It is seconds from 0.001 to 3600, or frame, or shot.")
    return step


def _shots(job: ScenesJob, *, info: MediaInfo, tell: Callable[[Progress], None]) -> tuple[list[Block], Fraction]:
    """A block for each shot, and the clip's length; every frame is looked at."""
    size = small_size(info, short_side=180)
    times: list[Fraction] = []

    def pictures() -> Any:
        samples = sample_pictures(job.source, info=info, step_s=None, size=size, threads=job.settings.workers)
        for sample in samples:
            times.append(sample.time_s)
            if len(times) % 100 == 0:
                tell(Progress("analyse", len(times), info.frames, 0.0, None, time_s=float(sample.time_s)))
            yield sample.picture

    starts = list(ShotFinder().starts(pictures()))
    end = max(times[-1], Fraction(info.duration_s or 0).limit_denominator(1000)) if times else Fraction(0)
    edges = [times[start] for start in starts] + [end]
    return [Block(_SHOT, a, b, 1.0, 1.0) for a, b in itertools.pairwise(edges) if b > a], end


def _by_shots(scores: SceneScores, shots: list[Block]) -> SceneScores:
    """Each picture with the mean scores of its shot."""
    rows = scores.scores.copy()
    number = np.zeros(len(rows), int)
    for index, shot in enumerate(shots):
        number[np.arange(len(rows)) * float(scores.step_s) >= float(shot.start_s)] = index
    for index in np.unique(number):
        rows[number == index] = scores.scores[number == index].mean(axis=0)
    return SceneScores(scores.labels, scores.step_s, rows)


def _lines(blocks: list[Block], *, labels: tuple[str, ...], cards: tuple[ModelCard, ...], tag: Path) -> list[str]:
    lines = []
    for label in labels:
        own = [block for block in blocks if block.label == label]
        total = sum((block.end_s - block.start_s for block in own), Fraction(0))
        lines.append(f"{label}: {len(own)} blocks, {seconds_text(total)} s")
        lines += [
            f"  {seconds_text(b.start_s)} - {seconds_text(b.end_s)} s, score {b.score:.2f}, coverage {b.coverage:.2f}"
            for b in own
        ]
    lines.append(f"list: {tag}")
    for card in cards:
        weak = f"; experimental: {', '.join(card.experimental)}" if card.experimental else ""
        lines.append(f"model: {card.name} ({card.licence}): {card.figures}{weak}")
    return lines
