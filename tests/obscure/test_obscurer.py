"""Obscuring: only the regions change, and what they show afterwards does not depend on what they hid."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from fakes import frame_of_planes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashcamcleaner.core.frame import Frame, Orientation, PixelLayout
from dashcamcleaner.core.plan import WHOLE_FRAME, Origin, Region
from dashcamcleaner.core.styles import STYLES
from dashcamcleaner.errors import DashcamCleanerError, SettingError
from dashcamcleaner.obscure import masks
from dashcamcleaner.obscure.masks import region_mask
from dashcamcleaner.obscure.obscurer import Obscurer

LAYOUTS = {
    "yuv420p": PixelLayout("yuv420p"),
    "yuvj420p": PixelLayout("yuvj420p", full_range=True),
    "yuv422p": PixelLayout("yuv422p", chroma_shift=(1, 0)),
    "yuv444p": PixelLayout("yuv444p", chroma_shift=(0, 0)),
    "yuv411p": PixelLayout("yuv411p", chroma_shift=(2, 0)),
    "yuv420p10le": PixelLayout("yuv420p10le", depth=10),
    "yuv422p12le": PixelLayout("yuv422p12le", depth=12, chroma_shift=(1, 0)),
    "p010le": PixelLayout("p010le", depth=10),
    "nv12": PixelLayout("nv12"),
    "gray": PixelLayout("gray", chroma_shift=(0, 0), full_range=True),
    "yuva420p": PixelLayout("yuva420p", alpha=True),
    "gbrp": PixelLayout("gbrp", chroma_shift=(0, 0), full_range=True, rgb=True),
    "rgb24": PixelLayout("rgb24", chroma_shift=(0, 0), full_range=True, rgb=True),
    "rgba": PixelLayout("rgba", chroma_shift=(0, 0), full_range=True, rgb=True, alpha=True),
    "rgb48be": PixelLayout("rgb48be", depth=16, chroma_shift=(0, 0), full_range=True, rgb=True),
    "ya8": PixelLayout("ya8", chroma_shift=(0, 0), full_range=True, alpha=True),
}


def make_frame(
    size: tuple[int, int] = (97, 65),
    *,
    layout: PixelLayout = LAYOUTS["yuv420p"],
    orientation: Orientation = Orientation(),  # noqa: B008 - frozen
    seed: int = 0,
) -> Frame:
    """A frame of noise (every sample matters) in the given layout; ``own`` copies, as a decoder's does."""
    rng = np.random.default_rng(seed)
    w, h = size
    top = 1 << layout.depth
    dtype = np.dtype(np.uint8 if layout.depth == 8 else ">u2" if layout.name.endswith("be") else "<u2")

    def noise(*shape: int) -> np.ndarray:
        values = rng.integers(0, top, shape)
        return (values << 6 if layout.name == "p010le" else values).astype(dtype)

    sx, sy = layout.chroma_shift
    chroma = (-(-h >> sy), -(-w >> sx))
    if layout.name == "nv12":
        planes = [noise(h, w), noise(chroma[0], chroma[1] * 2)]
    elif layout.name.startswith(("rgb", "bgr")):
        planes = [noise(h, w, 4 if layout.alpha else 3)]
    elif layout.name in ("gray", "ya8"):
        planes = [noise(h, w)]
    else:
        planes = [noise(h, w), noise(*chroma), noise(*chroma)]
    if (layout.alpha and len(planes) > 1) or layout.name == "ya8":
        planes.append(noise(h, w))
    return frame_of_planes(planes, layout, orientation=orientation)


def region(*xyxy: float, kind: str = "plate") -> Region:
    return Region((xyxy[0], xyxy[1], xyxy[2], xyxy[3]), kind, 0.9, Origin.DETECTED, 1)


def copies(frame: Frame) -> list[np.ndarray]:
    return [plane.copy() for plane in frame.planes]


def own_picture(path, *, alpha: int = 255):
    """A picture with four distinct corners, as a file."""
    rgba = np.zeros((40, 60, 4), np.uint8)
    rgba[:20, :30], rgba[:20, 30:] = (255, 0, 0, alpha), (0, 255, 0, alpha)
    rgba[20:, :30], rgba[20:, 30:] = (0, 0, 255, alpha), (255, 255, 255, alpha)
    assert cv2.imwrite(str(path), rgba[..., [2, 1, 0, 3]])
    return path


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    return own_picture(tmp_path_factory.mktemp("picture") / "own.png")


def hidden_samples(frame: Frame, regions: list[Region], *, shape_of=masks.DEFAULT_SHAPES) -> list[np.ndarray]:
    """For each plane: True where a region hides a sample wholly."""
    sx, sy = frame.layout.chroma_shift
    w, h = frame.upright_size
    upright = np.zeros((h, w), bool)
    for one in regions:
        x, y, mask = region_mask(
            one,
            upright_size=frame.upright_size,
            shapes=shape_of,
            orientation=frame.orientation,
            block=(1 << sx, 1 << sy),
        )
        upright[y : y + mask.shape[0], x : x + mask.shape[1]] |= mask == 255
    luma = frame.orientation.stored(upright)
    chroma = luma[:: 1 << sy, :: 1 << sx]
    found = []
    for number, plane in enumerate(frame.planes):
        if frame.layout.name == "nv12" and number == 1:
            found.append(chroma.repeat(2, axis=1))
        elif plane.ndim == 3:
            found.append(np.repeat(luma[..., None], plane.shape[2], axis=2))
        else:
            found.append(chroma if plane.shape != luma.shape else luma)
    return found


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("style", STYLES)
def test_only_the_rectangle_changes_and_the_reference_pictures_stay(name, style, picture):
    frame = make_frame(layout=LAYOUTS[name])
    references, before = frame.planes, copies(frame)
    one = region(20.3, 14.7, 60.1, 34.2)
    Obscurer(style=style, feather=0.2, picture=picture).obscure(frame, [one])
    sx, sy = frame.layout.chroma_shift
    place = masks.footprint(one.xyxy, size=frame.size, feather=0.2, block=(1 << sx, 1 << sy))
    assert place is not None
    x1, y1, x2, y2 = place.window
    for reference, old, new in zip(references, before, frame.planes, strict=True):
        assert new is not reference
        assert np.array_equal(reference, old), "the decoder's own planes were painted on"
        h, w = frame.size[1], frame.size[0]
        shift_x, shift_y = (0, 0) if old.shape[:2] == (h, w) else (sx, sy)
        columns = 2 if frame.layout.name == "nv12" and shift_x else 1
        outside = np.ones(old.shape[:2], bool)
        outside[y1 >> shift_y : -(-y2 >> shift_y), columns * (x1 >> shift_x) : columns * -(-x2 >> shift_x)] = False
        assert outside.any()
        assert np.array_equal(old[outside], new[outside])
        assert not np.array_equal(old, new)


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("style", ["solid", "picture"])
def test_solid_and_picture_do_not_depend_on_what_is_hidden(name, style, picture):
    frames = [make_frame(layout=LAYOUTS[name], seed=seed) for seed in (1, 2)]
    regions = [region(20.3, 14.7, 60.1, 34.2), region(70, 30, 90, 60, kind="face")]
    for frame in frames:
        Obscurer(style=style, feather=0.3, picture=picture).obscure(frame, regions)
    for mask, a, b in zip(hidden_samples(frames[0], regions), frames[0].planes, frames[1].planes, strict=True):
        assert mask.any()
        assert np.array_equal(a[mask], b[mask])


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("style", ["gaussian", "mosaic"])
@pytest.mark.parametrize("strength", range(1, 7))
def test_cells_are_all_that_is_taken(name, style, strength):
    """Shuffling the pixels within each cell (and anything outside of the cells) changes nothing that is hidden."""
    frame, other = (make_frame((320, 320), layout=LAYOUTS[name]) for _ in range(2))
    one = region(40, 48, 280, 288)  # 240 px: divides by every number of cells, also in the chroma planes
    rng = np.random.default_rng(5)
    cell = 240 // (7 - strength)
    planes = other.make_writable()
    for plane in planes:
        sx = 0 if plane.shape[:2] == (320, 320) else other.layout.chroma_shift[0]
        sy = 0 if plane.shape[0] == 320 else other.layout.chroma_shift[1]
        step = 2 if other.layout.name == "nv12" and plane is planes[1] else 1
        for first in range(step):
            view = plane[:, first::step]
            for y in range(48, 288, cell):
                for x in range(40, 280, cell):
                    part = view[y >> sy : (y + cell) >> sy, x >> sx : (x + cell) >> sx]
                    flat = part.reshape(-1, *part.shape[2:])
                    part[...] = rng.permutation(flat).reshape(part.shape)
    assert not np.array_equal(frame.planes[0], other.planes[0])
    for each in (frame, other):
        Obscurer(style=style, strength=strength, feather=0, secret=b"equal").obscure(each, [one])
    for mask, a, b in zip(hidden_samples(frame, [one]), frame.planes, other.planes, strict=True):
        assert np.array_equal(a[mask], b[mask])


@pytest.mark.parametrize("strength", range(1, 7))
def test_a_mosaic_shows_at_most_the_promised_cells(strength):
    frame = make_frame((400, 300), layout=LAYOUTS["yuv444p"])
    frame.planes[0][...] = np.linspace(16, 235, 400).astype(np.uint8)
    one = region(50, 50, 290, 130)
    Obscurer(style="mosaic", strength=strength, feather=0).obscure(frame, [one])
    row = frame.planes[0][90, 50:290].astype(int)
    assert 1 + np.count_nonzero(np.diff(row)) <= 7 - strength
    assert row.max() - row.min() > 50 or strength == 6


@pytest.mark.parametrize("style", ["gaussian", "mosaic"])
def test_cell_averages_come_from_inside_only(style):
    """What stands around a region changes nothing in it."""
    results = []
    for around in (16, 235):
        frame = make_frame((200, 200), seed=3)
        planes = frame.make_writable()
        outside = np.ones((200, 200), bool)
        outside[60:120, 60:140] = False
        planes[0][outside] = around
        Obscurer(style=style, strength=1, feather=0).obscure(frame, [region(60, 60, 140, 120)])
        assert (frame.planes[0][outside] == around).all()
        results.append(frame.planes[0][60:120, 60:140])
    assert np.array_equal(*results)


def averages_of(seed: int, *, secret: bytes | None = None, shift: int = 0, times: int = 1) -> np.ndarray:
    """The tones of a region of bright noise, shown `times` times, the last time brighter by `shift`."""
    obscurer = Obscurer(style="mosaic", strength=1, feather=0, secret=secret)
    for number in range(times):
        frame = make_frame((200, 200), seed=seed)
        plane = frame.make_writable()[0]
        plane[...] = 100 + plane // 16 + (shift if number == times - 1 else 0)
        obscurer.obscure(frame, [region(60, 60, 120, 120)])
    return frame.planes[0][65:120:10, 65:120:10].astype(int)


def test_tints_are_secret_but_repeatable():
    """Equal sources give equal clips; who lacks the hidden noise cannot tell the tints."""
    assert np.array_equal(averages_of(1), averages_of(1))
    assert not np.array_equal(averages_of(1), averages_of(2))
    assert np.abs(averages_of(1) - averages_of(2)).max() <= 48
    assert np.mean(averages_of(1, secret=b"a") == averages_of(2, secret=b"a")) > 0.9  # the noise itself averages out


def test_tones_are_few_and_do_not_flicker():
    tones = averages_of(1)
    assert len(np.unique(tones)) <= 5
    assert (tones % 16 == 0).all()
    assert np.array_equal(averages_of(1, times=5, shift=3), tones), "a small change of light shows"
    assert (averages_of(1, times=5, shift=60) - tones >= 32).all(), "a large change of light does not show"


@pytest.mark.parametrize("quarter_turns", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_upright_boxes_are_hidden_in_stored_planes(quarter_turns, mirrored):
    orientation = Orientation(quarter_turns, mirrored)
    frame = make_frame((96, 64), orientation=orientation)
    w, h = frame.upright_size
    box = (10, 20, 30, 34)
    before = orientation.upright(frame.planes[0]).copy()
    Obscurer(style="solid", feather=0).obscure(frame, [region(*box)])
    after = orientation.upright(frame.planes[0])
    changed = np.argwhere(before != after)
    assert changed.min(axis=0).tolist() == [20, 10]
    assert changed.max(axis=0).tolist() == [33, 29]
    x, y, mask = region_mask(region(*box), upright_size=(w, h), orientation=orientation)
    assert (x, y, mask.shape) == (10, 20, (14, 20))
    assert (mask == 255).all()


@pytest.mark.parametrize("quarter_turns", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_the_own_picture_stands_upright(quarter_turns, mirrored, picture):
    layout = LAYOUTS["rgb24"]
    frame = make_frame((160, 120), layout=layout, orientation=Orientation(quarter_turns, mirrored))
    Obscurer(style="picture", picture=picture, feather=0).obscure(frame, [region(20, 20, 80, 60)])
    upright = frame.orientation.upright(frame.planes[0])
    for (x, y), colour in {(30, 25): (255, 0, 0), (70, 25): (0, 255, 0), (30, 55): (0, 0, 255)}.items():
        assert upright[y, x].tolist() == list(colour)


@pytest.mark.parametrize("name", ["yuv420p", "yuvj420p", "yuv420p10le", "p010le", "gbrp", "rgb48be"])
def test_the_own_picture_keeps_its_colours(name, picture):
    layout = LAYOUTS[name]
    frame = make_frame((160, 120), layout=layout)
    Obscurer(style="picture", picture=picture, feather=0).obscure(frame, [region(20, 20, 80, 60)])
    unit = 256 if name == "p010le" else 1 << (layout.depth - 8)
    at = [plane[25 >> (plane.shape[0] < 120), 30 >> (plane.shape[1] < 160)] for plane in frame.planes]
    got = np.array(at if len(at) == 3 else at[0]).ravel() / unit
    red = {"gbrp": (0, 0, 255), "rgb48be": (255, 0, 0), "yuvj420p": (76, 85, 255)}.get(name, (81, 90, 240))
    assert np.abs(got - red).max() <= 1.5


def test_transparent_parts_of_the_picture_hide_as_well(tmp_path):
    frames = [make_frame(seed=seed) for seed in (1, 2)]
    one = region(10, 10, 70, 50)
    for frame in frames:
        path = own_picture(tmp_path / "glass.png", alpha=0)
        Obscurer(style="picture", picture=path, feather=0).obscure(frame, [one])
    assert np.array_equal(frames[0].planes[0][10:50, 10:70], frames[1].planes[0][10:50, 10:70])
    assert (frames[0].planes[0][10:50, 10:70] == 126).all()


def test_alpha_becomes_opaque_over_a_region():
    frame = make_frame(layout=LAYOUTS["rgba"])
    frame.make_writable()[0][..., 3] = 0
    Obscurer(style="gaussian").obscure(frame, [region(20, 20, 60, 40)])
    assert (frame.planes[0][20:40, 20:60, 3] == 255).all()


def test_a_whole_frame_region_covers_everything_whatever_its_box():
    for style in ("gaussian", "mosaic", "solid"):
        frames = [make_frame(seed=seed) for seed in (1, 2)]
        for frame in frames:
            before = copies(frame)
            Obscurer(style=style, strength=6).obscure(frame, [region(5, 5, 6, 6, kind=WHOLE_FRAME)])
            for old, new in zip(before, frame.planes, strict=True):
                assert len(np.unique(new)) == 1
                assert np.mean(old == new) < 0.1


def test_the_feather_lies_outside_and_fades():
    frame = make_frame((200, 200))
    frame.make_writable()[0][...] = 235
    Obscurer(style="solid", feather=0.5).obscure(frame, [region(80, 80, 120, 120)])
    row = frame.planes[0][100].astype(int)
    assert (row[80:120] == 126).all()
    assert (np.diff(row[120:142]) >= 0).all()
    assert 126 < row[122] < row[130] < 235
    assert (row[142:] == 235).all()


def test_the_feather_of_one_never_reveals_the_inside_of_another():
    regions = [region(20, 20, 90, 80), region(80, 30, 170, 100, kind="face"), region(60, 60, 100, 90)]
    masks = hidden_samples(make_frame((200, 120)), regions)
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2]):
        results = []
        for frame in (make_frame((200, 120), seed=seed) for seed in (1, 2)):
            Obscurer(style="solid", feather=0.5).obscure(frame, [regions[i] for i in order])
            results.append(frame)
        for mask, a, b in zip(masks, results[0].planes, results[1].planes, strict=True):
            # What one region hides may be tinted by another's edge, but only with paint: both are constant.
            assert set(np.unique(a[mask])) <= {126, 128}
            assert set(np.unique(b[mask])) <= {126, 128}


@pytest.mark.parametrize("style", ["gaussian", "mosaic", "solid"])
@pytest.mark.parametrize(
    "box",
    [
        (-30, -30, 10, 10),
        (90, 60, 500, 500),
        (-1000, -1000, 2000, 2000),
        (-1e9, 10, 1e9, 20),
        (10.2, 10.2, 10.4, 10.4),
        (10, 10, 10, 10),
        (96.5, 64.5, 97, 65),
        (3, 3, 7, 5),
        (0, 0, 97, 65),
        (-5, 30, 0.2, 40),
    ],
)
@pytest.mark.parametrize("kind", ["face", "plate"])
def test_odd_places_are_hidden(style, box, kind):
    frame = make_frame()
    before = frame.planes[0].copy()
    one = region(*box, kind=kind)
    Obscurer(style=style).obscure(frame, [one])
    x1, y1 = max(int(np.floor(box[0])), 0), max(int(np.floor(box[1])), 0)
    x2, y2 = min(max(int(np.ceil(box[2])), x1 + 1), 97), min(max(int(np.ceil(box[3])), y1 + 1), 65)
    hidden = hidden_samples(frame, [one])[0]
    if kind == "plate":  # an ellipse leaves the corners of its box out
        assert hidden[y1:y2, x1:x2].all()
    assert hidden.any() or kind == "face"
    assert not hidden.any() or np.mean(before[hidden] == frame.planes[0][hidden]) < 0.5


def test_wholly_outside_touches_nothing_and_copies_nothing():
    frame = make_frame()
    planes = frame.planes
    Obscurer().obscure(frame, [])
    Obscurer().obscure(frame, [region(-50, -50, -20, -20), region(500, 0, 600, 50, kind="face")])
    assert all(a is b for a, b in zip(planes, frame.planes, strict=True))


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("strength", [1, 6])
@pytest.mark.parametrize("style", ["gaussian", "mosaic"])
def test_tiny_regions_show_one_colour(size, strength, style):
    frame = make_frame()
    Obscurer(style=style, strength=strength, feather=0).obscure(frame, [region(21, 21, 21 + size, 21 + size)])
    covered = frame.planes[0][20 : 20 + size, 20 : 20 + size]
    assert len(np.unique(covered)) == 1


@pytest.mark.parametrize("box", [(np.nan, 0, 5, 5), (0, 0, np.inf, 5), (5, 5, 4, 9), (5, 9, 8, 2)])
def test_what_cannot_be_placed_is_not_passed(box):
    frame = make_frame()
    before = copies(frame)
    with pytest.raises(DashcamCleanerError):
        Obscurer().obscure(frame, [region(10, 10, 20, 20), region(*box)])
    assert all(np.array_equal(a, b) for a, b in zip(before, frame.planes, strict=True))


@pytest.mark.parametrize(
    "wrong",
    [
        {"style": "swirl"},
        {"strength": 0},
        {"strength": 7},
        {"feather": -0.1},
        {"feather": 2.0},
        {"shapes": {"face": "heart"}},
        {"style": "picture"},
    ],
)
def test_wrong_dials_are_refused(wrong):
    with pytest.raises(SettingError):
        Obscurer(**wrong)


def test_a_picture_that_is_none_is_refused(tmp_path):
    path = tmp_path / "none.png"
    for content in (b"", b"no picture"):
        path.write_bytes(content)
        with pytest.raises(SettingError):
            Obscurer(style="picture", picture=path)
    with pytest.raises(SettingError):
        Obscurer(style="picture", picture=tmp_path / "absent.png")


boxes = st.tuples(
    st.floats(-80, 150, width=32),
    st.floats(-80, 120, width=32),
    st.floats(0, 150, width=32),
    st.floats(0, 120, width=32),
).map(lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3]))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    box=boxes,
    kind=st.sampled_from(["face", "plate"]),
    name=st.sampled_from(["yuv420p", "yuv411p", "rgb24", "yuv420p10le"]),
    turns=st.integers(0, 3),
    mirrored=st.booleans(),
    feather=st.sampled_from([0.0, 0.2, 1.0]),
)
def test_every_shape_is_hidden_wholly_and_nothing_else_changes(box, kind, name, turns, mirrored, feather):
    orientation = Orientation(turns, mirrored)
    frames = [make_frame(layout=LAYOUTS[name], orientation=orientation, seed=seed) for seed in (1, 2)]
    one = region(*box, kind=kind)
    w, h = frames[0].upright_size
    hidden = hidden_samples(frames[0], [one])
    # every pixel that a box touches is covered; an ellipse leaves corners out
    x1, y1 = max(int(np.floor(box[0])), 0), max(int(np.floor(box[1])), 0)
    x2, y2 = min(int(np.ceil(box[2])), w), min(int(np.ceil(box[3])), h)
    if x1 < x2 and y1 < y2 and kind == "plate":
        luma = hidden[0] if hidden[0].ndim == 2 else hidden[0][..., 0]
        assert orientation.upright(luma)[y1:y2, x1:x2].all()
    before = [copies(frame) for frame in frames]
    for frame in frames:
        Obscurer(style="solid", feather=feather).obscure(frame, [one])
    for number, mask in enumerate(hidden):
        a, b = frames[0].planes[number], frames[1].planes[number]
        assert np.array_equal(a[mask], b[mask])
        if feather == 0:
            assert np.array_equal(a[~mask], before[0][number][~mask])
