"""What Schemathesis cannot know from a schema: real files, and rules that bind two parts of a request.

Loaded by the run in ``test_openapi.py`` (``SCHEMATHESIS_HOOKS``). With these files every request that keeps to the
document has to be taken, and no check is loosened. `filter_case` leaves out what OpenAPI has no words for, and nothing
else.
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import schemathesis
from hypothesis import strategies as st

from tests.service.running import coded

FILES = [coded(np.full((24, 32, 3), 90, np.uint8), kind) for kind in ("JPEG", "PNG", "WEBP")]
"""Bytes that are a picture: a picture is a clip of one frame to jobs, too."""

files = st.sampled_from(FILES)
schemathesis.openapi.format("binary", files)
schemathesis.openapi.format("byte", files.map(lambda content: base64.b64encode(content).decode()))
for name in ("image/jpeg", "image/png", "video/mp4", "application/octet-stream"):
    schemathesis.openapi.media_type(name, files)


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Whether a case is sent: all that the document forbids, and what it allows but for the three rules below."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return True
    said = {name: str(value).lower() for name, value in (case.query or {}).items()}
    if said.get("faces") == "false" and said.get("plates") == "false":
        return False  # no schema tells that one of two parameters has to be true
    if case.operation.label == "POST /jobs":
        if said.get("kind") == "scenes" and "targets" in said:
            return False  # nor that a parameter decides which words another may hold
        body = case.body if isinstance(case.body, dict) else {}
        count = len(body.get("files", body.get("paths", [None])))
        least, most = (2, 3) if said.get("kind") == "audit" else (1, 1)
        return least <= count <= most  # nor that a parameter decides how many files there are
    return True
