"""One job in a process of its own: ``python -m dashcamcleaner.service.worker``, started by `job_queue`.

It works in the job's folder under relative names, so that nothing it writes or says names a folder of the server. What
it is to do comes as one line of JSON on standard input; its events go out as lines of JSON. When standard input ends,
the server is gone or wants it to stop: the run is cancelled, and what was analysed stays for the next attempt.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from dashcamcleaner.core.events import Audited, Event, Failed, Finished, event_as_dict
from dashcamcleaner.core.plain_text import json_line
from dashcamcleaner.errors import DashcamCleanerError, TooLarge
from dashcamcleaner.message_data import carrying_texts
from dashcamcleaner.messages import msg
from dashcamcleaner.os_errors import as_our_error
from dashcamcleaner.pipeline.control import Control
from dashcamcleaner.service.job_paths import take_file

__all__ = ["main", "work"]

_LOCK = "lock"
_PATIENCE_S = 30.0
"""How long the process of a killed server may take to go."""
_LAST_S = 10.0
"""How long a cancelled run may take to end by itself."""


def main() -> int:
    """Do the job that standard input tells of; gives the exit status."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print goes elsewhere
    asked = json.loads(sys.stdin.readline())
    control = Control()
    threading.Thread(target=_watch, args=(control,), daemon=True).start()
    with _alone(Path(_LOCK)):
        for event in work(asked, control=control):
            out.write(json_line(carrying_texts(event)) + "\n")
            out.flush()
    return 0


def work(asked: dict[str, Any], *, control: Control) -> Iterator[dict[str, Any]]:
    """The job's events as plain JSON types; the last is ``finished``, ``audited``, ``labelled`` or ``failed``.

    Args:
        asked: ``kind``, ``settings``, ``inputs``, ``output``, ``audit``, ``model``, ``targets``, ``most_pixels``,
            ``most_s``; ``linked``, whole paths of inputs by name, and the ``folders`` in which they have to lie.
        control: cancels.
    """
    try:
        for name, found in asked.get("linked", {}).items():
            if Path(name).is_symlink():  # else an attempt before this one has taken it
                take_file(Path(found), Path(name), folders=asked["folders"])
        for name in asked["inputs"][:2]:
            _check_size(Path(name), most_pixels=asked["most_pixels"], most_s=asked["most_s"])
        run = _KINDS[asked["kind"]](asked, control)
        with contextlib.closing(run):
            for event in run:
                yield _told(event)
    except Exception as error:  # the border of this process
        yield _told(Failed(as_our_error(error, source=Path(asked["inputs"][0]))))


def _told(event: Event | dict[str, Any]) -> dict[str, Any]:
    if isinstance(event, dict):
        return event
    told = event_as_dict(event)
    if isinstance(event, Failed):
        told["status"] = event.error.http_status
    if isinstance(event, Finished):
        told["files"] = {"plan": event.summary.plan, "report": event.summary.report}
    return told


def _clean(asked: dict[str, Any], control: Control) -> Generator[Event | dict[str, Any]]:
    from dashcamcleaner.jobs.run import clean
    from dashcamcleaner.pipeline.job import Job
    from dashcamcleaner.settings import resolve

    # An attempt before this one may have come as far as the name.
    settings = resolve(asked["settings"], {"overwrite": True, "private_plans": True, "report_source": "name"})
    job = Job(Path(asked["inputs"][0]), Path(asked["output"]), settings, audit=asked["audit"])
    yield from clean(job, control=control)


def _audit(asked: dict[str, Any], control: Control) -> Generator[Event | dict[str, Any]]:
    from dashcamcleaner.audit.audit import audit
    from dashcamcleaner.report.data import add_audit

    source, output, *plans = (Path(name) for name in asked["inputs"])
    for event in audit(source, output, plan=plans[0] if plans else None, control=control):
        if isinstance(event, Audited):
            add_audit(event.result, thumbnails=event.thumbnails)
        yield event


def _scenes(asked: dict[str, Any], control: Control) -> Generator[Event | dict[str, Any]]:
    """Label a clip in blocks and write the lists; with targets, cut it by them, hidden as `_clean` hides it."""
    from dashcamcleaner.detection.pool import shared_pool
    from dashcamcleaner.scenes.cut import render_jobs
    from dashcamcleaner.scenes.job import ScenesJob, label_clip
    from dashcamcleaner.settings import resolve

    settings = resolve(asked["settings"], {"overwrite": True, "private_plans": True, "report_source": "name"})
    source, targets = Path(asked["inputs"][0]), tuple(asked["targets"])
    job = ScenesJob(
        source=source, folder=Path(), targets=targets, tag_only=not targets, model=asked["model"], clean=True,
        exports=("csv", "json"), settings=settings,
    )  # fmt: skip
    events: queue.Queue[Event | None] = queue.Queue()
    found: Future[Any] = Future()

    def label() -> None:
        try:
            found.set_result(label_clip(job, models=shared_pool(), tell=events.put))
        except BaseException as error:
            found.set_exception(error)
        events.put(None)

    thread = threading.Thread(target=label, name="dashcamcleaner-labels")
    thread.start()
    while (told := events.get()) is not None:
        yield told
    thread.join()
    labelled = found.result()
    files = {"list": f"{source.stem}.tag", "csv": f"{source.stem}.scenes.csv", "json": f"{source.stem}.scenes.json"}
    summary: dict[str, Any] = {}
    for render in render_jobs(job, labelled) if targets else ():
        from dashcamcleaner.jobs.run import clean

        for event in clean(render, control=control):
            if not isinstance(event, Finished):
                yield event
            if isinstance(event, Failed):
                return
            if isinstance(event, Finished):
                files["result"] = Path(event.summary.output).name
                summary = event.summary.as_dict()
    yield {"event": "labelled", "summary": {**summary, "scenes": labelled.as_dict()}, "more_files": files}


_KINDS: dict[str, Callable[[dict[str, Any], Control], Generator[Event | dict[str, Any]]]] = {
    "clean": _clean,
    "audit": _audit,
    "scenes": _scenes,
}


def _check_size(path: Path, *, most_pixels: float, most_s: float) -> None:
    """Refuse a clip that is larger or longer than the service takes, before any frame of it is decoded.

    Raises:
        TooLarge: it is.
        InputError: it cannot be read.
    """
    from dashcamcleaner.media.image_file import is_picture_file, picture_file_size
    from dashcamcleaner.media.probe import probe

    if is_picture_file(path):
        with contextlib.suppress(DashcamCleanerError):  # what reads it tells why
            width, height = picture_file_size(path)
            _check(width * height, most_pixels, msg("{width}x{height} pixels", width=width, height=height))
        return
    info = probe(path)
    _check(
        info.size[0] * info.size[1],
        most_pixels,
        msg("{width}x{height} pixels", width=info.size[0], height=info.size[1]),
    )
    duration = float(info.duration_s or 0)
    _check(duration, most_s, f"{duration:.0f} s")


def _check(value: float, most: float, what: str) -> None:
    if value > most:
        raise TooLarge(
            msg("The clip has {what}, which is more than this service takes.", what=what), hint="Cut or scale it first."
        )


def _watch(control: Control) -> None:
    """Cancel when the server is gone, or has closed the pipe."""
    with contextlib.suppress(OSError, ValueError):
        while os.read(0, 4096):
            pass
    control.cancel()
    time.sleep(_LAST_S)
    os._exit(1)


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait until no process of an earlier server works on this job."""
    from dashcamcleaner.pipeline.seen_log import is_locked_by_us

    until = time.monotonic() + _PATIENCE_S
    with open(os.open(lock, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        while not is_locked_by_us(file):
            if time.monotonic() > until:
                raise SystemExit(3)
            time.sleep(0.1)
        yield


if __name__ == "__main__":
    sys.exit(main())
