"""What a claim put off, kept in its own entry: one that is given back at once did not stop any clock (centre.md, 37).

Without it, whoever takes a case and gives it back every half minute would keep its chain on the first rung for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from rules.domain.deadlines import BESIDE, Deadline, DeadlineKind, Deadlines

#: The fact of a claim's entry that says it.
FACT: Final = "put_off"
#: What a claim leaves to the desk.
_PUT_OFF: Final = (DeadlineKind.ESCALATE, DeadlineKind.DISPATCH, DeadlineKind.SERVICES, DeadlineKind.FAMILY)


def put_off(standing: Deadlines) -> str | None:
    """What stands when a case is taken, as the claim's entry keeps it; None where that is nothing."""
    kept = [one for one in standing if one.kind in _PUT_OFF]
    return "; ".join(f"{one.kind} {one.stage} {one.round} {one.due_at.isoformat()}" for one in kept) or None


def given_back(standing: Deadlines, kept: str, *, now: datetime) -> Deadlines:
    """The deadlines of a case that was given back at once: each clock goes on from where it was.

    `standing` are those that the giving back itself has set. What was due meanwhile is due now.
    """
    for before in _read(kept):
        own = next((one for one in standing if one.kind is before.kind), None)
        due_at = max(before.due_at, now)
        if before.kind in BESIDE:
            if own is not None and (own.stage > before.stage or own.due_at <= due_at):
                continue  # it has gone on by itself
        elif own is None:
            continue  # on test: its chain has not begun
        else:
            due_at = min(due_at, own.due_at)
        standing = (*(one for one in standing if one is not own), replace(before, due_at=due_at))
    return standing


def given_up(standing: Deadlines, kept: str, *, now: datetime) -> Deadlines:
    """The deadlines of a case whose claim counted, and is over: what runs beside the desk is due when it would have
    been without the claim, where that is still to come."""
    for before in _read(kept):
        own = next((one for one in standing if one.kind is before.kind), None)
        if own is not None and before.kind in BESIDE and own.stage == 0 and now < before.due_at < own.due_at:
            standing = (*(one for one in standing if one is not own), replace(own, due_at=before.due_at))
    return standing


def _read(kept: str) -> Iterator[Deadline]:
    for one in kept.split("; "):
        kind, stage, round_, due_at = one.split(" ")
        yield Deadline(
            kind=DeadlineKind(kind), stage=int(stage), round=int(round_), due_at=datetime.fromisoformat(due_at)
        )
