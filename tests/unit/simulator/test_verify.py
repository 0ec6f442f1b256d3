"""The comparison finds what is missing, doubled or without its incident."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from devices.event import EventType
from rules.clock import FakeClock
from simulator.ledger import Entry, ForeignEntry
from simulator.told import Told
from simulator.verify import compare, compare_when_settled
from simulator.wording import Compared

KILLED_AT = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)


class Stored:
    """What a database would answer: a few rows held in two dictionaries."""

    def __init__(self, counts: Mapping[str, int], incidents: Mapping[str, str], *told: Told) -> None:
        self._counts, self._incidents = counts, incidents
        self._told = told

    async def lookup(self, device: str, ids: Sequence[str]) -> Mapping[str, int]:
        return {each: self._counts[each] for each in ids if each in self._counts}

    async def incidents(self, device: str, ids: Sequence[str]) -> Mapping[str, str]:
        return {each: self._incidents[each] for each in ids if each in self._incidents}

    async def told(self, device: str, types: Sequence[str], since: datetime) -> Sequence[Told]:
        return [each for each in self._told if each.type in types]


def alarm(name: str, subject: str = "p1", word: EventType = EventType.SOS) -> Entry:
    return Entry(device="d1", id=name, type=word, at=1, acked_at="2026-11-19T06:00:00Z", subject=subject, resent=True)


def fix(name: str, puback_at: str | None = "2026-11-19T06:00:00Z") -> Entry:
    return Entry(device="d1", id=name, type=EventType.LOCATION, at=1, puback_at=puback_at)


async def test_all_stored_once_is_good() -> None:
    found = await compare([alarm("a"), alarm("b"), fix("c")], Stored({"a": 1, "b": 1, "c": 1}, {"a": "9", "b": "9"}))
    assert found.good
    assert found.lines()[:4] == ["sent: 3", "stored: 3", "missing: 0", "duplicated: 0"]
    assert "incidents expected: 1" in found.lines()
    assert "incidents opened: 1" in found.lines()


async def test_a_missing_alarm_is_found_and_named() -> None:
    found = await compare([alarm("a"), alarm("b")], Stored({"a": 1}, {"a": "9"}))
    assert not found.good
    assert found.missing == 1
    assert any("missing: d1 b sos" in line for line in found.lines())


async def test_a_doubled_event_is_found() -> None:
    found = await compare([alarm("a"), fix("c")], Stored({"a": 2, "c": 1}, {"a": "9"}))
    assert not found.good
    assert found.duplicated == 1


async def test_missing_telemetry_stands_apart() -> None:
    found = await compare([fix("c"), fix("never-taken-over", None)], Stored({}, {}))
    assert not found.good
    assert (found.missing, found.telemetry_missing) == (0, 2)


async def test_only_a_killed_broker_s_last_second_is_excused() -> None:
    entries = [fix("just", "2026-11-19T06:29:59.500Z"), fix("before", "2026-11-19T06:29:58.500Z"), alarm("a")]
    found = await compare(entries, Stored({}, {}), [KILLED_AT])
    assert (found.telemetry_missing_last_second, found.telemetry_missing, found.missing) == (1, 1, 1)


async def test_what_a_device_gave_up_is_not_missing() -> None:
    entry = fix("c", None)
    entry.given_up_at = "2026-11-19T06:00:00Z"
    found = await compare([entry], Stored({}, {}))
    assert found.good
    assert found.given_up == 1


async def test_a_stored_alarm_without_incident_is_not_good() -> None:
    found = await compare([alarm("a")], Stored({"a": 1}, {}))
    assert not found.good
    assert found.alarms_without_incident == 1


async def test_one_incident_is_expected_for_each_person_and_family() -> None:
    entries = [alarm("a"), alarm("b"), alarm("c", "p2"), alarm("d", "home-1", EventType.SMOKE)]
    stored = Stored(dict.fromkeys("abcd", 1), {"a": "1", "b": "1", "c": "2", "d": "3"})
    lines = (await compare(entries, stored)).lines()
    assert "incidents expected: 3" in lines
    assert "incidents opened: 3" in lines


class PassingClock(FakeClock):
    """Whoever sleeps moves the time on."""

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)


class Storing(Stored):
    """A database that stores one more event at each look, up to `most`."""

    def __init__(self, most: int) -> None:
        super().__init__({}, {})
        self._most = most

    async def lookup(self, device: str, ids: Sequence[str]) -> Mapping[str, int]:
        self._counts = {**self._counts, **dict.fromkeys(ids[: min(self._most, len(self._counts) + 1)], 1)}
        return self._counts


async def test_what_is_still_on_its_way_is_waited_for() -> None:
    entries = [fix(name) for name in "abc"]
    found = await compare_when_settled(lambda: entries, Storing(3), (), PassingClock(), 5.0)
    assert found.good


async def test_what_never_comes_is_given_up_once_nothing_more_is_stored() -> None:
    clock = PassingClock()
    entries = [fix(name) for name in "abcd"]
    found = await compare_when_settled(lambda: entries, Storing(3), (), clock, 60.0)
    assert found.telemetry_missing == 1
    assert clock.monotonic() >= 60.0


class Row(NamedTuple):
    """A stored event."""

    type: str
    at: datetime
    received_at: datetime
    copies: int
    incident: str | None


def press(name: str) -> ForeignEntry:
    made_at = "2026-11-19T06:30:00Z"
    return ForeignEntry(
        device="d1", id=name, type=EventType.SOS, at=made_at, made_at=made_at, subject="p1", by=Compared.REPORTS,
        reports=2,
    )  # fmt: skip


async def test_a_vendor_s_alarm_counts_as_one_and_has_its_incident() -> None:
    stored = Stored({"a": 1}, {"a": "9"}, Row("sos", KILLED_AT, KILLED_AT, 2, "9"))
    found = await compare([alarm("a"), press("b")], stored)
    assert found.good
    assert (found.sent, found.stored, found.telemetry_sent) == (2, 2, 0)
    assert "incidents opened: 1" in found.lines()


async def test_a_vendor_s_alarm_that_is_not_there_is_missing_and_one_without_incident_is_not_good() -> None:
    found = await compare([press("b")], Stored({}, {}))
    assert (found.missing, found.telemetry_missing) == (1, 0)
    found = await compare([press("b")], Stored({}, {}, Row("sos", KILLED_AT, KILLED_AT, 2, None)))
    assert found.alarms_without_incident == 1
    assert not found.good


async def test_a_vendor_s_alarm_that_is_there_too_often_is_doubled() -> None:
    rows = [Row("sos", KILLED_AT, KILLED_AT, 1, "9") for _ in range(2)]
    assert (await compare([press("b")], Stored({}, {}, *rows))).duplicated == 1
