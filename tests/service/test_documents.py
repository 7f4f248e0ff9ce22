"""What README, docs and packaging tell of the service is so: the client runs, flags exist, limits are the true ones."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from dashcamcleaner.cli import build_parser
from dashcamcleaner.service.options import ROWS
from tests.service.running import ROOT, RunningServer, street_file


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_client_of_the_readme_runs(
    server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```", text_of("README.md").partition("## Over HTTP")[2], re.M | re.S)
    assert len(example.splitlines()) <= 10
    (tmp_path / "street.jpg").write_bytes(street_file())
    monkeypatch.chdir(tmp_path)
    exec(compile(example.replace("http://127.0.0.1:8080", server.url), "README.md", "exec"), {})
    assert "street.jpg {'nudity':" in capsys.readouterr().out
    assert (tmp_path / "street_cleaned.jpg").read_bytes()[:2] == b"\xff\xd8"


@pytest.mark.parametrize("name", ["README.md", "docs/service.md"])
def test_who_opens_a_connection_is_told(name: str) -> None:
    words = " ".join(text_of(name).split())
    assert "Nothing but `serve`, `live` to the network and `--cluster` ever opens a connection" in words


def test_every_limit_is_documented() -> None:
    document = text_of("docs/service.md")
    for row in ROWS:
        if row.group == "limits":
            assert f"`{row.flag}`" in document, row.flag
            assert f"{row.default:g}" in document, row.flag


def commands() -> list[list[str]]:
    unit = re.search(r"^ExecStart=\S+ (.*)$", text_of("packaging/dashcamcleaner.service"), re.M)
    container = re.search(r"^CMD (\[.*\])$", text_of("packaging/serve.Containerfile"), re.M)
    assert unit
    assert container
    return [shlex.split(unit[1]), json.loads(container[1])[1:]]


@pytest.mark.parametrize("words", commands(), ids=["unit", "container"])
def test_the_packaged_commands_are_understood(words: list[str]) -> None:
    parsed = build_parser()[0].parse_args(words)
    assert parsed.command == "serve"
    assert parsed.serve_host == "127.0.0.1" or parsed.serve_token_file
