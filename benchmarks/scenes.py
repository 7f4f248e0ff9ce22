"""How fast are a clip's seconds labelled, against FFmpeg alone decoding and picking the same pictures?

    python benchmarks/scenes.py                  # a made clip, 1080p H.264, 60 s
    python benchmarks/scenes.py --clip drive.mp4

In one run, with as many threads each, by turns: FFmpeg (PyAV) decodes every frame and takes one a second; `scenes` with
its motion labels does the same through its own reader; and so with key frames alone. The best of the rounds counts; CPU
time tells more where others use the machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import av
import numpy as np

from dashcamcleaner.media.probe import probe
from dashcamcleaner.scenes.run import MotionJudge, score_clip


def make_clip(path: Path, *, seconds: int, gop: int) -> None:
    """A 1080p clip of a texture that moves, 30 frames a second."""
    texture = np.random.default_rng(1).integers(40, 220, (68, 180, 3), dtype=np.uint8).repeat(16, 0).repeat(16, 1)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=30, options={"preset": "veryfast", "g": str(gop)})
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        for number in range(seconds * 30):
            left = number * 3 % 900
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(texture[:1080, left : left + 1920]), format="rgb24")
            for packet in stream.encode(frame):
                output.mux_one(packet)
        for packet in stream.encode(None):
            output.mux_one(packet)


def ffmpeg_alone(path: Path, *, threads: int) -> int:
    """Decode all, pick one a second, no more; gives how many were picked."""
    picked, wanted = 0, 0.0
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type, stream.thread_count = "AUTO", threads
        for frame in container.decode(stream):
            if frame.time is not None and frame.time >= wanted - 1e-6:
                picked, wanted = picked + 1, wanted + 1
    return picked


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--gop", type=int, default=250, help="of the made clip")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = args.clip or Path(folder) / "made.mp4"
        if args.clip is None:
            make_clip(path, seconds=args.seconds, gop=args.gop)
        info = probe(path)

        def ours(*, key_frames: bool) -> int:
            scores = score_clip(
                path, info=info, judge=MotionJudge(), step_s=Fraction(1), key_frames=key_frames, threads=args.threads
            )
            return len(scores.scores)

        ways = {
            "FFmpeg alone": lambda: ffmpeg_alone(path, threads=args.threads),
            "scenes": lambda: ours(key_frames=False),
            "scenes --key-frames": lambda: ours(key_frames=True),
        }
        best: dict[str, float] = {}
        least: dict[str, float] = {}
        for _ in range(args.rounds):
            for name, way in ways.items():
                begun = (time.monotonic(), time.process_time())
                count = way()
                took, cpu = time.monotonic() - begun[0], time.process_time() - begun[1]
                best[name] = min(best.get(name, took), took)
                least[name] = min(least.get(name, cpu), cpu)
                sys.stdout.write(f"{name}: {count} pictures in {took:.2f} s, {cpu:.2f} s of CPU\n")
        seconds = float(info.duration_s or args.seconds)
        for name, took in best.items():
            share, cpu_share = best["FFmpeg alone"] / took, least["FFmpeg alone"] / least[name]
            sys.stdout.write(
                f"{name}: {seconds / took:.1f} times real time, {share:.2f} of FFmpeg's speed, {cpu_share:.2f} by CPU\n"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
