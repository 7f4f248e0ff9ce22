"""A street for the review: a textured wall that the camera passes evenly, so that things can be followed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

SIZE = (320, 180)
FRAMES = 60
PAN_PX = 1
"""How far the picture moves to the left from frame to frame."""
_CODE_PX = 16


def make_street(path: Path) -> Path:
    """Two seconds at 30 fps with B-frames; the upper left corner's grey tells the frame's number (`read_code`)."""
    w, h = SIZE
    rng = np.random.default_rng(5)
    wall = cv2.GaussianBlur(rng.integers(0, 256, (h, w + PAN_PX * FRAMES, 3), np.uint8), (0, 0), 2.0)
    wall = cv2.normalize(wall, None, 20, 235, cv2.NORM_MINMAX)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=30, options={"crf": "10", "preset": "ultrafast", "bf": "2"})
        stream.width, stream.height, stream.pix_fmt = w, h, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 30)
        for number in range(FRAMES):
            picture = wall[:, number * PAN_PX : number * PAN_PX + w].copy()
            picture[:_CODE_PX, :_CODE_PX] = 8 + 4 * number
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def read_code(picture: np.ndarray) -> int:
    """The number of a frame, from its RGB picture of full size."""
    return round((float(picture[4:12, 4:12].mean()) - 8) / 4)
