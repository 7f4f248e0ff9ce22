"""Picture and timeline zoom around the pointer, and never show less than there is room for."""

from __future__ import annotations

from typing import Any

import pytest
from PyQt5.QtCore import QPoint, QPointF, Qt
from PyQt5.QtGui import QImage, QWheelEvent
from PyQt5.QtWidgets import QApplication, QWidget

from dashcamcleaner.gui.canvas import Shown
from dashcamcleaner.gui.review_canvas import ReviewCanvas
from dashcamcleaner.gui.timeline import Lane, TimelineView


def turn(widget: QWidget, at: QPoint, steps: int, modifiers: Any = Qt.NoModifier) -> None:
    place = QPointF(at), QPointF(widget.mapToGlobal(at))
    event = QWheelEvent(*place, QPoint(), QPoint(0, 120 * steps), Qt.NoButton, modifiers, Qt.NoScrollPhase, False)
    QApplication.sendEvent(widget, event)


@pytest.fixture()
def canvas(qtbot: Any) -> ReviewCanvas:
    canvas = ReviewCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(640, 360)
    picture = QImage(64, 36, QImage.Format_RGB888)
    picture.fill(Qt.gray)
    canvas.show_frame(Shown(picture, picture, (1280, 720)))
    return canvas


@pytest.mark.parametrize("at", [(320, 180), (100, 300), (0, 0), (639, 359)])
def test_the_point_under_the_pointer_stays(canvas: ReviewCanvas, at: tuple[int, int]) -> None:
    point = QPointF(*at)
    before = canvas.to_picture(point)
    turn(canvas, QPoint(*at), 4)
    assert canvas.zoom == pytest.approx(1.25**4)
    assert canvas.to_picture(point) == pytest.approx(before, abs=3)
    turn(canvas, QPoint(*at), -20)
    assert canvas.zoom == 1.0
    assert canvas.picture_rect().getRect() == pytest.approx((0, 0, 640, 360))


def test_panning_stays_inside_and_a_sharper_picture_is_wanted(canvas: ReviewCanvas, qtbot: Any) -> None:
    fitted_px = canvas.wanted_px()
    with qtbot.waitSignal(canvas.resized):
        canvas.zoom_by(4.0)
    assert canvas.wanted_px() > 2 * fitted_px
    qtbot.mousePress(canvas, Qt.MiddleButton, pos=QPoint(300, 200))
    canvas.pan_by(10_000, 10_000)
    assert canvas.picture_rect().topLeft() == QPointF(0, 0)
    canvas.pan_by(-10_000, -10_000)
    assert canvas.picture_rect().bottomRight().x() == pytest.approx(640)
    canvas.fit()
    assert canvas.zoom == 1.0


@pytest.fixture()
def timeline(qtbot: Any) -> TimelineView:
    timeline = TimelineView()
    qtbot.addWidget(timeline)
    timeline.resize(800, 200)
    timeline.show_lanes([Lane(("track", 1), "Face 1", "face", ((0.0, 60.0, "detected"),))], start_s=0.0, end_s=60.0)
    return timeline


def test_the_wheel_zooms_time_around_the_pointer(timeline: TimelineView, qtbot: Any) -> None:
    at = QPoint(450, 60)
    before = timeline._seconds(450)
    turn(timeline.viewport(), at, 5)
    assert timeline._seconds(450) == pytest.approx(before, abs=0.01)
    first, last = timeline._view
    assert last - first == pytest.approx(60 / 1.25**5)
    turn(timeline.viewport(), at, -1, Qt.ShiftModifier)
    assert timeline._view[0] > first
    turn(timeline.viewport(), at, -30)
    assert timeline._view == (0.0, 60.0)
    turn(timeline.viewport(), at, 60)
    assert timeline._view[1] - timeline._view[0] == pytest.approx(0.5)


def test_what_is_seen_goes_along_with_the_playhead(timeline: TimelineView) -> None:
    timeline.zoom(10.0, around_s=5.0)
    timeline.show_now(40.0)
    assert timeline._view[0] <= 40.0 <= timeline._view[1]


def test_the_waveform_has_its_own_room(timeline: TimelineView) -> None:
    silent = timeline.grab().toImage()
    timeline.show_levels([0.0, 1.0] * 50)
    loud = timeline.grab().toImage()
    assert loud != silent
    timeline.show_levels([])
    assert timeline.grab().toImage() == silent
