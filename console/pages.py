"""The pages as files: hashed ones for ever, the rest never stored, every route of the page answered by its shell."""

from __future__ import annotations

import mimetypes
import secrets
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from console.context import CONTEXT
from console.docs import docs_page
from console.problems import not_found

#: Vite writes a hash into every name under this folder, so that a name never means two contents.
_HASHED: Final = "assets"

_CSP: Final = (
    "default-src 'none'; script-src 'self'; "
    # The component library sets sizes by style attributes; scripts stay strict.
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob: data:; connect-src 'self'; "
    "worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

SECURITY_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

DESCRIPTION: web.AppKey[dict[str, Any]] = web.AppKey("description", dict)
MQTT_DESCRIPTION: web.AppKey[dict[str, Any]] = web.AppKey("mqtt_description", dict)


async def openapi(request: web.Request) -> web.Response:
    """The API's description."""
    return web.json_response(request.app[DESCRIPTION], headers={"Cache-Control": "no-store"})


async def asyncapi(request: web.Request) -> web.Response:
    """What devices say and hear over MQTT."""
    return web.json_response(request.app[MQTT_DESCRIPTION], headers={"Cache-Control": "no-store"})


async def docs(request: web.Request) -> web.Response:
    """The same to read."""
    nonce = secrets.token_urlsafe(16)
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; frame-ancestors 'none'"
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    return web.Response(text=docs_page(request.app[DESCRIPTION], nonce), content_type="text/html", headers=headers)


async def nothing_here(_: web.Request) -> web.Response:
    """Whatever else is asked for under /api."""
    raise not_found("There is no such route.")


async def page(request: web.Request) -> web.StreamResponse:
    """A file of the pages; any other path is a route of the page and gets its shell."""
    folder = request.app[CONTEXT].web_dir
    if folder is None:
        raise not_found("This console serves the API alone: its pages were not built.")
    path = request.match_info["path"]
    file = _file(folder, path)
    if file is None and path.startswith(f"{_HASHED}/"):
        raise not_found("There is no such file.")
    return _respond(file or folder / "index.html", hashed=file is not None and path.startswith(f"{_HASHED}/"))


def _file(folder: Path, path: str) -> Path | None:
    """The file of that path inside the folder; None for none, and for whatever points out of it."""
    root = folder.resolve()
    try:
        wanted = (root / path).resolve()
        return wanted if wanted.is_relative_to(root) and wanted.is_file() else None
    except (OSError, ValueError):
        return None


def _respond(file: Path, *, hashed: bool) -> web.StreamResponse:
    cache = "public, max-age=31536000, immutable" if hashed else "no-cache"
    kind, _ = mimetypes.guess_type(file.name)
    headers = {"Cache-Control": cache, "Content-Security-Policy": _CSP}
    headers["Content-Type"] = f"{kind or 'application/octet-stream'}{_charset(kind)}"
    return web.FileResponse(file, headers=headers)


def _charset(kind: str | None) -> str:
    return "; charset=utf-8" if kind is not None and (kind.startswith("text/") or kind.endswith("javascript")) else ""


def add_pages(app: web.Application) -> None:
    """Register the descriptions, and the pages behind everything else."""
    app.router.add_get("/api/openapi.json", openapi)
    app.router.add_get("/api/asyncapi.json", asyncapi)
    app.router.add_get("/api/docs", docs)
    app.router.add_route("*", "/api", nothing_here)
    app.router.add_route("*", "/api/{path:.*}", nothing_here)
    app.router.add_get("/{path:.*}", page)
