"""Training views: crops of packed pictures at many scales, joined to mosaics and damaged as a dashcam damages them.

`training.fit` asks `ViewMaker.view` for one square picture at a time, together with its boxes and a map of where each
kind may be judged. The sizes are chosen with the inference size in mind (`ViewRecipe.inference_px`): a picture is
shown at about the scale at which the product will see it, down to less than half of it, because far objects are
what a dashcam mostly has. What a view must not teach is masked, not painted: unknown kinds, a teacher's unsure hits,
objects cut off by the view's edge, objects too small to be told.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dashcamcleaner.detection.yolo import GREY
from dashcamcleaner.training.damage import damage
from dashcamcleaner.training.label_files import KINDS
from dashcamcleaner.training.paste import PlatePool, face_patch, paste_face, paste_plate
from dashcamcleaner.training.pictures import PackedPictures
from dashcamcleaner.training.view_boxes import MASK_STRIDE_PX, tilted, unjudge, visible

__all__ = ["MASK_STRIDE_PX", "View", "ViewMaker", "ViewRecipe"]

FACE, PLATE = 0, 1


@dataclass(frozen=True, slots=True)
class ViewRecipe:
    """What views look like.

    Args:
        size_px: side of a view.
        inference_px: long side at which pictures are mostly analysed; scales are drawn relative to it.
        scale: smallest and largest factor on that scale, drawn log-uniformly.
        enlarge_max: pictures are never enlarged by more.
        mosaic: share of views made of four tiles.
        close: share of single views that show one object large (``close_px`` on its longer side).
        smallest_px: objects with a shorter longer side in the view are masked, not taught.
        visible: objects of which less than this share of the area is in view are masked.
        plate_paste: chance that a plate's pixels are replaced with a rendered plate.
        face_paste: chance that a tile gets some faces of other pictures.
        tilt: chance that a view is turned, by up to ``tilt_degrees`` either way.
        tilt_degrees: the largest angle of a tilt.
        damage: chance that a view goes through `training.damage`.
        folder_weights: share of tiles per labelled folder; folders that are not named share by their picture count.
    """

    size_px: int = 512
    inference_px: int = 1280
    scale: tuple[float, float] = (0.42, 1.15)
    enlarge_max: float = 2.0
    mosaic: float = 0.5
    close: float = 0.12
    close_px: tuple[float, float] = (110.0, 460.0)
    smallest_px: float = 5.5
    visible: float = 0.4
    plate_paste: float = 0.2
    face_paste: float = 0.08
    tilt: float = 0.0
    tilt_degrees: float = 12.0
    damage: float = 1.0
    folder_weights: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class View:
    """One training picture: uint8 RGB, rows ``[class, x1, y1, x2, y2]`` in pixels, judged cells ``(kinds, h, w)``."""

    rgb: np.ndarray
    boxes: np.ndarray
    judged: np.ndarray


class ViewMaker:
    """Draws views at random from packed pictures; two makers of one seed draw the same."""

    def __init__(self, packed: PackedPictures, *, recipe: ViewRecipe, seed: int) -> None:
        import cv2

        cv2.setNumThreads(1)
        self._cv2 = cv2
        self._packed = packed
        self._recipe = recipe
        self._rng = np.random.default_rng(seed)
        self._boxes = [np.array(p.boxes, np.float32).reshape(-1, 5) for p in packed.pictures]
        self._unsure = [np.array(p.unsure, np.float32).reshape(-1, 5) for p in packed.pictures]
        self._chance = np.cumsum(_picture_weights(packed, recipe.folder_weights))
        sides = [np.maximum(b[:, 3] - b[:, 1], b[:, 4] - b[:, 2]) if len(b) else np.zeros(0) for b in self._boxes]
        # By kind of the largest object, so that one kind's pictures do not crowd out the other's.
        large: list[list[int]] = [[] for _ in KINDS]
        for i, (b, side) in enumerate(zip(self._boxes, sides, strict=True)):
            if len(side) and side.max() >= 70:
                large[int(b[int(np.argmax(side)), 0])].append(i)
        self._large = [np.array(indices) for indices in large if indices]
        self._face_sources = [
            (i, j)
            for i, (b, side) in enumerate(zip(self._boxes, sides, strict=True))
            for j in range(len(b))
            if b[j, 0] == FACE and 28 <= side[j] <= 160
        ]
        self._plates = PlatePool(seed=seed)

    def view(self) -> View:
        """The next view."""
        recipe, rng = self._recipe, self._rng
        size = recipe.size_px
        rgb = np.full((size, size, 3), GREY, np.uint8)
        cells = size // MASK_STRIDE_PX
        judged = np.ones((len(KINDS), cells, cells), np.uint8)
        boxes: list[np.ndarray] = []
        if rng.random() < recipe.mosaic:
            cx, cy = (int(rng.uniform(0.3, 0.7) * cells) * MASK_STRIDE_PX for _ in range(2))
            tiles = [(0, 0, cx, cy), (cx, 0, size, cy), (0, cy, cx, size), (cx, cy, size, size)]
        else:
            tiles = [(0, 0, size, size)]
        close = len(tiles) == 1 and len(self._large) > 0 and rng.random() < recipe.close
        for tile in tiles:
            boxes.append(self._fill(rgb, judged, tile, close=close))
        joined = (np.concatenate(boxes) if boxes else np.zeros((0, 5))).astype(np.float32)
        if rng.random() < recipe.tilt:
            angle = float(rng.uniform(-recipe.tilt_degrees, recipe.tilt_degrees))
            rgb, joined, judged = tilted(rgb, joined, judged, degrees=angle)
            joined, lost = visible(joined, size, size, share=recipe.visible, smallest_px=recipe.smallest_px)
            unjudge(judged, lost)
        if rng.random() < recipe.damage:
            rgb = damage(rgb, rng=rng)
        return View(rgb, joined, judged)

    def _fill(self, rgb: np.ndarray, judged: np.ndarray, tile: tuple[int, int, int, int], *, close: bool) -> np.ndarray:
        """Paint one tile of a view in place and give its boxes in view pixels."""
        recipe, rng, cv2 = self._recipe, self._rng, self._cv2
        x0, y0, x1, y1 = tile
        tile_w, tile_h = x1 - x0, y1 - y0
        index = (
            int(rng.choice(self._large[int(rng.integers(len(self._large)))]))
            if close
            else int(np.searchsorted(self._chance, rng.random() * self._chance[-1]))
        )
        picture, source = self._packed.pictures[index], self._packed.rgb(index)
        boxes = self._boxes[index]
        width, height = picture.size
        scale = self._scale(boxes, long_px=max(width, height), close=close)
        # A little stretch stands for lenses and unsquare pixels.
        stretch = float(np.exp(rng.uniform(-0.1, 0.1)))
        scale_x, scale_y = scale * stretch, scale / stretch
        window_w, window_h = tile_w / scale_x, tile_h / scale_y
        left, top = self._corner(boxes, picture.size, (window_w, window_h), close=close)
        flip = bool(rng.random() < 0.5)

        # Whole source pixels are cut and resized once: cheaper than a warp, and INTER_AREA keeps far objects clean.
        sx1, sy1 = max(int(left), 0), max(int(top), 0)
        sx2, sy2 = min(int(np.ceil(left + window_w)), width), min(int(np.ceil(top + window_h)), height)
        if sx2 <= sx1 or sy2 <= sy1:
            return np.zeros((0, 5), np.float32)
        dx, dy = max(round((sx1 - left) * scale_x), 0), max(round((sy1 - top) * scale_y), 0)
        out_w = min(round((sx2 - sx1) * scale_x), tile_w - dx)
        out_h = min(round((sy2 - sy1) * scale_y), tile_h - dy)
        if out_w < 8 or out_h < 8:
            return np.zeros((0, 5), np.float32)
        used_w, used_h = out_w / scale_x, out_h / scale_y
        cut = source[sy1 : min(sy1 + int(np.ceil(used_h)), height), sx1 : min(sx1 + int(np.ceil(used_w)), width)]
        how = cv2.INTER_AREA if scale < 0.7 else (cv2.INTER_LINEAR if rng.random() < 0.8 else cv2.INTER_CUBIC)
        patch = cv2.resize(cut, (out_w, out_h), interpolation=how)
        real_x, real_y = out_w / cut.shape[1], out_h / cut.shape[0]

        def to_tile(rows: np.ndarray) -> np.ndarray:
            moved = rows.copy()
            moved[:, [1, 3]] = (rows[:, [1, 3]] - sx1) * real_x + dx
            moved[:, [2, 4]] = (rows[:, [2, 4]] - sy1) * real_y + dy
            if flip:
                moved[:, [1, 3]] = tile_w - moved[:, [3, 1]]
            return moved

        area = np.full((tile_h, tile_w, 3), GREY, np.uint8)
        area[dy : dy + out_h, dx : dx + out_w] = patch
        if flip:
            area = np.ascontiguousarray(area[:, ::-1])
        moved = to_tile(boxes) if len(boxes) else boxes
        whole, clipped = visible(moved, tile_w, tile_h, share=recipe.visible, smallest_px=recipe.smallest_px)
        cells = judged[:, y0 // MASK_STRIDE_PX : y1 // MASK_STRIDE_PX, x0 // MASK_STRIDE_PX : x1 // MASK_STRIDE_PX]
        for kind in range(len(KINDS)):
            if kind not in picture.known:
                cells[kind] = 0
        unjudge(cells, clipped)
        unsure = self._unsure[index]
        if len(unsure):
            unjudge(cells, to_tile(unsure))

        for row in whole:
            if row[0] == PLATE and row[3] - row[1] >= 14 and rng.random() < recipe.plate_paste:
                paste_plate(area, row[1:5], plates=self._plates, rng=rng)
        if FACE in picture.known and self._face_sources and rng.random() < recipe.face_paste:
            pasted = self._paste_faces(area, whole)
            if len(pasted):
                whole = np.concatenate([whole, pasted])
        rgb[y0:y1, x0:x1] = area
        whole = whole.copy()
        whole[:, [1, 3]] += x0
        whole[:, [2, 4]] += y0
        return whole

    def _scale(self, boxes: np.ndarray, *, long_px: int, close: bool) -> float:
        recipe, rng = self._recipe, self._rng
        if close:
            side = float(np.max(np.maximum(boxes[:, 3] - boxes[:, 1], boxes[:, 4] - boxes[:, 2])))
            low, high = np.log(recipe.close_px[0]), np.log(recipe.close_px[1])
            return float(min(np.exp(rng.uniform(low, high)) / side, 1.5 * recipe.enlarge_max))
        drawn = float(np.exp(rng.uniform(np.log(recipe.scale[0]), np.log(recipe.scale[1]))))
        return min(drawn * recipe.inference_px / long_px, recipe.enlarge_max)

    def _corner(
        self, boxes: np.ndarray, size: tuple[int, int], window: tuple[float, float], *, close: bool
    ) -> tuple[float, float]:
        """Top left of the source window: round an object mostly, anywhere else."""
        rng = self._rng
        if close:
            sides = np.maximum(boxes[:, 3] - boxes[:, 1], boxes[:, 4] - boxes[:, 2])
            chosen: np.ndarray | None = boxes[int(np.argmax(sides))]
        elif len(boxes) and rng.random() < 0.8:
            chosen = boxes[int(rng.integers(len(boxes)))]
        else:
            chosen = None
        corner = []
        for axis in (0, 1):
            room = size[axis] - window[axis]
            if room <= 0:
                corner.append(float(rng.uniform(room, 0)))  # the picture lies somewhere inside the window
            elif chosen is None:
                corner.append(float(rng.uniform(0, room)))
            else:
                centre = (chosen[1 + axis] + chosen[3 + axis]) / 2
                spread = 0.22 if close else 0.42
                start = centre - window[axis] * rng.uniform(0.5 - spread, 0.5 + spread)
                corner.append(float(np.clip(start, 0, room)))
        return corner[0], corner[1]

    def _paste_faces(self, area: np.ndarray, present: np.ndarray) -> np.ndarray:
        rng = self._rng
        pasted: list[np.ndarray] = []
        for _ in range(int(rng.integers(1, 4))):
            i, j = self._face_sources[int(rng.integers(len(self._face_sources)))]
            patch = face_patch(self._packed.rgb(i), self._boxes[i][j, 1:5])
            taken = np.concatenate([present, *pasted]) if pasted else present
            box = paste_face(area, patch, taken=taken[:, 1:5], rng=rng)
            if box is not None:
                pasted.append(np.array([[FACE, *box]], np.float32))
        return np.concatenate(pasted) if pasted else np.zeros((0, 5), np.float32)


def _picture_weights(packed: PackedPictures, folder_weights: dict[str, float]) -> np.ndarray:
    names = [p.folder for p in packed.pictures]
    counts = {name: names.count(name) for name in set(names)}
    named = sum(folder_weights.get(name, 0.0) for name in counts)
    unnamed = sum(count for name, count in counts.items() if name not in folder_weights)
    rest = max(1.0 - named, 0.0) if folder_weights else 1.0
    return np.array(
        [folder_weights[name] / counts[name] if name in folder_weights else rest / max(unnamed, 1) for name in names]
    )
