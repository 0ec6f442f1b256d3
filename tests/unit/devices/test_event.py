"""The closed sets of event types and the identity made of type and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from devices.event import (
    ALARMS,
    CLEARS,
    CODES,
    ENDS,
    EPOCH,
    FAULTS,
    LIFE_SAFETY,
    PLACES,
    READINGS,
    ROUTINE,
    STATE_CHANGES,
    Event,
    EventType,
    digest,
)


def _event(type_: EventType, at: datetime) -> Event:
    return Event(id="1", at=at, type=type_)


def test_every_type_belongs_to_exactly_one_group() -> None:
    groups = [ALARMS, CLEARS, FAULTS, PLACES, ROUTINE]
    assert sum(map(len, groups)) == len(EventType)
    assert frozenset().union(*groups) == set(EventType)


def test_every_type_is_kept_as_a_state_change_or_a_reading_but_for_the_heartbeat() -> None:
    assert not STATE_CHANGES & READINGS
    assert STATE_CHANGES | READINGS | {EventType.HEARTBEAT} == set(EventType)


def test_every_alarm_has_an_end_of_its_own() -> None:
    assert {ENDS[clear] for clear in CLEARS} == ALARMS
    assert ENDS[EventType.FAULT_CLEAR] is EventType.FAULT


def test_life_safety_is_what_the_guards_in_code_name() -> None:
    named = "sos smoke fire heat gas carbon_monoxide fall wandering medical"
    assert " ".join(type_ for type_ in EventType if type_ in LIFE_SAFETY) == named
    assert LIFE_SAFETY < ALARMS


def test_stored_digests_keep_their_meaning_because_codes_never_change() -> None:
    known = {EventType.SOS: 1, EventType.REMOVED: 14, EventType.SOS_CLEAR: 33, EventType.BATTERY_LOW: 65}
    known |= {EventType.FENCE_EXIT: 81, EventType.HEARTBEAT: 97, EventType.ANSWERED: 112}
    assert {type_: CODES[type_] for type_ in known} == known


def test_a_digest_is_exact_to_the_microsecond() -> None:
    at = datetime(2026, 3, 1, 8, 15, 30, 250_001, tzinfo=UTC)
    assert digest(_event(EventType.SOS, at)) == 1_772_352_930_250_001 * 128 + 1


@pytest.mark.parametrize("at", [EPOCH, datetime(2100, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)])
def test_a_digest_fits_into_a_bigint_for_every_time_that_decoding_accepts(at: datetime) -> None:
    assert all(0 <= digest(_event(type_, at)) < 2**63 for type_ in EventType)


def test_digests_differ_by_type_and_by_time() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    later = at + timedelta(microseconds=1)
    assert len({digest(_event(type_, when)) for type_ in EventType for when in (at, later)}) == 2 * len(EventType)
