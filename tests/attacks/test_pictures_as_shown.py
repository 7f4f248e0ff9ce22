"""Pictures whose samples show nobody, and viewers do: a face in the opacity, by the profile, in the lowest bits."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from dashcamcleaner.audit.audit import audit
from dashcamcleaner.core.events import Audited, Finished
from dashcamcleaner.jobs.run import clean
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.pipeline.plan_file import PlanReader, plan_path
from dashcamcleaner.review.contact_sheet import write_sheet
from dashcamcleaner.review.finished_clip import FinishedClip
from dashcamcleaner.review.preview import ClipPreview, first_picture
from dashcamcleaner.settings import resolve
from tests import fakes

SIZE = (320, 180)
FACE = (140, 60, 180, 110)
"""In the middle: the audit looks at the mirrored picture."""


def _sees(_: int, picture: np.ndarray) -> list[fakes.Row]:
    """A face wherever its place stands out of the picture."""
    h, w = picture.shape[:2]
    x1, y1, x2, y2 = (round(v * w / SIZE[0]) for v in FACE)
    inside, around = picture[y1 + 4 : y2 - 4, x1 + 4 : x2 - 4].mean(), picture[: h // 5].mean()
    return [(*map(float, FACE), 0.9, "face")] if abs(inside - around) > 60 else []


def _models() -> fakes.ModelPool:
    detector = fakes.ScriptedDetector(_sees, script_size=SIZE)
    return fakes.pool(detector, second_detector=lambda **_: fakes.ScriptedDetector(_sees, script_size=SIZE))


def _shown() -> np.ndarray:
    """What people see: a dark face on white."""
    picture = np.full((SIZE[1], SIZE[0]), 255, np.uint8)
    picture[FACE[1] : FACE[3], FACE[0] : FACE[2]] = 60
    return picture


def _in_opacity(path: Path) -> None:
    shown = _shown()
    Image.fromarray(np.dstack([np.zeros_like(shown)] * 3 + [255 - shown]), "RGBA").save(path)


def _in_opacity_of_white(path: Path) -> None:
    """To be seen on dark pages alone."""
    shown = _shown()
    Image.fromarray(np.dstack([np.full_like(shown, 255)] * 3 + [shown]), "RGBA").save(path)


def _in_opacity_of_a_palette(path: Path) -> None:
    picture = Image.fromarray(255 - _shown(), "P")
    picture.putpalette([0, 0, 0] * 256)
    picture.save(path, transparency=bytes(range(256)))


def _by_profile(path: Path) -> None:
    """Noise of two levels, of which the profile makes the face."""
    noise = np.random.default_rng(1).integers(0, 2, (SIZE[1], SIZE[0]), np.uint8)
    samples = np.where(_shown() > 128, 100 * noise + 50, 100 * noise + 51).astype(np.uint8)
    curve = [65535] * 256
    curve[51] = curve[151] = 2000
    Image.fromarray(np.dstack([samples] * 3)).save(path, icc_profile=_profile(curve))


def _in_low_bits(path: Path) -> None:
    cv2.imwrite(str(path), np.dstack([_shown().astype(np.uint16)] * 3))


def _profile(curve: list[int]) -> bytes:
    """A display's ICC profile with sRGB's primaries, and this curve from each sample to linear light."""

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))

    shape = b"curv\0\0\0\0" + struct.pack(f">I{len(curve)}H", len(curve), *curve)
    tags = {
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.43607, 0.22249, 0.01392),
        b"gXYZ": xyz(0.38515, 0.71687, 0.09708),
        b"bXYZ": xyz(0.14307, 0.06061, 0.71410),
        b"rTRC": shape,
        b"gTRC": shape,
        b"bTRC": shape,
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 2) + b"x\0" + bytes(78),
        b"cprt": b"text\0\0\0\0x\0\0\0",
    }
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        content += bytes(-len(content) % 4)
        table += name + struct.pack(">II", 128 + 4 + 12 * len(tags) + len(body), len(content))
        body += content
    size = 128 + len(table) + len(body)
    head = struct.pack(">I4sI12s6H4s", size, b"lcms", 0x02100000, b"mntrRGB XYZ ", 2026, 1, 1, 0, 0, 0, b"acsp")
    white = struct.pack(">3i", *(round(value * 65536) for value in (0.9642, 1.0, 0.8249)))
    return (head.ljust(68, b"\0") + white).ljust(128, b"\0") + table + body


WAYS = [_in_opacity, _in_opacity_of_white, _in_opacity_of_a_palette, _by_profile, _in_low_bits]


@pytest.mark.parametrize("make", WAYS)
def test_what_viewers_show_is_looked_at(tmp_path: Path, make: Callable[[Path], None]) -> None:
    source, output = tmp_path / "a.png", tmp_path / "b.png"
    make(source)
    assert not _sees(0, cv2.imread(str(source))[..., ::-1]), "the samples alone show it: this tests nothing"
    assert isinstance(list(clean(Job(source, output), models=_models()))[-1], Finished)
    with PlanReader(plan_path(output)) as plan:
        (frame,) = plan
    assert [region.kind for region in frame.regions] == ["face"]


@pytest.mark.parametrize("make", WAYS)
def test_the_audit_looks_at_what_viewers_show(tmp_path: Path, make: Callable[[Path], None]) -> None:
    source, output = tmp_path / "a.png", tmp_path / "b.png"
    make(source)
    make(output)
    (event,) = [event for event in audit(source, output, models=_models()) if isinstance(event, Audited)]
    assert "search" in {finding.check.partition("-")[0] for finding in event.result.findings}, event.result


@pytest.mark.parametrize("make", WAYS)
def test_people_are_shown_what_viewers_show(tmp_path: Path, make: Callable[[Path], None]) -> None:
    source, output = tmp_path / "a.png", tmp_path / "b.png"
    make(source)
    list(clean(Job(source, output), models=_models()))
    assert _sees(0, first_picture(source, longest_side_px=SIZE[0]))
    with ClipPreview(source, models=_models()) as clip:
        shown = clip.preview(clip.times[0], settings=resolve({}))
    assert [region.kind for region in shown.regions] == ["face"]
    assert _sees(0, shown.original)
    assert np.abs(shown.obscured.astype(int) - shown.original).max() > 60
    with FinishedClip(output, plan_path(output)) as finished:
        left = finished.picture(0.0, first_s=0.0, longest_side_px=SIZE[0])
    assert np.abs(left.astype(int) - shown.original).max() > 60
    cells = {}
    for clear in (True, False):
        write_sheet(source, plan_path(output), tmp_path / "s.png", clear=clear, overwrite=True)
        cells[clear] = np.asarray(Image.open(tmp_path / "s.png").convert("L"), int)[60:116, 60:116]
    assert abs(cells[True].mean() - 60) < 40, "the face is not in its own cell"
    assert np.abs(cells[True] - cells[False]).max() > 30


def test_ordinary_pictures_cost_one_look(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    opaque = np.dstack([_shown()] * 3 + [np.full_like(_shown(), 255)])
    srgb = [
        round(65535 * (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4)) for v in np.linspace(0, 1, 256)
    ]
    Image.fromarray(opaque, "RGBA").save(source, icc_profile=_profile(srgb))
    detector = fakes.ScriptedDetector(_sees, script_size=SIZE)
    list(clean(Job(source, tmp_path / "b.png"), models=fakes.pool(detector)))
    assert detector.seen == 1
