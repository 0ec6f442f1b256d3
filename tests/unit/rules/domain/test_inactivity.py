"""Nobody moves: counted in its hours, asked before it is told, and never said of a sensor that may be dead."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rules.domain import inactivity
from rules.domain.hours import Window
from rules.domain.inactivity import Act, Finding, Look, Rule, Sensor, State, Status
from rules.domain.vocabulary import DeviceKind

ZONE = ZoneInfo("Asia/Shanghai")
#: Six in the morning there.
DAWN = datetime(2026, 11, 18, 22, 0, tzinfo=UTC)
RULE = Rule(id=1, windows=(Window(from_min=360, to_min=1320),), after=timedelta(hours=4))
ALIVE = (Sensor(kind=DeviceKind.MOTION_SENSOR, alive=True),)
DEAD = (Sensor(kind=DeviceKind.MOTION_SENSOR, alive=False),)
QUIET = Look(last_sign_at=None, sensors=ALIVE, alone=True)


def run(look: Look, minutes: int, *, state: State | None = None, begin: datetime = DAWN) -> tuple[State, list[Finding]]:
    """A look a minute."""
    state, found = state or State(), []
    for minute in range(minutes + 1):
        state, finding = inactivity.judge(state, look, RULE, begin + timedelta(minutes=minute), ZONE)
        found += [finding] if finding is not None else []
    return state, found


def test_it_counts_from_the_beginning_of_its_hours_and_asks_before_it_tells() -> None:
    yesterday = replace(QUIET, last_sign_at=DAWN - timedelta(hours=8))
    assert run(yesterday, 229)[1] == []
    state, (asked,) = run(yesterday, 230)
    assert (asked.act, state.status) == (Act.ASK, Status.ASKED)
    state, found = run(yesterday, 600)
    assert [one.act for one in found] == [Act.ASK, Act.RAISE]
    assert (state.status, found[1].quiet_since) == (Status.RAISED, DAWN)


def test_what_nobody_watched_counts_for_nothing() -> None:
    made_at = DAWN + timedelta(hours=8)
    rule = replace(RULE, since=made_at)
    state, finding = inactivity.judge(State(), QUIET, rule, made_at + timedelta(minutes=229), ZONE)
    assert (state.status, finding) == (Status.WATCHING, None)
    _, finding = inactivity.judge(state, QUIET, rule, made_at + timedelta(minutes=230), ZONE)
    assert finding is not None and finding.act is Act.ASK


def test_a_sign_while_asked_takes_it_back_and_the_next_silence_is_another() -> None:
    state, _ = run(QUIET, 232)
    moved = replace(QUIET, last_sign_at=DAWN + timedelta(minutes=233))
    state, found = run(moved, 226, state=state, begin=DAWN + timedelta(minutes=234))
    assert (state.status, found) == (Status.WATCHING, [])
    _, found = run(moved, 60, state=state, begin=DAWN + timedelta(minutes=461))
    assert [(one.act, one.number) for one in found] == [(Act.ASK, 2), (Act.RAISE, 2)]


def test_outside_its_hours_nobody_is_asked() -> None:
    state, found = run(QUIET, 470, begin=DAWN + timedelta(hours=16))
    assert (state.status, found) == (Status.IDLE, [])


def test_what_was_asked_is_seen_through_though_the_hours_end() -> None:
    evening = DAWN + timedelta(hours=12)
    _, found = run(replace(QUIET, last_sign_at=evening), 300, begin=evening)
    assert [one.act for one in found] == [Act.ASK, Act.RAISE]


def test_dead_sensors_are_unknown_after_twelve_hours_once_and_only_for_who_is_alone() -> None:
    state, found = run(replace(QUIET, sensors=DEAD), 15 * 60)
    assert [one.act for one in found] == [Act.RAISE_UNKNOWN]
    assert state.status is Status.UNKNOWN
    assert run(replace(QUIET, sensors=DEAD, alone=False), 15 * 60)[1] == []
    assert run(replace(QUIET, sensors=DEAD, away_at=DAWN + timedelta(days=1)), 15 * 60)[1] == []


def test_they_are_unknown_from_their_last_word_on() -> None:
    heard = Sensor(kind=DeviceKind.MOTION_SENSOR, alive=False, heard_at=DAWN - timedelta(hours=11))
    assert run(replace(QUIET, sensors=(heard,)), 59)[1] == []
    assert [one.act for one in run(replace(QUIET, sensors=(heard,)), 61)[1]] == [Act.RAISE_UNKNOWN]
    assert run(replace(QUIET, sensors=(replace(heard, excused=True),)), 900)[1] == [], "its outage lists them"


@pytest.mark.parametrize(
    ("sensors", "proven"),
    [
        ([], False),
        ([(DeviceKind.MOTION_SENSOR, True)], True),
        ([(DeviceKind.MOTION_SENSOR, False), (DeviceKind.DOOR_SENSOR, True)], False),
        ([(DeviceKind.MOTION_SENSOR, False), (DeviceKind.BED_SENSOR, True)], True),
        ([(DeviceKind.DOOR_SENSOR, True)], True),
        ([(DeviceKind.CALL_BUTTON, True)], False),
        ([(DeviceKind.SMOKE_ALARM, True)], False),
    ],
)
def test_only_a_living_sensor_of_the_surest_kind_proves_silence(
    sensors: list[tuple[DeviceKind, bool]], proven: bool
) -> None:
    assert inactivity.proven([Sensor(kind=kind, alive=alive) for kind, alive in sensors]) is proven


def test_an_absence_holds_it_and_counting_begins_anew_at_its_end() -> None:
    away = replace(QUIET, away_at=DAWN + timedelta(minutes=300))
    state, found = run(away, 300)
    assert (state.status, found) == (Status.HELD, [])
    _, found = run(away, 228, state=state, begin=DAWN + timedelta(minutes=301))
    assert found == []
    _, found = run(away, 240, state=state, begin=DAWN + timedelta(minutes=301))
    assert [one.act for one in found] == [Act.ASK, Act.RAISE]


def test_movement_after_it_was_told_is_told_too_once() -> None:
    state, _ = run(QUIET, 245)
    moved = replace(QUIET, last_sign_at=DAWN + timedelta(minutes=250))
    state, found = run(moved, 30, state=state, begin=DAWN + timedelta(minutes=251))
    assert ([one.act for one in found], state.status) == ([Act.TAKE_BACK], Status.WATCHING)
