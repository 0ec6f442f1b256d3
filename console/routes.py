"""One table of routes: what is registered, what is described, and who is let in come from the same row."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeVar

from aiohttp import web
from pydantic import BaseModel

from console.context import ConsoleContext
from console.rights import Roles
from store.accounts import Principal

#: A body larger than this is no step and no record; one route takes files and says so itself.
BODY_BYTES_MOST: Final = 256 * 1024

_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_Model = TypeVar("_Model", bound=BaseModel)


class Match(StrEnum):
    """Whether a request says which version it saw."""

    NONE = "none"
    MAY = "may"
    MUST = "must"


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request, signed in, allowed and checked."""

    context: ConsoleContext
    principal: Principal | None
    ids: Mapping[str, int]
    body: BaseModel | None
    query: BaseModel | None
    text: str
    version: int | None  #: of If-Match
    source: str  #: the address it came from
    is_secure: bool
    now: datetime

    @property
    def user(self) -> Principal:
        """Who asks; the route table lets nobody in without."""
        assert self.principal is not None, "the route is not open to anybody"
        return self.principal

    @property
    def id(self) -> int:
        return self.ids["id"]

    def body_as(self, model: type[_Model]) -> _Model:
        assert isinstance(self.body, model), "the route table names this body"
        return self.body

    def query_as(self, model: type[_Model]) -> _Model:
        assert isinstance(self.query, model), "the route table names this query"
        return self.query


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What a handler answers; `version` becomes the ETag."""

    body: Any = None
    status: int = 200
    version: int | None = None
    cookie: tuple[str, str | None] | None = None  #: name and value; None takes the cookie away


Handler = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """One row of the API."""

    method: str
    path: str  #: under /api/v1, parameters in braces; every parameter is a number
    zh: str
    en: str
    roles: Roles | None  #: None: also without sign-in
    handler: Handler
    reply: Any = None  #: a type; None: no body
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    status: int = 200
    match: Match = Match.NONE
    text_type: str | None = None  #: the body is text of this media type, not JSON
    names: tuple[str, ...] = ()  #: parameters that are names, not ids: only where the handler is its own
    media_type: str | None = None  #: the answer is text of this media type, not JSON
    is_form: bool = False  #: the body is a form, not JSON, and the answer one word of plain text
    for_brokers: bool = False  #: let in by SHOUWANG_BROKER_TOKEN and by nothing else; `roles` is None
    body_bytes_most: int = BODY_BYTES_MOST
    refusals: tuple[int, ...] = field(default=())  #: beside those every route can answer

    @property
    def parameters(self) -> list[str]:
        return _PARAMETER.findall(self.path)

    @property
    def operation_id(self) -> str:
        words = re.sub(r"[^a-z]+", "_", f"{self.method.lower()}_{self.path}".lower())
        return words.strip("_")

    @property
    def pattern(self) -> str:
        """The path as aiohttp matches it: an id is digits, few enough for a bigint."""
        return "/api/v1" + _PARAMETER.sub(r"{\1:[0-9]{1,18}}", self.path)


Dispatch = Callable[[web.Request, Route], Awaitable[web.StreamResponse]]


def register(app: web.Application, routes: list[Route], dispatch: Dispatch) -> None:
    """Put every row of the table into the application."""
    for route in routes:
        app.router.add_route(route.method, route.pattern, _bound(dispatch, route))


def _bound(dispatch: Dispatch, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await dispatch(request, route)

    return handle
