"""What the *Scenes* tab asks of the engine: look through a clip, write lists, cut. Runs on a background worker.

`ScenesService.begin` and `ScenesService.cancel` are called on the window's thread; everything else on the worker alone,
one at a time.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from dashcamcleaner.core.events import Event, Failed, Finished, Progress
from dashcamcleaner.core.summary import actions_told
from dashcamcleaner.errors import Cancelled
from dashcamcleaner.messages import localized, msg

if TYPE_CHECKING:
    from dashcamcleaner.core.summary import RunSummary
    from dashcamcleaner.detection.pool import ModelPool
    from dashcamcleaner.pipeline.control import Control
    from dashcamcleaner.scenes.ask import ScenesJob
    from dashcamcleaner.scenes.blocks import Block
    from dashcamcleaner.scenes.score import ScoredScenes

__all__ = ["SCENE_LISTS", "ScenesService", "cards_text", "shown_labels"]

_MOST_LANES = 12

SCENE_LISTS = {
    "tag": ".tag", "csv": ".csv", "json": ".json", "edl": ".edl", "otio": ".otio", "chapters": ".txt", "srt": ".srt",
}  # fmt: skip
"""The lists that can be written -> what their files end in."""


class ScenesService:
    """The work behind the tab.

    Args:
        models: where classifiers and detectors come from; None: the process's own pool.
    """

    def __init__(self, models: ModelPool | None = None) -> None:
        self._given = models
        self._cancelled = threading.Event()
        self._control: Control | None = None

    @property
    def _models(self) -> ModelPool:
        from dashcamcleaner.detection.pool import shared_pool

        return self._given or shared_pool()

    def begin(self) -> None:
        """A new request is about to be asked; an earlier `cancel` does not count for it."""
        self._cancelled.clear()

    def cancel(self) -> None:
        """End what is under way soon; it raises `Cancelled`."""
        self._cancelled.set()
        control = self._control
        if control is not None:
            control.cancel()

    def models(self) -> list[str]:
        """Names of the classifiers among the weights."""
        from dashcamcleaner.scenes.classify.files import available_classifiers

        return list(available_classifiers())

    def score(self, job: ScenesJob, tell: Callable[[Progress], None]) -> ScoredScenes:
        """Score a clip, or read a list.

        Args:
            job: what is asked.
            tell: is told on this thread how far it is.

        Raises:
            Cancelled: `cancel` was called.
            DashcamCleanerError: it cannot be read or classified.
        """
        from dashcamcleaner.scenes.score import score_scenes

        def pass_on(progress: Progress) -> None:
            self._stop_if_asked()
            tell(progress)

        return score_scenes(job, models=self._models, tell=pass_on)

    def write_list(
        self, path: Path, form: str, *, job: ScenesJob, scored: ScoredScenes, blocks: tuple[Block, ...]
    ) -> Path:
        """Write blocks as a list; a file that stands there is replaced: whoever chose the path was asked.

        Args:
            path: where.
            form: one of `SCENE_LISTS`.
            job: names the clip.
            scored: what is known of it.
            blocks: what stands in the list.

        Raises:
            OutputError: it is the clip itself, or cannot be written.
            ExtraMissing: the format's package is not installed.
        """
        from dashcamcleaner.atomic_files import atomic_write
        from dashcamcleaner.output_files import check_output, mode_like
        from dashcamcleaner.scenes.job import scene_list_text

        check_output(path, sources=[job.source], overwrite=True)
        atomic_write(path, scene_list_text(form, job, scored, blocks), mode=mode_like(job.source))
        return path

    def cut(self, job: ScenesJob, scored: ScoredScenes, tell: Callable[[Event], None]) -> tuple[list[Path], list[str]]:
        """Cut a clip by its blocks; gives the files, and what is to be told of them.

        Args:
            job: rules, actions and settings.
            scored: what is known of the clip.
            tell: is told on this thread what happens.

        Raises:
            Cancelled: `cancel` was called; nothing unfinished stands under a final name.
            DashcamCleanerError: nothing would be left, or a file cannot be written.
        """
        from dashcamcleaner.jobs.run import clean
        from dashcamcleaner.pipeline.control import Control
        from dashcamcleaner.scenes.cut import render_jobs, write_cut_plan
        from dashcamcleaner.scenes.job import cut_of_scored

        found = cut_of_scored(job, scored)
        written: list[Path] = []
        told: list[str] = []
        for render in render_jobs(job, found):
            self._control = Control()
            try:
                self._stop_if_asked()
                with contextlib.closing(clean(render, models=self._models, control=self._control)) as events:  # type: ignore[type-var]
                    for event in events:
                        if isinstance(event, Failed):
                            raise event.error
                        tell(event)
                        if render.copied and isinstance(event, Finished):
                            told += _about_a_copy(event.summary)
            finally:
                self._control = None
            write_cut_plan(job, found, output=render.output, cut=render.cut)
            written.append(render.output)
        return written, told

    def _stop_if_asked(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled("It was stopped.", hint="Nothing unfinished stands under a final name.")


def _about_a_copy(summary: RunSummary) -> list[str]:
    """What a cut without encoding kept really, and what became of all that the clip holds."""
    looked = msg("Nothing was looked for, as asked: faces and plates stand as they stood.")
    return [*summary.warnings, looked, *actions_told(summary.streams)]


def cards_text(scored: ScoredScenes) -> str:
    """What is known of the models, for people: what is experimental stands in the open."""
    return "  ".join(f"{localized(card.name)}: {localized(card.figures)}." for card in scored.cards)


def shown_labels(scored: ScoredScenes) -> tuple[str, ...]:
    """The labels that get a lane: all, or where there are very many, those with the highest scores, in their order."""
    if len(scored.labels) <= _MOST_LANES or scored.scores is None:
        return scored.labels[:_MOST_LANES]
    highest = scored.scores.scores.max(axis=0)
    best = sorted(sorted(range(len(highest)), key=lambda place: -highest[place])[:_MOST_LANES])
    return tuple(scored.labels[place] for place in best)
