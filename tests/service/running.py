"""A real server process on a free port, and small files to send it."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np
import psutil
from PIL import Image

from tests.pictures import street

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class RunningServer:
    """A server process and a client of it."""

    process: subprocess.Popen[str]
    url: str
    client: httpx.Client
    lines: list[str] = field(default_factory=list)

    def kill(self) -> None:
        """As a crash or a full machine would end it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


@contextlib.contextmanager
def running(storage: Path, *flags: str, token: str = "", ready: bool = True) -> Iterator[RunningServer]:
    """A server that has told its address; with ``ready``, that has loaded its models."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-m", "dashcamcleaner", "serve", "--port", "0", "--storage", str(storage), *flags]
    if "--rate" not in flags:  # tests ask more often than people
        words += ["--rate", "100000"]
    process = subprocess.Popen(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=storage.parent
    )
    assert process.stdout is not None
    assert process.stderr is not None
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(process.stderr or ()), name="stderr")
    reader.start()
    try:
        told = process.stdout.readline()
        found = re.search(r"http://[\d.]+:\d+", told)
        assert found, told + "".join(lines)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with httpx.Client(base_url=found[0], headers=headers, timeout=240, trust_env=False) as client:
            server = RunningServer(process, found[0], client, lines)
            if ready:
                wait_until(lambda: client.get("/ready").status_code == 200, what="the server to be ready")
            yield server
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        process.stdout.close()
        reader.join()
        process.stderr.close()


def wait_until(done: object, *, what: str, most_s: float = 240) -> None:
    """Ask until it is so."""
    until = time.monotonic() + most_s
    while not done():  # type: ignore[operator]
        assert time.monotonic() < until, f"waited {most_s:g} s for {what}"
        time.sleep(0.05)


def end_of(server: RunningServer, job: str) -> dict:
    """A job when it has ended."""
    found: dict = {}

    def ended() -> bool:
        found.update(server.client.get(f"/jobs/{job}").json())
        return found["state"] in ("done", "failed")

    wait_until(ended, what="the job to end")
    return found


def workers_of(storage: Path) -> list[psutil.Process]:
    """The processes of a server's jobs."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(storage) in process.cwd() and "dashcamcleaner.service.worker" in process.cmdline():
                found.append(process)
        except psutil.Error:
            continue
    return found


def coded(picture: np.ndarray, kind: str = "JPEG", **options: object) -> bytes:
    """An RGB array as a picture file."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, kind, **options)
    return buffer.getvalue()


def street_file(kind: str = "JPEG", *, seed: int = 3, size: tuple[int, int] = (640, 360), **options: object) -> bytes:
    """A rendered street in which the shipped weights see faces and plates."""
    return coded(street(seed, size=size), kind, **options)
