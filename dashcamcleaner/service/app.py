"""The app: `create_app` puts the routes and the border around what all requests share (`state.Service`)."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp

import dashcamcleaner
from dashcamcleaner.detection.pool import ModelPool
from dashcamcleaner.errors import DashcamCleanerError
from dashcamcleaner.service import routes_jobs, routes_pages, routes_pictures, routes_status
from dashcamcleaner.service.border import Border
from dashcamcleaner.service.document import completed
from dashcamcleaner.service.options import ServiceOptions
from dashcamcleaner.service.problems import handle
from dashcamcleaner.service.state import Service

__all__ = ["create_app", "openapi"]

_DESCRIPTION = (
    "Scores pictures, hides faces and number plates in pictures and clips. Errors are problem+json (RFC 9457) with the "
    "name, hint and exit status that the command line gives for the same."
)


def create_app(options: ServiceOptions, *, models: ModelPool | None = None) -> FastAPI:
    """The whole service as an ASGI app; its lifespan starts and stops it.

    Args:
        options: how it is opened.
        models: the pool of models for pictures, as for `Service`.

    Raises:
        SettingError: see `Service`.
    """
    service = Service(options, models=models)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        service.start()
        try:
            yield
        finally:
            service.stop()

    app = FastAPI(
        title="DashcamCleaner",
        version=dashcamcleaner.__version__,
        description=_DESCRIPTION,
        license_info={"name": "AGPL-3.0-only", "identifier": "AGPL-3.0-only"},
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.service = service
    for part in (routes_pictures, routes_jobs, routes_status, routes_pages):
        app.include_router(part.router)
    routes_pages.mount_files(app)
    for kind in (DashcamCleanerError, HTTPException, RequestValidationError, ClientDisconnect, Exception):
        app.add_exception_handler(kind, handle)

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = completed(
                copy.deepcopy(FastAPI.openapi(app)), options=options, policies=service.policies
            )
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]
    border: ASGIApp = Border(app.build_middleware_stack(), options=options, metrics=service.metrics)
    app.middleware_stack = border
    return app


def openapi() -> dict[str, Any]:
    """The OpenAPI document of a service as it is opened without options; nothing is started."""
    return create_app(ServiceOptions(token_file=None)).openapi()
