"""Outputs behind URLs: a real S3 server process, some of whose answers fail; and fsspec's file systems."""

from __future__ import annotations

import http.server
import os
import random
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashcamcleaner.cli import main
from dashcamcleaner.cli.show import Display
from dashcamcleaner.core.events import Event, Failed, Finished, Started
from dashcamcleaner.errors import InputError, OutputError, SettingError
from dashcamcleaner.pipeline.job import Job
from dashcamcleaner.report.data import is_report_of, read_report
from dashcamcleaner.settings import resolve
from tests import clips
from tests.cluster.test_cluster import seeing

botocore = pytest.importorskip("botocore.exceptions", reason="the extra cluster is not installed")
boto3 = pytest.importorskip("boto3", reason="the extra cluster is not installed")
pytest.importorskip("moto.server", reason="moto[server] is not installed")
fsspec = pytest.importorskip("fsspec")

from dashcamcleaner.cluster import claims  # noqa: E402
from dashcamcleaner.cluster.claims import claimed  # noqa: E402
from dashcamcleaner.cluster.storage import open_store, refuse_password, safe_name  # noqa: E402
from dashcamcleaner.cluster.tasks import ClusterJob, cluster_jobs, done_already  # noqa: E402
from dashcamcleaner.cluster.work import Task, run_task  # noqa: E402
from dashcamcleaner.pipeline.context import versions  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

SETTINGS = resolve({"crop_checks": False, "workers": 1})


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class _Flaky(http.server.BaseHTTPRequestHandler):
    """Hands requests on to the real server; of every twenty answers about one is lost after the work was done."""

    target = ""
    chooser = random.Random(3)

    def _pass_on(self) -> None:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            self.send_error(501)
            return
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = urllib.request.Request(self.target + self.path, data=body or None, method=self.command)
        for name, value in self.headers.items():
            if name.lower() not in ("connection", "expect", "content-length"):
                asked.add_header(name, value)
        if not body:
            asked.add_header("Content-Length", "0")
        if not asked.has_header("Content-type"):  # else the library would call it a form, which the server reads as one
            asked.add_header("Content-type", "application/octet-stream")
        try:
            with urllib.request.urlopen(asked) as answer:
                status, headers, data = answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            status, headers, data = answer.code, answer.headers, answer.read()
        if self.chooser.random() < 0.05:
            status, data, headers = 503, b"", {}
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        length = headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(data))
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass_on  # noqa: N815  # the library's names

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of an S3 server of its own process."""
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(address).close()
                break
            except OSError:
                assert process.poll() is None, "the S3 server did not start"
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(params=["plain", "flaky"])
def bucket(request: pytest.FixtureRequest, server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a new bucket; the second one loses answers."""
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_ENDPOINT_URL", server),
    ):
        monkeypatch.setenv(name, value)
    name = f"b{request.param}{os.getpid()}{time.monotonic_ns()}"
    boto3.client("s3").create_bucket(Bucket=name)
    if request.param == "plain":
        yield f"s3://{name}"
        return
    _Flaky.target = server
    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Flaky)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.server_address[1]}")
    yield f"s3://{name}"
    proxy.shutdown()
    proxy.server_close()


def file_of(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "file"
    path.write_text(text)
    return path


def fetched(url: str, name: str, folder: Path) -> Path:
    open_store(url).fetch(name, folder / f"fetched-{name}")
    return folder / f"fetched-{name}"


def test_the_first_writer_wins_and_a_lost_answer_is_not_taken_for_another_writer(bucket: str, tmp_path: Path) -> None:
    store = open_store(f"{bucket}/deep/er")
    for number in range(25):
        assert store.publish(file_of(tmp_path, "one"), f"{number}.txt", overwrite=False, token="a")
        assert not store.publish(file_of(tmp_path, "other"), f"{number}.txt", overwrite=False, token="b")
    assert len(store.names()) == 25
    store.fetch("7.txt", tmp_path / "back")
    assert (tmp_path / "back").read_text() == "one"
    assert store.publish(file_of(tmp_path, "new"), "7.txt", overwrite=True, token="b")
    assert store.size("7.txt") == 3
    assert store.size("none.txt") is None
    store.remove("7.txt")
    assert store.size("7.txt") is None


def test_a_server_that_passes_the_condition_over_loses_nothing_that_stands(bucket: str, tmp_path: Path) -> None:
    store = open_store(f"{bucket}/careless")

    def pass_over(params: dict[str, Any], **_: object) -> None:
        params["headers"].pop("If-None-Match", None)

    store._client.meta.events.register("before-call.s3.PutObject", pass_over)  # type: ignore[attr-defined]
    assert store.publish(file_of(tmp_path, "one"), "a.txt", overwrite=False, token="a")
    assert not store.publish(file_of(tmp_path, "two"), "a.txt", overwrite=False, token="b")
    store.fetch("a.txt", tmp_path / "back")
    assert (tmp_path / "back").read_text() == "one"


def test_of_two_writers_to_a_folder_who_saw_nothing_there_the_first_one_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store((tmp_path / "there").as_uri())
    files = store._files  # type: ignore[attr-defined]
    assert store.publish(file_of(tmp_path, "one"), "a.txt", overwrite=False, token="a")
    exists, looks = files.exists, [False]  # the other one came behind this look
    monkeypatch.setattr(files, "exists", lambda path: looks.pop() if looks else exists(path))
    assert not store.publish(file_of(tmp_path, "two"), "a.txt", overwrite=False, token="b")
    assert (tmp_path / "there" / "a.txt").read_text() == "one"
    assert store.names() == ["a.txt"], "nothing is left beside it"


@pytest.mark.parametrize("kind", ["memory", "folder"])
def test_other_file_systems_take_whole_files_too(kind: str, tmp_path: Path) -> None:
    store = open_store(f"memory://t{time.monotonic_ns()}/x" if kind == "memory" else (tmp_path / "there").as_uri())
    assert store.names() == []
    assert store.publish(file_of(tmp_path, "one"), "a/b.txt", overwrite=False, token="a")
    assert not store.publish(file_of(tmp_path, "two"), "a/b.txt", overwrite=False, token="b")
    assert store.names() == ["a/b.txt"]
    store.fetch("a/b.txt", tmp_path / "back")
    assert (tmp_path / "back").read_text() == "one"


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("sftp://me:hunter2@127.0.0.1:9/in", True),
        ("sftp://me:hun/ter2@127.0.0.1/in", True),
        ("sftp://me:22/ter2@127.0.0.1/in", False),  # a folder of that name, on a machine called me
        ("sftp://:hunter2@127.0.0.1:9/in", True),
        ("ftp://me:hun@ter2@127.0.0.1/in", True),
        ("s3://KEY:hunter2@bucket/in", True),
        ("sftp://me@127.0.0.1:9/in", False),
        ("sftp://me@[::1]:22/a:b@c", False),
        ("memory://in/a:b@c", False),
        ("file:///in/a:b@c", False),
    ],
)
@pytest.mark.parametrize("place", ["input", "output", "cluster", "alone"])
def test_a_password_in_an_address_is_refused_and_not_repeated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], address: str, refused: bool, place: str
) -> None:
    if not refused:
        refuse_password(address)
        return
    with pytest.raises(SettingError, match="A password stands in the address"):
        open_store(address)
    clip = tmp_path / "a.mp4"
    clip.write_bytes(b"clip")
    words = {
        "input": [f"{address}/a.mp4", "-o", str(tmp_path / "out"), "--cluster", "local:1"],
        "output": [str(clip), "-o", f"{address}/a.mp4", "--cluster", "local:1"],
        "cluster": [str(clip), "-o", str(tmp_path / "b.mp4"), "--cluster", address],
        "alone": [f"{address}/a.mp4"],
    }
    assert main(["clean", *words[place]]) == SettingError.exit_code
    said = "".join(capsys.readouterr())
    assert "A password stands in the address" in said
    assert "hun" not in said
    assert "ter2" not in said


@pytest.mark.parametrize("name", ["../a.mp4", "/a.mp4", "a/../../b.mp4", "", "a\\b.mp4", "a\0.mp4"])
def test_a_name_that_leaves_its_folder_is_left_aside(name: str) -> None:
    assert not safe_name(name)
    assert safe_name("a/b c/ü.mp4")


def test_a_claim_is_held_by_one_and_taken_over_when_it_beats_no_more(bucket: str, tmp_path: Path) -> None:
    store = open_store(bucket)
    times = {"beat_s": 0.05, "stale_s": 0.6}
    with claimed(store, "o.mp4", token="first", **times):
        with pytest.raises(OutputError, match="Another run"), claimed(store, "o.mp4", token="second", **times):
            pass
        with claimed(store, "o.mp4", token="first", **times):
            pass
    assert store.names() == []
    store.publish(file_of(tmp_path, "dead 4\n"), "o.mp4.claim", overwrite=False, token="dead")
    with claimed(store, "o.mp4", token="second", **times):
        assert store.names() == ["o.mp4.claim"]
    assert store.names() == []


def test_clips_of_a_bucket_are_cleaned_into_another_place_and_leave_nothing_clear(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    monkeypatch.setattr(claims, "STALE_S", 0.5)
    made = clips.make(tmp_path / "a.mp4", frames=6)
    open_store(f"{bucket}/in").publish(made.path, "cam/a.mp4", overwrite=False, token="x")
    jobs, _ = cluster_jobs([f"{bucket}/in"], output=f"{bucket}/out", settings=SETTINGS)
    (one,) = jobs
    assert (one.source, one.output) == (f"{bucket}/in/cam/a.mp4", f"{bucket}/out/cam/a.mp4")
    assert done_already(one) is None
    task = Task(one.source, one.output, SETTINGS, False, versions(), {}, "token")
    told: list[Event] = []
    last = run_task(task, told.append, open_models=seeing)
    assert isinstance(last, Finished), last
    assert last.summary.output == one.output
    assert [(event.source, event.output) for event in told if isinstance(event, Started)] == [(one.source, one.output)]
    open_store(f"{bucket}/out/cam").fetch("a.mp4.report.json", tmp_path / "report.json")
    said = read_report(tmp_path / "report.json")
    assert [said[name] for name in ("source", "output", "plan")] == [one.source, one.output, f"{one.output}.plan.jsonl"]
    assert "scratch" not in (tmp_path / "report.json").read_text()
    assert is_report_of(said, source=made.path, output=fetched(f"{bucket}/out/cam", "a.mp4", tmp_path))
    assert open_store(f"{bucket}/out/cam").names() == [
        "a.mp4", "a.mp4.plan.jsonl", "a.mp4.report.html", "a.mp4.report.json",
    ]  # fmt: skip
    assert list(scratch.iterdir()) == []
    summary = done_already(one)
    assert summary is not None
    assert summary.status == last.summary.status
    later = Task(one.source, one.output, SETTINGS, False, versions(), {}, "later")
    again = run_task(later, lambda _: None, open_models=seeing)
    assert isinstance(again, Finished), again
    assert again.earlier
    assert again.summary.output == one.output
    assert again.summary.report == f"{one.output}.report.json"
    open_store(f"{bucket}/in/cam").publish(clips.make(tmp_path / "b.mp4", frames=5).path, "a.mp4", overwrite=True,
                                           token="x")  # fmt: skip
    other = run_task(later, lambda _: None, open_models=seeing)
    assert isinstance(other, Failed)
    assert "there already" in other.error.message
    open_store(f"{bucket}/in").publish(file_of(tmp_path, "nothing"), "cam/broken.mp4", overwrite=False, token="x")
    broken = Task(f"{bucket}/in/cam/broken.mp4", f"{bucket}/out/cam/broken.mp4", SETTINGS, False, versions(), {}, "x")
    failed = run_task(broken, lambda _: None, open_models=seeing)
    assert isinstance(failed, Failed)
    assert failed.error.message.startswith(broken.source), "the worker's own folder says nothing to anybody"
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("error", ["network", "store"])
def test_what_cannot_be_deleted_on_s3_stays_whatever_the_reason(monkeypatch: pytest.MonkeyPatch, error: str) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    raised: Exception = botocore.EndpointConnectionError(endpoint_url="http://gone")
    if error == "store":
        raised = botocore.ClientError({"Error": {"Code": "AccessDenied"}}, "DeleteObject")
    store = open_store("s3://bucket/out")
    asked: list[str] = []

    def fail(*, Bucket: str, Key: str) -> None:  # noqa: N803  # the library's names
        asked.append(f"{Bucket}/{Key}")
        raise raised

    monkeypatch.setattr(store._client, "delete_object", fail)  # type: ignore[attr-defined]
    store.remove("a.mp4.claim")
    assert asked == ["bucket/out/a.mp4.claim"]


def test_inputs_and_outputs_are_told_apart(tmp_path: Path) -> None:
    clips.make(tmp_path / "a.mp4", frames=3)
    jobs, _ = cluster_jobs([str(tmp_path / "a.mp4")], output="s3://b/out/", settings=SETTINGS)
    assert [(one.source, one.output) for one in jobs] == [(str(tmp_path / "a.mp4"), "s3://b/out/a.mp4")]
    with pytest.raises(SettingError, match="need an output"):
        cluster_jobs(["s3://b/in"], output=None, settings=SETTINGS)
    with pytest.raises(InputError, match="cannot be"):
        open_store("nowhere://x/y").names()


def test_a_folder_behind_a_url_gets_one_page_over_all_clips_worst_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    far, here = tmp_path / "far", tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    (far / "in").mkdir(parents=True)
    clips.make(far / "in" / "a.mp4", frames=4)
    (far / "in" / "b.mp4").write_bytes(b"no clip at all")
    base = far.as_uri()
    flags = ["--no-crop-checks", "--inference-size", "320", "--cluster", "local:1"]
    assert main(["clean", f"{base}/in", "-o", f"{base}/out", *flags]) != 0
    page = (far / "out" / "report.html").read_text(encoding="utf-8")
    assert page.index("b.mp4") < page.index("a.mp4.report.html")
    assert f"report: {base}/out/report.html" in capsys.readouterr().out
    assert list(here.iterdir()) == [], "something was written where the command was given"


def test_persons_are_no_matter_of_a_cluster(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = clips.make(tmp_path / "a.mp4", frames=3)
    assert main(["clean", str(made.path), "--keep-person", "1", "--cluster", "local:1"]) == SettingError.exit_code
    assert "do not tell persons apart" in capsys.readouterr().err


def test_clips_behind_urls_are_told_by_their_urls(capsys: pytest.CaptureFixture[str]) -> None:
    source, output = "s3://clips/in/a.mp4", "s3://clips/out/a.mp4"
    one = ClusterJob(Job(Path(source), Path(output), SETTINGS), source, output)
    for json_lines in (False, True):
        urls = {str(path): url for path, url in one.places()}
        with Display(
            sizes={str(one.job.source): 1}, json_lines=json_lines, quiet=False, stream=sys.stderr, urls=urls
        ) as display:
            display.show(one.job, Failed(InputError(f"{source} is not a clip that can be read.")))
            display.totals()
        told = capsys.readouterr()
        assert "s3:/c" not in told.out + told.err
        assert told.err == "" if json_lines else told.err.startswith(source)
