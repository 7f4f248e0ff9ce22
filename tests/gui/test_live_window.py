"""The window of ``--to preview``: what ends it. Each in a process of its own, since signals and application are its."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dashcamcleaner.end_signals import END_SIGNALS

ROOT = Path(__file__).resolve().parents[2]
RUN = """
import os, signal, sys, threading
from types import SimpleNamespace
from dashcamcleaner.cli import interrupts_once
from dashcamcleaner.gui.live_window import show_live
from dashcamcleaner.live.preview_sink import PreviewSink

number, ignored = int(sys.argv[1]), sys.argv[2] == "ignored"
signal.signal(number, signal.SIG_IGN if ignored else signal.default_int_handler)
ended = threading.Event()

def events():
    os.kill(os.getpid(), number)
    if not ignored:
        assert ended.wait(60)
    yield from ()

try:
    with interrupts_once():
        show_live(SimpleNamespace(stop=ended.set, panic=None), PreviewSink(), events(), list)
except KeyboardInterrupt:
    print("stopped")
assert ended.is_set()
"""


@pytest.mark.parametrize("ignored", [False, True], ids=["heard", "ignored"])
@pytest.mark.parametrize("number", END_SIGNALS)
def test_a_signal_ends_the_run_and_the_window(number: signal.Signals, ignored: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(int(number)), "ignored" if ignored else "heard"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == ("" if ignored else "stopped\n")
    assert "Traceback" not in done.stderr
