"""A text reader and finder: crops in, text and score out. Port and backend in one file, since there is one backend.

The backend is ``rapidocr`` (PP-OCR models, which its wheel carries, so nothing is downloaded), in the extra
``[audit]``, run on OpenVINO. The audit uses recognition alone: it knows where plates are, and finding text costs
thirty times more. Burned-in text is looked for in a few pictures of a clip (`pipeline.burned_in`).
"""

from __future__ import annotations

import importlib.util
import logging
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np

from dashcamcleaner.detection import openvino
from dashcamcleaner.errors import DetectorFailed, ExtraMissing, extra_hint
from dashcamcleaner.messages import msg

__all__ = ["RapidOcrReader", "Reading", "TextReader", "check_reader", "open_reader"]

_LINE_HEIGHT_PX = 96
"""Crops are enlarged to this: the network takes 48, and its own enlarging is coarser."""

_TWO_LINES = 2.2
"""A plate less than this many times as wide as high may have two lines; both halves are read as well."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a crop says.

    Args:
        text: letters and digits only, upper case; all scripts.
        score: 0-1, mean over its characters.
        line: the same with its marks and blanks, as it was read.
    """

    text: str
    score: float
    line: str = ""


class TextReader(Protocol):
    """Reads what a crop of a plate says.

    Attributes:
        description: what is at work, for people.
    """

    description: str

    def read(self, crops: Sequence[np.ndarray]) -> list[Reading]:
        """One reading per uint8 RGB crop ``(h, w, 3)``; an empty text where nothing can be read."""

    def find(self, picture: np.ndarray) -> list[tuple[float, float, float, float]]:
        """Where a uint8 RGB picture ``(h, w, 3)`` shows text: boxes ``x1, y1, x2, y2`` in its pixels."""

    def close(self) -> None:
        """Give the backend's memory back."""


def open_reader() -> RapidOcrReader:
    """The reader.

    Raises:
        ExtraMissing: ``rapidocr`` is not installed.
    """
    check_reader()
    return RapidOcrReader()


def check_reader() -> None:
    """See that the reader can be opened, without opening it.

    Raises:
        ExtraMissing: ``rapidocr`` is not installed.
    """
    if importlib.util.find_spec("rapidocr") is None:
        raise ExtraMissing("the text reader is not installed.", hint=extra_hint("audit"))


class RapidOcrReader:
    """A `TextReader`; calls from several threads take turns."""

    def __init__(self) -> None:
        openvino.versions()
        import rapidocr

        # It logs each model that it loads, to the root logger's handlers.
        logging.getLogger("RapidOCR").setLevel(logging.ERROR)
        backend = rapidocr.EngineType.OPENVINO
        self._ocr: Any = rapidocr.RapidOCR(
            params={
                "Det.engine_type": backend, "Cls.engine_type": backend, "Rec.engine_type": backend,
                "Global.log_level": "error", "Global.text_score": 0.0,
            }
        )  # fmt: skip
        self._lock = threading.Lock()
        self.description = msg("rapidocr {getattr}", getattr=getattr(rapidocr, "__version__", "")).strip()

    def read(self, crops: Sequence[np.ndarray]) -> list[Reading]:
        """See `TextReader.read`."""
        with self._lock:
            if self._ocr is None:
                raise DetectorFailed("the text reader was closed.")
            return [self._read_one(crop) for crop in crops]

    def find(self, picture: np.ndarray) -> list[tuple[float, float, float, float]]:
        """Where a picture shows text, whatever it says.

        Args:
            picture: uint8 RGB ``(h, w, 3)``.

        Returns:
            Boxes ``x1, y1, x2, y2`` in its pixels.

        Raises:
            DetectorFailed: the network failed.
        """
        with self._lock:
            if self._ocr is None:
                raise DetectorFailed("the text reader was closed.")
            try:
                result = self._ocr(np.ascontiguousarray(picture[..., ::-1]), use_det=True, use_cls=False, use_rec=False)
            except RuntimeError as error:
                raise DetectorFailed(msg("the text finder failed: {error}.", error=error)) from error
        boxes = [] if result.boxes is None else [np.asarray(corners, float) for corners in result.boxes]
        return [(*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist()) for corners in boxes]

    def close(self) -> None:
        """Give the backend's memory back."""
        with self._lock:
            self._ocr = None

    def _read_one(self, crop: np.ndarray) -> Reading:
        h, w = crop.shape[:2]
        if min(h, w) < 4:
            return Reading("", 0.0)
        whole = self._line(crop)
        if w / h >= _TWO_LINES:
            return whole
        half = max(4, round(h * 0.52))
        lines = [self._line(part) for part in (crop[:half], crop[h - half :])]
        lines = [line for line in lines if len(line.text) > 1]
        if not lines:
            return whole
        text = "".join(line.text for line in lines)
        score = sum(line.score * len(line.text) for line in lines) / len(text)
        return Reading(text, score) if len(text) * score > len(whole.text) * whole.score else whole

    def _line(self, crop: np.ndarray) -> Reading:
        factor = _LINE_HEIGHT_PX / crop.shape[0]
        large = cv2.resize(np.ascontiguousarray(crop), None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
        try:
            result = self._ocr(large[..., ::-1], use_det=False, use_cls=False, use_rec=True)
        except RuntimeError as error:
            raise DetectorFailed(msg("the text reader failed: {error}.", error=error)) from error
        if not result.txts:
            return Reading("", 0.0)
        line = str(result.txts[0])
        return Reading(re.sub(r"[\W_]+", "", line).upper(), float((result.scores or (0.0,))[0]), line)
