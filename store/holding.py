"""Whether an alarm is held, read on durable state in its own transaction; and the row that says so.

A press never comes here with a question to the database: `screen` sends it on before the first one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from devices.event import EventType
from rules.domain import damping, suppression
from rules.domain.correlation import Subject
from rules.domain.damping import LIMITS, Trace
from rules.domain.policy import Assessment, Context, Effect
from rules.domain.storms import power_lines_of
from rules.domain.suppression import Hold, Holder, Standing
from rules.domain.vocabulary import Action, Class, Family, Mark
from store import device_faults, power_outages
from store.cases import SYSTEM, Note, load, save
from store.context import DeviceContext
from store.database import Connection
from store.device_faults import Whose
from store.opening import Centre
from store.opening import Effect as Done
from store.sql import queries

_Q: Final = queries("holding")


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """An alarm that is stored, under its subject's lock, before it is related to any incident."""

    assessed: Assessment
    known: Context
    context: DeviceContext
    subject: Subject
    event_no: int
    now: datetime


async def screen(connection: Connection, heard: Heard, *, centre: Centre) -> Done | None:
    """Hold the alarm and return what became of it; None where it goes its way. Life safety is not even asked about."""
    assessed = heard.assessed
    if assessed.life_safety or heard.known.canary:
        return None
    if assessed.effect is Effect.NOTE:
        return await _screen_end(connection, heard, centre)
    if assessed.class_ in suppression.HELD_BY_ABSENCE:
        standing = Standing(absence_id=heard.context.row["absence_id"])
        return await _carry_out(connection, heard, standing, None)
    if not suppression.may_be_held(assessed.class_, assessed.family, assessed.priority):
        return None
    return await _screen_technical(connection, heard, centre)


async def _screen_technical(connection: Connection, heard: Heard, centre: Centre) -> Done | None:
    row = await _read(connection, heard)
    trace = damping.heard(_trace(row), bad=True, now=heard.now, limits=_limits(heard))
    await _write_trace(connection, heard, trace)
    standing = _standing(row, trace)
    decision = suppression.decide(heard.assessed, heard.known, standing)
    if isinstance(decision, suppression.Pass):
        if trace.flapping_since == heard.now and row["own_incident"] is not None:
            return await _begin_flapping(connection, row["own_incident"], trace, centre, heard.now)
        if trace.runaway_since is not None and not trace.is_first_of_window:
            return await _begin_runaway(connection, heard, trace, centre)
        return await _fold_power(connection, heard, row["hub_id"], centre)
    return await _carry_out(connection, heard, standing, trace)


async def _screen_end(connection: Connection, heard: Heard, centre: Centre) -> Done | None:
    """An end clears what is held of its cause, and does not end a case that would open again in a minute."""
    assessed, device_id = heard.assessed, heard.context.device_id
    if assessed.class_ in suppression.HELD_BY_ABSENCE:
        await connection.execute(_Q.clear, device_id, assessed.topic, heard.now)
        return None
    if assessed.family is not Family.TECHNICAL:
        return None
    row = await _read(connection, heard)
    await connection.execute(_Q.clear, device_id, assessed.topic, heard.now)
    before = _trace(row)
    if before is None:
        return None
    trace = damping.heard(before, bad=False, now=heard.now, limits=_limits(heard))
    await _write_trace(connection, heard, trace)
    if trace.flapping_since == heard.now and row["own_incident"] is not None:
        return await _begin_flapping(connection, row["own_incident"], trace, centre, heard.now)
    decision = suppression.decide_end(assessed, _standing(row, trace))
    if isinstance(decision, suppression.Pass):
        return None
    await connection.execute(_Q.attach, heard.event_no, decision.ref, str(decision.reason))
    return Done(case=None, first_new_seq=0, reason=decision.reason, held=True)


async def _carry_out(connection: Connection, heard: Heard, standing: Standing, trace: Trace | None) -> Done | None:
    decision = suppression.decide(heard.assessed, heard.known, standing)
    if isinstance(decision, suppression.Pass):
        return None
    if decision.holder is not Holder.FLAPPING:
        await _write_held(connection, heard, decision)
    await connection.execute(_Q.attach, heard.event_no, _shown_in(decision, trace), str(decision.reason))
    return Done(case=None, first_new_seq=0, reason=decision.reason, held=True)


def _shown_in(decision: Hold, trace: Trace | None) -> int | None:
    """The incident that lists it; of a runaway device the first ones, as samples."""
    if decision.holder is Holder.RUNAWAY and trace is not None and trace.held > LIMITS.samples:
        return None
    shows = decision.holder in (Holder.OUTAGE, Holder.RUNAWAY, Holder.FLAPPING)
    return decision.ref if shows else None


async def _write_held(connection: Connection, heard: Heard, decision: Hold) -> None:
    context, assessed = heard.context, heard.assessed
    await connection.execute(
        _Q.hold, str(decision.holder), decision.ref, context.device_id, context.resident_id, context.premises_id,
        context.area, str(assessed.class_), assessed.topic, heard.event_no, heard.now,
    )  # fmt: skip


async def _begin_flapping(
    connection: Connection, incident_id: int, trace: Trace, centre: Centre, now: datetime
) -> Done:  # fmt: skip
    """From now on its case stays open, and what comes and goes is counted: said once, in its timeline."""
    case = await load(connection, incident_id)
    first = case.last_seq + 1
    case.marks.add(Mark.FLAPPING)
    case.alert_count += trace.bad
    facts = (("reason", str(suppression.Reason.FLAPPING)), ("changes", trace.flaps))
    case.note(Note(at=now, actor=SYSTEM, action=Action.HELD, facts=facts))
    await save(connection, case, keyring=centre.keyring)
    return Done(case=case, first_new_seq=first, reason=suppression.Reason.FLAPPING)


async def _begin_runaway(connection: Connection, heard: Heard, trace: Trace, centre: Centre) -> Done:
    """The device has said more than anybody can use: one case about it, in which its alarms are counted."""
    context = heard.context
    whose = Whose(
        device_id=context.device_id, device=context.device, premises_id=context.premises_id, area=context.area
    )
    facts = (("topic", heard.assessed.topic), ("alarms", trace.alarms), ("since", trace.window_at.isoformat()))
    done = await device_faults.begin(
        connection, whose, Class.RUNAWAY_DEVICE, facts=facts, centre=centre, now=heard.now
    )  # fmt: skip
    assert done.case is not None, "what the system reports of a device opens, joins or counts"
    hold = Hold(reason=suppression.Reason.RUNAWAY_DEVICE, holder=Holder.RUNAWAY, ref=done.case.id)
    await _write_held(connection, heard, hold)
    return Done(case=done.case, first_new_seq=done.first_new_seq, reason=suppression.Reason.RUNAWAY_DEVICE)


async def _fold_power(connection: Connection, heard: Heard, hub_id: int | None, centre: Centre) -> Done | None:
    context = heard.context
    if heard.assessed.class_ is not Class.POWER_LOST or not context.registered:
        return None
    home = f"p{context.premises_id}" if context.premises_id is not None else f"d{context.device_id}"
    folded = await power_outages.fold_now(
        connection,
        home=home,
        hub_id=hub_id,
        area=context.area,
        centre=centre,
        now=heard.now,
        lines=power_lines_of(context.policy.thresholds),
    )
    if folded is None:
        return None
    if isinstance(folded, power_outages.Later):
        waits = suppression.Reason.BEING_FOLDED
        await _write_held(connection, heard, Hold(reason=waits, holder=Holder.FOLDING, ref=0))
        await connection.execute(_Q.attach, heard.event_no, None, str(waits))
        return Done(case=None, first_new_seq=0, reason=waits, held=True)
    reason = suppression.Reason.BEHIND_OUTAGE
    await _write_held(connection, heard, Hold(reason=reason, holder=Holder.OUTAGE, ref=folded.incident_id))
    await connection.execute(_Q.attach, heard.event_no, folded.incident_id, str(reason))
    if folded.opened is None:
        return Done(case=None, first_new_seq=0, reason=reason, held=True)
    return Done(case=folded.opened.case, first_new_seq=folded.opened.first_new_seq, reason=reason)


async def _read(connection: Connection, heard: Heard) -> Any:
    context, assessed = heard.context, heard.assessed
    type_: EventType | None = assessed.event_type
    row = await connection.fetchrow(
        _Q.standing, heard.now, context.device_id, context.area, str(assessed.class_), str(type_ or ""),
        assessed.topic,
    )  # fmt: skip
    assert row is not None, "its device's row is locked"
    return row


def _standing(row: Any, trace: Trace) -> Standing:
    runs = trace.runaway_since is not None and not trace.is_first_of_window
    flaps = trace.flapping_since is not None and row["flapping_since"] is not None
    return Standing(
        silence_id=row["silence_id"],
        storm_id=row["storm_id"],
        outage_incident=row["outage_incident"],
        runaway_incident=row["runaway_incident"] if runs else None,
        flapping_incident=row["own_incident"] if flaps else None,
    )


def _limits(heard: Heard) -> damping.DampingLimits:
    return damping.limits_of(heard.context.policy.thresholds)


def _trace(row: Any) -> Trace | None:
    if row["bad"] is None:
        return None
    return Trace(
        bad=row["bad"], changes=tuple(row["changes"]), flapping_since=row["flapping_since"], flaps=row["flaps"],
        window_at=row["window_at"], alarms=row["alarms"], runaway_since=row["runaway_since"], held=row["held"],
        last_at=row["last_at"],
    )  # fmt: skip


async def _write_trace(connection: Connection, heard: Heard, trace: Trace) -> None:
    await connection.execute(
        _Q.write_trace, heard.context.device_id, heard.assessed.topic, trace.bad, list(trace.changes),
        trace.flapping_since, trace.flaps, trace.window_at, trace.alarms, trace.runaway_since, trace.held,
        trace.last_at,
    )  # fmt: skip
