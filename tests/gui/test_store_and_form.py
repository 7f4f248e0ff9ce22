"""What is remembered, and the settings behind the form, without a widget."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashcamcleaner.errors import SettingError
from dashcamcleaner.gui.form_model import CHOICE_TITLES, FormModel, basic_rows, rows_of_group
from dashcamcleaner.gui.store import Store
from dashcamcleaner.settings import GROUPS, PROFILES, ROWS, load_toml, resolve


def test_what_is_set_is_there_next_time(tmp_path: Path) -> None:
    Store(tmp_path).set(output_folder="/out", audit=True)
    store = Store(tmp_path)
    assert (store.get("output_folder"), store.get("audit")) == ("/out", True)
    store.set(output_folder=None)
    assert Store(tmp_path).get("output_folder") is None


@pytest.mark.parametrize("content", ["{", "[1]", "\0\0", ""])
def test_a_broken_memory_is_put_aside_and_never_stops_the_window(tmp_path: Path, content: str) -> None:
    (tmp_path / "window.json").write_text(content)
    store = Store(tmp_path)
    assert store.get("queue", []) == []
    store.set(audit=True)
    assert Store(tmp_path).get("audit") is True


def test_own_profiles_are_the_command_lines_own_format(tmp_path: Path) -> None:
    store = Store(tmp_path)
    name = store.save_profile("  night   drive ", {"profile": "maximum", "threshold": 0.15, "keep": ("tags", "data")})
    assert name == "night drive"
    assert store.profiles() == ["night drive"]
    path = tmp_path / "profiles" / "night drive.toml"
    assert resolve(load_toml(path)).threshold == 0.15
    assert store.load_profile(name)["keep"] == ("tags", "data")
    store.delete_profile(name)
    assert store.profiles() == []


@pytest.mark.parametrize("name", ["", "a/b", "..", "publish", "x" * 99, 'a"b'])
def test_names_that_cannot_be_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingError):
        Store(tmp_path).save_profile(name, {})


def test_every_setting_stands_in_the_form_once() -> None:
    shown = [row.name for row in basic_rows()] + [row.name for group in GROUPS for row in rows_of_group(group)]
    assert len(shown) == len(set(shown))
    assert set(shown) == {row.name for row in ROWS if row.group != "live"} - {"profile", "overwrite"}


def test_every_choice_has_words() -> None:
    plain = {"ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"}
    for row in ROWS:
        missing = {choice for choice in row.choices if not choice.isdigit()} - set(CHOICE_TITLES) - plain
        assert not missing, row.name


def test_own_values_win_over_the_profile_and_a_reset_gives_it_back() -> None:
    model = FormModel({"profile": "fast"})
    assert model.value("inference_size") == PROFILES["fast"]["inference_size"]
    told: list[set[str]] = []
    model.listen(told.append)
    model.set("inference_size", 1600)
    assert model.is_own("inference_size")
    assert told == [{"inference_size"}]
    model.set("profile", "publish")
    assert model.value("inference_size") == 1600
    model.reset("inference_size")
    assert model.value("inference_size") == PROFILES["publish"]["inference_size"]
    assert model.overrides == {"profile": "publish"}


def test_a_growth_of_all_kinds_takes_the_profiles_place_and_its_value_can_be_chosen_again() -> None:
    model = FormModel({"profile": "fast"})
    of_profile = PROFILES["fast"]["growth_face"]
    assert model.value("growth_face") == of_profile
    model.set("growth", 1.2)
    assert model.value("growth_face") is None
    model.set("growth_face", of_profile)
    assert model.value("growth_face") == of_profile
    model.reset("growth")
    model.reset("growth_face")
    assert model.value("growth_face") == of_profile
    assert model.overrides == {"profile": "fast"}


def test_a_picture_of_the_style_picture_has_a_default_too(tmp_path: Path) -> None:
    model = FormModel({"picture": str(tmp_path / "p.png"), "style": "picture"})
    assert model.default("picture") is None
    assert model.default("style") == "gaussian"


def test_setting_back_by_hand_leaves_no_override() -> None:
    model = FormModel()
    model.set("strength", 5)
    model.set("strength", 3)
    assert model.overrides == {}


def test_a_refused_value_changes_nothing() -> None:
    model = FormModel()
    with pytest.raises(SettingError):
        model.set("strength", 99)
    with pytest.raises(SettingError, match="picture"):
        model.set("style", "picture")
    assert model.overrides == {}


def test_what_the_table_does_not_take_any_more_is_dropped_and_named() -> None:
    model = FormModel({"strength": 5, "gone": 1, "quality": "many", "style": "picture"})
    assert model.overrides == {"strength": 5}
    assert len(model.dropped) == 3


def test_what_was_remembered_under_an_older_name_is_taken_over() -> None:
    model = FormModel({"sound": "mute"})
    assert model.overrides == {"audio": "mute"}
    assert not model.dropped


@given(
    st.lists(st.tuples(st.sampled_from(["strength", "quality", "threshold", "growth"]), st.floats(-1, 60)), max_size=12)
)
def test_the_form_never_holds_what_the_table_refuses(changes: list[tuple[str, float]]) -> None:
    model = FormModel()
    for name, value in changes:
        try:
            model.set(name, value)
        except SettingError:
            continue
    assert resolve(model.overrides) == model.settings
