"""The sound of the review: a clip's samples at true speed into the system's sound output, loaded when first needed.

A thread decodes ahead, a timer hands over what the output has room for. Where the system has no sound output, or Qt's
sound library cannot be loaded, the review plays silently and says why.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PyQt5.QtCore import QObject, QTimer

from dashcamcleaner.gui.words import tr

__all__ = ["SoundPlayer"]

_AHEAD = 24
"""Pieces that are decoded ahead; one is about 20 ms."""
_EVERY_MS = 20
_WAIT_S = 0.1


class SoundPlayer(QObject):
    """Plays the sound of one clip at a time.

    Attributes:
        why_silent: what is wrong with the sound output, for people; empty while nothing is.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.why_silent = ""
        self._output: Any = None
        self._device: Any = None
        self._rest = b""
        self._pieces: queue.Queue[bytes | None] = queue.Queue(_AHEAD)
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._hand_over)

    @property
    def playing(self) -> bool:
        """Whether there is sound now."""
        return self._thread is not None

    def play(self, path: Path, from_s: float) -> None:
        """Play a clip's sound from a second on; what is played now ends."""
        self.stop()
        if not self._open():
            return
        self._device = self._output.start()
        if self._device is None:
            self.why_silent = tr("The sound output does not answer.")
            return
        self._stopped, self._pieces, self._rest = threading.Event(), queue.Queue(_AHEAD), b""
        stopped, pieces = self._stopped, self._pieces

        def decode() -> None:
            from dashcamcleaner.errors import DashcamCleanerError
            from dashcamcleaner.media.sound_reader import read_sound

            try:
                _put_all(read_sound(path, from_s=from_s), pieces, stopped)
            except (DashcamCleanerError, OSError):
                pieces.put(None)  # silence: the picture tells what is wrong with the clip

        self._thread = threading.Thread(target=decode, name="sound", daemon=True)
        self._thread.start()
        self._timer.start()

    def stop(self) -> None:
        """Be silent."""
        self._timer.stop()
        if self._thread is not None:
            self._stopped.set()
            while self._thread.is_alive():
                while not self._pieces.empty():
                    self._pieces.get_nowait()
                self._thread.join(_WAIT_S)
            self._thread = None
        if self._output is not None:
            self._output.stop()
        self._device = None

    def _open(self) -> bool:
        """Whether there is a sound output; asked of the system once."""
        if self._output is not None or self.why_silent:
            return not self.why_silent
        try:
            from PyQt5.QtMultimedia import QAudioDeviceInfo, QAudioFormat, QAudioOutput
        except ImportError as error:
            self.why_silent = tr("Sound cannot be played: {why}", why=error)
            return False
        from dashcamcleaner.media.sound_reader import CHANNELS, RATE

        device = QAudioDeviceInfo.defaultOutputDevice()
        wanted = QAudioFormat()
        wanted.setSampleRate(RATE)
        wanted.setChannelCount(CHANNELS)
        wanted.setSampleSize(16)
        wanted.setSampleType(QAudioFormat.SignedInt)
        wanted.setByteOrder(QAudioFormat.LittleEndian)
        wanted.setCodec("audio/pcm")
        if device.isNull() or not device.isFormatSupported(wanted):
            self.why_silent = tr("There is no sound output.")
            return False
        self._output = QAudioOutput(device, wanted, self)
        return True

    def _hand_over(self) -> None:
        """Give the output as much as it has room for."""
        room = self._output.bytesFree() if self._output is not None else 0
        while self._device is not None and room > 0:
            if not self._rest:
                try:
                    piece = self._pieces.get_nowait()
                except queue.Empty:
                    return
                if piece is None:
                    self._timer.stop()
                    return
                self._rest = piece
            taken = self._device.write(self._rest[:room])
            if taken <= 0:
                return
            self._rest, room = self._rest[taken:], room - taken


def _put_all(sound: Iterator[bytes], pieces: queue.Queue[bytes | None], stopped: threading.Event) -> None:
    """Put all pieces, and None behind the last one, while somebody listens."""
    for piece in _ended(sound):
        while not stopped.is_set():
            try:
                pieces.put(piece, timeout=_WAIT_S)
                break
            except queue.Full:
                continue
        if stopped.is_set():
            return


def _ended(sound: Iterator[bytes]) -> Iterator[bytes | None]:
    yield from sound
    yield None
