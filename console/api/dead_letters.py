"""What could not be used."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final

from pydantic import StringConstraints

from console.api.fields import Page, PageQuery, decode_cursor, encode_cursor
from console.problems import not_found
from console.rights import DEAD_LETTERS, REPLAY
from console.routes import Call, Reply, Route
from store.replay import ask
from store.views.dead_letters import DeadLetterListed, list_dead_letters


class DeadLettersQuery(PageQuery):
    """`reason` is the word it is counted by; `device` whose they are, as the topic or the message named it."""

    reason: Annotated[str, StringConstraints(max_length=64)] | None = None
    device: Annotated[str, StringConstraints(max_length=200)] | None = None


async def dead_letters(call: Call) -> Reply:
    query = call.query_as(DeadLettersQuery)
    after: tuple[datetime, int] | None = None
    if query.cursor:
        at, number = decode_cursor(query.cursor, datetime, int)
        after = (at, number)
    rows, seq = await list_dead_letters(
        call.context.db, reason=query.reason, device=query.device, after=after, limit=query.limit
    )
    following = encode_cursor(rows[-1].last_at, int(rows[-1].id)) if len(rows) == query.limit else None
    return Reply(body=Page(items=rows, next=following, seq=seq))


async def replay(call: Call) -> Reply:
    """Ask for it: a gateway uses it within a second or two, and the list then says what became of it."""
    if not await ask(call.context.db, call.id, by=call.user.user_id, now=call.now):
        raise not_found("There is no such dead letter.")
    return Reply(status=HTTPStatus.ACCEPTED)


ROUTES: Final = [
    Route(
        method="GET",
        path="/dead-letters",
        zh="异常报文(待处理)",
        en="What could not be used",
        roles=DEAD_LETTERS,
        handler=dead_letters,
        query=DeadLettersQuery,
        reply=Page[DeadLetterListed],
    ),
    Route(
        method="POST",
        path="/dead-letters/{id}/replay",
        zh="重放异常报文",
        en="Use a dead letter again, with today's decoder and register",
        roles=REPLAY,
        handler=replay,
        status=202,
    ),
]
