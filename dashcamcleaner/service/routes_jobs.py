"""POST /jobs and what is asked of a job: its state, events, files, and its end."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from dashcamcleaner.detection.ocr import check_reader
from dashcamcleaner.errors import (
    InputError,
    NotFound,
    NotReady,
    OutputError,
    RequestError,
    SettingError,
)
from dashcamcleaner.media.formats import MediaKind, format_of, output_suffix
from dashcamcleaner.media.output_plan import check_codec
from dashcamcleaner.messages import msg
from dashcamcleaner.output_files import check_space
from dashcamcleaner.scenes.blocks import check_known
from dashcamcleaner.scenes.classify.safety import check_safety
from dashcamcleaner.scenes.score import MODEL_LABELS
from dashcamcleaner.service.answers import JobAnswer, JobList, problems
from dashcamcleaner.service.bodies import CLIP_BODY, chunks, content_type_of, form_files, plain_name, read_json
from dashcamcleaner.service.job_paths import allowed_path
from dashcamcleaner.service.job_store import DONE, ENDED, JobRecord, new_id
from dashcamcleaner.service.language import for_people, wanted_language
from dashcamcleaner.service.problems import telling_no_room
from dashcamcleaner.service.query import CLIP_SETTINGS, own_row, parameters, said_in_query
from dashcamcleaner.service.state import Caller, Service, service_of
from dashcamcleaner.service.webhook import check_webhook
from dashcamcleaner.settings import resolve

__all__ = ["router"]

router = APIRouter(tags=["jobs"])

_KINDS = ("clean", "scenes", "audit")
_KIND = own_row("kind", "What is to be done with the clip.", default="clean", choices=_KINDS)
_CONTAINERS = {"mp4": ".mp4", "mov": ".mov", "mkv": ".mkv", "webm": ".webm"}
_FORMAT = own_row(
    "format",
    "Container of the result; without it, that of the source where it is kept, else mp4.",
    choices=tuple(_CONTAINERS),
)
_AUDIT = own_row("audit", "Look at the result again when it is written (clean).", default=False, type="bool")
_WEBHOOK = own_row("webhook", "Address that is told when the job ends; its host must be allowed.")
_NAME = own_row("name", "Name of a file that is sent as it is: its extension tells what it is.")
_MODEL = own_row(
    "model", "What tells scenes apart.", default="motion", choices=("motion", "light", "shots", "safety")
)  # fmt: skip
_TARGETS = own_row("targets", "Labels that scenes keep, separated by commas; without them nothing is cut.")
_OWN = (_KIND, _FORMAT, _AUDIT, _WEBHOOK, _NAME, _MODEL, _TARGETS)
_UNUSED: dict[str, frozenset[str]] = {
    "clean": frozenset({"model", "targets"}),
    "scenes": frozenset({"audit", "format"}),
    "audit": frozenset({"audit", "format", "model", "targets", *(row.name for row in CLIP_SETTINGS)}),
}
"""What a kind of job has no use for; who says it is told so."""
_NEEDED = {"clean": (1, 1), "scenes": (1, 1), "audit": (2, 3)}

_LINKS = {
    name: {"operationId": name, "parameters": {"job": "$response.body#/id", **more}}
    for name, more in (("show_job", {}), ("job_events", {}), ("job_file", {"word": "report"}), ("delete_job", {}))
}
JobId = Annotated[str, PathParameter(pattern="^[0-9a-f]{32}$", description=msg("the job's id"))]
_EVERY_S = 0.3
_KEEPALIVE_S = 15.0


@router.post(
    "/jobs",
    status_code=202,
    summary="Clean, cut into scenes or audit a clip",
    response_model=JobAnswer,
    responses={202: {"links": _LINKS}, **problems(404, 415, 501, 507)},
    openapi_extra={
        "requestBody": CLIP_BODY,
        "parameters": parameters([*_OWN, *CLIP_SETTINGS], extra={"webhook": {"maxLength": 2000, "format": "uri"}}),
    },
)
async def start_job(request: Request, owner: Caller, response: Response) -> Any:
    """The job is queued as soon as its files are here; ``Location`` tells where it is asked for."""
    service = service_of(request)
    said = said_in_query(request.query_params, [*_OWN, *CLIP_SETTINGS])
    meant = [row.name for row in (*_OWN, *CLIP_SETTINGS) if said.get(row.name, row.default) != row.default]
    own = {row.name: said.pop(row.name, row.default) for row in _OWN}
    if own["webhook"]:
        check_webhook(own["webhook"], hosts=service.options.webhook_host)
    settings = resolve(said)
    if not settings.kinds():
        raise SettingError("Neither faces nor plates are to be hidden.", hint="Leave out faces=false or plates=false.")
    record = JobRecord(
        new_id(), owner, own["kind"], settings=said, audit=bool(own["audit"]), webhook=own["webhook"] or "",
        language=wanted_language(request.headers.get("accept-language", "")),
    )  # fmt: skip
    if unused := [name for name in meant if name in _UNUSED[record.kind]]:  # some clients say all defaults
        record.warnings.append(
            {"message": msg("{kind} has no use for {names}.", kind=record.kind, names=", ".join(unused)), "hint": ""}
        )
    if record.kind == "scenes":
        named = [word.strip() for word in (own["targets"] or "").split(",")]
        record.model, record.targets = own["model"], [word for word in named if word]
        check_known(record.targets, MODEL_LABELS[record.model])
        if record.model == "safety":
            check_safety()
    if record.kind != "audit" and settings.hide_overlay != "none":
        check_reader()
    with telling_no_room(), service.jobs.place(record.id) as folder:
        check_space(folder, needed_bytes=int(request.headers.get("content-length", 0)))
        await _take_files(request, service, record, folder, name=plain_name(own["name"] or ""))
        least, most = _NEEDED[record.kind]
        if not least <= len(record.inputs) <= most:
            takes = msg("{least} to {most}", least=least, most=most) if most > least else f"{least}"
            raise RequestError(
                msg(
                    "There are {count} files, and {kind} takes {takes}.",
                    count=len(record.inputs),
                    kind=record.kind,
                    takes=takes,
                ),
                hint="An audit takes the source, what came of it, and its plan if there is one.",
            )
        if record.kind == "clean":
            record.output = _output_name(record.inputs[0], own["format"])
        if record.kind == "clean" or record.targets:
            _check_codec(settings.codec, output=record.output or _output_name(record.inputs[0], None))
        await run_in_threadpool(service.jobs.add, record)
    response.headers["Location"] = f"/jobs/{record.id}"
    return _answer(record, service)


async def _take_files(request: Request, service: Service, record: JobRecord, folder: Path, *, name: str) -> None:
    kind = content_type_of(request)
    if kind == "multipart/form-data":
        async with form_files(request, most=3) as files:
            for number, file in enumerate(files):
                sent = plain_name(file.filename)
                target = _place(folder, number, sent)
                await run_in_threadpool(_copy, file.file, target)
                _note_input(record, target, sent_name=sent)
    elif kind == "application/json":
        data = await read_json(request)
        paths = data.get("paths") if isinstance(data, dict) and set(data) == {"paths"} else None
        if not isinstance(paths, list) or not 1 <= len(paths) <= 3 or not all(isinstance(one, str) for one in paths):
            raise RequestError("The JSON names no paths.", hint='It reads {"paths": ["clip.mp4"]}.')
        for number, one in enumerate(paths):
            found = allowed_path(one, folders=service.options.allow_folder)
            target = _place(folder, number, found.name)
            os.symlink(found, target)
            _note_input(record, target, sent_name=plain_name(one))
            record.linked[target.name] = str(found)
    elif kind == "application/octet-stream" or kind.startswith("video/"):
        target = _place(folder, 0, name or f"clip.{kind.partition('/')[2]}")
        with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            async for part in chunks(request):
                out.write(part)
        _note_input(record, target, sent_name=name)
    else:
        raise InputError(
            "A job with this content type is not understood.",
            hint="Send multipart/form-data with files, the clip as video/mp4, or JSON with paths.",
        )
    if any((folder / one).stat().st_size == 0 for one in record.inputs):
        raise InputError("A file of the job has no bytes.", hint="Send the clip itself.")


def _note_input(record: JobRecord, target: Path, *, sent_name: str) -> None:
    """Add a file to the job's inputs, and what the caller calls it, if that is known."""
    record.inputs.append(target.name)
    if sent_name:
        record.sent_names[target.name] = sent_name


_ROLES = ("source", "output", "output.plan")


def _place(folder: Path, number: int, name: str) -> Path:
    """Where a file of the job lies: its name is ours, its extension the sender's if it is known."""
    suffix = Path(name).suffix.lower()
    if number == 2:
        return folder / "output.plan.jsonl"
    return folder / f"{_ROLES[number]}{suffix if format_of(suffix) is not None else '.mp4'}"


def _copy(source: Any, target: Path) -> None:
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)


def _output_name(source: str, wanted: str | None) -> str:
    suffix = output_suffix(source)
    found = format_of(suffix)
    if wanted and found is not None and found.kind is MediaKind.CLIP:
        suffix = _CONTAINERS[wanted]
    return f"result{suffix}"


def _check_codec(codec: str, *, output: str) -> None:
    """Refuse at once what the job could not write: files of this kind do not hold the codec that was asked for."""
    suffix = Path(output).suffix
    found = format_of(suffix)
    if found is None or found.kind is not MediaKind.CLIP:
        return
    try:
        check_codec(codec, output=output)
    except OutputError as error:
        raise SettingError(error.message, hint=error.hint) from error


@router.get("/jobs", summary="The caller's jobs", response_model=JobList, responses=problems())
async def list_jobs(request: Request, owner: Caller) -> Any:
    """Of this token alone; without tokens, all."""
    service = service_of(request)
    return {"jobs": [_answer(record, service) for record in service.store.all(owner=owner)]}


@router.get("/jobs/{job}", summary="How a job stands", response_model=JobAnswer, responses=problems(404))
async def show_job(request: Request, owner: Caller, job: JobId) -> Any:
    """State, progress, time left, warnings, and links to what can be fetched."""
    service = service_of(request)
    return _answer(_find(service, job, owner), service)


@router.delete(
    "/jobs/{job}",
    status_code=204,
    summary="Stop a job and forget it",
    response_class=Response,
    responses=problems(404, 507),
)
async def delete_job(request: Request, owner: Caller, job: JobId) -> Response:
    """Its process ends, its files and all that was known of it are deleted; the id is never given again."""
    service = service_of(request)
    _find(service, job, owner)
    with telling_no_room():
        await run_in_threadpool(service.jobs.remove, job)
    return Response(status_code=204)


@router.get(
    "/jobs/{job}/events",
    summary="A job's events as they come",
    response_class=Response,
    responses={
        200: {"description": "server-sent events", "content": {"text/event-stream": {}}},
        **problems(404),
    },
)
async def job_events(request: Request, owner: Caller, job: JobId) -> Response:
    """Server-sent events, those of `core.events`, from the first or behind ``Last-Event-ID``; ends with the job."""
    service = service_of(request)
    _find(service, job, owner)
    last = request.headers.get("last-event-id", "0")
    after = int(last) if last.isascii() and last.isdigit() and len(last) < 10 else 0
    return StreamingResponse(_event_lines(request, service, job, after), media_type="text/event-stream")


async def _event_lines(request: Request, service: Service, job: str, after: int) -> AsyncIterator[str]:
    told_at = time.monotonic()
    while not service.stopping.is_set() and not await request.is_disconnected():
        record = service.store.find(job)
        for number, event in service.store.events(job, after=after):
            after, told_at = number, time.monotonic()
            yield f"id: {number}\nevent: {event['event']}\ndata: {json.dumps(for_people(event))}\n\n"
        if record is None or record.state in ENDED:
            return
        if time.monotonic() - told_at > _KEEPALIVE_S:
            told_at = time.monotonic()
            yield ": the job goes on\n\n"
        await asyncio.sleep(_EVERY_S)


@router.get(
    "/jobs/{job}/files/{word}",
    summary="What came of a job",
    response_class=Response,
    responses={
        200: {
            "description": "the file",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        },
        **problems(404, 409, 416),
    },
)
async def job_file(
    request: Request, owner: Caller, job: JobId, word: Annotated[str, PathParameter(pattern="^[a-z]{1,20}$")]
) -> Response:
    """The ``result``, ``plan``, ``report`` (JSON) or its ``page``; a job's links tell which there are."""
    service = service_of(request)
    record = _find(service, job, owner)
    if record.state != DONE:
        raise NotReady(
            "The job has not come to a result." if record.state not in ENDED else "The job failed; it has no result.",
            hint="GET /jobs/{id} tells how it stands.",
        )
    name = record.files.get(word)
    path = service.jobs.folder_of(job) / name if name else None
    if path is None or not path.is_file():
        raise NotFound(
            "The job has no such file.", hint=msg("It has: {files}.", files=", ".join(record.files) or msg("none"))
        )
    return FileResponse(path, media_type="application/octet-stream", filename=path.name)


def _find(service: Service, job: str, owner: str) -> JobRecord:
    record = service.store.find(job, owner=owner)
    if record is None:
        raise NotFound("There is no such job.", hint="It may have been deleted, or kept as long as jobs are.")
    return record


def _answer(record: JobRecord, service: Service) -> dict[str, Any]:
    progress = record.progress
    frames = progress.get("frames")
    share = min(1.0, progress["frames_done"] / frames) if frames else None
    ended = record.state in ENDED
    links = {word: f"/jobs/{record.id}/files/{word}" for word in record.files}
    return {
        "id": record.id,
        "kind": record.kind,
        "state": record.state,
        "created": record.created,
        "started": record.started,
        "ended": record.ended,
        "kept_until": record.ended + service.options.keep_hours * 3600 if ended else 0.0,
        "phase": "" if ended else progress.get("phase", ""),
        "progress": 1.0 if record.state == DONE else share,
        "eta_s": None if ended else progress.get("eta_s"),
        "warnings": for_people(record.warnings, member="warnings"),
        "problem": for_people(record.error) or None,
        "outcome": for_people(record.outcome),
        "links": {"self": f"/jobs/{record.id}", "events": f"/jobs/{record.id}/events", **links},
    }
