"""Many stages of the desk chain due at once, as after an outage: one transaction for a handful, not one for each.

Only what is alike is taken together: cases nobody attends whose only due deadline is their next stage. Everything else,
and everything of a handful in which anything raises, is fired alone (`store/engine.py`): nothing of one case delays
another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from rules.domain.deadlines import Deadline, DeadlineKind, Deadlines, earliest
from rules.domain.firing import Firing, IncidentView
from rules.domain.suppression import may_be_held
from rules.domain.vocabulary import Action, Mark, Target
from rules.engine.due import Decide
from store import changes, policies, reaching
from store.cases import Case, case_of, chained, changes_of, deadline_of
from store.database import Connection, Database
from store.sql import queries

_Q: Final = queries("stages")

#: From so many due on, stages are taken together: below, a case is better off with a short transaction of its own.
MANY: Final = 16
#: Of one transaction: a desk or a press that wants one of them waits for it, a tenth of a second at most.
TOGETHER: Final = 100
#: Of one pass: whatever else is due has its turn again after a second or so.
OF_A_PASS: Final = 500

#: The kinds of a subject's rows, by the first letter of its key, and the statement that takes those that are free.
_ROWS: Final = {"r": _Q.try_residents, "p": _Q.try_premises, "d": _Q.try_devices}

#: Writes what a firing says into the case, but for what its chains do beside the desk.
Apply = Callable[[Case, Firing, datetime], None]


@dataclass(kw_only=True, slots=True)
class Stages:
    """What a pass over them came to: what was fired, and which cases have to be looked at alone."""

    firings: list[Firing] = field(default_factory=list)
    alone: set[int] = field(default_factory=set)
    failed: bool = False  #: a handful raised: then nothing tells which case it was

    def leaves(self, row: Any) -> bool:
        """Whether a case that is due has to be fired by itself."""
        return self.failed or not row["plain"] or row["id"] in self.alone


async def fire_together(database: Database, now: datetime, decide: Decide, apply: Apply, done: Stages) -> bool:
    """Fire one handful of stages and say whether there may be another; whatever raises leaves none of it fired."""
    async with database.transaction() as connection:
        cases = await _take(connection, now, done)
        fired = [(case, firing) for case in cases if (firing := _decided(case, now, decide, done)) is not None]
        firsts = {case.id: case.last_seq + 1 for case, _ in fired}
        for case, firing in fired:
            apply(case, firing, now)
        await reaching.fired_stages(connection, fired, now=now)
        if fired:
            await _save(connection, [case for case, _ in fired])
            drawn = [change for case, _ in fired for change in changes_of(case, firsts[case.id])]
            await changes.record(connection, drawn, now=now)
    done.firings += [firing for _, firing in fired]
    return len(fired) >= MANY and len(done.firings) < OF_A_PASS


# -- taking -------------------------------------------------------------------------------------------------------


async def _take(connection: Connection, now: datetime, done: Stages) -> list[Case]:
    rows = await connection.fetch(_Q.take_due, now, TOGETHER)
    free = await _free(connection, {row["subject"] for row in rows})
    rows = [row for row in rows if row["subject"] in free]
    standing: dict[int, list[Deadline]] = {row["id"]: [] for row in rows}
    for deadline in await connection.fetch(_Q.deadlines, list(standing)):
        standing[deadline["incident_id"]].append(deadline_of(deadline))
    holds = await connection.fetchval(_Q.anything_holds, now)
    cases = [await _case(connection, row, tuple(standing[row["id"]])) for row in rows]
    plain = [case for case in cases if case is not None and _is_plain(case, now, holds=holds)]
    done.alone |= standing.keys() - {case.id for case in plain}
    return plain


async def _free(connection: Connection, subjects: set[str]) -> set[str]:
    """The subjects whose rows, or names, could be locked; the others are in other hands."""
    free = set()
    keyed: dict[str, dict[int, list[str]]] = {}
    for subject in subjects:
        if subject[0] in _ROWS:
            key = int(subject[1:].partition(":")[0])
            keyed.setdefault(subject[0], {}).setdefault(key, []).append(subject)
    for kind in sorted(keyed):
        for row in await connection.fetch(_ROWS[kind], sorted(keyed[kind])):
            free.update(keyed[kind][row["id"]])
    names = sorted(subject for subject in subjects if subject[0] not in _ROWS)
    return free | {row["name"] for row in (await connection.fetch(_Q.try_names, names) if names else ())}


async def _case(connection: Connection, row: Any, deadlines: Deadlines) -> Case | None:
    """Without its plan, which no stage reads and `_save` does not write; None for one of a newer release."""
    policy = await policies.of_version(connection, row["policy_version"])
    try:
        return case_of(row, deadlines, (), policy)
    except ValueError:
        return None


def _is_plain(case: Case, now: datetime, *, holds: bool) -> bool:
    due = [deadline for deadline in case.deadlines if deadline.due_at <= now]
    if [deadline.kind for deadline in due] != [DeadlineKind.ESCALATE] or due[0].failures:
        return False
    return not (holds and may_be_held(case.class_, case.family, case.priority))


# -- firing -------------------------------------------------------------------------------------------------------


def _decided(case: Case, now: datetime, decide: Decide, done: Stages) -> Firing | None:
    try:
        firing = decide(_view(case), now)
    except Exception:  # noqa: BLE001  # raised again, recorded and put off where it is fired alone
        firing = None
    if firing is None or firing.entry is not Action.ESCALATED or not _only_moves_its_stage(case, firing, now):
        done.alone.add(case.id)
        return None
    return firing


def _view(case: Case) -> IncidentView:
    ages_to = case.policy.row(case.class_).ages_to
    return IncidentView(
        id=case.id, state=case.state, class_=case.class_, attended=False, clocks=case.clocks,
        deadlines=case.deadlines, ages_to=ages_to, test=Mark.TEST in case.marks, review=case.review,
        aged_ladder=case.policy.ladder_for(case.class_, ages_to) if ages_to is not None else None,
    )  # fmt: skip


def _only_moves_its_stage(case: Case, firing: Firing, now: datetime) -> bool:
    before = {deadline for deadline in case.deadlines if deadline.kind is not DeadlineKind.ESCALATE}
    after = {deadline for deadline in firing.deadlines if deadline.kind is not DeadlineKind.ESCALATE}
    moved = [deadline for deadline in firing.deadlines if deadline.kind is DeadlineKind.ESCALATE]
    simple = not (firing.unclaim or firing.close or firing.becomes_real or firing.raise_again)
    return simple and before == after and len(moved) == 1 and moved[0].due_at > now


# -- writing ------------------------------------------------------------------------------------------------------


async def _save(connection: Connection, cases: Sequence[Case]) -> None:
    """What `cases.save` does, for all of them at once."""
    entries: list[tuple[Any, ...]] = []
    for case in cases:
        case.version += 1
        entries += [(case.id, case.version, *row) for row in chained(case)]
    await connection.execute(_Q.insert_entries, *_columns(entries))
    await connection.execute(_Q.update, *_columns([_fields(case) for case in cases]))
    await connection.execute(_Q.move_stages, *_columns([_stage(case) for case in cases]))


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _fields(case: Case) -> tuple[Any, ...]:
    due = earliest(case.deadlines)
    assert due is not None, "a stage is followed by the next"
    return (
        case.id, int(case.priority), case.sounded_at, str(Target(case.sound_to)), case.stage, due.due_at, str(due.kind),
        case.version, case.last_seq, case.last_hash,
    )  # fmt: skip


def _stage(case: Case) -> tuple[Any, ...]:
    stage = next(deadline for deadline in case.deadlines if deadline.kind is DeadlineKind.ESCALATE)
    return case.id, stage.stage, stage.round, stage.due_at, stage.failures
