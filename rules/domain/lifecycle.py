"""The life of an incident as one table (contract.md, part 3): a missing pair is the refusal.

`state` says how far help has come, `claimed_by` who at the desk is responsible. They change independently, so the
table speaks of the state only; `leaves_claim` and `takes_claim` say what a step does to the claim.

Where the contract's table lists only what moves a state, the steps that leave it as it is are listed here too
(a note, a call, a second responder sent). Two readings are ours:

* `pass` is allowed on a case nobody has claimed: "cannot take it" is what a desk says *before* taking (centre.md, 9).
* a technical incident that somebody has claimed is not resolved by its restore: the owner is told by a note.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rules.domain.vocabulary import Actor, State, Step


class RulesError(Exception):
    """A rule refuses what was asked. Nothing was changed; the message says why."""


class IllegalStep(RulesError):
    """The step is not allowed in this state. The case moved on: read it again and choose anew."""


class NotYours(RulesError):
    """The step is for the owner, or takes a right that is missing: claim the case, or ask who has it."""


class Without(StrEnum):
    """What becomes of a state when the last responder is gone: it depends on whether a desk holds the case."""

    RESPONDERS = "claimed, or open if unattended"


_NOTHING_MOVES: Final = (
    Step.NOTE,
    Step.ANSWER,
    Step.CALL,
    Step.HANDOVER,
    Step.RECLASSIFY,
    Step.LOWER_PRIORITY,
    Step.CONFIRM,
    Step.CORRECT,
    Step.SPLIT,
    Step.LINK,
    Step.TELL,
)


def _staying(state: State, *steps: Step) -> dict[Step, State | Without]:
    return dict.fromkeys(steps, state)


STEPS: Final[MappingProxyType[State, MappingProxyType[Step, State | Without]]] = MappingProxyType(
    {
        State.OPEN: MappingProxyType(
            {
                **_staying(State.OPEN, Step.PASS, *_NOTHING_MOVES),
                Step.CLAIM: State.CLAIMED,
                Step.DISPATCH: State.DISPATCHED,
                Step.RESTORE: State.RESOLVED,
                Step.MERGE: State.CLOSED,
            }
        ),
        State.CLAIMED: MappingProxyType(
            {
                **_staying(State.CLAIMED, Step.TRANSFER, Step.TRANSFER_ACCEPTED, *_NOTHING_MOVES),
                Step.RELEASE: State.OPEN,
                Step.PASS: State.OPEN,
                Step.LEASE_LOST: State.OPEN,
                Step.DISPATCH: State.DISPATCHED,
                Step.RESOLVE: State.RESOLVED,
                Step.MERGE: State.CLOSED,
            }
        ),
        State.DISPATCHED: MappingProxyType(
            {
                **_staying(
                    State.DISPATCHED,
                    Step.CLAIM,
                    Step.RELEASE,
                    Step.PASS,
                    Step.LEASE_LOST,
                    Step.TRANSFER,
                    Step.TRANSFER_ACCEPTED,
                    Step.DISPATCH,
                    *_NOTHING_MOVES,
                ),
                Step.ARRIVE: State.ON_SCENE,
                Step.DECLINE: Without.RESPONDERS,
                Step.STAND_DOWN: Without.RESPONDERS,
                Step.RESOLVE: State.RESOLVED,
                Step.MERGE: State.CLOSED,
            }
        ),
        State.ON_SCENE: MappingProxyType(
            {
                **_staying(
                    State.ON_SCENE,
                    Step.CLAIM,
                    Step.RELEASE,
                    Step.PASS,
                    Step.LEASE_LOST,
                    Step.TRANSFER,
                    Step.TRANSFER_ACCEPTED,
                    Step.DISPATCH,
                    Step.ARRIVE,
                    *_NOTHING_MOVES,
                ),
                Step.DECLINE: Without.RESPONDERS,
                Step.STAND_DOWN: Without.RESPONDERS,
                Step.RESOLVE: State.RESOLVED,
                Step.MERGE: State.CLOSED,
            }
        ),
        State.RESOLVED: MappingProxyType(
            {
                **_staying(
                    State.RESOLVED,
                    Step.NOTE,
                    Step.CALL,
                    Step.HANDOVER,
                    Step.CORRECT,
                    Step.SPLIT,
                    Step.LINK,
                    Step.TELL,
                ),
                Step.REOPEN: State.CLAIMED,
                Step.CLOSE: State.CLOSED,
                Step.MERGE: State.CLOSED,
            }
        ),
        # A new fact after closing opens an incident that follows; only reports can be corrected (centre.md, 31).
        State.CLOSED: MappingProxyType({Step.CORRECT: State.CLOSED}),
    }
)
assert set(STEPS) == set(State), "a new state needs its steps"
assert {step for steps in STEPS.values() for step in steps} == set(Step), "a new step needs a state that allows it"

_DESK: Final = frozenset({Actor.DESK, Actor.OWNER, Actor.SUPERVISOR})
_OWNER: Final = frozenset({Actor.OWNER})
_OWNER_OR_SUPERVISOR: Final = frozenset({Actor.OWNER, Actor.SUPERVISOR})
_SYSTEM: Final = frozenset({Actor.SYSTEM})

WHO: Final[MappingProxyType[Step, frozenset[Actor]]] = MappingProxyType(
    {
        Step.CLAIM: _DESK,
        Step.RELEASE: _OWNER_OR_SUPERVISOR,
        Step.PASS: _DESK,
        Step.LEASE_LOST: _SYSTEM,
        Step.TRANSFER: _OWNER_OR_SUPERVISOR,
        Step.TRANSFER_ACCEPTED: _DESK,
        Step.CONFIRM: _OWNER,
        Step.NOTE: _DESK | _SYSTEM | {Actor.RESPONDER},
        Step.ANSWER: _DESK,
        Step.CALL: _DESK | _SYSTEM,
        Step.DISPATCH: _DESK | _SYSTEM,
        Step.STAND_DOWN: _DESK,
        Step.DECLINE: _DESK | {Actor.RESPONDER},
        Step.ARRIVE: _DESK | {Actor.RESPONDER},
        Step.HANDOVER: _DESK,
        Step.RECLASSIFY: _OWNER_OR_SUPERVISOR,
        Step.LOWER_PRIORITY: _OWNER,
        Step.CORRECT: _DESK,
        # The owner of the one that stays; the caller checks the claim of that one.
        Step.MERGE: _OWNER,
        Step.SPLIT: _OWNER_OR_SUPERVISOR,
        Step.LINK: _DESK | _SYSTEM,
        Step.TELL: _DESK,
        Step.RESOLVE: _OWNER,
        Step.RESTORE: _SYSTEM,
        Step.REOPEN: _DESK,
        Step.CLOSE: _DESK | _SYSTEM,
    }
)
assert set(WHO) == set(Step), "a new step needs somebody who may take it"

#: Where a state narrows who may: after closing only a supervisor corrects (centre.md, 31), and of a claimed case only
#: the owner says "I cannot": from anybody else it would take the case from its owner.
_ONLY: Final[MappingProxyType[tuple[State, Step], frozenset[Actor]]] = MappingProxyType(
    {
        (State.CLOSED, Step.CORRECT): frozenset({Actor.SUPERVISOR}),
        (State.CLAIMED, Step.PASS): _OWNER,
    }
)

#: Steps after which the one who took them owns the case.
TAKES_CLAIM: Final = frozenset({Step.CLAIM, Step.TRANSFER_ACCEPTED, Step.REOPEN})
#: Steps after which nobody owns it. `pass` only when the owner says it.
LEAVES_CLAIM: Final = frozenset(
    {Step.RELEASE, Step.PASS, Step.LEASE_LOST, Step.RESOLVE, Step.RESTORE, Step.MERGE, Step.CLOSE}
)


def after(state: State, step: Step, *, unattended: bool, others_going: bool = False, later_open: bool = False) -> State:
    """The state after the step, or `IllegalStep`.

    `unattended` says whether nobody at the desk holds the case; `others_going` whether, after a responder declined,
    left or was stood down, another is still on the way or there: then nothing moves. `later_open` says whether a
    later incident of the same subject and family is unresolved: this one is then not reopened, since of one person
    and family at most one is unresolved, and the later one shows this one already.
    """
    to = STEPS[state].get(step)
    if to is None:
        raise IllegalStep(f"{step} is not allowed while {state}")
    if step is Step.CLAIM and not unattended:
        raise IllegalStep("claim is not allowed while somebody holds the case")
    if step in (Step.RELEASE, Step.LEASE_LOST, Step.TRANSFER, Step.TRANSFER_ACCEPTED, Step.RESOLVE) and unattended:
        raise IllegalStep(f"{step} is not allowed while nobody holds the case")
    if step is Step.REOPEN and later_open:
        raise IllegalStep("reopen is not allowed while a later incident of the same trouble is open: take that one")
    if not isinstance(to, Without):
        return to
    if others_going:
        return state
    return State.OPEN if unattended else State.CLAIMED


def allowed(state: State, *, unattended: bool) -> frozenset[Step]:
    """Every step this state allows, whoever takes it."""
    return frozenset(step for step in STEPS[state] if _holds(state, step, unattended=unattended))


def _holds(state: State, step: Step, *, unattended: bool) -> bool:
    try:
        after(state, step, unattended=unattended)
    except IllegalStep:
        return False
    return True


def may(state: State, step: Step, actors: frozenset[Actor]) -> bool:
    """Whether somebody acting in these capacities may take the step, the state allowing it."""
    return not _ONLY.get((state, step), WHO[step]).isdisjoint(actors)


def refuse_unless_may(state: State, step: Step, actors: frozenset[Actor]) -> None:
    """Raise `NotYours` unless somebody acting in these capacities may take the step."""
    if not may(state, step, actors):
        who = _ONLY.get((state, step), WHO[step])
        raise NotYours(f"{step} is for {', '.join(sorted(who))}")


def to_mermaid() -> str:
    """The table as a Mermaid state diagram; steps that leave the state as it is are left out."""
    lines = ["stateDiagram-v2", "    [*] --> open: alarm"]
    for state, steps in STEPS.items():
        moves: dict[State, list[str]] = {}
        for step, to in steps.items():
            for target in _targets(to):
                if target is not state:
                    moves.setdefault(target, []).append(_label(step, to))
        lines += [f"    {state} --> {target}: {', '.join(labels)}" for target, labels in moves.items()]
    return "\n".join([*lines, "    closed --> [*]", ""])


def _targets(to: State | Without) -> tuple[State, ...]:
    return (State.CLAIMED, State.OPEN) if isinstance(to, Without) else (to,)


def _label(step: Step, to: State | Without) -> str:
    return f"{step} (last responder)" if isinstance(to, Without) else step.value
