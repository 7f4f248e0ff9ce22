"""Files are written whole or not at all, and by one module alone."""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashcamcleaner import work_files
from dashcamcleaner.atomic_files import GrowingFile, atomic_json, atomic_path, atomic_write, new_work_file, publish
from dashcamcleaner.errors import OutputError


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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
@pytest.mark.parametrize("linked", [False, True])
def test_a_pipe_or_a_device_is_written_into_and_never_replaced(tmp_path: Path, linked: bool) -> None:
    pipe, place = tmp_path / "pipe", tmp_path / ("link" if linked else "pipe")
    os.mkfifo(pipe)
    if linked:
        place.symlink_to(pipe)
    with open(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb") as reader:
        atomic_write(place, "one ")
        with atomic_path(place) as beside:
            beside.write_bytes(b"two ")
        growing = GrowingFile(place)
        growing.write("three ")
        growing.finish()
        work = new_work_file(place)
        work.write(b"four")
        with pytest.raises(OutputError, match="left alone"):
            publish(work, place, overwrite=False)
        publish(work, place, overwrite=True)
        assert reader.read() == b"one two three four"
    assert stat.S_ISFIFO(place.stat().st_mode)
    assert place.is_symlink() == linked
    assert {path.name for path in tmp_path.iterdir()} == {"pipe", place.name}


def test_a_link_to_a_file_is_replaced_and_never_followed(tmp_path: Path) -> None:
    link, target = tmp_path / "link", tmp_path / "target"
    target.write_text("mine")
    link.symlink_to(target)
    atomic_write(link, "new")
    assert target.read_text() == "mine"
    assert not link.is_symlink()


# --- in one place alone


def test_nobody_else_makes_or_renames_temporary_files() -> None:
    package = Path(work_files.__file__).parent
    by_hand = re.compile(r"\bos\.(replace|rename)\(|\bmkstemp|\btempfile\b|[\"'](?:[^\"'\n]*)\.part(?:ial)?[\"']")
    may = {
        "work_files.py",
        "gui/store.py",  # puts a file aside that cannot be read
        "pipeline/edits_file.py",  # puts aside what a person refused
        "pipeline/outlived_edits.py",  # puts aside what is of the plan before
        "pipeline/seen_log.py",  # knows the log that version 0.1.0 left, and does not read it
        "jobs/inputs.py",  # knows such files as no sources
        # Private scratch folders for whole clips and uploads; what leaves them goes through `atomic_files` or a store.
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
