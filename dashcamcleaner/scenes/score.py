"""The slow half of a clip's scenes: what its seconds show, or what an edited list says of them. Writes nothing.

`ScoredScenes` is kept while rules are turned: blocks are made of it anew, without another look at the clip.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from dashcamcleaner.core.events import Progress
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import InputError, SettingError
from dashcamcleaner.media.image_file import is_picture_file
from dashcamcleaner.media.probe import probe
from dashcamcleaner.media.sampler import sample_pictures, small_size
from dashcamcleaner.messages import msg
from dashcamcleaner.scenes.ask import ScenesJob
from dashcamcleaner.scenes.blocks import Block, BlockRules, SceneScores, blocks_of
from dashcamcleaner.scenes.classify.port import ModelCard
from dashcamcleaner.scenes.classify.safety import SAFETY_LABELS
from dashcamcleaner.scenes.road import LIGHT_LABELS, MOTION_LABELS, SHOTS_CARD, ShotFinder
from dashcamcleaner.scenes.run import ClassifierJudge, Judge, LightJudge, MotionJudge, SafetyJudge, score_clip
from dashcamcleaner.scenes.tag_file import check_clip, read_tag_file

__all__ = ["MODEL_LABELS", "ScoredScenes", "score_scenes"]

_SHOT = "shot"
MODEL_LABELS = {
    "motion": MOTION_LABELS, "light": LIGHT_LABELS, "safety": (*SAFETY_LABELS, "other"), "shots": (_SHOT,),
}  # fmt: skip
"""What our own models tell apart."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoredScenes:
    """What is known of a clip's scenes before any rule is applied.

    Args:
        info: the clip.
        labels: what was told apart.
        seconds: the clip's length.
        scores: the score of every picture; None where blocks came from a list or from shots.
        listed: those blocks.
        cards: what is known of the models at work.
        notes: what speaks against the list that was read, for people.
    """

    info: MediaInfo
    labels: tuple[str, ...]
    seconds: Fraction
    scores: SceneScores | None
    listed: tuple[Block, ...] = ()
    cards: tuple[ModelCard, ...] = ()
    notes: tuple[str, ...] = ()

    def blocks(self, rules: BlockRules) -> list[Block]:
        """The blocks of every label under these rules; those of a list and of shots are what they are."""
        return list(self.listed) if self.scores is None else blocks_of(self.scores, rules=rules)


def score_scenes(
    job: ScenesJob, *, models: ModelPool, tell: Callable[[Progress], None] = lambda _: None,
    check: Callable[[Sequence[str]], object] = lambda _: None,
) -> ScoredScenes:  # fmt: skip
    """Classify a clip, or read its list.

    Args:
        job: what is asked.
        models: gives classifiers.
        tell: is told now and then how far it is; what it raises ends the look.
        check: is told the labels before the look, which may take long; what it raises ends it.

    Raises:
        SettingError: a model or a step that there is not.
        InputError: the clip or the list cannot be read, or the list is of another clip.
    """
    if job.source.is_dir():
        raise InputError(msg("{path} is a folder, not a clip.", path=job.source), hint="Name the clips in it.")
    if is_picture_file(job.source):
        raise InputError(
            msg("{path} is a picture, not a clip.", path=job.source), hint="Scenes are stretches of a clip."
        )
    info = probe(job.source, video_track=job.settings.video_track)
    length = Fraction(info.duration_s).limit_denominator(1000) if info.duration_s else None
    if job.list_file is not None:
        read = read_tag_file(job.list_file)
        check(read.labels)
        notes = check_clip(read, path=job.list_file, clip=job.source.name, seconds=length)
        return ScoredScenes(info, read.labels, length or read.seconds, None, read.blocks, notes=tuple(notes))
    if job.model == "shots":
        check((_SHOT,))
        shots, seconds = _shots(job, info=info, tell=tell)
        return ScoredScenes(info, (_SHOT,), seconds, None, tuple(shots), (SHOTS_CARD,))
    step_s = _step_of(job.step, info=info)
    judge = _judge(job, models=models, step_s=step_s)
    check(judge.labels)
    scores = score_clip(
        job.source, info=info, judge=judge, step_s=step_s, batch=job.batch, key_frames=job.key_frames,
        threads=job.settings.workers, tell=tell,
    )  # fmt: skip
    if job.step == "shot":
        scores = _by_shots(scores, _shots(job, info=info, tell=tell)[0])
    return ScoredScenes(info, judge.labels, length or scores.seconds, scores, (), judge.cards)


def _judge(job: ScenesJob, *, models: ModelPool, step_s: Fraction) -> Judge:
    acted_on = (word.rpartition("=")[0] for word in job.actions)  # empty in one that is no action, which is told later
    named = {*job.named, *filter(None, acted_on)}
    model = job.model
    if model is None:
        sets = {name: labels for name, labels in MODEL_LABELS.items() if name != "shots"}
        model = next((name for name, labels in sets.items() if named <= set(labels)), None)
        if model is None:
            known = "; ".join(f"{name}: {', '.join(labels)}" for name, labels in sets.items())
            raise SettingError(
                msg("no model of ours tells all of {names}.", names=", ".join(sorted(named))),
                hint=msg("Name one with --model. {known}.", known=known),
            )
    if model == "motion":
        return MotionJudge(step_s)
    if model == "light":
        return LightJudge(step_s)
    if model == "safety":
        return SafetyJudge(models.safety(device=job.settings.device, threads=job.settings.workers))
    classifier = models.classifier(
        model, labels=job.labels, definition=job.definition, mean=job.mean, device=job.settings.device,
        threads=job.settings.workers, trust_weights=job.settings.trust_weights,
    )  # fmt: skip
    return ClassifierJudge(classifier)


def _step_of(text: str, *, info: MediaInfo) -> Fraction:
    """Seconds from one picture to the next; every frame is as many as the clip's mean rate has, evenly."""
    if text == "frame":
        return 1 / info.frame_rate if info.frame_rate else Fraction(1, 25)
    if text == "shot":
        return Fraction(1)
    try:
        step = Fraction(text)
    except (ValueError, ZeroDivisionError):
        step = Fraction(0)
    if not Fraction(1, 1000) <= step <= 3600:
        raise SettingError(
            msg("--every is {text}.", text=repr(text)), hint="It is seconds from 0.001 to 3600, or frame, or shot."
        )
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
    return replace(scores, scores=rows)
