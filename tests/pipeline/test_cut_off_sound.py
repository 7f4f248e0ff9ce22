"""A recording that was cut off within its sound: all pictures are there, and it is no whole clip."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import pytest

from dashcamcleaner.cli import main
from tests import clips, fakes


def in_fragments(source: Path, target: Path) -> bytes:
    """The same packets as fragments, in each of which the sound comes last."""
    flags = "frag_keyframe+empty_moov+default_base_moof"
    with av.open(str(source)) as old, av.open(str(target), "w", options={"movflags": flags}) as new:
        streams = {one.index: new.add_stream_from_template(one) for one in old.streams}
        for packet in old.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                new.mux(packet)
    return target.read_bytes()


def end_of_media(data: bytes) -> int:
    at = end = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        at += size
        end = at if kind == b"mdat" else end
    return end


@pytest.mark.parametrize("missing", [0, 5])
def test_sound_that_is_cut_off_makes_a_partial_clip(
    tmp_path: Path, missing: int, capsys: pytest.CaptureFixture[str]
) -> None:
    made = clips.make(tmp_path / "made.mp4", frames=10, sounds=(clips.Sound(),))
    source = tmp_path / "in.mp4"
    data = in_fragments(made.path, source)
    source.write_bytes(data[: end_of_media(data) - missing])
    models = fakes.pool(fakes.ScriptedDetector({}))
    status = main(["clean", str(source), "-o", str(tmp_path / "out.mp4")], models=models)
    told = capsys.readouterr()
    assert "10 frames" in told.out
    assert ("end early: the file is shorter than its header says" in told.err) == bool(missing)
    assert status == (7 if missing else 0)
    assert ("partial:" in told.out) == bool(missing)
