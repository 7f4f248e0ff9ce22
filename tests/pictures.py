"""Pictures drawn at test time in which the shipped weights see faces and plates: rendered, of nobody."""

from __future__ import annotations

import cv2
import numpy as np

__all__ = ["street"]

_LETTERS = list("ABCDEFGHKLMNPRSTUVWXYZ0123456789")


def street(seed: int, *, size: tuple[int, int] = (640, 360)) -> np.ndarray:
    """A street as RGB ``(h, w, 3)``: three cars with plates, three drawn heads above them, some noise."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((360, 640, 3), np.uint8)
    picture[:] = np.linspace(200, 90, 360)[:, None, None]
    picture[220:] = (70, 70, 75)
    picture = np.clip(picture + rng.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)
    for _ in range(3):
        _car(picture, rng)
        _head(picture, rng)
    picture = cv2.GaussianBlur(picture, (0, 0), 0.8)
    return picture if size == (640, 360) else cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)


def _car(picture: np.ndarray, rng: np.random.Generator) -> None:
    x, y, s = int(rng.integers(20, 440)), int(rng.integers(150, 230)), float(rng.uniform(0.7, 1.3))
    w, h = int(150 * s), int(100 * s)
    paint = tuple(int(v) for v in rng.integers(30, 180, 3))
    glass = tuple(int(v * 0.6) for v in paint)
    cv2.rectangle(picture, (x, y), (x + w, y + h), paint, -1)
    cv2.rectangle(picture, (x + int(0.12 * w), y - int(0.4 * h)), (x + int(0.88 * w), y + int(0.25 * h)), glass, -1)
    for at in (0.14, 0.86):
        axes = (int(0.09 * w), int(0.1 * h))
        cv2.ellipse(picture, (x + int(at * w), y + int(0.5 * h)), axes, 0, 0, 360, (200, 40, 40), -1)
    cv2.rectangle(picture, (x, y + int(0.85 * h)), (x + w, y + h), (30, 30, 30), -1)
    pw, ph = int(62 * s), int(16 * s)
    px, py = x + w // 2 - pw // 2, y + int(0.6 * h)
    cv2.rectangle(picture, (px, py), (px + pw, py + ph), (235, 235, 230), -1)
    cv2.rectangle(picture, (px, py), (px + pw, py + ph), (20, 20, 20), 1)
    text = "".join(rng.choice(_LETTERS, 7))
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(picture, text, (px + 3, py + ph - 4), font, 0.42 * s, (10, 10, 10), 1, cv2.LINE_AA)


def _head(picture: np.ndarray, rng: np.random.Generator) -> None:
    x, y, r = int(rng.integers(30, 600)), int(rng.integers(40, 120)), int(rng.integers(10, 26))
    cv2.ellipse(picture, (x, y), (r, int(1.3 * r)), 0, 0, 360, (210, 165, 135), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (x, y - int(0.75 * r)), (r, int(0.65 * r)), 0, 180, 360, (50, 35, 25), -1, cv2.LINE_AA)
    for side in (-0.4, 0.4):
        eye, axes = (x + int(side * r), y - int(0.15 * r)), (max(1, int(0.17 * r)), max(1, int(0.1 * r)))
        cv2.ellipse(picture, eye, axes, 0, 0, 360, (30, 20, 20), -1, cv2.LINE_AA)
    cv2.line(picture, (x, y), (x - 1, y + int(0.3 * r)), (160, 110, 90), 1, cv2.LINE_AA)
    mouth = (x, y + int(0.6 * r))
    cv2.ellipse(picture, mouth, (int(0.35 * r), int(0.12 * r)), 0, 0, 360, (150, 70, 70), -1, cv2.LINE_AA)
