"""Webhooks: signed, without names or pixels, to allowed hosts alone; no redirect is followed."""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from dashcamcleaner.errors import RequestForbidden
from dashcamcleaner.service.webhook import check_webhook
from tests import clips
from tests.service.running import end_of, running, wait_until

SECRET = b"a-secret-of-this-test"


class Receiver(HTTPServer):
    """Takes what it is told; its first answer sends elsewhere."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict, bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.told.append((self.path, dict(self.headers), body))
                self.send_response(307 if len(receiver.told) == 1 else 204)
                if len(receiver.told) == 1:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture()
def receiver() -> Iterator[Receiver]:
    with Receiver() as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def test_the_end_of_a_job_is_told_and_signed(tmp_path: Path, receiver: Receiver) -> None:
    place = f"http://127.0.0.1:{receiver.server_port}"
    (tmp_path / "secret").write_bytes(SECRET + b"\n")
    flags = ["--webhook-host", place, "--webhook-secret-file", str(tmp_path / "secret"), "--verbose"]
    clip = clips.make(tmp_path / "grandma.mp4", frames=3, size=(160, 96)).path.read_bytes()
    with running(tmp_path / "storage", *flags, ready=False) as server:
        query = {"webhook": f"{place}/hook?key=hunter2", "inference_size": "160", "crop_checks": "false"}
        job = server.client.post("/jobs", params=query, files={"files": ("grandma.mp4", clip)}).json()["id"]
        end_of(server, job)
        wait_until(lambda: len(receiver.told) == 2, what="a second attempt")
        other = server.client.post(
            "/jobs", params={"webhook": "http://evil.example/"}, files={"files": ("a.mp4", clip)}
        )
        assert other.status_code == 403
    assert [path for path, _, _ in receiver.told] == 2 * ["/hook?key=hunter2"], "no redirect is followed"
    assert any("answered 307" in line for line in server.lines)
    assert not any("hunter2" in line for line in server.lines), "addresses hold keys, which no log tells"
    _, headers, body = receiver.told[-1]
    signed = headers["X-DashcamCleaner-Timestamp"].encode() + b"." + body
    assert headers["X-DashcamCleaner-Signature"] == "sha256=" + hmac.new(SECRET, signed, "sha256").hexdigest()
    told = json.loads(body)
    assert set(told) == {"id", "kind", "state", "created", "ended", "error", "audit"}
    assert (told["id"], told["state"]) == (job, "done")
    assert b"grandma" not in body
    assert len(body) < 500


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://hooks.example/a?b=c", True),
        ("https://HOOKS.example/", True),
        ("https://other.example:8443/x", True),
        ("http://127.0.0.1:9000/", True),
        ("http://hooks.example/", False),
        ("https://hooks.example:444/", False),
        ("https://other.example/", False),
        ("https://hooks.example@evil.example/", False),
        ("http://127.0.0.1:9001/", False),
        ("https://evil.example/?hooks.example", False),
        ("https://hooks.example.evil.example/", False),
        ("file:///etc", False),
        ("https://user:pw@hooks.example/", False),
        ("https://hooks.example\\@evil.example/", False),
        ("https://[::1/", False),
        ("//hooks.example/", False),
        ("", False),
        ("https://hooks.example/" + "a" * 3000, False),
        ("https://hooks.example:x/", False),
    ],
)
def test_hosts_are_those_of_the_list(url: str, fine: bool) -> None:
    hosts = ("hooks.example", "other.example:8443", "http://127.0.0.1:9000")
    if fine:
        check_webhook(url, hosts=hosts)
        return
    with pytest.raises(RequestForbidden):
        check_webhook(url, hosts=hosts)
