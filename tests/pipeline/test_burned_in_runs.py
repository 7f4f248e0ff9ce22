"""Runs over a drawn clip with burned-in text: told, covered over the whole clip, and written into plan and report."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from dashcamcleaner.core.burned_in import BurnedIn
from dashcamcleaner.core.events import Failed, Finished, Warned
from dashcamcleaner.core.summary import RunSummary
from dashcamcleaner.detection.ocr import Reading
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import DetectorFailed, ExtraMissing
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.media.decoder import open_clip
from dashcamcleaner.media.probe import probe
from dashcamcleaner.pipeline.burned_in import BurnedInText, _pictures, _SampledPictures
from dashcamcleaner.pipeline.edits_file import EditsFile
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import plan_path, read_header
from dashcamcleaner.settings import resolve
from tests import fakes

SIZE = (640, 360)
RATE, SECONDS = 8, 6
POSITION, CLOCK = (12, 334), (420, 30)
"""Where the text stands: its base lines."""
POSITION_BOX, CLOCK_BOX = (10, 314, 330, 342), (418, 10, 606, 38)
FAST = {"quality": 12, "preset": "ultrafast"}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scene that moves, a position that changes each second, a clock, and a sign that passes."""
    path = tmp_path_factory.mktemp("drawn") / "drive.mp4"
    rng = np.random.default_rng(11)
    scene = cv2.resize(rng.integers(60, 150, (30, 400, 3), dtype=np.uint8), (4800, 360), interpolation=cv2.INTER_CUBIC)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=RATE, options={"crf": "12", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(RATE * SECONDS):
            second = number // RATE
            picture = scene[:, 24 * number : 24 * number + SIZE[0]].copy()
            write(picture, f"N48.{13710 + 7 * second} E11.{57540 + 9 * second}", POSITION)
            write(picture, f"14:05:{second:02d}", CLOCK)
            write(picture, "EXIT", (600 - 11 * number, 200))
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode(None))
    return path


def write(picture: np.ndarray, text: str, place: tuple[int, int]) -> None:
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2, cv2.LINE_AA)


class DrawnReader:
    """Finds what was drawn, a pixel off now and then, and reads it; counts its pictures."""

    description = "knows the drawn clip"

    def __init__(self) -> None:
        self.pictures = 0

    def find(self, picture: np.ndarray) -> list[tuple[float, float, float, float]]:
        number, self.pictures = self.pictures, self.pictures + 1
        passing = (600.0 - 90 * number, 180.0, 670.0 - 90 * number, 204.0)
        off = number % 2
        return [
            tuple(float(v) for v in box) for box in ((12, 316, 325 + 3 * off, 340), (420, 12 + off, 604, 34), passing)
        ]  # type: ignore[misc]

    def read(self, crops: Sequence[np.ndarray]) -> list[Reading]:
        return [
            Reading("N4813710E1157540", 0.9, "N48.13710 E11.57540")
            if crop.shape[1] > 250
            else Reading("140503", 0.9, "14:05:03")
            for crop in crops
        ]

    def close(self) -> None:
        pass


def run(source: Path, output: Path, *, models: ModelPool | None = None, **said: Any) -> tuple[RunSummary, list[Warned]]:
    reader = DrawnReader()
    models = models or fakes.pool(fakes.ScriptedDetector({}), text_reader=lambda: reader)
    job = Job(source, output, resolve({}, {**FAST, **{k: v for k, v in said.items() if k == "hide_overlay"}}))
    job = dataclasses.replace(job, **{name: v for name, v in said.items() if name != "hide_overlay"})
    events = list(clean(job, models=models))
    if isinstance(events[-1], Failed):
        raise events[-1].error
    assert isinstance(events[-1], Finished)
    return events[-1].summary, [event for event in events if isinstance(event, Warned)]


def told(warned: list[Warned]) -> str:
    return " ".join(one.message for one in warned)


def whites(clip: Path, box: tuple[int, int, int, int]) -> list[int]:
    """In each frame the number of pixels in a box that are as bright as letters."""
    x1, y1, x2, y2 = box
    with open_clip(clip, info=probe(clip)) as decoder:
        return [int((frame.picture(SIZE)[y1:y2, x1:x2].min(axis=2) > 220).sum()) for frame in decoder]


@pytest.mark.parametrize(
    ("wanted", "holds", "flags"),
    [
        ("none", [("text",), ("time",)], "--hide-overlay all."),
        ("none", [("position",), ("text",)], "--hide-overlay position, or all."),
        ("position", [("position",), ("time",)], "--hide-overlay all."),
    ],
)
def test_the_hint_names_a_flag_that_hides_it(wanted: str, holds: list[tuple[str, ...]], flags: str) -> None:
    found = tuple(BurnedIn((10.0, 10.0, 90.0, 20.0), held, sure=True) for held in holds)
    *_, (sentence, hint) = BurnedInText(found, wanted, (320, 180)).sentences()
    assert "stays visible" in sentence
    assert hint == f"Hide it with {flags}"


def test_without_the_flag_it_is_told_and_nothing_is_covered(drawn: Path, tmp_path: Path) -> None:
    summary, warned = run(drawn, tmp_path / "out.mp4")
    (one,) = [one for one in warned if "Burned-in" in one.message]
    assert one.message == (
        "Burned-in text stays visible: time in the picture, upper right; position in the picture, lower left."
    )
    assert one.hint == "Hide it with --hide-overlay position, or all."
    assert one.message in summary.warnings
    assert min(whites(tmp_path / "out.mp4", POSITION_BOX)) > 300
    assert [row["hidden"] for row in summary.burned_in] == [False, False]
    assert not EditsFile.beside(plan_path(tmp_path / "out.mp4")).path.exists()


@pytest.mark.parametrize(("asked", "clock_too"), [("position", False), ("all", True)])
def test_it_is_covered_in_every_frame(drawn: Path, tmp_path: Path, asked: str, clock_too: bool) -> None:
    output = tmp_path / "out.mp4"
    summary, warned = run(drawn, output, hide_overlay=asked)
    assert "Burned-in text is hidden over the whole clip: " in told(warned)
    assert "position in the picture, lower left" in told(warned)
    assert max(whites(output, POSITION_BOX)) == 0
    clock = whites(output, CLOCK_BOX)
    assert max(clock) == 0 if clock_too else min(clock) > 150
    # In the report, in the plan's header and frames, and as typed edits for later renderings.
    report = json.loads(Path(str(summary.report)).read_text(encoding="utf-8"))
    assert [row["holds"] for row in report["burned_in"] if row["hidden"]] == (
        [["time"], ["position"]] if clock_too else [["position"]]
    )
    assert any(line.startswith("area hidden throughout") for line in report["edits"])
    found = read_header(plan_path(output)).burned_in
    assert found is not None
    assert [one.holds for one in found] == [("time",), ("position",)]
    zones = EditsFile.beside(plan_path(output)).read().hidden_zones
    assert len(zones) == (2 if clock_too else 1)
    assert ("Burned-in text stays visible: time" in told(warned)) is not clock_too


def test_a_later_rendering_covers_the_same_without_looking_again(drawn: Path, tmp_path: Path) -> None:
    run(drawn, tmp_path / "first.mp4", hide_overlay="position")

    def absent() -> Any:
        raise ExtraMissing("not there.")

    blind = fakes.pool(fakes.ScriptedDetector({}), text_reader=absent)
    plan = plan_path(tmp_path / "first.mp4")
    run(drawn, tmp_path / "again.mp4", models=blind, from_plan=plan)
    assert max(whites(tmp_path / "again.mp4", POSITION_BOX)) == 0
    assert min(whites(tmp_path / "again.mp4", CLOCK_BOX)) > 150
    run(drawn, tmp_path / "more.mp4", models=blind, from_plan=plan, hide_overlay="all")
    assert max(whites(tmp_path / "more.mp4", CLOCK_BOX)) == 0


def test_few_pictures_are_looked_at(drawn: Path, tmp_path: Path) -> None:
    reader = DrawnReader()
    models = fakes.pool(fakes.ScriptedDetector({}), text_reader=lambda: reader)
    run(drawn, tmp_path / "out.mp4", models=models, hide_overlay="all")
    assert reader.pictures == 6


def test_unasked_the_finder_is_opened_only_where_something_stands(tmp_path: Path) -> None:
    def never() -> Any:
        raise AssertionError("nothing stands in this clip")

    moving = clip_of(tmp_path / "moving.mp4", text="")
    summary, warned = run(
        moving, tmp_path / "out.mp4", models=fakes.pool(fakes.ScriptedDetector({}), text_reader=never)
    )
    assert "Burned-in" not in told(warned)
    assert summary.burned_in == []
    assert read_header(plan_path(tmp_path / "out.mp4")).burned_in == ()
    reader = DrawnReader()
    models = fakes.pool(fakes.ScriptedDetector({}), text_reader=lambda: reader)
    run(clip_of(tmp_path / "written.mp4", text="14:05"), tmp_path / "out2.mp4", models=models)
    assert reader.pictures == 6
    # Asked, the finder is asked.
    reader.pictures = 0
    run(moving, tmp_path / "out3.mp4", models=models, hide_overlay="all")
    assert reader.pictures == 6


@pytest.mark.parametrize(("gop", "keys"), [(8, True), (7, True), (12, False), (1000, False)])
def test_key_frames_are_looked_at_where_they_are_spread_well_enough(tmp_path: Path, gop: int, keys: bool) -> None:
    clip = clip_of(tmp_path / "keys.mp4", text="", gop=gop)
    frames = [(frame.native.key_frame, float(frame.time.exact())) for frame in _pictures(clip, probe(clip))]
    assert len(frames) == 6
    assert all(key for key, _ in frames) is keys
    times = [at for _, at in frames]
    assert times == sorted(times)
    assert np.diff(times).min() > 0.5


def test_pictures_that_are_gone_through_again_are_the_same(drawn: Path) -> None:
    looked: list[None] = []
    pictures = _SampledPictures(drawn, info=probe(drawn), look=lambda: looked.append(None))
    first, again = list(pictures), list(pictures)
    assert len(looked) == 2 * len(first) == 12
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))


def clip_of(path: Path, *, text: str, gop: int = 1000) -> Path:
    """A scene that moves, with a text or without."""
    rng = np.random.default_rng(5)
    scene = cv2.resize(rng.integers(60, 150, (30, 400, 3), dtype=np.uint8), (4800, 360), interpolation=cv2.INTER_CUBIC)
    options = {"crf": "12", "preset": "ultrafast", "g": str(gop), "sc_threshold": "0"}
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(RATE * SECONDS):
            picture = scene[:, 24 * number : 24 * number + SIZE[0]].copy()
            write(picture, text, CLOCK)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode(None))
    return path


def test_where_the_extra_is_absent_one_sentence_comes_before_anything_is_written(drawn: Path, tmp_path: Path) -> None:
    def absent() -> Any:
        raise ExtraMissing("the text reader is not installed.", hint='Install it: pip install "dashcamcleaner[audit]"')

    models = fakes.pool(fakes.ScriptedDetector({}), text_reader=absent)
    with pytest.raises(ExtraMissing, match=r"^Burned-in text cannot be found: its extra is not installed\.$") as caught:
        run(drawn, tmp_path / "out.mp4", models=models, hide_overlay="all")
    assert "dashcamcleaner[audit]" in caught.value.hint
    assert not list(tmp_path.iterdir())
    _, warned = run(drawn, tmp_path / "out.mp4", models=models)  # unasked nothing is told of it
    assert "Burned-in" not in told(warned)


def test_a_finder_that_fails_stops_a_run_that_is_to_hide_and_no_other(drawn: Path, tmp_path: Path) -> None:
    class Failing(DrawnReader):
        def find(self, picture: np.ndarray) -> list[tuple[float, float, float, float]]:
            raise DetectorFailed("the text finder failed.")

    models = fakes.pool(fakes.ScriptedDetector({}), text_reader=Failing)
    with pytest.raises(DetectorFailed):
        run(drawn, tmp_path / "out.mp4", models=models, hide_overlay="position")
    _, warned = run(drawn, tmp_path / "out.mp4", models=models)
    assert "Burned-in text could not be looked for: the text finder failed." in told(warned)


def test_where_there_is_none_a_run_that_is_to_hide_says_so(drawn: Path, tmp_path: Path) -> None:
    models = fakes.pool(fakes.ScriptedDetector({}))  # reads nothing
    summary, warned = run(drawn, tmp_path / "out.mp4", models=models, hide_overlay="position")
    assert "No burned-in position was found" in told(warned)
    assert summary.burned_in == []
    assert read_header(plan_path(tmp_path / "out.mp4")).burned_in == ()


@pytest.mark.skipif(importlib.util.find_spec("rapidocr") is None, reason="rapidocr is not installed (extra [audit])")
def test_the_real_finder_sees_the_clock_and_the_position(drawn: Path, tmp_path: Path) -> None:
    from dashcamcleaner.detection.ocr import open_reader

    reader = open_reader()
    try:
        models = fakes.pool(fakes.ScriptedDetector({}), text_reader=lambda: reader)
        summary, _ = run(drawn, tmp_path / "out.mp4", models=models, hide_overlay="all")
    finally:
        reader.close()
    assert [(row["holds"], row["place"], row["sure"]) for row in summary.burned_in] == [
        (["time"], "upper right", True),
        (["position"], "lower left", True),
    ]
    assert max(whites(tmp_path / "out.mp4", POSITION_BOX) + whites(tmp_path / "out.mp4", CLOCK_BOX)) == 0
