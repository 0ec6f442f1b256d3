"""The figures of a period, for whoever answers for them (centre.md, 37)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from pydantic import Field

from console.api.fields import AreaPath, Body, Moment
from console.problems import FieldProblem, Problem, unusable
from console.rights import READ_FIGURES
from console.routes import Call, Reply, Route
from store.audit import note_look_now
from store.kpi_process import PeriodUnusable, ReportBusy, ReportFailed, make_report
from store.kpi_report import Report


class KpiQuery(Body):
    """Clocks that started from `from` and before `to`; 366 days at most."""

    from_: Moment = Field(alias="from")
    to: Moment
    area: AreaPath | None = None


async def kpi(call: Call) -> Reply:
    """Every figure with its definition; of the user's own areas where none is named."""
    query, context = call.query_as(KpiQuery), call.context
    if query.area is not None and not call.user.may_see(query.area):
        raise unusable([FieldProblem(field="area", code="not_yours")])
    what = f"report:kpi:{query.from_:%Y%m%d}-{query.to:%Y%m%d}"
    await note_look_now(context.db, call.user.user_id, "report", what, purpose="kpi", source=call.source, now=call.now)
    try:
        report = await make_report(
            context.db, query.from_, query.to, areas=[query.area] if query.area else call.user.areas, now=call.now,
            timezone=context.site_timezone, software=context.version,
        )  # fmt: skip
    except PeriodUnusable as error:
        raise unusable([FieldProblem(field="to", code="period", message=str(error))]) from error
    except ReportBusy as error:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "report_busy", str(error)) from error
    except ReportFailed as error:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "report_failed", str(error)) from error
    return Reply(body=report)


ROUTES: Final = [
    Route(
        method="GET",
        path="/reports/kpi",
        zh="考核指标",
        en="The figures of a period, each with its definition, its exclusions and its misses",
        roles=READ_FIGURES,
        handler=kpi,
        query=KpiQuery,
        reply=Report,
        refusals=(503,),
    ),
]
