"""Who may not read the source may not read what came of it; plans and reports are their owner's."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from dashcamcleaner import cli
from dashcamcleaner.atomic_files import new_work_file
from dashcamcleaner.core.events import Event, Finished
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.jobs import run
from dashcamcleaner.output_files import PRIVATE, mode_like
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.settings import resolve
from tests import clips, fakes

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")

FACE = (100.0, 60.0, 140.0, 110.0, 0.9, "face")


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def models() -> ModelPool:
    return fakes.pool(fakes.ScriptedDetector(lambda n, p: [FACE], script_size=(320, 180)))


def clean(job: Job) -> list[Event]:
    return list(run.clean(job, models=models()))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: mode(path) for path in sorted(folder.iterdir())}


def source_of(tmp_path: Path, suffix: str, wanted: int) -> Path:
    source = tmp_path / f"in{suffix}"
    if suffix == ".mp4":
        clips.make(source, frames=4)
    else:
        Image.new("RGB", (320, 180), "gray").save(source)
    source.chmod(wanted)
    return source


@pytest.mark.parametrize(("suffix", "wanted"), [(".mp4", 0o600), (".mp4", 0o644), (".png", 0o600), (".jpg", 0o640)])
def test_outputs_are_never_wider_than_the_source(tmp_path: Path, suffix: str, wanted: int) -> None:
    source, out = source_of(tmp_path, suffix, wanted), tmp_path / "out"
    more: dict[str, Any] = {"export_detections": out / "d.csv"}
    if suffix == ".mp4":
        more["export_mask"] = out / "mask.mp4"
    out.mkdir()
    events = list(clean(Job(source, out / f"o{suffix}", resolve(), **more)))
    assert isinstance(events[-1], Finished)
    found = modes(out)
    assert found.pop(f"o{suffix}") == wanted
    if suffix == ".mp4":
        assert found.pop("mask.mp4") == wanted
    assert found == dict.fromkeys(
        [f"o{suffix}{end}" for end in (".plan.jsonl", ".report.html", ".report.json")] + ["d.csv"], 0o600
    )


def test_what_grows_is_as_narrow_from_the_start(tmp_path: Path) -> None:
    """A run takes hours; a file that was narrowed at its end would be open until then."""
    source, out = source_of(tmp_path, ".mp4", 0o600), tmp_path / "out"
    out.mkdir()
    folders, grown = set(), set()
    job = Job(source, out / "o.mp4", resolve(), export_mask=out / "mask.mp4", export_detections=out / "d.csv")
    for _ in run.clean(job, models=models()):
        for folder in out.glob(".dashcamcleaner-*-*-*"):
            folders.add(mode(folder))
            grown |= {mode(path) for path in folder.iterdir()}
    assert folders == {0o700}
    assert grown == {0o600}


def test_plans_and_reports_may_be_shared(tmp_path: Path) -> None:
    for wanted in (0o644, 0o600):
        source, out = source_of(tmp_path, ".mp4", wanted), tmp_path / f"out{wanted:o}"
        out.mkdir()
        list(clean(Job(source, out / "o.mp4", resolve({"private_plans": False}))))
        assert set(modes(out).values()) == {wanted}


def test_the_folders_page_is_as_narrow_as_what_it_links_to(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number in range(2):
        clips.make(tmp_path / "in" / f"{number}.mp4", frames=3)
    assert cli.main(["clean", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--quiet"], models=models()) == 0
    assert mode(tmp_path / "out" / "report.html") == 0o600
    words = ["--quiet", "--no-private-plans", "--overwrite"]
    assert cli.main(["clean", str(tmp_path / "in"), "-o", str(tmp_path / "out"), *words], models=models()) == 0
    assert mode(tmp_path / "out" / "report.html") == 0o644


def test_an_audit_leaves_the_report_as_narrow_as_it_was(tmp_path: Path) -> None:
    from dashcamcleaner.core.findings import AuditResult
    from dashcamcleaner.report.data import add_audit

    source, out = source_of(tmp_path, ".mp4", 0o644), tmp_path / "o.mp4"
    list(clean(Job(source, out, resolve())))
    add_audit(AuditResult(str(source), str(out), output_sha256="0"))
    assert mode(tmp_path / "o.mp4.report.json") == mode(tmp_path / "o.mp4.report.html") == 0o600


def test_an_exported_plan_and_its_edits_are_as_narrow_as_they_were(tmp_path: Path) -> None:
    from dashcamcleaner.core.edit_types import HiddenZone
    from dashcamcleaner.core.edits import Edits
    from dashcamcleaner.pipeline.edits_file import EditsFile
    from dashcamcleaner.pipeline.plan_file import plan_path

    source, out = source_of(tmp_path, ".mp4", 0o644), tmp_path / "o.mp4"
    list(clean(Job(source, out, resolve())))
    plan = plan_path(out)
    edits = EditsFile.beside(plan)
    edits.write(Edits.of(HiddenZone((0, 0, 10, 10))))
    assert cli.main(["plan", "export", str(plan), "-o", str(tmp_path / "away" / "o.plan.jsonl")]) == 0
    assert modes(tmp_path / "away") == {"o.plan.jsonl": 0o600, "o.edits.jsonl": 0o600}


def test_what_tells_of_scenes_is_no_wider_than_the_source(tmp_path: Path) -> None:
    source = source_of(tmp_path, ".mp4", 0o600)
    words = ["scenes", str(source), "--model", "light", "--export", "csv", "--quiet"]
    assert cli.main(words) == 0
    tag = tmp_path / "in.tag"
    (tmp_path / "own.tag").write_text("clip, a\n0.133, 0\na, 0, 0.1\n", encoding="utf-8")
    assert cli.main(["scenes", str(source), "--cut", str(tmp_path / "own.tag"), "-t", "a", "--quiet"]) == 0
    written = modes(tmp_path)
    assert written.pop("own.tag") == 0o644
    assert tag.name in written
    assert len(written) > 4
    assert set(written.values()) == {0o600}


@pytest.mark.parametrize("told", ["full", "name", "nothing"])
def test_what_the_report_tells_of_the_source_is_a_choice(tmp_path: Path, told: str) -> None:
    from dashcamcleaner.core.findings import AuditResult
    from dashcamcleaner.report.data import add_audit

    folder = tmp_path / "anna"
    folder.mkdir()
    source, out = source_of(folder, ".mp4", 0o600), folder / "o.mp4"
    list(clean(Job(source, out, resolve({"report_source": told}))))
    for after_audit in (False, True):
        if after_audit:
            add_audit(AuditResult(str(source), str(out), output_sha256="0"))
        data = json.loads((folder / "o.mp4.report.json").read_text(encoding="utf-8"))
        whole = json.dumps(data) + (folder / "o.mp4.report.html").read_text(encoding="utf-8")
        assert data["source"] == {"full": str(source), "name": "in.mp4", "nothing": ""}[told]
        assert bool(data["source_sha256"]) == (told == "full")
        assert bool(data["source_bytes"]) == (told != "nothing")
        assert ("in.mp4" in whole) == (told != "nothing")
        assert ("anna" in whole) == (told == "full")
        assert data["output_sha256"]


def test_modes(tmp_path: Path) -> None:
    file = tmp_path / "a"
    for wanted in (0o600, 0o640, 0o644, 0o666, 0o604, 0o444):
        file.touch()
        file.chmod(wanted)
        assert mode_like(file) == 0o600 | wanted & 0o066
    assert mode_like(tmp_path / "absent") == PRIVATE
    os.umask(0o077)
    work = new_work_file(file, mode=0o666)
    assert mode(work.path) == 0o600
    work.discard()
