"""Models are opened once, whoever asks, and answer every asker alike."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import BlindReader, ScriptedDetector

from dashcamcleaner.detection.pool import ModelPool, SharedThreads, shared_pool
from dashcamcleaner.detection.registry import backend_installed
from dashcamcleaner.detection.weights_search import shipped_folders
from dashcamcleaner.errors import BackendError, DetectorFailed, WeightsError


class Opener:
    """Opens fake detectors and keeps what was asked for."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.opened: list[ScriptedDetector] = []

    def __call__(self, **asked: Any) -> ScriptedDetector:
        self.asked.append(asked)
        self.opened.append(ScriptedDetector({}))
        return self.opened[-1]


def test_the_same_is_opened_once_and_another_apart() -> None:
    opener = Opener()
    pool = ModelPool(open_detector=opener)
    first = pool.detector(inference_size=640, aspect=(1920, 1080))
    assert pool.detector(inference_size=640, aspect=(1280, 720)) is first  # one network input for both
    assert opener.asked[0]["aspect"] == (1920, 1080)
    others: list[dict[str, Any]] = [
        {"inference_size": 320}, {"aspect": (1, 1)}, {"backend": "onnx"}, {"device": "gpu"}, {"precision": "f32"},
        {"batch": 4}, {"threads": 1}, {"trust_weights": True}, {"floor": 0.01}, {"weights": "interim-n"},
    ]  # fmt: skip
    for other in others:
        assert pool.detector(**{"inference_size": 640, "aspect": (1920, 1080), **other}) is not first, other
    assert len(opener.opened) == 1 + len(others)


def test_weights_that_were_exchanged_are_opened_anew(tmp_path: Path) -> None:
    shipped = next(path for folder in shipped_folders() for path in sorted(folder.glob("*.onnx")))
    own = tmp_path / "own.onnx"
    shutil.copy(shipped, own)
    pool = ModelPool(open_detector=Opener())
    first = pool.detector(weights=str(own))
    assert pool.detector(weights=str(own)) is first
    own.write_bytes(own.read_bytes() + b"\0")
    assert pool.detector(weights=str(own)) is not first
    with pytest.raises(WeightsError):
        pool.detector(weights=str(tmp_path / "gone.onnx"))


def test_the_audits_own_models_come_from_the_same_pool() -> None:
    faces, readers = Opener(), []
    pool = ModelPool(
        open_second_detector=faces, open_text_reader=lambda: readers.append(BlindReader()) or readers[-1]  # type: ignore[func-returns-value]
    )  # fmt: skip
    assert pool.second_detector(inference_size=1280) is pool.second_detector(inference_size=1280)
    assert pool.second_detector(inference_size=320) is not pool.second_detector(inference_size=1280)
    assert pool.text_reader() is pool.text_reader()
    assert (len(faces.opened), len(readers)) == (2, 1)


def test_threads_that_ask_at_once_wait_for_one_opening() -> None:
    opened: list[ScriptedDetector] = []

    def slowly(**_: Any) -> ScriptedDetector:
        time.sleep(0.05)
        opened.append(ScriptedDetector({}))
        return opened[-1]

    pool = ModelPool(open_detector=slowly)
    got: list[Any] = []
    threads = [threading.Thread(target=lambda: got.append(pool.detector())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 1
    assert got == opened * 8


def test_a_failure_is_told_and_not_kept() -> None:
    tries = iter([BackendError("no engine"), None])

    def at_the_second_try(**_: Any) -> ScriptedDetector:
        error = next(tries)
        if error is not None:
            raise error
        return ScriptedDetector({})

    pool = ModelPool(open_detector=at_the_second_try)
    with pytest.raises(BackendError, match="no engine"):
        pool.detector()
    assert pool.detector() is pool.detector()


def test_closing_closes_all_and_gives_no_more() -> None:
    opener = Opener()
    with ModelPool(open_detector=opener) as pool:
        pool.detector()
        pool.detector(inference_size=320)
        assert not any(one.closed for one in opener.opened)
    assert all(one.closed for one in opener.opened)
    with pytest.raises(BackendError, match="closed"):
        pool.detector()


def test_what_is_being_opened_while_the_pool_closes_is_closed_too() -> None:
    begun, go_on = threading.Event(), threading.Event()
    opened = ScriptedDetector({})

    def slowly(**_: Any) -> ScriptedDetector:
        begun.set()
        go_on.wait(5)
        return opened

    pool = ModelPool(open_detector=slowly)
    thread = threading.Thread(target=pool.detector)
    thread.start()
    begun.wait(5)
    pool.close()
    go_on.set()
    thread.join()
    assert opened.closed


def test_the_one_that_nobody_asked_for_longest_is_let_go_but_not_closed() -> None:
    opener = Opener()
    pool = ModelPool(open_detector=opener, most_kept=2)
    first = pool.detector(inference_size=320)
    pool.detector(inference_size=480)
    assert pool.detector(inference_size=320) is first
    pool.detector(inference_size=640)  # 480 goes
    assert pool.detector(inference_size=320) is first
    assert len(opener.opened) == 3
    pool.detector(inference_size=480)
    assert len(opener.opened) == 4
    assert not any(one.closed for one in opener.opened)


def test_the_process_has_one() -> None:
    assert shared_pool() is shared_pool()


@pytest.mark.skipif(not backend_installed("openvino"), reason="OpenVINO is not installed")
def test_a_real_detector_forgets_what_an_earlier_run_left_under_way() -> None:
    pictures = [np.random.default_rng(n).integers(0, 255, (180, 320, 3), np.uint8) for n in range(6)]

    def scores(detector: Any) -> list[list[float]]:
        return [one.score.tolist() for one in detector.detect(pictures)]

    with ModelPool() as fresh, ModelPool() as used:
        asked: dict[str, Any] = {"inference_size": 320, "aspect": (16, 9), "backend": "openvino", "floor": 1e-4}
        detector = used.detector(**asked)
        detector.submit(pictures)  # type: ignore[attr-defined]  # a run that was cancelled: nobody fetches these
        detector.detect([np.zeros((300, 100, 3), np.uint8)])  # another shape was letterboxed in between
        expected = scores(fresh.detector(**asked))
        assert any(expected)
        assert scores(used.detector(**asked)) == expected
    with pytest.raises(DetectorFailed):
        detector.detect(pictures)


def test_with_shared_threads_every_model_is_the_other_pools_with_the_threads_of_all() -> None:
    asked: list[tuple[str, int]] = []

    def opener(name: str) -> Any:
        return lambda *_, **options: asked.append((name, options["threads"])) or ScriptedDetector([])

    names = ("detector", "second_detector", "classifier", "safety", "describer")
    pool = ModelPool(**{f"open_{name}": opener(name) for name in names})
    first, second = (SharedThreads(pool, threads=6) for _ in range(2))
    for one in (first, second):
        one.detector(inference_size=640, aspect=(1920, 1080), threads=2)
        one.second_detector(inference_size=640, threads=2)
        one.classifier("driving", threads=2)
        one.safety(("nudity",), threads=2)
        one.describer(threads=2)
    assert asked == [(name, 6) for name in names]
