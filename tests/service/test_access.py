"""Who may ask: addresses, tokens, hosts and pages, and how often. Each tried on a real server, or before it starts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dashcamcleaner.errors import RequestForbidden, SettingError, TokenError, TooMany
from dashcamcleaner.service.access import RateLimit, TokenCheck, check_host
from dashcamcleaner.service.options import ServiceOptions
from tests.service.running import ROOT, RunningServer, running, street_file

TOKEN = "one-token-of-this-test"
OTHER = "and-another-one-of-this-test"


def refused(*flags: str, tmp_path: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "dashcamcleaner", "serve", "--port", "0", "--storage", str(tmp_path / "s"), *flags],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "tokens").write_text(f"# two of them\n{TOKEN}\n{OTHER}\n")
    with running(folder / "storage", "--token-file", str(folder / "tokens"), "--rate", "1200", token=TOKEN) as found:
        yield found


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_any_other_address_needs_a_token(tmp_path: Path, host: str) -> None:
    said = refused("--host", host, tmp_path=tmp_path)
    assert "nobody would be asked for a token" in said
    assert "--token-file" in said


@pytest.mark.parametrize("token", ["short", "with a space in the middle", "with\x07a bell in the middle"])
def test_a_weak_token_is_refused(tmp_path: Path, token: str) -> None:
    (tmp_path / "tokens").write_text(token)
    assert "at least 16 plain characters" in refused("--token-file", str(tmp_path / "tokens"), tmp_path=tmp_path)


def test_an_empty_or_absent_token_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("\n# none\n")
    assert "holds no token" in refused("--token-file", str(tmp_path / "tokens"), tmp_path=tmp_path)
    assert "cannot be read" in refused("--token-file", str(tmp_path / "absent"), tmp_path=tmp_path)


def test_with_a_token_it_starts_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text(TOKEN)
    flags = ["--host", "0.0.0.0", "--token-file", str(tmp_path / "tokens")]
    with running(tmp_path / "storage", *flags, ready=False) as server:
        url = server.url.replace("0.0.0.0", "127.0.0.1")
        assert httpx.get(f"{url}/jobs", trust_env=False).status_code == 401
        assert (
            httpx.get(f"{url}/jobs", headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False).status_code == 200
        )


ROUTES = [
    ("POST", "/score"), ("POST", "/anonymize"), ("POST", "/jobs"), ("GET", "/jobs"), ("GET", f"/jobs/{'0' * 32}"),
    ("DELETE", f"/jobs/{'0' * 32}"), ("GET", f"/jobs/{'0' * 32}/events"), ("GET", f"/jobs/{'0' * 32}/files/result"),
    ("GET", "/models"), ("GET", "/metrics"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "header", [None, "Bearer wrong-token-of-this-test", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer"]
)
def test_nothing_is_done_without_the_token(guarded: RunningServer, method: str, path: str, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    answer = httpx.request(method, guarded.url + path, headers=headers, trust_env=False)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["error"] == "TokenError"


def test_every_route_wants_the_token_but_these(guarded: RunningServer) -> None:
    document = guarded.client.get("/openapi.json").json()
    open_routes = {path for path, ways in document["paths"].items() for way in ways.values() if not way.get("security")}
    assert open_routes == {"/health", "/ready"}
    for path in ("/", "/docs", "/health", "/ready", "/openapi.json"):
        assert httpx.get(guarded.url + path, trust_env=False).status_code == 200


def test_a_job_belongs_to_its_token(guarded: RunningServer) -> None:
    job = guarded.client.post("/jobs", files={"files": ("a.jpg", street_file())}).json()["id"]
    other = {"Authorization": f"Bearer {OTHER}"}
    assert guarded.client.get(f"/jobs/{job}").status_code == 200
    assert guarded.client.get(f"/jobs/{job}", headers=other).status_code == 404
    assert guarded.client.delete(f"/jobs/{job}", headers=other).status_code == 404
    assert guarded.client.get("/jobs", headers=other).json() == {"jobs": []}


def test_more_requests_than_allowed_are_told_to_wait(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text(f"{TOKEN}\n{OTHER}\n")
    flags = ["--token-file", str(tmp_path / "tokens"), "--rate", "30"]
    with running(tmp_path / "storage", *flags, token=TOKEN, ready=False) as server:
        answers = [server.client.get("/jobs") for _ in range(12)]
        assert [answer.status_code for answer in answers[:5]] == [200] * 5
        assert answers[-1].status_code == 429
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        other = {"Authorization": f"Bearer {OTHER}"}
        assert server.client.get("/jobs", headers=other).status_code == 200, "another token has a bucket of its own"
        wrong = [server.client.get("/jobs", headers={"Authorization": "Bearer x"}).status_code for _ in range(12)]
        assert wrong[0] == 401
        assert wrong[-1] == 429, "guessing has a rate, too"


def test_the_rate_comes_back_with_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("dashcamcleaner.service.access.time.monotonic", lambda: clock[0])
    rate = RateLimit(60)
    for _ in range(10):
        rate.take("a")
    with pytest.raises(TooMany) as refusal:
        rate.take("a")
    assert refusal.value.retry_after_s == pytest.approx(1.0)
    clock[0] += 1.01
    rate.take("a")
    rate.take("b")


def test_tokens_are_compared_against_all() -> None:
    check = TokenCheck([TOKEN, OTHER])
    assert check.owner(TOKEN) != check.owner(OTHER)
    for wrong in (None, "", TOKEN[:-1], TOKEN.upper()):
        with pytest.raises(TokenError):
            check.owner(wrong)


@pytest.mark.parametrize(
    ("host", "origin", "fine"),
    [
        ("127.0.0.1:8080", None, True),
        ("localhost:8080", "http://localhost:8080", True),
        ("[::1]:8080", None, True),
        ("clips.example", None, False),
        ("clips.example:8080", "http://clips.example:8080", False),
        ("", None, False),
        ("127.0.0.1:8080", "http://evil.example", False),
        ("127.0.0.1:8080", "null", False),
        ("127.0.0.1:8080", "http://127.0.0.1:9", False),
        ("kitchen.lan", "https://kitchen.lan", True),
        ("Kitchen.LAN", "https://Kitchen.LAN", True),
        ("[::1", None, False),
        ("127.0.0.1:8080", "http://[", False),
        ("[", "http://[", False),
    ],
)
def test_pages_of_other_hosts_reach_nothing(host: str, origin: str | None, fine: bool) -> None:
    asked = {"host": host, "origin": origin, "bound_to": "127.0.0.1", "names": ("Kitchen.lan",)}
    if fine:
        check_host(**asked)
        return
    with pytest.raises(RequestForbidden):
        check_host(**asked)


def test_a_server_refuses_other_names_and_pages(guarded: RunningServer) -> None:
    assert guarded.client.get("/jobs", headers={"Host": "evil.example"}).status_code == 403
    assert guarded.client.post("/score", headers={"Origin": "http://evil.example"}).status_code == 403
    answer = guarded.client.get("/health")
    assert "access-control-allow-origin" not in answer.headers
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_log_tells_ids_and_no_names(tmp_path: Path) -> None:
    with running(tmp_path / "storage", ready=False) as server:
        files = {"files": ("Grandma at the lake.jpg", b"no picture")}
        answer = server.client.post("/anonymize", files=files)
        server.client.get("/Grandma%20at%20the%20lake.jpg?Grandma=1")
    text = "".join(server.lines)
    assert answer.headers["x-request-id"] in text
    assert "POST /anonymize 415" in text
    assert "Grandma" not in text


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({"port": 70000}, "port"),
        ({"max_pictures": 0}, "max-pictures"),
        ({"allow_folder": ("/no/such/folder",)}, "no folder"),
        ({"webhook_host": ("a.example",)}, "no secret"),
        ({"keep_hours": "nan"}, "keep-hours"),
    ],
)
def test_wrong_options_are_told(flags: dict, says: str) -> None:
    with pytest.raises(SettingError, match=says):
        ServiceOptions(**flags)


def test_two_servers_do_not_share_a_storage(tmp_path: Path) -> None:
    with running(tmp_path / "storage", ready=False):
        said = subprocess.run(
            [sys.executable, "-m", "dashcamcleaner", "serve", "--port", "0", "--storage", str(tmp_path / "storage")],
            env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert said.returncode != 0
    assert "in use by another server" in said.stderr
