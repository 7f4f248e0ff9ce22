"""A labelled folder drawn at test time: dark discs are faces, framed bright bars are plates."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from dashcamcleaner.training.label_files import write_boxes


def draw_folder(folder: Path, *, pictures: int = 8, size: tuple[int, int] = (160, 128), seed: int = 1) -> Path:
    """Pictures with one face and one plate each, labelled; returns the folder."""
    rng = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True)
    width, height = size
    for number in range(pictures):
        noise = rng.integers(90, 140, (height // 8, width // 8, 3), dtype=np.uint8)
        picture = Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)
        draw = ImageDraw.Draw(picture)
        side = int(rng.integers(24, 44))
        x, y = int(rng.integers(4, width // 2 - side)), int(rng.integers(4, height - side - 4))
        draw.ellipse((x, y, x + side, y + side), fill=(20, 10, 30))
        w, h = int(rng.integers(36, 60)), int(rng.integers(14, 22))
        px, py = int(rng.integers(width // 2, width - w - 2)), int(rng.integers(4, height - h - 4))
        draw.rectangle((px, py, px + w, py + h), fill=(250, 250, 240), outline=(0, 0, 0), width=2)
        picture.save(folder / "images" / f"p{number:02}.png")
        rows = [[0, x, y, x + side, y + side], [1, px, py, px + w, py + h]]
        write_boxes(folder / "labels" / f"p{number:02}.txt", rows, size=size)
    (folder / "meta.json").write_text(json.dumps({"groups": {"p00": "g", "p01": "g"}}), encoding="utf-8")
    return folder


TINY_MODEL = """
nc: 2
end2end: false
reg_max: 1
scales:
  n: [0.33, 0.25, 1024]
backbone:
  - [-1, 1, Conv, [32, 3, 2]]
  - [-1, 1, Conv, [64, 3, 2]]
  - [-1, 1, Conv, [96, 3, 2]]
  - [-1, 1, Conv, [128, 3, 2]]
  - [-1, 1, Conv, [128, 3, 2]]
head:
  - [-1, 1, Conv, [128, 1, 1]]
  - [[2, 3, 5], 1, Detect, [nc]]
"""
"""A detector of a few thousand weights, in Ultralytics' own form."""
