"""Files are written whole or not at all, errors are told in one sentence, and user folders stay where they were."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import platformdirs.macos
import platformdirs.windows
import pytest

from dashcamcleaner import files
from dashcamcleaner.errors import DiskFull, InputError, OutputError, PlanError
from dashcamcleaner.files import (
    GrowingFile,
    as_our_error,
    atomic_json,
    atomic_path,
    atomic_write,
    check_output,
    file_sha256,
    map_os_errors,
    new_work_file,
    publish,
    user_folder,
)

ABC_SHA256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@contextlib.contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The system refuses to let any file grow larger: a real failure in the midst of writing."""
    resource = pytest.importorskip("resource", reason="this system has no limits on a file's size")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


# --- written beside, then renamed


@pytest.mark.parametrize(("content", "data"), [("größer\n", "größer\n".encode()), (b"\0\r\n", b"\0\r\n")])
def test_a_small_file_is_written_as_it_is(tmp_path: Path, content: str | bytes, data: bytes) -> None:
    atomic_write(tmp_path / "a.txt", "earlier")
    atomic_write(tmp_path / "a.txt", content)
    assert (tmp_path / "a.txt").read_bytes() == data
    assert names(tmp_path) == ["a.txt"]


def test_json_keeps_letters_and_ends_its_last_line(tmp_path: Path) -> None:
    atomic_json(tmp_path / "new" / "a.json", {"name": "Käfer"}, make_folder=True)
    text = (tmp_path / "new" / "a.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"name": "Käfer"}
    assert "Käfer" in text
    assert text.endswith("}\n")


def test_what_fails_leaves_the_earlier_file_and_nothing_else(tmp_path: Path) -> None:
    final = tmp_path / "a.bin"
    atomic_write(final, "earlier")
    with files_of_at_most(1000), pytest.raises(OutputError, match="larger than its file system allows"):
        atomic_write(final, b"x" * 5000)
    with contextlib.suppress(ZeroDivisionError), atomic_path(final) as beside:
        beside.write_bytes(b"half of it")
        raise ZeroDivisionError
    assert final.read_text() == "earlier"
    assert names(tmp_path) == ["a.bin"]


def test_a_missing_folder_is_told_or_made(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"^The report .* cannot be written: No such file or directory\.$"):
        atomic_write(tmp_path / "no" / "a.txt", "x", what=f"The report {tmp_path / 'no' / 'a.txt'}")
    atomic_write(tmp_path / "no" / "a.txt", "x", make_folder=True)
    assert (tmp_path / "no" / "a.txt").read_text() == "x"


def test_nobody_can_foresee_the_name_beside(tmp_path: Path) -> None:
    seen = set()
    for _ in range(5):
        with atomic_path(tmp_path / "a.txt") as beside:
            assert beside.parent.parent == tmp_path
            assert beside.stat().st_size == 0
            seen |= {beside.name, beside.parent.name}
    assert len(seen) == 10


def test_links_are_replaced_and_never_written_through(tmp_path: Path) -> None:
    source = tmp_path / "source.mp4"
    source.write_text("the only recording")
    for name in ("a.txt", "a.txt.partial"):
        (tmp_path / name).symlink_to(source)
    atomic_write(tmp_path / "a.txt", "new")
    assert source.read_text() == "the only recording"
    assert not (tmp_path / "a.txt").is_symlink()
    assert (tmp_path / "a.txt.partial").is_symlink()


def test_the_longest_names_can_be_written(tmp_path: Path) -> None:
    final = tmp_path / ("ü" * 125 + ".json")  # 255 bytes
    atomic_write(final, "x")
    assert names(tmp_path) == [final.name]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
def test_a_file_gets_the_rights_that_new_files_get(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    atomic_write(tmp_path / "a.txt", "x")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_growing_file_has_its_name_at_the_end_only(tmp_path: Path) -> None:
    final = tmp_path / "a.jsonl"
    growing = GrowingFile(final)
    growing.write("one\n")
    assert not final.exists()
    growing.finish()
    growing.abort()
    assert final.read_bytes() == b"one\n"
    assert names(tmp_path) == ["a.jsonl"]


@pytest.mark.parametrize("closed_by", ["abort", "finish"])
def test_a_growing_file_that_is_given_up_leaves_nothing(tmp_path: Path, closed_by: str) -> None:
    growing = GrowingFile(tmp_path / "a.jsonl", what="The plan a.jsonl")
    growing.write("x" * 5000)  # waits in the buffer until the file is closed
    with files_of_at_most(1000):
        if closed_by == "finish":
            with pytest.raises(OutputError, match="file system allows"):
                growing.finish()
        growing.abort()
    assert names(tmp_path) == []


def test_publishing_replaces_only_what_it_may(tmp_path: Path) -> None:
    final = tmp_path / "a"
    final.write_text("the user's")
    work = new_work_file(final)
    work.write(b"new")
    with pytest.raises(OutputError, match="left alone"):
        publish(work, final, overwrite=False)
    publish(work, final, overwrite=True)
    assert final.read_text() == "new"
    with pytest.raises(OutputError, match="cannot be given its name"):
        publish(work, final, overwrite=True)
    assert names(tmp_path) == ["a"]


# --- errors


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


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"^The folder .* cannot be made: .*\.$"):
        check_output(tmp_path / "file" / "sub" / "a.mp4", sources=[], overwrite=False)


# --- hashes


def test_a_hash_follows_the_content(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert file_sha256(path) == ABC_SHA256
    path.write_bytes(b"abcd")
    assert file_sha256(path) != ABC_SHA256


# --- the user's folders


@pytest.fixture()
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home of its own, and none of the variables that move user folders."""
    monkeypatch.delenv("DASHCAMCLEANER_HOME")
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(files.sys, "platform", "linux")
    return tmp_path


@pytest.fixture()
def on_macos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.sys, "platform", "darwin")
    monkeypatch.setattr(platformdirs, "PlatformDirs", platformdirs.macos.MacOS)


@pytest.fixture()
def on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.sys, "platform", "win32")
    monkeypatch.setattr(platformdirs, "PlatformDirs", platformdirs.windows.Windows)
    by_variable = platformdirs.windows.get_win_folder_from_env_vars  # the way of its that works on every system
    monkeypatch.setattr(platformdirs.windows, "_RESOLVE_WIN_FOLDER", by_variable)


def test_user_folders_follow_linux(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert user_folder("data") == home / ".local" / "share" / "dashcamcleaner"
    assert user_folder("cache") == home / ".cache" / "dashcamcleaner"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "c"))
    assert user_folder("config") == home / "c" / "dashcamcleaner"


def test_user_folders_follow_macos(home: Path, on_macos: None) -> None:
    assert user_folder("cache").parts[-2:] == ("Caches", "DashcamCleaner")
    support = home / "Library" / "Application Support" / "DashcamCleaner"
    assert user_folder("data") == user_folder("config") == support


def test_user_folders_follow_windows(home: Path, on_windows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALAPPDATA", str(home / "local"))
    monkeypatch.setenv("APPDATA", str(home / "roaming"))
    assert user_folder("data") == home / "local" / "DashcamCleaner" / "data"
    assert user_folder("cache") == home / "local" / "DashcamCleaner" / "cache"
    assert user_folder("config") == home / "roaming" / "DashcamCleaner" / "config"


def test_a_folder_of_0_1_0_stays_in_use(home: Path, on_macos: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "c"))  # 0.1.0 did not ask for it on macOS
    new, old = home / "c" / "DashcamCleaner", home / "Library" / "Application Support" / "DashcamCleaner"
    assert user_folder("config") == new
    old.mkdir(parents=True)
    assert user_folder("config") == old
    new.mkdir(parents=True)
    assert user_folder("config") == new


def test_one_variable_moves_all_folders(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHCAMCLEANER_HOME", str(home / "stick"))
    assert {user_folder(purpose).parent for purpose in ("data", "config", "cache")} == {home / "stick"}


# --- in one place alone


def test_nobody_else_makes_or_renames_temporary_files() -> None:
    package = Path(files.__file__).parent
    by_hand = re.compile(r"\bos\.(replace|rename)\(|\bmkstemp|\btempfile\b|[\"'](?:[^\"'\n]*)\.part(?:ial)?[\"']")
    may = {
        "work_files.py",
        "gui/store.py",  # puts a file aside that cannot be read
        "pipeline/edits_file.py",  # puts aside what a person refused
        "pipeline/seen_log.py",  # knows the log that version 0.1.0 left, and does not read it
        "jobs/batch.py",  # knows such files as no sources
        # Private scratch folders for whole clips and uploads; what leaves them goes through `files` or a store.
        "cluster/claims.py",
        "cluster/scratch.py",
        "cluster/storage.py",
        "cluster/tasks.py",
        "cluster/work.py",
        "service/job_paths.py",
        "service/pictures.py",
        "service/state.py",
    }
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if by_hand.search(path.read_text(encoding="utf-8"))
    }
    assert found <= may


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
@pytest.mark.parametrize("linked", [False, True])
def test_a_pipe_or_a_device_is_written_into_and_never_replaced(tmp_path: Path, linked: bool) -> None:
    pipe, place = tmp_path / "pipe", tmp_path / ("link" if linked else "pipe")
    os.mkfifo(pipe)
    if linked:
        place.symlink_to(pipe)
    with open(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb") as reader:
        files.atomic_write(place, "one ")
        with files.atomic_path(place) as beside:
            beside.write_bytes(b"two ")
        growing = files.GrowingFile(place)
        growing.write("three ")
        growing.finish()
        work = files.new_work_file(place)
        work.write(b"four")
        with pytest.raises(OutputError, match="left alone"):
            files.publish(work, place, overwrite=False)
        files.publish(work, place, overwrite=True)
        assert reader.read() == b"one two three four"
    assert stat.S_ISFIFO(place.stat().st_mode)
    assert place.is_symlink() == linked
    assert {path.name for path in tmp_path.iterdir()} == {"pipe", place.name}


def test_a_link_to_a_file_is_replaced_and_never_followed(tmp_path: Path) -> None:
    link, target = tmp_path / "link", tmp_path / "target"
    target.write_text("mine")
    link.symlink_to(target)
    files.atomic_write(link, "new")
    assert target.read_text() == "mine"
    assert not link.is_symlink()
