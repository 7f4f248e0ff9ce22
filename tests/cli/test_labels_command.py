"""``labels export`` and ``labels import`` on a real plan of a real run, with the rules for what others wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dashcamcleaner.cli import main
from dashcamcleaner.core.edit_types import DrawnRegion
from dashcamcleaner.core.events import Finished
from dashcamcleaner.core.track_edits import DropTrack
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.labels.files import FORMATS, LabelFormat
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import plan_path
from tests import clips, fakes

FACE = (140.0, 60.0, 180.0, 110.0, 0.9, "face")


def models() -> ModelPool:
    return fakes.pool(fakes.ScriptedDetector(lambda *_: (FACE,), script_size=(320, 180)))


@pytest.fixture()
def plan(tmp_path: Path) -> Path:
    source, output = clips.make(tmp_path / "in.mp4", frames=8).path, tmp_path / "out.mp4"
    list(clean(Job(source, output), models=models()))
    return plan_path(output)


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_out_and_in_again_changes_nothing(form: LabelFormat, plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = plan.parent / f"labels{form.ending}"
    assert main(["labels", "export", str(plan), "-o", str(out)]) == 0
    assert f"8 boxes of 1 track in 8 frames ({form.title})" in capsys.readouterr().out
    assert out.stat().st_mode & 0o777 == 0o600
    assert main(["labels", "import", str(plan), str(out)]) == 0
    said = capsys.readouterr().out
    assert "no edits: nothing in" in said
    assert str(EditsFile.beside(plan).path) not in said
    assert not EditsFile.beside(plan).path.exists()
    assert main(["labels", "export", str(plan), "-o", str(out)]) == 4  # exists


def test_what_was_added_is_hidden_and_what_is_missing_is_left_clear_only_by_a_flag(
    plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = plan.parent / "x.coco.json"
    main(["labels", "export", str(plan), "-o", str(file)])
    data = json.loads(file.read_text())
    for row in data["annotations"]:
        row["bbox"] = [10, 10, 40, 40]
    file.write_text(json.dumps(data))
    capsys.readouterr()
    assert main(["labels", "import", str(plan), str(file)]) == 0
    assert "still hidden: 1 track without a label; --drop-missing" in capsys.readouterr().out
    edits = EditsFile.beside(plan).read().entries
    assert [type(edit) for edit in edits] == [DrawnRegion]
    assert main(["labels", "import", str(plan), str(file), "--drop-missing"]) == 0
    assert "left clear: 1 track without a label" in capsys.readouterr().out
    edits = EditsFile.beside(plan).read().entries
    assert [type(edit) for edit in edits] == [DrawnRegion, DropTrack]  # the region is not added twice
    assert not EditsFile.beside(plan).is_foreign


def test_a_wrong_file_is_a_sentence(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (plan.parent / "x.xml").write_text("<svg/>")
    assert main(["labels", "import", str(plan), str(plan.parent / "x.xml")]) == 3
    assert "holds no labels of CVAT for video 1.1 that can be read" in capsys.readouterr().err
    assert main(["labels", "import", str(plan), "who.png"]) == 3
    assert "who.png does not tell the format" in capsys.readouterr().err
    assert main(["labels", "export", str(plan), "-o", str(plan.parent / "x.json")]) == 4
    assert ".coco.json (COCO)" in capsys.readouterr().err


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_a_run_exports_the_same_labels_at_once(form: LabelFormat, tmp_path: Path) -> None:
    source, out, file = (
        clips.make(tmp_path / "in.mp4", frames=8).path,
        tmp_path / "out.mp4",
        tmp_path / f"x{form.ending}",
    )
    *_, last = clean(Job(source, out, export_detections=file), models=models())
    assert isinstance(last, Finished), last
    assert main(["labels", "export", str(plan_path(out)), "-o", str(tmp_path / f"y{form.ending}"), "--all"]) == 0
    again = (tmp_path / f"y{form.ending}").read_bytes()
    assert file.read_bytes() == again
    assert file.stat().st_mode & 0o777 == 0o600
