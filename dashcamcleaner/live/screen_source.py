"""Screens: a whole monitor, a region of one, or the place where a window stands. Read by mss.

What is captured is looked for anew once a second: a window is moved or minimized, monitors come, go and change places,
and what stands in the old place then is nobody's to show.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.errors import ExtraMissing, InputError, extra_hint
from dashcamcleaner.live.clock import Clock
from dashcamcleaner.live.pictures import LIVE_LAYOUT, FrameMaker, even, screen_tags
from dashcamcleaner.live.ports import CapturedFrame, CapturedSound, StreamFormat
from dashcamcleaner.messages import msg

__all__ = ["ScreenSource", "parse_screen"]

Area = tuple[int, int, int, int]
"""Left, top, width, height, pixels."""

_FOLLOW_S = 1.0
"""How often the window or the monitor is looked for anew."""
_LEAST_PX = 16


def parse_screen(text: str) -> tuple[int, Area | None]:
    """Monitor number (0: all together, 1: the first) and crop of ``N``, ``N:X,Y,W,H`` or nothing.

    Raises:
        InputError: it is neither.
    """
    match = re.fullmatch(r"(\d{1,3})?(?::(\d{1,6}),(\d{1,6}),(\d{1,6}),(\d{1,6}))?", text)
    if match is None:
        raise InputError(
            msg("screen:{text} means nothing.", text=visible(text)),
            hint="screen, screen:2, or screen:1:100,50,1280,720 (left, top, width, height within the monitor).",
        )
    x, y, w, h = (int(v or 0) for v in match.groups()[1:])
    return int(match[1] or 1), (x, y, w, h) if match[2] else None


class ScreenSource:
    """A `FrameSource` over mss.

    Args:
        clock: the session's.
        rate: pictures a second.
        monitor: its number, as mss counts: 0 for all together, 1 for the first.
        crop: a part of the monitor.
        window: title of a window whose place is captured instead; what lies over it is captured, too.
    """

    def __init__(
        self, *, clock: Clock, rate: float, monitor: int = 1, crop: Area | None = None, window: str = ""
    ) -> None:
        if importlib.util.find_spec("mss") is None:
            raise ExtraMissing("Screens are read by mss, which is not installed.", hint=extra_hint("live"))
        self._clock = clock
        self._rate = rate
        self._monitor = monitor
        self._crop = crop
        self._window = window
        self._over = threading.Event()
        self._size: tuple[int, int] | None = None
        self._known: tuple[Any, ...] | None = None
        place = msg(" at {names}", names=",".join(map(str, crop))) if crop else ""
        self.path: Path | None = None
        self.description = (
            msg("window {window}", window=visible(window))
            if window
            else msg("screen {monitor}{place}", monitor=monitor, place=place)
        )
        self.ends = False

    def open(self) -> StreamFormat:
        """Begin.

        Raises:
            InputError: there is no such screen or window, or the desktop lets nobody read it.
        """
        import mss

        try:
            area = self._found_area()
            with mss.MSS() as screens:
                screens.grab(_box(area))
        except (mss.ScreenShotError, OSError, ValueError) as error:
            raise InputError(
                msg("{description} cannot be read: {error}.", description=self.description, error=_first_line(error)),
                hint="It needs an X11, Windows or macOS desktop that allows it.",
            ) from error
        # What comes back with another size goes on in the one that sinks know.
        self._size = self._size or even(area[2:])
        return StreamFormat(self._size, LIVE_LAYOUT, self._rate, color=screen_tags(self._size[1]))

    def _found_area(self) -> Area:
        """Where it is now; the library looks for monitors once for each of its connections.

        Raises:
            InputError: there is no such screen or window, or it cannot be seen whole.
        """
        import mss

        with mss.MSS() as screens:
            return self._area(screens.monitors)

    def _area(self, monitors: list[dict[str, Any]]) -> Area:
        if self._window:
            left, top, width, height = _window_area(self._window)
            desk = monitors[0]
            if not (
                desk["left"] <= left
                and desk["top"] <= top
                and left + width <= desk["left"] + desk["width"]
                and top + height <= desk["top"] + desk["height"]
            ):
                raise InputError(
                    msg("{description} stands partly outside the screen.", description=self.description),
                    hint="Move it back.",
                )
        else:
            monitor = self._same_monitor(monitors)
            left, top, width, height = (int(monitor[key]) for key in ("left", "top", "width", "height"))
            if self._crop is not None:
                x, y, w, h = self._crop
                left, top, width, height = left + x, top + y, min(w, width - x), min(h, height - y)
        if min(width, height) < _LEAST_PX:
            raise InputError(
                msg("{description} holds no picture.", description=self.description),
                hint=msg("It needs {least_px} pixels each way.", least_px=_LEAST_PX),
            )
        return left, top, width, height

    def _same_monitor(self, monitors: list[dict[str, Any]]) -> dict[str, Any]:
        """The monitor that was begun with: where one is unplugged, or another becomes the first, numbers change."""
        numbered = monitors[self._monitor] if self._monitor < len(monitors) else None
        if self._known is None and numbered is not None:
            self._known = _who(numbered)
        found = numbered
        if self._monitor and (numbered is None or _who(numbered) != self._known):
            found = next((one for one in monitors[1:] if _who(one) == self._known), None)
        if found is None:
            raise InputError(
                msg("There is no screen {monitor}.", monitor=self._monitor),
                hint=msg("Screens are numbered 1 to {count}.", count=len(monitors) - 1),
            )
        return found

    def captured(self) -> Iterator[CapturedFrame | CapturedSound]:
        """Pictures at an even pace; one that comes late is not made up for.

        Raises:
            InputError: the screen cannot be read any more.
        """
        import mss

        assert self._size is not None
        maker = FrameMaker(self._size)
        step_s = 1 / self._rate
        due = looked = self._clock.now()
        try:
            area = self._found_area()
            w, h = even(area[2:])
            with mss.MSS() as screens:  # by the thread that reads: connections to the desktop belong to one
                while not self._over.is_set():
                    now = self._clock.now()
                    if now < due:
                        self._over.wait(due - now)
                        continue
                    due = max(due + step_s, now - step_s)
                    if now - looked >= _FOLLOW_S:
                        looked, before = now, area
                        area = self._found_area()
                        if area[2:] != before[2:]:  # what is known of the pictures before says nothing of those now
                            raise InputError(msg("{description} has another size now.", description=self.description))
                    shot = screens.grab(_box((*area[:2], w, h)))
                    captured_s = self._clock.now()
                    picture = np.frombuffer(shot.raw, np.uint8).reshape(shot.height, shot.width, 4)
                    yield CapturedFrame(maker.of_bgra(picture), captured_s)
        except (mss.ScreenShotError, OSError, ValueError) as error:
            raise InputError(
                msg(
                    "{description} cannot be read any more: {error}.",
                    description=self.description,
                    error=_first_line(error),
                )
            ) from error

    def interrupt(self) -> None:
        """Let `captured` end."""
        self._over.set()

    def close(self) -> None:
        """Nothing is held between pictures."""


def _who(monitor: dict[str, Any]) -> tuple[Any, ...]:
    """What a monitor is known by: its plug and make where the desktop tells them, else where it stands."""
    told = tuple(monitor.get(key) for key in ("output", "unique_id", "name"))
    return told if any(told) else (monitor["left"], monitor["top"])


def _first_line(error: Exception) -> str:
    """What a library says, without the protocol's details beneath."""
    return visible((str(error).splitlines() or [""])[0].rstrip("."))


def _box(area: Area) -> tuple[int, int, int, int]:
    return area[0], area[1], area[0] + area[2], area[1] + area[3]


def _window_area(title: str) -> Area:
    """Where a window stands, by its title."""
    tool = shutil.which("xwininfo")
    if tool is None:
        raise InputError(
            "Windows are found by xwininfo, which is not installed.",
            hint="apt-get install x11-utils, or name a region.",
        )
    try:
        found = subprocess.run([tool, "-name", title], capture_output=True, text=True, check=False, timeout=5)
    except subprocess.TimeoutExpired as error:
        raise InputError(
            msg("The desktop does not tell where the window {title} stands.", title=repr(visible(title)))
        ) from error
    numbers = [
        re.search(rf"{name}:\s+(-?\d+)", found.stdout)
        for name in ("Absolute upper-left X", "Absolute upper-left Y", "Width", "Height")
    ]
    if found.returncode or not all(numbers):
        raise InputError(
            msg("There is no window {title}.", title=repr(visible(title))), hint="Its title must be given in full."
        )
    if "Map State: IsViewable" not in found.stdout:  # in its place stands something else
        raise InputError(
            msg("The window {title} is minimized or hidden.", title=repr(visible(title))), hint="Show it again."
        )
    left, top, width, height = (int(number[1]) for number in numbers if number is not None)
    return left, top, width, height
