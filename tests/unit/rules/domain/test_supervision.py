from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rules.domain.supervision import (
    BY_MODEL,
    LOOK_EVERY_S,
    Loss,
    Reason,
    allowed_before_first_contact,
    deadline,
    habit_of,
    is_watched,
    never_held,
    verdict_on,
)
from rules.domain.vocabulary import Class, DeviceKind, DeviceLife

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
K = DeviceKind
HOUR = 3600


@pytest.mark.parametrize(
    ("kind", "source", "model", "interval_s", "allowed_s"),
    [
        # The register's own interval goes before everything that is known of the model.
        (K.SMOKE_ALARM, "shelly", "Plus Smoke", 600, 1200),
        (K.SMOKE_ALARM, "shelly", "Plus Smoke", None, 26 * HOUR),
        (K.CALL_BUTTON, "shelly", "BLU Button1", None, 13 * HOUR),
        (K.CALL_BUTTON, "zigbee2mqtt", "WXKG11LM", None, 25 * HOUR),
        (K.HUB, "zigbee2mqtt", "", None, 1200),
        (K.DOOR_SENSOR, "chirpstack", "LDS02", None, 50 * HOUR),
        (K.HUB, "chirpstack", "", None, 1200),
        (K.OTHER, "tasmota", "", None, 660),
        # What nobody knows goes by its kind: two intervals.
        (K.LOCATION_BAND, "canonical", "", None, 2 * HOUR),
        (K.SMOKE_ALARM, "canonical", "", None, 48 * HOUR),
    ],
)
def test_how_long_a_device_may_be_silent(
    kind: DeviceKind, source: str, model: str, interval_s: int | None, allowed_s: int
) -> None:
    assert habit_of(kind=kind, source=source, model=model, interval_s=interval_s).allowed_s == allowed_s


def test_every_sleeper_says_why_it_may_sleep() -> None:
    assert [row for row in BY_MODEL if row.habit.allowed_s < 2 * row.habit.interval_s and not row.habit.why] == []


def test_a_verdict_stands_within_a_look_of_its_deadline() -> None:
    assert LOOK_EVERY_S <= 5.0


@pytest.mark.parametrize(
    ("life", "registered", "canary", "watched"),
    [
        (DeviceLife.LIVE, True, False, True),
        (DeviceLife.INSTALLED, True, False, True),
        (DeviceLife.IN_STOCK, True, False, False),
        (DeviceLife.SUSPENDED, True, False, False),
        (DeviceLife.RETURNED, True, False, False),
        (DeviceLife.LOST, True, False, False),
        (DeviceLife.LIVE, False, False, False),
        (DeviceLife.LIVE, True, True, False),
    ],
)
def test_only_what_somebody_relies_on_is_watched(
    life: DeviceLife, registered: bool, canary: bool, watched: bool
) -> None:
    assert is_watched(life=life, registered=registered, canary=canary) is watched


def test_the_first_contact_has_the_devices_own_timeout_and_an_installers_day() -> None:
    habit = habit_of(kind=K.CALL_BUTTON, source="canonical", model="", interval_s=300)
    assert allowed_before_first_contact(habit, DeviceLife.LIVE) == timedelta(seconds=600)
    assert allowed_before_first_contact(habit, DeviceLife.INSTALLED) == timedelta(hours=24)


def test_what_it_said_in_an_earlier_life_does_not_count() -> None:
    habit = habit_of(kind=K.CALL_BUTTON, source="canonical", model="", interval_s=300)
    year_ago = NOW - timedelta(days=365)
    late = deadline(last_seen=year_ago, watched_from=NOW, habit=habit, life=DeviceLife.LIVE)
    assert late == NOW + timedelta(seconds=600)
    heard = deadline(last_seen=NOW + timedelta(seconds=5), watched_from=NOW, habit=habit, life=DeviceLife.LIVE)
    assert heard == NOW + timedelta(seconds=605)


def loss(**known: Any) -> Loss:
    plain: dict[str, Any] = {
        "kind": K.SMOKE_ALARM, "heard_before": True, "has_resident": True, "other_life_safety": True,
    }  # fmt: skip
    return Loss(**(plain | known))


@pytest.mark.parametrize(
    ("known", "class_", "reason"),
    [
        ({}, Class.DEVICE_LOST, Reason.LIFE_SAFETY_DEVICE),
        ({"other_life_safety": False}, Class.UNPROTECTED, Reason.NOTHING_ELSE_PROTECTS),
        ({"other_life_safety": False, "has_resident": False}, Class.DEVICE_LOST, Reason.LIFE_SAFETY_DEVICE),
        ({"tags": frozenset({"oxygen"})}, Class.DEVICE_LOST_DEPENDENT, Reason.EQUIPMENT_AT_HOME),
        ({"kind": K.DOOR_SENSOR}, Class.DEVICE_LOST_OTHER, Reason.OTHER_DEVICE),
        (
            {"kind": K.DOOR_SENSOR, "tags": frozenset({"dialysis"})},
            Class.DEVICE_LOST_DEPENDENT,
            Reason.EQUIPMENT_AT_HOME,
        ),
        ({"heard_before": False}, Class.NEVER_HEARD, Reason.FIRST_CONTACT_OVERDUE),
        ({"kind": K.HUB, "children": 4, "other_life_safety": False}, Class.HUB_LOST, Reason.HUB_WITH_DEVICES),
        ({"kind": K.HUB, "other_life_safety": False}, Class.DEVICE_LOST, Reason.LIFE_SAFETY_DEVICE),
    ],
)
def test_what_a_silence_means(known: dict[str, Any], class_: Class, reason: Reason) -> None:
    verdict = verdict_on(loss(**known))
    assert (verdict.class_, verdict.reason) == (class_, reason)


def test_people_with_equipment_are_never_folded_into_an_outage() -> None:
    assert never_held(frozenset({"living_alone", "ventilator"}))
    assert not never_held(frozenset({"living_alone"}))
