#!/usr/bin/env python3
"""What cleaning costs, as ratios made in one run on one machine. Nothing here passes or fails by time.

    python benchmarks/cost.py CLIP [--sizes 640 1280] [--frames 600] [--out FILE.json]

The *floor* is a plain transcode by the same FFmpeg with the same settings, plus the frames times one bare inference
at that size in the chip's own precision. Both are measured here, in child processes, in CPU seconds (user + system,
all threads), so that other work on the machine disturbs the figures little. CLIP is looped until it has enough frames.
Modules are compiled before anything is measured, as they are where the program is installed.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[640, 1280])
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--set", action="append", default=[], help="further flags for clean, e.g. --set=--no-tracking")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--child", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        print(json.dumps(CHILDREN[args.child[0]](args.clip, *args.child[1:])))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        looped = Path(folder) / f"looped{args.clip.suffix}"
        frames = loop(args.clip, looped, frames=args.frames)
        result: dict[str, Any] = {"chip": chip(), "clip": args.clip.name, "frames": frames, "rows": []}
        child = functools.partial(measured_child, compiled=Path(folder) / "compiled")
        child(looped, "imports")
        decode = child(looped, "decode")
        transcode = child(looped, "transcode")
        result |= {"decode_cpu_s": decode["cpu_s"], "transcode_cpu_s": transcode["cpu_s"]}
        if shutil.which("ffmpeg"):
            result["ffmpeg_program_cpu_s"] = program(looped, folder)
        for size in args.sizes:
            bare = child(looped, "infer", str(size), *args.set)
            run = child(looped, "clean", str(size), *args.set)
            infer_s = bare["cpu_ms"] * frames / 1000
            floor = transcode["cpu_s"] + infer_s
            row = {
                "inference_size": size,
                "precision": bare["precision"],
                "bare_inference_cpu_ms": bare["cpu_ms"],
                "floor_cpu_s": round(floor, 2),
                "clean_cpu_s": run["cpu_s"],
                "clean_wall_s": run["wall_s"],
                "ratio_to_floor": round(run["cpu_s"] / floor, 3),
                "ratio_to_transcode": round(run["cpu_s"] / transcode["cpu_s"], 3),
                "regions_per_frame": run["regions_per_frame"],
                "peak_mb": run["peak_mb"],
                "rest_ms_per_frame": round((run["cpu_s"] - floor) * 1000 / frames, 2),
            }
            result["rows"].append(row)
    print(f"{result['chip']}; {result['clip']}, {frames} frames; x264 veryfast crf 20")
    print(f"decode {result['decode_cpu_s']:.1f} s, plain transcode {result['transcode_cpu_s']:.1f} s CPU")
    if "ffmpeg_program_cpu_s" in result:
        print(f"the installed ffmpeg program: {result['ffmpeg_program_cpu_s']:.1f} s CPU for the same transcode")
    for row in result["rows"]:
        print("  " + ", ".join(f"{name} {value}" for name, value in row.items()))
    if args.out:
        args.out.write_text(json.dumps(result, indent=1) + "\n")
    return 0


def measured_child(clip: Path, *words: str, compiled: Path) -> dict[str, Any]:
    """Run one measurement alone in a process; its CPU time is what the kernel says of the child."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(compiled)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, __file__, str(clip), "--child", *words],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{words}: {done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu_s": round(cpu_s, 2), "wall_s": round(time.monotonic() - begun, 2)} | told


def program(clip: Path, folder: str) -> float:
    """The same transcode by the installed ffmpeg program, for comparison; its version may differ from PyAV's."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    words = [
        "ffmpeg",
        "-y",
        "-v",
        "error",
        "-i",
        str(clip),
        "-an",
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-crf",
        "20",
    ]
    subprocess.run([*words, f"{folder}/program.mp4"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2)


def loop(source: Path, target: Path, *, frames: int) -> int:
    """Repeat a clip's picture packets until there are enough frames; gives the count. Nothing is coded again."""
    import av

    with av.open(str(source)) as first:
        stream = first.streams.video[0]
        packets = sum(1 for packet in first.demux(stream) if packet.dts is not None)
    rounds = -(-frames // packets)
    with av.open(str(target), "w") as out:
        copy = None
        offset = 0
        for _ in range(rounds):
            with av.open(str(source)) as container:
                stream = container.streams.video[0]
                copy = copy or out.add_stream_from_template(stream)
                end = 0
                for packet in container.demux(stream):
                    if packet.dts is None:
                        continue
                    packet.dts += offset
                    packet.pts += offset
                    end = max(end, packet.pts + (packet.duration or 1))
                    packet.stream = copy
                    out.mux(packet)
                offset = end
    return rounds * packets


def decode_only(clip: Path) -> dict[str, Any]:
    import av

    with av.open(str(clip)) as container:
        container.streams.video[0].thread_type = "AUTO"
        return {"frames": sum(1 for _ in container.decode(video=0))}


def transcode(clip: Path) -> dict[str, Any]:
    """Decode and encode with the settings that `clean` uses by default, and nothing between."""
    import av

    with av.open(str(clip)) as container, tempfile.TemporaryDirectory() as folder:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        with av.open(os.path.join(folder, "x.mp4"), "w") as out:
            target = out.add_stream("libx264", rate=stream.average_rate, options={"preset": "veryfast", "crf": "20"})
            target.width, target.height, target.pix_fmt = stream.width, stream.height, "yuv420p"
            target.codec_context.time_base = stream.time_base
            target.codec_context.thread_type = (
                "FRAME"  # as the ffmpeg program and `clean` do; PyAV's own default is slices
            )
            for frame in container.decode(stream):
                frame.pict_type = 0
                out.mux(target.encode(frame))
            out.mux(target.encode(None))
    return {}


def infer(clip: Path, size: str, *flags: str) -> dict[str, Any]:
    """One bare inference at that size in the run's precision (the chip's own): the engine alone, no picture work."""
    import numpy as np
    import openvino as ov

    from dashcamcleaner.detection.registry import open_detector
    from dashcamcleaner.detection.weights_search import find_weights
    from dashcamcleaner.media.probe import probe

    shape = probe(clip).upright_size
    asked = next((flag.partition("=")[2] for flag in flags if flag.startswith("--precision=")), "auto")
    ours = open_detector(inference_size=int(size), aspect=shape, backend="openvino", precision=asked)
    width, height = ours.input_size
    precision = ours.description.precision
    ours.close()
    core = ov.Core()
    int8 = "int8" if precision == "int8" else ""
    model = core.read_model(find_weights("auto").file("openvino", "onnx", precision=int8).path)  # type: ignore[union-attr]
    model.reshape([1, 3, height, width])
    hint = {"bf16": "bf16", "f32": "f32"}.get(precision, "f32")
    compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": hint, "PERFORMANCE_HINT": "LATENCY"})
    request = compiled.create_infer_request()
    picture = np.random.default_rng(0).random((1, 3, height, width), np.float32)
    for _ in range(10):
        request.infer({0: picture})
    begun = time.process_time()
    count = 100
    for _ in range(count):
        request.infer({0: picture}, share_inputs=True)
    return {"cpu_ms": round((time.process_time() - begun) * 1000 / count, 2), "precision": precision}


def clean_it(clip: Path, size: str, *flags: str) -> dict[str, Any]:
    """The product, as the command line runs it."""
    from dashcamcleaner.core.events import Failed, Finished
    from dashcamcleaner.jobs.run import clean
    from dashcamcleaner.pipeline.job import Job
    from dashcamcleaner.settings import resolve

    said = dict(flag.removeprefix("--").split("=", 1) for flag in flags if "=" in flag)
    said |= {f.removeprefix("--no-"): False for f in flags if f.startswith("--no-")}
    settings = resolve({"inference_size": size, "overwrite": True, **said})
    with tempfile.TemporaryDirectory() as folder:
        for event in clean(Job(clip, Path(folder) / "out.mp4", settings)):
            if isinstance(event, Failed):
                raise event.error
            if isinstance(event, Finished):
                regions = sum(kind.regions for kind in event.summary.kinds.values())
                frames = event.summary.frames
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"regions_per_frame": round(regions / frames, 1), "peak_mb": round(peak)}


def imports(clip: Path) -> dict[str, Any]:
    """Compile what the other children import; nothing of this is measured."""
    import av
    import openvino

    import dashcamcleaner.jobs.run
    import dashcamcleaner.pipeline.hidden_sheet

    return {"clip": clip.name, "modules": [m.__name__ for m in (av, openvino, dashcamcleaner.jobs.run)]}


CHILDREN = {"imports": imports, "decode": decode_only, "transcode": transcode, "infer": infer, "clean": clean_it}


def chip() -> str:
    """The processor's name and what matters of it."""
    name, flags = platform.processor() or platform.machine(), ""
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = dict(line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
        lines = {key.strip(): value.strip() for key, value in lines.items()}
        name, flags = lines.get("model name", name), lines.get("flags", "")
    has = [told for flag, told in (("avx512f", "AVX-512"), ("avx512_bf16", "bf16"), ("avx2", "AVX2")) if flag in flags]
    return f"{name}, {os.cpu_count()} cores, {', '.join(has)}"


if __name__ == "__main__":
    sys.exit(main())
