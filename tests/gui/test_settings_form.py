"""The settings form: built from the table, remembered, and correctable field by field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QComboBox, QSlider, QToolButton

from dashcamcleaner.gui.fields import (
    CheckField,
    ChoiceField,
    NumberField,
    OpenChoiceField,
    PathField,
    SetField,
    SpanField,
)
from dashcamcleaner.gui.form_model import HIDDEN
from dashcamcleaner.gui.store import Store
from dashcamcleaner.settings import ROWS
from tests.gui.driving import OpenWindow, ScriptedEngine, drop


def pick(combo: QComboBox, value: Any) -> None:
    """Choose like a user: by the popup's row."""
    place = combo.findData(value)
    assert place >= 0
    combo.setCurrentIndex(place)
    combo.activated.emit(place)


def test_every_row_has_its_field_with_words_and_tip(open_window: OpenWindow) -> None:
    form = open_window().settings
    for row in ROWS:
        if row.name in HIDDEN:
            continue
        line = form.lines[row.name]
        assert row.help in line.label.toolTip()
        assert line.field.row is row
        if isinstance(line.field, NumberField) and row.default is not None and row.unit:
            spin = line.field.spin
            assert spin.suffix().strip() == row.unit
            assert spin.maximumWidth() >= spin.fontMetrics().horizontalAdvance(spin.text()) + 8, "no unit is cut"


def test_the_few_that_most_people_turn_are_visible_the_rest_one_click_away(open_window: OpenWindow, qtbot: Any) -> None:
    form = open_window().settings
    assert form.lines["threshold"].isVisible()
    assert not form.lines["device"].isVisible()
    qtbot.mouseClick(form.more.button, Qt.LeftButton)
    assert form.lines["device"].isVisible()


def test_typing_a_number_and_resetting_it(open_window: OpenWindow, qtbot: Any) -> None:
    window = open_window()
    form, model = window.settings, window.session.form
    field = form.lines["threshold"].field
    assert isinstance(field, NumberField)
    assert field.spin.text() == "auto"
    field.spin.setFocus()
    field.spin.selectAll()
    qtbot.keyClicks(field.spin, "0.35")
    qtbot.keyClick(field.spin, Qt.Key_Return)
    assert model.value("threshold") == 0.35
    assert field.slider.value() == 35
    back = form.lines["threshold"].back
    assert back.isVisible()
    qtbot.mouseClick(back, Qt.LeftButton)
    assert model.value("threshold") is None
    assert not back.isVisible()


def test_a_slider_moves_its_number(open_window: OpenWindow, qtbot: Any) -> None:
    window = open_window()
    field = window.settings.lines["strength"].field
    assert isinstance(field, NumberField)
    field.slider.setFocus()
    qtbot.keyClick(field.slider, Qt.Key_Right)
    assert window.session.form.value("strength") == 4
    assert field.spin.value() == 4


def test_each_kind_of_field_reaches_the_settings(open_window: OpenWindow, qtbot: Any, tmp_path: Path) -> None:
    window = open_window()
    form, model = window.settings, window.session.form
    form.more.open(True)
    faces, style = form.lines["faces"].field, form.lines["style"].field
    assert isinstance(faces, CheckField)
    assert isinstance(style, ChoiceField)
    faces.box.click()
    assert model.value("faces") is False
    pick(style.combo, "mosaic")
    assert model.value("style") == "mosaic"
    before = form.lines["memory_before"].field
    assert isinstance(before, SpanField)
    before.number.setValue(7)
    assert model.value("memory_before") == "7"
    pick(before.unit, "s")
    before.number.setValue(0.5)
    assert model.value("memory_before") == "0.5s"
    keep = form.lines["keep"].field
    assert isinstance(keep, SetField)
    keep.boxes["tags"].click()
    assert "tags" in model.value("keep")
    picture = form.lines["picture"].field
    assert isinstance(picture, PathField)
    picture.edit.setText(str(tmp_path / "logo.png"))
    picture.edit.editingFinished.emit()
    assert model.value("picture") == str(tmp_path / "logo.png")


def test_a_refused_value_is_told_at_its_field(open_window: OpenWindow, qtbot: Any) -> None:
    window = open_window()
    line = window.settings.lines["style"]
    assert isinstance(line.field, ChoiceField)
    pick(line.field.combo, "picture")
    assert line.note.isVisible()
    assert "picture" in line.note.text()
    assert window.session.form.value("style") == "gaussian"


def test_settings_are_remembered(open_window: OpenWindow) -> None:
    window = open_window()
    window.session.form.set("strength", 6)
    window.session.form.set("profile", "fast")
    window.close()
    again = open_window()
    assert again.session.form.value("strength") == 6
    assert again.settings.profile.currentData() == ("built-in", "fast")


def test_own_profiles_are_saved_chosen_and_deleted(open_window: OpenWindow) -> None:
    window = open_window()
    form, model = window.settings, window.session.form
    model.set("strength", 6)
    form.save_profile("night")
    assert form.profile.currentText() == "night"
    place = form.profile.findText("Fast")
    form.profile.activated.emit(place)
    form.reset_all()
    assert model.value("strength") == 3
    form.profile.activated.emit(form.profile.findText("night"))
    assert model.value("strength") == 6
    assert Store().profiles() == ["night"]
    form._delete_profile()
    assert form.profile.findText("night") < 0


def test_what_automatic_means_is_told(open_window: OpenWindow, qtbot: Any) -> None:
    window = open_window()
    line = window.settings.lines["threshold"]
    qtbot.waitUntil(lambda: "Face 0.04" in line.note.text())
    assert line.field.slider.value() == 4
    device = window.settings.lines["device"]
    qtbot.waitUntil(lambda: "No GPU" in device.note.text())
    weights = window.settings.lines["weights"].field
    assert isinstance(weights, OpenChoiceField)
    assert weights.combo.findData("best-n") > 0


@pytest.mark.parametrize("name", ["own.onnx", "own.pt"])
def test_dropping_weights_adds_them(open_window: OpenWindow, qtbot: Any, tmp_path: Path, name: str) -> None:
    window = open_window(ScriptedEngine())
    path = tmp_path / name
    path.write_bytes(b"weights")
    drop(window, path)
    qtbot.waitUntil(lambda: window.session.form.value("weights").endswith(name))
    assert Path(window.session.form.value("weights")).read_bytes() == b"weights"
    assert len(window.session.queue) == 0
    assert window.settings.lines["weights"].note.isVisible()


def test_detail_and_quality_speak_in_words_with_the_number_behind(open_window: OpenWindow, qtbot: Any) -> None:
    window = open_window()
    form, model = window.settings, window.session.form
    detail, quality = form.lines["inference_size"], form.lines["quality"]
    assert (detail.label.text(), quality.label.text()) == ("Detail", "Quality")
    assert detail.field.combo.currentText() == "Far ones too"
    pick(quality.field.combo, 24)
    assert model.value("quality") == 24
    assert quality.field.spin.text() == "24"
    quality.field.spin.selectAll()
    qtbot.keyClicks(quality.field.spin, "21")
    qtbot.keyClick(quality.field.spin, Qt.Key_Return)
    assert model.value("quality") == 21
    assert quality.field.combo.currentText() == "Own value"
    qtbot.mouseClick(quality.back, Qt.LeftButton)
    assert quality.field.combo.currentText() == "Good"
    assert quality.field.combo.findText("Own value") < 0


def test_what_opens_below_the_edge_is_scrolled_to(open_window: OpenWindow, qtbot: Any) -> None:
    window = open_window()
    window.resize(1280, 720)
    qtbot.wait(20)
    more = window.settings.more
    qtbot.mouseClick(more.button, Qt.LeftButton)
    first = more.body.findChild(QToolButton)
    qtbot.waitUntil(lambda: first.visibleRegion().boundingRect().height() == first.height())
    assert more.button.visibleRegion().boundingRect().height() == more.button.height(), "its heading is seen, too"


def test_handles_of_sliders_are_whole(open_window: OpenWindow, qtbot: Any) -> None:
    window = open_window()
    window.resize(1280, 720)
    qtbot.wait(20)
    sliders = [one for one in window.findChildren(QSlider) if one.isVisible()]
    assert len(sliders) > 2
    for slider in sliders:
        assert slider.height() >= 18, "the handle is 15 pixels high, and 2 more on each side are its frame"
