"""The choice of `--batch auto`, on stand-ins for a GPU, since none is at hand; and pictures prepared in threads."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

from dashcamcleaner.detection.batch_size import MOST, best_batch
from dashcamcleaner.detection.batched import BatchedDetector
from dashcamcleaner.detection.yolo import Placement
from tests import fakes


def gpu(*, each_s: float, call_s: float = 0.01, fits: int = 1000) -> tuple[Callable[[int], float], list[int]]:
    """A GPU that takes some time for a call and some for each picture, and holds so many pictures."""
    asked: list[int] = []

    def seconds(count: int) -> float:
        asked.append(count)
        if count > fits:
            raise RuntimeError("CUDA out of memory")
        return call_s + each_s * count

    return seconds, asked


@pytest.mark.parametrize(
    ("each_s", "fits", "size", "words"),
    [
        (0.0, 1000, MOST, "larger than"),  # whatever it is given takes the same time
        (1.0, 1000, 1, "no faster"),  # busy with one picture
        (0.01, 1000, 8, "no faster"),
        (0.0, 5, 4, "do not fit"),
        (0.0, 0, 1, "do not fit"),
    ],
)
def test_sizes_are_tried_while_they_gain_and_fit(each_s: float, fits: int, size: int, words: str) -> None:
    seconds, asked = gpu(each_s=each_s, fits=fits)
    chosen, why = best_batch(seconds)
    assert chosen == size
    assert words in why
    assert max(asked) <= 2 * size or size == 1


def test_a_batch_that_would_take_more_than_half_of_the_free_memory_is_not_tried() -> None:
    seconds, asked = gpu(each_s=0.0)
    chosen, why = best_batch(seconds, free_bytes=lambda: 1000, taken_bytes=lambda: 100 * max(asked))
    assert chosen == max(asked) == 4  # eight might take 800 of the 500 that it may have
    assert "half of the free memory" in why


def test_pictures_of_a_batch_are_laid_by_threads_and_give_what_one_after_the_other_gives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    laid: set[str] = set()
    lay = BatchedDetector._lay

    def noted(self: BatchedDetector, number: int, picture: np.ndarray) -> Placement:
        laid.add(threading.current_thread().name)
        return lay(self, number, picture)

    monkeypatch.setattr(BatchedDetector, "_lay", noted)

    def infer(pictures: np.ndarray) -> np.ndarray:
        out = np.zeros((len(pictures), 5, 252), np.float32)  # the cells of strides 8, 16 and 32
        out[:, :4, 0] = 50
        out[:, 4, 0] = pictures.reshape(len(pictures), -1).mean(axis=1) / 255
        return out

    def open_it(batch: int, buffer: np.ndarray | None = None) -> BatchedDetector:
        return BatchedDetector(infer, class_kinds=("face",), head="raw", input_size=(128, 96), batch=batch,
                               floor=0.01, description=fakes.description(), buffer=buffer)  # fmt: skip

    rng = np.random.default_rng(1)
    pictures = [rng.integers(0, 255, (90 - 8 * (n % 3), 128, 3), dtype=np.uint8) for n in range(7)]
    one, many = open_it(1), open_it(4, np.zeros((4, 96, 128, 3), np.uint8))
    assert one.batch == 1
    assert many.batch == many.parallel == 4
    alone = one.detect(pictures)
    assert laid == {threading.current_thread().name}
    for mine, its in zip(alone, many.detect(pictures), strict=True):
        assert mine.xyxy.tolist() == its.xyxy.tolist()
        assert mine.score.tolist() == its.score.tolist()
    assert any("letterbox" in name for name in laid)
    one.close()
    many.close()
    assert not any("letterbox" in thread.name for thread in threading.enumerate())
