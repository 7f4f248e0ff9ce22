"""Saved sets: only encrypted, only with the passphrase, and gone when they are forgotten."""

from __future__ import annotations

import base64
import json
import stat
import sys
from pathlib import Path

import numpy as np
import pytest

from dashcamcleaner.errors import ExtraMissing, InputError, SettingError
from dashcamcleaner.people.saved import forget, load_set, save_set, saved_sets

pytest.importorskip("cryptography", reason="cryptography is not installed (extra [people])")

ANN = np.linspace(-0.3, 0.3, 128).astype(np.float32)
WORDS = "correct horse battery"


def test_a_set_comes_back_with_its_passphrase_alone(own_home: Path) -> None:
    path = save_set("family", {"ann": [ANN, ANN * 2]}, passphrase=WORDS)
    assert path.is_relative_to(own_home)
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (ann,) = load_set("family", passphrase=WORDS)
    assert ann.name == "ann"
    assert np.allclose(ann.embeddings[1], ANN * 2)
    with pytest.raises(InputError, match="passphrase is another"):
        load_set("family", passphrase="wrong horse battery")


def test_the_file_tells_neither_faces_nor_labels(own_home: Path) -> None:
    text = save_set("family", {"ann": [ANN]}, passphrase=WORDS).read_text()
    assert "ann" not in text
    assert "0.3" not in text
    assert WORDS not in text
    again = save_set("family", {"ann": [ANN]}, passphrase=WORDS).read_text()
    assert json.loads(text)["content"] != json.loads(again)["content"]  # a salt and a nonce of its own each time


@pytest.mark.parametrize("key", ["content", "nonce", "salt", "name", "scrypt", "version"])
def test_a_changed_file_is_not_believed(own_home: Path, key: str) -> None:
    path = save_set("family", {"ann": [ANN]}, passphrase=WORDS)
    data = json.loads(path.read_text())
    if key in ("content", "nonce", "salt"):
        raw = bytearray(base64.b64decode(data[key]))
        raw[0] ^= 1
        data[key] = base64.b64encode(bytes(raw)).decode()
    else:
        data[key] = {"name": "other", "scrypt": {"n": 2**30, "r": 8, "p": 1}, "version": 2}[key]
    path.write_text(json.dumps(data))
    with pytest.raises(InputError):
        load_set("family", passphrase=WORDS)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"people": 1}', "\0" * 40, "[" * 5000])
def test_what_is_no_set_is_told(own_home: Path, text: str) -> None:
    path = save_set("family", {"ann": [ANN]}, passphrase=WORDS)
    path.write_text(text)
    with pytest.raises(InputError, match="cannot be read"):
        load_set("family", passphrase=WORDS)


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a" * 41, "ann.people", "a b"])
def test_names_stay_in_their_folder(own_home: Path, name: str) -> None:
    for use in (lambda: save_set(name, {"a": [ANN]}, passphrase=WORDS), lambda: load_set(name, passphrase=WORDS),
                lambda: forget(name)):  # fmt: skip
        with pytest.raises(SettingError, match="cannot be called"):
            use()


def test_forgetting_removes_one_or_all(own_home: Path) -> None:
    for name in ("family", "team"):
        save_set(name, {"ann": [ANN]}, passphrase=WORDS)
    assert saved_sets() == ["family", "team"]
    assert forget("family") == ["family"]
    assert saved_sets() == ["team"]
    with pytest.raises(InputError, match="no saved set 'family'; there is: team"):
        forget("family")
    assert forget() == ["team"]
    assert forget() == []


def test_a_short_passphrase_and_an_empty_set_are_refused(own_home: Path) -> None:
    with pytest.raises(SettingError, match="8 characters"):
        save_set("family", {"ann": [ANN]}, passphrase="short")
    with pytest.raises(SettingError, match="nobody"):
        save_set("family", {}, passphrase=WORDS)


def test_without_the_library_a_sentence_says_what_to_install(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with pytest.raises(ExtraMissing, match="cryptography"):
        save_set("family", {"ann": [ANN]}, passphrase=WORDS)
