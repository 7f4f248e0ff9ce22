"""One window for a user: files that are opened later join the queue of the one that is open.

The first window listens on a local socket that only its user may open; a later start sends its paths there and ends.
What comes in is a list of paths and nothing else: they are added as if they were dropped, and nothing starts by itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from PyQt5.QtCore import QObject, pyqtSignal
from PyQt5.QtNetwork import QAbstractSocket, QLocalServer, QLocalSocket

from dashcamcleaner.user_folders import user_folder

__all__ = ["SingleInstance", "hand_over"]

_WAIT_MS = 1500
_MOST_BYTES = 1_000_000


def _name() -> str:
    """The socket's name: one for each user's configuration."""
    return "dashcamcleaner-" + hashlib.sha256(str(user_folder("config")).encode()).hexdigest()[:16]


def hand_over(paths: Sequence[str]) -> bool:
    """Give paths to the window that is open; False where none is."""
    socket = QLocalSocket()
    socket.connectToServer(_name())
    if not socket.waitForConnected(_WAIT_MS):
        return False
    socket.write(json.dumps([str(path) for path in paths]).encode())
    sent = bool(socket.waitForBytesWritten(_WAIT_MS))
    socket.disconnectFromServer()
    return sent


class SingleInstance(QObject):
    """Listens for later starts.

    Signals:
        opened: the paths that a later start was given; none for a start without any.
    """

    opened = pyqtSignal(list)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.UserAccessOption)
        self._server.newConnection.connect(self._greet)
        self._heard: dict[QLocalSocket, bytes] = {}

    def listen(self) -> bool:
        """Begin to listen; False where the system does not allow it, and each window is then on its own."""
        if self._server.listen(_name()):
            return True
        if self._server.serverError() == QAbstractSocket.AddressInUseError:
            QLocalServer.removeServer(_name())  # left by a window that was killed: nobody answered there
            return bool(self._server.listen(_name()))
        return False

    def _greet(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            self._heard[socket] = b""
            socket.readyRead.connect(lambda socket=socket: self._hear(socket))
            socket.disconnected.connect(lambda socket=socket: self._done(socket))
            self._hear(socket)
            if socket.state() == QLocalSocket.UnconnectedState:
                self._done(socket)

    def _hear(self, socket: QLocalSocket) -> None:
        if socket in self._heard:
            self._heard[socket] += bytes(socket.readAll())
            if len(self._heard[socket]) > _MOST_BYTES:
                del self._heard[socket]
                socket.abort()

    def _done(self, socket: QLocalSocket) -> None:
        self._hear(socket)
        heard = self._heard.pop(socket, None)
        socket.deleteLater()
        if heard is None:
            return
        try:
            paths = json.loads(heard)
        except ValueError:
            return
        if isinstance(paths, list) and all(isinstance(path, str) for path in paths):
            self.opened.emit(paths)

    def close(self) -> None:
        """Listen no more."""
        self._server.close()
