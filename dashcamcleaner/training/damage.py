"""What weather, night, lenses and codecs do to a dashcam's picture: applied at random to whole training views.

Each effect is rare enough that about half of the views stay clean but for light and colour. Called by `training.views`.
"""

from __future__ import annotations

import numpy as np

__all__ = ["damage"]


def damage(rgb: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
    """A damaged copy of a uint8 RGB picture (the same size)."""
    rgb = _light(rgb, rng)
    chance = rng.random(8)
    if chance[0] < 0.07:
        rgb = _night(rgb, rng)
    if chance[1] < 0.06:
        rgb = _rain(rgb, rng)
    if chance[2] < 0.12:
        rgb = _motion_blur(rgb, rng)
    elif chance[3] < 0.10:
        rgb = _soft(rgb, rng)
    if chance[4] < 0.08:
        rgb = _noise(rgb, rng, sigma=rng.uniform(3, 14))
    if chance[5] < 0.06:
        grey = rgb.mean(axis=2, keepdims=True).astype(np.uint8)
        rgb = np.repeat(grey, 3, axis=2)
    if chance[6] < 0.25:
        rgb = _coded(rgb, ".jpg", int(rng.integers(18, 75)))
    elif chance[7] < 0.10:
        # WebP's lossy mode is VP8 key frames: intra prediction, 4x4 transforms and a loop filter, as in H.264.
        rgb = _coded(rgb, ".webp", int(rng.integers(4, 45)))
    return rgb


def _light(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Exposure, contrast, gamma and a colour cast, as one table per channel; then saturation."""
    import cv2

    x = np.arange(256, dtype=np.float32) / 255
    gamma = np.exp(rng.uniform(-0.4, 0.4))
    gain, shift = rng.uniform(0.75, 1.25), rng.uniform(-0.1, 0.1)
    cast = 1 + rng.uniform(-0.12, 0.12, 3)
    tables = np.stack([np.clip((x**gamma - 0.5) * gain * c + 0.5 + shift, 0, 1) for c in cast], axis=-1)
    out = cv2.LUT(rgb, (tables * 255).astype(np.uint8)[None])
    if rng.random() < 0.4:
        grey = cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        amount = float(rng.uniform(0.3, 1.4))
        out = cv2.addWeighted(out, amount, grey, 1 - amount, 0)
    return np.asarray(out)


def _night(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Dark, noisy, with a glare or two as of headlamps."""
    import cv2

    dark = rgb.astype(np.float32) * rng.uniform(0.2, 0.55)
    height, width = rgb.shape[:2]
    glare = np.zeros((height // 4, width // 4, 3), np.float32)
    for _ in range(int(rng.integers(0, 4))):
        centre = (int(rng.integers(width // 4)), int(rng.integers(height // 4)))
        colour = tuple(float(v) for v in np.array([255, 240, 210]) * rng.uniform(0.5, 1))
        cv2.circle(glare, centre, int(rng.integers(1, 6)), colour, -1)
    glare = cv2.GaussianBlur(glare, (0, 0), 5)
    dark += cv2.resize(glare, (width, height), interpolation=cv2.INTER_LINEAR)
    return _noise(np.clip(dark, 0, 255).astype(np.uint8), rng, sigma=rng.uniform(3, 12))


def _rain(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bright streaks of one slant over a hazed picture."""
    import cv2

    height, width = rgb.shape[:2]
    streaks = np.zeros((height, width), np.uint8)
    slant, length = rng.uniform(-0.4, 0.4), rng.uniform(8, 26)
    for x, y in rng.uniform(0, 1, (int(rng.integers(60, 260)), 2)) * (width, height):
        end = (int(x + slant * length), int(y + length))
        cv2.line(streaks, (int(x), int(y)), end, int(rng.integers(90, 220)), 1, cv2.LINE_AA)
    haze = float(rng.uniform(0.05, 0.25))
    out = rgb * (1 - haze) + 170 * haze
    out += streaks[..., None] * np.float32(rng.uniform(0.25, 0.6))
    return np.asarray(np.clip(out, 0, 255).astype(np.uint8))


def _motion_blur(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    import cv2

    length = int(rng.integers(3, 10))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.normal(0, 0.3) if rng.random() < 0.6 else rng.uniform(0, np.pi)  # a car's camera smears sideways
    centre = (length - 1) / 2
    reach = np.array([np.cos(angle), np.sin(angle)]) * centre
    start, end = (np.round(centre + sign * reach).astype(int) for sign in (-1, 1))
    cv2.line(kernel, tuple(int(v) for v in start), tuple(int(v) for v in end), 1.0, 1)
    return np.asarray(cv2.filter2D(rgb, -1, kernel / max(kernel.sum(), 1e-6)))


def _soft(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Out of focus, or enlarged from a smaller picture."""
    import cv2

    if rng.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(rgb, (0, 0), float(rng.uniform(0.5, 1.6))))
    height, width = rgb.shape[:2]
    factor = rng.uniform(0.45, 0.85)
    small = cv2.resize(rgb, (int(width * factor), int(height * factor)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


def _noise(rgb: np.ndarray, rng: np.random.Generator, *, sigma: float) -> np.ndarray:
    noise = rng.standard_normal((*rgb.shape[:2], 1 if rng.random() < 0.5 else 3), dtype=np.float32) * np.float32(sigma)
    return np.asarray(np.clip(rgb + noise, 0, 255).astype(np.uint8))


def _coded(rgb: np.ndarray, suffix: str, quality: int) -> np.ndarray:
    """Once through a lossy codec."""
    import cv2

    flag = cv2.IMWRITE_JPEG_QUALITY if suffix == ".jpg" else cv2.IMWRITE_WEBP_QUALITY
    done, data = cv2.imencode(suffix, rgb[:, :, ::-1], [flag, quality])
    if not done:
        return rgb
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return rgb if decoded is None else np.ascontiguousarray(decoded[:, :, ::-1])
