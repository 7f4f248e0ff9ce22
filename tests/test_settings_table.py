"""The one table: every row is sound, and everything made from it agrees."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from dashcamcleaner.errors import SettingError
from dashcamcleaner.settings import GROUPS, PROFILES, ROWS, SETTINGS, Setting, load_toml, markdown_table, resolve

README = Path(__file__).resolve().parents[1] / "README.md"


def test_names_are_unique_and_well_formed() -> None:
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names)
    old = [name for row in ROWS for name in row.renamed_from]
    assert not set(old) & set(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row_is_complete(row: Setting) -> None:
    assert row.group in GROUPS
    assert row.label
    assert row.help.endswith(".")
    assert row.type != "choice" or row.default in row.choices
    assert row.type not in ("int", "float") or row.minimum is not None
    assert row.check(row.default) == row.default
    assert row.describe_range()


@pytest.mark.parametrize("name", PROFILES)
def test_profiles_hold_valid_values_of_known_rows(name: str) -> None:
    for key, value in PROFILES[name].items():
        assert SETTINGS[key].check(value) == value or value is None
    assert resolve({"profile": name}).profile == name


def test_every_profile_is_a_choice() -> None:
    assert set(PROFILES) == set(SETTINGS["profile"].choices)


def test_later_layers_win_and_only_overrides_are_kept() -> None:
    settings = resolve({"threshold": 0.5, "profile": "fast"}, {"threshold": "0.25"})
    assert settings.threshold == 0.25
    assert settings.inference_size == PROFILES["fast"]["inference_size"]
    assert settings.overrides == {"threshold": 0.25, "profile": "fast"}
    assert pickle.loads(pickle.dumps(settings)) == settings


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("thresold", 0.2, "Did you mean threshold?"),
        ("growth", 11, "0.8 to 10"),
        ("growth", "wide", "0.8 to 10"),
        ("threshold", float("nan"), "0 to 1"),
        ("threshold", True, "0 to 1"),
        ("style", "mosaik", "Did you mean mosaic?"),
        ("inference_size", 640.5, "160 to 4096 px"),
        ("memory_before", "half a second", "frames like 5"),
        ("memory_before", "1.5", "frames like 5"),
        ("keep", "location,names", "any of location"),
        ("faces", "perhaps", "true or false"),
    ],
)
def test_a_wrong_value_is_told_in_one_sentence(key: str, value: object, told: str) -> None:
    with pytest.raises(SettingError, match=re.escape(told)):
        resolve({key: value})


def test_all_complaints_come_at_once() -> None:
    with pytest.raises(SettingError) as caught:
        resolve({"growth": 0, "quality": 99, "nonsense": 1})
    for name in ("growth", "quality", "nonsense"):
        assert name in caught.value.message


def test_own_picture_is_required_by_its_style() -> None:
    with pytest.raises(SettingError, match="needs a picture"):
        resolve({"style": "picture"})


def test_a_settings_file_goes_round(tmp_path: Path) -> None:
    said = {"threshold": 0.3, "keep": ["location"], "memory-after": "0.5s", "plates": False}
    file = tmp_path / "mine.toml"
    file.write_text(tomli_w.dumps(said))
    settings = resolve(load_toml(file))
    assert settings.overrides == {"threshold": 0.3, "keep": ("location",), "memory_after": "0.5s", "plates": False}


def test_a_broken_settings_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("threshold = ")
    with pytest.raises(SettingError, match=r"x\.toml is not valid TOML"):
        load_toml(tmp_path / "x.toml")
    with pytest.raises(SettingError, match="cannot be read"):
        load_toml(tmp_path / "absent.toml")


@given(st.dictionaries(st.sampled_from(sorted(SETTINGS)), st.text() | st.floats() | st.integers() | st.booleans()))
def test_any_input_gives_settings_or_one_clear_error(said: dict[str, object]) -> None:
    try:
        settings = resolve(said)
    except SettingError as error:
        assert error.message
        return
    for row in ROWS:
        assert row.check(getattr(settings, row.name)) == getattr(settings, row.name)


def test_readme_holds_the_table_made_from_the_rows() -> None:
    text = README.read_text(encoding="utf-8")
    block = text.split("<!-- settings -->")[1].split("<!-- /settings -->")[0].strip()
    assert block == markdown_table(), "run: dashcamcleaner settings --markdown, and put it into the README"
