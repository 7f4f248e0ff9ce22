"""Errors of the operating system are told in one sentence, and with what helps."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from dashcamcleaner.errors import DiskFull, InputError, OutputError, PlanError
from dashcamcleaner.os_errors import as_our_error, map_os_errors


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_and_a_used_up_quota_are_the_same(number: int, tmp_path: Path) -> None:
    error = OSError(number, os.strerror(number), "out.mp4")
    assert isinstance(as_our_error(error, source=tmp_path), DiskFull)
    for to in (OutputError, PlanError):
        with pytest.raises(DiskFull, match="disk is full") as told, map_os_errors(tmp_path / "a", to=to):
            raise error
        assert told.value.hint


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_disk_that_is_really_full_is_told(tmp_path: Path) -> None:
    with pytest.raises(DiskFull), map_os_errors(tmp_path / "a"), Path("/dev/full").open("w") as file:
        file.write("x")


def test_reasons_are_told_in_one_sentence(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError) as told,
        map_os_errors(tmp_path / "a", what="The report a", verb="read", hint="Look.", to=InputError),
    ):
        (tmp_path / "a").read_bytes()
    assert told.value.message == "The report a cannot be read: No such file or directory."
    assert told.value.hint == "Look."
    assert isinstance(told.value.__cause__, FileNotFoundError)


@pytest.mark.parametrize("verb", ["read", "written", "made"])
@pytest.mark.parametrize("error", [FileNotFoundError(2, "no"), NotADirectoryError(20, "no")])
def test_what_helps_for_the_most_part_is_said_where_nothing_better_is_known(verb: str, error: OSError) -> None:
    with pytest.raises(InputError) as told, map_os_errors(Path("a"), verb=verb, to=InputError):
        raise error
    assert told.value.hint.endswith(".")
    assert ("folder" in told.value.hint) == (verb != "read" and isinstance(error, NotADirectoryError))


def test_a_librarys_own_errors_are_mapped_where_they_are_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot be written: odd\.$"), map_os_errors(tmp_path, also=(ValueError,)):
        raise ValueError("odd.")
    with pytest.raises(ValueError, match="odd"), map_os_errors(tmp_path):
        raise ValueError("odd")
