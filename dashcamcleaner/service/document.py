"""The OpenAPI document: FastAPI's, with what a server knows better than its routes.

The routes are written before a server is opened. Which policies it has, how many pictures a request may hold, and which
hosts a webhook may name are told by its options, so that a client can see a refusal coming: the document that a server
gives is its own, and ``docs/openapi.json`` is that of one without options.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from dashcamcleaner.service.answers import Detected, ProblemAnswer
from dashcamcleaner.service.options import ServiceOptions

__all__ = ["completed"]


def completed(document: dict[str, Any], *, options: ServiceOptions, policies: Collection[str]) -> dict[str, Any]:
    """The document, changed in place: all models, none of FastAPI's own errors, and the limits of this server.

    Args:
        document: what FastAPI makes of the routes.
        options: how the server is opened.
        policies: the names of its policies.
    """
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for model in (ProblemAnswer, Detected):  # routes refer to them by name
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    score, jobs = document["paths"]["/score"]["post"], document["paths"]["/jobs"]["post"]
    _parameter(score, "policy")["enum"] = list(policies)
    bodies = score["requestBody"]["content"]
    for kind, name in (("multipart/form-data", "files"), ("application/json", "pictures")):
        bodies[kind]["schema"]["properties"][name]["maxItems"] = options.max_pictures
    if options.webhook_host:
        _parameter(jobs, "webhook")["pattern"] = _pattern(options.webhook_host)
    return document


def _parameter(operation: dict[str, Any], name: str) -> dict[str, Any]:
    """The schema of a parameter."""
    (found,) = [one["schema"] for one in operation["parameters"] if one["name"] == name]
    return found


def _pattern(hosts: Collection[str]) -> str:
    """What addresses of these hosts look like; see `webhook.check_webhook`, which decides."""
    places = [re.escape(host if "://" in host else f"https://{host}") for host in hosts]
    return f"^({'|'.join(places)})([/?]{_REST.pattern}*)?$"


_REST = re.compile(r'[!-"$-\[\]-~]')
"""What an address may be written in: plain characters, no backslash, and no fragment."""
