"""Makes the pictures of the window that README and docs show, and the icon's files. Anyone can run it again.

    python img/make_screenshots.py [FOLDER]

A rendered street is cleaned for real (faces drawn, plates made up, see `rendered_clip.py`), so what the window shows
is what it does. ``window.gif`` is the same as a moving picture. Takes a few minutes on a small machine. The settings of
whoever runs it are neither read nor written; the window speaks the language of the environment (``LC_ALL=de_DE``).
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from PIL import Image
from PyQt5.QtGui import QFont, QImage
from PyQt5.QtWidgets import QApplication
from rendered_clip import make_rendered_clip

from dashcamcleaner.gui.app import build_window, delete_window, make_application
from dashcamcleaner.gui.canvas import CanvasView
from dashcamcleaner.gui.icons import APP_ICON, app_icon
from dashcamcleaner.gui.main_window import MainWindow

HERE = Path(__file__).resolve().parent
SIZE = (1280, 720)
FILM = (960, 540)
COLOURS = 128
CLIPS = ("harbour road.mp4", "market square.mp4", "way home.mp4")


class Photographer:
    """Waits for the window and takes its picture."""

    def __init__(self, app: QApplication, window: MainWindow, folder: Path) -> None:
        self.app, self.window, self.folder = app, window, folder
        self.film: list[tuple[Image.Image, int]] = []

    def rest(self, seconds: float) -> None:
        """Let events flow."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.app.processEvents()
            time.sleep(0.01)

    def wait(self, done: Callable[[], bool], *, seconds: float = 900.0) -> None:
        """Until something is true."""
        until = time.monotonic() + seconds
        while not done():
            if time.monotonic() > until:
                raise TimeoutError("the window did not get there")
            self.rest(0.05)

    def look(self, appearance: str) -> None:
        """Light or dark."""
        self.window.actions_.appearance.chosen.emit(appearance)
        self.rest(0.3)

    def shoot(self, name: str, *, seconds: float = 0.0) -> None:
        """Take the picture; in the moving picture it stands for so long."""
        self.rest(0.4)
        path = self.folder / f"{name}.png"
        self.window.grab().save(str(path))
        print(f"made {path}")
        if seconds:
            self.frame(seconds)

    def frame(self, seconds: float) -> None:
        """One picture of the moving picture."""
        self.rest(0.1)
        shown = self.window.grab().toImage().convertToFormat(QImage.Format_RGB888)
        data = shown.constBits().asstring(shown.sizeInBytes())
        picture = Image.frombytes("RGB", (shown.width(), shown.height()), data, "raw", "RGB", shown.bytesPerLine())
        self.film.append((picture.resize(FILM, Image.Resampling.LANCZOS), round(seconds * 1000)))

    def sweep(self, places: Iterable[float]) -> None:
        """The divider between before and after, moved by a hand."""
        for place in places:
            self.window.preview.canvas.divider = place
            self.window.preview.canvas.update()
            self.frame(0.16)

    def write_film(self) -> None:
        """All of them as one file, in one palette, so that only what changes is stored."""
        pictures = [picture for picture, _ in self.film]
        sheet = Image.new("RGB", (FILM[0], FILM[1] * len(pictures)))
        for place, picture in enumerate(pictures):
            sheet.paste(picture, (0, place * FILM[1]))
        palette = sheet.quantize(COLOURS)
        flat = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
        path = self.folder / "window.gif"
        durations = [milliseconds for _, milliseconds in self.film]
        flat[0].save(path, save_all=True, append_images=flat[1:], duration=durations, loop=0, optimize=False)
        print(f"made {path}: {path.stat().st_size / 1e6:.2f} MB, {len(flat)} pictures")


def take_pictures(app: QApplication, clips: Path, folder: Path) -> None:
    """All pictures, in the order in which a user would come by them."""
    window = build_window(app)
    window.resize(*SIZE)
    window.show()
    camera = Photographer(app, window, folder)
    session = window.session
    try:
        camera.look("light")
        camera.wait(lambda: session.files.idle and session.sight.idle)
        camera.shoot("window-empty", seconds=1.6)
        session.add([str(clips / name) for name in CLIPS])
        camera.wait(lambda: len(session.queue) == 3 and all(row.facts for row in session.queue))
        camera.frame(1.2)
        session.start()
        first = session.queue.at(0)
        for share in (0.1, 0.35, 0.6, 0.85):
            camera.wait(lambda share=share: first.fraction > share or first.state != "running")
            camera.frame(0.4)
        second = session.queue.at(1)
        camera.wait(lambda: second.state == "running" and second.fraction > 0.35)
        window.queue.choose(1)
        camera.look("dark")
        camera.wait(lambda: window.preview.canvas.shown is not None)
        camera.rest(1.0)
        camera.shoot("window-live-dark")
        camera.look("light")
        window.queue.choose(0)
        camera.wait(lambda: window.preview.clip is not None and window.preview.clip.path == session.queue.at(0).source)
        window.preview.go(125)
        window.preview.set_view(CanvasView.COMPARE)
        window.preview.canvas.divider = 0.62
        camera.wait(lambda: session.sight.idle)
        camera.shoot("window", seconds=0.8)
        camera.sweep((0.55, 0.48, 0.4, 0.32, 0.24, 0.32, 0.4, 0.48, 0.55, 0.62))
        session.cancel()
        camera.wait(lambda: not session.busy)

        camera.look("light")
        window.tabs.setCurrentWidget(window.review)
        camera.wait(lambda: window.review.opened is not None and session.files.idle)
        window.review.go(118)
        for key in [card.key for card in window.review.cards.cards if card.kind == "face"][:1]:
            window.review.choose(key)
        camera.wait(lambda: session.sight.idle)
        camera.shoot("window-review", seconds=2.0)
        take_scenes(camera)
        take_live(camera, clips / CLIPS[0])
    finally:
        session.cancel()
        camera.wait(lambda: not session.busy)
        window.close()
        delete_window(window)


def take_scenes(camera: Photographer) -> None:
    """The scenes of the clip that is chosen."""
    window, panel = camera.window, camera.window.scenes
    window.tabs.setCurrentWidget(panel)
    camera.wait(lambda: panel.clip is not None)
    panel.score.click()
    camera.wait(lambda: not panel.busy and panel.scored is not None)
    panel.go(2.0)
    camera.wait(lambda: window.session.sight.idle and panel.canvas.shown is not None)
    camera.shoot("window-scenes", seconds=2.0)
    camera.write_film()


def take_live(camera: Photographer, clip: Path) -> None:
    """A clip at its own pace in place of a camera."""
    window, tab = camera.window, camera.window.live
    window.tabs.setCurrentWidget(tab)
    window.session.form.set("delay", 2.0)
    tab.source.setEditText(str(clip))
    tab.start.click()
    camera.wait(lambda: "seen again" in tab.changes.toPlainText())
    camera.rest(1.5)
    tab.source.setEditText(clip.name)
    camera.shoot("window-live")
    tab.stop()
    camera.wait(lambda: not tab.busy)


def write_icon(folder: Path) -> None:
    """The icon as SVG and PNG, from the one drawing in the program."""
    (folder / "icon.svg").write_text(APP_ICON + "\n", encoding="utf-8")
    app_icon().pixmap(256, 256).toImage().save(str(folder / "icon.png"))


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "docs" / "img"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["DASHCAMCLEANER_HOME"] = str(Path(scratch) / "home")
        app = make_application([])
        app.setFont(QFont(app.font().family(), 9))  # without a desktop to ask, Qt takes a large one
        write_icon(HERE if len(sys.argv) < 2 else folder)
        clips = Path(scratch) / "clips"
        made = make_rendered_clip(clips)
        for name in CLIPS:
            shutil.copyfile(made, clips / name)
        made.unlink()
        take_pictures(app, clips, folder)


if __name__ == "__main__":
    main()
