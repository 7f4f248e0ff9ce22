"""Jobs against a real server: a clip goes in, events come, the result is fetched, and nothing stays behind."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from dashcamcleaner.core.plan import PlanHeader
from tests import clips
from tests.service.running import RunningServer, end_of, running, wait_until

FAST = {"inference_size": "160", "crop_checks": "false"}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("clip")
    return clips.make(folder / "ride.mp4", frames=12, size=(160, 96), sounds=(clips.Sound(),)).path.read_bytes()


def storage_of(server: RunningServer) -> Path:
    words = server.process.args
    assert isinstance(words, list)
    return Path(words[words.index("--storage") + 1])


def start(server: RunningServer, clip: bytes, **query: str) -> str:
    answer = server.client.post("/jobs", params={**FAST, **query}, files={"files": ("ride.mp4", clip)})
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/jobs/{answer.json()['id']}"
    return answer.json()["id"]


def test_a_clip_is_cleaned(server: RunningServer, clip: bytes, tmp_path: Path) -> None:
    job = start(server, clip)
    told = end_of(server, job)
    assert told["state"] == "done", told
    assert told["progress"] == 1.0
    assert told["outcome"]["frames"] == 12
    assert set(told["links"]) == {"self", "events", "result", "plan", "report", "page"}
    result = server.client.get(told["links"]["result"])
    (tmp_path / "result.mp4").write_bytes(result.content)
    from dashcamcleaner.media.probe import probe

    info = probe(tmp_path / "result.mp4")
    assert info.frames == 12
    plan = server.client.get(told["links"]["plan"]).text
    assert PlanHeader.from_line(plan.splitlines()[0]).source == "source.mp4"
    report = server.client.get(told["links"]["report"]).json()
    assert report["schema"] == "dashcamcleaner.report"
    assert "<html" in server.client.get(told["links"]["page"]).text


def test_no_answer_names_a_path_of_the_server(server: RunningServer, clip: bytes) -> None:
    storage = storage_of(server)
    job = start(server, clip, audit="true")
    told = end_of(server, job)
    answers = [server.client.get(link) for link in told["links"].values()]
    answers += [server.client.get("/jobs"), server.client.get("/models"), server.client.get("/metrics")]
    answers.append(server.client.post("/jobs", files={"files": ("ride.mp4", b"no clip")}))
    failed = end_of(server, answers[-1].json()["id"])
    answers.append(server.client.get(failed["links"]["events"]))
    for answer in answers:
        text = answer.content.decode("utf-8", "replace")
        assert str(storage) not in text, answer.url
        assert str(storage.parent) not in text, answer.url
        assert str(Path.home()) not in text, answer.url
        assert str(Path(__file__).parents[2]) not in text, answer.url


def test_events_come_as_they_happen(server: RunningServer, clip: bytes) -> None:
    job = start(server, clip)
    seen: list[tuple[str, dict]] = []
    with server.client.stream("GET", f"/jobs/{job}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for block in "".join(answer.iter_text()).split("\n\n"):
            rows = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and line[0] != ":")
            if rows:
                seen.append((rows["id"], json.loads(rows["data"])))
                assert rows["event"] == seen[-1][1]["event"]
    assert seen[0][1]["event"] == "started"
    assert seen[-1][1] == {"event": "finished", "state": "done"}
    assert [int(number) for number, _ in seen] == sorted({int(number) for number, _ in seen})
    later = server.client.get(f"/jobs/{job}/events", headers={"Last-Event-ID": seen[-2][0]}).text
    assert later.count("data: ") == 1


def test_a_job_may_look_again(server: RunningServer, clip: bytes) -> None:
    told = end_of(server, start(server, clip, audit="true"))
    assert told["outcome"]["audit"]["status"] in ("PASS", "NEEDS REVIEW")


def test_scenes_are_listed_and_cut(server: RunningServer, tmp_path: Path) -> None:
    clip = clips.make(tmp_path / "ride.mp4", frames=150, size=(160, 96)).path.read_bytes()
    told = end_of(server, start(server, clip, kind="scenes", model="light"))
    assert told["state"] == "done", told
    assert {"list", "csv", "json"} <= set(told["links"])
    assert "result" not in told["links"]
    blocks = told["outcome"]["scenes"]["blocks"]
    assert blocks
    cut = end_of(server, start(server, clip, kind="scenes", model="light", targets=blocks[0]["label"]))
    assert cut["state"] == "done", cut
    assert b"ftyp" in server.client.get(cut["links"]["result"]).content[:16]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"kind": "scenes", "model": "light", "targets": "day,dusk"}, "there is no label 'dusk'."),
        ({"kind": "scenes", "targets": "night"}, "there is no label 'night'."),
        ({"kind": "scenes", "model": "shots", "targets": "shots"}, "there is no label 'shots'."),
        ({"format": "webm", "codec": "h264"}, "WebM does not hold H.264."),
        ({"format": "mov", "codec": "av1"}, "MOV does not hold AV1."),
        ({"kind": "scenes", "targets": "parked", "codec": "av1", "name": "ride.mov"}, "MOV does not hold AV1."),
    ],
)
def test_what_a_job_could_not_do_is_refused_when_it_is_sent(
    server: RunningServer, clip: bytes, query: dict, detail: str
) -> None:
    before = len(server.client.get("/jobs").json()["jobs"])
    answer = server.client.post("/jobs", params=query, content=clip, headers={"Content-Type": "video/mp4"})
    told = answer.json()
    assert (answer.status_code, told["error"], told["detail"]) == (422, "SettingError", detail)
    assert told["hint"]
    assert len(server.client.get("/jobs").json()["jobs"]) == before


def test_labels_of_other_kinds_of_jobs_are_no_fault(server: RunningServer, clip: bytes) -> None:
    query = {"kind": "scenes", "codec": "av1", "name": "ride.mov"}  # nothing is written
    for params in ({"targets": "dusk"}, query):
        job = server.client.post("/jobs", params=params, content=clip, headers={"Content-Type": "video/mp4"})
        assert job.status_code == 202, job.text
        assert server.client.delete(job.json()["links"]["self"]).status_code == 204


def test_an_audit_of_two_files(server: RunningServer, clip: bytes) -> None:
    cleaned = end_of(server, start(server, clip))
    result = server.client.get(cleaned["links"]["result"]).content
    plan = server.client.get(cleaned["links"]["plan"]).content
    files = [("files", ("ride.mp4", clip)), ("files", ("result.mp4", result)), ("files", ("plan.jsonl", plan))]
    answer = server.client.post("/jobs?kind=audit", files=files)
    told = end_of(server, answer.json()["id"])
    assert told["state"] == "done", told
    assert told["outcome"]["audit"]["status"] in ("PASS", "NEEDS REVIEW")
    assert "report" in told["links"]
    assert "result" not in told["links"]


@pytest.mark.parametrize(
    ("query", "unused"),
    [
        ({"kind": "clean", "targets": "day"}, "clean has no use for targets."),
        ({"kind": "scenes", "format": "mkv", "audit": "true"}, "scenes has no use for format, audit."),
        ({"kind": "audit", "style": "mosaic"}, "audit has no use for style."),
        ({"kind": "audit", "style": "gaussian", "audit": "false", "model": "motion"}, ""),  # as generated clients do
    ],
)
def test_what_a_kind_has_no_use_for_is_told(server: RunningServer, query: dict, unused: str) -> None:
    files = [("files", ("ride.mp4", b"no clip"))] * (2 if query["kind"] == "audit" else 1)
    told = server.client.post("/jobs", params=query, files=files).json()
    assert [one["message"] for one in told["warnings"]] == ([unused] if unused else [])


def test_what_was_sent_goes_when_the_job_ends(server: RunningServer, clip: bytes) -> None:
    storage = storage_of(server)
    job = start(server, clip)
    end_of(server, job)
    wait_until(lambda: not list((storage / "jobs" / job).glob("source*")), what="the source to go")
    kept = {path.name for path in (storage / "jobs" / job).iterdir()}
    assert len(kept) == 4, kept
    assert not any("source" in name for name in kept)
    assert all(path.stat().st_mode & 0o077 == 0 for path in (storage / "jobs" / job).glob("*.plan.jsonl"))
    assert (storage / "jobs" / job).stat().st_mode & 0o777 == 0o700
    assert storage.stat().st_mode & 0o777 == 0o700
    assert (storage / "jobs.sqlite").stat().st_mode & 0o777 == 0o600


def test_deleting_leaves_nothing(server: RunningServer, clip: bytes) -> None:
    storage = storage_of(server)
    job = start(server, clip)
    assert server.client.delete(f"/jobs/{job}").status_code == 204  # it may be running
    wait_until(lambda: not (storage / "jobs" / job).exists(), what="the folder to go")
    assert server.client.get(f"/jobs/{job}").status_code == 404
    assert server.client.delete(f"/jobs/{job}").status_code == 404
    assert job not in server.client.get("/jobs").text
    assert job.encode() not in (storage / "jobs.sqlite").read_bytes()


def test_what_is_no_clip_fails_as_on_the_command_line(server: RunningServer) -> None:
    answer = server.client.post("/jobs", files={"files": ("ride.mp4", b"this is no clip")})
    told = end_of(server, answer.json()["id"])
    assert told["state"] == "failed"
    assert told["problem"]["error"] == "InputError"
    assert told["problem"]["status"] == 415
    assert server.client.get(f"/jobs/{told['id']}/files/result").status_code == 409


@pytest.mark.parametrize(
    ("sent", "called"),
    [
        ("tour {0} of\u202e monday.mp4", "tour {0} of\\u202e monday.mp4"),
        ("/home/ann/..\\clips\\ride.MOV", "ride.MOV"),
        ("", "source.mp4"),
    ],
)
def test_what_fails_is_called_as_its_sender_calls_it(server: RunningServer, sent: str, called: str) -> None:
    answer = server.client.post(
        "/jobs", params={"name": sent} if sent else {}, content=b"no clip", headers={"Content-Type": "video/mp4"}
    )
    told = end_of(server, answer.json()["id"])
    detail = told["problem"]["detail"]
    assert called in detail
    assert "ann" not in detail
    events = server.client.get(told["links"]["events"]).text
    assert ("source." in events) == (called == "source.mp4")


def test_in_an_audit_each_file_has_its_senders_name(server: RunningServer, clip: bytes) -> None:
    files = [("files", ("ride.mp4", clip)), ("files", ("ride cleaned.mp4", b"no clip"))]
    told = end_of(server, server.client.post("/jobs?kind=audit", files=files).json()["id"])
    assert "ride cleaned.mp4" in told["problem"]["detail"]
    assert "output.mp4" not in told["problem"]["detail"]


def test_a_raw_body_is_a_clip(server: RunningServer, clip: bytes) -> None:
    answer = server.client.post("/jobs", params=FAST, content=clip, headers={"Content-Type": "video/mp4"})
    assert end_of(server, answer.json()["id"])["state"] == "done"


def test_the_container_can_be_chosen(server: RunningServer, clip: bytes) -> None:
    told = end_of(server, start(server, clip, format="mkv"))
    answer = server.client.get(told["links"]["result"])
    assert answer.content[:4] == b"\x1aE\xdf\xa3"
    assert "result.mkv" in answer.headers["content-disposition"]


class TestPaths:
    """A clip may be named by its path under an allowed folder, and no other file may be."""

    def ask(self, server: RunningServer, path: object) -> httpx.Response:
        return server.client.post("/jobs", params=FAST, json={"paths": [path]})

    def test_a_clip_of_the_folder(self, server: RunningServer, clip: bytes) -> None:
        folder = storage_of(server).parent / "clips"
        (folder / "monday").mkdir(exist_ok=True)
        (folder / "monday" / "ride.mp4").write_bytes(clip)
        answer = self.ask(server, "monday/ride.mp4")
        assert answer.status_code == 202, answer.text
        told = end_of(server, answer.json()["id"])
        assert told["state"] == "done", told
        assert (folder / "monday" / "ride.mp4").read_bytes() == clip
        assert [path.name for path in (folder / "monday").iterdir()] == ["ride.mp4"], "nothing is written beside it"

    def test_what_fails_is_called_as_it_was_named(self, server: RunningServer) -> None:
        (storage_of(server).parent / "clips" / "broken.mp4").write_bytes(b"no clip")
        detail = end_of(server, self.ask(server, "broken.mp4").json()["id"])["problem"]["detail"]
        assert "broken.mp4" in detail
        assert "source.mp4" not in detail

    @pytest.mark.parametrize(
        "path", ["../storage/jobs.sqlite", "/etc/passwd", "monday/../../x", "C:/x", "..\\x", "a\0b"]
    )
    def test_no_way_leads_out(self, server: RunningServer, path: str) -> None:
        answer = self.ask(server, path)
        assert answer.status_code in (403, 404), answer.text

    def test_no_link_leads_out(self, server: RunningServer) -> None:
        folder = storage_of(server).parent / "clips"
        (folder / "out.mp4").symlink_to("/etc/passwd")
        assert self.ask(server, "out.mp4").status_code == 404

    @pytest.mark.parametrize("data", [{}, {"paths": []}, {"paths": [1]}, {"path": "x"}, {"url": "http://127.0.0.1/"}])
    def test_nothing_else_is_taken(self, server: RunningServer, data: dict) -> None:
        assert server.client.post("/jobs", json=data).status_code == 400

    def test_without_a_folder_none_is(self, tmp_path: Path) -> None:
        with running(tmp_path / "storage", ready=False) as alone:
            assert self.ask(alone, "ride.mp4").status_code == 403


def test_nothing_is_kept_beyond_its_time(tmp_path: Path, clip: bytes) -> None:
    with running(tmp_path / "storage", "--keep-hours", "0.0004") as short:  # a second and a half
        job = start(short, clip)
        wait_until(lambda: short.client.get(f"/jobs/{job}").status_code == 404, what="the job to be forgotten")
        wait_until(lambda: not (tmp_path / "storage" / "jobs" / job).exists(), what="its folder to go")


def test_a_full_queue_says_when_to_come_again(tmp_path: Path) -> None:
    long = clips.make(tmp_path / "long.mp4", frames=3000, size=(160, 96)).path.read_bytes()
    with running(tmp_path / "storage", "--job-queue", "1") as small:
        job = start(small, long)
        answer = small.client.post("/jobs", params=FAST, files={"files": ("ride.mp4", long)})
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1
        assert small.client.delete(f"/jobs/{job}").status_code == 204
        assert small.client.post("/jobs", params=FAST, files={"files": ("r.mp4", long)}).status_code == 202


def test_a_range_that_cannot_be_given_is_refused_as_all_is(server: RunningServer, clip: bytes) -> None:
    job = start(server, clip)
    end_of(server, job)
    result = f"/jobs/{job}/files/result"
    cases = {"nonsense": 400, "bytes=": 400, "lines=0-9": 400, "bytes=9-3": 400, "bytes=99999999-": 416}
    for asked, status in cases.items():
        for address in (result, "/page/page.js"):
            answer = server.client.get(address, headers={"Range": asked})
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), asked
            assert answer.json()["error"] == "RequestError"
            assert answer.json()["status"] == status
            assert answer.json()["request_id"] == answer.headers["x-request-id"]
            assert answer.headers.get("content-range", "").startswith("bytes */") is (status == 416)
    part = server.client.get(result, headers={"Range": "bytes=2-9"})
    assert (part.status_code, part.content) == (206, server.client.get(result).content[2:10])
