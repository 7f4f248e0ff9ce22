"""The review of persons and weak spots, driven like a user: one key an answer, few gestures a person."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from PyQt5.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt5.QtGui import QColor, QImage, QMouseEvent
from PyQt5.QtWidgets import QApplication

from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.person_edits import PersonTrack
from dashcamcleaner.errors import ExtraMissing
from dashcamcleaner.gui.canvas import CanvasView
from dashcamcleaner.gui.engine_facade import EngineFacade
from dashcamcleaner.gui.main_window import MainWindow
from dashcamcleaner.gui.queue_row import State
from dashcamcleaner.review.review_objects import ObjectFilter
from tests.fakes import ScriptedDetector, pool
from tests.gui.driving import OpenWindow, drop
from tests.gui.test_review import (  # noqa: F401 - fixtures are found by their names
    boxes_drawn,
    busy_street,
    edits_of,
    press_at,
    reviewed,
    settle,
)

ANN, BOB = (100.0, 40.0, 140.0, 90.0), (220.0, 30.0, 262.0, 84.0)
FAINT = (20.0, 120.0, 60.0, 136.0, 0.15, "plate")


@pytest.fixture()
def detector() -> ScriptedDetector:
    """Two faces that all frames show, and a plate whose score lies below the threshold."""
    rows = [(*ANN, 0.9, "face"), (*BOB, 0.9, "face"), FAINT]
    return ScriptedDetector(lambda *_: rows, script_size=(320, 180))


def card_at(window: MainWindow, number: int) -> QPoint:
    cards = window.review.cards
    return cards.visualRect(cards.model().index(number, 0)).center()


def keys(window: MainWindow) -> list[tuple[str, int]]:
    return [card.key for card in window.review.cards.cards]


def tell_apart(window: MainWindow, qtbot: Any) -> None:
    """As if the faces had been told apart: each track is a person."""
    review = window.review
    tracks = sorted(one.track for one in review.opened.tracks if one.kind == "face")
    who = Edits(tuple(PersonTrack(number, track, ((0.0, 2.0),)) for number, track in enumerate(tracks, start=1)))
    review.editing.change(lambda edits: edits.joined(who))
    settle(qtbot, window)


def test_one_walker_is_kept_and_the_rest_hidden_by_two_gestures(reviewed: MainWindow, qtbot: Any) -> None:  # noqa: F811
    tell_apart(reviewed, qtbot)
    review = reviewed.review
    assert [card.title for card in review.cards.cards] == ["Person 1", "Person 2"]
    qtbot.mouseClick(review.canvas, Qt.LeftButton, pos=press_at(qtbot, reviewed, 120, 65))
    assert review.chosen == ("person", 1)
    qtbot.keyClick(review.canvas, Qt.Key_K)
    settle(qtbot, reviewed)
    hidden = {tuple(region.xyxy) for plan in review.plans for region in plan.regions}
    assert all(box[0] > 180 for box in hidden)
    assert all(len(plan.regions) == 1 for plan in review.plans)
    assert review.cards.cards[0].verdict == "Stays clear"


def test_what_was_merged_stays_chosen_and_so_does_what_is_left_when_that_is_undone(
    reviewed: MainWindow,  # noqa: F811
    qtbot: Any,
) -> None:
    review = reviewed.review
    first, second = (card.key for card in review.cards.cards)
    qtbot.mouseClick(review.cards.viewport(), Qt.LeftButton, pos=card_at(reviewed, 0))
    qtbot.mouseClick(review.cards.viewport(), Qt.LeftButton, Qt.ShiftModifier, pos=card_at(reviewed, 1))
    qtbot.keyClick(review.cards, Qt.Key_G)
    (merged,) = keys(reviewed)
    assert merged not in (first, second)
    assert review.chosen == merged
    assert review.cards.keys == [merged], "the card shows that it is chosen"
    # To the window's handle: only so does Qt know that Ctrl is held, as it does on a desktop.
    qtbot.keyPress(reviewed.windowHandle(), Qt.Key_Control, Qt.ControlModifier)
    try:
        review.do("undo")
    finally:
        qtbot.keyRelease(reviewed.windowHandle(), Qt.Key_Control)
    assert review.chosen in (first, second)
    assert review.cards.keys == [review.chosen]
    qtbot.keyClick(review.canvas, Qt.Key_K)
    assert [card.clear for card in review.cards.cards].count(True) == 1, "keys go on to mean the chosen card"


def test_a_weak_spot_is_hidden_by_one_key_and_the_counter_goes_on_after_reopening(
    reviewed: MainWindow,  # noqa: F811
    open_window: OpenWindow,
    busy_street: Path,  # noqa: F811
    qtbot: Any,
) -> None:
    review = reviewed.review
    assert "0 of 1 looked at" in review.tools.item_text.text()
    qtbot.keyClick(review.canvas, Qt.Key_N)
    qtbot.keyClick(review.canvas, Qt.Key_Return)
    settle(qtbot, reviewed)
    assert [row["edit"] for row in edits_of(reviewed)] == ["region", "checked-spot"]
    assert "1 of 1 looked at" in review.tools.item_text.text()
    middle = review.plans[len(review.plans) // 2]
    assert any(region.xyxy[0] < 20 and region.xyxy[2] > 60 for region in middle.regions)
    reviewed.close()
    window = open_window(EngineFacade())
    drop(window, busy_street)
    qtbot.waitUntil(lambda: len(window.session.queue) == 1, timeout=30_000)
    qtbot.waitUntil(lambda: window.session.queue.at(0).state is State.DONE, timeout=30_000)
    with qtbot.waitSignal(window.review.ready, timeout=30_000):
        window.tabs.setCurrentWidget(window.review)
    settle(qtbot, window)
    assert "1 of 1 looked at" in window.review.tools.item_text.text()
    assert window.review.tools.undo.isEnabled()
    qtbot.keyClick(window, Qt.Key_Z, Qt.ControlModifier)
    settle(qtbot, window)
    assert "0 of 1 looked at" in window.review.tools.item_text.text()
    assert edits_of(window) == []
    qtbot.keyClick(window, Qt.Key_Z, Qt.ControlModifier | Qt.ShiftModifier)
    settle(qtbot, window)
    assert len(edits_of(window)) == 2


def test_backspace_says_that_a_spot_is_nothing_and_space_looks_at_it(reviewed: MainWindow, qtbot: Any) -> None:  # noqa: F811
    review = reviewed.review
    qtbot.keyClick(review.canvas, Qt.Key_N)
    qtbot.keyClick(review.canvas, Qt.Key_Space)
    assert review._playing.isActive()
    qtbot.keyClick(review.canvas, Qt.Key_Space)
    assert not review._playing.isActive()
    qtbot.keyClick(review.canvas, Qt.Key_Backspace)
    settle(qtbot, reviewed)
    assert [row["edit"] for row in edits_of(reviewed)] == ["checked-spot"]
    assert "1 of 1 looked at" in review.tools.item_text.text()
    assert review.at_hand.current is None


def test_several_cards_are_chosen_and_removed_at_once(reviewed: MainWindow, qtbot: Any) -> None:  # noqa: F811
    review = reviewed.review
    qtbot.mouseClick(review.cards.viewport(), Qt.LeftButton, pos=card_at(reviewed, 0))
    qtbot.mouseClick(review.cards.viewport(), Qt.LeftButton, Qt.ControlModifier, card_at(reviewed, 1))
    assert len(review.cards.keys) == 2
    qtbot.keyClick(review.cards, Qt.Key_Delete)
    settle(qtbot, reviewed)
    assert {card.verdict for card in review.cards.cards} == {"Removed: no face"}
    assert boxes_drawn(reviewed) == set()
    assert len(review.cards.keys) == 2
    qtbot.keyClick(reviewed, Qt.Key_Z, Qt.ControlModifier)
    settle(qtbot, reviewed)
    assert edits_of(reviewed) == []


def test_cards_are_filtered_and_sorted(reviewed: MainWindow, qtbot: Any) -> None:  # noqa: F811
    review, everything = reviewed.review, keys(reviewed)
    review.card_tools.sorting.setCurrentIndex(1)  # largest first
    assert keys(reviewed) == everything[::-1]
    review.card_tools.set_filter(ObjectFilter.PLATES, True)
    assert keys(reviewed) == []
    assert "(1)" in review.card_tools.filtering.text()
    review.card_tools.set_filter(ObjectFilter.PLATES, False)
    review.choose(everything[0])
    review.do("checked")
    review.card_tools.set_filter(ObjectFilter.UNSEEN, True)
    assert keys(reviewed) == everything[1:]


def test_cards_are_merged_by_dragging_and_split_by_a_key(reviewed: MainWindow, qtbot: Any) -> None:  # noqa: F811
    cards = reviewed.review.cards
    first, second = card_at(reviewed, 0), card_at(reviewed, 1)
    qtbot.mousePress(cards.viewport(), Qt.LeftButton, pos=first)
    move = QMouseEvent(QEvent.MouseMove, QPointF(second), Qt.NoButton, Qt.LeftButton, Qt.NoModifier)
    QApplication.sendEvent(cards.viewport(), move)
    qtbot.mouseRelease(cards.viewport(), Qt.LeftButton, pos=second)
    settle(qtbot, reviewed)
    assert keys(reviewed) == [("person", 1)]
    qtbot.mouseClick(cards.viewport(), Qt.LeftButton, pos=card_at(reviewed, 0))
    qtbot.keyClick(cards, Qt.Key_G, Qt.ShiftModifier)
    settle(qtbot, reviewed)
    assert keys(reviewed) == [("person", 1), ("person", 2)]
    qtbot.keyClick(cards, Qt.Key_G)  # one alone is told so, and nothing changes
    assert "two cards" in reviewed.messages.text.text()


def test_a_marked_span_keeps_a_card_clear_for_that_part(reviewed: MainWindow, qtbot: Any) -> None:  # noqa: F811
    review = reviewed.review
    review.go(10)
    qtbot.keyClick(review.canvas, Qt.Key_I)
    review.go(20)
    qtbot.keyClick(review.canvas, Qt.Key_O)
    review.choose(keys(reviewed)[0])
    qtbot.keyClick(review.canvas, Qt.Key_K)
    settle(qtbot, reviewed)
    clear = [index for index, plan in enumerate(review.plans) if len(plan.regions) == 1]
    assert clear == list(range(10, 21))
    assert review.cards.cards[0].verdict == "Stays clear for a part"


def test_the_pointer_over_a_cards_picture_goes_through_its_moments(reviewed: MainWindow, qtbot: Any) -> None:  # noqa: F811
    cards = reviewed.review.cards
    at = cards.visualRect(cards.model().index(0, 0)).topLeft() + QPoint(40, 20)
    move = QMouseEvent(QEvent.MouseMove, QPointF(at), Qt.NoButton, Qt.NoButton, Qt.NoModifier)
    QApplication.sendEvent(cards.viewport(), move)
    qtbot.waitUntil(lambda: cards._model.crop is not None)
    assert cards._model.crop[0] == keys(reviewed)[0]
    QApplication.sendEvent(cards, QEvent(QEvent.Leave))
    assert cards._model.crop is None


class _Texts(EngineFacade):
    """Finds text without a network."""

    def find_burned_in(self, clip: Path, *, video_track: Any = None, cancelled: Any = None) -> list[Any]:
        return [(10.0, 160.0, 80.0, 176.0)]


def test_burned_in_text_is_hidden_by_one_key(reviewed: MainWindow, qtbot: Any) -> None:  # noqa: F811
    review = reviewed.review
    review._review_service._engine = _Texts()
    qtbot.keyClick(review.canvas, Qt.Key_X)
    settle(qtbot, reviewed)
    assert [row["edit"] for row in edits_of(reviewed)] == ["fixed"]
    assert all(any(region.kind == "manual" for region in plan.regions) for plan in review.plans)


class _Persons(EngineFacade):
    """Tells faces apart without a network."""

    wrong: Exception | None = None

    def find_people(self, clip: Path, plan: Path, settings: Any, *, cancelled: Any = None) -> Edits:
        if self.wrong is not None:
            raise self.wrong
        return Edits.of(PersonTrack(1, 1, ((0.0, 2.0),)))


@pytest.mark.parametrize("wrong", [None, ExtraMissing("Telling people apart needs more.", hint="Install it.")])
def test_persons_are_looked_for_on_demand(
    reviewed: MainWindow,  # noqa: F811
    qtbot: Any,
    wrong: Exception | None,
) -> None:
    review = reviewed.review
    engine = _Persons()
    engine.wrong = wrong
    review._review_service._engine = engine
    review.card_tools.wanted.emit("find_people")
    settle(qtbot, reviewed)
    persons = [key for key in keys(reviewed) if key[0] == "person"]
    assert persons == ([] if wrong else [("person", 1)])
    assert ("Install it." in reviewed.messages.text.text()) is (wrong is not None)


def test_a_style_is_chosen_for_a_card(reviewed: MainWindow, qtbot: Any) -> None:  # noqa: F811
    review = reviewed.review
    review.choose(keys(reviewed)[0])
    review._style("mosaic", 16)
    settle(qtbot, reviewed)
    assert [row["edit"] for row in edits_of(reviewed)] == ["track-style"]
    tell_apart(reviewed, qtbot)
    review.choose(keys(reviewed)[1])
    review._style("solid")
    settle(qtbot, reviewed)
    assert [row["edit"] for row in edits_of(reviewed)][-1] == "style"
    review._style("")
    settle(qtbot, reviewed)
    assert [row["edit"] for row in edits_of(reviewed)] == ["track-style", "person", "person"]


def test_a_picture_of_ones_own_is_laid_over_a_card_and_seen_at_once(
    reviewed: MainWindow,  # noqa: F811
    qtbot: Any,
    tmp_path: Path,
) -> None:
    review, said = reviewed.review, []
    review.message.connect(said.append)
    picture = QImage(16, 16, QImage.Format_ARGB32)
    picture.fill(QColor(0, 255, 0))
    assert picture.save(str(tmp_path / "smile.png"))
    review.set_view(CanvasView.RESULT)
    review.choose(keys(reviewed)[0])
    review.lay_on(tmp_path / "none.png")
    assert any("cannot be read" in sentence for sentence in said)
    assert edits_of(reviewed) == []
    review.lay_on(tmp_path / "smile.png")
    settle(qtbot, reviewed)
    (row,) = edits_of(reviewed)
    assert (row["edit"], row["style"], row["picture"]) == ("track-style", "picture", str(tmp_path / "smile.png"))
    x, y = (round((a + b) / 2) for a, b in ((ANN[0], ANN[2]), (ANN[1], ANN[3])))

    def middle() -> QColor:
        shown = review.canvas.shown.obscured
        return QColor(shown.pixel(x * shown.width() // 320, y * shown.height() // 180))

    qtbot.waitUntil(lambda: middle().green() > 200 and middle().red() < 60)


def test_a_foreign_spot_does_not_count_as_looked_at(
    reviewed: MainWindow,  # noqa: F811
    open_window: OpenWindow,
    busy_street: Path,  # noqa: F811
    qtbot: Any,
    detector: ScriptedDetector,
) -> None:
    path = reviewed.review.history.file.path
    reviewed.close()
    path.write_text(
        '{"edits":"dashcamcleaner","version":[1,0]}\n'
        '{"edit":"checked-spot","box":[0,0,320,180],"from_s":0,"to_s":9,"kind":"plate"}\n'
    )
    window = open_window(EngineFacade(models=pool(detector)))
    drop(window, busy_street)
    qtbot.waitUntil(lambda: len(window.session.queue) == 1, timeout=30_000)
    qtbot.waitUntil(lambda: window.session.queue.at(0).state is State.DONE, timeout=30_000)
    with qtbot.waitSignal(window.review.ready, timeout=30_000):
        window.tabs.setCurrentWidget(window.review)
    assert "0 of 1 looked at" in window.review.tools.item_text.text()
    window.review.question.buttons()[0].click()


def test_a_search_that_winds_up_does_not_swallow_the_next_one(
    reviewed: MainWindow,  # noqa: F811
    qtbot: Any,
) -> None:
    review, busy, go_on = reviewed.review, threading.Event(), threading.Event()

    class _Slow(_Persons):
        def find_people(self, clip: Path, plan: Path, settings: Any, *, cancelled: Any = None) -> Edits:
            busy.set()
            go_on.wait(30)
            return super().find_people(clip, plan, settings, cancelled=cancelled)

    review._review_service._engine = _Slow(models=reviewed.session.engine._models)
    review.find_people()
    qtbot.waitUntil(busy.is_set)
    wanted = review._wanted
    review.show_nothing()
    with qtbot.waitSignal(review.ready, timeout=30_000):
        review.open(*wanted)
    review.find_people()
    review.find_people()  # asked for twice, done once
    go_on.set()
    settle(qtbot, reviewed)
    assert ("person", 1) in keys(reviewed)
    assert len(review.history._states) == 2


def test_persons_looked_for_again_keep_what_was_chosen_or_it_is_told(
    reviewed: MainWindow,  # noqa: F811
    qtbot: Any,
) -> None:
    review = reviewed.review
    review._review_service._engine = _Persons()
    review.find_people()
    settle(qtbot, reviewed)
    review.choose(("person", 1))
    review.do("keep")
    chosen = review.history.edits
    review.find_people()
    settle(qtbot, reviewed)
    assert review.history.edits == chosen
    tell_apart(reviewed, qtbot)
    review.find_people()
    settle(qtbot, reviewed)
    assert "undo brings it back" in reviewed.messages.text.text()
    assert not review.history.edits.keep_persons


def test_who_stays_clear_only_where_it_is_sure_is_told_so(reviewed: MainWindow, qtbot: Any) -> None:  # noqa: F811
    review = reviewed.review
    track = min(one.track for one in review.opened.tracks if one.kind == "face")
    end_s = review._seconds(len(review.plans) - 1)
    half = Edits.of(PersonTrack(1, track, ((0.0, end_s / 2),)))
    review.editing.change(lambda edits: edits.joined(half))
    review.choose(("person", 1))
    review.do("keep")
    settle(qtbot, reviewed)
    (card,) = [card for card in review.cards.cards if card.key == ("person", 1)]
    assert card.verdict.startswith("Stays clear where sure (")
    (lane,) = [lane for lane in review.timeline._lanes if lane.key == ("person", 1)]
    assert max(last for _, last, _ in lane.clear_spans) == pytest.approx(end_s / 2)
    assert min(first for first, _, _ in lane.spans) == pytest.approx(end_s / 2)
