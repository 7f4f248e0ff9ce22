"""Every limit, on real servers whose limits are small: what is over is refused early, by a sentence and a status."""

from __future__ import annotations

import asyncio
import base64
import socket
import struct
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from dashcamcleaner.errors import ServiceBusy
from dashcamcleaner.service.work_queue import WorkQueue
from tests import clips
from tests.service.running import RunningServer, coded, end_of, running, street_file, wait_until


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("limits")
    flags = [
        "--max-picture-mb", "0.2", "--max-request-mb", "0.5", "--max-megapixels", "0.3", "--max-pictures", "3",
        "--max-clip-mb", "0.3", "--max-duration", "2", "--max-request-time", "20", "--max-upload-time", "1",
    ]  # fmt: skip
    with running(folder / "storage", *flags) as found:
        yield found


def noise(side: int) -> bytes:
    return coded(np.random.default_rng(1).integers(0, 255, (side, side, 3), np.uint8), "PNG")


def anonymize(server: RunningServer, content: bytes) -> tuple[int, str]:
    answer = server.client.post("/anonymize", files={"files": ("a.png", content)})
    return answer.status_code, answer.text


def test_bytes_of_a_picture(small: RunningServer) -> None:
    status, text = anonymize(small, noise(300))  # 0.27 MB of noise
    assert status == 413
    assert "0.2 MB are taken" in text


def test_bytes_of_a_request_by_its_header(small: RunningServer) -> None:
    status, text = anonymize(small, bytes(600_000))
    assert status == 413
    assert "0.5 MB" in text


def test_bytes_of_a_request_that_tells_no_length(small: RunningServer) -> None:
    parts = (bytes(50_000) for _ in range(20))
    answer = small.client.post("/anonymize", content=parts, headers={"Content-Type": "image/png"})
    assert answer.status_code == 413


def test_pixels_are_refused_before_they_are_decoded(small: RunningServer) -> None:
    bomb = coded(np.zeros((8000, 8000, 3), np.uint8), "PNG")  # 64 million pixels in few bytes
    assert len(bomb) < 200_000
    header = bomb[: bomb.index(b"IDAT") + 20]  # of this there is no picture to decode
    huge = bytearray(header)
    huge[16:24] = struct.pack(">II", 60_000, 60_000)  # more than the reader takes, whatever the limit is
    huge[29:33] = struct.pack(">I", zlib.crc32(huge[12:29]))
    for content, says in ((bomb, "8000x8000"), (header, "8000x8000"), (bytes(huge), "too large a picture")):
        status, text = anonymize(small, content)
        assert status == 413
        assert says in text
    fitting = coded(np.zeros((80, 80, 3), np.uint8), "PNG")
    status, text = anonymize(small, fitting[: fitting.index(b"IDAT") + 20])
    assert status not in (200, 413), "a picture that is small enough is decoded, and this one cannot be"


def test_count_of_pictures(small: RunningServer) -> None:
    tiny = coded(np.zeros((8, 8, 3), np.uint8), "PNG")
    for number in (4, 9):
        answer = small.client.post("/score", files=[("files", (f"{n}.png", tiny)) for n in range(number)])
        assert answer.status_code == 413, answer.text
        assert "3 files" in answer.json()["detail"]
    rows = [{"data": base64.b64encode(tiny).decode()}] * 4
    assert small.client.post("/score", json={"pictures": rows}).status_code == 413


def test_bytes_of_a_clip(small: RunningServer) -> None:
    answer = small.client.post("/jobs", files={"files": ("a.mp4", bytes(400_000))})
    assert answer.status_code == 413


def test_routes_without_a_body_take_none(small: RunningServer) -> None:
    assert small.client.request("DELETE", f"/jobs/{'0' * 32}", content=bytes(100_000)).status_code == 413


@pytest.mark.parametrize(
    ("recipe", "says"), [({"size": (800, 600), "frames": 2}, "800x600"), ({"size": (64, 64), "frames": 90}, "3 s")]
)
def test_pixels_and_duration_of_a_clip(small: RunningServer, tmp_path: Path, recipe: dict, says: str) -> None:
    clip = clips.make(tmp_path / "a.mp4", **recipe).path.read_bytes()
    told = end_of(small, small.client.post("/jobs", files={"files": ("a.mp4", clip)}).json()["id"])
    assert told["problem"]["status"] == 413, told
    assert says in told["problem"]["detail"]


def test_a_body_that_does_not_come(small: RunningServer) -> None:
    place = urlsplit(small.url)
    with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
        head = f"POST /jobs HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: video/mp4\r\nContent-Length: 1000\r\n\r\n"
        connection.sendall(head.encode() + b"only this")
        answer = b""
        while part := connection.recv(65536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 408"), answer
    assert b"TooSlow" in answer


@pytest.mark.parametrize(
    ("route", "kind"),
    [("/jobs", "video/mp4"), ("/jobs", "multipart/form-data; boundary=x"), ("/score", "application/json")],
)
def test_a_caller_who_hangs_up_is_no_fault_of_the_server(small: RunningServer, route: str, kind: str) -> None:
    place = urlsplit(small.url)
    told = len(small.lines)
    with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
        head = f"POST {route} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: {kind}\r\nContent-Length: 1000\r\n\r\n"
        connection.sendall(head.encode() + b"--x")
    wait_until(lambda: any(f"POST {route}" in line for line in small.lines[told:]), what="the request's line")
    assert f"POST {route} 400" in "".join(small.lines[told:])
    assert "Traceback" not in "".join(small.lines[told:])


def test_time_of_an_answer() -> None:
    begun, over = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        over.wait(20)

    async def ask(queue: WorkQueue) -> None:
        while not begun.is_set():  # what waited in vain before its thread came to it is dropped
            with pytest.raises(ServiceBusy):
                await queue.run(work)
        assert queue.inside == 1, "it goes on, and keeps its place"
        over.set()

    queue = WorkQueue(most_waiting=1, patience_s=0.05, threads=1)
    try:
        asyncio.run(ask(queue))
    finally:
        over.set()
        queue.close()
    assert queue.inside == 0


def test_time_of_a_job(tmp_path: Path) -> None:
    long = clips.make(tmp_path / "a.mp4", frames=600, size=(160, 96)).path.read_bytes()
    with running(tmp_path / "storage", "--max-job-time", "1", ready=False) as server:
        sent = server.client.post("/jobs", content=long, headers={"Content-Type": "video/mp4"})
        told = end_of(server, sent.json()["id"])
        assert told["problem"]["status"] == 413
        assert "1 s" in told["problem"]["detail"]


def test_a_full_line_of_pictures(tmp_path: Path) -> None:
    sent = street_file(size=(1600, 900))
    with running(tmp_path / "storage", "--picture-queue", "1") as server, ThreadPoolExecutor(12) as threads:

        def ask(_: int) -> tuple[int, str]:
            answer = server.client.post("/anonymize?tiles=4", files={"files": ("a.jpg", sent)})
            return answer.status_code, answer.headers.get("retry-after", "")

        answers = list(threads.map(ask, range(12)))
        statuses = {status for status, _ in answers}
        assert statuses == {200, 429}, statuses
        assert all(int(after) >= 1 for status, after in answers if status == 429)
        assert server.client.get("/health").status_code == 200
