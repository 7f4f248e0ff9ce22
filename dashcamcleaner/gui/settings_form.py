"""The settings form, built from the settings table: the few that most people turn first, the rest one click away."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QLocale, QSize, pyqtSignal
from PyQt5.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dashcamcleaner.core.kinds import rules_of
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.gui.fields import NumberField, OpenChoiceField
from dashcamcleaner.gui.form_model import PROFILE_NOTES, FormModel, basic_rows, choice_title, rows_of_group
from dashcamcleaner.gui.icons import icon
from dashcamcleaner.gui.labels import PlainLabel
from dashcamcleaner.gui.model_choices import DeviceChoice, WeightsChoice
from dashcamcleaner.gui.setting_line import FORM_LEAST_PX, FORM_MARGIN_PX, FoldingSection, SettingLine
from dashcamcleaner.gui.side_scroll import SideScroll
from dashcamcleaner.gui.store import Store
from dashcamcleaner.gui.words import failure_text, kind_word, tr, tr_count
from dashcamcleaner.settings import GROUPS, PROFILES, Setting

__all__ = ["SettingsForm"]


class SettingsForm(QFrame):
    """The form.

    Signals:
        weights_offered: path of a weights file that was chosen; it is to be added to the folder.
    """

    weights_offered = pyqtSignal(str)

    def __init__(self, model: FormModel, store: Store) -> None:
        super().__init__()
        self.setObjectName("side")
        self._model, self._store = model, store
        self.lines: dict[str, SettingLine] = {}
        self._weights: list[WeightsChoice] = []
        self._growth: dict[str, tuple[float, ...]] = {}
        self._profile_name: str | None = store.get("own_profile")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._profile_bar())
        scroll = SideScroll()
        scroll.setObjectName("panel")
        scroll.setWidget(self._body())
        for section in scroll.findChildren(FoldingSection):  # what opens below the edge would go unseen
            section.button.clicked.connect(lambda _, section=section: scroll.reveal_soon(section))
        outer.addWidget(scroll, 1)
        model.listen(self._refresh)
        self._refresh(set())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """As wide as its lines need, and never narrow."""
        return super().minimumSizeHint().expandedTo(QSize(FORM_LEAST_PX, 0))

    # --- building

    def _profile_bar(self) -> QWidget:
        bar = QWidget()
        layout = QVBoxLayout(bar)
        layout.setContentsMargins(14, 12, 14, 8)
        layout.setSpacing(6)
        title = PlainLabel(tr("Profile"))
        title.setProperty("heading", True)
        self.own_values = PlainLabel()  # beside the heading: a line more would move what is clicked on next
        self.own_values.setProperty("quiet", True)
        heads = QHBoxLayout()
        heads.addWidget(title)
        heads.addStretch(1)
        heads.addWidget(self.own_values)
        line = QHBoxLayout()
        line.setSpacing(6)
        self.profile = QComboBox()
        self.profile.setAccessibleName(tr("Profile"))
        self.profile.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.profile.activated.connect(self._choose_profile)
        self.profile_menu = QToolButton()
        self.profile_menu.setIcon(icon("more"))
        self.profile_menu.setToolTip(tr("Save or delete own profiles"))
        self.profile_menu.setAccessibleName(tr("Profile actions"))
        self.profile_menu.setPopupMode(QToolButton.InstantPopup)
        menu = QMenu(self.profile_menu)
        menu.aboutToShow.connect(lambda: self._fill_profile_menu(menu))
        self.profile_menu.setMenu(menu)
        line.addWidget(self.profile, 1)
        line.addWidget(self.profile_menu)
        self.profile_note = PlainLabel()
        self.profile_note.setWordWrap(True)
        self.profile_note.setProperty("quiet", True)
        layout.addLayout(heads)
        layout.addLayout(line)
        layout.addWidget(self.profile_note)
        self._fill_profiles()
        return bar

    def _body(self) -> QWidget:
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(FORM_MARGIN_PX, 4, FORM_MARGIN_PX, 14)
        layout.setSpacing(2)
        for row in basic_rows():
            layout.addWidget(self._add(row))
        self.more = FoldingSection(tr("More settings"), opened=bool(self._store.get("more_settings", False)))
        self.more.button.toggled.connect(lambda opened: self._store.set(more_settings=opened))
        for key, title in GROUPS.items():
            rows = rows_of_group(key)
            if rows:
                group = FoldingSection(tr(title), opened=key == "seeing")
                for row in rows:
                    group.lines.addWidget(self._add(row))
                self.more.lines.addWidget(group)
        layout.addSpacing(6)
        layout.addWidget(self.more)
        layout.addStretch(1)
        weights = self.lines["weights"].field
        assert isinstance(weights, OpenChoiceField)
        add = self._add_weights = QToolButton()
        add.setIcon(icon("add"))
        add.setToolTip(tr("Add an own .pt or .onnx file"))
        add.setAccessibleName(tr("Add weights"))
        add.clicked.connect(self._browse_weights)
        weights.add_button(add)
        return body

    def refresh_theme(self) -> None:
        """Draw icons anew in the colours in force."""
        self.profile_menu.setIcon(icon("more"))
        self._add_weights.setIcon(icon("add"))
        for part in (*self.lines.values(), *self.findChildren(FoldingSection)):
            part.refresh_theme()

    def _add(self, row: Setting) -> SettingLine:
        line = self.lines[row.name] = SettingLine(row, self._model)
        return line

    # --- what is offered

    def offer_weights(self, found: Sequence[WeightsChoice]) -> None:
        """The weights that are there."""
        self._weights = list(found)
        field = self.lines["weights"].field
        assert isinstance(field, OpenChoiceField)
        best = f" ({found[0].name})" if found else ""
        choices = [("auto", tr("Automatic") + best, tr("The best weights that are there."))]
        for one in found:
            tip = one.summary + (" " + tr("Sees: {kinds}.", kinds=", ".join(one.kinds)) if one.kinds else "")
            choices.append((one.name, Path(one.name).name, tip.strip()))
        field.offer(choices)
        self._tell_recommended()

    def _tell_recommended(self) -> None:
        name = self._model.value("weights")
        one = next((w for w in self._weights if w.name == name), self._weights[0] if self._weights else None)
        kinds = one.kinds if one is not None else ()
        self._tell_auto("threshold", {kind: (rules_of(kind).probability,) for kind in kinds})
        self._tell_auto("growth", self._growth)

    def _tell_auto(self, name: str, values: Mapping[str, tuple[float, ...]]) -> None:
        """What "auto" stands for, per kind, below the field and as the place where its slider rests."""
        field = self.lines[name].field
        assert isinstance(field, NumberField)
        field.hint = min(min(value) for value in values.values()) if values else None
        values_text = ", ".join(
            f"{kind_word(kind)} " + " × ".join(QLocale().toString(part, "g") for part in value)
            for kind, value in values.items()
        )
        self.lines[name].tell(
            tr("auto: {values}", values=values_text) if self._model.value(name) is None and values_text else ""
        )
        field.show_value(self._model.value(name))

    def offer_growth(self, growth: Mapping[str, tuple[float, ...]]) -> None:
        """What automatic growth is, per kind: of width and height."""
        self._growth = dict(growth)
        self._tell_recommended()

    def offer_devices(self, found: Sequence[DeviceChoice]) -> None:
        """The devices that are there, the first with its reason."""
        field = self.lines["device"].field
        assert isinstance(field, OpenChoiceField)
        field.offer([(one.name, one.title, one.why) for one in found])
        self.lines["device"].tell(found[0].why if found else "")

    # --- changes

    def _refresh(self, changed: set[str]) -> None:
        if "profile" in changed:
            changed = set(self.lines)
        for name, line in self.lines.items():
            if not changed or name in changed:
                line.refresh()
        self._tell_recommended()
        self._show_profile()
        self._store.set(settings=_plain(self._model.overrides))

    def _fill_profiles(self) -> None:
        self.profile.clear()
        for name in PROFILES:
            self.profile.addItem(tr(choice_title(name)), ("built-in", name))
        own = self._store.profiles()
        if own:
            self.profile.insertSeparator(self.profile.count())
            for name in own:
                self.profile.addItem(name, ("own", name))
        self._show_profile()

    def _show_profile(self) -> None:
        key = ("own", self._profile_name) if self._profile_name else ("built-in", self._model.value("profile"))
        place = self._place_of(key)
        if place < 0:
            self._profile_name = None
            place = self._place_of(("built-in", self._model.value("profile")))
        self.profile.setCurrentIndex(place)
        base = self._model.value("profile")
        own = len([name for name in self._model.overrides if name != "profile"])
        note = tr(PROFILE_NOTES[base])
        if self._profile_name:
            note = tr("Own profile, based on {base}.", base=tr(choice_title(base)))
        counted = own and not self._profile_name
        self.own_values.setText(tr_count(own, "{n} own value.", "{n} own values.") if counted else "")
        self.profile_note.setText(note)

    def _place_of(self, key: tuple[str, str]) -> int:
        places = (i for i in range(self.profile.count()) if self.profile.itemData(i) == key)
        return next(places, -1)

    def _choose_profile(self, place: int) -> None:
        kind, name = self.profile.itemData(place)
        self._guarded(lambda: self._take_profile(kind, name))

    def _take_profile(self, kind: str, name: str) -> None:
        self._profile_name = name if kind == "own" else None
        self._store.set(own_profile=self._profile_name)
        if kind == "own":
            self._model.replace(self._store.load_profile(name))
        else:
            self._model.set("profile", name)
        self._show_profile()

    def _fill_profile_menu(self, menu: QMenu) -> None:
        menu.clear()
        menu.addAction(tr("Save as own profile…"), self._ask_profile_name)
        if self._profile_name:
            name = self._profile_name
            menu.addAction(tr("Save changes to “{name}”", name=name), lambda: self.save_profile(name))
            menu.addAction(tr("Delete “{name}”", name=name), self._delete_profile)
        menu.addSeparator()
        menu.addAction(tr("Reset all own values"), self.reset_all)

    def _ask_profile_name(self) -> None:
        name, said = QInputDialog.getText(self, tr("Save as own profile"), tr("Name of the profile:"))
        if said:
            self.save_profile(name)

    def save_profile(self, name: str) -> None:
        """Save the values in force as an own profile."""

        def save() -> None:
            self._profile_name = self._store.save_profile(name, self._model.overrides)
            self._store.set(own_profile=self._profile_name)
            self._fill_profiles()

        self._guarded(save)

    def _delete_profile(self) -> None:
        if self._profile_name:
            self._store.delete_profile(self._profile_name)
            self._profile_name = None
            self._store.set(own_profile=None)
            self._fill_profiles()

    def reset_all(self) -> None:
        """Everything back to what the profile says."""
        self._profile_name = None
        self._store.set(own_profile=None)
        self._model.replace({"profile": self._model.value("profile")})

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except DashcamCleanerError as error:
            self.profile_note.setText(failure_text(error))

    # --- own weights

    def _browse_weights(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, tr("Add weights"), "", tr("Weights") + " (*.pt *.onnx)")
        if name:
            self.weights_offered.emit(name)

    def tell(self, name: str, text: str, *, bad: bool = False) -> None:
        """A sentence below one setting."""
        self.lines[name].tell(text, bad=bad)


def _plain(overrides: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in overrides.items()}
