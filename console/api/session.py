"""Signing in and out, and who one is."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from pydantic import StringConstraints

from console.api.fields import Body, NoNul
from console.problems import Problem
from console.rights import ANYBODY, SIGNED_IN
from console.routes import Call, Reply, Route
from console.signin import COOKIE
from store.accounts import LOCKOUT_MINUTES, Principal, SignInLocked, SignInRefused, end_session, sign_in
from store.duty import Duty, duty_of


class SignIn(Body):
    """Name and password."""

    username: Annotated[str, StringConstraints(min_length=1, max_length=64), NoNul]
    password: Annotated[str, StringConstraints(min_length=1, max_length=256, strip_whitespace=False)]


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """The signed-in user."""

    id: str
    name: str
    display_name: str
    role: str
    areas: Sequence[str]
    language: str


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in here, and what the pages need before anything else."""

    user: Me
    duty: Duty
    site_timezone: str
    version: str


async def begin(call: Call) -> Reply:
    """Sign in; 401 says only that it was refused, 429 that this account waits at this address."""
    body = call.body_as(SignIn)
    context = call.context
    try:
        secret, principal = await sign_in(
            context.db, context.passwords, body.username, body.password, source=call.source, now=call.now
        )
    except SignInRefused as error:
        raise Problem(HTTPStatus.UNAUTHORIZED, "sign_in_refused", str(error)) from error
    except SignInLocked as error:
        problem = Problem(HTTPStatus.TOO_MANY_REQUESTS, "sign_in_locked", str(error))
        problem.headers["Retry-After"] = str(LOCKOUT_MINUTES * 60)
        raise problem from error
    return Reply(body=await _session(call, principal), cookie=(COOKIE, secret))


async def read(call: Call) -> Reply:
    """Who is signed in."""
    return Reply(body=await _session(call, call.user))


async def end(call: Call) -> Reply:
    """Sign out; a token is revoked elsewhere."""
    if not call.user.by_token:
        await end_session(call.context.db, call.user, call.now)
    return Reply(status=HTTPStatus.NO_CONTENT, cookie=(COOKIE, None))


async def _session(call: Call, principal: Principal) -> Session:
    user = Me(
        id=str(principal.user_id),
        name=principal.name,
        display_name=principal.display_name,
        role=principal.role,
        areas=principal.areas,
        language=principal.language,
    )
    return Session(
        user=user,
        duty=await duty_of(call.context.db, principal.user_id),
        site_timezone=call.context.site_timezone.key,
        version=call.context.version,
    )


ROUTES: Final = [
    Route(
        method="POST",
        path="/session",
        zh="登录",
        en="Sign in; sets an HttpOnly cookie",
        roles=ANYBODY,
        handler=begin,
        body=SignIn,
        reply=Session,
        refusals=(401, 429),
    ),
    Route(
        method="GET",
        path="/session",
        zh="当前登录",
        en="Who is signed in",
        roles=SIGNED_IN,
        handler=read,
        reply=Session,
    ),
    Route(method="DELETE", path="/session", zh="退出登录", en="Sign out", roles=SIGNED_IN, handler=end, status=204),
]
