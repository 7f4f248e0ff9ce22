"""Feeds the script inside OBS: publishes over ZeroMQ whether to cover, the score, and a lease that runs out."""

from __future__ import annotations

import contextlib
import importlib.util
import json
from typing import Any

from dashcamcleaner.errors import ExtraMissing, OutputError, extra_hint
from dashcamcleaner.live.switching import LEASE_S
from dashcamcleaner.messages import msg

__all__ = ["ObsFeed", "parse_feed"]


def parse_feed(text: str) -> ObsFeed:
    """A feed of ``obs-script:PORT``.

    Raises:
        OutputError: it is none.
    """
    port = text.partition(":")[2]
    if not (port.isdecimal() and 0 < int(port) < 65536):
        raise OutputError(
            "The script inside OBS is fed on a port.", hint="obs-script:5555, the port set in the script."
        )
    return ObsFeed(int(port))


class ObsFeed:
    """A `CoverSwitch` that publishes on this machine alone.

    Args:
        port: the port that the script asks; 0 for any.
    """

    def __init__(self, port: int) -> None:
        if importlib.util.find_spec("zmq") is None:
            raise ExtraMissing(
                "The script inside OBS is fed by pyzmq, which is not installed.", hint=extra_hint("live")
            )
        self.port = port
        self.description = msg("script in OBS, port {port}", port=port)
        self._context: Any = None
        self._socket: Any = None
        self._renewals = 0

    def connect(self) -> None:
        """Begin, covered.

        Raises:
            OutputError: the port is taken.
        """
        self.close()
        import zmq

        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.PUB)
        self._socket.setsockopt(zmq.LINGER, 200)
        try:
            if self.port:
                self._socket.bind(f"tcp://127.0.0.1:{self.port}")
            else:
                self.port = self._socket.bind_to_random_port("tcp://127.0.0.1")
        except zmq.ZMQError as error:
            self._end()
            raise OutputError(
                msg("Port {port} cannot be used: {error}.", port=self.port, error=error),
                hint="Take another one, here and in OBS.",
            ) from error
        self.set(covered=True, score=0.0)

    def set(self, *, covered: bool, score: float) -> None:
        """Publish; what nobody hears is lost, and the script stays covered.

        Raises:
            OutputError: the socket is gone.
        """
        import zmq

        self._renewals += 1
        message = {"lease": self._renewals, "lease_ms": round(1000 * LEASE_S), "covered": covered, "score": score}
        try:
            self._socket.send_string(json.dumps(message), zmq.NOBLOCK)
        except zmq.ZMQError as error:
            raise OutputError(msg("The script inside OBS cannot be told: {error}.", error=error)) from error

    def close(self) -> None:
        """Tell the script to cover, and end."""
        if self._context is None:
            return
        with contextlib.suppress(OutputError):
            self.set(covered=True, score=0.0)
        self._end()

    def _end(self) -> None:
        self._socket.close()
        self._context.term()
        self._context = self._socket = None
