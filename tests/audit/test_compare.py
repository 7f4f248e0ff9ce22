"""Detail left in regions: none when hidden properly, told when clear, weak, shifted, small or late."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from fakes import frame_of_planes

from dashcamcleaner.audit.compare import FrameComparer, detail_left, upright_colours, upright_luma
from dashcamcleaner.core.frame import Frame, PixelLayout
from dashcamcleaner.core.plan import Origin, Region
from dashcamcleaner.obscure.obscurer import Obscurer

SIZE = (480, 270)
BOX = (180.0, 90.0, 260.0, 180.0)


def frame_of(luma: np.ndarray) -> Frame:
    """A 4:2:0 frame of this brightness."""
    h, w = luma.shape
    planes = (luma.copy(), *(np.full(((h + 1) // 2, (w + 1) // 2), 128, np.uint8) for _ in range(2)))
    return frame_of_planes(planes, PixelLayout("yuv420p"))


def textured(seed: int = 0, *, shift: int = 0) -> np.ndarray:
    """Brightness with detail at all scales, as a street has."""
    chooser = np.random.default_rng(seed)
    total = np.zeros((SIZE[1], SIZE[0] + 200), np.float32)
    for cells in (12, 48, 190):
        coarse = chooser.normal(0, 40, (cells, cells * 2)).astype(np.float32)
        total += cv2.resize(coarse, total.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(np.clip(total + 120, 16, 235)[:, shift : shift + SIZE[0]].astype(np.uint8))


def region(box: tuple[float, float, float, float] = BOX, *, kind: str = "face", track: int = 1) -> Region:
    return Region(box, kind, 0.9, Origin.DETECTED, track)


def lumas(picture: np.ndarray, hidden: list[Region], **style: object) -> tuple[np.ndarray, np.ndarray]:
    frame = frame_of(picture)
    before = upright_luma(frame).copy()
    Obscurer(**style).obscure(frame, hidden)  # type: ignore[arg-type]
    noise = np.random.default_rng(5).normal(0, 1.5, before.shape)  # as coding leaves it
    return before, np.clip(upright_luma(frame) + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("style", ["gaussian", "mosaic", "solid"])
@pytest.mark.parametrize("strength", [1, 3, 6])
@pytest.mark.parametrize("kind", ["face", "plate"])
def test_what_is_hidden_properly_passes(style: str, strength: int, kind: str) -> None:
    planned = [region(kind=kind)]
    compared = FrameComparer(upright_size=SIZE).compare(
        *lumas(textured(), planned, style=style, strength=strength), planned
    )
    (test,) = compared.tests
    assert test.tested
    assert not any((test.is_clear, test.is_weak, test.is_partly_clear))
    assert compared.changed_blocks == []
    x1, y1, x2, y2 = BOX
    x, y, part = (x1 + x2) / 2, (y1 + y2) / 2, 1.0 if kind == "plate" else 1 / 1.26  # of what the region was grown from
    own = (x - part * (x2 - x1) / 2, y - part * (y2 - y1) / 2, x + part * (x2 - x1) / 2, y + part * (y2 - y1) / 2)
    assert compared.hidden_share(own) > 0.95


@pytest.mark.parametrize("style", ["gaussian", "mosaic", "solid"])
@pytest.mark.parametrize("left", [0, 1, 2])
@pytest.mark.parametrize("shift", [(1, 1), (1, 0), (0, 0)])
def test_what_is_hidden_in_the_brightness_alone_is_told(style: str, left: int, shift: tuple[int, int]) -> None:
    """Colours that were left as they were show the face; where they are hidden as well, nothing is told."""
    size = (SIZE[0] >> shift[0], SIZE[1] >> shift[1])
    names = {(1, 1): "yuv420p", (1, 0): "yuv422p", (0, 0): "yuv444p"}
    colours = [cv2.resize(textured(seed), size, interpolation=cv2.INTER_AREA) for seed in (1, 2)]
    frames = [
        frame_of_planes(
            (textured(), *(plane.copy() for plane in colours)), PixelLayout(names[shift], chroma_shift=shift)
        )
        for _ in range(2)
    ]
    before, after = frames
    Obscurer(style=style).obscure(after, [region()])
    if left:
        after.planes[left][:] = before.planes[left]
    pairs = list(zip(upright_colours(before), upright_colours(after), strict=True))
    (test,) = (
        FrameComparer(upright_size=SIZE).compare(upright_luma(before), upright_luma(after), [region()], pairs).tests
    )
    assert test.is_clear == bool(left)


def test_a_clear_region_is_told() -> None:
    (test,) = FrameComparer(upright_size=SIZE).compare(*lumas(textured(), []), [region()]).tests
    assert test.is_clear


@pytest.mark.parametrize("dx", [30.0, 45.0])
def test_a_shifted_region_is_told(dx: float) -> None:
    moved = region((BOX[0] + dx, BOX[1], BOX[2] + dx, BOX[3]))
    (test,) = FrameComparer(upright_size=SIZE).compare(*lumas(textured(), [moved]), [region()]).tests
    assert test.is_partly_clear


def test_a_region_of_half_the_size_is_told() -> None:
    small = region((BOX[0] + 20, BOX[1] + 22, BOX[2] - 20, BOX[3] - 22))
    (test,) = FrameComparer(upright_size=SIZE).compare(*lumas(textured(), [small]), [region()]).tests
    assert test.is_partly_clear or test.is_clear


@pytest.mark.parametrize(("kind", "part"), [("plate", 30), ("face", 34)])
def test_a_weak_blur_is_told(kind: str, part: int) -> None:
    before, after = lumas(textured(), [])
    x1, y1, x2, y2 = (int(v) for v in BOX)
    x1, y1, x2, y2 = x1 - 30, y1 - 30, x2 + 30, y2 + 30
    after[y1:y2, x1:x2] = cv2.GaussianBlur(after[y1:y2, x1:x2], (0, 0), 80 / part)
    (test,) = FrameComparer(upright_size=SIZE).compare(before, after, [region(kind=kind)]).tests
    assert test.is_weak or test.is_partly_clear
    assert not test.is_clear


def test_change_outside_is_told() -> None:
    before, after = lumas(textured(), [region((300.0, 20.0, 380.0, 100.0))])
    assert FrameComparer(upright_size=SIZE).compare(before, after, []).changed_blocks


def test_the_frame_before_is_told_from_this_one() -> None:
    comparer = FrameComparer(upright_size=SIZE)
    first, second, third = (upright_luma(frame_of(textured(shift=shift))) for shift in (0, 6, 12))
    assert comparer.compare(first, first, []).other_frame == 0
    assert comparer.compare(second, first, []).other_frame == -1
    assert comparer.compare(third, third, []).other_frame == 0


def test_without_a_plan_what_changed_tells_where_regions_are() -> None:
    before, after = lumas(textured(), [region()])
    compared = FrameComparer(upright_size=SIZE).compare_without_plan(before, after)
    assert len(compared.tests) == 1
    assert compared.hidden_share(BOX) > 0.6
    assert compared.hidden_share((20.0, 20.0, 90.0, 90.0)) < 0.05


def test_flat_regions_cannot_be_told_and_say_so() -> None:
    flat = np.full((SIZE[1], SIZE[0]), 120, np.uint8)
    (test,) = FrameComparer(upright_size=SIZE).compare(*lumas(flat, [region()]), [region()]).tests
    assert not test.tested


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0, 4.0])
def test_a_blur_never_has_more_detail_than_the_source(sigma: float) -> None:
    source = np.random.default_rng(5).integers(0, 255, (40, 90), np.uint8)
    source = cv2.GaussianBlur(source, (0, 0), 1.5)
    _, gain, likeness, *_ = detail_left(source, cv2.GaussianBlur(source, (0, 0), sigma))
    assert 0 < gain <= likeness * 1.02
