"""The OpenAPI document: the one in docs/ is the code's own, and a server keeps to it whatever it is sent."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashcamcleaner.errors import RequestForbidden
from dashcamcleaner.service.app import create_app
from dashcamcleaner.service.options import ServiceOptions
from dashcamcleaner.service.webhook import check_webhook
from tests.service.running import ROOT, RunningServer, running, street_file, wait_until, workers_of

TOKEN = "a-token-of-this-test"
DOCUMENT = ROOT / "docs" / "openapi.json"


def test_the_document_in_docs_is_the_codes_own(tmp_path: Path) -> None:
    from dashcamcleaner.cli import main

    assert main(["serve", "--openapi", str(tmp_path / "openapi.json")]) == 0
    made, kept = (json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "openapi.json", DOCUMENT))
    assert made == kept, "make it anew: dashcamcleaner serve --openapi docs/openapi.json"


def test_a_server_tells_its_own_limits(tmp_path: Path) -> None:
    (tmp_path / "policies.toml").write_text("[family]\nnudity = 0.3\n")
    (tmp_path / "secret").write_text("a secret of this test")
    options = ServiceOptions(
        policy=str(tmp_path / "policies.toml"), max_pictures=3, webhook_host=("a.example", "http://127.0.0.1:9"),
        webhook_secret_file=str(tmp_path / "secret"),
    )  # fmt: skip
    paths = create_app(options).openapi()["paths"]
    score, jobs = paths["/score"]["post"], paths["/jobs"]["post"]
    schemas = {one["name"]: one["schema"] for one in [*score["parameters"], *jobs["parameters"]]}
    assert schemas["policy"]["enum"] == ["default", "family"]
    content = score["requestBody"]["content"]
    assert content["multipart/form-data"]["schema"]["properties"]["files"]["maxItems"] == 3
    assert content["application/json"]["schema"]["properties"]["pictures"]["maxItems"] == 3
    for url, fine in (
        ("https://a.example/told?by=us", True), ("http://127.0.0.1:9", True), ("https://a.example.evil/", False),
        ("https://a.example:1/", False), ("http://a.example/", False), ("https://a.example/#part", False),
    ):  # fmt: skip
        assert bool(re.search(schemas["webhook"]["pattern"], url)) is fine, url
        with contextlib.nullcontext() if fine else pytest.raises(RequestForbidden):
            check_webhook(url, hosts=options.webhook_host)  # what the document tells is what is done


def test_every_route_is_in_the_document(server: RunningServer) -> None:
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    assert server.client.get("/openapi.json").json()["paths"].keys() == document["paths"].keys()
    assert set(document["paths"]) == {
        "/score", "/anonymize", "/jobs", "/jobs/{job}", "/jobs/{job}/events", "/jobs/{job}/files/{word}",
        "/health", "/ready", "/models", "/metrics",
    }  # fmt: skip


@contextlib.contextmanager
def held_up(server: RunningServer, storage: Path) -> Iterator[None]:
    """A server whose only place for jobs is taken by one that stands still: all others wait, and cost nothing."""
    server.client.post("/jobs", files={"files": ("street.jpg", street_file())}).raise_for_status()
    wait_until(lambda: workers_of(storage), what="the job's process")
    (worker,) = workers_of(storage)
    worker.suspend()
    try:
        yield
    finally:
        worker.resume()


@pytest.mark.slow
@pytest.mark.timeout(1500)  # some hundred requests, and jobs among them
def test_the_whole_document_under_schemathesis(tmp_path: Path) -> None:
    pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    (tmp_path / "tokens").write_text(TOKEN)
    flags = [
        "--token-file", str(tmp_path / "tokens"), "--rate", "100000", "--job-queue", "10000", "--max-pictures", "4",
        "--max-request-time", "600",
    ]  # fmt: skip
    with running(tmp_path / "storage", *flags, token=TOKEN) as server, held_up(server, tmp_path / "storage"):
        done = schemathesis(server, tmp_path)
    assert done.returncode == 0, done.stdout[-9000:] + done.stderr[-2000:]


CONFIG = """[checks]
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429]

[[operations]]
include-path = "/jobs/{job}/events"
request-timeout = 2
"""
"""Too many pictures are refused with 413, which the tool does not count as a refusal by itself.

The events of a job that waits do not end: a moment of them is looked at, not what a request of pictures is given.
"""


def schemathesis(server: RunningServer, folder: Path, *, most: int = 3) -> subprocess.CompletedProcess[str]:
    """All checks, what is valid always taken; real files come from the file of hooks beside this one."""
    (folder / "schemathesis.toml").write_text(CONFIG, encoding="utf-8")
    words = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json", "--checks", "all",
        "--max-examples", str(most), "--header", f"Authorization: Bearer {TOKEN}",
        "--generation-deterministic", "--request-timeout", "300",
        "--no-color", "--suppress-health-check", "all",
    ]  # fmt: skip
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.service.schemathesis_hooks", "PYTHONPATH": str(ROOT)}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=1400)
