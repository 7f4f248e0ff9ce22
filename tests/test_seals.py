"""Seals: only who has the key makes one, and it holds for nothing but what was sealed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dashcamcleaner.seals import Seal, is_seal_of, seal_of

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="files have no modes there")


def test_a_seal_holds_for_its_content_and_purpose_alone() -> None:
    seal = seal_of("plan", b"content")
    assert len(seal) == 64
    assert is_seal_of(seal, "plan", b"content")
    assert not is_seal_of(seal, "plan", b"content ")
    assert not is_seal_of(seal, "edits", b"content")
    for other in ("", "0" * 64, None, 7, [seal], seal.upper(), seal[:-1]):
        assert not is_seal_of(other, "plan", b"content")


def test_a_seal_grows() -> None:
    seal = Seal("plan")
    seal.add(b"con")
    apart = seal.copy()
    seal.add(b"tent")
    assert seal.value == seal_of("plan", b"content")
    assert apart.value == seal_of("plan", b"con")


def test_another_user_has_other_seals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seal = seal_of("plan", b"content")
    monkeypatch.setenv("DASHCAMCLEANER_HOME", str(tmp_path / "other"))
    assert not is_seal_of(seal, "plan", b"content")


@POSIX
def test_the_key_is_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHCAMCLEANER_HOME", str(tmp_path))
    seal = seal_of("plan", b"content")
    key = tmp_path / "state" / "seal.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_bytes()) == 32
    assert key.parent.stat().st_mode & 0o077 == 0
    key.chmod(0o644)  # others have been able to read it: it seals nothing any more
    assert not is_seal_of(seal, "plan", b"content")
    assert key.stat().st_mode & 0o777 == 0o600


@POSIX
def test_a_planted_key_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHCAMCLEANER_HOME", str(tmp_path / "home"))
    (tmp_path / "planted").write_bytes(b"k" * 32)
    (tmp_path / "planted").chmod(0o600)
    key = tmp_path / "home" / "state" / "seal.key"
    key.parent.mkdir(parents=True)
    key.symlink_to(tmp_path / "planted")
    assert seal_of("plan", b"content") == ""
    assert not is_seal_of("", "plan", b"content")


def test_a_key_that_was_torn_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHCAMCLEANER_HOME", str(tmp_path))
    monkeypatch.setattr("dashcamcleaner.seals._PATIENCE_S", 0.05)
    seal_of("plan", b"content")
    key = tmp_path / "state" / "seal.key"
    key.write_bytes(b"torn")
    assert is_seal_of(seal_of("plan", b"content"), "plan", b"content")
    assert len(key.read_bytes()) == 32


def test_processes_that_start_at_once_share_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHCAMCLEANER_HOME", str(tmp_path))
    line = "from dashcamcleaner.seals import seal_of; print(seal_of('plan', b'content'))"
    runs = [subprocess.Popen([sys.executable, "-c", line], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert len({run.communicate()[0].strip() for run in runs} | {seal_of("plan", b"content")}) == 1
