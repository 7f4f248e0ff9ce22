"""Takes a picture of the window in every state, in each language and both themes, to be looked at before a release.

    python img/make_states.py FOLDER [--language en --language de] [--text 2]

Drives the real window over the real engine with a drawn clip (`rendered_clip.py`): nothing in the pictures is
anybody's. Each language is a process of its own, each state is taken light and dark, and
``sheet-LANGUAGE-THEME-N.png`` holds nine of them. ``--text 2`` is the same with texts of twice the size. The settings
of whoever runs it are neither read nor written.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import av
from make_screenshots import SIZE, Photographer
from PIL import Image
from PyQt5.QtCore import QTimer
from PyQt5.QtGui import QFont
from PyQt5.QtWidgets import QApplication, QDialog, QMessageBox, QScrollArea, QWidget
from rendered_clip import make_rendered_clip

from dashcamcleaner.gui.app import build_window, delete_window, make_application
from dashcamcleaner.gui.canvas import CanvasView
from dashcamcleaner.gui.crash import CrashDialog
from dashcamcleaner.gui.help_page import ClipLog, HelpPage
from dashcamcleaner.gui.shortcuts import ShortcutDialog
from dashcamcleaner.gui.window_parts import CloseQuestion, EditsQuestion
from dashcamcleaner.gui.words import tr

CLIPS = ("harbour road.mp4", "way home.mp4")
BROKEN = "cut off.mp4"
LIVE = "long way.mp4"
CLIP_S = 3.0
LOCALES = {"en": "en_GB.UTF-8", "de": "de_DE.UTF-8"}
THEMES = ("light", "dark")
SHEET = (3, 3)
CELL = (640, 360)


class StatePhotographer(Photographer):
    """Takes each state in both themes."""

    def take(self, name: str, shown: QWidget | None = None) -> None:
        """One state: of the window, or of a dialog in front of it."""
        for theme in THEMES:
            self.look(theme)
            self.rest(0.3)
            (shown or self.window).grab().save(str(self.folder / f"{len(self.names):02d}-{name}-{theme}.png"))
        self.names.append(name)
        print(f"{self.folder.name}: {name}", flush=True)

    names: list[str]

    def dialog(self, name: str, made: QDialog) -> None:
        """A dialog that is opened and closed again."""
        made.open()
        self.rest(0.2)
        self.take(name, made)
        made.close()

    def box(self, name: str, action: str) -> None:
        """A box that waits for its button: it is taken from within."""

        def found() -> None:
            box = QApplication.activeModalWidget()
            if box is None:
                QTimer.singleShot(100, found)
                return
            self.take(name, box)
            box.close()

        QTimer.singleShot(100, found)
        self.window.actions_[action].trigger()


def states(camera: StatePhotographer, clips: Path, *, full: bool) -> Iterator[Callable[[], None]]:
    """Every state, in the order in which a user comes by them; without ``full`` those that take no audit."""
    window = camera.window
    session = window.session

    def at_rest() -> None:
        camera.wait(lambda: session.files.idle and session.sight.idle)

    at_rest()
    yield lambda: camera.take("first-run")
    session.add([str(clips / name) for name in (*CLIPS, BROKEN)])
    camera.wait(lambda: len(session.queue) >= 2 and all(row.facts or row.state == "failed" for row in session.queue))
    window.queue.choose(0)
    camera.wait(lambda: window.preview.canvas.shown is not None)
    camera.wait(lambda: session.pace_fps is not None)
    at_rest()
    yield lambda: camera.take("added-with-time-left")
    session.message.emit("")
    window.settings.more.open(True)
    camera.rest(0.2)
    yield lambda: camera.take("settings-all")
    bar = window.settings.findChild(QScrollArea).verticalScrollBar()
    for step in range(1, 4):
        bar.setValue(round(bar.maximum() * step / 3))
        yield lambda step=step: camera.take(f"settings-all-{step}")
    bar.setValue(0)
    window.settings.more.open(False)
    session.form.set("profile", "fast")
    session.start()
    first = session.queue.at(0)
    camera.wait(lambda: first.fraction > 0.15 or first.state not in ("waiting", "running"))
    session.pause(True)
    camera.rest(0.5)
    yield lambda: camera.take("paused")
    session.pause(False)
    camera.rest(0.3)
    yield lambda: camera.take("running")
    window.tabs.setCurrentWidget(window.review)
    yield lambda: camera.take("review-before-it-is-done")
    window.tabs.setCurrentWidget(window.preview)
    camera.wait(lambda: all(row.state in ("done", "partial", "failed") for row in session.queue) and not session.busy)
    window.queue.choose(0)
    camera.wait(lambda: window.preview.clip is not None)
    window.preview.go(30)
    at_rest()
    yield lambda: camera.take("done")
    window.preview.set_view(CanvasView.COMPARE)
    at_rest()
    yield lambda: camera.take("done-compared")
    bad = next((number for number, row in enumerate(session.queue) if row.source.name == BROKEN), None)
    if bad is not None:
        window.queue.choose(bad)
        at_rest()
        yield lambda: camera.take("failed-row")
        window.queue.choose(0)
    if full:
        session.audit(first.id)
        camera.wait(lambda: first.state == "auditing")
        yield lambda: camera.take("audit-running")
        camera.wait(lambda: not session.busy)
        at_rest()
        yield lambda: camera.take("audited")
    window.tabs.setCurrentWidget(window.review)
    camera.wait(lambda: window.review.opened is not None)
    at_rest()
    window.review.go(30)
    at_rest()
    yield lambda: camera.take("review")
    for card in window.review.cards.cards[:1]:
        window.review.choose(card.key)
    at_rest()
    yield lambda: camera.take("review-card-chosen")
    if window.review.cards.cards and window.review.chosen is not None:
        window.review.do("keep")
        at_rest()
        yield lambda: camera.take("review-edited")
    if full:
        window.review.find_people()
        at_rest()
        camera.wait(lambda: session.planning.idle)
        yield lambda: camera.take("review-people")
        window.actions_["render"].trigger()
        camera.wait(lambda: session.busy)
        camera.wait(lambda: not session.busy)
        session.audit(first.id)  # what was kept clear is seen there: somebody has to look
        camera.wait(lambda: session.busy)
        camera.wait(lambda: not session.busy)
        at_rest()
        yield lambda: camera.take("needs-review")
        window.tabs.setCurrentWidget(window.review)
        camera.wait(lambda: window.review.opened is not None)
        at_rest()
        yield lambda: camera.take("review-findings")
    window.tabs.setCurrentWidget(window.scenes)
    camera.wait(lambda: window.scenes.clip is not None)
    at_rest()
    yield lambda: camera.take("scenes")
    window.scenes.score.click()
    camera.wait(lambda: not window.scenes.busy and window.scenes.scored is not None)
    at_rest()
    yield lambda: camera.take("scenes-scored")
    window.tabs.setCurrentWidget(window.live)
    yield lambda: camera.take("live")
    window.live.source.setEditText(str(clips / LIVE))
    window.live.start.click()
    camera.wait(lambda: bool(window.live.panel.figures.text()) or not window.live.busy)
    camera.rest(0.5)
    yield lambda: camera.take("live-running")
    window.live.stop()
    camera.wait(lambda: not window.live.busy)
    camera.rest(0.3)
    yield lambda: camera.take("live-ended")
    window.tabs.setCurrentWidget(window.preview)
    kept = tr("Stays clear")
    yield lambda: camera.dialog("help", HelpPage(window))
    yield lambda: camera.dialog("shortcuts", ShortcutDialog(window))
    yield lambda: camera.dialog("log", ClipLog(first, window))
    yield lambda: camera.box("about", "about")
    yield lambda: camera.dialog("close-question", CloseQuestion(window))
    yield lambda: camera.dialog("edits-question", EditsQuestion(window, kept))
    yield lambda: camera.dialog("crash", CrashDialog(ValueError("an example"), window))
    for menu in window.menuBar().actions():
        opened = menu.menu()
        if opened is not None:
            opened.popup(window.mapToGlobal(window.rect().topLeft()))
            camera.rest(0.2)
            yield lambda opened=opened, menu=menu: camera.take(f"menu-{menu.text().replace('&', '')}", opened)
            opened.close()
    window.veil.lower_over()
    yield lambda: camera.take("dropping")
    window.veil.hide()
    session.remove([row.id for row in session.queue])
    camera.rest(0.5)
    yield lambda: camera.take("empty")


def take_states(folder: Path, clips: Path, *, text: float) -> None:
    """All states, in the language of the environment."""
    app = make_application([])
    app.setFont(QFont(app.font().family(), round(9 * text)))  # without a desktop to ask, Qt takes a large one
    window = build_window(app)
    window.resize(*SIZE)
    window.show()
    folder.mkdir(parents=True, exist_ok=True)
    camera = StatePhotographer(app, window, folder)
    camera.names = []
    try:
        for take in states(camera, clips, full=text == 1):
            take()
    finally:
        window.session.cancel()
        camera.wait(lambda: not window.session.busy)
        for box in app.topLevelWidgets():
            if isinstance(box, QMessageBox):
                box.close()
        window.close()
        delete_window(window)


def make_sheets(folder: Path) -> None:
    """Nine states on a sheet."""
    for theme in THEMES:
        shots = sorted(folder.glob(f"[0-9][0-9]-*-{theme}.png"))
        for number in range(0, len(shots), SHEET[0] * SHEET[1]):
            sheet = Image.new("RGB", (SHEET[0] * CELL[0], SHEET[1] * CELL[1]), (128, 128, 128))
            for place, path in enumerate(shots[number : number + SHEET[0] * SHEET[1]]):
                picture = Image.open(path).convert("RGB")
                picture.thumbnail((CELL[0] - 6, CELL[1] - 6), Image.Resampling.LANCZOS)
                sheet.paste(picture, (place % SHEET[0] * CELL[0] + 3, place // SHEET[0] * CELL[1] + 3))
            sheet.save(folder.parent / f"sheet-{folder.name}-{theme}-{number // 9 + 1}.png")


def make_clips(folder: Path) -> None:
    """Two short clips, one that cannot be read, and a longer one in place of a camera."""
    made = make_rendered_clip(folder)
    with av.open(str(made)) as source, av.open(str(folder / CLIPS[0]), "w") as target:
        streams = {one.index: target.add_stream_from_template(one) for one in source.streams}
        for packet in source.demux():
            if packet.dts is not None and packet.dts * packet.time_base < CLIP_S:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    made.rename(folder / LIVE)
    shutil.copyfile(folder / CLIPS[0], folder / CLIPS[1])
    (folder / BROKEN).write_bytes((folder / CLIPS[0]).read_bytes()[:5000])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--language", action="append", metavar="LANGUAGE")
    parser.add_argument("--text", type=float, default=1.0, help="size of texts (1)")
    parser.add_argument("--clips", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.clips is not None:  # one language, in a process of its own
        take_states(args.folder, args.clips, text=args.text)
        return 0
    status = 0
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "clips"
        make_clips(made)
        for language in args.language or ["en", "de"]:
            clips = Path(scratch) / language
            shutil.copytree(made, clips)
            folder = args.folder / (language if args.text == 1 else f"{language}-text{args.text:g}")
            home = Path(scratch) / f"home-{language}"
            environment = {
                **os.environ,
                "DASHCAMCLEANER_HOME": str(home),
                "LC_ALL": LOCALES.get(language, language),
                "LANGUAGE": language,
            }
            words = [sys.executable, __file__, str(folder), "--language", language, "--text", str(args.text)]
            status |= subprocess.run([*words, "--clips", str(clips)], env=environment, check=False).returncode
            make_sheets(folder)
    return status


if __name__ == "__main__":
    sys.exit(main())
