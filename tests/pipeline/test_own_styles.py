"""A person's own look: squares of the side that was asked for, never finer than is safe, and nobody else's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dashcamcleaner.core.edits import Edits
from dashcamcleaner.core.events import Failed, Finished
from dashcamcleaner.core.frame import Frame, PixelLayout
from dashcamcleaner.core.person_edits import PersonStyle, PersonTrack
from dashcamcleaner.core.plan import Origin, Region
from dashcamcleaner.core.vehicle_edits import TrackStyle
from dashcamcleaner.errors import SettingError
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.media.probe import probe
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.own_styles import OwnStyles
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path
from dashcamcleaner.pipeline.writer import obscurer_for
from dashcamcleaner.settings import resolve
from tests import clips, fakes

ANN, BEN = (20.0, 20.0, 116.0, 116.0), (200.0, 20.0, 296.0, 116.0)
SETTINGS = resolve({}, {"shape_face": "box", "feather": 0, "style": "solid"})
WHO = (PersonTrack(1, 1, ((0.0, 9.0),)), PersonTrack(2, 2, ((0.0, 9.0),)))


def painted(*styles: PersonStyle | TrackStyle) -> tuple[np.ndarray, np.ndarray]:
    """The luma of Ann's and of Ben's face."""
    rng = np.random.default_rng(5)
    plane = rng.integers(0, 255, (160, 320), dtype=np.uint8)
    frame: Frame = fakes.frame_of_planes([plane], PixelLayout("gray", chroma_shift=(0, 0)))
    regions = [Region(box, "face", 0.9, Origin.DETECTED, track) for track, box in ((1, ANN), (2, BEN))]
    OwnStyles(Edits((*WHO, *styles)), settings=SETTINGS).obscure(frame, regions, plain=obscurer_for(SETTINGS))
    (seen,) = frame.planes
    return seen[20:116, 20:116], seen[20:116, 200:296]


def sides(face: np.ndarray) -> set[int]:
    """Lengths of the runs of one tone along the middle row."""
    row = face[48]
    ends = [0, *(np.flatnonzero(np.diff(row.astype(int))) + 1).tolist(), len(row)]
    return set(np.diff(ends).tolist())


@pytest.mark.parametrize(("asked", "least"), [(24, 24), (32, 32), (48, 48), (2, 16)])
def test_a_mosaic_has_squares_of_the_side_that_was_asked_for(asked: int, least: int) -> None:
    ann, ben = painted(PersonStyle(1, "mosaic", asked))
    assert min(sides(ann)) >= least  # the finest that is safe has six on a side
    if asked in (24, 32):
        assert len(np.unique(ann)) > 1
        assert all(side % least == 0 for side in sides(ann))
    assert len(np.unique(ben)) == 1  # the run's own style


def test_each_has_their_own_style() -> None:
    ann, ben = painted(PersonStyle(1, "gaussian"), PersonStyle(2, "mosaic", 32))
    assert len(np.unique(ann)) > 2
    assert len(np.unique(ben)) <= 9
    ann, ben = painted()
    assert len(np.unique(ann)) == len(np.unique(ben)) == 1


def smile(path: Path) -> Path:
    """A picture with a hole: opaque white on the left, clear on the right."""
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[:, :20] = 255
    Image.fromarray(pixels).save(path)
    return path


def test_a_picture_of_ones_own_is_laid_over_one_colour(tmp_path: Path) -> None:
    picture = str(smile(tmp_path / "smile.png"))
    ann, ben = painted(PersonStyle(1, "picture", picture=picture))
    assert ann[4:92, 10:40].min() == 235  # the picture, in the frame's own range
    assert len(np.unique(ann[4:92, 60:86])) == 1  # one colour where it is clear: nothing of the face is left
    assert len(np.unique(ben)) == 1
    ann, ben = painted(TrackStyle(2, "picture", picture=picture))
    assert ben[4:92, 10:40].min() == 235
    assert len(np.unique(ann)) == 1


@pytest.mark.parametrize("wrong", ["missing", "text", "folder", "bomb"])
def test_a_picture_that_cannot_be_laid_on_is_one_sentence(wrong: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.png"
    if wrong == "text":
        path.write_text("not a picture", encoding="utf-8")
    if wrong == "folder":
        path.mkdir()
    if wrong == "bomb":  # a header that claims more pixels than there is room for
        Image.new("L", (1, 1)).save(path)
        data = bytearray(path.read_bytes())
        data[16:24] = (60_000).to_bytes(4, "big") * 2
        path.write_bytes(bytes(data))
    with pytest.raises(SettingError, match=r"\.$"):
        painted(PersonStyle(1, "picture", picture=str(path)))


def test_a_run_paints_each_in_the_style_that_was_chosen(tmp_path: Path) -> None:
    """The whole way: edits beside a plan, a rendering, and the pixels of the clip that it wrote."""
    source = clips.make(tmp_path / "in.mp4", frames=12, size=(320, 180), rate=12, options={"crf": "10"}).path
    seen = [(*ANN, 0.9, "face"), (*BEN, 0.9, "plate")]
    models = fakes.pool(fakes.ScriptedDetector(lambda number, picture: seen, script_size=(320, 180)))
    # A large plate that rests in the picture is taken for burned-in text unless much is hidden on suspicion.
    settings = SETTINGS.replaced(quality=8, shape_plate="box", inference_size=320, threshold=0.001)

    def rendered(output: Path, **more: Any) -> np.ndarray:
        last = list(clean(Job(source, output, settings, **more), models=models))[-1]
        assert isinstance(last, Finished), last
        with open_clip(output, info=probe(output)) as decoder:
            return next(frame for frame in decoder if frame.index == 6).picture((320, 180)).astype(int)

    plain = rendered(tmp_path / "plain.mp4")
    plan = plan_path(tmp_path / "plain.mp4")
    with PlanReader(plan) as reader:
        face, plate = sorted({(one.kind, one.track) for frame in reader for one in frame.regions})
    green = tmp_path / "green.png"
    Image.new("RGBA", (20, 20), (0, 255, 0, 255)).save(green)
    EditsFile.beside(plan).write(
        Edits.of(
            PersonTrack(1, face[1]), PersonStyle(1, "picture", picture=str(green)), TrackStyle(plate[1], "mosaic", 32)
        )
    )
    styled = rendered(tmp_path / "styled.mp4", from_plan=plan)
    assert np.ptp(plain[40:96, 40:96], axis=(0, 1)).max() < 20  # one colour
    assert (styled[40:96, 40:96, 1] > styled[40:96, 40:96, [0, 2]].max(axis=2) + 120).all()
    assert np.abs(styled[40:96, 220:276] - plain[40:96, 220:276]).max() > 20
    report = (tmp_path / "styled.mp4.report.json").read_text(encoding="utf-8")
    assert "the look of person 1: picture" in report
    assert "green.png" not in report

    green.unlink()
    (failed,) = [one for one in clean(Job(source, tmp_path / "no.mp4", settings, from_plan=plan), models=models)
                 if isinstance(one, Failed)]  # fmt: skip
    assert "green.png" in failed.error.message
    assert not (tmp_path / "no.mp4").exists()
