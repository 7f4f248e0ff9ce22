"""Files of labels, lists of blocks and pages that somebody else wrote: bounded, and never waited for."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import pytest

from dashcamcleaner.errors import InputError
from dashcamcleaner.labels.clip_labels import MOST_LABELS, ClipLabels
from dashcamcleaner.labels.files import read_labels
from dashcamcleaner.report.html import is_page
from dashcamcleaner.report.sheet import read_sheet
from dashcamcleaner.scenes.classify.files import read_labels as read_names
from dashcamcleaner.scenes.tag_file import read_tag_file

ENDINGS = (".coco.json", ".zip", ".txt", ".xml")


def read(path: Path) -> ClipLabels:
    return read_labels(path, size=(320, 180), kinds=("face", "plate"))


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="devices are those of Unix")
@pytest.mark.parametrize("ending", ENDINGS)
def test_labels_are_no_device_and_no_pipe(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"a{ending}").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / f"b{ending}")
    for name in "ab":
        with pytest.raises(InputError, match="no plain file"):
            read(tmp_path / f"{name}{ending}")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are those of Unix")
def test_what_lies_beside_is_no_pipe_either(tmp_path: Path) -> None:
    os.mkfifo(pipe := tmp_path / "pipe")
    assert read_sheet(pipe) == []
    assert not is_page(pipe)
    with pytest.raises(InputError, match="no plain file"):
        read_tag_file(pipe)
    with pytest.raises(Exception, match="no plain file"):
        read_names(pipe)


def test_boxes_far_apart_are_counted_before_they_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box = '<box frame="{}" outside="0" xtl="1" ytl="1" xbr="9" ybr="9"/>'
    boxes = "".join(box.format(n * (MOST_LABELS // 2 + 1)) for n in range(50))
    (tmp_path / "a.xml").write_text(f'<annotations><track id="1" label="face">{boxes}</track></annotations>')
    made = []
    monkeypatch.setattr("dashcamcleaner.labels.cvat.ObjectLabel", lambda *args: made.append(1))
    with pytest.raises(InputError, match="more than"):
        read(tmp_path / "a.xml")
    assert len(made) <= MOST_LABELS


@pytest.mark.parametrize("way", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_STORED])
def test_a_damaged_archive_gets_a_sentence(tmp_path: Path, way: int) -> None:
    text = "".join(f"0 0.5 0.5 0.{n:03} 0.2\n" for n in range(1, 200))
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", way) as archive:
        archive.writestr("labels/train/frame_000001.txt", text, way)
    whole = into.getvalue()
    refused = 0
    for place in range(0, len(whole), max(1, len(whole) // 150)):
        (tmp_path / "a.zip").write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            read(tmp_path / "a.zip")
        except InputError:
            refused += 1
    assert refused > 30


@pytest.mark.parametrize(
    ("ending", "content"),
    [
        (".xml", b"<annotations>" + b"<a>" * 100_000),
        (".xml", b"<annotations><track label='x'>" + b"<box/>" * 100_000),
        (".xml", b"<a><annotations/></a>"),
        (".xml", b"<annotations><track/></annotations>"),
        (".xml", "<annotations/>".encode("utf-16")),
        (".xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><annotations/>"),
        (".txt", b"1,2,3,4,5,6," + b"7" * 200_000),
        (".txt", b"1,2,1e999,4,5,6"),
        (".txt", b'"' + b"x" * 200_000),
        (".txt", b"\xff"),
        (".coco.json", b'{"images": [' + b"[]," * 7_000_000 + b"[]]}"),
        (".coco.json", b"[" * 200_000),
        (".zip", b"PK\x01\x02" * 1_100_000),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else value,
)
def test_labels_that_ask_for_too_much_get_a_sentence(tmp_path: Path, ending: str, content: bytes) -> None:
    (tmp_path / f"a{ending}").write_bytes(content)
    with pytest.raises(InputError) as found:
        read(tmp_path / f"a{ending}")
    assert len(found.value.message) < 500


def test_elements_that_nobody_knows_take_no_memory(tmp_path: Path) -> None:
    import tracemalloc

    (tmp_path / "a.xml").write_bytes(b"<annotations>" + b'<a b=""/>' * 300_000 + b"</annotations>")
    tracemalloc.start()
    try:
        assert read(tmp_path / "a.xml").labels == ()
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
