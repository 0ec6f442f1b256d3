"""What could not be used."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from pydantic import StringConstraints

from console.api.fields import Page, PageQuery, decode_cursor, encode_cursor
from console.rights import DEAD_LETTERS
from console.routes import Call, Reply, Route
from store.views.dead_letters import DeadLetterListed, list_dead_letters


class DeadLettersQuery(PageQuery):
    """`reason` is the word it is counted by."""

    reason: Annotated[str, StringConstraints(max_length=64)] | None = None


async def dead_letters(call: Call) -> Reply:
    query = call.query_as(DeadLettersQuery)
    after: tuple[datetime, int] | None = None
    if query.cursor:
        at, number = decode_cursor(query.cursor, datetime, int)
        after = (at, number)
    rows, seq = await list_dead_letters(call.context.db, reason=query.reason, after=after, limit=query.limit)
    following = encode_cursor(rows[-1].last_at, int(rows[-1].id)) if len(rows) == query.limit else None
    return Reply(body=Page(items=rows, next=following, seq=seq))


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
    )
]
