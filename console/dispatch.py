"""From a request to a handler's call and back: sign-in, rights, checked input, an answer that nobody stores."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web
from pydantic import BaseModel, ValidationError

from console.context import CONTEXT, ConsoleContext
from console.metrics import request_seconds
from console.problems import FieldProblem, Problem, forbidden, not_found, not_signed_in, unusable
from console.rights import Role
from console.routes import Call, Match, Reply, Route
from console.signin import COOKIE, is_secure, principal_of, prove_broker, refuse_foreign_origin
from store.accounts import Principal
from store.audit import changed_since
from store.database import VALUE_UNUSABLE

#: How long a browser keeps the session's cookie; the server's own limit is shorter and decides.
COOKIE_SECONDS: Final = 30 * 86_400

#: The largest number of a register that counts in four bytes.
_SHORT_NUMBER_MOST: Final = 2**31 - 1

_ETAG: Final = re.compile(r'(?:W/)?"(\d{1,9})"')

#: Registers whose one record is not their name without its last letter.
_ONE_OF: Final = {"premises": "premises", "bounds": "bounds"}


async def dispatch(request: web.Request, route: Route) -> web.StreamResponse:
    """Answer one request of the table; whatever is refused leaves as a Problem."""
    context = request.app[CONTEXT]
    began = context.clock.monotonic()
    status = HTTPStatus.INTERNAL_SERVER_ERROR.value
    try:
        response = await _answer(request, route, context)
        status = response.status
        return response
    except Problem as problem:
        status = problem.status.value
        raise
    finally:
        seconds = context.clock.monotonic() - began
        request_seconds.labels(f"{route.method} {route.path}", str(status)).observe(seconds)


async def _answer(request: web.Request, route: Route, context: ConsoleContext) -> web.Response:
    now = context.clock.now()
    principal = await _admit(request, route, context)
    refuse_foreign_origin(request)
    call = Call(
        context=context,
        principal=principal,
        ids={name: int(request.match_info[name]) for name in route.parameters},
        query=_query(request, route),
        version=_version(request, route),
        body=await _body(request, route),
        text=await _text(request, route),
        source=request.remote or "",
        is_secure=is_secure(request),
        now=now,
    )
    reply = await _handled(route, call)
    if route.media_type is not None:
        return _text_of(reply, route.media_type)
    return _word(reply) if route.is_form else _response(reply, secure=call.is_secure)


async def _handled(route: Route, call: Call) -> Reply:
    """The handler's answer; a number no column has room for names nothing that could be here."""
    try:
        return await route.handler(call)
    except Problem as problem:
        raise await _with_changes(problem, route, call) from problem.__cause__
    except VALUE_UNUSABLE as error:
        if not isinstance(error.__cause__, OverflowError):
            raise
        if any(number > _SHORT_NUMBER_MOST for number in call.ids.values()):
            raise not_found() from error
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "number_too_large", "A number here names nothing.") from error


async def _with_changes(problem: Problem, route: Route, call: Call) -> Problem:
    """A 412 says what has changed since the version that was sent (contract.md, 4); of a case its steps say it."""
    if problem.status is not HTTPStatus.PRECONDITION_FAILED or call.version is None or "changed" in problem.more:
        return problem
    named = [part for part in route.path.split("/") if part and not part.startswith("{")][-1]
    record = _ONE_OF.get(named, named.removesuffix("s"))
    changed = await changed_since(call.context.db, f"{record}:{call.id}", call.version)
    return Problem(problem.status, problem.code, problem.detail, **problem.more, changed=changed)


async def _admit(request: web.Request, route: Route, context: ConsoleContext) -> Principal | None:
    if route.for_brokers:
        prove_broker(request, context)
    if route.roles is None:
        return None
    principal = await principal_of(request, context, context.clock.now())
    if principal is None:
        raise not_signed_in()
    if Role(principal.role) not in route.roles:
        raise forbidden()
    return principal


def _query(request: web.Request, route: Route) -> BaseModel | None:
    if route.query is None:
        if request.query:
            raise unusable([FieldProblem(field=name, code="unknown_parameter") for name in request.query])
        return None
    for name, value in request.query.items():
        if "\x00" in value:
            # The database keeps no NUL in a text, and nobody types one.
            raise unusable([FieldProblem(field=name, code="nul")])
    return _checked(route.query, dict(request.query), unknown="unknown_parameter")


def _version(request: web.Request, route: Route) -> int | None:
    header = request.headers.get("If-Match")
    if route.match is Match.NONE or header in (None, "*"):
        if route.match is Match.MUST:
            raise Problem(
                HTTPStatus.PRECONDITION_REQUIRED, "version_required", "Send If-Match with the version you have seen."
            )
        return None
    found = _ETAG.fullmatch(header.strip()) or re.fullmatch(r"(\d{1,9})", header.strip())
    if found is None:
        raise Problem(HTTPStatus.BAD_REQUEST, "etag_unreadable", 'If-Match is a version in quotes, such as "4".')
    return int(found[1])


async def _body(request: web.Request, route: Route) -> BaseModel | None:
    if route.body is None:
        return None
    data = await _read(request, route)
    if route.is_form:
        return _checked(route.body, _form(data), unknown="unknown_field")
    try:
        given = msgspec.json.decode(data) if data.strip() else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "json_unreadable", "The body is no JSON.") from error
    if not isinstance(given, dict):
        raise Problem(HTTPStatus.BAD_REQUEST, "json_unreadable", "The body is no JSON object.")
    return _checked(route.body, given, unknown="unknown_field")


def _form(data: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(data.decode(), keep_blank_values=True, strict_parsing=bool(data), max_num_fields=100))
    except ValueError as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "form_unreadable", "The body is no form.") from error


async def _text(request: web.Request, route: Route) -> str:
    if route.text_type is None:
        return ""
    data = await _read(request, route)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Problem(HTTPStatus.BAD_REQUEST, "text_unreadable", "The file is neither UTF-8 nor GB 18030.")


async def _read(request: web.Request, route: Route) -> bytes:
    most = route.body_bytes_most
    if (request.content_length or 0) > most:
        raise _too_large(most)
    data = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        data += chunk
        if len(data) > most:
            raise _too_large(most)
    return bytes(data)


def _too_large(most: int) -> Problem:
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", f"At most {most} bytes.")


def _checked(model: type[BaseModel], given: dict[str, Any], *, unknown: str) -> BaseModel:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise unusable([_field_problem(found, unknown) for found in error.errors(include_url=False)]) from error


def _field_problem(found: Any, unknown: str) -> FieldProblem:
    code = unknown if found["type"] == "extra_forbidden" else found["type"]
    return FieldProblem(field=".".join(map(str, found["loc"])) or "body", code=code, message=found["msg"])


def _word(reply: Reply) -> web.Response:
    return web.Response(text=str(reply.body), status=reply.status, headers={"Cache-Control": "no-store"})


def _text_of(reply: Reply, media_type: str) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    return web.Response(text=str(reply.body), status=reply.status, content_type=media_type, headers=headers)


def _response(reply: Reply, *, secure: bool) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    if reply.version is not None:
        headers["ETag"] = f'"{reply.version}"'
    if reply.body is None:
        response = web.Response(status=reply.status, headers=headers)
    else:
        encoded = msgspec.json.encode(reply.body)
        response = web.Response(body=encoded, status=reply.status, content_type="application/json", headers=headers)
    if reply.cookie is not None:
        _set_cookie(response, reply.cookie, secure=secure)
    return response


def _set_cookie(response: web.Response, cookie: tuple[str, str | None], *, secure: bool) -> None:
    name, value = cookie
    assert name == COOKIE, "there is one cookie"
    if value is None:
        response.del_cookie(name, path="/", httponly=True, samesite="Strict", secure=secure)
        return
    response.set_cookie(name, value, max_age=COOKIE_SECONDS, path="/", httponly=True, samesite="Strict", secure=secure)
