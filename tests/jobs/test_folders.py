"""Folders of a batch: what is left out of them is told."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashcamcleaner import cli
from dashcamcleaner.errors import PARTIAL_EXIT
from dashcamcleaner.jobs.folders import walk
from dashcamcleaner.jobs.inputs import jobs_for
from dashcamcleaner.settings import resolve
from tests import clips, fakes


@pytest.fixture()
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "in"
    (place / "inner" / "deeper").mkdir(parents=True)
    clips.make(place / "a.mp4", frames=2)
    clips.make(place / "inner" / "deeper" / "b.mp4", frames=2)
    (place / ".hidden").mkdir()
    (place / ".hidden" / "c.mp4").write_bytes(b"x")
    return place


@pytest.fixture()
def closed() -> Iterator[Path]:
    """A subfolder that this process cannot read, beside one file that it can."""
    if not hasattr(os, "geteuid"):
        pytest.skip("this system knows no such permissions")
    place = Path(tempfile.mkdtemp())  # not below the tests' own folder, which is closed to all but its owner
    (place / "a.mp4").write_bytes(b"x")
    shut = place / "shut"
    shut.mkdir()
    place.chmod(0o755)
    shut.chmod(0)
    was = os.geteuid()
    if was == 0:  # root reads everything
        os.seteuid(65534)
    try:
        yield shut
    finally:
        if was == 0:
            os.seteuid(0)
        shutil.rmtree(place)


def test_all_of_a_folder_is_found_but_what_is_hidden(folder: Path) -> None:
    assert walk(folder) == ([folder / "a.mp4", folder / "inner" / "deeper" / "b.mp4"], [], [])


def test_a_linked_subfolder_is_told_and_not_followed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "round").symlink_to(folder)
    (folder / "nowhere").symlink_to(folder / "gone")
    batch = jobs_for([str(folder)], output=None, settings=resolve({}))
    assert len(batch.jobs) == 2
    [told] = batch.linked
    assert str(folder / "round") in told
    models = fakes.pool(fakes.ScriptedDetector({}))
    monkeypatch.chdir(folder.parent)  # the page over results of several folders goes there
    assert cli.main(["clean", str(folder), "--quiet"], models=models) == 0
    assert told in capsys.readouterr().err


def test_an_unreadable_subfolder_is_told(closed: Path) -> None:
    files, [told], _ = walk(closed.parent)
    assert len(files) == 1
    assert str(closed) in told
    assert "not cleaned" in told


def test_an_unreadable_subfolder_makes_a_batch_partial(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inner = folder / "inner"

    def refused(path: str | Path = ".") -> object:
        if Path(path) == inner:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", refused)
    models = fakes.pool(fakes.ScriptedDetector({}))
    monkeypatch.chdir(folder.parent)
    assert cli.main(["clean", str(folder), "--quiet"], models=models) == PARTIAL_EXIT
    assert f"The folder {inner} cannot be read (Permission denied)" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_what_only_has_the_name_of_a_clip_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "gone.mp4").symlink_to(folder / "disk" / "gone.mp4")
    (folder / "gone.txt").symlink_to(folder / "disk" / "gone.txt")
    os.mkfifo(folder / "inner" / "pipe.mov")
    files, told, _ = walk(folder)
    assert [path.name for path in files] == ["a.mp4", "b.mp4"]
    assert told == [
        f"{folder / 'gone.mp4'} is a link that leads nowhere; it is not cleaned.",
        f"{folder / 'inner' / 'pipe.mov'} is a pipe or a device and no file; it is not cleaned.",
    ]
    monkeypatch.chdir(folder.parent)
    models = fakes.pool(fakes.ScriptedDetector({}))
    assert cli.main(["clean", str(folder), "--quiet"], models=models) == PARTIAL_EXIT
    assert told[0] in capsys.readouterr().err


def test_many_are_told_in_few_lines(folder: Path) -> None:
    for number in range(20):
        (folder / f"link{number}").symlink_to(folder / "inner")
    linked = walk(folder)[2]
    assert len(linked) == 6
    assert linked[-1].startswith("15 more")
