"""A live run measured from outside: what leaves legible, what is covered, latency, jitter, the sound's offset.

    python benchmarks/live.py --full                  # all figures, with a stand-in for the network; 14 minutes
    python benchmarks/live.py --full --weights        # the same with the shipped weights at work
    python benchmarks/live.py [--seconds 60] [--size 1280x720] [--stalls] [--kills 2] [--busy 2] [--source screen|udp]

A scene with known truth (``live_parts.py``: an object whose colour nothing else has, and the frame's number as bars) is
shown in an Xvfb screen at 30 frames a second, or sent as a stream over UDP with a click each second. ``live`` captures
it in a process of its own and sends what leaves over UDP; a third process reads that, and looks at every frame: its
number tells when it was shown (all clocks are the machine's one steady clock), its colours whether the object can be
told, and how much else is hidden.

The detector is a stand-in that knows the colour and takes ``--cost-ms``; with ``--weights`` the shipped weights are
asked as well, at 640 px. What they miss is measured by ``benchmarks/leaks.py``; measured here is whether anything
leaves that was not analysed. ``--stalls`` lets the detector stall at random, up to 3 s; ``--kills`` kills the whole
process and starts it again; ``--busy`` runs loops beside it. Told: JSON, the machine's load with it; with ``--full``
an undisturbed minute of each source, then ten minutes with everything that disturbs, and what was asked.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

from live_parts import RATE, play_screen, play_udp, serve, watch  # noqa: E402  # found by the line above
from virtual_screen import virtual_screen  # noqa: E402

ASKED: dict[str, Callable[[dict[str, Any], bool], bool]] = {
    "no legible object-frame": lambda found, _: found["legible_object_frames"] == 0,
    "covered wholly at most 1 %": lambda found, calm: not calm or found["covered_wholly"] <= 0.01,
    "hidden for nothing at most 0.5 %": lambda found, calm: not calm or found["hidden_for_nothing"] <= 0.005,
    "at most 150 ms beyond the delay": lambda found, calm: not calm or found["beyond_delay_ms_p95"] <= 150,
    "jitter at most 50 ms": lambda found, calm: not calm or found["jitter_ms_p95"] <= 50,
    "30 frames a second": lambda found, calm: not calm or found["a_second"] >= 0.98 * RATE,
    "sound within 40 ms": lambda found, calm: not calm or (found["sound_off_ms_most"] or 0) <= 40,
}
"""What is asked, of a run's figures and whether nothing disturbed it."""


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run player, live and watcher; what the watcher saw, as figures."""
    w, h = (int(side) for side in arguments.size.split("x"))
    stack, words = contextlib.ExitStack(), [sys.executable, __file__, "--size", arguments.size]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    ports = random.Random(os.getpid() + int(time.monotonic())).sample(range(20000, 30000), 2)
    source, sink = f"udp://127.0.0.1:{ports[0]}", f"udp://127.0.0.1:{ports[1]}"
    if arguments.source == "screen":
        environment |= {"DISPLAY": stack.enter_context(virtual_screen(w, h)), "QT_QPA_PLATFORM": "xcb"}
        source = "screen"
    with stack, tempfile.TemporaryDirectory() as folder:
        shown, seen = Path(folder) / "shown", Path(folder) / "seen"
        live_words = [*words, "--role", "serve", "--in", source, "--out", sink, "--cost-ms", str(arguments.cost_ms)]
        live_words += ["--delay", str(arguments.delay)]
        live_words += [f"--{name}" for name in ("stalls", "weights") if getattr(arguments, name)]
        running = []
        try:
            with (Path(folder) / "live.log").open("w") as told:
                running = [
                    subprocess.Popen([*words, "--role", "watch", "--in", sink, "--log", str(seen)], env=environment),
                    subprocess.Popen(
                        [*words, "--role", f"play-{arguments.source}", "--out", source, "--log", str(shown)],
                        env=environment, stderr=subprocess.DEVNULL,
                    ),
                    *[subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(arguments.busy)],
                ]  # fmt: skip
                time.sleep(1.5)
                begun = time.monotonic()
                for turn in range(arguments.kills + 1):
                    live = subprocess.Popen(live_words, env=environment, stderr=told)
                    running.append(live)
                    end = begun + (turn + 1) * arguments.seconds / (arguments.kills + 1)
                    time.sleep(max(0.0, end - time.monotonic()))
                    live.send_signal(signal.SIGKILL)
                    live.wait()
            time.sleep(0.5)
        finally:
            for process in running:
                process.kill()
                process.wait()
        if arguments.verbose:
            print((Path(folder) / "live.log").read_text(), file=sys.stderr)
        return figures(shown, seen, delay_s=arguments.delay)


def figures(shown: Path, seen: Path, *, delay_s: float) -> dict[str, Any]:
    """Of both logs. Shares and rates count from the first frame that was seen: weights load before it."""
    at: dict[int, float] = {}
    for line in shown.read_text().splitlines():
        number, time_s = line.split()
        at.setdefault(int(number), float(time_s))
    rows = [json.loads(line) for line in seen.read_text().splitlines() if line.endswith("}")]
    frames = [row for row in rows if "number" in row]
    first = next((i for i, row in enumerate(frames) if row["number"] is not None), len(frames))
    counted = frames[first:]
    plain = [row for row in counted if row["number"] is not None]
    late_ms = np.array([1000 * (row["came_s"] - at[row["number"]] - delay_s) for row in plain if row["number"] in at])
    span = counted[-1]["came_s"] - counted[0]["came_s"] if len(counted) > 1 else 0.0
    clicks = [row["click_s"] for row in rows if "click_s" in row]
    full = np.array([row["at_s"] for row in plain if row["number"] % RATE == 0])
    off_ms = [1000 * float(np.abs(full - click).min()) for click in clicks if len(full)]
    off_ms = [value for value in off_ms if value < 400]  # else the frame of that click was covered

    def quantile(values: Any, share: float) -> float | None:
        return round(float(np.percentile(values, 100 * share)), 1) if len(values) else None

    return {
        "frames": len(frames),
        "a_second": round((len(counted) - 1) / span, 1) if span else 0.0,
        "legible_object_frames": sum(row["legible"] for row in frames),
        "covered_wholly": round(1 - len(plain) / max(1, len(counted)), 4),
        "hidden_for_nothing": round(float(np.mean([row["for_nothing"] for row in plain])), 5) if plain else None,
        "beyond_delay_ms_median": quantile(late_ms, 0.5),
        "beyond_delay_ms_p95": quantile(late_ms, 0.95),
        "jitter_ms_p95": quantile(np.abs(late_ms - np.median(late_ms)), 0.95) if len(late_ms) else None,
        "clicks": len(off_ms),
        "sound_off_ms_median": quantile(off_ms, 0.5),
        "sound_off_ms_most": quantile(off_ms, 1.0),
        "load_average": [round(value, 2) for value in os.getloadavg()],
        "cores": os.cpu_count(),
    }


def measure_all(arguments: argparse.Namespace) -> dict[str, Any]:
    """An undisturbed minute of each source, then ten minutes (or ``--seconds``) with all that disturbs."""
    calm = {"stalls": False, "kills": 0, "busy": 0, "seconds": min(60.0, arguments.seconds)}
    found: dict[str, Any] = {}
    for name, changed in {
        "undisturbed, a screen": {**calm, "source": "screen"},
        "undisturbed, UDP with sound": {**calm, "source": "udp"},
        "stalls, two kills, two busy loops": {"source": "screen", "stalls": True, "kills": 2, "busy": 2},
    }.items():
        told = measure(argparse.Namespace(**{**vars(arguments), **changed}))
        told["asked"] = {what: holds(told, "undisturbed" in name) for what, holds in ASKED.items()}
        found[name] = told
    return found


def main() -> None:
    """Read the words and measure, or play one of the parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="all figures, and what was asked")
    parser.add_argument("--weights", action="store_true", help="the shipped weights are asked as well")
    parser.add_argument("--seconds", type=float, help="60, or 600 of what disturbs with --full")
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--source", choices=("screen", "udp"), default="screen")
    parser.add_argument("--delay", type=float, default=1.0)
    parser.add_argument("--cost-ms", type=float, default=30.0, help="what a detection takes")
    parser.add_argument("--stalls", action="store_true")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--verbose", action="store_true")
    for part in ("--role", "--in", "--out", "--log"):
        parser.add_argument(part, dest=part.strip("-") + "_", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.seconds = arguments.seconds or (600.0 if arguments.full else 60.0)
    w, h = (int(side) for side in arguments.size.split("x"))
    if arguments.role_ == "play-screen":
        play_screen((w, h), Path(arguments.log_))
    elif arguments.role_ == "play-udp":
        play_udp((w, h), Path(arguments.log_), arguments.out_)
    elif arguments.role_ == "watch":
        watch(arguments.in_, Path(arguments.log_), (w, h))
    elif arguments.role_ == "serve":
        serve(
            arguments.in_, arguments.out_, stalls=arguments.stalls, cost_ms=arguments.cost_ms, delay=arguments.delay,
            weights=arguments.weights,
        )  # fmt: skip
    else:
        print(json.dumps(measure_all(arguments) if arguments.full else measure(arguments), indent=1))


if __name__ == "__main__":
    main()
