"""A small lab on this machine: a real scheduler and real workers, each a process as Dask's own programs start them."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Lab:
    """A context manager; leaving it ends what it started.

    Args:
        folder: where its programs write.
        environment: for all of them, beside this process's own.
    """

    def __init__(self, folder: Path, *, environment: Mapping[str, str] = {}) -> None:
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.scheduler: subprocess.Popen[bytes]
        self.workers: list[subprocess.Popen[bytes]] = []
        (folder / "dask").mkdir(parents=True, exist_ok=True)
        self._log = (folder / "lab.log").open("ab")
        self._environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),  # as a child of this process would
            "DASK_TEMPORARY_DIRECTORY": str(folder / "dask"),
            **environment,
        }

    def __enter__(self) -> Lab:
        port = self.address.rpartition(":")[2]
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.wait()
        self._log.close()

    def add_worker(self, *flags: str, environment: Mapping[str, str] = {}) -> subprocess.Popen[bytes]:
        """Start a worker of one thread; it has no nanny, so that the process is the worker."""
        flags = ("--no-nanny", "--nthreads", "1", "--no-dashboard", *flags)
        self.workers.append(self._start("worker", self.address, *flags, environment=environment))
        return self.workers[-1]

    def wait(self) -> None:
        """Until all workers are there."""
        from distributed import Client

        with Client(self.address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(len(self.workers), timeout=60)

    def _start(self, *words: str, environment: Mapping[str, str] = {}) -> subprocess.Popen[bytes]:
        command: Sequence[str] = [sys.executable, "-W", "ignore", "-m", "dask", *words]
        return subprocess.Popen(
            command, env={**self._environment, **environment}, stdout=self._log, stderr=self._log, cwd=ROOT
        )


class Wire:
    """A network between a client and a scheduler that can be cut: it hands bytes on until then, and refuses after.

    Args:
        target: the address of the scheduler.
    """

    def __init__(self, target: str) -> None:
        host, _, port = target.removeprefix("tcp://").rpartition(":")
        self._target = (host, int(port))
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self._server.getsockname()[1]}"
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._begin(self._listen)

    def __enter__(self) -> Wire:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()

    def _begin(self, what: Callable[..., None], *args: socket.socket) -> None:
        self._threads.append(threading.Thread(target=what, args=args, daemon=True))
        self._threads[-1].start()

    def cut(self) -> None:
        """Every connection is gone, and none is taken any more."""
        for one in [self._server, *self._ends]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for one in [self._server, *self._ends]:
            one.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(self._target)
                self._ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    self._begin(self._hand_on, one, other)

    @staticmethod
    def _hand_on(one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(1 << 16):
                other.sendall(data)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def lab_of(folder: Path, *, workers: int, environment: Mapping[str, str] = {}) -> Iterator[Lab]:
    """A lab whose workers are all alike, and there."""
    with Lab(folder, environment=environment) as lab:
        for _ in range(workers):
            lab.add_worker()
        lab.wait()
        yield lab
