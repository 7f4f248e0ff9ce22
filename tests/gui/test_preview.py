"""The preview over real clips and a fake detector: the very frame asked for, painted anew without detecting again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtGui import QColor, QImage

from dashcamcleaner.gui.canvas import CanvasView
from dashcamcleaner.gui.engine_facade import EngineFacade
from dashcamcleaner.gui.main_window import MainWindow
from tests.clips import make, read_number
from tests.fakes import ScriptedDetector, pool
from tests.gui.driving import OpenWindow, ScriptedEngine, drop


def array_of(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format_RGB888)
    bits = image.bits()
    bits.setsize(image.byteCount())
    rows = np.frombuffer(bits, np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def show(window: MainWindow, clip: Path, qtbot: Any) -> None:
    with qtbot.waitSignal(window.preview.frame_shown, timeout=30_000):
        drop(window, clip)


def wait_until_planned(window: MainWindow, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: window.preview.canvas.badge == "As a run hides it")


def test_the_clip_is_shown_with_its_regions_hidden(
    open_window: OpenWindow, street: Path, detector: ScriptedDetector, qtbot: Any
) -> None:
    window = open_window(EngineFacade(models=pool(detector)))
    show(window, street, qtbot)
    shown = window.preview.canvas.shown
    assert shown is not None
    assert shown.counts == {"face": 1}
    assert window.preview.counts.text() == "1 face"
    before, after = array_of(shown.original), array_of(shown.obscured)
    changed = np.abs(before.astype(int) - after).max(axis=2) > 8
    x1, y1, x2, y2 = (round(v) for v in shown.boxes[0].xyxy)
    inside = np.zeros_like(changed)
    inside[max(0, y1 - 24) : y2 + 24, max(0, x1 - 24) : x2 + 24] = True  # the soft edge, and chroma's coarse grid
    assert changed[60:70, 110:130].any()
    assert not (changed & ~inside).any()


def test_a_seek_shows_the_very_frame(
    open_window: OpenWindow, street: Path, detector: ScriptedDetector, qtbot: Any
) -> None:
    window = open_window(EngineFacade(models=pool(detector)))
    show(window, street, qtbot)
    times = window.preview.clip.times
    assert len(times) == 60
    for place in (37, 5, 59, 6, 0):
        with qtbot.waitSignal(window.preview.frame_shown, timeout=30_000):
            window.preview.scrubber.setValue(place) if place else window.preview.go(0)
        shown = window.preview.canvas.shown
        assert shown.pts == times[place]
        assert read_number(array_of(shown.original)[..., 1]) == place


def test_turning_a_dial_paints_again_without_detecting_again(
    open_window: OpenWindow, street: Path, detector: ScriptedDetector, qtbot: Any
) -> None:
    window = open_window(EngineFacade(models=pool(detector)))
    window.session.form.set("tracking", False)  # by the threshold alone
    show(window, street, qtbot)
    wait_until_planned(window, qtbot)
    seen = detector.seen
    with qtbot.waitSignal(window.preview.frame_shown, timeout=30_000):
        window.session.form.set("threshold", 0.1)
    assert window.preview.canvas.shown.counts == {"face": 1, "plate": 1}
    first = array_of(window.preview.canvas.shown.obscured)
    with qtbot.waitSignal(window.preview.frame_shown, timeout=30_000):
        window.session.form.set("style", "solid")
    assert (array_of(window.preview.canvas.shown.obscured) != first).any()
    before = window.preview.canvas.shown.boxes[0].xyxy
    with qtbot.waitSignal(window.preview.frame_shown, timeout=30_000):
        window.session.form.set("growth", 3.0)
    after = window.preview.canvas.shown.boxes[0].xyxy
    assert after[2] - after[0] > before[2] - before[0]
    assert detector.seen == seen


def test_what_decides_seeing_detects_again(
    open_window: OpenWindow, street: Path, detector: ScriptedDetector, qtbot: Any
) -> None:
    window = open_window(EngineFacade(models=pool(detector)))
    show(window, street, qtbot)
    seen = detector.seen
    with qtbot.waitSignal(window.preview.frame_shown, timeout=30_000):
        window.session.form.set("inference_size", 640)
    assert detector.seen > seen


def test_keys_step_views_and_the_original(
    open_window: OpenWindow, street: Path, detector: ScriptedDetector, qtbot: Any
) -> None:
    window = open_window(EngineFacade(models=pool(detector)))
    show(window, street, qtbot)
    panel = window.preview
    with qtbot.waitSignal(panel.frame_shown, timeout=30_000):
        qtbot.keyClick(window.queue, Qt.Key_Right)
    assert panel.scrubber.value() == 1
    with qtbot.waitSignal(panel.frame_shown, timeout=30_000):
        qtbot.keyClick(panel.canvas, Qt.Key_Right, Qt.ShiftModifier)
    assert panel.scrubber.value() == 31
    qtbot.keyClick(panel.canvas, Qt.Key_3)
    assert panel.canvas.view is CanvasView.COMPARE
    qtbot.keyPress(panel.canvas, Qt.Key_H)
    assert panel.canvas._original_held
    qtbot.keyRelease(panel.canvas, Qt.Key_H)
    assert not panel.canvas._original_held


def test_the_divider_is_dragged_and_moved_by_key(
    open_window: OpenWindow, street: Path, detector: ScriptedDetector, qtbot: Any
) -> None:
    window = open_window(EngineFacade(models=pool(detector)))
    show(window, street, qtbot)
    canvas = window.preview.canvas
    window.preview.set_view(CanvasView.COMPARE)
    place = canvas.picture_rect()
    at = QPoint(int(place.left() + 0.8 * place.width()), int(place.center().y()))
    qtbot.mousePress(canvas, Qt.LeftButton, pos=at)
    qtbot.mouseRelease(canvas, Qt.LeftButton, pos=at)
    assert canvas.divider == pytest.approx(0.8, abs=0.01)
    qtbot.keyClick(canvas, Qt.Key_Left, Qt.ShiftModifier)
    assert canvas.divider == pytest.approx(0.78, abs=0.01)


def test_what_cannot_be_read_says_so(open_window: OpenWindow, tmp_path: Path, qtbot: Any) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no clip at all")
    window = open_window(EngineFacade())
    show(window, broken, qtbot)
    assert window.preview.canvas.shown is None
    assert "broken.mp4" in window.preview.canvas.message
    qtbot.waitUntil(lambda: window.session.queue.at(0).facts_error is not None)


def test_the_thumbnail_of_a_clip_shows_nobody(
    open_window: OpenWindow, street: Path, detector: ScriptedDetector, qtbot: Any
) -> None:
    window = open_window(EngineFacade(models=pool(detector)))
    show(window, street, qtbot)
    qtbot.waitUntil(lambda: window.session.queue.at(0).facts is not None, timeout=30_000)
    picture = array_of(window.session.queue.at(0).facts.thumbnail).astype(int)
    # Ten cells along the long side: no two neighbouring pixels differ much.
    assert np.abs(np.diff(picture, axis=1)).max() < 40


def test_the_running_jobs_frame_is_shown_as_it_is_written(
    open_window: OpenWindow, street: Path, detector: ScriptedDetector, qtbot: Any
) -> None:
    window = open_window(EngineFacade(models=pool(detector)))
    show(window, street, qtbot)
    pictures: list[QImage] = []
    window.session.picture.connect(lambda _, picture, __: pictures.append(picture))
    window.session.start()
    qtbot.waitUntil(lambda: window.preview._live, timeout=30_000)
    assert window.preview.live.isVisible()
    qtbot.waitUntil(lambda: not window.session.busy and not window.session.started, timeout=30_000)
    assert window.session.queue.at(0).error is None
    assert not window.preview._live
    for picture in pictures:
        middle = QColor(picture.pixel(picture.width() * 120 // 320, picture.height() * 65 // 180))
        assert middle.isValid()


def test_a_live_picture_has_no_original_to_hold(open_window: OpenWindow, qtbot: Any, files: Any) -> None:
    window = open_window(ScriptedEngine(free=False))
    drop(window, *files("a.mp4"))
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    window.session.start()
    qtbot.waitUntil(lambda: window.preview._live)
    picture = QImage(64, 36, QImage.Format_RGB888)
    picture.fill(Qt.blue)
    window.preview.show_live(picture, 0.2, {"face": 2})
    assert window.preview.canvas.shown.original is None
    assert window.preview.counts.text() == "2 faces"


def test_pictures_of_odd_shapes_fit(
    open_window: OpenWindow, detector: ScriptedDetector, tmp_path: Path, qtbot: Any
) -> None:
    tall = make(tmp_path / "tall.mp4", frames=4, size=(322, 180), clockwise=90).path
    window = open_window(EngineFacade(models=pool(detector)))
    show(window, tall, qtbot)
    shown = window.preview.canvas.shown
    assert shown.size == (180, 322)
    assert shown.obscured.height() > shown.obscured.width()


def test_before_a_run_what_is_seen_is_what_will_be(
    open_window: OpenWindow, street: Path, tmp_path: Path, qtbot: Any
) -> None:
    face = (100.0, 40.0, 140.0, 90.0, 0.9, "face")

    # Every third frame the detector is blind: alone nothing is found in it, a run fills the gap by the track.
    def script(_: int, picture: np.ndarray) -> list[tuple[Any, ...]]:
        small = cv2.resize(picture, (320, 180), interpolation=cv2.INTER_AREA)
        return [] if read_number(small[..., 1]) % 3 == 1 else [face]

    detector = ScriptedDetector(script, script_size=(320, 180))
    window = open_window(EngineFacade(models=pool(detector)))
    window.session.form.set("crop_checks", False)
    show(window, street, qtbot)
    panel = window.preview
    with qtbot.waitSignal(panel.frame_shown, timeout=30_000):
        panel.go(31)
    wait_until_planned(window, qtbot)
    assert panel.counts.text() == "1 face"
    assert [box.origin for box in panel.canvas.shown.boxes] != ["detected"]
    previewed = [box.xyxy for box in panel.canvas.shown.boxes]
    seen = detector.seen
    with qtbot.waitSignal(panel.frame_shown, timeout=30_000):
        window.session.form.set("style", "solid")  # planned anew from what was seen
    assert panel.canvas.badge == "As a run hides it"
    assert detector.seen == seen
    with qtbot.waitSignal(panel.frame_shown, timeout=30_000):
        window.session.form.reset("style")

    window.session.start()
    qtbot.waitUntil(lambda: not window.session.busy and not window.session.started)
    qtbot.waitUntil(lambda: panel.canvas.badge == "Finished file" and panel.canvas.shown is not None)
    with qtbot.waitSignal(panel.frame_shown, timeout=30_000):
        panel.go(31)
    written = [box.xyxy for box in panel.canvas.shown.boxes]
    assert np.array(written) == pytest.approx(np.array(previewed), abs=1.0)


def test_the_result_is_the_file_that_was_written(
    open_window: OpenWindow, street: Path, detector: ScriptedDetector, qtbot: Any
) -> None:
    window = open_window(EngineFacade(models=pool(detector)))
    show(window, street, qtbot)
    window.session.start()
    qtbot.waitUntil(lambda: not window.session.busy and not window.session.started)
    panel, row = window.preview, window.session.queue.at(0)
    qtbot.waitUntil(lambda: panel.canvas.badge == "Finished file" and panel.canvas.shown is not None)
    seen = detector.seen
    # Another file takes its place: what is shown is what stands there, not what the detector would find.
    bare = make(row.output.with_name("bare.mp4"), frames=60, b_frames=2, size=(320, 180)).path
    bare.replace(row.output)
    window.queue.clearSelection()
    panel.show_clip(None)
    window._choose(row.id)
    for place in (0, 20):
        if place:
            with qtbot.waitSignal(panel.frame_shown, timeout=30_000):
                panel.go(place)
        else:
            qtbot.waitUntil(lambda: panel.canvas.shown is not None)
        shown = panel.canvas.shown
        assert read_number(array_of(shown.obscured)[..., 1]) == place
        assert np.abs(array_of(shown.obscured).astype(int) - array_of(shown.original)).max() < 8
        assert panel.counts.text() == "1 face"  # by the plan
    assert detector.seen == seen
    # A dial that is turned shows what it would make; the file is one click away.
    window.session.form.set("style", "solid")
    qtbot.waitUntil(lambda: panel.canvas.badge in ("This frame alone", "As a run hides it"))
    assert not panel.file.isChecked()
    qtbot.mouseClick(panel.file, Qt.LeftButton)
    qtbot.waitUntil(lambda: panel.canvas.badge == "Finished file")


def test_a_click_on_the_seek_bar_goes_there(
    open_window: OpenWindow, street: Path, detector: ScriptedDetector, qtbot: Any
) -> None:
    window = open_window(EngineFacade(models=pool(detector)))
    show(window, street, qtbot)
    bar = window.preview.scrubber
    for share in (0.75, 0.25, 0.5):
        qtbot.mouseClick(bar, Qt.LeftButton, pos=QPoint(int(bar.width() * share), bar.height() // 2))
        assert bar.value() == pytest.approx(59 * share, abs=2)
