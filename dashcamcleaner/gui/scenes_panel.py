"""The *Scenes* tab: look through a clip, see what each second shows, set what becomes of it, export and cut.

The clip is looked through once (`ScenesService.score`, on a worker of the tab's own); from then on blocks follow the
rules at once. The picture is that of the second chosen, as the cut file will show it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import Qt, pyqtSignal
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtWidgets import QFileDialog

from dashcamcleaner.core.events import Event, Progress
from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.core.plan import WHOLE_FRAME, Origin, Region
from dashcamcleaner.core.time import format_seconds
from dashcamcleaner.errors import Cancelled, DashcamCleanerError, OutputError
from dashcamcleaner.gui.background_worker import BackgroundWorker
from dashcamcleaner.gui.canvas import Shown
from dashcamcleaner.gui.engine_facade import EngineFacade
from dashcamcleaner.gui.form_model import FormModel
from dashcamcleaner.gui.frame_provider import FrameProvider, OpenedClip
from dashcamcleaner.gui.scenes_body import ScenesBody
from dashcamcleaner.gui.scenes_service import SCENE_LISTS, ScenesService, cards_text, shown_labels
from dashcamcleaner.gui.score_graph import BlockBar, ScoreLane
from dashcamcleaner.gui.words import failure_text, left_text, tr, tr_count
from dashcamcleaner.messages import localized

if TYPE_CHECKING:
    from dashcamcleaner.scenes.ask import ScenesJob
    from dashcamcleaner.scenes.blocks import Block
    from dashcamcleaner.scenes.score import ScoredScenes

__all__ = ["ScenesPanel"]

_KEPT_CLIPS = 16
"""So many clips are remembered once they were looked through."""
_MOST_LINES = 8
"""Of what is told of a cut; the plan beside it tells all."""


class ScenesPanel(ScenesBody):
    """The tab.

    Args:
        sight: the thread on which clips are opened and frames read.
        engine: the door to the engine.
        model: the settings in force.
        folder: tells where results go; None: beside the clip.

    Signals:
        frame_shown: after each picture that the background worker gave, for who waits.
        worked: after each request that has ended, for who waits.
    """

    frame_shown = pyqtSignal()
    worked = pyqtSignal()
    _happened = pyqtSignal(object)

    def __init__(
        self, sight: BackgroundWorker, engine: EngineFacade, model: FormModel, folder: Callable[[], Path | None]
    ) -> None:
        super().__init__()
        self._sight, self._engine, self._model, self._folder = sight, engine, model, folder
        self._worker = BackgroundWorker("dashcamcleaner-scenes", self)
        self._worker.unclaimed.connect(sight.unclaimed)
        self._service: ScenesService | None = None
        self._frames = FrameProvider(engine)
        self.path: Path | None = None
        self.clip: OpenedClip | None = None
        self.busy = ""
        self.scored: ScoredScenes | None = None
        self.blocks: tuple[Block, ...] = ()
        self._known: dict[tuple[Path, str], ScoredScenes] = {}
        self._now_s = 0.0
        self._wanted: tuple[object, ...] = ()
        self._refused: tuple[object, ...] = ()
        """What was to be cut when its name was taken; nothing else may be replaced by that."""
        self._connect()
        self.show_clip(None)

    # --- building

    def _connect(self) -> None:
        self.score.clicked.connect(lambda: self._score())
        self.open.clicked.connect(self._open_list)
        self.stop.clicked.connect(self.cancel)
        self.replace.clicked.connect(lambda: self._cut(overwrite=True))
        self.models.activated.connect(lambda _: self._show_known())
        self.form.rules_changed.connect(self._rules_changed)
        self.form.actions_changed.connect(self._actions_changed)
        self.form.export_wanted.connect(self._export)
        self.form.cut_wanted.connect(lambda: self._cut())
        self.graph.threshold_moved.connect(self.form.take_threshold)
        self.graph.sought.connect(self.go)
        self.canvas.resized.connect(self._request_frame)
        self._happened.connect(self._show_event)

    # --- the clip

    def show_clip(self, path: Path | None) -> None:
        """Show another clip; what is known of it comes with it."""
        if path is not None and path == self.path:
            return
        self.path, self.clip, self._now_s, self._wanted = path, None, 0.0, ()
        self._sight.forget("scenes-frame")
        self.canvas.show_frame(None)
        self.canvas.set_badge("")
        self.words.clear()
        self.replace.hide()
        if not self.busy:
            self._say("")
        self._show_known()
        if path is None:
            self.canvas.tell(tr("Choose a clip to see its scenes."))
            self._sight.ask(self._frames.close, topic="scenes-open")
            return
        self.canvas.tell(tr("Opening…"))
        track = self._model.settings.video_track
        self._sight.ask(
            lambda: self._frames.open(path, video_track=track), self._opened, failed=self._no_frame,
            topic="scenes-open",
        )  # fmt: skip
        self._worker.ask(self._ready_service().models, self._offer_models, topic="models")

    def _opened(self, clip: OpenedClip) -> None:
        self.clip = clip
        self.go(0.0)

    def _offer_models(self, names: list[str]) -> None:
        for name in names:
            if self.models.findData(name) < 0:
                self.models.addItem(visible(name), name)

    def _ready_service(self) -> ScenesService:
        if self._service is None:
            self._service = self._engine.scenes()
        return self._service

    # --- looking through

    def job(self, **more: object) -> ScenesJob:
        """What is asked of the clip, as everything stands."""
        from dashcamcleaner.scenes.ask import ScenesJob

        assert self.path is not None
        form = self.form
        asked: dict[str, object] = {
            "source": self.path, "folder": self._folder(), "model": str(self.models.currentData()),
            "rules": form.rules, "actions": tuple(f"{label}={action}" for label, action in form.actions.items()),
            "pieces": form.pieces.isChecked(), "lossless": form.lossless.isChecked(),
            "clean": form.clean.isChecked(), "settings": self._model.settings, **more,
        }  # fmt: skip
        return ScenesJob(**asked)  # type: ignore[arg-type]

    def _score(self, list_file: Path | None = None) -> None:
        if self.path is None or self.busy:
            return
        job, service = self.job(list_file=list_file, actions=()), self._ready_service()
        key = (job.source, str(job.model))
        name = visible(job.source.name)
        self._begin(tr("Looking through {clip}…", clip=name))

        def took(scored: ScoredScenes) -> None:
            self._known.pop(key, None)
            self._known[key] = scored
            while len(self._known) > _KEPT_CLIPS:
                del self._known[next(iter(self._known))]
            self._end(cards_text(scored))
            self._show_known()

        service.begin()
        self._worker.ask(lambda: service.score(job, self._happened.emit), took, failed=self._failed)

    def _open_list(self) -> None:
        start = "" if self.path is None else str(self.path.with_suffix(".tag"))
        name, _ = QFileDialog.getOpenFileName(self, tr("Open list"), start, tr("Lists (*.tag);;All files (*)"))
        if name:
            self._score(Path(name))

    def cancel(self) -> None:
        """End what is under way."""
        if self._service is not None and self.busy:
            self._service.cancel()
            self._say(tr("Stopping…"))

    def _begin(self, text: str) -> None:
        self.busy = text
        self.progress.setValue(0)
        self.replace.hide()
        self._say(text)
        self._enable()

    def _end(self, text: str, *, bad: bool = False) -> None:
        self.busy = ""
        self._say(text, bad=bad)
        self._enable()
        self.worked.emit()

    def _show_event(self, event: Event) -> None:
        if isinstance(event, Progress) and self.busy:
            self.progress.setValue(round(1000 * event.frames_done / event.frames) if event.frames else 0)
            left = f" {left_text(event.eta_s)}" if event.eta_s is not None else ""
            self._say(self.busy + left)

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, DashcamCleanerError):
            self._end("")
            self._worker.unclaimed.emit(error)
            return
        stopped = isinstance(error, Cancelled)
        self._end(localized(error.message) if stopped else failure_text(error), bad=not stopped)
        taken = isinstance(error, OutputError) and "--overwrite" in error.hint
        self.replace.setVisible(taken and self._refused == self._cut_asked_for())

    # --- what is known

    def _show_known(self) -> None:
        """Show what is known of the clip under the model that is chosen."""
        key = (self.path or Path(), str(self.models.currentData()))
        self.scored = scored = self._known.get(key)
        labels = () if scored is None else shown_labels(scored)
        self.form.show_labels(labels)
        lanes = []
        if scored is not None:
            for label in labels:
                place = scored.labels.index(label)
                column = None if scored.scores is None else scored.scores.scores[:, place]
                lanes.append(ScoreLane(label, column, place))
        step = 1.0 if scored is None or scored.scores is None else float(scored.scores.step_s)
        self.graph.show_lanes(lanes, step_s=step, seconds=0.0 if scored is None else float(scored.seconds))
        self.graph.show_actions(self.form.actions)
        self._rules_changed()

    def _rules_changed(self) -> None:
        """Blocks follow the rules."""
        rules = self.form.rules
        self.blocks = () if self.scored is None else tuple(self.scored.blocks(rules))
        bars: dict[str, list[BlockBar]] = {}
        for block in self.blocks:
            bar = BlockBar(float(block.start_s), float(block.end_s), block.score)
            bars.setdefault(block.label, []).append(bar)
        self.graph.show_blocks(bars, threshold=rules.min_score, own=dict(rules.label_scores))
        self._enable()
        self._show_words()
        self._request_frame()

    def _actions_changed(self) -> None:
        self.graph.show_actions(self.form.actions)
        self._enable()
        self._show_words()
        self._request_frame()

    def _enable(self) -> None:
        idle = not self.busy
        self.score.setVisible(idle)
        self.open.setVisible(idle)
        self.score.setEnabled(self.path is not None)
        self.open.setEnabled(self.path is not None)
        self.stop.setVisible(not idle)
        self.progress.setVisible(not idle)
        if self.busy:
            self.replace.hide()
        known = self.scored is not None
        self.form.show_state(
            can_export=known and idle, can_cut=known and idle, has_scores=known and self.graph.has_threshold
        )

    # --- the picture

    def go(self, seconds: float) -> None:
        """Show the picture of a second, counted from the clip's first picture."""
        self._now_s = seconds
        self.graph.show_now(seconds)
        self._show_words()
        self._request_frame()

    def actions_at(self, seconds: float) -> set[str]:
        """What becomes of a second: drop, blur, mute."""
        chosen = self.form.actions
        here = {chosen[b.label] for b in self.blocks if b.label in chosen and b.start_s <= seconds < b.end_s}
        if "keep" in chosen.values() and "keep" not in here:
            here.add("drop")
        return here - {"keep"}

    def _show_words(self) -> None:
        words = {"drop": tr("dropped"), "blur": tr("blurred"), "mute": tr("muted")}
        here = [words[action] for action in words if action in self.actions_at(self._now_s)]
        self.canvas.set_badge(", ".join(here))
        parts = [format_seconds(self._now_s)]
        scores = None if self.scored is None else self.scored.scores
        if scores is not None and len(scores.scores):
            row = scores.scores[min(len(scores.scores) - 1, int(self._now_s / float(scores.step_s)))]
            parts += [f"{lane.label} {row[lane.place]:.2f}" for lane in self.graph.lanes]
        self.words.setText("  ·  ".join([*parts, *here]) if self.path is not None else "")

    def _request_frame(self) -> None:
        clip = self.clip
        if clip is None or not clip.times or not self.isVisible():
            return
        place = clip.place_at(clip.seconds(0) + self._now_s)
        regions: list[Region] | None = None if self.form.clean.isChecked() else []
        if "blur" in self.actions_at(self._now_s):
            regions = [Region((0.0, 0.0, float(clip.size[0]), float(clip.size[1])), WHOLE_FRAME, 1.0, Origin.MANUAL)]
        settings, px, pts = self._model.settings, self.canvas.wanted_px(), clip.times[place]
        wanted = (clip.path, pts, px, settings, regions is None, bool(regions))
        if wanted == self._wanted:
            return  # a threshold is dragged: the picture stays what it is
        self._wanted = wanted
        self._sight.ask(
            lambda: self._frames.preview(clip.path, pts, settings=settings, longest_side_px=px, regions=regions),
            self._show_frame, failed=self._no_frame, topic="scenes-frame",
        )  # fmt: skip

    def _show_frame(self, shown: Shown) -> None:
        self.canvas.show_frame(shown)
        self.frame_shown.emit()

    def _no_frame(self, error: Exception) -> None:
        if not isinstance(error, DashcamCleanerError):
            self._sight.unclaimed.emit(error)
            return
        self.canvas.show_frame(None)
        self.canvas.tell(failure_text(error, between="\n"))
        self.frame_shown.emit()

    def showEvent(self, event: object) -> None:  # noqa: N802
        """The tab is looked at: its picture is wanted now."""
        self._request_frame()

    def take_key(self, event: QKeyEvent) -> bool:
        """One of the tab's keys; False leaves it to others."""
        if self.clip is None or event.key() not in (Qt.Key_Left, Qt.Key_Right):
            return False
        self.graph.keyPressEvent(event)
        return True

    # --- lists and cuts

    def _export(self, form: str) -> None:
        if self.scored is None or self.path is None or self.busy:
            return
        job, service, scored, blocks = self.job(), self._ready_service(), self.scored, self.blocks
        start = job.beside(SCENE_LISTS[form] if form == "tag" else f".scenes{SCENE_LISTS[form]}")
        name, _ = QFileDialog.getSaveFileName(self, tr("Export list"), str(start))
        if not name:
            return
        self._begin(tr("Exporting…"))
        self._worker.ask(
            lambda: service.write_list(Path(name), form, job=job, scored=scored, blocks=blocks),
            lambda path: self._end(tr("Written: {file}", file=visible(path.name))), failed=self._failed,
        )  # fmt: skip

    def _cut_asked_for(self) -> tuple[object, ...]:
        """What the names of a cut hang on."""
        return self.path, self._folder(), self.form.pieces.isChecked()

    def _cut(self, *, overwrite: bool = False) -> None:
        scored, asked = self.scored, self._cut_asked_for()
        if scored is None or self.path is None or self.busy:
            return
        overwrite, self._refused = overwrite and self._refused == asked, asked
        settings = self._model.settings.replaced(overwrite=True) if overwrite else self._model.settings
        job, service = self.job(settings=settings), self._ready_service()
        self._begin(tr("Cutting {clip}…", clip=visible(job.source.name)))

        def done(written: tuple[list[Path], list[str]]) -> None:
            paths, told = written
            names = ", ".join(visible(path.name) for path in paths[:3]) + (", …" if len(paths) > 3 else "")
            text = tr_count(len(paths), "{n} file written", "{n} files written") + f": {names}"
            lines = [visible(localized(line).strip()) for line in told[:_MOST_LINES]]
            self._end("\n".join([text, *lines, *(["…"] if len(told) > _MOST_LINES else [])]))

        service.begin()
        self._worker.ask(lambda: service.cut(job, scored, self._happened.emit), done, failed=self._failed)

    # --- the end

    def close_clip(self) -> None:
        """Stop what is under way and end the tab's worker; what is read on the other one ends with it."""
        if self._service is not None:
            self._service.cancel()
        self._worker.close()
        self.path = self.clip = None

    def close_files(self) -> None:
        """Give the clip back, once the background workers have ended."""
        self._frames.close()

    def refresh_theme(self) -> None:
        """Draw in the colours in force."""
        self.graph.viewport().update()
