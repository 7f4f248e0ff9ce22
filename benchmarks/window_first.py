"""How long a user waits for the window, and for the first preview of a clip that was dropped on it.

    python benchmarks/window_first.py [CLIP] [--runs 3] [--json]

Each run is a process of its own, as a user starts one: from the command to the first picture of the window, and from
the drop of the clip (a made one without an argument) to its preview with what will be hidden. Told in seconds by the
clock and by the process's own CPU time; the latter does not count what other processes take. Offscreen unless
QT_QPA_PLATFORM says otherwise; the settings of whoever runs it are neither read nor written.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHILD = r"""
import json, sys, time
from PyQt5.QtCore import QEvent, QObject
began = float(sys.argv[2])
from dashcamcleaner.gui.app import build_window, bury, make_application

class FirstPaint(QObject):
    at = None
    def eventFilter(self, receiver, event):
        if self.at is None and event.type() == QEvent.Paint:
            self.at = (time.time(), time.process_time())
        return False

app = make_application([])
paint = FirstPaint()
window = build_window(app)
window.installEventFilter(paint)
window.show()
def until(done):
    end = time.time() + 300
    while not done():
        assert time.time() < end, "the window did not get there"
        app.processEvents()
        time.sleep(0.002)
until(lambda: paint.at is not None)
until(lambda: window.session.files.idle and window.session.sight.idle)
dropped = (time.time(), time.process_time())
window.session.add([sys.argv[1]])
until(lambda: window.preview.canvas.shown is not None)
shown = (time.time(), time.process_time())
window.close()
bury(window)
print(json.dumps({"window_s": paint.at[0] - began, "window_cpu_s": paint.at[1],
                  "preview_s": shown[0] - dropped[0], "preview_cpu_s": shown[1] - dropped[1]}))
"""


def measure(clip: Path, home: Path) -> dict[str, float]:
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ, "DASHCAMCLEANER_HOME": str(home)}
    environment["PYTHONPATH"] = str(ROOT)
    words = [sys.executable, "-c", CHILD, str(clip), str(time.time())]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        clip = args.clip
        if clip is None:
            sys.path[:0] = [str(ROOT), str(ROOT / "img")]
            from rendered_clip import make_rendered_clip

            clip = make_rendered_clip(Path(scratch))
        runs = [measure(clip, Path(scratch) / f"home{number}") for number in range(args.runs)]
    figures = {name: round(statistics.median(run[name] for run in runs), 2) for name in runs[0]}
    if args.json:
        print(json.dumps({"runs": args.runs, "load": os.getloadavg()[0], **figures}))
    else:
        print(f"command to window: {figures['window_s']} s ({figures['window_cpu_s']} s of CPU)")
        print(f"drop to preview:   {figures['preview_s']} s ({figures['preview_cpu_s']} s of CPU)")
        print(f"median of {args.runs} runs, load of the machine {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
