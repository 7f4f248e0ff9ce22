"""The one table: every row is sound, and everything made from it agrees."""

from __future__ import annotations

import dataclasses
import pickle
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from dashcamcleaner.cli import main
from dashcamcleaner.core.plan import PlanHeader
from dashcamcleaner.errors import SettingError
from dashcamcleaner.live.request import LIVE_DEFAULTS
from dashcamcleaner.pipeline.plan_file import PlanWriter
from dashcamcleaner.pipeline.plan_settings import settings_for_fixing, settings_for_rendering
from dashcamcleaner.settings import (
    GROUPS,
    PROFILES,
    ROWS,
    SETTINGS,
    Setting,
    Settings,
    find_row,
    load_toml,
    markdown_table,
    renamed_hints,
    resolve,
)

SETTINGS_PAGE = Path(__file__).resolve().parents[2] / "docs" / "settings.md"


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


def test_what_is_said_of_all_kinds_wins_over_what_a_profile_says_of_one() -> None:
    fast = resolve({"profile": "fast"})
    assert (fast.growth, fast.growth_face) == (None, 1.7)
    assert (resolve({"profile": "fast", "growth": 1.2}).growth_face, resolve({"growth": 1.2}).growth_face) == (
        None,
        None,
    )
    assert resolve({"profile": "fast", "growth": 1.2, "growth_face": 1.5}).growth_face == 1.5
    assert fast.overrides == {"profile": "fast"}
    assert "growth_face" not in resolve({"profile": "fast", "growth": 1.2}).overrides


def test_fast_looks_no_closer_unless_asked_and_live_grows_as_by_default() -> None:
    assert not resolve({"profile": "fast"}).crop_checks
    assert resolve({"profile": "fast", "crop_checks": True}).crop_checks
    assert all(resolve({"profile": name}).crop_checks for name in PROFILES if name != "fast")
    live = resolve(LIVE_DEFAULTS)
    assert (live.threshold, live.growth_face, live.crop_checks) == (None, None, False)
    assert resolve(LIVE_DEFAULTS, {"growth_face": 1.9}).growth_face == 1.9


@pytest.mark.parametrize("name", PROFILES)
def test_without_tracks_a_profiles_threshold_is_no_score(name: str) -> None:
    assert resolve({"profile": name, "tracking": False}).threshold is None
    assert resolve({"profile": name, "tracking": True}).threshold == PROFILES[name]["threshold"]
    assert resolve({"profile": name, "tracking": False, "threshold": 0.3}).threshold == 0.3


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


def test_the_page_of_settings_holds_the_table_made_from_the_rows() -> None:
    text = SETTINGS_PAGE.read_text(encoding="utf-8")
    block = text.split("<!-- settings -->")[1].split("<!-- /settings -->")[0].strip()
    assert block == markdown_table(), "run: dashcamcleaner settings --markdown, and put it into docs/settings.md"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_field_holds_the_type_that_its_row_speaks_of(row: Setting) -> None:
    types = {"bool": bool, "int": int, "float": float, "list": tuple}
    value = getattr(Settings(), row.name)
    assert isinstance(value, types.get(row.type, str)) or (value is None and row.default is None)


def test_settings_are_made_by_name_checked_at_once_and_frozen() -> None:
    settings = Settings(threshold=0.25, profile="fast")
    assert settings == resolve({"threshold": 0.25, "profile": "fast"})
    assert settings.overrides == {"threshold": 0.25, "profile": "fast"}
    assert settings.replaced(quality=30).overrides == {"threshold": 0.25, "profile": "fast", "quality": 30}
    assert repr(settings) == "Settings(profile='fast', threshold=0.25)"
    with pytest.raises(SettingError, match=r"growth .* quality"):
        Settings(growth=0, quality=99)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.threshold = 0.5  # type: ignore[misc]


def test_a_misspelt_setting_fails_mypy(tmp_path: Path) -> None:
    good = "from dashcamcleaner.settings import Settings\nsettings = Settings(threshold=0.2)\nprint(settings.audio)\n"
    (tmp_path / "good.py").write_text(good)
    (tmp_path / "misread.py").write_text(good.replace("settings.audio", "settings.audoi"))
    (tmp_path / "misgiven.py").write_text(good.replace("threshold=", "thresold="))
    (tmp_path / "mistyped.py").write_text(good.replace("0.2", "'low'"))
    words = [
        "-m",
        "mypy",
        "--no-error-summary",
        "--follow-imports=silent",
        "--config-file=",
        f"--cache-dir={tmp_path / 'cache'}",
    ]
    files = [str(path) for path in sorted(tmp_path.glob("*.py"))]
    done = subprocess.run(
        [sys.executable, *words, *files], cwd=SETTINGS_PAGE.parents[1], capture_output=True, text=True
    )
    told = {Path(line.split(":")[0]).stem: line for line in done.stdout.splitlines() if " error: " in line}
    assert set(told) == {"misread", "misgiven", "mistyped"}, done.stdout + done.stderr
    assert "audoi" in told["misread"]
    assert "thresold" in told["misgiven"]


def test_older_names_are_read_as_the_new_ones_and_told() -> None:
    assert SETTINGS["audio"].renamed_from == ("sound",)
    assert find_row("sound") is find_row("audio") is SETTINGS["audio"]
    settings = resolve({"sound": "mute"})
    assert settings.audio == "mute"
    assert settings.overrides == {"audio": "mute"}
    assert resolve({"audio": "mute"}, {"sound": "keep"}).audio == "keep"
    assert resolve({"sound": "keep", "audio": "mute"}).audio == "mute"
    assert renamed_hints({"sound": "mute"}, {"tiles": 2}) == [
        "The setting sound is called audio now; the old name works, too."
    ]
    assert renamed_hints({"audio": "mute"}) == []
    with pytest.raises(SettingError, match="audio cannot be 'loud': it takes one of keep, mute"):
        resolve({"sound": "loud"})


def test_a_fraction_is_told_that_whole_numbers_are_wanted() -> None:
    for value in ("22.5", 22.5):
        with pytest.raises(SettingError, match=r"quality cannot be .*22\.5.*: it takes whole numbers, 0 to 51\."):
            resolve({"quality": value})
    with pytest.raises(SettingError, match="it takes 0 to 51"):
        resolve({"quality": "x"})


def test_an_older_name_in_a_settings_file_and_as_a_flag(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('sound = "mute"\n')
    for words in (["--settings", str(file)], ["--sound", "mute"], ["--settings", str(file), "--sound", "mute"]):
        assert main(["settings", "--toml", *words]) == 0
        told = capsys.readouterr()
        assert told.out == 'audio = "mute"\n'
        assert told.err == "note: The setting sound is called audio now; the old name works, too.\n"
    assert main(["settings", "--toml", "--settings", str(file), "--audio", "keep"]) == 0
    assert capsys.readouterr().out == 'audio = "keep"\n'
    with pytest.raises(SystemExit):
        main(["settings", "--help"])
    assert "--sound" not in capsys.readouterr().out


def test_an_older_name_in_a_plans_header(tmp_path: Path) -> None:
    header = PlanHeader("in.mp4", "1-ab", (64, 48), Fraction(1, 30), settings={"sound": "mute", "threshold": 0.3})
    PlanWriter(tmp_path / "out.plan.jsonl", header=header).finish()
    settings = settings_for_fixing(tmp_path / "out.plan.jsonl")
    assert settings.overrides == {"audio": "mute", "threshold": 0.3}
    again = settings_for_rendering(tmp_path / "out.plan.jsonl", wanted=resolve({"sound": "keep", "strength": 5}))
    assert again.overrides == {"threshold": 0.3, "audio": "keep", "strength": 5}
