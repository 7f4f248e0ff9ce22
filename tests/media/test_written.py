"""What stands under the output's name is compared with what was put into it."""

from __future__ import annotations

from pathlib import Path

import av
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


def test_a_last_picture_that_stands_for_long_counts_where_another_is_decoded_last(tmp_path: Path) -> None:
    """As where the rest of a damaged clip cannot be decoded: MP4 adds its time to the packet that is decoded last."""
    source, cut = make(tmp_path / "in.mp4", frames=24, b_frames=2, gop=24).path, tmp_path / "out.mp4"
    with av.open(str(source)) as opened, av.open(str(cut), "w") as output:
        stream = output.add_stream_from_template(opened.streams.video[0])
        packets = [packet for packet in opened.demux(opened.streams.video[0]) if packet.dts is not None]
        times = [packet.pts for packet in packets]
        ends = next(n for n in range(12, 24) if times[n] != max(times[: n + 1]) == 512 * n)
        for packet in packets[: ends + 1]:
            packet.stream = stream
            packet.duration = 512 if packet is not packets[ends] else 512 * 50
            output.mux(packet)
    lasts = float(512 * (ends + 1 + 49) / 15360)
    step = 1 / 30
    check_clip(cut, WrittenClip("mp4", pictures=ends + 1, duration_s=lasts, step_s=step), final=cut)
    with pytest.raises(OutputError, match="it lasts"):
        check_clip(cut, WrittenClip("mp4", pictures=ends + 1, duration_s=lasts + 1, step_s=step), final=cut)
