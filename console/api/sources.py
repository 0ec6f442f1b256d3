"""The sources in service and their vendors."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import StringConstraints

from console.api.fields import Body, Moment, NoNul, Page, PageQuery, PhoneTyped, after_id, page_by_id
from console.api.registers import as_problems
from console.problems import FieldProblem, forbidden, unusable
from console.rights import READ_SOURCES, WRITE_SOURCES, Role
from console.routes import Call, Match, Reply, Route
from rules.domain.phones import read
from store.source_records import SourceRecord, change_source, list_sources

#: A source is commissioned for so long at most; after that its strangers are cases of their own (centre.md, 29).
COMMISSIONING_MOST: Final = timedelta(days=14)
_MAY_COMMISSION: Final = frozenset({Role.SYSTEM_ADMINISTRATOR, Role.ADMINISTRATOR})


class SourcePatch(Body):
    """What to change of a source; a null takes away."""

    vendor: Annotated[str, StringConstraints(max_length=200), NoNul] | None = None
    vendor_phone: PhoneTyped | None = None
    commissioning_until: Moment | None = None

    def columns(self) -> dict[str, Any]:
        """What was named, as the store takes it."""
        named = self.named()
        if "vendor" in named:
            named["vendor"] = named["vendor"] or ""
        if "vendor_phone" in named:
            typed = named["vendor_phone"]
            named |= {"vendor_phone": read(typed).stored if typed else None, "vendor_phone_typed": typed}
        return named


async def sources(call: Call) -> Reply:
    query = call.query_as(PageQuery)
    rows, seq = await list_sources(call.context.db, after=after_id(query), limit=query.limit)
    return Reply(body=page_by_id(rows, query, seq))


async def patch_source(call: Call) -> Reply:
    """Change whose it is; its commissioning is dated, at most 14 days ahead, and an administrator's."""
    fields = call.body_as(SourcePatch).columns()
    if "commissioning_until" in fields:
        if call.user.role not in _MAY_COMMISSION:
            raise forbidden("administrator_only", "Commissioning folds calls: an administrator sets it.")
        until = fields["commissioning_until"]
        if until is not None and until > call.now + COMMISSIONING_MOST:
            raise unusable([FieldProblem(field="commissioning_until", code="too_far", message="At most 14 days.")])
    with as_problems():
        changed = await change_source(
            call.context.db, call.id, fields, version=call.version, by=call.user.user_id, now=call.now
        )
    return Reply(body=changed, version=changed.version)


ROUTES: Final = [
    Route(
        method="GET",
        path="/sources",
        zh="设备来源与厂商",
        en="Sources in service and their vendors",
        roles=READ_SOURCES,
        handler=sources,
        query=PageQuery,
        reply=Page[SourceRecord],
    ),
    Route(
        method="PATCH",
        path="/sources/{id}",
        zh="修改来源：厂商、24 小时电话、开通期限",
        en="Change a source: its vendor, their telephone at any hour, until when it is commissioned",
        roles=WRITE_SOURCES,
        handler=patch_source,
        body=SourcePatch,
        reply=SourceRecord,
        match=Match.MAY,
    ),
]
