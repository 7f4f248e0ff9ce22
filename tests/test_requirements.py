"""The pinned versions can be installed together: no pin contradicts another, or what a package says of itself.

What the index offers is asked by whoever installs; here, without a network, the pins are held against what the
installed packages say that they need.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted(ROOT.glob("requirements*.txt"))


def pins_of(file: Path) -> Iterator[Requirement]:
    for line in file.read_text(encoding="utf-8").splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("-r "):
            yield from pins_of(file.with_name(line[3:].strip()))
        elif line:
            yield Requirement(line)


def version_of(pin: Requirement) -> str:
    (only,) = pin.specifier
    assert only.operator == "==", f"{pin} is no pin"
    return only.version


def all_pins() -> dict[str, str]:
    return {canonicalize_name(pin.name): version_of(pin) for file in FILES for pin in pins_of(file)}


def test_all_files_pin_a_package_to_the_same_version() -> None:
    found: dict[str, set[str]] = {}
    for file in FILES:
        for pin in pins_of(file):
            found.setdefault(canonicalize_name(pin.name), set()).add(version_of(pin))
    assert len(found) > 30
    assert {name: versions for name, versions in found.items() if len(versions) > 1} == {}


def contradictions(name: str, needs: list[str], pins: dict[str, str]) -> list[str]:
    """What a package needs that no pin may give."""
    wrong = []
    for text in needs:
        need = Requirement(text)
        if need.marker is not None and not need.marker.evaluate({"extra": ""}):
            continue
        pinned = pins.get(canonicalize_name(need.name))
        if pinned is not None and not need.specifier.contains(pinned, prereleases=True):
            wrong.append(f"{name} needs {need.name} {need.specifier}, pinned is {pinned}")
    return wrong


def test_a_contradiction_is_found() -> None:
    assert contradictions("one", ["two<3,>=2", "three"], {"two": "4.0", "three": "1"}) == [
        "one needs two <3,>=2, pinned is 4.0"
    ]
    assert contradictions("one", ["two<3; extra == 'more'", "two>=4"], {"two": "4.0"}) == []


@pytest.mark.parametrize("name", sorted(all_pins()))
def test_no_pinned_package_needs_what_another_pin_forbids(name: str) -> None:
    pins = all_pins()
    try:
        installed = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed")
    if installed.version.partition("+")[0] != pins[name]:
        pytest.skip(f"{name} {installed.version} is installed, not {pins[name]}")
    assert contradictions(name, installed.requires or [], pins) == []


def test_the_extras_of_the_package_allow_what_is_pinned() -> None:
    pins, wrong = all_pins(), []
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    for text in [config["options"]["install_requires"], *config["options.extras_require"].values()]:
        for line in re.findall(r"\S+", text):
            need = Requirement(line)
            pinned = pins.get(canonicalize_name(need.name))
            if pinned is None or not need.specifier.contains(pinned, prereleases=True):
                wrong.append(f"{line}: pinned is {pinned}")
    assert wrong == []
