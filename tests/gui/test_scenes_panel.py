"""The Scenes tab over the real engine: looked through, dragged, clicked, exported and cut like a user."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import av
import pytest
from PyQt5.QtCore import QEvent, QPointF, Qt
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QApplication, QComboBox, QFileDialog, QWidget

from dashcamcleaner.core.plan import WHOLE_FRAME
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.gui.engine_facade import EngineFacade
from dashcamcleaner.gui.main_window import MainWindow
from dashcamcleaner.gui.scenes_panel import ScenesPanel
from dashcamcleaner.scenes.tag_file import read_tag_file
from tests.clips import make_road
from tests.fakes import ScriptedDetector, pool
from tests.gui.driving import OpenWindow


@pytest.fixture(scope="module")
def drive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drives for six seconds, stands for eight, drives for five."""
    path = tmp_path_factory.mktemp("road") / "drive.mp4"
    make_road(path)
    return path


@pytest.fixture()
def window(open_window: OpenWindow, qtbot: Any, drive: Path, tmp_path: Path) -> MainWindow:
    """The window with the tab open over a clip of its own."""
    clip = tmp_path / "drive.mp4"
    shutil.copyfile(drive, clip)
    window = open_window(EngineFacade(models=pool(ScriptedDetector(lambda *_: []))))
    window.session.form.set("preset", "ultrafast")
    window.session.add([str(clip)])
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    window.tabs.setCurrentWidget(window.scenes)
    qtbot.waitUntil(lambda: window.scenes.clip is not None)
    return window


def look_through(qtbot: Any, panel: ScenesPanel) -> None:
    qtbot.mouseClick(panel.score, Qt.LeftButton)
    qtbot.waitUntil(lambda: not panel.busy)
    assert panel.scored is not None, panel.message.text()


def send(target: QWidget, kind: QEvent.Type, x: float, y: float) -> None:
    button = Qt.NoButton if kind == QEvent.MouseMove else Qt.LeftButton
    held = Qt.NoButton if kind == QEvent.MouseButtonRelease else Qt.LeftButton
    QApplication.sendEvent(target, QMouseEvent(kind, QPointF(x, y), button, held, Qt.NoModifier))


def drag_threshold(panel: ScenesPanel, to: float, *, lane: int = 0) -> None:
    """Take the line in a lane and drag it to a score."""
    graph = panel.graph
    rect = graph._curve_rect(lane)
    y, end = graph.threshold_y(lane), rect.bottom() - to * rect.height()
    send(graph.viewport(), QEvent.MouseButtonPress, 300, y)
    for share in (0.3, 0.7, 1.0):
        send(graph.viewport(), QEvent.MouseMove, 300, y + share * (end - y))
    send(graph.viewport(), QEvent.MouseButtonRelease, 300, end)


def choose(combo: QComboBox, action: str) -> None:
    combo.setCurrentIndex(combo.findData(action))
    combo.activated.emit(combo.currentIndex())


def seconds_of(panel: ScenesPanel, label: str) -> list[tuple[int, int]]:
    return [(int(b.start_s), int(b.end_s)) for b in panel.blocks if b.label == label]


def test_scores_stand_in_lanes_and_the_models_words_in_the_open(window: MainWindow, qtbot: Any) -> None:
    panel = window.scenes
    assert not panel.form.cut.isEnabled()
    look_through(qtbot, panel)
    assert [lane.label for lane in panel.graph.lanes] == ["driving", "parked"]
    assert all(lane.scores is not None and len(lane.scores) >= 19 for lane in panel.graph.lanes)
    ((start, end),) = seconds_of(panel, "parked")
    assert start in (6, 7)
    assert end in (14, 15)
    assert "not measured" in panel.message.text()
    assert "parked: 1" in panel.graph.accessibleDescription()


def test_blocks_follow_the_threshold_that_is_dragged(window: MainWindow, qtbot: Any) -> None:
    panel = window.scenes
    look_through(qtbot, panel)
    before = panel.blocks
    drag_threshold(panel, 1.0, lane=1)
    assert [panel.graph.threshold_of(lane) for lane in (0, 1)] == [0.5, 1.0], "each label has a line of its own"
    assert panel.form.threshold.value() == 0.5
    assert panel.form.rules.label_scores == (("parked", 1.0),)
    assert {block.label for block in panel.blocks} == {"driving"}
    assert set(panel.graph.blocks) == {"driving"}
    drag_threshold(panel, 1.0)
    assert panel.blocks == ()
    drag_threshold(panel, 0.5)
    drag_threshold(panel, 0.5, lane=1)
    assert panel.blocks == before
    drag_threshold(panel, 1.0)
    panel.form.threshold.setValue(0.6)
    assert [panel.graph.threshold_of(lane) for lane in (0, 1)] == [0.6, 0.6], "the number is that of all labels"
    panel.form.threshold.setValue(0.5)
    assert panel.blocks == before
    panel.form.shortest.setValue(100)  # so do they any other rule
    assert panel.blocks == ()
    panel.form.shortest.setValue(4)
    assert panel.blocks == before
    panel.graph.setFocus()
    qtbot.keyClick(panel.graph, Qt.Key_Up)
    assert panel.form.threshold.value() == 0.51


def test_any_second_can_be_looked_at_as_the_cut_will_show_it(window: MainWindow, qtbot: Any) -> None:
    panel = window.scenes
    look_through(qtbot, panel)
    at = int(panel.graph.x_of(10.0))
    with qtbot.waitSignal(panel.frame_shown, timeout=30_000):
        send(panel.graph.viewport(), QEvent.MouseButtonPress, at, panel.graph.threshold_y(0) + 18)
    qtbot.waitUntil(lambda: panel.canvas.shown is not None and abs(panel.canvas.shown.time_s - 10) < 0.3)
    send(panel.graph.viewport(), QEvent.MouseButtonRelease, at, 30)
    assert panel.words.text().startswith("0:")
    assert "parked" in panel.words.text()
    assert panel.canvas.badge == ""
    choose(panel.form.choices["parked"], "blur")
    assert panel.canvas.badge == "blurred"
    qtbot.waitUntil(lambda: [box.kind for box in panel.canvas.shown.boxes] == [WHOLE_FRAME])
    choose(panel.form.choices["parked"], "")
    choose(panel.form.choices["driving"], "keep")
    assert panel.canvas.badge == "dropped", "what is not kept goes"
    qtbot.waitUntil(lambda: panel.canvas.shown.boxes == ())


def test_parking_is_cut_out(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    panel = window.scenes
    assert not panel.replace.isVisible(), "there is nothing to replace yet"
    look_through(qtbot, panel)
    choose(panel.form.choices["parked"], "drop")
    qtbot.mouseClick(panel.form.cut, Qt.LeftButton)
    qtbot.waitUntil(lambda: not panel.busy)
    assert panel.message.text().startswith("1 file written"), panel.message.text()
    with av.open(str(tmp_path / "drive.cut.mp4")) as container:
        assert abs(sum(1 for _ in container.decode(video=0)) - 110) <= 20
    assert (tmp_path / "drive.cut.mp4.scenes.json").is_file()
    qtbot.mouseClick(panel.form.cut, Qt.LeftButton)  # what stands there is not written over unasked
    qtbot.waitUntil(lambda: not panel.busy)
    assert panel.replace.isVisible()
    assert panel.message.property("bad")
    qtbot.mouseClick(panel.replace, Qt.LeftButton)
    qtbot.waitUntil(lambda: not panel.busy)
    assert panel.message.text().startswith("1 file written")
    assert not panel.replace.isVisible()


def test_a_cut_without_encoding_tells_what_was_kept_really(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    panel = window.scenes
    look_through(qtbot, panel)
    choose(panel.form.choices["parked"], "drop")
    qtbot.mouseClick(panel.form.lossless, Qt.LeftButton)
    assert not panel.form.clean.isChecked()
    qtbot.mouseClick(panel.form.cut, Qt.LeftButton)
    qtbot.waitUntil(lambda: not panel.busy)
    assert panel.message.text().startswith("1 file written: drive.cut.mp4"), panel.message.text()
    kept = json.loads((tmp_path / "drive.cut.mp4.scenes.json").read_text(encoding="utf-8"))["kept"]
    assert f"Kept from key frame to key frame: 0 - {kept[0]['to_s']:g}" in panel.message.text()
    assert "Nothing was looked for" in panel.message.text()
    assert (tmp_path / "drive.cut.mp4.report.html").is_file()


def test_only_the_cut_whose_name_was_taken_is_replaced(
    window: MainWindow, qtbot: Any, drive: Path, tmp_path: Path
) -> None:
    panel, other = window.scenes, tmp_path / "other.mp4"
    shutil.copyfile(drive, other)
    for name in ("drive.cut.mp4", "other.cut.mp4", "drive.cut.001.mp4"):
        (tmp_path / name).write_bytes(b"of an earlier day")
    window.session.add([str(other)])
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)
    for place in (1, 0):
        window.queue.choose(place)
        look_through(qtbot, panel)
    choose(panel.form.choices["parked"], "drop")
    qtbot.mouseClick(panel.form.cut, Qt.LeftButton)
    qtbot.waitUntil(lambda: not panel.busy)
    assert panel.replace.isVisible()
    window.queue.choose(1)
    assert not panel.replace.isVisible()
    panel.replace.click()
    qtbot.waitUntil(lambda: not panel.busy)
    assert (tmp_path / "other.cut.mp4").read_bytes() == b"of an earlier day"
    window.queue.choose(0)
    qtbot.mouseClick(panel.form.cut, Qt.LeftButton)
    window.queue.choose(1)  # the refusal comes while another clip is shown
    qtbot.waitUntil(lambda: not panel.busy)
    assert not panel.replace.isVisible()


def test_nothing_left_is_a_sentence(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    panel = window.scenes
    look_through(qtbot, panel)
    drag_threshold(panel, 1.0, lane=1)
    choose(panel.form.choices["parked"], "keep")
    qtbot.mouseClick(panel.form.cut, Qt.LeftButton)
    qtbot.waitUntil(lambda: not panel.busy)
    assert "would be left" in panel.message.text()
    assert sorted(path.name for path in tmp_path.glob("drive*")) == ["drive.mp4"]


def test_lists_are_exported_and_read_again(
    window: MainWindow, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = window.scenes
    look_through(qtbot, panel)
    offered: list[str] = []

    def save_as(_parent: object, _title: str, start: str) -> tuple[str, str]:
        offered.append(start)
        return start, ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", save_as)
    for action in panel.form.export.menu().actions():
        if action.text() in ("TAG", "CSV", "SRT"):
            action.trigger()
            qtbot.waitUntil(lambda: not panel.busy)
            assert panel.message.text().startswith("Written:"), panel.message.text()
    assert [Path(path).name for path in offered] == ["drive.tag", "drive.scenes.csv", "drive.scenes.srt"]
    assert read_tag_file(tmp_path / "drive.tag").labels == ("driving", "parked")
    # Edited by hand, it is what is cut.
    (tmp_path / "drive.tag").write_text("drive.mp4, driving, parked\n19, 0, 4\nparked, 2, 6\n", encoding="utf-8")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "drive.tag"), ""))
    qtbot.mouseClick(panel.open, Qt.LeftButton)
    qtbot.waitUntil(lambda: not panel.busy)
    assert seconds_of(panel, "parked") == [(2, 6)]
    assert not panel.form.threshold.isEnabled(), "a list has no scores"
    # A list that is broken is refused, and what was known stays.
    (tmp_path / "drive.tag").write_text("no list", encoding="utf-8")
    qtbot.mouseClick(panel.open, Qt.LeftButton)
    qtbot.waitUntil(lambda: not panel.busy)
    assert "is no tag file" in panel.message.text()
    assert seconds_of(panel, "parked") == [(2, 6)]


def test_the_clip_itself_is_never_written_over(
    window: MainWindow, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = window.scenes
    look_through(qtbot, panel)
    content = (tmp_path / "drive.mp4").read_bytes()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "drive.mp4"), ""))
    panel.form.export_wanted.emit("csv")
    qtbot.waitUntil(lambda: not panel.busy)
    assert panel.message.property("bad")
    assert (tmp_path / "drive.mp4").read_bytes() == content


def test_it_can_be_stopped_and_closed_meanwhile(window: MainWindow, qtbot: Any) -> None:
    panel = window.scenes
    qtbot.mouseClick(panel.score, Qt.LeftButton)
    assert panel.stop.isVisible()
    assert not panel.score.isVisible()
    qtbot.mouseClick(panel.stop, Qt.LeftButton)
    qtbot.waitUntil(lambda: not panel.busy)
    assert panel.score.isVisible()
    look_through(qtbot, panel)  # an earlier stop does not count
    choose(panel.form.choices["parked"], "drop")
    qtbot.mouseClick(panel.form.cut, Qt.LeftButton)
    window.close_now()  # the cut ends, and nothing hangs (a QThread left over fails every test)
    assert not window.isVisible()


def test_what_is_known_of_a_clip_comes_back_with_it(
    window: MainWindow, qtbot: Any, drive: Path, tmp_path: Path
) -> None:
    panel = window.scenes
    look_through(qtbot, panel)
    choose(panel.form.choices["parked"], "drop")
    known, said = panel.scored, panel.form.actions
    other = tmp_path / "other.mp4"
    shutil.copyfile(drive, other)
    window.session.add([str(other)])
    qtbot.waitUntil(lambda: len(window.session.queue) == 2)
    window.queue.choose(1)
    assert panel.path == other
    assert panel.scored is None
    assert panel.graph.lanes == ()
    window.queue.choose(0)
    assert panel.scored is known
    assert panel.form.actions == said == {"parked": "drop"}
    panel.models.setCurrentIndex(panel.models.findData("light"))
    panel.models.activated.emit(1)
    assert panel.scored is None, "that is another question"


def test_every_model_of_ours_is_offered(window: MainWindow) -> None:
    offered = [window.scenes.models.itemData(i) for i in range(window.scenes.models.count())]
    assert offered[:4] == ["motion", "light", "shots", "safety"]


def test_the_pool_is_the_windows() -> None:
    models = ModelPool()
    assert EngineFacade(models=models).scenes()._models is models
