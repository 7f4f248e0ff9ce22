"""GET /health, /ready, /models and /metrics: how the service is."""

from __future__ import annotations

import dataclasses
from typing import Any

from fastapi import APIRouter, Request, Response

import dashcamcleaner
from dashcamcleaner.errors import DashcamCleanerError, ServiceBusy
from dashcamcleaner.messages import joined
from dashcamcleaner.service.answers import ModelList, StateAnswer, problems
from dashcamcleaner.service.language import for_people
from dashcamcleaner.service.problems import without_paths
from dashcamcleaner.service.scoring import Scorers
from dashcamcleaner.service.state import Caller, service_of
from dashcamcleaner.settings import resolve

__all__ = ["router"]

router = APIRouter(tags=["status"])


@router.get("/health", summary="Whether the server answers", response_model=StateAnswer, responses=problems())
async def health(_request: Request) -> Any:
    """Needs no token, and tells nothing but the version."""
    return {"status": "up", "version": dashcamcleaner.__version__}


@router.get("/ready", summary="Whether the models are loaded", response_model=StateAnswer, responses=problems())
async def ready(request: Request) -> Any:
    """503 until the first request would not wait for a model, and if none can be loaded."""
    service = service_of(request)
    if service.why_not is not None:
        raise ServiceBusy(without_paths(service.why_not.message), hint=without_paths(service.why_not.hint))
    if not service.ready:
        raise ServiceBusy("The models are being loaded.", hint="Ask again in a few seconds.")
    return {"status": "ready", "version": dashcamcleaner.__version__}


@router.get("/models", summary="What is at work", response_model=ModelList, responses=problems())
async def models(request: Request, _caller: Caller) -> Any:
    """Detectors, scorers with their cards, policies, and what is not installed."""
    service = service_of(request)

    def found() -> dict[str, Any]:
        settings = resolve({})
        detectors: list[dict[str, Any]] = []
        missing: list[str] = []
        try:
            network = service.models.detector(
                inference_size=settings.inference_size, aspect=(16, 9), weights=settings.weights
            )
            detectors.append({"kinds": list(network.kinds), **dataclasses.asdict(network.description)})
        except DashcamCleanerError as error:
            missing.append(without_paths(joined([error.message, error.hint])))
        scorers = Scorers(service.models)
        missing += [without_paths(joined([error.message, error.hint])) for error in scorers.missing]
        policies = {name: dict(policy.thresholds) for name, policy in service.policies.items()}
        return {"detectors": detectors, "scorers": scorers.cards, "policies": policies, "missing": missing}

    answer = await service.work.run(found)
    return {**answer, "missing": for_people(answer["missing"], member="missing")}


@router.get(
    "/metrics",
    summary="Counts and times for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **problems()},
)
async def metrics(request: Request, _caller: Caller) -> Response:
    """The text format of Prometheus."""
    found = service_of(request).metrics
    return Response(found.text(), media_type=found.content_type)
