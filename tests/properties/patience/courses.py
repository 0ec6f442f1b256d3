"""What has happened to each case, told by its own record: who had it since when, and what was done for it.

Nothing here reads a deadline of the program: the stopwatches are the tests' own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from rules.domain.vocabulary import UNRESOLVED, Action, Mark, Priority, Step
from tests.properties.patience import patience

_GIVES_BACK: Final = frozenset({Step.RELEASE, Step.PASS})
_ENDS: Final = frozenset({Step.RESOLVE, Step.CLOSE, Action.RESTORED, Action.CLOSED, Step.MERGE})
_CONFIRMS: Final = frozenset({
    Step.CONFIRM, Step.ANSWER, Step.CALL, Step.DISPATCH, Step.HANDOVER, Step.RECLASSIFY, Step.LOWER_PRIORITY,
    Action.MERGED,
})  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of a timeline."""

    seq: int
    at: datetime
    actor: str
    action: str
    from_: str | None
    to: str | None
    facts: dict[str, Any]

    @property
    def by_person(self) -> bool:
        return self.actor.startswith("user:")


@dataclass(kw_only=True)
class Wait:
    """One stretch in which nobody at a desk has the case. A claim that does not count only interrupts it."""

    since: datetime
    first_by: datetime
    is_lost: bool = False  #: somebody had it before
    sounded: list[datetime] = field(default_factory=list)  #: on desks or supervisors
    phoned: list[datetime] = field(default_factory=list)
    county: list[datetime] = field(default_factory=list)
    next_by: datetime | None = None  #: somebody cannot take it: its next stage, whichever that is
    interrupted: list[tuple[datetime, datetime]] = field(default_factory=list)

    def due(self, at: datetime) -> datetime:
        """A moment that fell into a claim that did not count is due when that ended."""
        for began, ended in self.interrupted:
            if began <= at < ended:
                at = ended
        return at


@dataclass(kw_only=True)
class Course:
    """One case."""

    id: int
    row: Any
    begun_at: datetime
    priority: int
    reopened_at: datetime | None = None
    alarms: dict[str, datetime] = field(default_factory=dict)  #: what called, and when first, since it began
    on_test_since: datetime | None = None
    wait: Wait | None = None
    owner: str | None = None
    claimed_at: datetime | None = None
    worked: bool = False  #: the owner has done more than take it
    act_by: datetime | None = None
    confirm_by: datetime | None = None
    before_claim: Wait | None = None
    services_off: bool = False  #: a control room has it, or the resident said in a voice that proved itself: all well
    handed_over: bool = False  #: to a control room, which is asked about again by itself
    services_now: datetime | None = None  #: confirmed, or nobody reached
    failed_calls: list[datetime] = field(default_factory=list)
    heard_until: datetime | None = None
    cannot: set[str] = field(default_factory=set)  #: pressed "2" since the round began
    field_at: datetime | None = None  #: when the field chain last asked somebody, or said that there is nobody
    field_pause_s: int = 0
    field_over: bool = False  #: an arrival or an accepted hand-over
    has_ended: bool = False
    log: list[str] = field(default_factory=list)  #: for whoever reads of a failure

    @property
    def is_open(self) -> bool:
        return not self.has_ended and self.row["state"] in UNRESOLVED

    @property
    def waits(self) -> bool:
        return self.is_open and self.wait is not None and self.owner is None and self.on_test_since is None

    # -- what the record says ------------------------------------------------------------------------------------

    def take_in(self, entry: Entry, row: Any) -> None:
        """Let the stopwatches follow one entry."""
        self.row = row
        action = entry.action
        self.log.append(f"{entry.at:%H:%M:%S} {entry.actor} {action} {entry.from_}>{entry.to} {entry.facts}")
        if entry.by_person and entry.actor == self.owner and action not in _GIVES_BACK:
            self.worked_on(entry.at)
        _FOLLOWS.get(action, Course._other)(self, entry)
        if action in _CONFIRMS and entry.actor == self.owner:
            self.confirm_by = None

    def worked_on(self, at: datetime) -> None:
        """A human act of the owner."""
        self.worked = True
        self.act_by = at + timedelta(seconds=patience.ACT_S[self.priority])

    # -- devices ---------------------------------------------------------------------------------------------------

    def _opened(self, entry: Entry) -> None:
        class_ = str(entry.facts.get("class") or self.row["class"])
        self.alarms = {class_: entry.at}
        self.priority = _number(entry.facts.get("priority")) or self.row["priority"]
        if Mark.TEST in self.row["marks"]:
            self.on_test_since = entry.at
        self._begin(entry.at, class_)

    def _joined(self, entry: Entry) -> None:
        class_, at = str(entry.facts.get("class") or self.row["class"]), entry.at
        if self.on_test_since is not None and Mark.TEST not in self.row["marks"]:
            self._is_real(entry)
        self.alarms.setdefault(class_, at)
        self.services_off = self.handed_over
        if self.owner is not None:
            by = at + timedelta(seconds=patience.CONFIRM_S)
            self.confirm_by = min(self.confirm_by or by, by)
        elif self.wait is not None and not self.wait.sounded and (row := patience.of(class_)) is not None:
            self.wait.first_by = min(self.wait.first_by, at + timedelta(seconds=row.first_s))

    def _is_real(self, entry: Entry) -> None:
        """It was no test, and everything counts from now."""
        self.on_test_since = None
        class_ = str(entry.facts.get("class") or self.row["class"])
        self.alarms = {class_: entry.at}
        if self.owner is None:
            self._begin(entry.at, class_)

    def _begin(self, at: datetime, class_: str, *, first_s: int | None = None, is_lost: bool = False) -> None:
        row = patience.of(class_)
        wait_s = first_s if first_s is not None else row.first_s if row is not None else self.row["first_escalation_s"]
        self.wait = Wait(since=at, first_by=at + timedelta(seconds=wait_s), is_lost=is_lost)

    def _ended(self, entry: Entry) -> None:
        self.has_ended, self.wait, self.owner = True, None, None

    # -- desks -----------------------------------------------------------------------------------------------------

    def _taken(self, entry: Entry) -> None:
        if entry.action == Step.REOPEN:
            self._begins_again(entry.at, str(self.row["class"]))
            self.reopened_at = entry.at
        if self.owner is None:
            self.before_claim = self.wait
        self.wait, self.owner, self.claimed_at = None, entry.actor, entry.at
        self.confirm_by = None
        self.worked_on(entry.at)
        self.worked = entry.action != Step.CLAIM

    def _given_back(self, entry: Entry) -> None:
        if entry.actor != self.owner:
            if entry.action == Step.PASS and self.wait is not None and self.owner is None:
                self.wait.next_by = entry.at
            return
        assert self.claimed_at is not None, "somebody has it"
        held_s = (entry.at - self.claimed_at).total_seconds()
        kept = self.before_claim
        counted = self.worked or held_s >= patience.CLAIM_COUNTS_S or kept is None
        if counted:
            self._lost(entry, entry.at if entry.action == Step.PASS else None)
            return
        assert kept is not None, "asked above"
        kept.interrupted.append((self.claimed_at, entry.at))
        kept.next_by = entry.at
        self.wait, self.owner, self.claimed_at, self.act_by, self.confirm_by = kept, None, None, None, None

    def _lapsed(self, entry: Entry) -> None:
        self._lost(entry, entry.at)
        if entry.action == Action.UNATTENDED_AGAIN and self.wait is not None:
            self.wait.sounded.append(entry.at)

    def _lost(self, entry: Entry, first_by: datetime | None) -> None:
        """Nobody has it any more. With a moment: its first stage is due then, and not after the class's time."""
        self.owner = self.claimed_at = self.act_by = self.confirm_by = self.before_claim = None
        at_once = first_by is not None and self.priority <= Priority.URGENT
        self._begin(entry.at, str(self.row["class"]), first_s=0 if at_once else None, is_lost=True)

    def _reclassed(self, entry: Entry) -> None:
        """A person's word about what it is: everything counts from it."""
        self.priority = _number(entry.to) or self.row["priority"]
        class_ = str(entry.facts.get("class") or self.row["class"])
        self.alarms = {class_: entry.at}
        self.services_off, self.services_now, self.failed_calls = self.handed_over, None, []
        if self.owner is None and self.wait is not None:
            self._goes_on_as(entry, class_)
        elif self.owner is not None and entry.actor == self.owner:
            self.worked_on(entry.at)
        elif self.act_by is not None:
            self.act_by = min(self.act_by, entry.at + timedelta(seconds=patience.ACT_S[self.priority]))

    def _goes_on_as(self, entry: Entry, class_: str) -> None:
        """Another word for it: a ladder goes on, another ladder begins; the first stage never comes later for it."""
        assert self.wait is not None, "asked by the caller"
        was, kept = self.wait.first_by, self.wait
        self._begin(entry.at, class_)
        if entry.from_ == entry.to or entry.from_ is None:
            kept.first_by = min(was, self.wait.first_by)
            self.wait = kept
        elif not kept.sounded:
            self.wait.first_by = min(was, self.wait.first_by)

    def _let_out(self, entry: Entry) -> None:
        if "from" not in entry.facts:
            return  # the other of the two: it stays as it is
        alarms = self.alarms
        self._begins_again(entry.at, str(self.row["class"]))
        self.alarms = alarms
        self.owner = None
        self._begin(entry.at, str(self.row["class"]), is_lost=True)

    def _begins_again(self, at: datetime, class_: str) -> None:
        self.begun_at, self.alarms, self.has_ended = at, {class_: at}, False
        self.services_off, self.services_now, self.failed_calls = self.handed_over, None, []
        self.field_at, self.field_over = None, False
        self.on_test_since = None

    # -- the machine -----------------------------------------------------------------------------------------------

    def _raised(self, entry: Entry) -> None:
        self.priority = _number(entry.to) or self.priority
        limit = entry.at + timedelta(seconds=patience.ACT_S[self.priority])
        if self.act_by is not None:
            self.act_by = min(self.act_by, limit)
        if self.wait is None or self.owner is not None:
            return
        was_by = self.wait.first_by if not self.wait.sounded else None
        self._begin(entry.at, str(entry.facts.get("class") or self.row["class"]))
        if was_by is not None:
            self.wait.first_by = min(self.wait.first_by, was_by)

    def _escalated(self, entry: Entry) -> None:
        if self.wait is None:
            return
        to = str(entry.facts["to"]).split(",")
        self.wait.next_by = None
        if "desks" in to or "supervisors" in to:
            self.wait.sounded.append(entry.at)
        if "on_call_phone" in to:
            self.wait.phoned.append(entry.at)
        if "county_duty" in to:
            self.wait.county.append(entry.at)
        if entry.facts["stage"] == 0:
            self.cannot.clear()
        rung, missing = entry.facts.get("rung"), str(entry.facts.get("missing"))
        if {"on_call_phone", "county_duty"} & set(to):
            excused = "heard_by_phone" in missing or "all_cannot" in missing or self.cannot
            assert rung or excused, f"{self.id}: a stage of telephones rang nobody: {entry.facts}"

    def _other(self, entry: Entry) -> None:
        action, at = entry.action, entry.at
        if action == Action.ACCEPTED_BY_PHONE and entry.facts.get("purpose") == "escalation":
            self.heard_until = at + timedelta(seconds=patience.HEARD_S)
        elif action == Action.DECLINED_BY_PHONE:
            self.cannot.add(str(entry.facts.get("recipient")))
        elif action == Step.CALL:
            self._called(entry)
        elif action == Step.HANDOVER:
            self.services_off = self.handed_over = True
        elif action == Step.ANSWER:
            # What the plan's answers set in motion is their own tests'; here a person has spoken about it.
            self.services_off = True
        elif action == Action.FIELD_SATISFIED:
            self.field_over = True
        elif action == Action.TAKEN_BACK or (action == Step.DECLINE and self.field_over):
            self.field_over = False
        elif action in (Action.OFFERED, Action.NOBODY_TO_SEND, Action.ROUND_OVER):
            self.field_at = at
            over = action == Action.ROUND_OVER
            self.field_pause_s = patience.ROUND_PAUSE_S[self.priority] if over else patience.NOBODY_PAUSE_S

    def _called(self, entry: Entry) -> None:
        to, result = entry.facts.get("to"), entry.facts.get("result")
        if result == "spoke_help" and to != "service":
            self.services_now = self.services_now or entry.at
        elif to == "resident" and result == "spoke_ok":
            self.services_off = self.services_off or entry.facts.get("verified") not in (None, "none")
            self.failed_calls = []
        elif to == "resident" and result == "no_answer":
            self.failed_calls.append(entry.at)
            near = entry.at - timedelta(seconds=patience.TWO_CALLS_WITHIN_S)
            if sum(at >= near for at in self.failed_calls) >= len(("first", "second")):
                self.services_now = self.services_now or entry.at


_FOLLOWS: Final[Mapping[str, Callable[[Course, Entry], None]]] = {
    Action.OPENED: Course._opened,
    Action.JOINED: Course._joined,
    **dict.fromkeys((Step.CLAIM, Step.TRANSFER_ACCEPTED, Step.REOPEN), Course._taken),
    **dict.fromkeys(_GIVES_BACK, Course._given_back),
    **dict.fromkeys((Step.LEASE_LOST, Action.UNATTENDED_AGAIN), Course._lapsed),
    Action.TEST_UNCONFIRMED: Course._is_real,
    Action.ESCALATED: Course._escalated,
    Action.RAISED: Course._raised,
    **dict.fromkeys((Step.RECLASSIFY, Step.LOWER_PRIORITY), Course._reclassed),
    Step.SPLIT: Course._let_out,
    **dict.fromkeys(_ENDS, Course._ended),
}


def _number(label: Any) -> int | None:
    """P1 to P5 as a number."""
    text = str(label or "")
    return int(text[1:]) if len(text) == len("P1") and text[0] == "P" and text[1:].isdigit() else None
