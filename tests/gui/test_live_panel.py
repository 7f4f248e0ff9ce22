"""The live panel: shows what left and its figures, and asks for the cover and the end."""

from __future__ import annotations

import numpy as np
from PyQt5.QtCore import Qt
from pytestqt.qtbot import QtBot

from dashcamcleaner.core.events import LiveChange, LiveStats
from dashcamcleaner.gui.live_panel import LivePanel
from dashcamcleaner.live.gate import Gate
from dashcamcleaner.live.preview_sink import PreviewSink
from dashcamcleaner.live.release import CoverReason
from dashcamcleaner.obscure.obscurer import Obscurer

STATS = LiveStats(1.0, 29.5, 30.0, 1003.0, 4.0, 1000.0, 0.25, 30, 0.5, 640, "a device", 100, 7, 25, 0)


def test_a_preview_keeps_the_newest_picture_and_gives_it_once() -> None:
    sink, gate = PreviewSink(), Gate(size=(160, 96), obscurer=Obscurer())
    assert sink.take() is None
    for number in range(3):
        sink.write(gate.covered(number, float(number), CoverReason.LATE))
    picture = sink.take()
    assert picture is not None
    assert picture.shape == (96, 160, 3)
    assert sink.take() is None
    sink.write(gate.covered(4, 4.0, CoverReason.LATE))
    sink.close()
    assert sink.take() is None, "nothing old is shown after the end"


def test_the_panel_shows_picture_figures_and_changes(qtbot: QtBot) -> None:
    sink = PreviewSink()
    panel = LivePanel(sink)
    qtbot.addWidget(panel)
    panel.resize(640, 480)
    panel.show()
    sink.write(Gate(size=(160, 96), obscurer=Obscurer()).covered(0, 0.0, CoverReason.PANIC))
    panel.refresh()
    pixmap = panel.picture.pixmap()
    assert pixmap is not None
    assert pixmap.width() > 160
    panel.told.emit(STATS)
    assert "29.5" in panel.figures.text()
    assert "25.0 % covered" in panel.figures.text()
    assert "7 late" in panel.figures.text()
    panel.told.emit(LiveChange(1.0, "covered", "Frames are covered wholly: late.\x1b[2J"))
    assert panel.change.text().startswith("Frames are covered")
    assert "\x1b" not in panel.change.text()
    assert np.array([pixmap.width(), pixmap.height()]).min() > 0


def test_the_buttons_ask(qtbot: QtBot) -> None:
    panel = LivePanel(PreviewSink())
    qtbot.addWidget(panel)
    with qtbot.waitSignal(panel.panic_asked, timeout=5000):
        qtbot.mouseClick(panel.panic, Qt.LeftButton)
    with qtbot.waitSignal(panel.stop_asked, timeout=5000):
        qtbot.mouseClick(panel.stop, Qt.LeftButton)
