"""A street of coloured blocks: each colour is somebody, and a fake describer tells colours apart as the real one faces.

Faces are found by their colour (a scripted detector would need to know the frame), so that detection, tracking,
sampling and rules are the real ones, and only the two networks are stand-ins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from dashcamcleaner.detection.face_embedding import EMBEDDING_SIZE, FaceDescription
from dashcamcleaner.detection.pool import ModelPool
from tests import fakes

SIZE = (320, 180)
RATE = 15
RED, GREEN, BLUE = (230, 30, 30), (20, 200, 40), (40, 60, 240)
PEOPLE = {"red": RED, "green": GREEN, "blue": BLUE}
Place = tuple[float, float, float]
"""Centre of a face and its height, pixels."""
Scene = Callable[[int], Mapping[str, Place]]
"""Frame -> who is where; later ones stand in front."""


def make_clip(path: Path, scene: Scene, *, frames: int = 30) -> Path:
    """Render a scene; an upright block of ``0.8 h`` by ``h`` pixels for each face."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"crf": "8", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv444p"
        stream.time_base = Fraction(1, RATE)
        for index in range(frames):
            picture = np.full((SIZE[1], SIZE[0], 3), 128, np.uint8)
            for name, (x, y, height) in scene(index).items():
                x1, y1, x2, y2 = box_of((x, y, height))
                cv2.rectangle(picture, (round(x1), round(y1)), (round(x2) - 1, round(y2) - 1), PEOPLE[name], -1)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def box_of(place: Place) -> tuple[float, float, float, float]:
    """The box of a face."""
    x, y, height = place
    return (x - 0.4 * height, y - height / 2, x + 0.4 * height, y + height / 2)


def find_blocks(_: int, picture: np.ndarray) -> list[fakes.Row]:
    """The blocks of the people's colours, as faces."""
    rows: list[fakes.Row] = []
    for colour in PEOPLE.values():
        near = (np.abs(picture.astype(np.int16) - colour).max(axis=2) < 40).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(near)
        large = [(float(x), float(y), float(w), float(h)) for x, y, w, h, _ in stats[1:] if min(w, h) > 6]
        rows += [(x, y, x + w, y + h, 0.9, "face") for x, y, w, h in large]
    return rows


class ColourDescriber:
    """A `FaceDescriber` of blocks: the colour in the middle, as an embedding.

    Args:
        blur: colours whose faces are too smeared to count.
    """

    def __init__(self, *, smeared: Sequence[tuple[int, int, int]] = ()) -> None:
        self.smeared = smeared
        self.described = 0

    def describe(
        self, crops: Sequence[tuple[np.ndarray, tuple[float, float, float, float]]]
    ) -> list[FaceDescription | None]:
        self.described += len(crops)
        return [self._one(picture, box) for picture, box in crops]

    def _one(self, picture: np.ndarray, box: tuple[float, float, float, float]) -> FaceDescription | None:
        x, y = round((box[0] + box[2]) / 2), round((box[1] + box[3]) / 2)
        colour = picture[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3].reshape(-1, 3).mean(axis=0)
        if (np.abs(colour - 128) < 20).all():
            return None
        smeared = any(np.abs(colour - one).max() < 40 for one in self.smeared)
        return FaceDescription(embedding(colour), turned=0.02, sharpness=0.05 if smeared else 0.6)

    def find(self, picture: np.ndarray) -> list[tuple[tuple[float, float, float, float], float]]:
        return [((x1, y1, x2, y2), score) for x1, y1, x2, y2, score, _ in find_blocks(0, picture)]

    def close(self) -> None:
        pass


def embedding(colour: Sequence[float] | np.ndarray) -> np.ndarray:
    """Two of the colours are farther apart than the limit, two shades of one nearer."""
    numbers = np.zeros(EMBEDDING_SIZE, np.float32)
    numbers[:3] = np.asarray(colour, np.float32) / 128
    return numbers


def pool(describer: ColourDescriber | None = None) -> ModelPool:
    """A real pool over the two stand-ins."""
    chosen = describer or ColourDescriber()
    made = fakes.pool(fakes.ScriptedDetector(find_blocks))
    made._open_describer = lambda **_: chosen
    return made


def picture(path: Path, colour: tuple[int, int, int], *, faces: int = 1) -> Path:
    """A reference picture of somebody."""
    picture = np.full((160, 320, 3), 128, np.uint8)
    for number in range(faces):
        picture[30:130, 20 + 100 * number : 100 + 100 * number] = colour
    cv2.imwrite(str(path), picture[..., ::-1])
    return path


def crossing(index: int) -> dict[str, Place]:
    """Red walks to the right, green to the left and in front; both come back after they have left."""
    turn, part = divmod(index, 30)
    x = 30 + 260 * part / 29
    there = {"red": (x, 80.0, 44.0), "green": (320 - x, 84.0, 48.0)}
    return there if turn % 2 == 0 else {"green": there["green"]}
