"""Two things to say to one person about one case, and one voice call a minute: both are said in it.

The call that asks for 119 names the case as well, and its keys mean the same: "1, I take it", "2, I cannot". So the
escalation of the same case to the same person is said with it, and neither waits for the other's minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from rules.domain import sending
from rules.domain.notices import Purpose
from rules.domain.sending import Kind, Way
from rules.domain.vocabulary import Action
from rules.engine.outbox import LEASE_S, Letter, Outcome, Sent
from store.database import Connection
from store.sql import queries

_Q: Final = queries("delivery")

Noted = tuple[Action, tuple[tuple[str, str | int | bool | None], ...]]


def side_by_side(rows: Sequence[Any]) -> Iterator[Any]:
    """The rows in their order, but who is asked for the services right before the same case's escalation to them."""
    asked = {_whose(row): row for row in rows if row["purpose"] == Purpose.CALL_SERVICES}
    given = set()
    for row in rows:
        pair = asked.get(_whose(row)) if row["purpose"] == Purpose.ESCALATION else None
        for one in (pair, row):
            if one is not None and one["id"] not in given:
                given.add(one["id"])
                yield one


def call_of(row: Any, taken: Iterable[tuple[Any, Letter]], ways: Sequence[Way]) -> Letter | None:
    """The call that is being made to this person for this case anyhow; None where the notice needs one of its own."""
    if row["purpose"] != Purpose.ESCALATION:
        return None
    may_be_said = row["lost"] or row["perhaps_sent"]
    voices = {way.name for way in ways if way.kind is Kind.VOICE}
    return next(
        (
            letter for other, letter in taken
            if letter.purpose is Purpose.CALL_SERVICES and letter.channel in voices and _whose(other) == _whose(row)
            # What may have been said goes the same way again: in that call, or in one of its own.
            and (not may_be_said or row["said_with"] == letter.id)
        ),
        None,
    )  # fmt: skip


async def ride(connection: Connection, riding: Sequence[tuple[Any, Letter]], now: datetime) -> None:
    """Lease what is said in another's call with it."""
    if riding:
        await connection.execute(
            _Q.ride, [row["id"] for row, _ in riding], [letter.channel for _, letter in riding],
            [letter.id for _, letter in riding], now + timedelta(seconds=LEASE_S), now,
            [bool(row["lost"]) for row, _ in riding],
        )  # fmt: skip


async def settle(connection: Connection, letter: Letter, outcome: Outcome, now: datetime) -> list[Noted]:
    """What became of the call became of all that is said in it; what was not said waits for its own. Under the case's
    lock, of which both are."""
    if letter.purpose is not Purpose.CALL_SERVICES:
        return []
    if not isinstance(outcome, Sent):
        await connection.execute(_Q.get_off, letter.id)
        return []
    within_s = outcome.answer_within_s or sending.ANSWER_WAIT_S
    rows = await connection.fetch(_Q.rode, letter.id, now, now + timedelta(seconds=within_s))
    return [
        (
            Action.NOTIFIED,
            (
                ("recipient", row["recipient"]), ("purpose", row["purpose"]), ("channel", letter.channel),
                ("uncertain", row["state"] == "uncertain"), ("said_with", letter.id),
            ),
        )
        for row in rows
    ]  # fmt: skip


def _whose(row: Any) -> tuple[int | None, str]:
    return row["incident_id"], row["recipient"]
