"""The OpenAPI document: the one in docs/ is the code's own, and a server keeps to it whatever it is sent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.running import ROOT, RunningServer, running

TOKEN = "a-token-of-this-test"
DOCUMENT = ROOT / "docs" / "openapi.json"


def test_the_document_in_docs_is_the_codes_own(tmp_path: Path) -> None:
    from dashcamcleaner.cli import main

    assert main(["serve", "--openapi", str(tmp_path / "openapi.json")]) == 0
    made, kept = (json.loads(path.read_text(encoding="utf-8")) for path in (tmp_path / "openapi.json", DOCUMENT))
    assert made == kept, "make it anew: dashcamcleaner serve --openapi docs/openapi.json"


def test_every_route_is_in_the_document(server: RunningServer) -> None:
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    assert server.client.get("/openapi.json").json()["paths"].keys() == document["paths"].keys()
    assert set(document["paths"]) == {
        "/score", "/anonymize", "/jobs", "/jobs/{job}", "/jobs/{job}/events", "/jobs/{job}/files/{word}",
        "/health", "/ready", "/models", "/metrics",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(900)  # some hundred requests, and jobs among them
def test_the_whole_document_under_schemathesis(tmp_path: Path) -> None:
    pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    (tmp_path / "tokens").write_text(TOKEN)
    flags = ["--token-file", str(tmp_path / "tokens"), "--rate", "100000", "--job-queue", "10000"]
    with running(tmp_path / "storage", *flags, token=TOKEN) as server:
        done = schemathesis(server, tmp_path)
    assert done.returncode == 0, done.stdout[-9000:] + done.stderr[-2000:]


def schemathesis(server: RunningServer, folder: Path, *, most: int = 8) -> subprocess.CompletedProcess[str]:
    """All checks, none of them loosened; real files come from `schemathesis_hooks`."""
    words = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json", "--checks", "all",
        "--max-examples", str(most), "--header", f"Authorization: Bearer {TOKEN}",
        "--generation-deterministic", "--request-timeout", "60",
        "--no-color", "--suppress-health-check", "all",
    ]  # fmt: skip
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.service.schemathesis_hooks", "PYTHONPATH": str(ROOT)}
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=880)
