"""The review after a real run over a fake detector: look, correct, undo, and render again without detecting again."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from PyQt5.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt5.QtGui import QMouseEvent
from PyQt5.QtWidgets import QApplication

from dashcamcleaner.core.edit_types import DrawnRegion, HiddenZone
from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.plan import FramePlan
from dashcamcleaner.core.track_edits import KeepTrack
from dashcamcleaner.gui.canvas import CanvasView
from dashcamcleaner.gui.engine_facade import EngineFacade
from dashcamcleaner.gui.main_window import MainWindow
from dashcamcleaner.gui.queue_row import State
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.plan_file import PlanReader, PlanWriter
from tests.fakes import ScriptedDetector, pool
from tests.gui.driving import OpenWindow, drop
from tests.gui.street import FRAMES, PAN_PX, make_street, read_code
from tests.gui.test_preview import array_of

FACE = (100.0, 40.0, 140.0, 90.0)
LOOKS_OF_PREVIEW = FRAMES // 10
"""The preview looks at a frame or two by itself, by when its answers come; who detects again looks at every frame."""


@pytest.fixture()
def busy_street(tmp_path: Path) -> Path:
    return make_street(tmp_path / "street.mp4")


@pytest.fixture()
def reviewed(open_window: OpenWindow, busy_street: Path, detector: ScriptedDetector, qtbot: Any) -> MainWindow:
    """A clip is cleaned and its review is open."""
    window = open_window(EngineFacade(models=pool(detector)))
    drop(window, busy_street)
    qtbot.waitUntil(lambda: len(window.session.queue) == 1, timeout=30_000)
    window.session.start()
    wait_for_run(qtbot, window)
    assert window.session.queue.at(0).state is State.DONE, window.session.queue.at(0).error
    with qtbot.waitSignal(window.review.ready, timeout=30_000):
        qtbot.mouseClick(window.result.buttons["review"], Qt.LeftButton)
    settle(qtbot, window)
    return window


def wait_for_run(qtbot: Any, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not window.session.busy and not window.session.started, timeout=30_000)


def settle(qtbot: Any, window: MainWindow) -> None:
    """Until all that was asked of the workers has been answered."""
    workers = (window.session.sight, window.session.planning, window.session.files)
    qtbot.waitUntil(lambda: all(worker.idle for worker in workers), timeout=30_000)
    qtbot.wait(20)


def edits_of(window: MainWindow) -> list[dict[str, Any]]:
    """What stands in the file beside the clip."""
    path = window.review.history.file.path
    return [json.loads(line) for line in path.read_text().splitlines()][1:] if path.exists() else []


def boxes_drawn(window: MainWindow) -> set[int | None]:
    return {box.track for box in window.review.canvas.shown.boxes}


def press_at(qtbot: Any, window: MainWindow, x: float, y: float) -> QPoint:
    """Where a point of the full picture lies on the canvas."""
    rect = window.review.canvas.to_widget((x, y, x, y))
    return QPoint(round(rect.left()), round(rect.top()))


def drag(qtbot: Any, window: MainWindow, start: tuple[float, float], end: tuple[float, float]) -> None:
    canvas = window.review.canvas
    first, last = press_at(qtbot, window, *start), press_at(qtbot, window, *end)
    qtbot.mousePress(canvas, Qt.LeftButton, pos=first)
    for part in (0.3, 0.7, 1.0):  # offscreen, a moved pointer tells nobody: the event is sent as a screen would
        at = QPointF(first + (last - first) * part)
        move = QMouseEvent(QEvent.MouseMove, at, Qt.NoButton, Qt.LeftButton, Qt.NoModifier)
        QApplication.sendEvent(canvas, move)
    qtbot.mouseRelease(canvas, Qt.LeftButton, pos=last)


def test_it_shows_tracks_as_cards_and_lanes(reviewed: MainWindow, qtbot: Any) -> None:
    review = reviewed.review
    assert [card.kind for card in review.cards.cards] == ["face"]
    assert " · 60×" in review.cards.cards[0].detail
    assert len(review.timeline._lanes) == 1
    key = review.cards.cards[0].key
    qtbot.waitUntil(lambda: key in review.cards._model.pictures)
    assert not reviewed.result.isVisible()
    assert not reviewed.settings.isVisible()


def test_a_seek_shows_the_very_frame_with_its_own_regions(reviewed: MainWindow, qtbot: Any) -> None:
    review = reviewed.review
    for place in (41, 3, 59):
        with qtbot.waitSignal(review.frame_shown, timeout=30_000):
            review.foot.scrubber.setValue(place)
        assert review.canvas.shown.pts == review.opened.clip.times[place]
        assert read_code(array_of(review.canvas.shown.original)) == place
        assert review.canvas.shown.boxes[0].xyxy == review.plans[place].regions[0].xyxy


def test_the_weak_spot_is_the_plate_that_was_left_clear(reviewed: MainWindow, qtbot: Any) -> None:
    review = reviewed.review
    assert review.review_items
    worst = review.review_items[0]
    assert (worst.reason, worst.kind) == ("clear", "plate")
    qtbot.keyClick(review.canvas, Qt.Key_N)
    assert review.canvas.item_box == worst.box
    assert "Perhaps a plate, left clear" in review.tools.item_text.text()


def test_keep_clear_by_click_and_key_then_undo_and_redo(reviewed: MainWindow, qtbot: Any) -> None:
    review = reviewed.review
    track = review.cards.cards[0].key[1]
    assert boxes_drawn(reviewed) == {track}
    qtbot.mouseClick(review.canvas, Qt.LeftButton, pos=press_at(qtbot, reviewed, 120, 65))
    assert review.chosen == ("track", track)
    qtbot.keyClick(review.canvas, Qt.Key_K)
    settle(qtbot, reviewed)
    assert edits_of(reviewed) == [{"edit": "keep", "track": track}]
    assert boxes_drawn(reviewed) == set()
    assert review.cards.cards[0].verdict == "Stays clear"
    assert review.buttons.buttons["keep"].isChecked()
    qtbot.keyClick(reviewed, Qt.Key_Z, Qt.ControlModifier)
    settle(qtbot, reviewed)
    assert edits_of(reviewed) == []
    assert boxes_drawn(reviewed) == {track}
    qtbot.keyClick(reviewed, Qt.Key_Z, Qt.ControlModifier | Qt.ShiftModifier)
    settle(qtbot, reviewed)
    assert edits_of(reviewed) == [{"edit": "keep", "track": track}]


def test_remove_only_checked_and_name(reviewed: MainWindow, qtbot: Any) -> None:
    review = reviewed.review
    key = review.cards.cards[0].key
    review.choose(key)
    qtbot.mouseClick(review.buttons.buttons["checked"], Qt.LeftButton)
    assert review.cards.cards[0].checked
    qtbot.keyClick(review.cards, Qt.Key_Y)
    assert review.cards.cards[0].verdict == "Only this is hidden"
    qtbot.keyClick(review.cards, Qt.Key_Delete)
    assert review.cards.cards[0].verdict == "Removed: no face"
    review.editing.rename(key[1], "Ann")
    assert review.cards.cards[0].title == "Ann"
    settle(qtbot, reviewed)
    assert {row["edit"] for row in edits_of(reviewed)} == {"checked", "drop", "name"}


def test_a_drawn_box_is_hidden_and_followed_both_ways(reviewed: MainWindow, qtbot: Any) -> None:
    review = reviewed.review
    with qtbot.waitSignal(review.frame_shown, timeout=30_000):
        review.go(30)
    qtbot.keyClick(review.canvas, Qt.Key_B)
    assert review.canvas.drawing
    drag(qtbot, reviewed, (200, 60), (260, 110))
    settle(qtbot, reviewed)
    (row,) = edits_of(reviewed)
    assert row["edit"] == "region"
    keys = row["keys"]
    assert any(key[1:] == pytest.approx([200, 60, 260, 110], abs=2) for key in keys)
    # The wall passes by evenly, and so does what was drawn on it, both ways.
    region = review.history.edits.regions[0]
    for frames in (-25, -10, 10, 25):
        moved = -PAN_PX * frames
        assert region.at(review.now_s + frames / 30) == pytest.approx((200 + moved, 60, 260 + moved, 110), abs=4)
    assert review.chosen == ("hand", 0)
    assert [type(box.edit) for box in review.canvas.hand] == [DrawnRegion]
    qtbot.keyClick(reviewed, Qt.Key_Z, Qt.ControlModifier)
    settle(qtbot, reviewed)
    assert edits_of(reviewed) == []


def test_a_drawn_box_is_moved_and_resized_with_key_frames(reviewed: MainWindow, qtbot: Any) -> None:
    review = reviewed.review
    place = review.history.add(DrawnRegion(((0.5, (200, 60, 260, 110)), (1.5, (200, 60, 260, 110)))))
    review.editing.take(("hand", place))
    with qtbot.waitSignal(review.frame_shown, timeout=30_000):
        review.go(30)
    settle(qtbot, reviewed)
    drag(qtbot, reviewed, (230, 85), (240, 95))
    settle(qtbot, reviewed)
    assert review.history.edits.regions[0].at(1.0) == pytest.approx((210, 70, 270, 120), abs=2)
    assert review.history.edits.regions[0].at(1.5) == pytest.approx((200, 60, 260, 110), abs=0.1)
    drag(qtbot, reviewed, (270, 120), (280, 130))  # the lower right handle
    settle(qtbot, reviewed)
    assert review.history.edits.regions[0].at(1.0) == pytest.approx((210, 70, 280, 130), abs=2)
    qtbot.keyClick(review.canvas, Qt.Key_Delete)
    assert review.history.edits == Edits()


def test_a_span_is_marked_and_covered_wholly(reviewed: MainWindow, qtbot: Any) -> None:
    review = reviewed.review
    review.go(10)
    qtbot.keyClick(review.canvas, Qt.Key_I)
    review.go(20)
    qtbot.keyClick(review.canvas, Qt.Key_O)
    assert review.editing.marks == pytest.approx((10 / 30, 20 / 30), abs=1e-3)
    qtbot.keyClick(review.canvas, Qt.Key_C)
    settle(qtbot, reviewed)
    (row,) = edits_of(reviewed)
    assert row["edit"] == "frames"
    covered = [i for i, plan in enumerate(review.plans) if any(r.kind == "frame" for r in plan.regions)]
    assert covered == list(range(10, 21))
    review.set_view(CanvasView.RESULT)
    with qtbot.waitSignal(review.frame_shown, timeout=30_000):
        review.go(15)
    assert array_of(review.canvas.shown.obscured).std() < array_of(review.canvas.shown.original).std() / 2


def test_fixed_areas_and_areas_left_clear(reviewed: MainWindow, qtbot: Any) -> None:
    review = reviewed.review
    review.do("fixed")
    drag(qtbot, reviewed, (10, 140), (90, 170))
    review.do("exclude")
    drag(qtbot, reviewed, (20, 10), (200, 130))
    settle(qtbot, reviewed)
    assert [row["edit"] for row in edits_of(reviewed)] == ["fixed", "exclude"]
    assert {region.origin.value for region in review.plans[0].regions} == {"manual"}


def test_render_again_does_not_detect_again(reviewed: MainWindow, detector: ScriptedDetector, qtbot: Any) -> None:
    review = reviewed.review
    assert not review.tools.render_again.isEnabled()
    track = review.cards.cards[0].key[1]
    review.choose(("track", track))
    qtbot.keyClick(review.canvas, Qt.Key_K)
    assert review.tools.render_again.isEnabled()
    seen, row = detector.seen, reviewed.session.queue.at(0)
    written = row.output.stat().st_mtime_ns, row.output.stat().st_size
    qtbot.mouseClick(review.tools.render_again, Qt.LeftButton)
    assert reviewed.tabs.currentWidget() is review, "a second click presses nothing else"
    wait_for_run(qtbot, reviewed)
    assert row.state is State.DONE, row.error
    qtbot.waitUntil(lambda: reviewed.tabs.currentWidget() is reviewed.preview)
    settle(qtbot, reviewed)
    assert detector.seen - seen <= LOOKS_OF_PREVIEW
    assert (row.output.stat().st_mtime_ns, row.output.stat().st_size) != written
    with PlanReader(row.plan) as reader:
        assert not [region for plan in reader for region in plan.regions]
    reviewed.tabs.setCurrentWidget(review)
    qtbot.waitUntil(lambda: review.opened is not None)  # at once, where the run ended before the tabs changed
    assert review.cards.cards[0].verdict == "Stays clear"
    assert not review.tools.render_again.isEnabled()
    marked = (review.chosen, review.canvas.chosen, review.timeline._chosen)
    assert marked == (None, None, None), "what is marked is what keys speak of"


def test_another_style_can_be_rendered_whatever_is_chosen(reviewed: MainWindow, qtbot: Any) -> None:
    review = reviewed.review
    reviewed.session.form.set("style", "solid")
    assert review.tools.render_again.isEnabled()
    review.choose(review.cards.cards[0].key)
    qtbot.keyClick(review.canvas, Qt.Key_I)
    assert review.tools.render_again.isEnabled()
    review.choose(None)
    reviewed.session.form.reset("style")
    assert not review.tools.render_again.isEnabled()


def test_a_review_that_was_waited_for_opens_by_itself(
    open_window: OpenWindow, busy_street: Path, detector: ScriptedDetector, qtbot: Any
) -> None:
    window = open_window(EngineFacade(models=pool(detector)))
    drop(window, busy_street)
    qtbot.waitUntil(lambda: len(window.session.queue) == 1)
    window.tabs.setCurrentWidget(window.review)
    with qtbot.waitSignal(window.review.ready, timeout=30_000):
        window.session.start()
    wait_for_run(qtbot, window)
    settle(qtbot, window)
    assert window.review.cards.cards


def test_edits_that_cannot_be_saved_are_told_until_that_was_read_and_asked_about(
    reviewed: MainWindow, qtbot: Any
) -> None:
    review, row = reviewed.review, reviewed.session.queue.at(0)
    blocked = review.history.file.path
    (blocked / "in the way").mkdir(parents=True)
    review.choose(review.cards.cards[0].key)
    written = row.output.stat().st_mtime_ns
    qtbot.keyClick(review.canvas, Qt.Key_K)
    settle(qtbot, reviewed)  # the frame that shows the edit has come, too
    assert reviewed.messages.isVisible()
    assert blocked.name in reviewed.messages.text.text()
    qtbot.mouseClick(review.tools.render_again, Qt.LeftButton)
    assert not reviewed.session.busy, "it would be rendered without them"
    assert row.output.stat().st_mtime_ns == written
    reviewed.close()
    assert reviewed.isVisible()
    assert blocked.name in reviewed.question.informativeText()
    reviewed.question.reject()
    assert reviewed.isVisible()
    (blocked / "in the way").rmdir()
    blocked.rmdir()
    reviewed.close()
    assert not reviewed.isVisible()
    assert blocked.read_text()


def test_a_result_stays_at_hand_where_rendering_it_again_fails(
    reviewed: MainWindow, open_window: OpenWindow, detector: ScriptedDetector, qtbot: Any
) -> None:
    review, row = reviewed.review, reviewed.session.queue.at(0)
    plan = row.plan
    whole, written = plan.read_text(), row.output.read_bytes()
    plan.write_text(whole[:-20])
    reviewed.session.form.set("style", "solid")
    qtbot.mouseClick(review.tools.render_again, Qt.LeftButton)
    wait_for_run(qtbot, reviewed)
    assert row.state is State.FAILED
    assert row.output.read_bytes() == written
    offered = dict(reviewed.result.choices(row))
    assert {"again", "review", "replace"} <= set(offered)
    plan.write_text(whole)
    # A run that fails before the tabs change opens its review by itself; one that fails later waits for the tab.
    qtbot.waitUntil(lambda: reviewed.tabs.currentWidget() is reviewed.preview)
    reviewed.tabs.setCurrentWidget(review)
    qtbot.waitUntil(lambda: review.opened is not None, timeout=30_000)
    settle(qtbot, reviewed)
    seen = detector.seen
    reviewed.tabs.setCurrentWidget(reviewed.preview)
    qtbot.mouseClick(reviewed.result.buttons["again"], Qt.LeftButton)
    wait_for_run(qtbot, reviewed)
    assert row.state is State.DONE, row.error
    assert row.style == "solid"
    assert detector.seen - seen <= LOOKS_OF_PREVIEW, "rendered again, as was asked the first time"


def test_a_result_of_an_earlier_day_is_reviewed(
    reviewed: MainWindow, open_window: OpenWindow, busy_street: Path, detector: ScriptedDetector, qtbot: Any
) -> None:
    reviewed.review.choose(reviewed.review.cards.cards[0].key)
    reviewed.review.do("keep")
    reviewed.close()
    window = open_window(EngineFacade(models=pool(detector)))
    drop(window, busy_street)
    qtbot.waitUntil(lambda: len(window.session.queue) == 1, timeout=30_000)
    row = window.session.queue.at(0)
    qtbot.waitUntil(lambda: row.state is State.DONE, timeout=30_000)
    assert row.summary.kinds["face"].tracks == 1
    with qtbot.waitSignal(window.review.ready, timeout=30_000):
        window.tabs.setCurrentWidget(window.review)
    settle(qtbot, window)
    assert window.review.cards.cards[0].verdict == "Stays clear"
    assert window.review.tools.render_again.isEnabled()  # that edit was never rendered
    assert boxes_drawn(window) == set()


def test_playing_goes_on_and_stops(reviewed: MainWindow, qtbot: Any) -> None:
    review = reviewed.review
    qtbot.keyClick(review.canvas, Qt.Key_Space)
    qtbot.waitUntil(lambda: review.place > 3, timeout=30_000)
    qtbot.keyClick(review.canvas, Qt.Key_Space)
    settle(qtbot, reviewed)
    place = review.place
    qtbot.wait(120)
    assert review.place == place


def test_the_timeline_seeks_and_chooses(reviewed: MainWindow, qtbot: Any) -> None:
    review = reviewed.review
    timeline = review.timeline
    at = QPointF(timeline._x(1.0), 26 + 9).toPoint()
    qtbot.mouseClick(timeline.viewport(), Qt.LeftButton, pos=at)
    assert abs(review.place - 30) <= 1
    assert review.chosen == review.cards.cards[0].key


def test_edits_of_a_newer_version_are_told_and_survive(
    reviewed: MainWindow, open_window: OpenWindow, busy_street: Path, qtbot: Any
) -> None:
    path = reviewed.review.history.file.path
    reviewed.close()
    path.write_text('{"edits":"dashcamcleaner","version":[1,3]}\n{"edit":"<b>tint</b>", "track": 1}\n')
    before = path.read_text()
    window = open_window(EngineFacade())
    drop(window, busy_street)
    qtbot.waitUntil(lambda: len(window.session.queue) == 1, timeout=30_000)
    qtbot.waitUntil(lambda: window.session.queue.at(0).state is State.DONE, timeout=30_000)
    with qtbot.waitSignal(window.review.ready, timeout=30_000):
        window.tabs.setCurrentWidget(window.review)
    assert window.messages.isVisible()
    assert "'<b>tint</b>') and was not applied" in window.messages.text.text()
    assert window.messages.text.textFormat() == Qt.PlainText
    review = window.review
    assert not review.history.by_hand()
    review.choose(review.cards.cards[0].key)
    review.do("keep")
    settle(qtbot, window)
    track = review.cards.cards[0].key[1]
    assert without_seal(path.read_text()) == before + f'{{"edit":"keep","track":{track}}}\n'
    review.do("undo")
    settle(qtbot, window)
    assert without_seal(path.read_text()) == before


def without_seal(text: str) -> str:
    """An edits file as it was before it got the seal of this user, and what tells its plan."""
    return re.sub(r',"(seal|plan)":"[0-9a-f]{64}"', "", text)


@pytest.mark.parametrize("take", [False, True])
def test_edits_from_elsewhere_are_asked_about(
    reviewed: MainWindow, open_window: OpenWindow, busy_street: Path, qtbot: Any, take: bool
) -> None:
    path, track = reviewed.review.history.file.path, reviewed.review.cards.cards[0].key[1]
    reviewed.close()
    path.write_text(f'{{"edits":"dashcamcleaner","version":[1,0]}}\n{{"edit":"keep","track":{track}}}\n')
    planted = path.read_text()
    window = open_window(EngineFacade())
    drop(window, busy_street)
    qtbot.waitUntil(lambda: len(window.session.queue) == 1, timeout=30_000)
    qtbot.waitUntil(lambda: window.session.queue.at(0).state is State.DONE, timeout=30_000)
    with qtbot.waitSignal(window.review.ready, timeout=30_000):
        window.tabs.setCurrentWidget(window.review)
    review = window.review
    assert not review.history.edits.keep
    assert "1 track left clear" in review.question.text()
    answer = next(button for button in review.question.buttons() if ("Take" in button.text()) is take)
    if take:
        with qtbot.waitSignal(review.ready, timeout=30_000):
            answer.click()
        settle(qtbot, window)
        assert review.history.edits.keep == {track}
        assert without_seal(path.read_text()) == planted != path.read_text()
        return
    answer.click()
    settle(qtbot, window)
    assert not review.history.edits.keep
    assert path.read_text() == planted
    review.choose(review.cards.cards[0].key)
    review.do("checked")
    settle(qtbot, window)
    assert path.with_name(path.name + ".foreign").read_text() == planted
    assert "keep" not in path.read_text()


def test_choices_of_an_earlier_plan_are_left_out_told_and_kept(
    reviewed: MainWindow, open_window: OpenWindow, busy_street: Path, qtbot: Any
) -> None:
    file, track = reviewed.review.history.file, reviewed.review.cards.cards[0].key[1]
    reviewed.close()
    zone = HiddenZone((0.0, 0.0, 9.0, 9.0))
    file.write(Edits.of(KeepTrack(track), zone))
    with PlanReader(reviewed.session.queue.at(0).plan) as reader:
        lines = [plan.to_line() for plan in reader]
    row = json.loads(lines[0])
    assert row["d"]
    other = PlanWriter(reviewed.session.queue.at(0).plan, header=reader.header)  # another analysis: fewer detections
    other.write(FramePlan.from_line(json.dumps({**row, "d": row["d"][1:]}), time_base=reader.header.time_base))
    for line in lines[1:]:
        other.write(FramePlan.from_line(line, time_base=reader.header.time_base))
    other.finish()
    window = open_window(EngineFacade())
    drop(window, busy_street)
    qtbot.waitUntil(lambda: len(window.session.queue) == 1, timeout=30_000)
    with qtbot.waitSignal(window.review.ready, timeout=30_000):
        window.review.open(busy_street, other.final, None)
    review = window.review
    assert review.history.edits == Edits.of(zone)
    assert "Choices of an earlier plan" in window.messages.text.text()
    assert not review.history.can_undo, "no step back to what other tracks were meant by"
    review.choose(("track", next(bar.track for bar in review.opened.tracks)))
    review.do("checked")
    settle(qtbot, window)
    assert EditsFile(file.path.with_name(file.path.name + ".older")).read() == Edits.of(KeepTrack(track), zone)
    assert not EditsFile.beside(other.final).read().keep


def test_undo_brings_back_the_key_frames_of_a_drawn_region(reviewed: MainWindow, qtbot: Any) -> None:
    review = reviewed.review
    with qtbot.waitSignal(review.frame_shown, timeout=30_000):
        review.go(30)
    qtbot.keyClick(review.canvas, Qt.Key_B)
    drag(qtbot, reviewed, (200, 60), (260, 110))
    settle(qtbot, reviewed)
    followed = review.history.edits.regions[0]
    assert len(followed.keys) > 2
    review.editing.reshape(0, review.now_s, (10.0, 20.0, 40.0, 50.0))
    review.editing.mark(review.now_s, start=True)
    review.editing.trim(0, review.now_s)
    qtbot.keyClick(review.canvas, Qt.Key_Delete)
    assert not review.history.edits.regions
    for _ in range(3):
        qtbot.keyClick(reviewed, Qt.Key_Z, Qt.ControlModifier)
    settle(qtbot, reviewed)
    assert review.history.edits.regions == (followed,)
    (row,) = edits_of(reviewed)
    assert [key[0] for key in row["keys"]] == [time_s for time_s, _ in followed.keys]


def test_unsaved_edits_are_written_when_the_window_closes(reviewed: MainWindow, qtbot: Any) -> None:
    review = reviewed.review
    path = review.history.file.path
    review.choose(review.cards.cards[0].key)
    review.do("keep")
    reviewed.close()
    assert json.loads(path.read_text().splitlines()[1])["edit"] == "keep"


def test_edits_that_cannot_be_saved_outlive_the_choice_of_another_clip(reviewed: MainWindow, qtbot: Any) -> None:
    review = reviewed.review
    path, message = review.history.file.path, reviewed.messages.text
    path.mkdir()
    review.choose(review.cards.cards[0].key)
    review.do("keep")
    wanted, opened = review.history.edits, review._wanted
    review.show_nothing()  # as the choice of a clip that is not done does
    assert "not saved" in message.text()
    assert not review.save()  # closing the window asks
    assert review.save(path)  # of another clip nothing is at hand
    path.rmdir()
    with qtbot.waitSignal(review.ready, timeout=30_000):
        review.open(*opened)
    assert review.history.edits == wanted
    settle(qtbot, reviewed)
    assert [row["edit"] for row in edits_of(reviewed)] == ["keep"]
    assert "saved now" in message.text()
    assert not review.plans[0].regions
    review.do("undo")
    assert not review.history.edits.entries


def test_a_plan_that_was_changed_since_its_run_is_told(reviewed: MainWindow, qtbot: Any) -> None:
    review = reviewed.review
    assert not reviewed.messages.isVisible()
    opened = review._wanted
    opened[1].write_text(opened[1].read_text().replace('"detected"', '"held"', 1))
    review.show_nothing()
    with qtbot.waitSignal(review.ready, timeout=30_000):
        review.open(*opened)
    assert "changed since" in reviewed.messages.text.text()


def test_a_clip_that_is_not_done_says_so(
    open_window: OpenWindow, street: Path, detector: ScriptedDetector, qtbot: Any
) -> None:
    window = open_window(EngineFacade(models=pool(detector)))
    drop(window, street)
    qtbot.waitUntil(lambda: len(window.session.queue) == 1, timeout=30_000)
    window.tabs.setCurrentWidget(window.review)
    assert "done" in window.review.canvas.message
    assert not window.review.tools.draw.isEnabled()
    for name in ("keep", "draw", "undo", "next_weak"):
        assert not window.review.do(name)
