"""Settings in a request's query, and how OpenAPI tells of them: both made from rows of the settings table.

Of the table only those rows can be said over HTTP that decide how a picture or clip looks. What names files or
weights, gives trust, or spends the machine is decided by whoever starts the server.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.datastructures import QueryParams

from dashcamcleaner.core.plain_text import visible
from dashcamcleaner.errors import SettingError
from dashcamcleaner.messages import joined, msg
from dashcamcleaner.settings import ROWS, Setting

__all__ = ["CLIP_SETTINGS", "PICTURE_SETTINGS", "own_row", "parameters", "said_in_query"]

_NEVER = {
    "picture", "weights", "backend", "device", "precision", "batch", "trust_weights", "video_track",
    "overwrite", "private_plans", "report_source", "warn_hidden", "other_kinds", "memory_before", "memory_after",
}  # fmt: skip
"""Files, trust and the machine; and free texts that a schema could not tell."""

_OF_PICTURES = {
    "profile", "faces", "plates", "threshold", "style", "strength", "growth", "feather", "inference_size", "tiles",
    "keep",
}  # fmt: skip
_PER_KIND = ("threshold", "growth", "shape")
"""What may be said of each kind alone, too, under names of their own in the table."""


def _without_files(row: Setting) -> Setting:
    """The style that shows a picture of one's own needs a file of the server."""
    return dataclasses.replace(
        row, choices=tuple(one for one in row.choices if (row.name, one) != ("style", "picture"))
    )


CLIP_SETTINGS: tuple[Setting, ...] = tuple(
    _without_files(row) for row in ROWS if row.group not in ("run", "live") and row.name not in _NEVER
)
"""The settings that a job may say."""

_CAPPED = {"inference_size": 1280, "tiles": 4}
"""Of pictures: larger networks take gigabytes, and a shared server keeps them open."""

PICTURE_SETTINGS: tuple[Setting, ...] = tuple(
    dataclasses.replace(row, maximum=_CAPPED.get(row.name, row.maximum))
    for row in map(_without_files, ROWS)
    if row.name in _OF_PICTURES or row.name.rpartition("_")[0] in _PER_KIND
)
"""The settings that a request with a picture may say: nothing of time, sound or codecs."""

_NUMBER = re.compile(r"-?(0|[1-9]\d{0,17})(\.\d{1,30})?([eE][+-]?\d{1,3})?")


def own_row(name: str, help: str, *, default: Any = None, type: str = "text", choices: tuple[str, ...] = ()) -> Setting:
    """A row for a word of the service's own query."""
    return Setting(name, "choice" if choices else type, default, "service", name, help, choices=choices)


def said_in_query(query: QueryParams, rows: Iterable[Setting]) -> dict[str, Any]:
    """What a query says, by name, checked by its rows; only what was said.

    Raises:
        SettingError: every unknown name, repeated name and wrong value, in one message.
    """
    known = {row.name: row for row in rows}
    said: dict[str, Any] = {}
    complaints = []
    for name in dict.fromkeys(query):
        row = known.get(name)
        values = query.getlist(name)
        try:
            if row is None:
                raise SettingError(msg("There is no parameter {name} here.", name=repr(visible(name)[:60])))
            if len(values) > 1:
                raise SettingError(msg("{name} is said {count} times; once is enough.", name=name, count=len(values)))
            said[name] = row.check(_plain(row, values[0]))
        except SettingError as error:
            complaints.append(error.message)
    if complaints:
        raise SettingError(joined(complaints), hint=msg("Parameters: {known}.", known=", ".join(known)))
    return said


def _plain(row: Setting, text: str) -> Any:
    """A text of the query as the JSON value that the schema tells; the command line's further spellings are not."""
    if row.type == "bool" and text in ("true", "false"):
        return text == "true"
    if row.type in ("int", "float"):
        if row.default is None and text == "auto":
            return None
        if _NUMBER.fullmatch(text):
            return json.loads(text)
    elif row.type in ("choice", "text") and text:
        return text
    elif row.type == "list" and text and row.choices:
        return text.split(",")
    raise SettingError(
        msg(
            "{row} cannot be {text}: it takes {describe_range}.",
            row=row.name,
            text=repr(visible(text)[:60]),
            describe_range=row.describe_range(),
        )
    )


def parameters(
    rows: Iterable[Setting], *, extra: Mapping[str, Mapping[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """The rows as OpenAPI's query parameters.

    Args:
        rows: what may be said.
        extra: name -> further members of the schema.
    """
    return [
        {
            "name": row.name,
            "in": "query",
            "required": False,
            "description": row.help,
            **({"style": "form", "explode": False} if row.type == "list" else {}),
            "schema": {**_schema(row), **(extra or {}).get(row.name, {})},
        }
        for row in rows
    ]


def _schema(row: Setting) -> dict[str, Any]:
    if row.type == "bool":
        schema: dict[str, Any] = {"type": "boolean"}
    elif row.type in ("int", "float"):
        schema = {"type": "integer" if row.type == "int" else "number"}
        bounds = (("minimum", row.minimum), ("maximum", row.maximum))
        schema |= {key: bound for key, bound in bounds if bound is not None}
        if row.default is None:
            schema = {"anyOf": [schema, {"const": "auto"}]}
    elif row.type == "list":
        schema = {"type": "array", "minItems": 1, "items": {"type": "string", "enum": list(row.choices)}}
    elif row.choices:
        schema = {"type": "string", "enum": list(row.choices)}
    else:
        schema = {"type": "string", "minLength": 1}
    if isinstance(row.default, str | int | float):
        schema["default"] = row.default
    return schema
