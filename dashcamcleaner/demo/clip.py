"""The demo clip: made on the spot, so that nothing has to be downloaded or shipped. Called by ``dashcamcleaner demo``.

A virtual camera pans, with a hand's shake, over a rendered street (`demo.scenery`): cars with rendered plates drive
away, people walk past and behind a lamp post. A click marks each second, so that sync can be heard, and a made-up
position tag stands in the file, so that one sees it being dropped. This module writes a clip of its own making, which
no stage does: it is the one place in `run` that uses PyAV.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
import cv2
import numpy as np

from dashcamcleaner.atomic_files import atomic_path
from dashcamcleaner.demo.scenery import car, lamp_post, pedestrian, portrait, street
from dashcamcleaner.messages import msg
from dashcamcleaner.output_files import check_output

__all__ = ["FRAMES", "SIZE", "Actor", "cast", "is_demo", "make_demo", "place_of"]

SIZE = (1280, 720)
FRAMES = 300
_RATE = 30
_SOUND_HZ = 48000
_WORLD = (2500, 720)
_TITLE = "DashcamCleaner demo"


@dataclass(frozen=True, slots=True)
class Actor:
    """One thing that moves through the world.

    Args:
        picture: RGBA, colours already multiplied by opacity.
        start, end: where its foot (middle of the lower edge) is at the first and last frame, world pixels.
        height_px: its height at the first and last frame.
        bob_px: how much it bobs while walking.
    """

    picture: np.ndarray
    start: tuple[float, float]
    end: tuple[float, float]
    height_px: tuple[float, float]
    bob_px: float = 0.0


def make_demo(folder: Path, *, overwrite: bool = False) -> Path:
    """Make ``demo.mp4`` in a folder (made if absent) and give its path; an older demo clip is replaced.

    Args:
        folder: where to put it.
        overwrite: replace another file of that name, too.

    Raises:
        OutputError: the folder cannot be written, or another file has the clip's name.
    """
    path = folder / "demo.mp4"
    pictures = _frames()
    check_output(path, sources=[], overwrite=overwrite or is_demo(path))
    hint = msg("Name a folder in which you may write.")
    with atomic_path(path, what=msg("The demo clip {path}", path=path), hint=hint, make_folder=True) as beside:
        _write(beside, pictures)  # FFmpeg's own errors are OSErrors too
    return path


def is_demo(path: Path) -> bool:
    """Whether a file is a demo clip that this program made."""
    try:
        with av.open(f"file:{path.resolve()}", metadata_errors="replace") as container:
            return bool(container.metadata.get("title") == _TITLE)
    except (av.error.FFmpegError, OSError, ValueError):
        return False


def _frames() -> Iterator[np.ndarray]:
    """The clip's pictures, uint8 RGB."""
    world = street(_WORLD).astype(np.float32)
    actors = cast()
    return (_shoot(world, actors, t) for t in range(FRAMES))


def cast() -> list[Actor]:
    """Who and what is in the street, far ones first."""
    face = portrait()
    people = [
        pedestrian(face, coat=(28, 32, 44)),
        pedestrian(face, coat=(96, 52, 44), mirrored=True),
    ]
    cars = [
        car("DEM 0001", paint=(150, 34, 38), design="band"),
        car("CAR 2026", paint=(52, 86, 130), design="yellow"),
        car("KLN 4711", paint=(196, 198, 200), design="white"),
    ]
    return [
        Actor(_premultiplied(people[1]), (1560, 456), (1100, 456), (290, 290), bob_px=2.0),
        Actor(_premultiplied(people[0]), (400, 470), (1010, 510), (330, 400), bob_px=2.5),
        Actor(_premultiplied(lamp_post()), (590, 520), (590, 520), (570, 570)),
        Actor(_premultiplied(cars[1]), (1760, 640), (1640, 470), (330, 120)),
        Actor(_premultiplied(cars[2]), (2180, 660), (2140, 640), (340, 310)),
        Actor(_premultiplied(cars[0]), (230, 712), (1000, 545), (400, 200)),
    ]


def _premultiplied(rgba: np.ndarray) -> np.ndarray:
    """Float RGBA with colours multiplied by opacity: scales without a dark rim."""
    picture = rgba.astype(np.float32)
    picture[..., :3] *= picture[..., 3:] / 255
    return picture


def _shoot(world: np.ndarray, actors: list[Actor], t: int) -> np.ndarray:
    """What the camera sees at frame `t`."""
    left, top = _camera(t)
    picture = cv2.warpAffine(
        world, np.array([[1, 0, -left], [0, 1, -top]]), SIZE, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    for actor in actors:
        _place(picture, actor, t=t)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _camera(t: int) -> tuple[float, float]:
    """Where in the world the picture's upper left corner is at frame `t`."""
    part = t / (FRAMES - 1)
    eased = part * part * (3 - 2 * part)
    left = eased * (_WORLD[0] - SIZE[0] - 40) + 20 + 3.0 * np.sin(t * 0.21) + 0.8 * np.sin(t * 1.7)
    return left, 2.5 * np.sin(t * 0.13) + 0.6 * np.sin(t * 1.1)


def place_of(actor: Actor, t: int) -> tuple[float, float, float]:
    """Where an actor is at frame `t`: the middle of its lower edge and its height, in the clip's pixels."""
    part, camera = t / (FRAMES - 1), _camera(t)
    # Sizes change by a constant factor per frame: what drives away evenly shrinks so.
    height = actor.height_px[0] * (actor.height_px[1] / actor.height_px[0]) ** part
    depth = part
    if actor.height_px[0] != actor.height_px[1]:
        depth = (height - actor.height_px[0]) / (actor.height_px[1] - actor.height_px[0])
    x = actor.start[0] + (actor.end[0] - actor.start[0]) * depth - camera[0]
    y = actor.start[1] + (actor.end[1] - actor.start[1]) * depth - camera[1] + actor.bob_px * np.sin(t * 0.5)
    return x, y, height


def _place(picture: np.ndarray, actor: Actor, *, t: int) -> None:
    """Lay one actor over the picture."""
    x, y, height = place_of(actor, t)
    source_h, source_w = actor.picture.shape[:2]
    scale = height / source_h
    # Reduced in whole steps by averaging first: one warp from full size would sparkle.
    small = actor.picture
    if scale < 0.5:
        steps = int(0.5 / scale) + 1
        small = cv2.resize(small, (source_w // steps, source_h // steps), interpolation=cv2.INTER_AREA)
    k = height / small.shape[0]
    left, top = x - k * small.shape[1] / 2, y - k * small.shape[0]
    x1, x2 = max(int(left) - 1, 0), min(int(left + k * small.shape[1]) + 2, SIZE[0])
    y1, y2 = max(int(top) - 1, 0), min(int(top + k * small.shape[0]) + 2, SIZE[1])
    if x1 < x2 and y1 < y2:
        matrix = np.array([[k, 0, left - x1], [0, k, top - y1]])
        over = cv2.warpAffine(small, matrix, (x2 - x1, y2 - y1), flags=cv2.INTER_LINEAR, borderValue=(0, 0, 0, 0))
        beneath = picture[y1:y2, x1:x2]
        beneath *= 1 - over[..., 3:] / 255
        beneath += over[..., :3]


def _write(path: Path, pictures: Iterator[np.ndarray]) -> None:
    """H.264 and AAC in MP4; sound and picture are handed over side by side, second by second."""
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        container.metadata["location"] = "+00.0000+000.0000/"
        container.metadata["title"] = _TITLE
        video = container.add_stream("libx264", rate=_RATE, options={"crf": "20", "preset": "veryfast"})
        video.width, video.height = SIZE
        video.pix_fmt = "yuv420p"
        video.time_base = Fraction(1, _RATE)
        video.codec_context.color_range = 1
        video.codec_context.colorspace = 1
        video.codec_context.color_primaries = 1
        video.codec_context.color_trc = 1
        audio = container.add_stream("aac", rate=_SOUND_HZ, layout="stereo")
        samples_per_frame = _SOUND_HZ // _RATE
        sound = _sound()
        for t, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
                format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
            )
            frame.pts, frame.time_base = t, Fraction(1, _RATE)
            container.mux(video.encode(frame))
            part = np.ascontiguousarray(sound[:, t * samples_per_frame : (t + 1) * samples_per_frame])
            heard = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            heard.sample_rate = _SOUND_HZ
            heard.pts, heard.time_base = t * samples_per_frame, Fraction(1, _SOUND_HZ)
            container.mux(audio.encode(heard))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


def _sound() -> np.ndarray:
    """A low hum with a click at each full second, float32 ``(2, samples)``."""
    at = np.arange(FRAMES * _SOUND_HZ // _RATE) / _SOUND_HZ
    hum = 0.02 * np.sin(2 * np.pi * 70 * at) + 0.01 * np.sin(2 * np.pi * 113 * at)
    since = at % 1.0
    click = 0.6 * np.sin(2 * np.pi * 1000 * since) * np.exp(-since * 120)
    return np.stack([hum + click] * 2).astype(np.float32)
