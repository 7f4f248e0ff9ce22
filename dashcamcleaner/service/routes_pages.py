"""The page at /, its files, and /docs: all of it from this machine, nothing from another host."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from dashcamcleaner.service.language import page_in_language

__all__ = ["mount_files", "router"]

router = APIRouter(include_in_schema=False)

_PAGE = Path(__file__).with_name("page")
_TEMPLATES = Path(__file__).with_name("templates")


@router.get("/")
async def page(_request: Request) -> Response:
    """The page, in the language that the browser asks for."""
    return HTMLResponse(page_in_language(_TEMPLATES, scripts=_PAGE))


@router.get("/docs")
async def docs(request: Request) -> Response:
    """The routes, to be read and tried."""
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title=f"{request.app.title} {request.app.version}",
        swagger_js_url="/docs-files/swagger-ui-bundle.js",
        swagger_css_url="/docs-files/swagger-ui.css",
        swagger_favicon_url="/page/icon.svg",
    )


def mount_files(app: FastAPI) -> None:
    """Serve the page's own files, and those of Swagger UI, which the package ``fastapi-offline`` carries."""
    app.mount("/page", StaticFiles(directory=_PAGE), name="page")
    swagger = Path(str(importlib.resources.files("fastapi_offline"))) / "static"
    app.mount("/docs-files", StaticFiles(directory=swagger), name="docs-files")
