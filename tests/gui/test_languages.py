"""Languages that are shipped: complete, with the same blanks, one word for one idea, and short enough."""

from __future__ import annotations

import re
import string
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PyQt5.QtCore import QCoreApplication, QPoint, QTranslator
from PyQt5.QtGui import QFont
from PyQt5.QtWidgets import QAbstractButton, QApplication, QCheckBox, QLabel, QScrollArea

from dashcamcleaner.gui import translation
from dashcamcleaner.gui.cards import Card
from dashcamcleaner.gui.setting_line import FoldingSection
from dashcamcleaner.gui.translation import install_language, plurals, template
from dashcamcleaner.gui.words import CONTEXT, tr, tr_count

FOLDER = Path(translation.__file__).parent / "languages"
LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.ts"))

GLOSSARY = {
    "de": {
        r"\bfaces?\b": "gesicht",
        r"\bplates?\b": "kennzeichen",
        r"\btracks?\b": "spur",
        r"\bweak spots?\b": "unsichere",
        r"\breview\b": "durchsicht",
        r"\breports?\b": "bericht",
        r"\baudit\b": "prüf",
        r"\bweights\b": "gewicht",
        r"\bedits\b": "änderung",
        r"\bqueue\b": "warteschlange",
        r"\bresults?\b": "ergebnis",
        r"\bsettings\b": "einstellungen",
        r"\bregions?\b": "bereich",
        r"\bhide[sn]?\b|\bhidden\b": "verdeck",
        r"\bthreshold\b": "schwelle",
        r"\bpreview\b": "vorschau",
    }
}
"""English word -> what its translation must hold, in small letters: one idea has one word."""
EXCEPTIONS = {
    "de": (
        "6 hides most",
        "Show or hide the settings",
        "Choose a clip that is done to review",
    )
}
"""Beginnings of texts in which the word means something else, or is left out in good German."""


def messages(language: str) -> dict[str, list[str]]:
    found = {}
    for message in ET.parse(FOLDER / f"{language}.ts").getroot().iter("message"):
        element = message.find("translation")
        assert element is not None
        forms = [form.text or "" for form in element.findall("numerusform")] or [element.text or ""]
        found[message.findtext("source", "")] = forms
    return found


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_german_is_there() -> None:
    assert "de" in LANGUAGES


def test_it_is_complete_and_holds_nothing_that_is_gone(language: str) -> None:
    ones = set(plurals().values())
    found = messages(language)
    assert set(found) == {text for text in template() if text not in ones}, "run packaging/update_languages.py"
    assert [source for source, forms in found.items() if not all(forms)] == []


def test_blanks_are_those_of_the_text(language: str) -> None:
    def blanks(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    wrong = [
        source
        for source, forms in messages(language).items()
        if any(blanks(form) != blanks(source) or ("&" in source) != ("&" in form) for form in forms)
    ]
    assert wrong == []


def test_one_idea_has_one_word(language: str) -> None:
    wrong = []
    for source, forms in messages(language).items():
        for pattern, word in GLOSSARY.get(language, {}).items():
            if source.startswith(EXCEPTIONS[language]) or not re.search(pattern, source, re.I):
                continue
            if not any(word in form.lower() for form in forms):
                wrong.append((source, forms[0], word))
    assert not wrong, wrong


@pytest.fixture()
def german(qapp: QApplication, own_home: Path) -> Iterator[None]:
    before = set(qapp.findChildren(QTranslator))
    install_language(qapp, "de")
    yield
    for translator in set(qapp.findChildren(QTranslator)) - before:
        QCoreApplication.removeTranslator(translator)
        translator.setParent(None)


@pytest.mark.usefixtures("german")
def test_the_binary_file_says_the_same() -> None:
    many = plurals()
    for source, forms in messages("de").items():
        if source in many:
            assert [QCoreApplication.translate(CONTEXT, source, None, n) for n in (1, 5)] == [forms[0], forms[-1]]
        else:
            assert QCoreApplication.translate(CONTEXT, source) == forms[0]


@pytest.mark.usefixtures("german")
def test_plurals_follow_the_language() -> None:
    assert tr("Start again") == "Neu starten"
    assert [tr_count(n, "{n} finding", "{n} findings") for n in (1, 2)] == ["1 Befund", "2 Befunde"]


def test_without_a_language_english_has_two_forms(qapp: QApplication) -> None:
    assert [tr_count(n, "{n} finding", "{n} findings") for n in (1, 2)] == ["1 finding", "2 findings"]


@pytest.mark.usefixtures("german")
def test_german_fits_a_small_screen(open_window: Any, qtbot: Any) -> None:
    window = open_window()
    window.resize(1280, 720)
    qtbot.wait(50)
    tight = _tight(window)
    window.pages.setCurrentWidget(window.split)
    for tab in (window.scenes, window.live):
        window.tabs.setCurrentWidget(tab)
        window.pages.setCurrentWidget(window.split)
        qtbot.wait(50)
        tight += _tight(window)
    assert tight == []


@pytest.mark.usefixtures("german")
def test_a_small_screen_shows_the_cards_of_the_review(open_window: Any, qtbot: Any) -> None:
    window = open_window()
    window.resize(1280, 720)
    window.pages.setCurrentWidget(window.split)
    window.tabs.setCurrentWidget(window.review)
    cards = window.review.cards
    cards.show_cards([Card(("track", n), f"Gesicht {n}", "0:00 - 0:04 · 9×", "face", sure="9 %") for n in range(9)])
    qtbot.waitUntil(lambda: not cards.visualRect(cards.model().index(8, 0)).isEmpty())
    seen = cards.viewport().rect()
    whole = [place for place in range(9) if seen.contains(cards.visualRect(cards.model().index(place, 0)))]
    assert len(whole) >= 3  # letters are larger here than on most screens


@pytest.mark.usefixtures("german")
def test_an_own_value_moves_no_other_setting(open_window: Any, qtbot: Any) -> None:
    window = open_window()
    window.resize(1280, 720)
    qtbot.wait(50)
    faces, plates = (window.settings.lines[name] for name in ("faces", "plates"))
    before = [one.mapTo(window, QPoint()) for one in (faces, plates)]
    faces.field.box.click()
    assert window.session.form.overrides == {"faces": False}
    qtbot.wait(50)
    assert window.settings.own_values.text() == "1 eigener Wert."
    assert [one.mapTo(window, QPoint()) for one in (faces, plates)] == before


@pytest.mark.parametrize("size", [1.0, 2.0])
def test_no_setting_is_cut_off_at_the_side(open_window: Any, qtbot: Any, qapp: QApplication, size: float) -> None:
    before = QFont(qapp.font())
    large = QFont(before)
    large.setPointSizeF(before.pointSizeF() * size)
    qapp.setFont(large)
    try:
        window = open_window()
        window.resize(int(1280 * size), int(720 * size))
        for section in window.settings.findChildren(FoldingSection):
            section.open(True)
        scroll = window.settings.findChild(QScrollArea)
        qtbot.waitUntil(lambda: scroll.widget().width() <= scroll.viewport().width())
    finally:
        qapp.setFont(before)


def _tight(window: Any) -> list[tuple[str, int, int]]:
    tight = []
    for widget in window.findChildren((QAbstractButton, QLabel)):
        if not widget.isVisibleTo(window) or not widget.text() or (isinstance(widget, QLabel) and widget.wordWrap()):
            continue
        needed = widget.fontMetrics().horizontalAdvance(widget.text().replace("&", ""))
        extra = 22 if isinstance(widget, QCheckBox) else 0
        if widget.width() + 2 < needed + extra and not getattr(widget, "elides", False):
            tight.append((widget.text(), widget.width(), needed + extra))
    return tight
