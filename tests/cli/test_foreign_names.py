"""Names that are no text, names that act, and streams that hold little: the batch goes on and leaves nothing behind."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from dashcamcleaner import cli
from dashcamcleaner.pipeline.plan_file import plan_path
from dashcamcleaner.report.data import report_path
from tests import clips, fakes

FACE = (100.0, 60.0, 140.0, 110.0, 0.9, "face")
NAMES = [b"n\xff\xfeame.mp4", "東京\u202e.mp4".encode(), b"a\x1b]0;owned\x07\x9b31m.mp4", b"a\nb.mp4",
         b"[red]:smile:.mp4", b"http:evil.example?q=1.mp4", b"=1+1.mp4", b"<b>bold&.mp4"]  # fmt: skip


def main(words: Sequence[str], *, kinds: tuple[str, ...] = ("face", "plate")) -> int:
    """The command line over a detector that always sees a face, or the third of its kinds."""
    row = (*FACE[:5], kinds[-1] if len(kinds) > 2 else "face")
    detector = fakes.ScriptedDetector(lambda n, p: [row], script_size=(320, 180), kinds=kinds)
    return cli.main(words, models=fakes.pool(detector))


@pytest.fixture()
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "in"
    place.mkdir()
    plain = clips.make(tmp_path / "plain.mp4", frames=3).path.read_bytes()
    for name in NAMES:
        try:
            (place / os.fsdecode(name)).write_bytes(plain)
        except OSError:
            pytest.skip("this file system holds no such names")
    return place


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii"])
@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_batch_of_odd_names(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, words: list[str]
) -> None:
    streams = {
        name: io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict") for name in ("stdout", "stderr")
    }
    for name, stream in streams.items():
        monkeypatch.setattr(sys, name, stream)
    assert main(["clean", str(folder), "-o", str(tmp_path / "out"), *words]) == 0
    written = {}
    for name, stream in streams.items():
        stream.flush()
        written[name] = stream.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
    left = sorted(os.listdir(os.fsencode(tmp_path / "out")))
    assert [name for name in left if name.endswith(b".mp4")] == sorted(NAMES)
    assert not [name for name in left if b"partial" in name]
    if words == ["--json"]:
        events = [json.loads(line) for line in written["stdout"].splitlines()]
        assert {Path(event["source"]).name for event in events if "source" in event} == {os.fsdecode(n) for n in NAMES}
        assert events[-1]["cleaned"] == len(NAMES)
    for text in written.values():
        assert all(line.isprintable() for line in text.splitlines())
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<b>bold" not in page
    assert not any(sign in page for sign in "\x1b\x07\x9b\u202e")
    assert "http:evil" not in page.replace(">http:evil", "")
    for name in NAMES:
        report = report_path(tmp_path / "out" / os.fsdecode(name))
        assert Path(json.loads(report.read_text(encoding="utf-8"))["source"]).name == os.fsdecode(name)
        assert report.with_suffix(".html").read_text(encoding="utf-8")


def test_an_error_names_what_it_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clean", str(tmp_path / os.fsdecode(b"no\x1b[31m\xff.mp4"))]) == 3
    told = capsys.readouterr().err
    assert "\\x1b[31m\\xff.mp4" in told
    assert "\x1b" not in told


def test_a_plan_of_an_odd_name_is_rendered_again(folder: Path, tmp_path: Path) -> None:
    source, out = folder / os.fsdecode(NAMES[0]), tmp_path / os.fsdecode(b"o\xff.mp4")
    assert main(["clean", str(source), "-o", str(out), "--quiet"]) == 0
    plan = plan_path(out)
    again = ["clean", str(source), "-o", str(out), "--quiet", "--overwrite", "--from-plan", str(plan)]
    assert main(again) == 0
    assert (
        main(
            [
                *again[:-2],
                "--export-detections",
                str(tmp_path / "d.csv"),
                "--export-mask",
                str(tmp_path / "m\udcff.mp4"),
            ]
        )
        == 0
    )
    assert main(["tracks", str(plan)]) == 0


def test_kinds_of_foreign_weights_are_no_formulas(folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "d.csv"
    words = ["--export-detections", str(table), "--quiet", "--other-kinds", "=1+1"]
    assert (
        main(
            ["clean", str(folder / "=1+1.mp4"), "-o", str(tmp_path / "o.mp4"), *words], kinds=("face", "plate", "=1+1")
        )
        == 0
    )
    rows = table.read_text(encoding="utf-8").splitlines()
    assert len(rows) == 4
    assert all(",'=1+1," in row for row in rows[1:])
