"""Outputs in which something else stands beside the cleaned picture: an audit lets none of them pass."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dashcamcleaner.audit.audit import audit
from dashcamcleaner.core.events import Audited
from dashcamcleaner.core.findings import AuditResult, Status
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import plan_path
from tests import clips, fakes

FACE = (140.0, 60.0, 180.0, 110.0, 0.9, "face")


def _seen(_: int, picture: np.ndarray) -> list[fakes.Row]:
    """Of the road there is texture; what is hidden is smooth."""
    h, w = picture.shape[:2]
    inside = picture[h * 70 // 180 : h * 100 // 180, w * 150 // 320 : w * 170 // 320]
    return [FACE] if inside.std() > 10 else []


def _models() -> fakes.ModelPool:
    detector = fakes.ScriptedDetector(_seen, script_size=(320, 180))
    return fakes.pool(detector, second_detector=lambda **_: fakes.ScriptedDetector(_seen, script_size=(320, 180)))


def _cleaned(folder: Path, suffix: str) -> tuple[Path, Path]:
    source, output = folder / f"in{suffix}", folder / f"out{suffix}"
    noise = np.random.default_rng(1).integers(0, 255, (180, 320, 3), np.uint8)
    Image.fromarray(noise).save(source, **({"lossless": True} if suffix == ".webp" else {}))
    list(clean(Job(source, output), models=_models()))
    return source, output


def _audited(source: Path, output: Path) -> AuditResult:
    events = list(audit(source, output, plan=plan_path(output), models=_models()))
    assert isinstance(events[-1], Audited), events[-1]
    return events[-1].result


def _behind(content: bytes, folder: Path) -> bytes:
    """As phones keep a clip of the moment behind a picture."""
    return content + clips.make(folder / "moment.mp4", frames=4).path.read_bytes()


def _in_a_segment(content: bytes, _: Path) -> bytes:
    hidden = content[:30_000]  # half of a picture is shown as far as it goes
    return content[:2] + b"\xff\xea" + struct.pack(">H", 2 + len(hidden)) + hidden + content[2:]


def _in_a_comment(content: bytes, _: Path) -> bytes:
    hidden = content[:30_000]
    return content[:2] + b"\xff\xfe" + struct.pack(">H", 2 + len(hidden)) + hidden + content[2:]


def _in_a_chunk(content: bytes, _: Path) -> bytes:
    chunk = b"faCe" + bytes(5000)
    return content[:33] + struct.pack(">I", 5000) + chunk + struct.pack(">I", zlib.crc32(chunk)) + content[33:]


def _as_media(content: bytes, _: Path) -> bytes:
    return content + struct.pack(">I4s", 8 + 100_000, b"mdat") + bytes(100_000)


@pytest.mark.parametrize(("suffix", "add"), [(".mp4", _behind), (".mkv", _behind), (".mp4", _as_media)])
def test_what_stands_behind_a_clip_keeps_it_from_passing(
    tmp_path: Path, suffix: str, add: Callable[[bytes, Path], bytes]
) -> None:
    source, output = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
    clips.make(source, frames=8)
    list(clean(Job(source, output), models=fakes.pool(fakes.ScriptedDetector({}))))
    assert not [one for one in _audited(source, output).findings if one.check == "leftovers"]
    output.write_bytes(add(output.read_bytes(), tmp_path))
    assert [one for one in _audited(source, output).findings if one.check == "leftovers"]


@pytest.mark.parametrize(
    ("suffix", "add"),
    [
        (".jpg", _behind), (".png", _behind), (".webp", _behind), (".tif", _behind),
        (".jpg", _in_a_segment), (".jpg", _in_a_comment), (".png", _in_a_chunk),
    ],
)  # fmt: skip
def test_what_stands_beside_a_picture_keeps_it_from_passing(
    tmp_path: Path, suffix: str, add: Callable[[bytes, Path], bytes]
) -> None:
    source, output = _cleaned(tmp_path, suffix)
    assert not [one for one in _audited(source, output).findings if one.check == "leftovers"]
    output.write_bytes(add(output.read_bytes(), tmp_path))
    result = _audited(source, output)
    assert result.status is not Status.PASS
    assert [one for one in result.findings if one.check == "leftovers"]
