"""The contact sheet: pictures of the output, in the page alone, kept when an audit writes the page again."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dashcamcleaner.core.events import Finished
from dashcamcleaner.core.findings import AuditResult, Status
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.report.data import add_audit, html_path, report_path
from dashcamcleaner.report.html import report_html
from dashcamcleaner.report.sheet import SheetPicture, read_sheet
from dashcamcleaner.settings import resolve
from tests import clips, fakes

FACE = (140.0, 60.0, 180.0, 110.0, 0.9, "face")


@pytest.fixture()
def cleaned(tmp_path: Path) -> tuple[Path, Path]:
    source, output = clips.make(tmp_path / "in.mp4", frames=8).path, tmp_path / "out.mp4"
    models = fakes.pool(fakes.ScriptedDetector(lambda *_: (FACE,), script_size=(320, 180)))
    *_, last = clean(Job(source, output, resolve({"style": "solid"})), models=models)
    assert isinstance(last, Finished)
    return source, output


def test_a_track_has_one_picture_in_which_it_is_hidden(cleaned: tuple[Path, Path]) -> None:
    page = html_path(report_path(cleaned[1]))
    [picture] = read_sheet(page)
    assert (picture.kind, picture.track >= 0) == ("face", True)
    shown = np.asarray(Image.open(io.BytesIO(picture.jpeg)), np.float64)
    assert shown.shape == (96, 96, 3)
    assert shown[38:58, 38:58].std(axis=(0, 1)).max() < 6  # one colour in the middle
    assert b"jpeg;base64" not in report_path(cleaned[1]).read_bytes()


def test_an_audit_keeps_the_pictures(cleaned: tuple[Path, Path]) -> None:
    source, output = cleaned
    page = html_path(report_path(output))
    before = read_sheet(page)
    add_audit(AuditResult(str(source), str(output), status=Status.PASS, reasons=["Fine."]))
    assert "The second look found nothing" in page.read_text()
    assert read_sheet(page) == before


@pytest.mark.parametrize(
    "evil",
    [
        'face" data-seconds="1.000"><img alt="x" src="data:text/html;base64,PHNjcmlwdD4=">',
        'face" data-seconds="1.000"><img alt="x" onload="x" src="data:image/jpeg;base64,/9j/">',
        '<script>" data-seconds="1.000"><img alt="x" src="data:image/jpeg;base64,/9j/">',
        'face" data-seconds="1.000"><img alt="x" src="data:image/jpeg;base64,QUJD">',
        'face" data-seconds="1.000"><img alt="x" src="data:image/jpeg;base64,/9j/A">',
    ],
)
def test_a_page_that_was_changed_smuggles_nothing_in(evil: str, tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text('<figure data-track="1" data-kind="' + evil)
    assert read_sheet(tmp_path / "x.html") == []


def test_only_so_many_pictures_are_taken(tmp_path: Path) -> None:
    many = [SheetPicture("plate", n, 1.5 * n, b"\xff\xd8jpeg") for n in range(90)]
    (tmp_path / "x.html").write_text(report_html({"output": "a.mp4", "status": "cleaned"}, sheet=many))
    assert read_sheet(tmp_path / "x.html") == many[:60]
    assert read_sheet(tmp_path / "none.html") == []
