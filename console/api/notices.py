"""What was sent, what was not, and why: by reference, never by name or number."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import StringConstraints

from console.api.fields import Id, Page, PageQuery, after_id, page_by_id
from console.rights import READ_NOTICES
from console.routes import Call, Reply, Route
from store.notices import Notice, list_notices


class NoticesQuery(PageQuery):
    """All, those of a case, or those that ended in one way."""

    incident: Id | None = None
    state: Annotated[str, StringConstraints(pattern="^(waiting|leased|sent|uncertain|failed|cancelled)$")] | None = None


async def notices(call: Call) -> Reply:
    query = call.query_as(NoticesQuery)
    rows, seq = await list_notices(
        call.context.db, sight=call.user.areas, incident_id=int(query.incident) if query.incident else None,
        state=query.state, before=after_id(query), limit=query.limit,
    )  # fmt: skip
    return Reply(body=page_by_id(rows, query, seq))


ROUTES: Final = [
    Route(
        method="GET",
        path="/notices",
        zh="通知记录",
        en="Notices, the newest first: sent or not, and why",
        roles=READ_NOTICES,
        handler=notices,
        query=NoticesQuery,
        reply=Page[Notice],
    ),
]
