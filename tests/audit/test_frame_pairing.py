"""What became of a clip's frames, told in order: lost, added, exchanged, damaged."""

from __future__ import annotations

import numpy as np

from dashcamcleaner.audit.frame_pairing import PairingLog
from dashcamcleaner.core.frame import Frame
from tests.fakes import frame_of


def frame(index: int, *, damaged: bool = False) -> Frame:
    made = frame_of(np.zeros((8, 8, 3), np.uint8), index=index)
    made.damaged = damaged
    return made


def test_where_all_frames_are_there_nothing_is_found() -> None:
    log = PairingLog()
    for index in range(5):
        log.paired(frame(index))
    assert list(log.findings(unplanned=0)) == []
    assert log.check().description == "nothing wrong in 5 frames"


def test_every_fault_is_told_with_its_span() -> None:
    log = PairingLog()
    log.lost(frame(3))
    log.lost(frame(4))
    log.added(frame(9))
    log.paired(frame(5, damaged=True))
    for index in (6, 7, 20):
        log.paired(frame(index))
        log.exchanged(frame(index), by=-1)
    found = list(log.findings(unplanned=2))
    spans = [(one.code, one.first_frame, one.last_frame) for one in found]
    assert spans == [
        ("frame-lost", 3, 4), ("frame-added", 9, 9), ("other-frame", 6, 7), ("other-frame", 20, 20),
        ("damaged", -1, -1), ("no-plan", -1, -1),
    ]  # fmt: skip
    assert found[0].message.startswith("2 frames")
    assert "frame before" in found[2].message
    assert (log.check().found, log.check().looked_at) == (6, 7)
