"""What vendors' formats said is found again by its time, or counted: nothing missing, nothing twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from devices.event import EventType
from simulator.ledger import ForeignEntry
from simulator.told import judge, since_of
from simulator.wording import Compared

BEGAN = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)


class Told(NamedTuple):
    """A stored event, as the database would answer."""

    type: str
    at: datetime
    received_at: datetime
    copies: int = 1
    incident: str | None = "7"


def entry(
    number: int, by: Compared, type_: EventType = EventType.SOS, *, at_s: float = 0.0, unit_s: float = 0.001,
    within_s: float = 0.0, reports: int = 1, again: bool = False,
) -> ForeignEntry:  # fmt: skip
    at = (BEGAN + timedelta(seconds=at_s)).isoformat()
    return ForeignEntry(
        device="d", id=f"e{number}", type=type_, at=at, made_at=at, by=by, unit_s=unit_s, within_s=within_s,
        reports=reports, again_at=at if again else None,
    )  # fmt: skip


def told(at_s: float, type_: EventType = EventType.SOS, *, copies: int = 1, incident: str | None = "7") -> Told:
    at = BEGAN + timedelta(seconds=at_s)
    return Told(type_, at, at, copies, incident)


def numbers(entries: list[ForeignEntry], stored: list[Told]) -> list[int]:
    """How often each entry is stored, in the order of their ids."""
    found = {verdict.entry.id: verdict.stored for verdict in judge(entries, stored, BEGAN)}
    return [found[each.id] for each in entries if each.id in found]


def timed(number: int, at_s: float, **more: float) -> ForeignEntry:
    return entry(number, Compared.TIME, at_s=at_s, **more)  # type: ignore[arg-type]  # only the numbers are given


@pytest.mark.parametrize(
    ("entries", "stored", "expected"),
    [
        ([timed(1, 0), timed(2, 60)], [told(0), told(60)], [1, 1]),
        ([timed(1, 0), timed(2, 60)], [told(60)], [0, 1]),
        ([timed(1, 0)], [told(0), told(0)], [2]),
        ([timed(1, 0)], [told(0.001)], [0]),
        # Watches tell whole seconds: two presses of one second are one to them.
        ([timed(1, 0, unit_s=1), timed(2, 0.4, unit_s=1)], [told(0)], [1, 1]),
        # Traccar's source takes what is within five seconds for one.
        ([timed(1, 0, within_s=5), timed(2, 4, within_s=5)], [told(0)], [1, 1]),
        ([timed(1, 0, within_s=5), timed(2, 6, within_s=5)], [told(0)], [1, 0]),
    ],
)  # fmt: skip
def test_what_tells_a_time_is_found_by_it(entries: list[ForeignEntry], stored: list[Told], expected: list[int]) -> None:
    assert numbers(entries, stored) == expected


def test_where_no_incident_is_open_each_report_may_stand() -> None:
    twice = [told(0, incident=None), told(0, incident=None)]
    assert numbers([timed(1, 0, reports=2)], twice) == [1]
    assert numbers([timed(1, 0, reports=1)], twice) == [2]


def edge(number: int, type_: EventType = EventType.DOOR_OPEN, *, again: bool = False) -> ForeignEntry:
    return entry(number, Compared.EDGE, type_, again=again)


DOOR = EventType.DOOR_OPEN


@pytest.mark.parametrize(
    ("entries", "stored", "expected"),
    [
        ([edge(1), edge(2)], [told(1, DOOR), told(2, DOOR)], [1, 1]),
        ([edge(1), edge(2)], [told(1, DOOR)], [1, 0]),
        ([edge(1)], [told(1, DOOR), told(2, DOOR)], [2]),
        ([edge(1, again=True)], [told(1, DOOR), told(2, DOOR)], [1]),
        # What stood before the run is counted on the event of then.
        ([edge(1), edge(2)], [told(-60, DOOR, copies=2), told(2, DOOR)], [1, 1]),
        # A bridge's memory at the start is news or it is not.
        ([edge(1), entry(2, Compared.PERHAPS, DOOR)], [told(0, DOOR), told(1, DOOR)], [1]),
        ([entry(2, Compared.PERHAPS, DOOR)], [], []),
    ],
)
def test_changes_of_a_state_are_counted(entries: list[ForeignEntry], stored: list[Told], expected: list[int]) -> None:
    assert numbers(entries, stored) == expected


def taken_over(number: int, at_s: float) -> ForeignEntry:
    change = edge(number)
    change.puback_at = (BEGAN + timedelta(seconds=at_s)).isoformat()
    return change


def test_two_changes_of_one_read_may_be_kept_as_one_and_no_others() -> None:
    near, far = [taken_over(1, 1.0), taken_over(2, 1.049)], [taken_over(1, 1.0), taken_over(2, 1.05)]
    assert numbers(near, [told(1, DOOR)]) == [1, 1]
    assert numbers(far, [told(1, DOOR)]) == [1, 0]
    assert numbers(near, []) == [0, 0]


def press(number: int) -> ForeignEntry:
    return entry(number, Compared.REPORTS, reports=2)


@pytest.mark.parametrize(
    ("presses", "stored", "expected"),
    [
        (2, [told(1, copies=2), told(9, copies=2)], [1, 1]),
        (2, [told(1, copies=4)], [1, 1]),
        (2, [told(1, copies=2)], [1, 0]),
        (1, [told(1), told(2)], [2]),
        (1, [], [0]),
    ],
)
def test_presses_are_counted_with_every_message_about_them(
    presses: int, stored: list[Told], expected: list[int]
) -> None:
    assert numbers([press(number) for number in range(presses)], stored) == expected


def test_a_word_without_an_end_is_heard_at_all_and_not_too_often() -> None:
    words = [entry(number, Compared.WORD, EventType.TEST) for number in range(2)]
    assert numbers(words, [told(1, EventType.TEST, copies=2)]) == [1, 1]
    assert numbers(words, [told(-60, EventType.TEST, copies=3)]) == [1, 1]
    assert numbers(words, []) == [0, 0]
    assert numbers(words, [told(at, EventType.TEST) for at in (1, 2, 3)]) == [2, 1]


def test_an_alarm_s_incident_comes_with_it() -> None:
    (found,) = judge([timed(1, 0)], [told(0, incident="41")], BEGAN)
    assert found.incident == "41"
    (found,) = judge([press(1)], [told(1, copies=2, incident=None)], BEGAN)
    assert found.incident is None


def test_events_of_other_types_are_nobody_s() -> None:
    assert numbers([timed(1, 0)], [told(0, EventType.FALL)]) == [0]


def test_a_run_begins_a_moment_before_its_first_event() -> None:
    assert since_of([timed(1, 5), timed(2, 3)]) == BEGAN + timedelta(seconds=2)
