"""How many gestures it takes in the review to keep one person visible and hide the rest, counted on the real window.

    python benchmarks/review_gestures.py CLIP PLAN [--person 1]

CLIP and PLAN are of an earlier run (``clean CLIP -o OUT --profile fast`` leaves ``OUT.plan.jsonl``). The review is
opened off the screen and driven by mouse and keys; each click and each key counts. Edits beside the plan are left as
they were: a copy of the plan is reviewed. It tells the gestures, the seconds that finding persons took, in how many
frames the person is visible then, and in how many frames a region of anybody else is gone. The status is 1 where that
is not 0.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication

from dashcamcleaner.core.plain_text import say
from dashcamcleaner.gui.background_worker import BackgroundWorker, ReviewWorkers
from dashcamcleaner.gui.engine_facade import EngineFacade
from dashcamcleaner.gui.form_model import FormModel
from dashcamcleaner.gui.review import ReviewPanel


def settle(workers: list[BackgroundWorker]) -> None:
    """Wait until nothing is under way any more."""
    quiet = 0
    while quiet < 10:
        QApplication.processEvents()
        time.sleep(0.01)
        quiet = quiet + 1 if all(worker.idle for worker in workers) else 0


def main() -> int:
    """Drive the review and tell the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--person", type=int, default=1)
    args = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication([])
    workers = [BackgroundWorker(name) for name in ("sight", "planning", "files")]
    panel = ReviewPanel(ReviewWorkers(*workers), EngineFacade(), FormModel({"profile": "fast"}))
    panel.resize(1280, 820)
    panel.show()
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(shutil.copy(args.plan, folder))
        panel.open(args.clip, plan, None)
        settle(workers)
        before = panel.plans
        gestures, began = 0, time.monotonic()
        panel.card_tools.many.menu().popup(QPoint(0, 0))  # the button "More"
        gestures += 1
        panel.card_tools.many.menu().actions()[0].trigger()  # "Find persons"
        gestures += 1
        settle(workers)
        took_s = time.monotonic() - began
        number = next(n for n, card in enumerate(panel.cards.cards) if card.key == ("person", args.person))
        index = panel.cards.model().index(number, 0)
        panel.cards.scrollTo(index)
        QTest.mouseClick(panel.cards.viewport(), Qt.LeftButton, pos=panel.cards.visualRect(index).center())
        gestures += 1
        panel.do("keep")  # the key K, which the window hands over
        gestures += 1
        settle(workers)
        mine = {summary.track for one in panel.chosen_objects() for summary in one.tracks}
        visible = others = 0
        for old, new in zip(before, panel.plans, strict=True):
            gone = {region.track for region in old.regions} - {region.track for region in new.regions}
            visible += bool(gone & mine)
            others += bool(gone - mine)
        panel.close_clip()
        for worker in workers:
            worker.close()
        panel.close_files()
    del app
    say(f"{gestures} gestures; persons found in {took_s:.1f} s; visible in {visible} frames")
    say(f"frames in which anybody else is uncovered: {others}")
    return int(others > 0)


if __name__ == "__main__":
    sys.exit(main())
