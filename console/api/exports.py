"""Exports: over fifty people need a second person; each has a reason, an end and a row in the log (centre.md, 35)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Final, Self

from pydantic import StringConstraints, model_validator

from console.api.fields import AreaPath, Body, Moment, NoNul, Page, PageQuery, after_id, page_by_id
from console.api.registers import as_problems, refuse_foreign_area
from console.problems import FieldProblem, Problem, unusable
from console.rights import AGREE_TO_EXPORTS, EXPORTS, Role
from console.routes import Call, Match, Reply, Route
from store.exports import (
    Export,
    ExportFile,
    ExportKind,
    ExportRefused,
    ask,
    decide,
    end,
    list_exports,
    read_export,
    take,
)

#: Who needs it longer asks again.
_UNTIL_MOST: Final = timedelta(days=90)

Reason = Annotated[str, StringConstraints(min_length=4, max_length=500), NoNul]
Passphrase = Annotated[str, StringConstraints(min_length=12, max_length=256, strip_whitespace=False), NoNul]


class NewExportBody(Body):
    """What is asked for, for what, and until when it may be taken."""

    kind: ExportKind
    area: AreaPath | None = None
    reason: Reason
    until: Moment


class ExportPatch(Body):
    """A second person's word, or the end of it."""

    agreed: bool | None = None
    ended: bool | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.agreed is None) == (not self.ended):
            raise ValueError("agreed, or ended: one of them")
        return self


class FileBody(Body):
    """What the file is locked with; it is kept nowhere."""

    passphrase: Passphrase


async def exports(call: Call) -> Reply:
    query = call.query_as(PageQuery)
    rows, seq = await list_exports(call.context.db, after=after_id(query), limit=query.limit, now=call.now)
    return Reply(body=page_by_id(rows, query, seq))


async def export(call: Call) -> Reply:
    return await _shown(call, call.id)


async def make(call: Call) -> Reply:
    """Ready at once where it tells of fifty people at most; else it waits for a second person."""
    body = call.body_as(NewExportBody)
    refuse_foreign_area(call, body.area)
    if not call.now < body.until <= call.now + _UNTIL_MOST:
        raise unusable([FieldProblem(field="until", code="out_of_range", message="within 90 days")])
    made = await ask(
        call.context.db, body.kind, area=body.area, sight=call.user.areas, reason=body.reason, until=body.until,
        by=call.user.user_id, now=call.now,
    )  # fmt: skip
    return await _shown(call, made, status=HTTPStatus.CREATED)


async def change(call: Call) -> Reply:
    """Agree, refuse, or end it."""
    body, by, now = call.body_as(ExportPatch), call.user.user_id, call.now
    with as_problems(), _refused():
        if body.agreed is None:
            await end(call.context.db, call.id, version=call.version, by=by, now=now)
        elif Role(call.user.role) not in AGREE_TO_EXPORTS:
            raise ExportRefused("this is for who answers for the data to decide")
        else:
            await decide(call.context.db, call.id, agrees=body.agreed, version=call.version, by=by, now=now)
    return await _shown(call, call.id)


async def file(call: Call) -> Reply:
    """Take the file: locked under the passphrase, marked line by line, a row in the log."""
    passphrase = call.body_as(FileBody).passphrase
    with as_problems(), _refused():
        found = await take(call.context.db, call.id, passphrase, by=call.user.user_id, now=call.now)
    return Reply(body=found, status=HTTPStatus.CREATED)


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except ExportRefused as error:
        raise Problem(HTTPStatus.CONFLICT, "export_refused", str(error)) from error


async def _shown(call: Call, export_id: int, *, status: int = HTTPStatus.OK) -> Reply:
    with as_problems():
        found = await read_export(call.context.db, export_id, now=call.now)
    return Reply(body=found, version=found.version, status=status)


ROUTES: Final = [
    Route(
        method="GET", path="/exports", zh="导出记录", en="What was asked to leave as a file", roles=EXPORTS,
        handler=exports, query=PageQuery, reply=Page[Export],
    ),
    Route(
        method="POST", path="/exports", zh="申请导出", en="Ask for a file, with a reason and an end", roles=EXPORTS,
        handler=make, body=NewExportBody, reply=Export, status=201,
    ),
    Route(
        method="GET", path="/exports/{id}", zh="导出申请", en="One of them", roles=EXPORTS, handler=export,
        reply=Export,
    ),
    Route(
        method="PATCH", path="/exports/{id}", zh="批准、拒绝、终止导出", en="Agree to it, refuse it, end it",
        roles=EXPORTS, handler=change, body=ExportPatch, reply=Export, match=Match.MAY, refusals=(409,),
    ),
    Route(
        method="POST", path="/exports/{id}/file", zh="取导出文件(加密)", en="Take the file, locked and marked",
        roles=EXPORTS, handler=file, body=FileBody, reply=ExportFile, status=201, refusals=(409,),
    ),
]  # fmt: skip
