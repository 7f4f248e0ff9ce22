"""A whole run: pictures out of a clip, road labels, the command, shots, own classifiers."""

from __future__ import annotations

import importlib.util
import json
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from clips import make, make_road, read_number, vfr_pts

from dashcamcleaner import cli
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import WeightsUntrusted
from dashcamcleaner.media.probe import probe
from dashcamcleaner.media.sampler import sample_pictures, small_size
from dashcamcleaner.scenes.road import MOTION_LABELS, LightMeter, MotionMeter


@pytest.mark.parametrize(
    "recipe", [{}, {"gop": 7, "b_frames": 2}, {"gop": 40, "pts": vfr_pts(150)}, {"codec": "mpeg4"}]
)
def test_the_picture_is_the_one_that_is_shown_at_its_time(tmp_path: Path, recipe: dict[str, object]) -> None:
    clip = make(tmp_path / "clip.mp4", frames=150, **recipe)
    info = probe(clip.path)
    for step in (Fraction(1), Fraction(1, 3)):
        samples = list(sample_pictures(clip.path, info=info, step_s=step, size=info.upright_size, threads=1))
        assert [sample.time_s for sample in samples] == [number * step for number in range(len(samples))]
        assert len(samples) >= clip.times[-1] / step
        for sample in samples:
            shown = max(number for number, time in enumerate(clip.times) if time <= sample.time_s)
            assert read_number(sample.picture[..., 0]) == shown


def test_key_frames_alone_and_every_frame(tmp_path: Path) -> None:
    clip = make(tmp_path / "clip.mp4", frames=150, gop=60)
    info = probe(clip.path)
    size = small_size(info, short_side=180)
    given = {"info": info, "size": size, "threads": 1}
    keys = sample_pictures(clip.path, step_s=Fraction(1), key_frames=True, **given)
    assert [read_number(sample.picture[..., 0]) for sample in keys] == [0, 0, 60, 60, 120]
    every = sample_pictures(clip.path, step_s=None, **given)
    assert [read_number(sample.picture[..., 0]) for sample in every] == list(range(150))


def test_parking_is_found_and_dropped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "drive.mp4"
    make_road(path)
    assert cli.main(["scenes", str(path), "-x", "parked", "--export", "csv,srt", "--preset", "ultrafast"]) == 0
    rows = (tmp_path / "drive.tag").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "drive.mp4, driving, parked"
    label, start, end, *_ = rows[3].split(", ")
    assert (label, int(start) in (6, 7), int(end) in (14, 15)) == ("parked", True, True)
    with av.open(str(tmp_path / "drive.cut.mp4")) as container:
        assert abs(sum(1 for _ in container.decode(video=0)) - 110) <= 20
    out = capsys.readouterr().out
    assert "experimental" in out
    assert (tmp_path / "drive.scenes.csv").is_file()
    assert (tmp_path / "drive.scenes.srt").is_file()
    assert cli.main(["scenes", str(path), "-a"]) == 4  # what stands there is not written over


def test_the_list_alone_and_as_events(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "drive.mp4"
    make_road(path)
    assert cli.main(["scenes", str(path), "-a", "--model", "shots", "--json", "-o", str(tmp_path / "new")]) == 0
    (told,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    edges = [(block["start_s"], block["end_s"]) for block in told["blocks"]]
    assert edges == [(0, 14), (14, 19)]
    assert [entry.name for entry in (tmp_path / "new").iterdir()] == ["drive.tag"]
    assert cli.main(["scenes", str(path), "-a", "--every", "shot", "-o", str(tmp_path / "other")]) == 0


@pytest.mark.parametrize("model", ["motion", "shots"])
@pytest.mark.parametrize("frames", [130, 145])
def test_lists_end_where_the_clip_ends(tmp_path: Path, model: str, frames: int) -> None:
    clip = make(tmp_path / "clip.mp4", frames=frames)
    assert cli.main(["scenes", str(clip.path), "-a", "--model", model, "--export", "csv", "--quiet"]) == 0
    _, lengths, block = (tmp_path / "clip.tag").read_text(encoding="utf-8").splitlines()
    end = f"{frames / 30:.3f}"
    assert lengths.split(", ")[0] == end
    assert block.split(", ")[1:3] == ["0", end]
    assert (tmp_path / "clip.scenes.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[2] == end


def test_a_clip_that_cannot_be_read_does_not_keep_the_others_from_being_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"no clip")
    for name in ("good.mp4", "other.mp4"):
        make(tmp_path / name, frames=30)
    inputs = [str(tmp_path / name) for name in ("good.mp4", "bad.mp4", "other.mp4")]
    assert cli.main(["scenes", *inputs, "-a", "--quiet"]) == 3
    assert "bad.mp4 is not a clip that can be read." in capsys.readouterr().err
    assert {path.name for path in tmp_path.glob("*.tag")} == {"good.tag", "other.tag"}
    # A fault of what is asked is told once.
    assert cli.main(["scenes", *inputs, "-x", "--model", "motion", "--overwrite"]) == 2
    assert capsys.readouterr().err.count("there is no label 'other'.") == 1
    # A clip of which nothing would be left is one of its own.
    for path in tmp_path.glob("*.tag"):
        path.unlink()
    assert cli.main(["scenes", *inputs, "-t", "driving", "--preset", "ultrafast", "--json"]) == 2
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["event"] for one in said if one["event"] != "progress"] == [
        "labelled", "failed", "failed", "labelled", "failed",
    ]  # fmt: skip


def test_a_cut_of_a_clip_that_is_damaged_within_is_told_as_partial(tmp_path: Path) -> None:
    clip = make(tmp_path / "clip.mkv", frames=90, gop=30).path
    data = bytearray(clip.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    clip.write_bytes(data)
    (tmp_path / "clip.tag").write_text("clip.mkv, a\n3, 3\na, 0, 3\n", encoding="utf-8")
    assert cli.main(["clean", str(clip), "-o", str(tmp_path / "whole.mkv"), "--no-faces", "--no-plates"]) == 7
    assert cli.main(["scenes", str(clip), "--cut", str(tmp_path / "clip.tag"), "-t", "a"]) == 7


@pytest.mark.parametrize("word", ["parked", "=drop", "parked=", "parked=erase"])
def test_what_is_no_action_is_told_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str], word: str) -> None:
    clip = make(tmp_path / "clip.mp4", frames=10)
    assert cli.main(["scenes", str(clip.path), "--do", word]) == 2
    assert f"dashcamcleaner: {word!r} is no action for a label." in capsys.readouterr().err


def test_a_threshold_for_one_label(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "drive.mp4"
    make_road(path)
    words = ["scenes", str(path), "-a", "--json", "--overwrite"]
    assert cli.main([*words, "-s", "0.4", "-s", "parked=1"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {block["label"] for block in told["blocks"]} == {"driving"}
    assert cli.main([*words, "-s", "driving=1", "-s", "parked=0.3"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {block["label"] for block in told["blocks"]} == {"parked"}


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["-t", "flying"], 2), (["--every", "0"], 2), (["--export", "xml", "-a"], 2), (["-s", "2"], 2),
        (["-s", "parked=2"], 2), (["-s", "much"], 2), (["-s", "flying=0.7", "-a"], 2), (["-s", "parked="], 2),
        (["-b", "0"], 2), (["--do", "parked=burn"], 2), (["--model", "none.onnx"], 5), (["--cut", "none.tag"], 3),
        (["-w", "x.caffemodel"], 5),
    ],
)  # fmt: skip
def test_wrong_words_are_refused_before_anything_is_written(tmp_path: Path, words: list[str], status: int) -> None:
    path = tmp_path / "drive.mp4"
    make(path, frames=10)
    assert cli.main(["scenes", str(path), *words, "--quiet"]) == status
    assert not list(tmp_path.glob("*.cut.*"))


def test_a_folder_or_a_picture_is_named_as_what_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from PIL import Image

    Image.new("RGB", (64, 48)).save(tmp_path / "a.jpg")
    for path, said in ((tmp_path, "is a folder, not a clip"), (tmp_path / "a.jpg", "is a picture, not a clip")):
        assert cli.main(["scenes", str(path), "-a", "-o", str(tmp_path / "out")]) == 3
        assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists() or not any((tmp_path / "out").iterdir())


def test_dark_stretches_beside_daylight_are_tunnels() -> None:
    day, dark = np.full((90, 160, 3), 140, np.uint8), np.full((90, 160, 3), 15, np.uint8)
    meter = LightMeter()
    tunnel = LightMeter.settle(np.stack([meter.score(p) for p in [day] * 5 + [dark] * 6 + [day] * 5]))
    assert tunnel.argmax(axis=1).tolist() == [0] * 5 + [2] * 6 + [0] * 5
    night = LightMeter.settle(np.stack([meter.score(dark)] * 8))
    assert set(night.argmax(axis=1)) == {1}


@pytest.mark.parametrize("step", [Fraction(10), Fraction(1), Fraction(1, 5), Fraction(1, 25)])
def test_tunnels_are_told_by_seconds_whatever_the_step(step: Fraction) -> None:
    """Two seconds of dusk lie between day and dark: a tunnel; a minute of it is the evening."""
    day, dusk, dark = (np.full((90, 160, 3), level, np.uint8) for level in (140, 80, 15))
    meter = LightMeter()
    for dusk_s, label in ((0, 2), (2, 2), (60, 1)):
        pictures = [day] * int(20 / step) + [dusk] * int(dusk_s / step) + [dark] * int(20 / step)
        scores = LightMeter.settle(np.stack([meter.score(one) for one in pictures]), step_s=step)
        assert scores[-1].argmax() == label, dusk_s


def drive(step: Fraction, *, seconds: int, px_a_second: float) -> list[np.ndarray]:
    """A textured view that passes by so quickly."""
    texture = np.random.default_rng(3).integers(0, 255, (23, 200), np.uint8)
    wide = cv2.resize(texture, (1600, 180), interpolation=cv2.INTER_CUBIC)
    places = [round(number * float(step) * px_a_second) for number in range(int(seconds / step))]
    return [np.repeat(wide[:, at : at + 320, None], 3, axis=2) for at in places]


@pytest.mark.parametrize("step", [Fraction(2), Fraction(1), Fraction(1, 3), Fraction(1, 30), Fraction(1, 120)])
def test_a_slow_drive_is_no_parking_however_close_the_pictures_are(step: Fraction) -> None:
    for speed, label in ((8, "driving"), (0, "parked")):
        meter = MotionMeter(step)
        pictures = drive(step, seconds=6, px_a_second=speed)
        scores = MotionMeter.settle(np.stack([meter.score(one.copy()) for one in pictures]))
        assert {MOTION_LABELS[place] for place in scores.argmax(axis=1)} == {label}, speed


@pytest.mark.parametrize("gap", [2, 3, 7])
def test_between_key_frames_nothing_is_known_to_stand_still(gap: int) -> None:
    meter = MotionMeter(Fraction(1, 2))
    keys = drive(Fraction(gap, 2), seconds=20, px_a_second=8)
    scores = MotionMeter.settle(np.stack([meter.score(one) for one in keys for _ in range(gap)]))
    assert {MOTION_LABELS[place] for place in scores.argmax(axis=1)} == {"driving"}


def test_an_ultralytics_classifier_is_trusted_once(tmp_path: Path) -> None:
    if importlib.util.find_spec("ultralytics") is None:  # imported as such it would patch Pillow for all tests
        pytest.skip("the extra [gpu] is not installed")
    pytest.importorskip("torch", reason="the extra [gpu] is not installed")
    from dashcamcleaner.detection.torch import import_torch, import_ultralytics

    torch, _ = import_torch(), import_ultralytics()
    from ultralytics.nn.tasks import ClassificationModel

    model = ClassificationModel("yolov8n-cls.yaml", nc=3, verbose=False)
    model.names = {0: "road", 1: "rain", 2: "snow"}
    model.args = {"imgsz": 64}
    path = tmp_path / "own-cls.pt"
    torch.save({"model": model, "train_args": {}}, path)
    pictures = [np.random.default_rng(seed).integers(0, 256, (90, 160, 3), dtype=np.uint8) for seed in range(2)]
    with ModelPool() as models:
        with pytest.raises(WeightsUntrusted):
            models.classifier(str(path))
        found = models.classifier(str(path), trust_weights=True)
        scores = found.classify(pictures)
        assert models.classifier(str(path)).labels == ("road", "rain", "snow")  # asked once
    assert scores.shape == (2, 3)
    assert scores.sum(axis=1) == pytest.approx([1, 1], abs=1e-4)
