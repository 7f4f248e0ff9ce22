"""What the service answers, as models: OpenAPI is made from them, and answers are checked against them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

__all__ = ["Detected", "JobAnswer", "JobList", "ModelList", "ProblemAnswer", "Scored", "StateAnswer", "problems"]


class ProblemAnswer(BaseModel):
    """What went wrong, as RFC 9457 has it, with the error's name, hint and exit status of the command line."""

    type: str
    title: str
    status: int
    detail: str
    error: str
    exit_code: int
    hint: str = ""
    request_id: str = ""


class Size(BaseModel):
    """In pixels, upright."""

    width: int
    height: int


class PlacedBox(BaseModel):
    """Upper left corner, width and height, in pixels of the upright picture."""

    x: float
    y: float
    w: float
    h: float
    score: float


class LabelledBox(PlacedBox):
    """Where a scorer saw something."""

    label: str


class KindBox(PlacedBox):
    """Where a detector saw something, or what would be hidden."""

    kind: str


class VerdictReason(BaseModel):
    """A score that came to its threshold."""

    category: str
    score: float
    threshold: float


class PolicyVerdict(BaseModel):
    """What the scores come to under a policy; what it names and nobody scored is told."""

    policy: str
    flagged: bool
    reasons: list[VerdictReason]
    not_scored: list[str]


class ScoredPicture(BaseModel):
    """One picture's scores; or its error."""

    name: str
    size: Size | None = None
    scores: dict[str, float] | None = None
    parts: dict[str, float] | None = None
    experimental: list[str] | None = None
    boxes: list[LabelledBox] | None = None
    verdict: PolicyVerdict | None = None
    error: ProblemAnswer | None = None


class Scored(BaseModel):
    """The answer to pictures to score, in their order."""

    results: list[ScoredPicture]
    models: list[dict[str, Any]]
    ms: float


class Detected(BaseModel):
    """What would be hidden in a picture, and all that was seen, down to the lowest score."""

    name: str
    size: Size
    regions: list[KindBox]
    detections: list[KindBox]
    ms: float


class JobAnswer(BaseModel):
    """A job as it stands; times are seconds since 1970, 0 for what has not happened."""

    id: str
    kind: Literal["clean", "scenes", "audit"]
    state: Literal["queued", "running", "done", "failed"]
    created: float
    started: float
    ended: float
    kept_until: float
    phase: str
    progress: float | None
    eta_s: float | None
    warnings: list[dict[str, str]]
    problem: ProblemAnswer | None
    outcome: dict[str, Any]
    links: dict[str, str]


class JobList(BaseModel):
    """The caller's jobs, the oldest first."""

    jobs: list[JobAnswer]


class StateAnswer(BaseModel):
    """Whether the service is up, or ready."""

    status: str
    version: str


class ModelList(BaseModel):
    """What is at work: detectors, scorers with their cards, policies."""

    detectors: list[dict[str, Any]]
    scorers: list[dict[str, Any]]
    policies: dict[str, dict[str, float]]
    missing: list[str]


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How OpenAPI tells of a route's errors; those of the border are added to all."""
    schema = {"$ref": "#/components/schemas/ProblemAnswer"}
    always = (400, 401, 403, 408, 413, 422, 429, 500, 503)
    return {
        status: {"description": "see `error` and `hint`", "content": {"application/problem+json": {"schema": schema}}}
        for status in sorted({*always, *statuses})
    }
