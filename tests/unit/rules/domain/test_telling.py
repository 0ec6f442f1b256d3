"""Whether somebody may be told, and from when: by table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from rules.domain.call_words import CallResult
from rules.domain.notices import Purpose
from rules.domain.policy_table import FamilyTold
from rules.domain.telling import (
    ContactRole,
    Ending,
    QuietHours,
    Waiting,
    Withheld,
    ending_of,
    held_until,
    quiet_hours_of,
    tells_family,
    withheld,
)
from rules.domain.vocabulary import Priority, SafetyKind, Step

NOW = datetime(2026, 11, 19, 18, 0, tzinfo=UTC)  # two in the morning in Shanghai
CALL = Waiting(purpose=Purpose.ESCALATION, priority=Priority.CRITICAL)
OFFER = Waiting(purpose=Purpose.OFFER, priority=Priority.CRITICAL)
FAMILY = Waiting(
    purpose=Purpose.INFORMATION, priority=Priority.CRITICAL, contact=True, role=ContactRole.ATTENDS, consented=True
)
WARNING = Waiting(purpose=Purpose.WARNING, priority=Priority.CRITICAL)
CHECK = Waiting(purpose=Purpose.CHECK_BACK, priority=Priority.CRITICAL)
NIGHT = (QuietHours(from_=time(22), to=time(7)),)


@pytest.mark.parametrize(
    ("notice", "change", "reason"),
    [
        (CALL, {}, None),
        (CALL, {"attended": True}, Withheld.TAKEN_MEANWHILE),
        (CALL, {"heard": True}, Withheld.HEARD_BY_PHONE),
        (CALL, {"unresolved": False}, Withheld.CASE_ENDED),
        (CALL, {"on_duty": False}, Withheld.OFF_DUTY),
        (CALL, {"disabled": True}, Withheld.SWITCHED_OFF),
        (CALL, {"known": False}, Withheld.UNKNOWN_RECIPIENT),
        (CALL, {"not_after": NOW - timedelta(seconds=1)}, Withheld.TOO_OLD),
        (OFFER, {"attended": True}, None),
        (OFFER, {"offer_open": False}, Withheld.TAKEN_MEANWHILE),
        (OFFER, {"available": False}, Withheld.NOT_AVAILABLE),
        (OFFER, {"barred_number": True}, Withheld.BARRED),
        (FAMILY, {"attended": True, "unresolved": False}, None),
        (FAMILY, {"role": ContactRole.BARRED}, Withheld.BARRED),
        (FAMILY, {"role": None}, Withheld.BARRED),
        (FAMILY, {"consented": False}, Withheld.NO_CONSENT),
        (FAMILY, {"resident_died": True}, Withheld.NOTICES_STOPPED),
        (FAMILY, {"over": True}, Withheld.CASE_ENDED),
        (WARNING, {"attended": True, "offer_open": False}, None),
        (WARNING, {"unresolved": False}, Withheld.CASE_ENDED),
        (CHECK, {"unresolved": False, "offer_open": False, "available": False}, None),
        (CHECK, {"going": False}, Withheld.CASE_ENDED),
    ],
)
def test_every_refusal_has_its_name(notice: Waiting, change: dict[str, Any], reason: Withheld | None) -> None:
    assert withheld(replace(notice, **change), now=NOW) is reason


@pytest.mark.parametrize("purpose", list(Purpose))
def test_somebody_barred_is_told_nothing_whatever_it_is_about(purpose: Purpose) -> None:
    barred = replace(FAMILY, purpose=purpose, role=ContactRole.BARRED)
    assert withheld(barred, now=NOW) is Withheld.BARRED


@pytest.mark.parametrize("priority", [Priority.CRITICAL, Priority.URGENT])
def test_p1_and_p2_are_never_held(priority: Priority) -> None:
    assert held_until(replace(FAMILY, priority=priority, quiet=NIGHT, time_zone="Asia/Shanghai"), now=NOW) is None


@pytest.mark.parametrize(
    ("at", "zone", "until"),
    [
        (datetime(2026, 11, 19, 15, 0, tzinfo=UTC), "Asia/Shanghai", datetime(2026, 11, 19, 23, 0, tzinfo=UTC)),
        (datetime(2026, 11, 19, 22, 30, tzinfo=UTC), "Asia/Shanghai", datetime(2026, 11, 19, 23, 0, tzinfo=UTC)),
        (datetime(2026, 11, 19, 4, 0, tzinfo=UTC), "Asia/Shanghai", None),
        # The son in Toronto: noon at home is his night.
        (datetime(2026, 11, 19, 4, 0, tzinfo=UTC), "America/Toronto", datetime(2026, 11, 19, 12, 0, tzinfo=UTC)),
        (datetime(2026, 11, 19, 15, 0, tzinfo=UTC), "No/Such", None),
    ],
)
def test_quiet_hours_are_those_of_the_contacts_own_clock(at: datetime, zone: str, until: datetime | None) -> None:
    notice = replace(FAMILY, priority=Priority.NOTICE, quiet=NIGHT, time_zone=zone)
    assert held_until(notice, now=at) == until


def test_quiet_hours_that_cannot_be_read_hold_nothing() -> None:
    kept: list[Any] = [{"from": "22:00", "to": "07:00"}, {"from": "late"}, {}, "night", {"from": 22, "to": 7}]
    assert quiet_hours_of(kept) == NIGHT


@pytest.mark.parametrize(
    ("told", "step", "call", "nobody", "tells"),
    [
        (FamilyTold.NO, Step.CALL, CallResult.SPOKE_HELP, False, False),
        (FamilyTold.AFTER_FIRST_CALL, Step.CALL, CallResult.NO_ANSWER, True, True),
        (FamilyTold.AFTER_FIRST_CALL, Step.CALL, CallResult.SPOKE_OK, False, False),
        (FamilyTold.AFTER_FIRST_CALL, Step.CALL, CallResult.SPOKE_HELP, False, True),
        (FamilyTold.AFTER_FIRST_CALL, Step.NOTE, None, False, False),
        (FamilyTold.ON_CONFIRMED, Step.CALL, CallResult.NO_ANSWER, True, False),
        (FamilyTold.ON_CONFIRMED, Step.DISPATCH, None, False, True),
        (FamilyTold.AT_ONCE, Step.DISPATCH, None, False, False),
    ],
)
def test_family_is_told_when_the_class_says_so(
    told: FamilyTold, step: Step, call: CallResult | None, nobody: bool, tells: bool
) -> None:
    assert tells_family(told, step, call, nobody_reached=nobody) is tells


@pytest.mark.parametrize(
    ("kind", "service", "ending"),
    [
        (SafetyKind.SPOKE_WITH_RESIDENT, None, Ending.SAFE_AT_HOME),
        (SafetyKind.HANDED_OVER, "ambulance", Ending.IN_HOSPITAL),
        (SafetyKind.HANDED_OVER, "police", Ending.CLOSED),
        (None, None, Ending.CLOSED),
    ],
)
def test_the_end_is_told_without_a_diagnosis(kind: SafetyKind | None, service: str | None, ending: Ending) -> None:
    assert ending_of(kind, service) is ending
