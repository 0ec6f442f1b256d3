"""Errors as RFC 9457 problem details: one shape for whatever a request can be refused for."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from aiohttp import web

MEDIA_TYPE: Final = "application/problem+json"


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A field and what is wrong with it; `code` has a sentence in each language in the pages."""

    field: str
    code: str
    message: str | None = None


class ProblemDetails(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a refused request answers (RFC 9457), with what the pages need to explain it."""

    type: str
    title: str
    status: int
    detail: str | None = None
    code: str | None = None
    problems: list[FieldProblem] | None = None
    changed: list[Any] | None = None  #: 409: what happened last; 412: everything since the version given
    version: int | None = None  #: 412: the current one
    state: str | None = None  #: 409: of the case
    claimed_by: Any = None  #: 409: who holds the case
    incident: Any = None  #: 409: another case that stands in the way


class Problem(Exception):
    """The request is refused; the answer says why and what to do."""

    def __init__(self, status: HTTPStatus, code: str, detail: str | None = None, **more: Any) -> None:
        super().__init__(detail or status.phrase)
        self.status = status
        self.code = code
        self.detail = detail
        self.more: Mapping[str, Any] = more
        self.headers: dict[str, str] = {}

    def response(self) -> web.Response:
        """The answer to send; never stored by anything on the way."""
        body = ProblemDetails(
            type=f"/api/problems/{self.code}",
            title=self.status.phrase,
            status=self.status.value,
            detail=self.detail,
            code=self.code,
            **self.more,
        )
        headers = {"Cache-Control": "no-store", **self.headers}
        encoded = msgspec.json.encode(body)
        return web.Response(body=encoded, status=self.status.value, content_type=MEDIA_TYPE, headers=headers)


def not_signed_in() -> Problem:
    """401: no credential, or one that stands no more."""
    problem = Problem(HTTPStatus.UNAUTHORIZED, "not_signed_in", "Sign in, or send a bearer token.")
    problem.headers["WWW-Authenticate"] = 'Bearer realm="shouwang"'
    return problem


def forbidden(code: str = "forbidden", detail: str = "This account has no right to do that.") -> Problem:
    """403: the role, the area or the page's origin."""
    return Problem(HTTPStatus.FORBIDDEN, code, detail)


def not_found(what: str = "Nothing is here, or it is not in your sight.") -> Problem:
    """404: also for what exists elsewhere, so that nobody learns that it does."""
    return Problem(HTTPStatus.NOT_FOUND, "not_found", what)


def unusable(problems: list[FieldProblem]) -> Problem:
    """422: the body is understood and cannot be used; each field says why."""
    fields = ", ".join(problem.field for problem in problems)
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "unusable", f"Look at: {fields}", problems=problems)
