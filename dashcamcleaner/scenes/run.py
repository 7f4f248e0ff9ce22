"""One pass over a clip: pictures are classified in batches, while the next are decoded; scores come at the end."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np

from dashcamcleaner.core.events import Progress
from dashcamcleaner.core.media_info import MediaInfo
from dashcamcleaner.errors import DashcamCleanerError, InputError
from dashcamcleaner.media.sampler import Sample, sample_pictures, small_size
from dashcamcleaner.messages import msg
from dashcamcleaner.pipeline.workers import join_thread
from dashcamcleaner.scenes.blocks import SceneScores
from dashcamcleaner.scenes.classify.port import Classifier, ModelCard
from dashcamcleaner.scenes.classify.safety import SafetyScorer
from dashcamcleaner.scenes.road import LIGHT_LABELS, MOTION_LABELS, LightMeter, MotionMeter, card_of

__all__ = ["ClassifierJudge", "Judge", "LightJudge", "MotionJudge", "SafetyJudge", "score_clip"]

_SHORT_SIDE = 288
_WAITING = 2
_EVERY_S = 0.5


class Judge(Protocol):
    """Scores a clip's pictures, batch by batch, in order.

    Attributes:
        labels: what is told apart, in the order of the scores.
        cards: what is known of the models at work.
    """

    labels: tuple[str, ...]
    cards: tuple[ModelCard, ...]

    def score(self, pictures: list[np.ndarray]) -> np.ndarray:
        """Scores ``(pictures, labels)`` of the next pictures, uint8 RGB ``(h, w, 3)`` each."""

    def settle(self, scores: np.ndarray) -> np.ndarray:
        """The scores of the whole clip, where some show only in the whole."""


class ClassifierJudge:
    """A classifier, see `Judge`."""

    labels: tuple[str, ...]
    cards: tuple[ModelCard, ...]

    def __init__(self, classifier: Classifier) -> None:
        self.labels, self.cards = classifier.labels, (classifier.card,)
        self._classifier = classifier

    def score(self, pictures: list[np.ndarray]) -> np.ndarray:
        """See `Judge.score`."""
        return self._classifier.classify(pictures)

    def settle(self, scores: np.ndarray) -> np.ndarray:
        """See `Judge.settle`."""
        return scores


class SafetyJudge:
    """The safety scores, and *other* for what is left of the highest; see `Judge`."""

    labels: tuple[str, ...]
    cards: tuple[ModelCard, ...]

    def __init__(self, scorer: SafetyScorer) -> None:
        self.labels, self.cards = (*scorer.labels, "other"), scorer.models
        self._scorer = scorer

    def score(self, pictures: list[np.ndarray]) -> np.ndarray:
        """See `Judge.score`."""
        rows = [[answer.scores[label] for label in self._scorer.labels] for answer in self._scorer.score(pictures)]
        return np.array([[*row, 1 - max(row)] for row in rows], np.float32)

    def settle(self, scores: np.ndarray) -> np.ndarray:
        """See `Judge.settle`."""
        return scores


class MotionJudge:
    """Driving or parked; see `Judge`.

    Args:
        step_s: seconds from one picture to the next.
    """

    labels: tuple[str, ...]
    cards: tuple[ModelCard, ...]

    def __init__(self, step_s: Fraction = Fraction(1)) -> None:
        self.labels, self.cards = MOTION_LABELS, (card_of(MOTION_LABELS),)
        self._meter = MotionMeter(step_s)

    def score(self, pictures: list[np.ndarray]) -> np.ndarray:
        """See `Judge.score`."""
        return np.stack([self._meter.score(picture) for picture in pictures])

    def settle(self, scores: np.ndarray) -> np.ndarray:
        """See `Judge.settle`."""
        return MotionMeter.settle(scores)


class LightJudge:
    """Day, night or tunnel; see `Judge`.

    Args:
        step_s: seconds from one picture to the next.
    """

    labels: tuple[str, ...]
    cards: tuple[ModelCard, ...]

    def __init__(self, step_s: Fraction = Fraction(1)) -> None:
        self.labels, self.cards = LIGHT_LABELS, (card_of(LIGHT_LABELS),)
        self._meter, self._step_s = LightMeter(), step_s

    def score(self, pictures: list[np.ndarray]) -> np.ndarray:
        """See `Judge.score`."""
        return np.stack([self._meter.score(picture) for picture in pictures])

    def settle(self, scores: np.ndarray) -> np.ndarray:
        """See `Judge.settle`."""
        return LightMeter.settle(scores, step_s=self._step_s)


@dataclass(slots=True)
class _Reader:
    """Decodes in a thread of its own and hands over batches; None at the end, or what went wrong."""

    batches: queue.Queue[list[Sample] | BaseException | None]
    stop: threading.Event

    def read(self, samples: Iterator[Sample], batch: int) -> None:
        held: list[Sample] = []
        try:
            for sample in samples:
                held.append(sample)
                if len(held) == batch:
                    if not self._put(held):
                        return
                    held = []
            if held and not self._put(held):
                return
            self._put(None)
        except BaseException as error:
            self._put(error)

    def _put(self, what: list[Sample] | BaseException | None) -> bool:
        while not self.stop.is_set():
            try:
                self.batches.put(what, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False


def score_clip(
    source: Path, *, info: MediaInfo, judge: Judge, step_s: Fraction, batch: int = 32, key_frames: bool = False,
    threads: int = 0, tell: Callable[[Progress], None] = lambda _: None,
) -> SceneScores:  # fmt: skip
    """What a clip's seconds show.

    Args:
        source: the clip.
        info: what `media.probe` said of it.
        judge: scores the pictures.
        step_s: seconds from one picture to the next.
        batch: pictures that are judged at once.
        key_frames: decode key frames alone.
        threads: how many threads the decoder has; 0: the machine's.
        tell: is told now and then how far it is.

    Raises:
        InputError: the clip cannot be read, or holds no picture.
        DetectorFailed: a picture could not be judged: nothing passes unjudged.
    """
    size = small_size(info, short_side=_SHORT_SIDE)
    samples = sample_pictures(source, info=info, step_s=step_s, size=size, key_frames=key_frames, threads=threads)
    reader = _Reader(queue.Queue(_WAITING), threading.Event())
    thread = threading.Thread(target=reader.read, args=(samples, batch), name="dashcamcleaner-scenes-read")
    rows: list[np.ndarray] = []
    count, begun, told = 0, time.monotonic(), 0.0
    expected = None if info.duration_s is None else int(info.duration_s / float(step_s)) + 1
    try:
        thread.start()
        while (got := reader.batches.get()) is not None:
            if isinstance(got, DashcamCleanerError):
                raise got
            if isinstance(got, BaseException):
                raise InputError(msg("{source} cannot be read ({got}).", source=source, got=got)) from got
            rows.append(judge.score([sample.picture for sample in got]))
            count += len(got)
            now = time.monotonic()
            if now - told >= _EVERY_S:
                told = now
                fps = count / max(now - begun, 1e-6)
                left = None if expected is None else max(0.0, (expected - count) / fps)
                tell(Progress("analyse", count, expected, fps, left, time_s=float(count * step_s)))
    finally:
        reader.stop.set()
        join_thread(thread)
    if not rows:
        raise InputError(
            msg("{source} holds no picture that decodes.", source=source), hint="The file may be damaged or encrypted."
        )
    length_s = Fraction(info.duration_s).limit_denominator(1000) if info.duration_s else None
    return SceneScores(judge.labels, step_s, judge.settle(np.concatenate(rows)), length_s)
