"""Comments that a codec keeps in front of its sound: they go the way of all other tags."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from dashcamcleaner.core.events import Finished
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.media.sound_header import plain_sound_header, three_headers
from dashcamcleaner.pipeline.job import Job
from tests import fakes

_SECRET = b"SECRET"


def _headers(comment: bytes) -> tuple[bytes, bytes, bytes]:
    told = b"\x03vorbis" + len(comment).to_bytes(4, "little") + comment + bytes(4) + b"\x01"
    return b"\x01vorbis" + bytes(23), told, b"\x05vorbis" + bytes(300)


def test_both_forms_lose_their_comments_and_nothing_else() -> None:
    first, comments, setup = _headers(_SECRET * 100)
    lengths = b"".join(len(part).to_bytes(2, "big") + part for part in (first, comments, setup))
    size = len(comments)
    laced = bytes([2, len(first)]) + b"\xff" * (size // 255) + bytes([size % 255]) + first + comments + setup
    plain = plain_sound_header("vorbis", laced)
    assert plain == plain_sound_header("vorbis", lengths) == plain_sound_header("vorbis", plain)
    assert _SECRET not in plain
    assert plain.startswith(b"\x02")
    assert first in plain
    assert plain.endswith(setup)


@pytest.mark.parametrize("header", [b"", b"\x02", b"\x02\xff", b"\x02\x01\x01", b"\x00\x1e\x01vorbis", bytes(9)])
def test_what_is_no_such_header_stays(header: bytes) -> None:
    assert plain_sound_header("vorbis", header) == header


def test_of_other_codecs_nothing_changes() -> None:
    assert plain_sound_header("aac", b"\x12\x10") == b"\x12\x10"


@pytest.mark.parametrize("suffix", [".mkv", ".webm", ".mp4"])
def test_no_comment_of_the_sound_reaches_the_output(tmp_path: Path, suffix: str) -> None:
    source, output = tmp_path / "in.mkv", tmp_path / f"out{suffix}"
    _make(source)
    assert isinstance(list(clean(Job(source, output), models=fakes.pool(fakes.ScriptedDetector({}))))[-1], Finished)
    assert _SECRET in source.read_bytes()
    assert _SECRET not in output.read_bytes()
    assert _heard(source)[:10] == _heard(output)[:10]  # MP4 cuts the last packet to its length


def _heard(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray().tobytes() for frame in container.decode(audio=0)]


def _make(path: Path) -> None:
    """A clip whose sound has a comment in its header."""
    plain = path.with_suffix(".plain.mkv")
    with av.open(str(plain), "w") as container:
        video = container.add_stream("libx264", rate=30)
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        sound = container.add_stream("vorbis", rate=48_000, options={"strict": "experimental"})
        sound.codec_context.layout = "stereo"
        for _ in range(8):
            container.mux(video.encode(av.VideoFrame.from_ndarray(np.zeros((180, 320, 3), np.uint8))))
        heard = av.AudioFrame.from_ndarray(np.random.default_rng(1).random((2, 12_800), np.float32), "fltp", "stereo")
        heard.rate = 48_000
        for stream, frame in ((sound, heard), (sound, None), (video, None)):
            container.mux(stream.encode(frame))
    with av.open(str(plain)) as source, av.open(str(path), "w") as container:
        targets = {stream.index: container.add_stream_from_template(stream) for stream in source.streams}
        context = targets[source.streams.audio[0].index].codec_context
        first, _, setup = three_headers(bytes(context.extradata))
        comments = _headers(_SECRET * 50)[1]
        context.extradata = b"".join(len(part).to_bytes(2, "big") + part for part in (first, comments, setup))
        for packet in source.demux():
            if packet.size:
                packet.stream = targets[packet.stream_index]
                container.mux(packet)
