"""The outbox in the sender's hands: leased in one transaction, recorded in another, everything asked again before.

Locks: the leasing transaction holds notices only; whoever writes into a case's record locks the case first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from rules.domain import sending
from rules.domain.assignments import GOING
from rules.domain.notices import Notice, Purpose
from rules.domain.on_call import Chosen, still_in
from rules.domain.sending import FOLD_FROM, FOLDABLE, Addresses, Books, Busy, Full, Kind, Later, NoWay, Take, Way
from rules.domain.telling import HEARD_S, ContactRole, Waiting, Withheld, held_until, quiet_hours_of, withheld
from rules.domain.vocabulary import UNRESOLVED, Action, Priority, State
from rules.engine import metrics
from rules.engine.outbox import LEASE_S, Depth, Failed, Letter, Outcome, Refused, Sent, Taken
from store import answers, outbox, shared_calls
from store.database import Connection, Database
from store.opening import Centre
from store.reaching import person_of
from store.record import Entry, write_entry
from store.sql import queries

_Q: Final = queries("delivery")
_log: Final = structlog.get_logger(__name__)

#: Rows looked at in a turn: P1 first, so that a flood behind it never hides one.
LOOKED_AT_MOST: Final = 200
#: Ours, not for anybody outside: how a notice came about.
INTERNAL: Final = frozenset({"round", "rung", "capacity", "rang_by", "rang_at"})
#: What cannot be read is looked at again after this; whoever reads the log mends it meanwhile.
_UNREADABLE_AGAIN_S: Final = 60


@dataclass(kw_only=True, slots=True)
class _Judged:
    """What one look decided, before any of it is written."""

    take: list[tuple[Any, Letter]] = field(default_factory=list)
    ride: list[tuple[Any, Letter]] = field(default_factory=list)  #: said in that letter's call
    withhold: list[tuple[Any, Withheld]] = field(default_factory=list)
    later: list[tuple[int, datetime]] = field(default_factory=list)
    full: list[Any] = field(default_factory=list)


class DeliveryStore:
    """The store's side of the outbox pass; any number of engines may share one database."""

    def __init__(self, database: Database, centre: Centre) -> None:
        self._database = database
        self._centre = centre

    async def lease(self, now: datetime, ways: Sequence[Way], slots: Mapping[str, int]) -> Taken:
        """Take what may be sent now, and judge what may not; that is ended apart, each under its case's lock."""
        async with self._database.transaction() as connection:
            if not await connection.fetchval(_Q.only_one):
                return Taken()
            rows = await connection.fetch(_Q.candidates, now, LOOKED_AT_MOST, HEARD_S)
            if not rows:
                return Taken()
            books = await self._books(connection, ways, slots, now)
            judged = _judge(rows, await _sound_first(connection, ways), books, now)
            await _take(connection, judged.take, now)
            await shared_calls.ride(connection, judged.ride, now)
            await _accompany(connection, [*judged.take, *judged.ride], ways, now)
            if judged.later:
                ids, times = zip(*judged.later, strict=True)
                await connection.execute(_Q.put_off, list(ids), list(times))
            folded = await _fold(connection, judged.full, now)  # last: what was taken or put off waits no more
        letters, refused = [letter for _, letter in judged.take], [_refused(*each) for each in judged.withhold]
        return Taken(letters=letters, refused=refused, settled=len(judged.later) + folded)

    async def record(self, letter: Letter, outcome: Outcome, now: datetime) -> str:
        """Write what became of it, with an entry where it belongs to a case; `superseded` where the lease has ended."""
        incident_id = await self._database.pool.fetchval(_Q.case_of, letter.id)
        async with self._database.transaction() as connection:
            entry = await Entry.of(connection, incident_id)
            if await connection.fetchval(_Q.still_held, letter.id, letter.hold) is None:
                return "superseded"
            row = await connection.fetchrow(_Q.lock_answered, letter.id)
            assert row is not None, "it is held"
            word, note = await _settle(connection, letter, row, outcome, now)
            said = await shared_calls.settle(connection, letter, outcome, now)
            for one in (note, *said):
                if one is not None:
                    await write_entry(connection, entry, *one, centre=self._centre, now=now)
        if letter.purpose in answers.LISTENED_FOR:
            await answers.after_sending(self._database, letter.id, word, centre=self._centre, now=now)
        return word

    async def unanswered(self, now: datetime) -> int:
        """Calls whose answer never came count as no answer."""
        rows = await self._database.pool.fetch(_Q.awaited, now, LOOKED_AT_MOST)
        for row in rows:
            try:
                await answers.no_answer(self._database, row["id"], centre=self._centre, now=now)
            except Exception as error:  # noqa: BLE001  # stays with this notice; the next turn tries it again
                _log.error("answer_not_taken", notice=row["id"], error=type(error).__name__)
        return len(rows)

    async def depth(self, now: datetime) -> Depth:
        row = await self._database.pool.fetchrow(_Q.depth, now)
        assert row is not None, "an aggregate always has a row"
        oldest_s = (now - row["oldest_at"]).total_seconds() if row["oldest_at"] is not None else 0.0
        return Depth(waiting=row["waiting"], oldest_s=max(0.0, oldest_s), unanswered=row["unanswered"])

    async def _books(
        self, connection: Connection, ways: Sequence[Way], slots: Mapping[str, int], now: datetime
    ) -> Books:
        used = await connection.fetch(_Q.used, now - timedelta(seconds=sending.RATE_WINDOW_S))
        voices = [way.name for way in ways if way.kind is Kind.VOICE]
        rung = await connection.fetch(_Q.rung, now - timedelta(seconds=sending.VOICE_GAP_S), voices)
        return Books(
            used={row["channel"]: row["used"] for row in used},
            rung={row["recipient"]: row["at"] for row in rung},
            slots=dict(slots),
        )

    async def refuse(self, refused: Refused, now: datetime) -> None:
        """End it, and say why in its case's record; nothing where it is in other hands by now, or ended."""
        async with self._database.transaction() as connection:
            entry = await Entry.of(connection, refused.incident_id)
            ended = (refused.id, refused.state, refused.reason, now, refused.hold)
            if await connection.fetchval(_Q.withhold, *ended) is None:
                return
            facts = (
                ("recipient", refused.recipient), ("purpose", str(refused.purpose)), ("reason", refused.reason)
            )  # fmt: skip
            await write_entry(connection, entry, Action.NOT_NOTIFIED, facts, centre=self._centre, now=now)
        metrics.notices_withheld_total.labels(reason=refused.reason).inc()
        if refused.purpose in answers.LISTENED_FOR:
            await answers.after_sending(self._database, refused.id, refused.reason, centre=self._centre, now=now)


async def _sound_first(connection: Connection, ways: Sequence[Way]) -> Sequence[Way]:
    """A channel that failed its last test is the last to be tried: its own failure is told by another provider."""
    broken = {row["channel"] for row in await connection.fetch(_Q.broken)}
    return sorted(ways, key=lambda way: way.name in broken) if broken else ways


def _judge(rows: Sequence[Any], ways: Sequence[Way], books: Books, now: datetime) -> _Judged:
    """Decide about each row in turn, the highest priority first; what one takes, the next does not have."""
    judged = _Judged()
    for row in shared_calls.side_by_side(rows):
        try:
            _judge_one(row, ways, books, judged, now)
        except Exception as error:  # noqa: BLE001  # around one row: said, counted, and the others are sent
            _log.error("notice_unreadable", notice=row["id"], error=type(error).__name__)
            metrics.pass_rows_failed_total.labels(name="outbox").inc()
            judged.later.append((row["id"], now + timedelta(seconds=_UNREADABLE_AGAIN_S)))
    return judged


def _judge_one(row: Any, ways: Sequence[Way], books: Books, judged: _Judged, now: datetime) -> None:
    notice = _waiting(row)
    refused = withheld(notice, now=now)
    until = held_until(notice, now=now) if refused is None else None
    shared = shared_calls.call_of(row, judged.take, ways) if refused is None else None
    if refused is not None:
        judged.withhold.append((row, refused))
    elif shared is not None:
        judged.ride.append((row, shared))
    elif until is None:
        _choose(row, ways, books, judged, now)
    elif row["not_after"] is not None and until > row["not_after"]:
        judged.withhold.append((row, Withheld.QUIET_HOURS))
    else:
        judged.later.append((row["id"], until))


def _choose(row: Any, ways: Sequence[Way], books: Books, judged: _Judged, now: datetime) -> None:
    purpose = Purpose(row["purpose"])
    if row["lost"] and row["perhaps_sent"] and purpose is not Purpose.EVENT:
        judged.withhold.append((row, Withheld.NO_CHANNEL))  # lost twice: whoever waits for it hears of the next
        return
    addresses, fit = _addresses(row), ways
    if purpose is Purpose.CHANNEL_TEST:
        fit = [way for way in ways if way.name == row["facts"].get("channel")]
        addresses = replace(addresses, order=tuple(way.kind for way in fit))
    elif _repeats(row) and row["channel"] not in row["tried"]:
        fit = [way for way in ways if way.name == row["channel"]] or ways
    verdict = sending.choose(
        row["recipient"],
        addresses,
        Priority(row["priority"]),
        wakes=_wakes(row),
        ways=fit,
        tried=row["tried"],
        books=books,
        now=now,
    )
    match verdict:
        case Take():
            letter = _letter(row, verdict)  # what cannot be written is not taken
            books.note(row["recipient"], verdict.way, now=now)
            judged.take.append((row, letter))
        case Later() | Busy():
            pass  # rung a moment ago, or the channel's hands are full: it keeps its place in the queue
        case Full():
            judged.full.append(row)
        case NoWay():
            reason = Withheld.NO_CHANNEL if verdict.addressed else Withheld.NO_ADDRESS
            judged.withhold.append((row, reason))


def _refused(row: Any, reason: Withheld) -> Refused:
    # What was given to a provider that never told what became of it may have reached somebody: once, or twice.
    state = "uncertain" if _repeats(row) else "cancelled"
    if row["tried"] and not _repeats(row) and reason is Withheld.NO_CHANNEL:
        state = "failed"
    return Refused(
        id=row["id"], hold=row["attempts"], incident_id=row["incident_id"], recipient=row["recipient"],
        purpose=Purpose(row["purpose"]), state=state, reason=str(reason),
    )  # fmt: skip


def _wakes(row: Any) -> bool:
    """Whether it must ring; the good end of a bad night can be read."""
    ended = row["purpose"] == Purpose.INFORMATION and row["facts"].get("end") not in (None, "being_handled")
    return not ended and sending.needs_voice(Purpose(row["purpose"]), Priority(row["priority"]))


def _repeats(row: Any) -> bool:
    """It may have reached somebody. Its second sending goes the same way: only that provider knows the id."""
    return bool(row["lost"] or row["perhaps_sent"])


def _waiting(row: Any) -> Waiting:
    recipient: str = row["recipient"]
    kind = recipient.partition(":")[0]
    known = {"user": row["user_id"], "contact": row["contact_id"], "responder": row["responder_id"]}
    capacity = row["facts"].get("capacity")
    unresolved = row["incident_state"] is None or State(row["incident_state"]) in UNRESOLVED
    return Waiting(
        purpose=Purpose(row["purpose"]), priority=Priority(row["priority"]), not_after=row["not_after"],
        attended=row["attended"], unresolved=unresolved, heard=row["heard"], over=row["round_over"],
        going=row["assignment_state"] is None or row["assignment_state"] in GOING,
        offer_open=row["assignment_state"] in (None, "offered") and row["standby_at"] is None,
        known=kind not in known or known[kind] is not None, disabled=bool(row["disabled"]),
        on_duty=capacity is None or row["user_id"] is None or still_in(Chosen(capacity), _person(row)),
        available=row["responder_id"] is None or (row["responder_status"] == "active" and not row["absent"]),
        contact=kind == "contact", role=ContactRole(row["contact_role"]) if row["contact_role"] else None,
        barred_number=row["barred_number"], consented=row["consented"], resident_died=row["resident_status"] == "died",
        quiet=quiet_hours_of(row["quiet_hours"] or ()), time_zone=row["time_zone"] or "UTC",
    )  # fmt: skip


def _person(row: Any) -> Any:
    return person_of(
        {
            "id": row["user_id"], "role": row["user_role"], "has_phone": row["phone"] is not None,
            "present": row["present"], "shift_roles": row["shift_roles"], "shift_ranks": row["shift_ranks"],
        }
    )  # fmt: skip


def _addresses(row: Any) -> Addresses:
    kind, _, name = row["recipient"].partition(":")
    named = name if kind in ("webhook", "robot", "channel") else None
    return Addresses(phone=row["phone"], email=row["email"], named=named, order=tuple(row["channels"]))


def _letter(row: Any, take: Take) -> Letter:
    purpose = Purpose(row["purpose"])
    asks = purpose in sending.ASKS_FOR_A_KEY or purpose is Purpose.CHANNEL_TEST
    return Letter(
        id=row["id"], hold=row["attempts"] + 1, channel=take.way.name, to=take.address, language=row["language"],
        purpose=purpose, priority=Priority(row["priority"]), at=row["made_at"],
        facts={name: value for name, value in row["facts"].items() if name not in INTERNAL},
        key_press=asks and take.way.kind is Kind.VOICE, second=_repeats(row),
    )  # fmt: skip


async def _take(connection: Connection, taken: Sequence[tuple[Any, Letter]], now: datetime) -> None:
    if not taken:
        return
    await connection.execute(
        _Q.take, [row["id"] for row, _ in taken], [letter.channel for _, letter in taken],
        now + timedelta(seconds=LEASE_S), now, [bool(row["lost"]) for row, _ in taken],
    )  # fmt: skip


async def _accompany(
    connection: Connection, taken: Sequence[tuple[Any, Letter]], ways: Sequence[Way], now: datetime
) -> None:
    """A group hears of a stage once, beside whoever is rung: it accompanies, and is never the whole of it."""
    groups = [way for way in ways if way.kind is Kind.ROBOT]
    stages = {row["key"].partition(":user:")[0]: row for row, _ in taken if _is_stage(row)}
    notices = [
        Notice(
            purpose=Purpose.ESCALATION, recipient=f"robot:{way.name}", priority=Priority(row["priority"]),
            key=f"group:{stage}:{way.name}", incident_id=row["incident_id"],
            facts=tuple((name, value) for name, value in row["facts"].items() if name not in INTERNAL),
        )
        for stage, row in stages.items()
        for way in groups
    ]  # fmt: skip
    await outbox.put(connection, notices, now=now)


def _is_stage(row: Any) -> bool:
    of_chain = row["purpose"] == Purpose.ESCALATION and "capacity" in row["facts"]
    return of_chain and row["priority"] <= Priority.URGENT


async def _fold(connection: Connection, full: Sequence[Any], now: datetime) -> int:
    """What a full channel cannot take becomes one summary for each recipient; P1 and offers wait for their turn."""
    recipients = sorted(
        {
            row["recipient"]
            for row in full
            if row["priority"] > Priority.CRITICAL and Purpose(row["purpose"]) in FOLDABLE
        }
    )
    if not recipients:
        return 0
    rows = await connection.fetch(_Q.fold, recipients, now, sorted(FOLDABLE), FOLD_FROM)
    summaries = [
        Notice(
            purpose=Purpose.SUMMARY, recipient=row["recipient"], priority=Priority(row["priority"]),
            key=f"summary:{row['last']}:{row['recipient']}",
            facts=(("count", row["count"]), ("priority", Priority(row["priority"]).label)),
        )
        for row in rows
    ]  # fmt: skip
    await outbox.put(connection, summaries, now=now)
    folded = rows[0]["folded"] if rows else 0
    metrics.notices_withheld_total.labels(reason=Withheld.FOLDED).inc(folded)
    return int(folded)


_Noted = shared_calls.Noted


async def _settle(
    connection: Connection, letter: Letter, row: Any, outcome: Outcome, now: datetime
) -> tuple[str, _Noted | None]:
    """Write the outcome on the row; returns its word, and what stands in the case's record."""
    facts = (("recipient", row["recipient"]), ("purpose", str(letter.purpose)), ("channel", letter.channel))
    if isinstance(outcome, Sent):
        within_s = outcome.answer_within_s if letter.key_press else None
        answer_by = now + timedelta(seconds=within_s) if within_s is not None else None
        state = await connection.fetchval(_Q.sent, letter.id, outcome.reference, now, answer_by)
        return state, (Action.NOTIFIED, (*facts, ("uncertain", state == "uncertain")))
    if isinstance(outcome, Failed):
        await _again(connection, letter, row, outcome, now)
        return "failed", None
    if letter.purpose is Purpose.EVENT:
        # A program tells by the id what it has heard before: it is asked until it says that it has.
        await _again(connection, letter, row, Failed(reason="answer_lost", retry_helps=True), now)
        return "answer_lost", None
    if letter.second:
        # A call that nobody will ever report of counts as no answer, like one whose callback never comes.
        answer_by = now + timedelta(seconds=sending.ANSWER_WAIT_S) if letter.key_press else None
        await connection.execute(_Q.ended, letter.id, "uncertain", outcome.reason, now, answer_by)
        return "uncertain", (Action.NOTIFIED, (*facts, ("uncertain", True)))
    wait = now + timedelta(seconds=sending.AGAIN_AFTER_S[0])
    await connection.execute(_Q.again, letter.id, wait, 0, list(row["tried"]), "answer_lost")
    return "answer_lost", None


async def _again(connection: Connection, letter: Letter, row: Any, failed: Failed, now: datetime) -> None:
    """The same channel a little later where that can help, else the person's next."""
    failures, waits_s = row["failures"], sending.again_after_s(letter.purpose, letter.priority)
    hurries = letter.priority is Priority.CRITICAL and letter.purpose is not Purpose.EVENT
    waits = not hurries or (failed.retry_after_s or 0.0) <= waits_s[0]
    if failed.retry_helps and failures < len(waits_s) and waits:
        wait_s = max(waits_s[failures], failed.retry_after_s or 0.0)
        at, tried = now + timedelta(seconds=wait_s), list(row["tried"])
        await connection.execute(_Q.again, letter.id, at, failures + 1, tried, failed.reason)
        return
    await connection.execute(_Q.again, letter.id, now, 0, [*row["tried"], letter.channel], failed.reason)
