"""The demo clip: made here, plays, clicks on the second, and carries the tag that cleaning must drop."""

from __future__ import annotations

import itertools

import av
import numpy as np
import pytest

from dashcamcleaner.demo import clip as clip_module
from dashcamcleaner.demo import scenery
from dashcamcleaner.demo.plates import DESIGNS, plate_text, render_plate
from dashcamcleaner.errors import OutputError


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clip_module, "FRAMES", 45)
        return clip_module.make_demo(tmp_path_factory.mktemp("demo"))


def test_the_clip_has_picture_sound_and_a_position_tag(clip):
    with av.open(str(clip)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.width, video.height, video.codec.name, audio.codec.name) == (1280, 720, "h264", "aac")
        assert "location" in container.metadata
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(video)]
    assert len(frames) == 45
    assert not list(clip.parent.glob(".*partial*"))
    steps = [np.abs(a.astype(int) - b).mean() for a, b in itertools.pairwise(frames)]
    assert min(steps) > 0.1, "the camera stands still"


def test_a_click_marks_the_second(clip):
    with av.open(str(clip)) as container:
        parts = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    sound = np.concatenate(parts)
    loud = np.flatnonzero(np.abs(sound) > 0.25) / 48000
    assert loud.size
    assert np.all((loud % 1.0 < 0.05) | (loud % 1.0 > 0.95))
    assert {round(float(at)) for at in loud} == {0, 1}


def test_without_the_portrait_a_face_is_drawn(monkeypatch):
    """Bundles, and what pipx installs, have no matplotlib: the sample clip is one click away there, too."""
    monkeypatch.setattr(scenery, "find_spec", lambda name: None)
    drawn = scenery.portrait()
    assert (drawn.mode, drawn.size) == ("RGB", (512, 600))
    person = scenery.pedestrian(drawn, coat=(40, 40, 40))
    assert person.shape == (1500, 512, 4)
    assert np.ptp(np.asarray(drawn)[150:300, 180:350]) > 100, "eyes, nose and mouth stand out"


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        clip_module.make_demo(tmp_path / "file")


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("height", [9, 22, 220])
def test_plates_have_the_height_asked_for(design, height):
    plate = render_plate(plate_text(np.random.default_rng(height)), height_px=height, design=design)
    assert plate.shape[0] == height
    assert plate.shape[1] == pytest.approx(height * 1040 / 220, abs=1)
    assert plate.std() > 30


def test_the_detector_finds_the_people_and_plates_and_nothing_else():
    pytest.importorskip("openvino")
    from dashcamcleaner.detection.registry import open_detector

    detector = open_detector(backend="openvino", device="cpu", inference_size=960, aspect=clip_module.SIZE)
    world, actors = scenery.street(clip_module._WORLD).astype(np.float32), clip_module.cast()
    try:
        for t, faces, plates in ((10, 1, 1), (130, 2, 2), (230, 1, 2)):
            found = detector.detect([clip_module._shoot(world, actors, t)])[0]
            sure = found[found.score >= 0.25]
            assert (len(sure.of_kind("face")), len(sure.of_kind("plate"))) == (faces, plates)
    finally:
        detector.close()
