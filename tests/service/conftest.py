"""One server for the tests of a module that leave it as it was."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest

from tests.service.process_state import LASTING, state_of_process
from tests.service.running import RunningServer, running

for name in ("fastapi", "fastapi_offline", "uvicorn", "httpx", "prometheus_client", "multipart"):
    pytest.importorskip(name, reason="the extra serve is not installed")


@pytest.fixture(scope="module", autouse=True)
def process_as_it_was() -> Iterator[None]:
    """A module of these tests leaves nothing of the process changed for those that come after it."""
    before = state_of_process()
    yield
    after = state_of_process()
    assert {name: after[name] for name in LASTING} == {name: before[name] for name in LASTING}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server as it is without flags, but for a folder of clips and the rate."""
    folder = tmp_path_factory.mktemp("service")
    (folder / "clips").mkdir()
    flags = ["--allow-folder", "clips", "--rate", "100000"]  # relative to where the server was started
    with running(folder / "storage", *flags) as found:
        yield found


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own surroundings reaches the tests' clients."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture()
def unused_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
