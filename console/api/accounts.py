"""Users and the tokens of programs: for whoever administers accounts, who sees no resident."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
from pydantic import Field, StringConstraints

from console.api.fields import (
    AreaPath,
    Body,
    Channels,
    Id,
    Mail,
    Moment,
    NoNul,
    Page,
    PageQuery,
    PhoneTyped,
    after_id,
    page_by_id,
)
from console.problems import FieldProblem, Problem, not_found, unusable
from console.rights import ACCOUNTS, Role
from console.routes import Call, Match, Reply, Route
from rules.domain.phones import read
from store.users import (
    NewUser,
    Token,
    TokenRevoked,
    User,
    UserChanged,
    UserExists,
    UserUnknown,
    add_token,
    add_user,
    change_token,
    change_user,
    end_user,
    list_tokens,
    list_users,
    read_token,
    read_user,
    revoke_token,
)

Password = Annotated[str, StringConstraints(min_length=8, max_length=256, strip_whitespace=False)]
DisplayName = Annotated[str, StringConstraints(min_length=1, max_length=64), NoNul]
Areas = Annotated[list[AreaPath], Field(max_length=100)]

#: Nobody holds two of the three; the first one made gives its place to them (centre.md, 36).
_NOT_BY_SECURITY: Final = frozenset({Role.ADMINISTRATOR})


class NewUserBody(Body):
    """A user to make; without a password only a token signs in."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._@-]{1,64}$")]
    display_name: DisplayName
    role: Role
    areas: Areas = Field(default_factory=list, max_length=100)
    language: Annotated[str, StringConstraints(pattern=r"^(zh-CN|en)$")] = "zh-CN"
    password: Password | None = None
    phone: PhoneTyped | None = None
    email: Mail | None = None
    channels: Channels = Field(default_factory=list, max_length=3)


class UserPatch(Body):
    """What to change of a user."""

    display_name: DisplayName | None = None
    role: Role | None = None
    areas: Areas | None = None
    language: Annotated[str, StringConstraints(pattern=r"^(zh-CN|en)$")] | None = None
    password: Password | None = None
    disabled: bool | None = None
    phone: PhoneTyped | None = None
    email: Mail | None = None
    channels: Channels | None = None


class NewTokenBody(Body):
    """A token to make for a user."""

    name: DisplayName
    user_id: Id
    expires_at: Moment | None = None


class TokenPatch(Body):
    """Another name, or another end; null: until it is revoked."""

    name: DisplayName | None = None
    expires_at: Moment | None = None


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token just made: the only time its secret is shown."""

    id: str
    token: str


async def users(call: Call) -> Reply:
    query = call.query_as(PageQuery)
    rows, seq = await list_users(call.context.db, after=after_id(query), limit=query.limit)
    return Reply(body=page_by_id(rows, query, seq))


async def user(call: Call) -> Reply:
    return await _read(call, call.id)


async def make_user(call: Call) -> Reply:
    body = call.body_as(NewUserBody)
    _refuse_raising(call, body.role)
    new = NewUser(**{**_dialled(body.model_dump(mode="json")), "role": str(body.role)})
    try:
        made = await add_user(call.context.db, call.context.passwords, new, by=call.user.user_id, now=call.now)
    except UserExists as error:
        raise Problem(HTTPStatus.CONFLICT, "name_taken", str(error)) from error
    return Reply(body=made, status=HTTPStatus.CREATED, version=made.version)


async def patch_user(call: Call) -> Reply:
    named = _dialled(call.body_as(UserPatch).model_dump(exclude_unset=True, mode="json"))
    changes = {name: value for name, value in named.items() if value is not None or name in _MAY_BE_EMPTY}
    _refuse_raising(call, changes.get("role"))
    if changes.get("disabled") and call.id == call.user.user_id:
        raise unusable([FieldProblem(field="disabled", code="not_oneself")])
    context = call.context
    try:
        # Whoever could set an administrator's password could sign in as one.
        _refuse_raising(call, (await read_user(context.db, call.id)).role)
        changed = await change_user(
            context.db,
            context.passwords,
            call.id,
            changes,
            version=call.version,
            by=call.user.user_id,
            now=call.now,
        )
    except UserUnknown as error:
        raise not_found() from error
    except UserChanged as error:
        raise stale(error.current) from error
    return Reply(body=changed, version=changed.version)


async def tokens(call: Call) -> Reply:
    query = call.query_as(PageQuery)
    rows, seq = await list_tokens(call.context.db, after=after_id(query), limit=query.limit)
    return Reply(body=page_by_id(rows, query, seq))


async def make_token(call: Call) -> Reply:
    body = call.body_as(NewTokenBody)
    try:
        _refuse_raising(call, (await read_user(call.context.db, int(body.user_id))).role)
        token_id, secret = await add_token(
            call.context.db,
            int(body.user_id),
            body.name,
            expires_at=body.expires_at,
            by=call.user.user_id,
            now=call.now,
        )
    except UserUnknown as error:
        raise unusable([FieldProblem(field="user_id", code="unknown")]) from error
    return Reply(body=NewToken(id=token_id, token=secret), status=HTTPStatus.CREATED)


async def token(call: Call) -> Reply:
    with _as_problems():
        found = await read_token(call.context.db, call.id)
    return Reply(body=found, version=found.version)


async def patch_token(call: Call) -> Reply:
    named = call.body_as(TokenPatch).named()
    changes = {name: value for name, value in named.items() if value is not None or name == "expires_at"}
    db = call.context.db
    with _as_problems():
        _refuse_raising(call, (await read_user(db, int((await read_token(db, call.id)).user_id))).role)
        await change_token(db, call.id, changes, version=call.version, by=call.user.user_id, now=call.now)
        found = await read_token(db, call.id)
    return Reply(body=found, version=found.version)


async def drop_user(call: Call) -> Reply:
    """Off for good; nobody locks themselves out."""
    if call.id == call.user.user_id:
        raise unusable([FieldProblem(field="id", code="not_oneself")])
    db = call.context.db
    with _as_problems():
        _refuse_raising(call, (await read_user(db, call.id)).role)
        await end_user(db, call.id, version=call.version, by=call.user.user_id, now=call.now)
    return Reply(status=HTTPStatus.NO_CONTENT)


@contextmanager
def _as_problems() -> Iterator[None]:
    try:
        yield
    except UserUnknown as error:
        raise not_found() from error
    except UserChanged as error:
        raise stale(error.current) from error
    except TokenRevoked as error:
        raise Problem(HTTPStatus.CONFLICT, "token_revoked", str(error)) from error


async def drop_token(call: Call) -> Reply:
    try:
        await revoke_token(call.context.db, call.id, by=call.user.user_id, now=call.now)
    except UserUnknown as error:
        raise not_found() from error
    return Reply(status=HTTPStatus.NO_CONTENT)


_MAY_BE_EMPTY: Final = frozenset({"phone", "phone_typed", "email"})


def _dialled(fields: dict[str, Any]) -> dict[str, Any]:
    """The number as typed, and as it is dialled."""
    if "phone" not in fields:
        return fields
    typed = fields["phone"]
    return {**fields, "phone_typed": typed, "phone": read(typed).stored if typed else None}


def stale(current: int) -> Problem:
    """412 for a record that somebody changed since it was read."""
    return Problem(HTTPStatus.PRECONDITION_FAILED, "stale_version", "Changed since you read it.", version=current)


def _refuse_raising(call: Call, role: Any) -> None:
    """A security administrator gives rights, but not more than there are to give."""
    if role in _NOT_BY_SECURITY and call.user.role != Role.ADMINISTRATOR:
        raise unusable([FieldProblem(field="role", code="not_yours_to_give")])


async def _read(call: Call, user_id: int) -> Reply:
    try:
        found = await read_user(call.context.db, user_id)
    except UserUnknown as error:
        raise not_found() from error
    return Reply(body=found, version=found.version)


def _route(method: str, path: str, zh: str, en: str, handler: Any, **more: Any) -> Route:
    return Route(method=method, path=path, zh=zh, en=en, roles=ACCOUNTS, handler=handler, **more)


ROUTES: Final = [
    _route("GET", "/users", "用户列表", "Users", users, query=PageQuery, reply=Page[User]),
    _route(
        "POST",
        "/users",
        "新建用户",
        "Make a user",
        make_user,
        body=NewUserBody,
        reply=User,
        status=201,
        refusals=(409,),
    ),
    _route("GET", "/users/{id}", "用户", "One user", user, reply=User),
    _route(
        "PATCH", "/users/{id}", "修改用户", "Change a user", patch_user, body=UserPatch, reply=User, match=Match.MAY
    ),
    _route(
        "DELETE", "/users/{id}", "停用用户", "Switch an account off for good", drop_user, status=204, match=Match.MAY
    ),
    _route("GET", "/tokens", "令牌列表", "Tokens of programs", tokens, query=PageQuery, reply=Page[Token]),
    _route("POST", "/tokens", "新建令牌", "Make a token", make_token, body=NewTokenBody, reply=NewToken, status=201),
    _route("GET", "/tokens/{id}", "令牌", "One token, never its secret", token, reply=Token),
    _route(
        "PATCH",
        "/tokens/{id}",
        "修改令牌",
        "Change a token's name or end",
        patch_token,
        body=TokenPatch,
        reply=Token,
        match=Match.MAY,
        refusals=(409,),
    ),
    _route("DELETE", "/tokens/{id}", "吊销令牌", "Revoke a token", drop_token, status=204),
]
