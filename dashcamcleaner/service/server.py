"""Runs the app: uvicorn on one address, which is told when it is ready; a signal ends it, jobs and all.

One process: there is one pool of models and one queue. What is to run on more cores is what the models do themselves.
"""

from __future__ import annotations

import contextlib
import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn

from dashcamcleaner.atomic_files import atomic_write
from dashcamcleaner.core.plain_text import say
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import msg
from dashcamcleaner.service.app import create_app, openapi
from dashcamcleaner.service.options import ServiceOptions

__all__ = ["serve", "write_openapi"]

_MOST_CONNECTIONS = 512


class _Server(uvicorn.Server):
    """Tells its address once it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        for one in sockets or ():
            host, port = one.getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            say(msg("DashcamCleaner serves at http://{shown}:{port}/ (Ctrl-C ends it).", shown=shown, port=port))


def serve(options: ServiceOptions, *, models: ModelPool | None = None) -> int:
    """Serve until a signal comes; gives the exit status.

    Args:
        options: how the service is opened.
        models: the pool for pictures; None: one of its own.

    Raises:
        SettingError: the options cannot be used, or the address is taken.
    """
    app = create_app(options, models=models)
    with _listening(options) as listener:
        config = uvicorn.Config(
            app, access_log=False, log_config=None, lifespan="on", server_header=False, date_header=True,
            limit_concurrency=_MOST_CONNECTIONS, timeout_keep_alive=15, timeout_graceful_shutdown=5,
            proxy_headers=False, h11_max_incomplete_event_size=65536,
        )  # fmt: skip
        server = _Server(config)
        with _level("uvicorn", logging.WARNING), _level("dashcamcleaner.service", logging.INFO):
            try:
                server.run(sockets=[listener])
            except KeyboardInterrupt:  # raised again by the library when the signal's work is done
                if not server.started:
                    raise
    return 0 if server.started else 1


@contextlib.contextmanager
def _level(name: str, level: int) -> Iterator[None]:
    """What a logger tells for as long as the server runs."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.setLevel(before)


def _listening(options: ServiceOptions) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except BaseException:
            listener.close()
            raise
    except OSError as error:
        raise SettingError(
            msg(
                "The address {host}:{port} cannot be listened on: {strerror}.",
                host=options.host,
                port=options.port,
                strerror=error.strerror,
            ),
            hint="Choose another --host or --port; 0 takes a free one.",
        ) from error
    return listener


def write_openapi(path: Path) -> None:
    """Write the OpenAPI document, as ``docs/openapi.json`` holds it."""
    document: dict[str, Any] = openapi()
    atomic_write(path, json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
