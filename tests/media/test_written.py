"""What stands under the output's name is compared with what was put into it."""

from __future__ import annotations

from pathlib import Path

import pytest
from clips import make

from dashcamcleaner.errors import OutputError
from dashcamcleaner.media.written import WrittenClip, check_clip


@pytest.mark.parametrize("b_frames", [0, 2])
def test_a_picture_that_stands_for_an_hour_lasts_an_hour(tmp_path: Path, b_frames: int) -> None:
    """In MP4 a packet lasts until the next is decoded: one before the hour may be of a picture behind it."""
    step, hour = 512, 3600 * 15360
    pts = [n * step + (hour if n > 11 else 0) for n in range(24)]
    clip = make(tmp_path / "in.mp4", pts=pts, frames=24, b_frames=b_frames).path
    lasts = WrittenClip(muxer="mp4", pictures=24, duration_s=3600 + 24 / 30, step_s=1 / 30)
    check_clip(clip, lasts, final=clip)
    with pytest.raises(OutputError, match="it lasts 3600"):
        check_clip(clip, WrittenClip(muxer="mp4", pictures=24, duration_s=10, step_s=1 / 30), final=clip)
