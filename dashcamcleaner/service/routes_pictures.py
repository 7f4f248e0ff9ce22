"""POST /score and POST /anonymize: pictures in, scores, pictures or detections out."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.errors import NotFound, RequestError, SettingError
from dashcamcleaner.messages import localized, msg
from dashcamcleaner.service.answers import Detected, Scored, problems
from dashcamcleaner.service.bodies import picture_body, read_pictures
from dashcamcleaner.service.language import for_people
from dashcamcleaner.service.options import ROWS
from dashcamcleaner.service.pictures import written_formats
from dashcamcleaner.service.policy import DEFAULT_POLICY, Policy
from dashcamcleaner.service.query import PICTURE_SETTINGS, own_row, parameters, said_in_query
from dashcamcleaner.service.state import Caller, service_of
from dashcamcleaner.settings import resolve

__all__ = ["router"]

router = APIRouter(tags=["pictures"])

_FORMATS = written_formats()
_POLICY = own_row("policy", "Name of the policy for the verdict.", default=DEFAULT_POLICY)
_METHOD = own_row(
    "method", "Answer with the cleaned picture, or with what would be hidden.", default="clean",
    choices=("clean", "detect"),
)  # fmt: skip
_FORMAT = own_row("format", "Format of the cleaned picture; without it, that of the source.", choices=tuple(_FORMATS))
_OWN = (_METHOD, _FORMAT)

_MOST: int = next(row.default for row in ROWS if row.name == "max_pictures")
"""What the document tells where no server was opened; see `document`."""

_PICTURE = {"schema": {"type": "string", "format": "binary"}}


@router.post(
    "/score",
    summary="Score pictures for nudity, violence and drugs",
    response_model=Scored,
    response_model_exclude_none=True,
    responses=problems(404, 415, 501, 507),
    openapi_extra={"requestBody": picture_body(_MOST), "parameters": parameters([_POLICY])},
)
async def score(request: Request, _caller: Caller) -> Any:
    """Scores 0 to 1, the parts that they are made of, boxes, and a verdict under a policy, for each picture."""
    service = service_of(request)
    said = said_in_query(request.query_params, [_POLICY])
    policy = _policy(service.policies, said.get("policy", DEFAULT_POLICY))
    pictures = await read_pictures(request, most=service.options.max_pictures)
    found = await service.work.run(service.pictures.score, pictures, policy=policy)
    service.metrics.count_pictures("score", len(pictures))
    return for_people(found)


@router.post(
    "/anonymize",
    summary="Hide faces and number plates in a picture, or tell where they are",
    responses={
        200: {
            "description": "the cleaned picture; with `method=detect` what would be hidden",
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/Detected"}},
                **{f"image/{name}": _PICTURE for name in ("jpeg", "png", "webp", "tiff", "bmp", "avif")},
            },
        },
        **problems(409, 415, 507),
    },
    response_model=None,
    openapi_extra={"requestBody": picture_body(1), "parameters": parameters([*_OWN, *PICTURE_SETTINGS])},
)
async def anonymize(request: Request, _caller: Caller) -> Response:
    """One picture in, the same with faces and plates hidden out, upright and without EXIF, as `clean` writes it."""
    service = service_of(request)
    said = said_in_query(request.query_params, [*_OWN, *PICTURE_SETTINGS])
    method, wanted = said.pop("method", "clean"), said.pop("format", None)
    settings = resolve(said)
    if not settings.kinds():
        raise SettingError("Neither faces nor plates are to be hidden.", hint="Leave out faces=false or plates=false.")
    pictures = await read_pictures(request, most=service.options.max_pictures)  # the border has counted their bytes
    if len(pictures) != 1:
        raise RequestError(
            msg("There are {count} pictures, and one is cleaned at a time.", count=len(pictures)), hint="Send one."
        )
    service.metrics.count_pictures("detect" if method == "detect" else "clean")
    if method == "detect":
        found = await service.work.run(service.pictures.detect, pictures[0], settings=settings)
        return Response(Detected(**found).model_dump_json(), media_type="application/json")
    suffix = _FORMATS[wanted] if wanted else None
    cleaned = await service.work.run(service.pictures.clean, pictures[0], settings=settings, suffix=suffix)
    headers = {
        "Content-Disposition": f'attachment; filename="cleaned{cleaned.suffix}"',
        "X-Regions": json.dumps(dict(cleaned.regions)),
        "X-Notes": quote("; ".join(map(localized, cleaned.notes))[:2000], safe=" ;:,()"),
    }
    return Response(cleaned.content, media_type=cleaned.media_type, headers=headers)


def _policy(policies: dict[str, Policy], name: str) -> Policy:
    if name not in policies:
        raise NotFound(
            msg("There is no policy {name} here.", name=repr(visible(name)[:60])),
            hint=msg("Policies: {names}.", names=", ".join(map(visible, policies))),
        )
    return policies[name]
