"""What the desktop is told, the machine's sleep, one window for a user, and logs that outlive a start."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PyQt5.QtCore import QEvent, QSize
from PyQt5.QtNetwork import QLocalSocket
from PyQt5.QtWidgets import QMainWindow, QSplitter

from dashcamcleaner.gui import single_instance
from dashcamcleaner.gui.app import FilesFromFinder
from dashcamcleaner.gui.crash import CrashNet, log_path
from dashcamcleaner.gui.presence import Presence, WakeLock
from dashcamcleaner.gui.queue_model import Totals
from dashcamcleaner.gui.single_instance import SingleInstance, hand_over
from dashcamcleaner.gui.store import Store
from dashcamcleaner.gui.window_parts import remember_geometry, restore_geometry
from tests.gui.driving import OpenWindow, ScriptedEngine, drop

Files = Callable[..., list[Path]]


def test_progress_stands_in_the_title_and_the_machine_stays_awake(
    open_window: OpenWindow, files: Files, qtbot: Any
) -> None:
    told: list[str] = []

    @contextmanager
    def lock() -> Any:
        told.append("held")
        yield
        told.append("let go")

    engine = ScriptedEngine(free=False)
    window = open_window(engine)
    window.presence.lock = WakeLock(lock)
    drop(window, *files("a.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 1 and window.session.queue.at(0).facts is not None)
    assert window.windowTitle() == "DashcamCleaner"
    window.session.start()
    engine.step(5)
    qtbot.waitUntil(lambda: window.windowTitle() == "50 % – DashcamCleaner")
    assert window.presence.last_sent == {"progress": 0.5, "progress-visible": True}
    assert told == ["held"]
    engine.step(20)
    qtbot.waitUntil(lambda: not window.session.busy and not window.session.started)
    assert window.windowTitle() == "DashcamCleaner"
    assert window.presence.last_sent["progress-visible"] is False
    assert told == ["held", "let go"]
    assert window.presence.notes == ["1 of 1 done"]


def test_a_desktop_that_refuses_stops_no_run(caplog: pytest.LogCaptureFixture) -> None:
    def refused() -> Any:
        raise OSError("no session bus")

    lock = WakeLock(refused)
    lock.hold(True)
    assert not lock.held
    assert "could not be kept awake" in caplog.text


class FileOpened(QEvent):
    """The event that macOS sends; Qt lets nobody else make its own class of it."""

    def __init__(self, path: Path) -> None:
        super().__init__(QEvent.FileOpen)
        self._path = path

    def file(self) -> str:
        return str(self._path)


def test_files_that_macos_opens_join_the_window(open_window: OpenWindow, files: Files, qapp: Any, qtbot: Any) -> None:
    window = open_window()
    taker = FilesFromFinder(window)
    qapp.installEventFilter(taker)
    try:
        (clip,) = files("a.mp4")
        qapp.sendEvent(qapp, FileOpened(clip))
        qtbot.waitUntil(lambda: [row.source.name for row in window.session.queue] == ["a.mp4"])
    finally:
        qapp.removeEventFilter(taker)


def test_files_opened_later_join_the_window(open_window: OpenWindow, files: Files, qtbot: Any, own_home: Path) -> None:
    first, second = files("a.mp4", "b.mp4")
    assert not hand_over([str(first)]), "nobody is there yet"
    window = open_window()
    instance = SingleInstance(window)
    instance.opened.connect(window.join)
    assert instance.listen()
    assert hand_over([str(first), str(second)])
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)
    assert not window.session.started, "what is opened is not started"
    instance.close()


@pytest.mark.parametrize("said", [b"no json", b'{"a": 1}', b"[1, 2]", b"x" * 1_100_000])
def test_what_is_no_list_of_paths_is_not_heard(
    open_window: OpenWindow, files: Files, qtbot: Any, own_home: Path, said: bytes
) -> None:
    (clip,) = files("a.mp4")
    window = open_window()
    instance = SingleInstance(window)
    instance.opened.connect(window.join)
    assert instance.listen()
    socket = QLocalSocket()
    socket.connectToServer(single_instance._name())
    assert socket.waitForConnected(1000)
    socket.write(said)
    socket.flush()
    qtbot.wait(50)
    socket.abort()
    assert hand_over([str(clip)])
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    instance.close()


def test_the_log_of_faults_is_added_to(qapp: Any, own_home: Path) -> None:
    path = log_path().with_name("fault.log")
    for _ in range(2):
        net = CrashNet()
        net.install()
        with path.open("a", encoding="utf-8") as file:
            file.write("Fatal Python error: Segmentation fault\n")
        net.remove()
    text = path.read_text(encoding="utf-8")
    assert text.count("Segmentation fault") == 2
    assert text.count("starts at") == 2
    path.write_text("x" * 1_100_000, encoding="utf-8")
    net = CrashNet()
    net.install()
    net.remove()
    assert path.stat().st_size < 1000
    assert path.with_name("fault.1.log").stat().st_size == 1_100_000


def test_the_window_is_no_larger_than_its_screen_at_first(open_window: OpenWindow) -> None:
    window = open_window()
    room = window.screen().availableGeometry().size()
    least = window.minimumSizeHint().expandedTo(window.minimumSize())
    assert window.size().boundedTo(room.expandedTo(least)) == window.size()
    assert least.boundedTo(QSize(960, 540)) == least, "half of 1920x1080, where texts are of twice the size"


def test_names_of_results_are_what_was_chosen(
    open_window: OpenWindow, files: Files, qtbot: Any, tmp_path: Path
) -> None:
    engine = ScriptedEngine()
    window = open_window(engine)
    drop(window, *files("a.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    window.top.output.suffix_chosen.emit("../x")
    assert "cannot be part of a file's name" in window.messages.text.text()
    window.top.output.suffix_chosen.emit("_public")
    window.top.output.folder_chosen.emit(tmp_path / "out")
    window.session.start()
    qtbot.waitUntil(lambda: not window.session.busy and not window.session.started)
    assert [job.output.name for job in engine.jobs] == ["a_public.mp4"]
    assert json.loads((window.session.store.folder / "window.json").read_text())["result_suffix"] == "_public"


def test_windows_paints_progress_into_its_task_bar(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The part of Qt that does it exists on Windows alone: what is asked of it is written down here instead."""
    asked: list[tuple[str, int]] = []

    class Progress:
        def setVisible(self, visible: bool) -> None:  # noqa: N802
            asked.append(("visible", visible))

        def setValue(self, value: int) -> None:  # noqa: N802
            asked.append(("value", value))

    class Button:
        def __init__(self, parent: object) -> None:
            self._progress = Progress()

        def setWindow(self, handle: object) -> None:  # noqa: N802
            assert handle is not None
            asked.append(("window", 1))

        def progress(self) -> Progress:
            return self._progress

    window = QMainWindow()
    qtbot.addWidget(window)
    window.show()
    presence = Presence(window, lock=WakeLock(lambda: contextmanager(lambda: iter([None]))()))
    monkeypatch.setattr(sys, "platform", "win32")
    nothing = Totals(clips=2, ended=0, failed=0, fraction=0.25, fps=0.0, eta_s=None)
    presence.show(nothing, busy=True)
    assert asked == [], "without that part nothing happens, and nothing fails"
    monkeypatch.setitem(sys.modules, "PyQt5.QtWinExtras", SimpleNamespace(QWinTaskbarButton=Button))
    presence.show(dataclasses.replace(nothing, fraction=0.5), busy=True)
    presence.show(dataclasses.replace(nothing, fraction=1.0), busy=False)
    assert asked == [("window", 1), ("visible", True), ("value", 50), ("visible", False), ("value", 0)]


def test_a_window_from_a_larger_screen_comes_back_within_this_one(open_window: OpenWindow, qapp: Any) -> None:
    room = qapp.primaryScreen().availableGeometry()
    first = open_window(ScriptedEngine())
    first.resize(room.width() + 400, room.height() + 300)
    first.move(room.x() + 200, room.y() + 100)
    remember_geometry(first.session.store, window=first, split=first.split, outer=first.outer)
    first.close()
    again = open_window(ScriptedEngine())
    largest = again.minimumSize().expandedTo(room.size())  # the screen of the tests is smaller than the least window
    assert again.width() <= largest.width()
    assert again.height() <= largest.height()
    assert again.frameGeometry().topLeft() == room.topLeft()


def test_a_window_stands_where_it_stood(qtbot: Any, tmp_path: Path) -> None:
    """To move it is to place its title bar, whose height is not known yet: it would go down with every start."""

    class Window(QMainWindow):
        moves = 0

        def move(self, *at: Any) -> None:
            self.moves += 1
            super().move(*at)

    store = Store(tmp_path)
    windows = Window(), Window()
    for window in windows:
        qtbot.addWidget(window)
    first, again = windows
    first.setGeometry(60, 70, 400, 300)
    first.show()
    remember_geometry(store, window=first, split=QSplitter(), outer=QSplitter())
    restore_geometry(store, window=again, split=QSplitter(), outer=QSplitter())
    assert again.geometry() == first.geometry()
    assert again.moves == 0


def test_a_window_comes_back_with_its_frame_on_the_screen(qtbot: Any, qapp: Any, tmp_path: Path) -> None:
    """The title bar is remembered: before the window is shown Qt does not know how much it takes."""
    room = qapp.primaryScreen().availableGeometry()
    store = Store(tmp_path)
    first, again = QMainWindow(), QMainWindow()
    for window in (first, again):
        qtbot.addWidget(window)
    first.setGeometry(room.x() + 60, room.y() + 60, 300, room.height() - 40)  # its foot lies below the screen
    first.show()
    remember_geometry(store, window=first, split=QSplitter(), outer=QSplitter())
    for frame, stands in (([4, 20, 4, 4], 16), ([0, 0, 0, 0], 40), (["4", None], 40), ([0, 5000, 0, 0], 40)):
        store.set(frame=frame)
        restore_geometry(store, window=again, split=QSplitter(), outer=QSplitter())
        assert again.pos().y() - room.y() == stands, frame
        assert again.height() == room.height() - 40
