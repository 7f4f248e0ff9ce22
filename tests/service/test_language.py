"""Answers and the page in the language that a request asks for."""

from __future__ import annotations

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dashcamcleaner.messages import current_language, localized, msg, speaking, use_language
from dashcamcleaner.service.job_store import JobRecord, JobStore
from dashcamcleaner.service.language import for_people, wanted_language
from dashcamcleaner.service.problems import without_paths
from tests.service.running import RunningServer, end_of

GERMAN, ENGLISH = {"Accept-Language": "de-AT, de;q=0.9, en;q=0.5"}, {"Accept-Language": "en"}
NO_JOB = "0" * 32


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("en, de", "en"),
        ("fr, de;q=0.3, en;q=0.2", "de"),
        ("de;q=0, en;q=0.1", "en"),
        ("DE", "de"),
        ("fr", ""),
        ("*", ""),
        ("", ""),
        ("de;q=0", ""),
        ("../../etc/passwd", ""),
        ("de;q=nan, ,;;=", ""),
        ("x" * 10_000 + ",de", ""),
    ],
)
def test_the_language_is_the_one_that_is_liked_best(header: str, wanted: str) -> None:
    assert wanted_language(header) == wanted


def test_a_language_holds_for_its_thread_alone() -> None:
    text = msg("{path} is empty.", path="a.mp4")
    spoken, inside, go_on = [], threading.Event(), threading.Event()

    def speak() -> None:
        with speaking("de"):
            inside.set()
            go_on.wait(30)
            spoken.append((localized(text), current_language()))
        spoken.append((localized(text), current_language()))

    use_language("en")
    thread = threading.Thread(target=speak)
    thread.start()
    assert inside.wait(30)
    assert (localized(text), current_language()) == ("a.mp4 is empty.", "en")
    go_on.set()
    thread.join()
    assert spoken == [("a.mp4 ist leer.", "de"), ("a.mp4 is empty.", "en")]


def test_a_message_without_its_paths_is_a_message_still() -> None:
    text = msg("{path} is empty.", path="/srv/clips/a.mp4")
    plain = without_paths(text)
    assert plain == "a file of the server is empty."
    assert without_paths(text, {"/srv/clips/a.mp4": "ride.mp4"}) == "ride.mp4 is empty."
    with speaking("de"):
        assert localized(plain) == "eine Datei des Servers ist leer."
        folder = without_paths(text, {"/srv/clips": msg("the job's folder")})
        assert localized(folder) == "der Ordner des Auftrags/a.mp4 ist leer."


def test_a_path_that_begins_in_the_words_around_it_is_left_out() -> None:
    assert without_paths(msg("/srv/{name}/a.mp4 is there.", name="x")) == "a file of the server is there."


def test_the_store_keeps_what_messages_are_made_of(tmp_path: Path) -> None:
    told = msg("{path} is empty.", path="a.mp4")
    store = JobStore(tmp_path / "jobs.sqlite")
    try:
        store.put(JobRecord("1", "me", "clean", warnings=[{"message": told, "hint": "Send the clip itself."}]))
        store.add_event("1", {"event": "warned", "message": told, "hint": ""})
        record, ((_, event),) = store.find("1"), store.events("1")
        assert record is not None
        with speaking("de"):
            shown = for_people(record.warnings)
            assert shown == [{"message": "a.mp4 ist leer.", "hint": "Sende den Clip selbst."}]
            assert for_people(event) == {"event": "warned", "message": "a.mp4 ist leer.", "hint": ""}
        assert for_people(record.warnings) == [{"message": "a.mp4 is empty.", "hint": "Send the clip itself."}]
    finally:
        store.close()


def test_a_refusal_is_told_in_the_language_of_the_request(server: RunningServer) -> None:
    german = server.client.get(f"/jobs/{NO_JOB}", headers=GERMAN)
    assert german.json()["detail"] == "Es gibt keinen solchen Auftrag."
    assert german.headers["content-language"] == "de"
    assert "Accept-Language" in german.headers["vary"]
    english = server.client.get(f"/jobs/{NO_JOB}", headers=ENGLISH)
    assert english.json()["detail"] == "There is no such job."
    assert english.headers["content-language"] == "en"
    same = ("type", "title", "status", "error", "exit_code")
    assert [german.json()[name] for name in same] == [english.json()[name] for name in same]


@pytest.mark.parametrize("path", ["/nothing", "/jobs/x", "/score?x=1", "/jobs?kind=x", "/anonymize?strength=99"])
def test_every_kind_of_refusal_is_german(server: RunningServer, path: str) -> None:
    method = "GET" if "?" not in path else "POST"
    german = server.client.request(method, path, headers=GERMAN).json()
    english = server.client.request(method, path, headers=ENGLISH).json()
    assert german["detail"] != english["detail"]
    assert not re.search(r"\b(the|there|is|are|cannot|takes)\b", german["detail"].split("(")[0])


def test_two_callers_at_once_each_read_their_own_language(server: RunningServer) -> None:
    def ask(number: int) -> tuple[int, str]:
        headers = GERMAN if number % 2 else ENGLISH
        return number % 2, server.client.get(f"/jobs/{NO_JOB}", headers=headers).json()["detail"]

    with ThreadPoolExecutor(8) as threads:
        answers = set(threads.map(ask, range(80)))
    assert answers == {(0, "There is no such job."), (1, "Es gibt keinen solchen Auftrag.")}


def test_one_job_is_told_of_in_two_languages(server: RunningServer) -> None:
    sent = server.client.post("/jobs", files={"files": ("ride.mp4", b"this is no clip")}, headers=GERMAN).json()
    assert end_of(server, sent["id"])["state"] == "failed"
    german, english = (
        server.client.get(f"/jobs/{sent['id']}", headers=headers).json()["problem"] for headers in (GERMAN, ENGLISH)
    )
    assert german["detail"] != english["detail"]
    assert german["error"] == english["error"]
    (line,) = [
        line for line in server.client.get(f"/jobs/{sent['id']}/events", headers=GERMAN).text.splitlines()
        if line.startswith("data: ") and '"failed"' in line
    ]  # fmt: skip
    assert json.loads(line.removeprefix("data: "))["problem"]["detail"] == german["detail"]


def test_the_page_is_in_the_language_of_the_browser(server: RunningServer) -> None:
    german, english = (server.client.get("/", headers=headers).text for headers in (GERMAN, ENGLISH))
    assert '<html lang="de">' in german
    assert "Bilder oder einen Clip wählen" in german
    assert '<html lang="en">' in english
    assert "Choose pictures or a clip" in english
