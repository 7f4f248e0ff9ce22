"""The window under test: driven like a user, offscreen, over a scripted engine or a real one with a fake detector.

Its fixtures are handed out by ``conftest.py``, where Qt is there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PyQt5 import sip
from PyQt5.QtCore import QMimeData, QPoint, QPointF, Qt, QThread, QUrl
from PyQt5.QtGui import QDragEnterEvent, QDropEvent, QImage
from PyQt5.QtWidgets import QApplication, QDialog, QWidget

from dashcamcleaner.core.events import Audited, Event, Failed, Finished, Progress, Started
from dashcamcleaner.core.findings import AuditResult, Finding, Severity, Status
from dashcamcleaner.core.summary import KindSummary, RunSummary
from dashcamcleaner.errors import Cancelled, DashcamCleanerError, InputError
from dashcamcleaner.gui.app import build_window
from dashcamcleaner.gui.engine_facade import EngineFacade, Found
from dashcamcleaner.gui.main_window import MainWindow
from dashcamcleaner.gui.model_choices import DeviceChoice, WeightsChoice
from dashcamcleaner.gui.queue_row import ClipFacts
from dashcamcleaner.output_files import keep_date
from dashcamcleaner.settings import Settings
from tests.clips import make
from tests.fakes import ScriptedDetector


@pytest.fixture()
def qtbot(qtbot: Any) -> Any:
    """Patient by default: the tests judge what happens, not how busy the machine is."""
    wait_until = qtbot.waitUntil
    qtbot.waitUntil = lambda callback, *, timeout=30_000: wait_until(callback, timeout=timeout)
    return qtbot


@pytest.fixture(autouse=True)
def no_qthread_left() -> Iterator[None]:
    """A QThread that outlives its test would take the process along when it is collected."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and thread.is_alive()]
    running = [thread for thread in _live_qthreads() if thread.isRunning()]
    assert not running, f"QThreads left running: {[thread.objectName() for thread in running]}"
    assert not [thread for thread in left if not isinstance(thread, threading._DummyThread)], left


def _live_qthreads() -> list[QThread]:
    import gc

    found = [one for one in gc.get_objects() if issubclass(type(one), QThread)]
    return [one for one in found if not sip.isdeleted(one)]


@pytest.fixture(autouse=True)
def no_box_in_the_way(qapp: QApplication) -> Iterator[None]:
    """A dialog that a test did not close is one that a user would have had to click away."""
    yield
    left = [one for one in qapp.topLevelWidgets() if isinstance(one, QDialog) and one.isVisible()]
    for one in left:
        one.close()
    assert not left, f"dialogs left open: {[one.windowTitle() for one in left]}"


class ScriptedControl:
    """What a run's control does, seen from the window."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.free.set()
        self.cancelled = False
        self.paused = False
        self.wanted_px = 0

    def pause(self) -> None:
        self.paused = True
        self.free.clear()

    def resume(self) -> None:
        self.paused = False
        self.free.set()

    def cancel(self) -> None:
        self.cancelled = True
        self.free.set()

    def ask_for_frame(self, longest_side_px: int) -> None:
        self.wanted_px = longest_side_px

    def take_frame(self) -> None:
        return None


class ScriptedEngine(EngineFacade):
    """An engine whose runs go step by step: `step` lets one event out.

    Args:
        frames: per clip.
        errors: by file name, what its run ends in.
    """

    def __init__(self, *, frames: int = 10, errors: dict[str, Exception] | None = None, free: bool = True) -> None:
        self.frames = frames
        self.errors = errors or {}
        self.steps = threading.Semaphore(0)
        self.free_running = free
        self.jobs: list[Any] = []
        self.among: list[int] = []
        self.steps_of: dict[str, threading.Semaphore] = {}
        self.with_plans = False
        self.done_before: dict[Path, RunSummary] = {}
        self.controls: list[ScriptedControl] = []

    def step(self, count: int = 1) -> None:
        """Let so many events out."""
        for _ in range(count):
            self.steps.release()

    def step_only(self, name: str, count: int = 1) -> None:
        """Let so many events of one clip out, which from its start on heeds no other steps; name it before it runs."""
        steps = self.steps_of.setdefault(name, threading.Semaphore(0))
        for _ in range(count):
            steps.release()

    def find(self, paths: Sequence[str], *, settings: Settings, suffix: str = "_cleaned") -> Found:
        found = Found()
        for path in map(Path, paths):
            if path.is_dir():
                inner = sorted(one for one in path.rglob("*") if one.is_file())
                found.clips += [(one, path) for one in inner if one.suffix == ".mp4"]
                found.skipped += sum(one.suffix != ".mp4" for one in inner)
            elif path.exists():
                found.clips.append((path, None))
            else:
                found.errors.append(InputError(f"There is no file {path}.", hint="Check the path."))
        return found

    def outputs(
        self, clips: Any, *, folder: Path | None, settings: Settings, suffix: str = "_cleaned"
    ) -> dict[Path, Any]:
        return {source: (folder or source.parent) / f"{source.stem}{suffix}.mp4" for source, _ in clips}

    def facts(self, clip: Path) -> ClipFacts:
        picture = QImage(192, 108, QImage.Format_RGB888)
        picture.fill(Qt.darkGray)
        return ClipFacts(2.0, (1920, 1080), self.frames, 12_345_678, picture)

    def cleaned_thumbnail(self, result: Path) -> QImage:
        picture = QImage(192, 108, QImage.Format_RGB888)
        picture.fill(Qt.green)
        return picture

    def start(self, job: Any, *, among: int = 1) -> tuple[Iterator[Event], ScriptedControl]:
        control = ScriptedControl()
        self.jobs.append(job)
        self.among.append(among)
        self.controls.append(control)
        return self._events(job, control), control

    def _events(self, job: Any, control: ScriptedControl) -> Iterator[Event]:
        source, output = str(job.source), str(job.output)
        yield Started(source, output, self.frames, "scripted")
        error, steps = self.errors.get(job.source.name), self.steps_of.get(job.source.name, self.steps)
        for done in range(1, self.frames + 1):
            while not self.free_running and not steps.acquire(timeout=0.01):
                if control.cancelled:
                    break
            control.free.wait()
            if control.cancelled:
                yield Failed(Cancelled("The run was stopped."))
                return
            if error is not None and done == 3:
                if isinstance(error, DashcamCleanerError):
                    yield Failed(error)
                    return
                raise error
            yield Progress("clean", done, self.frames, 25.0, (self.frames - done) / 25.0, {"face": 2}, done / 25)
        summary = RunSummary(source, output, frames=self.frames, wall_s=0.4)
        summary.settings = dict(job.settings.overrides)
        if self.with_plans:
            part = job.output.with_suffix(".part")
            part.write_bytes(b"result")
            keep_date(job.source, part)
            part.replace(job.output)
            summary.plan = str(job.output.with_suffix(".plan.jsonl"))
        summary.kinds = {"face": KindSummary(regions=20, tracks=2), "plate": KindSummary(regions=5, tracks=1)}
        yield Finished(summary)

    def earlier(self, results: Any) -> dict[Path, RunSummary]:
        return {source: self.done_before[source] for source in results if source in self.done_before}

    def start_audit(self, source: Path, output: Path, plan: Path | None) -> tuple[Iterator[Event], ScriptedControl]:
        control = ScriptedControl()

        def events() -> Iterator[Event]:
            yield Started(str(source), str(output), self.frames, "audit")
            yield Progress("audit", self.frames // 2, self.frames, 50.0, 1.0)
            result = AuditResult(str(source), str(output), status=Status.NEEDS_REVIEW)
            result.findings = [Finding("pixels", "clear-object", Severity.REVIEW, "A face is clear.", first_frame=2)]
            yield Audited(result)

        return events(), control

    def open_preview(self, clip: Path, *, video_track: int | None = None) -> Any:
        raise InputError("There is nothing to see in a scripted clip.")

    def settings_for_plan(self, plan: Path, settings: Settings) -> Settings:
        return settings

    def weights(self) -> list[WeightsChoice]:
        return [WeightsChoice("best-n", "The best.", ("face", "plate"))]

    def growth(self) -> dict[str, tuple[float, ...]]:
        return {"face": (1.8, 1.7)}

    def devices(self) -> list[DeviceChoice]:
        return [DeviceChoice("auto", "Automatic", "No GPU is here."), DeviceChoice("cpu", "Processor")]


OpenWindow = Callable[..., MainWindow]


@pytest.fixture()
def open_window(qtbot: Any, qapp: QApplication) -> Iterator[OpenWindow]:
    """Opens the window over an engine; closes what is still open at the end."""
    opened: list[MainWindow] = []

    def open_it(engine: EngineFacade | None = None) -> MainWindow:
        window = build_window(qapp, engine=engine or ScriptedEngine())
        window.session.crashed.connect(lambda error: pytest.fail(f"unclaimed: {error!r}"))
        window.show()
        with qtbot.waitExposed(window):
            pass
        qapp.setActiveWindow(window)  # shortcuts go to the active window; a bare X server has nobody to make it so
        opened.append(window)
        return window

    yield open_it
    for window in opened:
        if window.session.busy:
            window.session.cancel()
            qtbot.waitUntil(lambda window=window: not window.session.busy, timeout=30_000)
        window.close()
        window.deleteLater()
    qapp.processEvents()


def drop(target: QWidget, *paths: Path) -> None:
    """Drag files over a widget and let go."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    at = QPoint(target.width() // 2, target.height() // 2)
    enter = QDragEnterEvent(at, Qt.CopyAction, data, Qt.LeftButton, Qt.NoModifier)
    QApplication.sendEvent(target, enter)
    assert enter.isAccepted(), "the window does not take what is dragged over it"
    QApplication.sendEvent(target, QDropEvent(QPointF(at), Qt.CopyAction, data, Qt.LeftButton, Qt.NoModifier))


@pytest.fixture()
def files(tmp_path: Path) -> Callable[..., list[Path]]:
    """Makes empty files that stand for clips where the engine is scripted."""

    def make_them(*names: str) -> list[Path]:
        paths = [tmp_path / name for name in names]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"clip")
        return paths

    return make_them


@pytest.fixture()
def street(tmp_path: Path) -> Path:
    """A real clip: two seconds, with B-frames, so that seeking is not trivial."""
    return make(tmp_path / "street.mp4", frames=60, b_frames=2, size=(320, 180)).path


@pytest.fixture()
def detector() -> ScriptedDetector:
    """A face that all frames show, and a plate whose score lies below the threshold."""
    rows = [(100.0, 40.0, 140.0, 90.0, 0.9, "face"), (200.0, 120.0, 250.0, 140.0, 0.15, "plate")]
    return ScriptedDetector(lambda *_: rows, script_size=(320, 180))
