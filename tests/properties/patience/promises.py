"""The centre's promise in seconds: what must have happened by now, each limit from centre.md beside its check.

Every check is asked after all passes have looked at this very moment, so that nothing is owed a second more.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from rules.domain.vocabulary import Class, Priority, State
from tests.properties.patience import patience
from tests.properties.patience.courses import Course, Wait
from tests.properties.patience.night import STEP_MOST_S
from tests.properties.patience.record import Record

_FIRE: Final = frozenset({Class.FIRE, Class.SMOKE, Class.HEAT, Class.GAS, Class.CARBON_MONOXIDE})
_RUNGS: Final = 6
_CRITICAL, _URGENT = int(Priority.CRITICAL), int(Priority.URGENT)


def kept(record: Record, now: datetime) -> None:
    """Assert that every promise to every case is kept at this moment."""
    broken = [f"case {course.id} ({course.row['class']}): {said}"
              for course in record.courses.values() for said in _broken(course, record, now)]  # fmt: skip
    assert not broken, "\n".join(broken)


def _broken(course: Course, record: Record, now: datetime) -> Iterator[str]:
    if not course.is_open or course.row["class"] == Class.CANARY:
        return
    yield from test_becomes_real(course, now)
    if course.on_test_since is not None:
        return
    for promise in (
        owner_acts, owner_confirms, owner_is_there, desks_and_supervisors, desks_that_are_not_there, desks_all_busy,
        at_once_when_given_up, telephone, county, sent, family, services, services_confirmed, offers_go_on,
        who_accepts_moves, field_goes_on,
    ):  # fmt: skip
        yield from promise(course, record, now)


# -- a claim ---------------------------------------------------------------------------------------------------------


def test_becomes_real(course: Course, now: datetime) -> Iterator[str]:
    """centre.md, 12: "unless the tester confirms that press within 60 s ..., becomes a real incident by itself"."""
    since = course.on_test_since
    if since is not None and now >= since + _s(patience.TEST_S):
        yield f"on test since {since}"


def owner_acts(course: Course, record: Record, now: datetime) -> Iterator[str]:
    """centre.md, 9: "a claim also needs a human act within its class's time (P1 3 min, P2 10 min), after a spoken
    reminder": the reminder may be a look late, and the rest counts from it."""
    if course.owner is not None and course.act_by is not None and now >= course.act_by + _s(STEP_MOST_S):
        yield f"its owner should have acted by {course.act_by}"


def owner_confirms(course: Course, record: Record, now: datetime) -> Iterator[str]:
    """Invariant 5: "a deadline of at most 60 s by which the owner confirms it or the case is unattended again"."""
    if course.owner is not None and course.confirm_by is not None and now >= course.confirm_by:
        yield f"its owner should have confirmed the further alarm by {course.confirm_by}"


def owner_is_there(course: Course, record: Record, now: datetime) -> Iterator[str]:
    """Invariant 8: "renews them ..., every 5 s for 20 s"; "after an outage of ours all leases get one more term"."""
    until = course.row["lease_until"]
    since = max(filter(None, (until, record.restarted_at and record.restarted_at + _s(patience.LEASE_S))), default=None)
    if course.owner is not None and since is not None and now > since:
        yield f"its lease ended at {until}"


# -- the desk chain --------------------------------------------------------------------------------------------------


def desks_and_supervisors(course: Course, record: Record, now: datetime) -> Iterator[str]:
    """Part 3: "first escalation counts from receipt while unattended", at its class's time."""
    wait = _waits(course, _URGENT)
    if wait is not None and not wait.sounded and now >= wait.due(wait.first_by):
        yield f"unattended since {wait.since}; desks and supervisors were due at {wait.due(wait.first_by)}"


def desks_that_are_not_there(course: Course, record: Record, now: datetime) -> Iterator[str]:
    """centre.md, 9: "with no desk on duty the first stage is skipped (0 s)"."""
    wait = _waits(course, _CRITICAL)
    if wait is not None and not record.present and not wait.sounded:
        yield f"unattended since {wait.since} with nobody at a desk, and nothing has fired"


def desks_all_busy(course: Course, record: Record, now: datetime) -> Iterator[str]:
    """centre.md, 9: "with every desk on duty holding a P1 it fires after 20 s"."""
    wait = _waits(course, _CRITICAL)
    if wait is None or wait.sounded or record.all_busy_since is None:
        return
    if now >= wait.due(max(wait.since, record.all_busy_since) + _s(patience.ALL_BUSY_S)):
        yield f"unattended since {wait.since}, every desk busy since {record.all_busy_since}, and nothing has fired"


def at_once_when_given_up(course: Course, record: Record, now: datetime) -> Iterator[str]:
    """centre.md, 9: "a dispatcher who cannot take a case says so (`pass`): the next stage fires at once"; and 37: a
    claim released within 10 s does not stop the clock."""
    wait = _waits(course, _URGENT)
    if wait is not None and wait.next_by is not None and now >= wait.next_by:
        yield f"given up at {wait.next_by}, and its next stage has not fired"


def telephone(course: Course, record: Record, now: datetime) -> Iterator[str]:
    """Part 3: "on-call phone by voice 90 s, again every 60 s to the next on the list ... county duty officer 300 s →
    begins again"; P2: "supervisor 180 s → on-call phone 300 s"."""
    wait = _waits(course, _URGENT)
    if wait is None or not wait.sounded:
        return
    by = _rings_by(wait) if course.priority == _CRITICAL else _rings_of_p2_by(wait)
    if now >= wait.due(by) and now not in wait.phoned:
        yield f"the on-call telephone was due at {wait.due(by)}; rung at {wait.phoned}, the county at {wait.county}"


def _rings_by(wait: Wait) -> datetime:
    if wait.county and wait.county[-1] >= max(wait.phoned, default=wait.since):
        return _begun_after(wait, wait.county[-1], patience.AGAIN_S) + _s(patience.PHONE_AFTER_S)
    if wait.phoned:
        return wait.phoned[-1] + _s(patience.PHONE_AGAIN_S)
    return wait.sounded[0] + _s(patience.PHONE_AFTER_S)


def _rings_of_p2_by(wait: Wait) -> datetime:
    first = wait.sounded[0]
    begun = _begun_after(wait, wait.phoned[-1], patience.P2_AGAIN_S) if wait.phoned else first
    return begun + _s(patience.P2_PHONE_AFTER_S)


def _begun_after(wait: Wait, last: datetime, again_s: int) -> datetime:
    """When a round began again after its last rung, or has to."""
    return wait.sounded[-1] if wait.sounded[-1] > last else last + _s(again_s)


def county(course: Course, record: Record, now: datetime) -> Iterator[str]:
    """Part 3: "county duty officer 300 s → begins again". Each rung counts from the firing of the one before: of six
    rungs each may be a look late."""
    wait = _waits(course, _CRITICAL)
    if wait is None:
        return
    looks_s = _RUNGS * STEP_MOST_S
    by = (wait.county[-1] if wait.county else wait.since) + _s(patience.COUNTY_S + looks_s)
    if now >= wait.due(by):
        yield f"the county was due at {by}; rung at {wait.county}"


# -- the field chain -------------------------------------------------------------------------------------------------


def sent(course: Course, record: Record, now: datetime) -> Iterator[str]:
    """Part 3, column "automatic dispatch": unattended by the class's time, and never later for anything said since."""
    by = min(filter(None, (_send_by(course, class_, at) for class_, at in course.alarms.items())), default=None)
    has_place = course.row["premises_id"] or course.row["resident_id"] or course.row["has_place"]
    if by is None or now < by or not has_place or _is_sent(course, record):
        return
    yield f"somebody should have been sent by {by}"


def _send_by(course: Course, class_: str, at: datetime) -> datetime | None:
    row = patience.of(class_)
    if row is None or row.dispatch_s is None:
        return None
    by = at + _s(row.dispatch_s)
    return by if not row.waits_for_desk else _when_unattended(course, at, row, row.dispatch_s)


def _when_unattended(course: Course, at: datetime, row: patience.Patience, whole_s: int) -> datetime | None:
    """A claim leaves it to the desk. Given back or lost after its time, it is the machine's after the class's first
    stage, and not after the whole time once more (docs/policy.md, "What a claim puts off")."""
    wait, by = course.wait, at + _s(whole_s)
    if wait is None or course.owner is not None:
        return None
    # Whoever takes a case up again has it: only when they lose it is anything the machine's.
    if wait.is_lost and (by <= wait.since or at == course.reopened_at):
        return wait.since + _s(min(row.first_s, whole_s))
    return wait.due(by)


def _is_sent(course: Course, record: Record) -> bool:
    if course.field_over or course.field_at is not None:
        return True
    return any(a["offered_at"] >= course.begun_at for a in record.assignments_of(course.id))


def offers_go_on(course: Course, record: Record, now: datetime) -> Iterator[str]:
    """docs/dispatch.md: an offer that nobody answers in 60 s (P2 180 s) has timed out, and the next is asked."""
    asked = record.assignments_of(course.id)
    for a in asked:
        if a["state"] != "offered" or a["standby_at"] is not None:
            continue
        first = any(
            b["id"] != a["id"] and b["offered_at"] == a["offered_at"] and b["called_at"] is None
            and b["state"] in ("accepted", "en_route", "on_scene")
            for b in asked
        )  # fmt: skip
        # While another of the same sending comes, it stays open for another term.
        limit_s = patience.ANSWER_S[record.priority_at[a["id"]]]
        if not first and now >= a["offered_at"] + _s(limit_s) and not _was_first(a, asked, limit_s):
            yield f"offer {a['id']} of {a['offered_at']} stands unanswered"


def _was_first(a: Any, asked: list[Any], limit_s: int) -> bool:
    """Whether another of the same sending had it for a time: the offer's own clock then runs in whole terms."""
    mates = [b for b in asked if b["id"] != a["id"] and b["offered_at"] == a["offered_at"]]
    return any(b["accepted_at"] is not None for b in mates)


def who_accepts_moves(course: Course, record: Record, now: datetime) -> Iterator[str]:
    """centre.md, 25: "must show movement or word within 3 min (P1): else a second responder is offered in addition"."""
    asked = record.assignments_of(course.id)
    for a in asked:
        if a["state"] != "accepted" or a["heard_at"] is None or a["called_at"] is not None:
            continue
        if a["next_step"] == "movement" and now >= a["heard_at"] + _s(patience.MOVEMENT_S[course.priority]):
            yield f"responder {a['responder_id']} accepted at {a['accepted_at']}, does not move and was not called"
    for a in asked:
        if a["called_at"] is None or a["state"] not in ("accepted", "en_route") or course.field_over:
            continue
        others = [b for b in asked if b["id"] != a["id"]]
        beside = any(b["offered_at"] >= a["called_at"] or b["ended_at"] is None for b in others)
        if not beside and (course.field_at is None or course.field_at < a["called_at"]):
            yield f"responder {a['responder_id']} was called at {a['called_at']}, and nobody else was asked"


def field_goes_on(course: Course, record: Record, now: datetime) -> Iterator[str]:
    """centre.md, 2 and 7: "when nobody accepts: supervisors, and it begins again; it never ends by itself"."""
    if course.field_at is None or course.field_over:
        return
    coming = [
        a for a in record.assignments_of(course.id)
        if a["ended_at"] is None and (a["called_at"] is None or a["state"] == "on_scene")
    ]  # fmt: skip
    if not coming and now > course.field_at + _s(course.field_pause_s):
        yield f"nobody comes, and nobody was asked since {course.field_at}"


# -- family and services ---------------------------------------------------------------------------------------------


def family(course: Course, record: Record, now: datetime) -> Iterator[str]:
    """Part 3, last column: told at once, or when nobody at a desk has made the first call (docs/reaching.md)."""
    if course.row["resident_id"] is None and course.row["premises_id"] is None:
        return
    told = [n for n in record.notices_of(course.id, "information", since=course.begun_at)
            if n["recipient"].startswith("contact:")]  # fmt: skip
    # Told once: of a class that waits for a first call, counted from the first alarm of the case.
    first_at = min(course.alarms.values())
    by = min(
        filter(None, (_tell_by(course, class_, at, first_at) for class_, at in course.alarms.items())), default=None
    )
    if by is not None and now >= by and not told:
        yield f"the family should have been told by {by}"


def _tell_by(course: Course, class_: str, at: datetime, first_at: datetime) -> datetime | None:
    row = patience.of(class_)
    if row is None or row.family is patience.Family.NO:
        return None
    if row.family is patience.Family.AT_ONCE:
        return at
    return _when_unattended(course, first_at, row, patience.FAMILY_S)


def services(course: Course, record: Record, now: datetime) -> Iterator[str]:
    """centre.md, 7: "for fire, gas and CO ... when nobody in the home is reached within 60 s; for SOS and fall ...
    within 120 s"; unattended, it rings a person who must, again and again."""
    if course.services_off or course.field_over or course.row["state"] == State.ON_SCENE:
        return
    rung = [n["made_at"] for n in record.notices_of(course.id, "call_services", since=course.begun_at)]
    by = min(filter(None, (_ring_by(course, class_, at) for class_, at in course.alarms.items())), default=None)
    if by is None:
        return
    if not rung and now >= by:
        yield f"whoever must call the services should have been rung by {by}"
    again = rung and rung[-1] + _s(patience.SERVICES_AGAIN_S)
    if again and course.row["class"] in _FIRE and now >= again:
        yield f"whoever must call the services was to be rung again by {again}"


def _ring_by(course: Course, class_: str, at: datetime) -> datetime | None:
    row = patience.of(class_)
    if row is None or row.services_s is None:
        return None
    by = at + _s(row.services_s)
    return by if class_ in _FIRE else _when_unattended(course, at, row, row.services_s)


def services_confirmed(course: Course, record: Record, now: datetime) -> Iterator[str]:
    """centre.md, 7: "at once on any confirmation"; "when help is asked for, or two call attempts within 120 s reach
    nobody and no responder can be there sooner"."""
    at, row = course.services_now, patience.of(course.row["class"])
    if at is None or row is None or row.services_s is None or course.services_off or course.field_over:
        return
    if course.row["state"] in (State.DISPATCHED, State.ON_SCENE) or course.row["class"] == Class.SOS_NO_VOICE:
        return
    since = at - _s(patience.SERVICES_AGAIN_S)
    if not record.notices_of(course.id, "call_services", since=since):
        yield f"the services were wanted at {at}, and nobody was rung"


def once_for_each_change(record: Record) -> None:
    """centre.md, 24: "at most one message per person, case and change"."""
    told: dict[tuple[int, str, str], int] = {}
    for one in record.notices:
        if one["recipient"].startswith("contact:") and one["state"] in ("sent", "leased", "uncertain"):
            change = one["key"].split(":family:")[-1].split(":")[0]
            told[one["incident_id"], one["recipient"], change] = 1 + told.get(
                (one["incident_id"], one["recipient"], change), 0
            )
    twice = {key: count for key, count in told.items() if count > 1}
    assert not twice, f"family told twice of one change: {twice}"


def supervisors_hear_of_it(record: Record, now: datetime) -> None:
    """centre.md, 7: "when nobody accepts: supervisors"."""
    for course in record.courses.values():
        if course.is_open and course.field_at == now and course.field_pause_s and not _asked_now(course, record, now):
            told = [n for n in record.notices if n["incident_id"] == course.id and n["key"].startswith("field:")
                    and n["made_at"] == now]  # fmt: skip
            assert told, f"case {course.id}: nobody is left, and no supervisor was told"


def _asked_now(course: Course, record: Record, now: datetime) -> bool:
    return any(a["offered_at"] == now for a in record.assignments_of(course.id))


def _waits(course: Course, least: int) -> Wait | None:
    """The stretch in which nobody has it, of a case that is at least so urgent."""
    return course.wait if course.waits and course.priority <= least else None


def _s(seconds: int) -> timedelta:
    return timedelta(seconds=seconds)
