#!/usr/bin/env python3
"""A worker of a cluster is killed every so often: are all outputs right, none made twice, none missing, none clear?

    python benchmarks/cluster_kills.py [--store folder|s3] [--clips 40] [--every 20] [--workers 2] [--seed 24]
        [--folder WORK] [--set=--inference-size=640 ...]

Clips of two seconds are cut from the demo clip (drawn; nobody who lives is in it) at half its size, each at another
place. They are
cleaned by `dashcamcleaner clean`: once here without a cluster, for the truth, and once on a real scheduler with real
worker processes, of which one, drawn by the seed, is killed (SIGKILL) every `--every` seconds. With ``s3`` clips come
from and go to a real S3 server process (moto), through the workers' scratch folders, and the server keeps every
version of every object. Then each promise is counted:

    right      the output and its plan have the bytes of the undisturbed run (one encoder thread in both)
    missing    clips without an output
    twice      clips that ended twice; on S3 also outputs that were written twice
    left       files below the workers' scratch folder, and strangers beside the outputs
    failed     clips that the cluster gave up

The exit status is 1 where one of them is wrong. With `--folder` clips and truth are kept for the next run.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from dashcamcleaner.demo.clip import make_demo

ROOT = Path(__file__).resolve().parents[1]
_SECONDS, _RATE = 2, 30
_BUCKET = "kills"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", choices=("folder", "s3"), default="folder")
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--every", type=float, default=20.0, help="seconds between two kills")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=24)
    parser.add_argument("--folder", type=Path, help="keep clips and truth here")
    parser.add_argument("--set", action="append", default=[], help="further flags for clean")
    args = parser.parse_args()
    flags = ["--workers", "1", *args.set]
    with tempfile.TemporaryDirectory() as made, contextlib.ExitStack() as stack:
        folder = args.folder or Path(made)
        source, truth = folder / "in", folder / "truth"
        cut(source, count=args.clips)
        clean(source, truth, *flags, "--parallel", str(args.workers))
        place, output = str(source), str(Path(made, "out"))
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        if args.store == "s3":
            environment |= stack.enter_context(s3_server(source))
            place, output = f"s3://{_BUCKET}/in", f"s3://{_BUCKET}/out"
        scratch = Path(made, "scratch")
        scratch.mkdir()
        address = stack.enter_context(cluster(args.workers, Path(made), {**environment, "TMPDIR": str(scratch)}))
        killer = stack.enter_context(Killer(address, every_s=args.every, seed=args.seed))
        begun = time.monotonic()
        events = clean(place, output, *flags, "--cluster", address, environment=environment)
        wall_s = time.monotonic() - begun
        killer.stop()
        found, versions = results(args.store, output, environment)
        figures = judged(source, truth, found, versions, events, scratch)
    print(
        f"{args.clips} clips of {_SECONDS} s, {args.store}, {args.workers} workers, one killed every {args.every:g} s: "
        f"{killer.kills} kills in {wall_s:.0f} s"
    )
    print(", ".join(f"{name} {value}" for name, value in figures.items()))
    wrong = {name for name, value in figures.items() if name != "right" and value}
    return int(bool(wrong) or figures["right"] != args.clips)


def cut(folder: Path, *, count: int) -> None:
    """Clips of two seconds from the demo clip, each begun at another frame of it; those that are there stay."""
    if folder.is_dir() and len(list(folder.iterdir())) == count:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made, av.open(str(make_demo(Path(made)))) as demo:
        size = [side // 2 for side in (demo.streams.video[0].width, demo.streams.video[0].height)]
        frames = [frame.reformat(*size).to_ndarray(format="yuv420p") for frame in demo.decode(video=0)]
    length = _SECONDS * _RATE
    for number in range(count):
        first = number * (len(frames) - length) // max(1, count - 1)
        with av.open(str(folder / f"{number:03}.mp4"), "w") as container:
            stream = container.add_stream("libx264", rate=_RATE, options={"crf": "20", "preset": "veryfast"})
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            for index, planes in enumerate(frames[first : first + length]):
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(planes), format="yuv420p")
                frame.pts, frame.time_base = index, Fraction(1, _RATE)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))


def clean(
    source: Path | str, output: Path | str, *flags: str, environment: dict[str, str] | None = None
) -> list[dict[str, Any]]:
    """Clean by the command line; gives its events."""
    command = [sys.executable, "-m", "dashcamcleaner", "clean", str(source), "-o", str(output), "--json", *flags]
    environment = environment or {**os.environ, "PYTHONPATH": str(ROOT)}
    said = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=False)
    return [json.loads(line) for line in said.stdout.decode().splitlines()]


@contextlib.contextmanager
def cluster(workers: int, folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """A scheduler and its workers, as a lab would start them; gives the scheduler's address."""
    address = f"tcp://127.0.0.1:{free_port()}"
    # A distant scheduler gives a task up after 3 deaths, and counts those of the tasks that only waited there, too.
    environment = {**environment, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "10"}
    dask = [sys.executable, "-m", "dask"]
    log = (folder / "cluster.log").open("w")
    quiet: dict[str, Any] = {"stdout": log, "stderr": log}
    own = {**environment, "DASK_TEMPORARY_DIRECTORY": str(folder / "dask")}  # Dask's own locks, and no clips
    there = ["--host", "127.0.0.1", "--port", address.rpartition(":")[2], "--no-dashboard"]
    one = ["--nthreads", "1", "--nworkers", str(workers), "--no-dashboard"]
    processes = [
        subprocess.Popen([*dask, "scheduler", *there], env=own, **quiet),
        subprocess.Popen([*dask, "worker", address, *one], env=own, **quiet),
    ]
    try:
        from distributed import Client

        with Client(address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
        yield address
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait()
        log.close()


class Killer:
    """Kills one worker process every so often; its nanny starts another one."""

    def __init__(self, address: str, *, every_s: float, seed: int) -> None:
        self.kills = 0
        self._address = address
        self._every_s = every_s
        self._choice = random.Random(seed)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        from distributed import Client

        with Client(self._address, set_as_default=False) as client:
            while not self._stopped.wait(self._every_s):
                numbers = sorted(client.run(os.getpid, on_error="ignore").values())
                if numbers:
                    os.kill(self._choice.choice(numbers), signal.SIGKILL)
                    self.kills += 1


@contextlib.contextmanager
def s3_server(source: Path) -> Iterator[dict[str, str]]:
    """A process that speaks S3, the clips in a bucket that keeps all versions; gives the environment to reach it."""
    port = free_port()
    reach = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
    }
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), urllib.request.urlopen(reach["AWS_ENDPOINT_URL"]):
                break
            time.sleep(0.1)
        s3 = client_of(reach)
        s3.create_bucket(Bucket=_BUCKET)
        s3.put_bucket_versioning(Bucket=_BUCKET, VersioningConfiguration={"Status": "Enabled"})
        for path in sorted(source.iterdir()):
            s3.upload_file(str(path), _BUCKET, f"in/{path.name}")
        yield reach
    finally:
        process.terminate()
        process.wait()


def client_of(environment: dict[str, str]) -> Any:
    import boto3

    return boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def results(store: str, output: str, environment: dict[str, str]) -> tuple[dict[str, bytes], Counter[str]]:
    """What lies where the outputs go, by name, and how often each was written as far as that can be told."""
    if store == "folder":
        found = {str(path.relative_to(output)): path.read_bytes() for path in Path(output).rglob("*") if path.is_file()}
        return found, Counter(dict.fromkeys(found, 1))
    s3 = client_of(environment)
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=_BUCKET, Prefix="out/")
    written = Counter(one["Key"].removeprefix("out/") for page in pages for one in page.get("Versions", ()))
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=_BUCKET, Prefix="out/")
    keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
    found = {key.removeprefix("out/"): s3.get_object(Bucket=_BUCKET, Key=key)["Body"].read() for key in keys}
    return found, written


def judged(
    source: Path,
    truth: Path,
    found: dict[str, bytes],
    written: Counter[str],
    events: list[dict[str, Any]],
    scratch: Path,
) -> dict[str, int]:
    """The counts that the page's head names."""
    names = sorted(path.name for path in source.iterdir())
    ends = Counter(Path(one["source"]).name for one in events if one["event"] in ("finished", "failed"))
    failed = [one for one in events if one["event"] == "failed"]
    right = 0
    for name in names:
        frames = frames_of((truth / f"{name}.plan.jsonl").read_bytes())
        right += (
            len(frames) == _SECONDS * _RATE
            and found.get(name) == (truth / name).read_bytes()
            and frames_of(found.get(f"{name}.plan.jsonl", b"")) == frames
        )
    beside = {f"{name}{end}" for name in names for end in ("", ".plan.jsonl", ".report.json", ".report.html")}
    left = [path for path in scratch.rglob("*") if path.is_file()]
    strangers = [name for name in found if name not in beside and name != "report.html"]
    for one in [*failed, *left, *strangers]:
        print(f"  {one}", file=sys.stderr)
    return {
        "right": right,
        "missing": sum(name not in found for name in names),
        "twice": sum(ends[name] > 1 or written[name] > 1 for name in names),
        "left": len(left) + len(strangers),
        "failed": len(failed),
    }


def frames_of(plan: bytes) -> list[bytes]:
    """A plan's lines of frames; its head and its seal tell of paths."""
    return [line for line in plan.splitlines() if line.startswith(b'{"i":')]


if __name__ == "__main__":
    sys.exit(main())
