"""Clips of a few bytes whose index counts millions of samples: refused before a list of them takes gigabytes."""

from __future__ import annotations

import resource
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dashcamcleaner.errors import InputError
from dashcamcleaner.media.mp4_boxes import boxes_of
from dashcamcleaner.media.probe import probe
from tests import clips

_HOLDERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}
_COUNT = (1 << 27) - 8


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


def _changed(data: bytes, change: Callable[[bytes, bytes], bytes]) -> bytes:
    return b"".join(
        _box(name, _changed(body, change) if name in _HOLDERS else change(name, body)) for name, body in boxes_of(data)
    )


def _in_tables(path: Path, *, count: int) -> None:
    """All samples of a byte, in one chunk."""

    def change(name: bytes, body: bytes) -> bytes:
        if name == b"stsz":
            return struct.pack(">III", 0, 1, count)
        if name == b"stsc":
            return struct.pack(">IIIII", 0, 1, 1, count, 1)
        if name == b"stco":
            return struct.pack(">II", 0, 1) + body[8:12]
        if name == b"stts":
            return struct.pack(">IIII", 0, 1, count, 1)
        return body

    path.write_bytes(_changed(path.read_bytes(), change))


def _in_a_fragment(path: Path, *, count: int) -> None:
    def number(*values: int) -> bytes:
        return struct.pack(f">{len(values)}I", *values)

    header = _box(b"tfhd", number(0x020038, 1, 512, 1, 0x1010000))
    run = _box(b"traf", header + _box(b"tfdt", number(0, 1_000_000)) + _box(b"trun", number(0, count)))
    path.write_bytes(path.read_bytes() + _box(b"moof", _box(b"mfhd", number(0, 2)) + run) + _box(b"mdat", bytes(64)))


@pytest.mark.parametrize("plant", [_in_tables, _in_a_fragment])
@pytest.mark.parametrize("count", [3_000_000, _COUNT])
def test_an_index_that_counts_more_than_the_file_holds_is_refused(
    tmp_path: Path, plant: Callable[..., None], count: int
) -> None:
    clip = clips.make(tmp_path / "a.mp4", frames=4).path
    plant(clip, count=count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError):
        probe(clip)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < before + (64 << 10)


def test_sound_that_is_listed_by_the_chunk_is_none(tmp_path: Path) -> None:
    clip = clips.make(tmp_path / "a.mov", frames=4, sounds=(clips.Sound(codec="pcm_s16le", seconds=60),)).path
    assert any(stream.type == "audio" for stream in probe(clip).streams)


@pytest.mark.skipif(sys.platform != "linux", reason="the library shows its calls there")
def test_no_piece_of_ffmpegs_memory_is_larger_than_the_bound() -> None:
    words = "import ctypes, av._core; from dashcamcleaner.media import packets; lib = ctypes.CDLL(av._core.__file__); "
    words += "lib.av_malloc.restype = ctypes.c_void_p; lib.av_malloc.argtypes = [ctypes.c_size_t]; "
    words += "print(lib.av_malloc(packets._MOST_AT_ONCE + 1), bool(lib.av_malloc(1 << 20)))"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["None", "True"]
