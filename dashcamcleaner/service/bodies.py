"""What a request carries, read within limits: pictures, or the files of a job. Nothing is fetched from elsewhere."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import AsyncIterator, Sequence
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.errors import InputError, RequestError, TooLarge
from dashcamcleaner.messages import msg
from dashcamcleaner.service.pictures import SentPicture
from dashcamcleaner.service.problems import telling_no_room

__all__ = [
    "CLIP_BODY", "chunks", "content_type_of", "form_files", "picture_body", "plain_name", "read_json", "read_pictures",
]  # fmt: skip

_MOST_NAME = 120
_MOST_WORDS = 65536
"""Bytes of a JSON that names files."""
_MOST_VALUES = 50_000
"""Lists, objects and commas in a JSON: 10,000 pictures with their names."""
_RAW = re.compile(r"(image/[\w.+-]+|application/octet-stream)")

_BINARY = {"schema": {"type": "string", "format": "binary"}}

_JSON_PICTURE: dict[str, Any] = {
    "type": "object",
    "required": ["data"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "maxLength": 1000},
        "data": {"type": "string", "format": "byte", "minLength": 1, "description": "the file in base64"},
    },
}
_JSON_PATH = {"type": "string", "minLength": 1, "maxLength": 1000}


def _body(field: str, item: dict[str, Any], *, most: int, files: str, items: str, raw: Sequence[str]) -> dict[str, Any]:
    """How OpenAPI tells of a body that carries files in one of three ways.

    Args:
        field: the one member of its JSON.
        item: the schema of what stands in there.
        most: how many there may be.
        files: what the files are.
        items: what the members of the JSON are.
        raw: media types of a file that is sent as it is.
    """

    def of(name: str, inner: dict[str, Any], description: str) -> dict[str, Any]:
        rows = {"type": "array", "minItems": 1, "maxItems": most, "items": inner, "description": description}
        members = {"required": [name], "additionalProperties": False, "properties": {name: rows}}
        return {"schema": {"type": "object", **members}}

    return {
        "required": True,
        "content": {
            "multipart/form-data": of("files", _BINARY["schema"], files),
            "application/json": of(field, item, items),
            **dict.fromkeys(raw, _BINARY),
        },
    }


def picture_body(most: int) -> dict[str, Any]:
    """How OpenAPI tells of a body with as many pictures."""
    raw = ("image/jpeg", "image/png", "application/octet-stream")
    return _body("pictures", _JSON_PICTURE, most=most, files="the pictures", items="the pictures", raw=raw)


CLIP_BODY = _body(
    "paths",
    _JSON_PATH,
    most=3,
    files="the clip; for an audit the source, what came of it, and its plan if there is one",
    items="paths under a folder that the server allows, relative to it, in the same order",
    raw=("video/mp4", "application/octet-stream"),
)
"""How OpenAPI tells of a body with the files of a job."""


def plain_name(name: str | None) -> str:
    """What a sender calls a file: its last part, with nothing in it that acts."""
    last = PureWindowsPath(PurePosixPath(name or "").name).name
    return visible(last)[:_MOST_NAME]


def content_type_of(request: Request) -> str:
    """The media type that a request says it carries, without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_pictures(request: Request, *, most: int) -> list[SentPicture]:
    """The pictures of a request: multipart (field ``files``), JSON with base64, or one picture as it is.

    Args:
        request: the request.
        most: how many may come.

    Raises:
        TooLarge: there are more.
        RequestError: the body is not what its type says.
        InputError: it is of another type.
    """
    kind = content_type_of(request)
    if kind == "multipart/form-data":
        async with _Form(request, most=most) as files:
            return [SentPicture(plain_name(file.filename), await file.read()) for file in files]
    if kind == "application/json":
        return await run_in_threadpool(_of_json, await _body_of(request), most=most)
    if _RAW.fullmatch(kind):
        return [SentPicture("", await request.body())]
    raise InputError(
        msg("A request with {kind} is not understood.", kind=visible(kind)[:60] or "no content type"),
        hint="Send multipart/form-data with files, JSON with base64, or one picture as image/*.",
    )


async def read_json(request: Request) -> Any:
    """The JSON of a request that carries words alone, no pictures.

    Raises:
        TooLarge: it has more bytes than words need.
        RequestError: it is no JSON.
    """
    return _json_of(await _body_of(request, most=_MOST_WORDS))


async def _body_of(request: Request, *, most: int | None = None) -> bytes:
    """All bytes of a body; the border holds the limit of its route, which is that of files."""
    body = bytearray()
    async for part in chunks(request):
        body += part
        if most is not None and len(body) > most:
            raise TooLarge(
                msg("The request's JSON has more than {most} bytes.", most=most),
                hint="It names files; send the files themselves as multipart/form-data.",
            )
    return bytes(body)


def _json_of(body: bytes) -> Any:
    """A body as plain values.

    Values are counted before any is made: an empty list takes three bytes of a body, and eighty of memory; and as long
    as the reader is at it, nothing else of this process moves.
    """
    if sum(body.count(sign) for sign in (b"[", b"{", b",")) > _MOST_VALUES:
        raise RequestError("The request's JSON holds more values than any request does.")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise RequestError("The request's body is no JSON.") from None


def _of_json(body: bytes, *, most: int) -> list[SentPicture]:
    """The pictures of a JSON body; a large one takes a while, so this is for a thread."""
    data = _json_of(body)
    rows = data.get("pictures") if isinstance(data, dict) and set(data) == {"pictures"} else None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise RequestError(
            "The JSON does not hold pictures.", hint='It reads {"pictures": [{"name": "a.jpg", "data": "BASE64"}]}.'
        )
    _check_count(len(rows), most)
    return [_of_row(row) for row in rows]


def _of_row(row: dict[str, Any]) -> SentPicture:
    name, data = row.get("name", ""), row.get("data")
    if not isinstance(data, str) or not isinstance(name, str) or not set(row) <= {"name", "data"} or len(name) > 1000:
        raise RequestError("A picture in the JSON has data, which is base64, and may have a name; nothing else.")
    try:
        return SentPicture(plain_name(name), base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        raise RequestError("The data of a picture is no base64.") from None


def form_files(request: Request, *, most: int) -> _Form:
    """The files of a multipart request, in their order, as a context manager that closes them."""
    return _Form(request, most=most)


class _Form:
    def __init__(self, request: Request, *, most: int) -> None:
        self._request = request
        self._most = most
        self._form: Any = None

    async def __aenter__(self) -> list[UploadFile]:
        try:
            with telling_no_room():  # large files wait on the disk
                self._form = await self._request.form(max_files=self._most, max_fields=8, max_part_size=65536)
        except HTTPException as error:
            if "Too many files" in str(error.detail):
                _check_count(self._most + 1, self._most)
            raise RequestError(
                msg("The form cannot be read: {detail}.", detail=visible(error.detail).rstrip("."))
            ) from None
        files: list[UploadFile] = []
        for field, value in self._form.multi_items():
            if field != "files" or not isinstance(value, UploadFile):
                await self.__aexit__()
                raise RequestError(
                    msg(
                        "The form has a field {field} that is no file of the field files.",
                        field=repr(visible(field)[:60]),
                    ),
                    hint="Files go into the field files, settings into the address: ?style=mosaic.",
                )
            files.append(value)
        if not files:
            raise RequestError("The form holds no file.", hint="Its field is called files; it may be repeated.")
        return files

    async def __aexit__(self, *_: object) -> None:
        if self._form is not None:
            await self._form.close()


def _check_count(number: int, most: int) -> None:
    if number > most:
        raise TooLarge(
            msg("There are more than the {most} files that a request may have.", most=most), hint="Send them in parts."
        )


async def chunks(request: Request) -> AsyncIterator[bytes]:
    """A raw body, part by part."""
    async for part in request.stream():
        if part:
            yield part
