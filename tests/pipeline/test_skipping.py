"""A source that skips frames: which it looks at, in what order it gives them, and how it goes on after a kill."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from fakes import ColourDetector, ScriptedDetector, frame_of_planes

from dashcamcleaner.core.boxes import Detections
from dashcamcleaner.core.frame import Frame, Orientation, PixelLayout
from dashcamcleaner.core.plan import FramePlan, Observation, PlanHeader
from dashcamcleaner.detection.tiling import FrameDetector
from dashcamcleaner.errors import PlanError
from dashcamcleaner.pipeline.build import detection_schedule
from dashcamcleaner.pipeline.context import live_source
from dashcamcleaner.pipeline.observations import LiveObservationSource
from dashcamcleaner.pipeline.seen_log import SeenLog
from dashcamcleaner.pipeline.skipping import SkippingObservationSource
from dashcamcleaner.settings import Settings

SIZE = (320, 180)
FACE = (255, 0, 255)
TIME_BASE = Fraction(1, 30)
HEADER = PlanHeader("clip.mp4", "1-ab", SIZE, TIME_BASE, seeing={})
RNG = np.random.default_rng(5)
GROUND = RNG.integers(60, 200, (SIZE[1] // 5, SIZE[0] // 5, 1), np.uint8).repeat(5, 0).repeat(5, 1).repeat(3, 2)
OTHER = RNG.integers(60, 200, (SIZE[1] // 5, SIZE[0] // 5, 1), np.uint8).repeat(5, 0).repeat(5, 1).repeat(3, 2)


class Asked(ColourDetector):
    """Notes which pictures it was shown: each carries its frame's number in a corner."""

    def __init__(self, *, parallel: int = 1) -> None:
        super().__init__({"face": FACE}, input_size=SIZE)
        self.parallel = parallel
        self.shown: list[int] = []

    def detect(self, pictures: Sequence[np.ndarray]) -> list[Detections]:
        self.shown += [int(picture[0, 0, 0]) for picture in pictures]
        return super().detect(pictures)


def frames(count: int = 30, *, face_from: int = 1000, cut_at: int = 1000) -> list[Frame]:
    """A still scene, with a face from one frame on, and another scene from one frame on."""
    made = []
    for index in range(count):
        picture = (OTHER if index >= cut_at else GROUND).copy()
        if index >= face_from:
            picture[60:100, 100:130] = FACE
        picture[0, 0] = index
        made.append(
            frame_of_planes(
                [picture[..., 1].copy()],
                PixelLayout("gray", chroma_shift=(0, 0)),
                index=index,
                scale=lambda _, picture=picture: picture,
            )
        )
    return made


def source(detector: Asked, every: str, *, batch: int = 1, log: SeenLog | None = None):
    settings = Settings(detect_every=every, batch=batch)
    return live_source(settings, FrameDetector(detector, upright_size=SIZE), log=log)


def seen_by(detector: Asked, every: str, shown: Sequence[Frame], **more) -> list[Observation]:
    return [seen for _, seen in source(detector, every, **more).see(shown)]


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("parallel", [1, 3])
def test_every_frame_comes_out_in_order_and_the_detector_sees_every_kth(parallel: int, batch: int) -> None:
    detector = Asked(parallel=parallel)
    found = seen_by(detector, "4", frames(30, face_from=0), batch=batch)
    assert [seen.index for seen in found] == list(range(30))
    assert sorted(detector.shown) == [*range(0, 30, 4), 29]
    for seen in found:
        assert seen.skipped == (seen.index not in detector.shown)
        assert len(seen.detections) == (0 if seen.skipped else 1)
        assert (seen.motion is None) == (seen.index == 0)


def test_auto_looks_back_at_the_frames_before_something_appears() -> None:
    still, detector = Asked(), Asked()
    seen_by(still, "auto", frames(30))
    assert len(still.shown) < 12
    found = seen_by(detector, "auto", frames(30, face_from=14))
    assert [seen.index for seen in found] == list(range(30))
    assert {12, 13, 14, 16} <= set(detector.shown)
    assert 15 not in detector.shown  # the face was there before and after
    assert next(seen.index for seen in found if len(seen.detections)) == 14
    assert len(detector.shown) < 18


@pytest.mark.parametrize("appears", range(13, 17))
def test_auto_finds_the_very_frame_in_which_something_appears(appears: int) -> None:
    detector = Asked()
    found = seen_by(detector, "auto", frames(30, face_from=appears))
    assert [len(seen.detections) for seen in found if not seen.skipped and 12 <= seen.index <= 16] == [
        int(seen.index >= appears) for seen in found if not seen.skipped and 12 <= seen.index <= 16
    ]
    assert {appears - 1, appears} <= set(detector.shown)
    # Two looks that follow each other tell of the same, or no frame lies between them.
    looks = [seen for seen in found if not seen.skipped]
    for one, other in pairwise(looks):
        assert len(one.detections) == len(other.detections) or other.index == one.index + 1
    still = Asked()
    seen_by(still, "auto", frames(30))
    assert len(detector.shown) <= len(still.shown) + 2


def test_a_cut_is_looked_at_on_both_sides() -> None:
    detector = Asked()
    found = seen_by(detector, "5", frames(30, cut_at=13))
    assert found[13].motion is not None
    assert found[13].motion.cut
    assert {12, 13} <= set(detector.shown)


@pytest.mark.parametrize("every", ["3", "auto"])
def test_the_machine_does_not_decide_which_frames_are_looked_at(every: str) -> None:
    def skipped(**more: int) -> list[bool]:
        detector = Asked(parallel=more.get("parallel", 1))
        found = seen_by(detector, every, frames(40, face_from=17), batch=more.get("batch", 1))
        return [seen.skipped for seen in found]

    assert skipped() == skipped(parallel=5) == skipped(batch=8) == skipped(parallel=3, batch=2)


@pytest.mark.parametrize("killed_after", [1, 6, 7, 15, 16, 17, 18, 39])
@pytest.mark.parametrize("every", ["3", "auto"])
def test_a_resumed_run_looks_at_the_same_frames(tmp_path: Path, every: str, killed_after: int) -> None:
    whole = [FramePlan(seen).to_line() for seen in seen_by(Asked(), every, frames(40, face_from=17))]
    log = SeenLog(tmp_path / "seen.jsonl", header=HEADER)
    going = source(Asked(), every, log=log).see(frames(40, face_from=17))
    for _ in range(killed_after + 1):
        next(going)
    going.close()
    log.close()
    log = SeenLog(tmp_path / "seen.jsonl", header=HEADER)
    assert log.stored_frames == killed_after
    detector = Asked()
    again = seen_by(detector, every, frames(40, face_from=17), log=log)
    assert [FramePlan(seen).to_line() for seen in again] == whole
    assert all(index >= killed_after for index in detector.shown)
    log.remove()


def test_no_frames_are_no_fault_and_a_short_clip_is_looked_at_whole() -> None:
    assert seen_by(Asked(), "auto", []) == []
    detector = Asked()
    assert len(seen_by(detector, "5", frames(2))) == 2
    assert detector.shown == [0, 1]


def test_turned_deep_and_rgb_frames_have_a_brightness_or_none() -> None:
    plane = np.arange(12, dtype=np.uint8).reshape(3, 4)
    turned = frame_of_planes([plane], PixelLayout("gray"), orientation=Orientation(quarter_turns=1)).luma()
    assert turned is not None
    assert turned.shape == (4, 3)
    deep = frame_of_planes([plane.astype(np.uint16) << 2], PixelLayout("gray10le", depth=10)).luma()
    assert deep is not None
    assert (deep == plane[::2, ::2]).all()
    assert frame_of_planes([plane] * 3, PixelLayout("gbrp", rgb=True)).luma() is None


@pytest.mark.parametrize(
    ("settings", "every_frame"),
    [
        (Settings(), True),
        (Settings(detect_every="auto"), False),
        (Settings(profile="fast"), False),
        (Settings(detect_every="3"), False),
        (Settings(detect_every="3", thorough=True), True),
        (Settings(detect_every="3", tracking=False), True),
        (Settings(profile="maximum", detect_every="auto"), True),
    ],
)
def test_a_thorough_run_and_one_without_tracks_look_at_every_frame(settings: Settings, every_frame: bool) -> None:
    assert (detection_schedule(settings, upright_size=SIZE) is None) == every_frame
    made = live_source(settings, FrameDetector(ScriptedDetector({}), upright_size=SIZE), log=None)
    assert isinstance(made, LiveObservationSource if every_frame else SkippingObservationSource)


def test_a_plan_line_keeps_what_was_skipped_and_refuses_detections_there() -> None:
    (seen,) = [one for one in seen_by(Asked(), "5", frames(8)) if one.index == 1]
    line = FramePlan(seen).to_line()
    assert FramePlan.from_line(line, time_base=TIME_BASE).seen.skipped
    forged = line.replace('"d":[]', '"d":[[1,2,30,40,0.9,"face"]]')
    with pytest.raises(PlanError, match="skipped"):
        FramePlan.from_line(forged, time_base=TIME_BASE)
