"""Source and output pictures, frame by frame -> what changed where. Called by `audit.audit` on every frame of a clip.

    luma of both + regions ─► FrameComparer ─► RegionCheck per region, what changed outside, which frame it shows

The question for a region is not "did the pixels change" (coding changes all of them) but "does the source's fine
detail still stand in the output". Both pictures lose their coarse part, and the rest is regressed on each other:

- ``gain``: how much of the source's detail is left, 0 hidden, 1 clear; an own picture laid over gives 0, too.
- ``likeness``: their correlation; a weak blur keeps it high while the gain falls, cells and solid colour do not.
- ``clear_share``: the share of the region's textured parts, tested in small windows, that are still clear, and the same
  along its worst side: finds regions that are shifted, too small or a frame late.

The colours are asked only whether they are clear: what is hidden in the brightness alone can still be seen.

`audit.region_checks` says from which figures on something is wrong.

Coarse is what a hidden region may still tell: fewer than five cells along its long side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from dashcamcleaner.audit.region_checks import RegionCheck
from dashcamcleaner.core.frame import Frame, Orientation
from dashcamcleaner.core.plan import WHOLE_FRAME, Origin, Region
from dashcamcleaner.core.shapes import DEFAULT_SHAPES
from dashcamcleaner.obscure.masks import region_mask

__all__ = ["CHANGED", "FrameComparer", "FrameComparison", "detail_left", "upright_colours", "upright_luma"]

CHANGED = "changed place"
"""Kind of a region that was told from what changed, without a plan."""

_CANONICAL_PX = 96
"""Larger regions are tested at this long side: what hides is coarse, and so the test costs the same for all sizes."""

_COARSE = 24.0
"""Detail is what a Gaussian of long side / 24 takes away: it halves 4.5 cycles along the side, where cells end."""

_LEAST_DETAIL = 2.0
"""Standard deviation of the source's detail, in levels; with less there is nothing to tell from coding noise."""

_LEAST_COLOUR_PX = 12
"""Of a region's shorter side in a colour plane: in less nothing can be recognised by its colours alone."""

_UNTESTED = (False, 0.0, 0.0, 0.0, 0.0)

_BLOCK_PX = 16
_CELL_PX = 8
_SMALL_PX = 160
_LEAST_STEP = 0.2
"""Root mean square, in levels, by which two frames of the source must differ to be told apart."""

_OTHER_SHARE = 0.85


def upright_luma(frame: Frame) -> np.ndarray:
    """The frame's brightness as contiguous uint8 ``(h, w)``, upright, whatever its depth and layout."""
    if frame.layout.rgb:
        picture = frame.picture(frame.upright_size)
        return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    plane = _eight_bits(frame.planes[0], frame)
    if frame.layout.full_range:  # compared with limited range: brought to it
        plane = cv2.convertScaleAbs(plane, alpha=219 / 255, beta=16)
    return np.ascontiguousarray(frame.orientation.upright(plane))


def upright_colours(frame: Frame) -> list[np.ndarray]:
    """The frame's two colour planes as uint8 ``(h, w)``, upright, of their own size; none of grey and of RGB."""
    if frame.layout.rgb or len(frame.planes) < 3:
        return []
    return [frame.orientation.upright(_eight_bits(plane, frame)) for plane in frame.planes[1:3]]


def _eight_bits(plane: np.ndarray, frame: Frame) -> np.ndarray:
    return (plane >> (frame.layout.depth - 8)).astype(np.uint8) if frame.layout.depth > 8 else plane


@dataclass(slots=True)
class FrameComparison:
    """One pair of frames.

    Args:
        tests: one per region.
        hidden: uint8 ``(h, w)``, 255 where a region hides; None without regions.
        noise: mean absolute difference outside of regions, levels.
        changed_blocks: boxes outside of regions that changed more than coding explains.
        other_frame: -1 where the output shows the source's frame before, 1 where the output's frame before shows this
            frame of the source, else 0.
    """

    tests: list[RegionCheck] = field(default_factory=list)
    hidden: np.ndarray | None = None
    noise: float = 0.0
    changed_blocks: list[tuple[int, int, int, int]] = field(default_factory=list)
    other_frame: int = 0

    def hidden_share(self, xyxy: Sequence[float]) -> float:
        """The share of a box that regions hide."""
        if self.hidden is None:
            return 0.0
        x1, y1, x2, y2 = (round(v) for v in xyxy)
        part = self.hidden[max(0, y1) : max(0, y2), max(0, x1) : max(0, x2)]
        return float(part.mean()) / 255 if part.size else 0.0


def detail_left(
    source: np.ndarray, output: np.ndarray, mask: np.ndarray | None = None
) -> tuple[bool, float, float, float, float]:
    """How much of the detail of a source crop stands in the output crop: `RegionCheck`'s figures, in their order.

    Args:
        source: uint8 ``(h, w)``.
        output: uint8, of equal size.
        mask: uint8, where to look; None everywhere.
    """
    h, w = source.shape
    if min(h, w) < 6:
        return _UNTESTED
    shrink = max(h, w) / _CANONICAL_PX
    if shrink > 1:
        size = (max(6, round(w / shrink)), max(6, round(h / shrink)))
        source = cv2.resize(source, size, interpolation=cv2.INTER_AREA)
        output = cv2.resize(output, size, interpolation=cv2.INTER_AREA)
        mask = None if mask is None else cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
        h, w = source.shape
    weight = np.ones((h, w), np.float32) if mask is None else (mask > 250).astype(np.float32)
    if float(weight.sum()) < 24:
        return _UNTESTED
    sigma = max(0.8, max(h, w) / _COARSE)
    fine_s, fine_o = (_detail(picture, sigma) for picture in (source, output))
    ss, so, oo = weight * fine_s * fine_s, weight * fine_s * fine_o, weight * fine_o * fine_o
    area, energy = float(weight.sum()), float(ss.sum())
    if energy / area < _LEAST_DETAIL**2:
        return _UNTESTED
    gain = float(so.sum()) / energy
    likeness = float(so.sum()) / float(np.sqrt(energy * max(float(oo.sum()), 1e-6)))
    side = max(5, round(max(h, w) / 10)) | 1
    box_w, box_ss, box_so, box_oo = (
        cv2.boxFilter(values, -1, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT)
        for values in (weight, ss, so, oo)
    )
    textured = (weight > 0) & (box_w > side * side * 0.3) & (box_ss > box_w * (1.5 * _LEAST_DETAIL) ** 2)
    if textured.sum() < 12:
        return True, gain, likeness, 0.0, 0.0
    clear = textured & (box_so > 0.6 * box_ss) & (box_so * box_so > 0.7 * box_ss * box_oo)
    return True, gain, likeness, float(clear.sum()) / float(textured.sum()), _clear_side(clear, textured)


def _clear_side(clear: np.ndarray, textured: np.ndarray) -> float:
    """The clear share in the outer seventh along the worst side."""
    h, w = clear.shape
    across, down = max(3, round(w / 7)), max(3, round(h / 7))
    worst = 0.0
    for side in (np.s_[:, :across], np.s_[:, w - across :], np.s_[:down], np.s_[h - down :]):
        if (count := int(textured[side].sum())) >= 20:
            worst = max(worst, float(clear[side].sum()) / count)
    return worst


def _detail(picture: np.ndarray, sigma: float) -> np.ndarray:
    values = picture.astype(np.float32)
    return values - cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)


class FrameComparer:
    """Compares the frames of one clip, in order.

    Args:
        upright_size: ``(width, height)``.
        shapes: shape per kind, as the run had them.
        orientation: the orientation of the source, so that masks are those that were painted.
        block: chroma block of the source.
    """

    def __init__(
        self,
        *,
        upright_size: tuple[int, int],
        shapes: Mapping[str, str] = DEFAULT_SHAPES,
        orientation: Orientation = Orientation(),  # noqa: B008 - frozen
        block: tuple[int, int] = (2, 2),
    ) -> None:
        self.upright_size = upright_size
        self._shapes = shapes
        self._orientation = orientation
        self._block = block
        self._before: tuple[np.ndarray, np.ndarray] | None = None

    def compare(
        self,
        source: np.ndarray,
        output: np.ndarray,
        regions: Sequence[Region],
        colours: Sequence[tuple[np.ndarray, np.ndarray]] = (),
    ) -> FrameComparison:
        """One pair of upright lumas of equal size, with what the plan hides in that frame.

        Args:
            source: uint8 ``(h, w)``.
            output: uint8, of equal size.
            regions: what is hidden.
            colours: each colour plane of both, upright, uint8, of any size.
        """
        result = FrameComparison()
        if regions:
            result.hidden = np.zeros(source.shape, np.uint8)
        touched = np.zeros(source.shape, np.uint8)
        for region in regions:
            result.tests.append(self._test(region, source, output, result.hidden, touched, colours))
        self._compare_outside(source, output, touched, result)
        return result

    def compare_without_plan(self, source: np.ndarray, output: np.ndarray) -> FrameComparison:
        """The same where nobody tells what was hidden: it is where much changed and detail was lost.

        Gives one test per such place, with a region of the kind `CHANGED`; what was meant to be hidden cannot be told.
        """
        result = FrameComparison()
        h, w = source.shape
        blocks = (max(1, w // _CELL_PX), max(1, h // _CELL_PX))
        change = cv2.resize(cv2.absdiff(source, output), blocks, interpolation=cv2.INTER_AREA).astype(np.float32)
        fine = [
            cv2.resize(cv2.absdiff(p, cv2.blur(p, (3, 3))), blocks, interpolation=cv2.INTER_AREA)
            for p in (source, output)
        ]
        noise = float(np.median(change))
        lost = fine[1].astype(np.float32) < 0.5 * fine[0].astype(np.float32)
        changed = ((change > max(6.0, 5 * noise)) & (lost | (change > max(20.0, 10 * noise)))).astype(np.uint8)
        changed = np.asarray(cv2.morphologyEx(changed, cv2.MORPH_CLOSE, _KERNEL), np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(changed)
        sx, sy = w / blocks[0], h / blocks[1]
        for number, (x, y, bw, bh, area) in enumerate(stats[1:count], 1):
            if area < 4:
                changed[labels == number] = 0
                continue
            box = (x * sx, y * sy, (x + bw) * sx, (y + bh) * sy)
            result.tests.append(RegionCheck(Region(box, CHANGED, 1.0, Origin.DETECTED), tested=False))
        result.hidden = cv2.resize(changed * np.uint8(255), (w, h), interpolation=cv2.INTER_NEAREST)
        self._compare_outside(source, output, result.hidden, result)
        result.noise, result.changed_blocks = noise, []
        return result

    def _test(
        self,
        region: Region,
        source: np.ndarray,
        output: np.ndarray,
        hidden: np.ndarray | None,
        touched: np.ndarray,
        colours: Sequence[tuple[np.ndarray, np.ndarray]],
    ) -> RegionCheck:
        if region.kind == WHOLE_FRAME:
            x, y, mask = 0, 0, np.full(source.shape, 255, np.uint8)
        else:
            x, y, mask = region_mask(
                region,
                upright_size=self.upright_size,
                shapes=self._shapes,
                orientation=self._orientation,
                block=self._block,
            )
        full = np.where(mask == 255, np.uint8(255), np.uint8(0))
        h, w = full.shape
        if not h or not w:
            return RegionCheck(region, tested=False)
        assert hidden is not None
        part = hidden[y : y + h, x : x + w]
        np.maximum(part, full, out=part)
        # A soft edge lies around the shape; beyond it nothing may have changed.
        edge = max(4, round(0.35 * min(h, w)))
        touched[max(0, y - edge) : y + h + edge, max(0, x - edge) : x + w + edge] = 255
        inner = cv2.erode(full, _KERNEL, borderType=cv2.BORDER_CONSTANT, borderValue=255)
        rows, columns = np.flatnonzero(inner.any(axis=1)), np.flatnonzero(inner.any(axis=0))
        if not len(rows):
            return RegionCheck(region, tested=False)
        y1, y2, x1, x2 = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        window = np.s_[y + y1 : y + y2, x + x1 : x + x2]
        check = RegionCheck(region, *detail_left(source[window], output[window], inner[y1:y2, x1:x2]))
        box = (x + x1, y + y1, x + x2, y + y2)
        for before, after in colours if not check.is_clear else ():
            part, other = (_part(plane, box, of=source.shape) for plane in (before, after))
            size = (min(part.shape[1], other.shape[1]), min(part.shape[0], other.shape[0]))
            if min(size) >= _LEAST_COLOUR_PX:
                pair = [cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (part, other)]
                within = cv2.resize(inner[y1:y2, x1:x2], size, interpolation=cv2.INTER_AREA)
                in_colour = RegionCheck(region, *detail_left(pair[0], pair[1], within))
                check = in_colour if in_colour.is_clear else check
        return check

    def _compare_outside(
        self, source: np.ndarray, output: np.ndarray, touched: np.ndarray, result: FrameComparison
    ) -> None:
        h, w = source.shape
        blocks = (max(1, w // _BLOCK_PX), max(1, h // _BLOCK_PX))
        change = cv2.resize(cv2.absdiff(source, output), blocks, interpolation=cv2.INTER_AREA).astype(np.float32)
        outside = cv2.resize(touched, blocks, interpolation=cv2.INTER_AREA) == 0
        if not outside.any():
            self._before = None
            return
        result.noise = float(change[outside].mean())
        limit = max(12.0, 6.0 * result.noise)
        count, _, stats, _ = cv2.connectedComponentsWithStats(((change > limit) & outside).astype(np.uint8))
        sx, sy = w / blocks[0], h / blocks[1]
        for x, y, bw, bh, area in stats[1:count]:
            if area >= 2:
                result.changed_blocks.append((round(x * sx), round(y * sy), round((x + bw) * sx), round((y + bh) * sy)))
        self._tell_frame(source, output, touched, result)

    def _tell_frame(self, source: np.ndarray, output: np.ndarray, touched: np.ndarray, result: FrameComparison) -> None:
        """Whether the output rather shows the source's frame before, or the output before this source's frame."""
        h, w = source.shape
        scale = _SMALL_PX / max(h, w)
        size = (max(2, round(w * scale)), max(2, round(h * scale)))
        small_s = cv2.resize(source, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        small_o = cv2.resize(output, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        free = cv2.resize(touched, size, interpolation=cv2.INTER_AREA) == 0
        if self._before is not None and free.sum() > 50:
            s_before, o_before = self._before
            if _shows(small_o[free], this=small_s[free], other=s_before[free]):
                result.other_frame = -1
            elif _shows(o_before[free], this=s_before[free], other=small_s[free]):
                result.other_frame = 1
        self._before = (small_s, small_o)


def _part(plane: np.ndarray, box: tuple[int, int, int, int], *, of: tuple[int, ...]) -> np.ndarray:
    """What lies in a box of the brightness, whose shape is ``of``, in a plane of another size."""
    across, down = plane.shape[1] / of[1], plane.shape[0] / of[0]
    x1, y1, x2, y2 = box
    return plane[round(y1 * down) : round(y2 * down), round(x1 * across) : round(x2 * across)]


def _shows(output: np.ndarray, *, this: np.ndarray, other: np.ndarray) -> bool:
    """Whether the output shows the other source frame rather than this one.

    What differs between the two is looked for in what the output adds to this one: 0 where it shows this frame, 1 where
    it shows the other. Coding leaves up to 0.75 where next to nothing moves, since it repeats what was there; elsewhere
    it stays below 0.05.
    """
    step, added = other - this, output - this
    step, added = step - step.mean(), added - added.mean()
    energy = float((step * step).mean())
    return energy > _LEAST_STEP**2 and float((step * added).mean()) > _OTHER_SHARE * energy


_KERNEL = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3))
