"""What a service does under load: many mixed good and bad requests at once, against a real server process.

    python benchmarks/service.py                      # 200 requests, 20 at once
    python benchmarks/service.py --requests 400

A third are bad (no picture, wrong settings, broken JSON, unknown jobs), the rest pictures to score, to clean and to
search, of several shapes. Told are statuses, the time of one good request alone, the 95th percentile of all under load,
the bound that it is held to (3 x alone x at once / cores), the server's memory before and after, and the processor. The
exit status is 1 if there was a 5xx, or a figure is over its bound.
"""

from __future__ import annotations

import argparse
import base64
import itertools
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dashcamcleaner.core.plain_text import say
from dashcamcleaner.detection.diagnostics import chip
from dashcamcleaner.detection.yolo import cpu_count
from tests.service.running import RunningServer, running, street_file

Request = Callable[[httpx.Client], httpx.Response]

SHAPES = ((640, 360), (480, 360), (360, 640), (360, 360))


@dataclass(frozen=True)
class Figures:
    """What was measured; times in seconds, memory in MB.

    Args:
        statuses: how often each came.
        alone_s: the median of good requests, one at a time.
        p95_s: the 95th percentile of all requests under load.
        bound_s: what that is held to.
        before_mb: the server's resident memory before the load, after a first round of all kinds of requests.
        after_mb: the same after it.
        wall_s: how long the load took.
    """

    statuses: dict[int, int]
    alone_s: float
    p95_s: float
    bound_s: float
    before_mb: float
    after_mb: float
    wall_s: float

    @property
    def faults(self) -> list[str]:
        """What is not as the service is held to."""
        found = [f"{count} answers with {status}" for status, count in self.statuses.items() if status >= 500]
        if self.p95_s > self.bound_s:
            found.append(f"p95 is over its bound by {self.p95_s - self.bound_s:.2f} s")
        if self.after_mb > self.before_mb * 1.1 + 20:
            found.append(f"memory grew by {self.after_mb - self.before_mb:.0f} MB")
        return found


def good_requests() -> list[Request]:
    """Pictures of several shapes, to each route and in each form of body."""
    sent = [street_file(seed=seed, size=size) for seed, size in enumerate(SHAPES)]

    def form(path: str, content: bytes) -> Request:
        return lambda client: client.post(path, files={"files": ("street.jpg", content)})

    def raw(path: str, content: bytes) -> Request:
        return lambda client: client.post(path, content=content, headers={"Content-Type": "image/jpeg"})

    def coded(path: str, content: bytes) -> Request:
        rows = [{"name": "street.jpg", "data": base64.b64encode(content).decode()}]
        return lambda client: client.post(path, json={"pictures": rows})

    forms = itertools.cycle((form, raw, coded))
    paths = ("/anonymize", "/anonymize?method=detect", "/score", "/anonymize?format=png&style=mosaic")
    return [next(forms)(path, content) for content in sent for path in paths]


def bad_requests() -> list[Request]:
    """What is refused."""
    picture = street_file()
    return [
        lambda client: client.post("/anonymize", files={"files": ("a.jpg", b"no pixels")}),
        lambda client: client.post("/score", content=b"{", headers={"Content-Type": "application/json"}),
        lambda client: client.post("/anonymize?strength=99", files={"files": ("a.jpg", picture)}),
        lambda client: client.post("/anonymize", files={"files": ("a.jpg", picture[:900])}),
        lambda client: client.get(f"/jobs/{'0' * 32}"),
        lambda client: client.post("/jobs", json={"paths": ["../../etc/passwd"]}),
        lambda client: client.get("/no/such/route"),
        lambda client: client.post("/score?policy=none", files={"files": ("a.jpg", picture)}),
    ]


def measure(server: RunningServer, *, requests: int = 200, at_once: int = 20) -> Figures:
    """Load a server that is ready, and otherwise idle."""
    good, bad = good_requests(), bad_requests()
    for one in [*good, *bad, *good]:  # opens what is opened once
        one(server.client)
    alone = statistics.median(_timed(one, server.client)[1] for one in good)
    process = psutil.Process(server.process.pid)
    mixed = list(itertools.islice(_mixed(good, bad), requests))
    with ThreadPoolExecutor(at_once) as threads:
        list(threads.map(lambda one: one(server.client), mixed[: 2 * at_once]))  # as many threads as there will be
        before = process.memory_info().rss / 1e6
        begun = time.monotonic()
        found = list(threads.map(lambda one: _timed(one, server.client), mixed))
        wall = time.monotonic() - begun
    times = sorted(seconds for _, seconds in found)
    return Figures(
        statuses=dict(sorted(Counter(status for status, _ in found).items())),
        alone_s=alone,
        p95_s=times[int(0.95 * len(times))],
        bound_s=3 * alone * at_once / cpu_count(),
        before_mb=before,
        after_mb=process.memory_info().rss / 1e6,
        wall_s=wall,
    )


def _mixed(good: Sequence[Request], bad: Sequence[Request]) -> Any:
    goods, bads = itertools.cycle(good), itertools.cycle(bad)
    while True:
        yield from (next(goods), next(goods), next(bads))


def _timed(request: Request, client: httpx.Client) -> tuple[int, float]:
    begun = time.monotonic()
    answer = request(client)
    return answer.status_code, time.monotonic() - begun


def main() -> int:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=20)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "storage") as server:
        figures = measure(server, requests=args.requests, at_once=args.at_once)
    found = chip()
    say(
        f"on {found.name}, {found.cores} cores, {', '.join(found.arithmetic)}",
        f"statuses: {', '.join(f'{status}: {count}' for status, count in figures.statuses.items())}",
        f"one good request alone: {figures.alone_s * 1000:.0f} ms",
        f"p95 of {args.requests} requests, {args.at_once} at once: {figures.p95_s * 1000:.0f} ms "
        f"(bound {figures.bound_s * 1000:.0f} ms on {cpu_count()} cores)",
        f"memory: {figures.before_mb:.0f} MB before, {figures.after_mb:.0f} MB after",
        f"{args.requests / figures.wall_s:.1f} requests a second; load of the machine {os.getloadavg()[0]:.1f}",
        f"not held: {'; '.join(figures.faults)}" if figures.faults else "all bounds are held",
    )
    return 1 if figures.faults else 0


if __name__ == "__main__":
    sys.exit(main())
