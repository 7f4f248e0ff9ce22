"""What a request to the service may cost, and which file a queued job opens when it runs."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")

from fastapi import Request

from dashcamcleaner.errors import DashcamCleanerError, InputError, RequestError, RequestForbidden, TooLarge
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.service import bodies, job_paths
from dashcamcleaner.service.job_paths import allowed_path, take_file
from dashcamcleaner.service.worker import work


def request_of(body: bytes, *, taken: list[int] | None = None) -> Request:
    """A request whose body comes in parts of a MiB; ``taken`` notes those that were asked for."""
    parts = [body[at : at + (1 << 20)] for at in range(0, len(body), 1 << 20)] or [b""]

    async def receive() -> dict[str, Any]:
        part = parts.pop(0)
        if taken is not None:
            taken.append(len(part))
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    return Request({"type": "http", "method": "POST", "headers": [(b"content-type", b"application/json")]}, receive)


def test_words_in_json_are_bounded_apart_from_clips() -> None:
    taken: list[int] = []
    with pytest.raises(TooLarge):
        asyncio.run(bodies.read_json(request_of(b" " * (50 << 20), taken=taken)))
    assert len(taken) == 1, "what is too long is not read to its end"
    assert asyncio.run(bodies.read_json(request_of(b'{"paths": ["a.mp4"]}'))) == {"paths": ["a.mp4"]}


@pytest.mark.parametrize(
    "body", [b'{"pictures":[' + b"[]," * 2_000_000 + b"[]]}", b"[" * 3_000_000, b"[" + b"1," * 2_000_000 + b"1]"]
)
def test_values_are_counted_before_they_are_made(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("it was parsed")

    monkeypatch.setattr(json, "loads", never)
    with pytest.raises(RequestError, match="more values"):
        asyncio.run(bodies.read_pictures(request_of(body), most=32))


@pytest.mark.parametrize("body", [b"", b"[" * 40_000, b'"\\ud800', b"\xff", b"nul", b"1" * 100_000])
def test_what_is_no_json_gets_a_sentence(body: bytes) -> None:
    for ask in (bodies.read_json, lambda request: bodies.read_pictures(request, most=32)):
        with pytest.raises((RequestError, TooLarge)):
            asyncio.run(ask(request_of(body)))


def test_pictures_are_taken_apart_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    inside = []
    parse = json.loads
    monkeypatch.setattr(json, "loads", lambda text: (inside.append(threading.current_thread()), parse(text))[1])
    row = {"name": "a.jpg", "data": base64.b64encode(b"x" * 3_000_000).decode()}
    found = asyncio.run(bodies.read_pictures(request_of(json.dumps({"pictures": [row] * 3}).encode()), most=32))
    assert len(found) == 3
    assert inside != [threading.main_thread()]


@pytest.fixture()
def place(tmp_path: Path) -> Path:
    """An allowed folder with a clip, a secret outside, and the folder of a job that names the clip."""
    for name in ("allowed/day", "outside/day", "job"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "allowed" / "day" / "a.mp4").write_bytes(b"mine")
    (tmp_path / "outside" / "day" / "a.mp4").write_bytes(b"secret")
    found = allowed_path("day/a.mp4", folders=[str(tmp_path / "allowed")])
    (tmp_path / "job" / "source.mp4").symlink_to(found)
    return tmp_path


def take(place: Path) -> bytes:
    target = place / "job" / "source.mp4"
    take_file(place.resolve() / "allowed" / "day" / "a.mp4", target, folders=[str(place / "allowed")])
    assert not target.is_symlink()
    return target.read_bytes()


@pytest.mark.parametrize("linking", [True, False])
def test_a_job_works_on_the_file_that_it_opened(place: Path, linking: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not linking:

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError

        monkeypatch.setattr(os, "link", refuse)
    assert take(place) == b"mine"
    clip = place / "allowed" / "day" / "a.mp4"
    clip.unlink()
    clip.symlink_to(place / "outside" / "day" / "a.mp4")
    assert (place / "job" / "source.mp4").read_bytes() == b"mine", "whatever is put in its place later"
    assert sorted(path.name for path in (place / "job").iterdir()) == ["source.mp4"]


def swap_file(place: Path) -> None:
    clip = place / "allowed" / "day" / "a.mp4"
    clip.unlink()
    clip.symlink_to(place / "outside" / "day" / "a.mp4")


def swap_folder(place: Path) -> None:
    (place / "allowed" / "day").rename(place / "away")
    (place / "allowed" / "day").symlink_to(place / "outside" / "day", target_is_directory=True)


def swap_for_pipe(place: Path) -> None:
    clip = place / "allowed" / "day" / "a.mp4"
    clip.unlink()
    os.mkfifo(clip)


@pytest.mark.parametrize("swap", [swap_file, swap_folder, swap_for_pipe])
def test_a_queued_path_that_was_swapped_is_refused_when_it_runs(place: Path, swap: Any) -> None:
    swap(place)
    with pytest.raises(RequestForbidden):
        take(place)
    assert (place / "job" / "source.mp4").is_symlink(), "nothing was taken"


def test_a_link_that_comes_between_the_look_and_the_opening(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = os.stat

    def then_swapped(path: Any, *args: Any, **kwargs: Any) -> os.stat_result:
        state = looked(path, *args, **kwargs)
        if path == "a.mp4":
            swap_file(place)
        return state

    monkeypatch.setattr(job_paths.os, "stat", then_swapped)
    with pytest.raises(DashcamCleanerError):
        take(place)


def test_a_file_that_has_gone_is_told(place: Path) -> None:
    (place / "allowed" / "day" / "a.mp4").unlink()
    with pytest.raises(InputError):
        take(place)


def test_the_process_of_a_job_looks_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    swap_file(place)
    monkeypatch.chdir(place / "job")
    asked = {
        "kind": "clean", "settings": {}, "inputs": ["source.mp4"], "output": "result.mp4", "audit": False, "model": "",
        "targets": [], "most_pixels": 1e9, "most_s": 1e9, "folders": [str(place / "allowed")],
        "linked": {"source.mp4": str(place.resolve() / "allowed" / "day" / "a.mp4")},
    }  # fmt: skip
    last = list(work(asked, control=Control()))[-1]
    assert (last["event"], last["error"]) == ("failed", "RequestForbidden")
