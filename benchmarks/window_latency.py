"""How long the window's own thread is busy per event, while a real clip is cleaned in it.

    python benchmarks/window_latency.py [CLIP] [--json]

Opens the window (offscreen unless QT_QPA_PLATFORM says otherwise), adds the clip (a made one without an argument),
starts, watches it live, scrubs and turns dials meanwhile, opens the review and edits. Every event that Qt delivers is
timed by the thread's CPU clock, which does not count what other processes take. Told: the longest events, and how many
took more than 50 ms, which is what people begin to feel.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PyQt5.QtCore import QEvent, QObject, QTimer
from PyQt5.QtWidgets import QApplication

LIMIT_MS = 50.0


class TimingApplication(QApplication):
    """Times every event that it delivers; what is delivered inside another event counts for the outer one."""

    def __init__(self, arguments: list[str]) -> None:
        super().__init__(arguments)
        self.recording = False
        self.doing = ""
        self.spans: list[tuple[float, str]] = []
        self._depth = 0

    def notify(self, receiver: QObject, event: QEvent) -> bool:
        if not self.recording or self._depth:
            return bool(super().notify(receiver, event))
        kind, name = int(event.type()), type(receiver).__name__
        self._depth += 1
        begun = time.thread_time()
        try:
            return bool(super().notify(receiver, event))
        finally:
            self._depth -= 1
            self.spans.append(((time.thread_time() - begun) * 1000, f"{self.doing}: event {kind} to {name}"))


def wait(app: QApplication, done: Callable[[], bool], *, seconds: float = 120.0) -> None:
    """Let events flow until something is true."""
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            raise TimeoutError("the window did not get there")
        app.processEvents()
        time.sleep(0.002)


def rest(app: QApplication, seconds: float) -> None:
    """Let events flow for a while."""
    until = time.monotonic() + seconds
    wait(app, lambda: time.monotonic() > until)


def do(app: QApplication, act: Callable[[], object]) -> None:
    """Have something done inside an event, as a click would, so that it is timed."""
    done: list[bool] = []
    QTimer.singleShot(0, lambda: (act(), done.append(True)))
    wait(app, lambda: bool(done))


def use(app: TimingApplication, window: Any, clip: Path) -> None:
    """What a user does with one clip."""
    session, queue = window.session, window.session.queue
    app.doing = "add"
    do(app, lambda: session.add([str(clip)]))
    wait(app, lambda: len(queue) == 1 and queue.at(0).facts is not None and window.preview.canvas.shown is not None)
    app.doing = "run"
    do(app, lambda: session.start())
    wait(app, lambda: queue.at(0).frames_done > 5 or not session.started)
    rest(app, 1.0)
    app.doing = "run and scrub"
    for place in (7, 3, 11, 5):
        do(app, lambda place=place: window.preview.go(place))
        rest(app, 0.3)
    app.doing = "run and turn dials"
    for value in (0.5, 0.3, 0.2, 0.1):
        do(app, lambda value=value: session.form.set("threshold", value))
        rest(app, 0.15)
    do(app, lambda: session.form.reset("threshold"))
    do(app, lambda: window.preview.follow(True))
    app.doing = "run"
    wait(app, lambda: not session.busy and not session.started, seconds=600)
    if queue.at(0).error is not None:
        raise queue.at(0).error
    app.doing = "review"
    do(app, lambda: window.tabs.setCurrentWidget(window.review))
    wait(app, lambda: window.review.opened is not None)
    rest(app, 0.5)
    for place in (5, 9, 2):
        do(app, lambda place=place: window.review.go(place))
        rest(app, 0.2)
    for card in window.review.cards.cards[:3]:
        do(app, lambda card=card: window.review.choose(card.key))
        do(app, lambda: window.review.do("keep"))
        rest(app, 0.2)
    do(app, lambda: window.review.do("undo"))
    do(app, lambda: window.review.do("next_weak"))
    rest(app, 0.5)


def measure(clip: Path, *, overrides: dict[str, Any]) -> dict[str, Any]:
    """Run it and give the figures."""
    from dashcamcleaner.gui.app import build_window, delete_window

    app = TimingApplication(["window"])
    window = build_window(app)
    for name, value in overrides.items():
        window.session.form.set(name, value)
    window.session.set_output_folder(clip.parent / "out")
    window.resize(1280, 720)
    window.show()
    rest(app, 0.3)  # the first layout belongs to the start, which is measured apart
    app.recording = True
    try:
        use(app, window, clip)
    finally:
        app.recording = False
        window.session.cancel()
        wait(app, lambda: not window.session.busy)
        window.close()
        delete_window(window)
    spans = sorted(app.spans, reverse=True)
    return {
        "events": len(spans),
        "longest_ms": round(spans[0][0], 1),
        "over_limit": sum(span > LIMIT_MS for span, _ in spans),
        "limit_ms": LIMIT_MS,
        "longest": [{"ms": round(span, 1), "what": what} for span, what in spans[:8]],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", nargs="?", type=Path)
    parser.add_argument("--inference-size", type=int, default=320)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DASHCAMCLEANER_HOME"] = str(Path(folder) / "home")
        clip = Path(folder) / "clip.mp4"
        if args.clip is None:
            from tests.clips import make

            make(clip, frames=150, size=(1280, 720), b_frames=2)
        else:
            clip = Path(folder) / args.clip.name
            clip.write_bytes(args.clip.read_bytes())
        figures = measure(clip, overrides={"inference_size": args.inference_size})
    if args.json:
        print(json.dumps(figures))
        return
    print(f"{figures['events']} events, longest {figures['longest_ms']} ms of thread time,"
          f" {figures['over_limit']} above {LIMIT_MS:g} ms")  # fmt: skip
    for one in figures["longest"]:
        print(f"{one['ms']:7.1f} ms  {one['what']}")


if __name__ == "__main__":
    main()
