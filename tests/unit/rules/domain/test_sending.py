"""By which channel, and when: rates, the reserve for P1, and one call a minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.domain.notices import Purpose
from rules.domain.sending import (
    Addresses,
    Books,
    Busy,
    Full,
    Kind,
    Later,
    NoWay,
    Take,
    Way,
    choose,
    needs_voice,
    ways_of,
)  # fmt: skip
from rules.domain.vocabulary import Priority

NOW = datetime(2026, 11, 19, 18, 0, tzinfo=UTC)
VOICE = Way(name="v", kind=Kind.VOICE, per_minute_most=10, reserve_p1=3)
MORE_VOICE = Way(name="v2", kind=Kind.VOICE, per_minute_most=10, reserve_p1=3)
SMS = Way(name="s", kind=Kind.SMS, per_minute_most=10, reserve_p1=3)
MAIL = Way(name="m", kind=Kind.EMAIL, per_minute_most=10, reserve_p1=0)
CAUGHT = Way(name="c", kind=Kind.CATCHER, per_minute_most=10, reserve_p1=0)
ROBOT = Way(name="group", kind=Kind.ROBOT, per_minute_most=10, reserve_p1=0)
ALL = (SMS, MAIL, VOICE, MORE_VOICE, ROBOT)
MEI = Addresses(phone="13800000001", email="mei@centre.invalid")


@pytest.mark.parametrize(
    ("addresses", "wakes", "tried", "names"),
    [
        (MEI, True, (), ["v", "v2"]),
        (MEI, True, ("v",), ["v2"]),
        (MEI, True, ("v", "v2"), ["s", "m"]),
        (MEI, False, (), ["s", "m", "v", "v2"]),
        (Addresses(phone="13800000001", order=("email", "voice")), False, (), ["v", "v2"]),
        (Addresses(phone="051380000001"), False, (), ["v", "v2"]),  # a fixed line gets no text
        (Addresses(named="group"), True, (), ["group"]),
        (Addresses(named="gone"), True, (), []),
    ],
)
def test_a_persons_channels_are_tried_in_order_and_a_voice_first_where_it_must_wake(
    addresses: Addresses, wakes: bool, tried: tuple[str, ...], names: list[str]
) -> None:
    assert [way.name for way in ways_of(addresses, ALL, wakes=wakes, tried=tried)] == names


def test_a_catcher_takes_what_no_channel_could() -> None:
    assert ways_of(MEI, [CAUGHT], wakes=True, tried=()) == [CAUGHT]
    assert ways_of(MEI, [SMS, CAUGHT], wakes=False, tried=()) == [SMS]


def _choose(priority: Priority, books: Books, *, ways: tuple[Way, ...] = ALL, wakes: bool = False) -> object:
    return choose("user:1", MEI, priority, wakes=wakes, ways=ways, tried=(), books=books, now=NOW)


def test_the_reserve_is_for_p1_alone() -> None:
    books = Books(used={"s": 7})
    assert _choose(Priority.URGENT, books, ways=(SMS,)) == Full()
    assert _choose(Priority.CRITICAL, books, ways=(SMS,)) == Take(way=SMS, address="13800000001")
    assert _choose(Priority.CRITICAL, Books(used={"s": 10}), ways=(SMS,)) == Full()


def test_a_channel_whose_hands_are_full_is_waited_for_and_does_not_spill_into_another() -> None:
    assert _choose(Priority.NOTICE, Books(slots={"s": 0})) == Busy()


def test_nobody_is_rung_twice_in_a_minute_also_not_by_another_provider() -> None:
    books = Books(rung={"user:1": NOW - timedelta(seconds=30)})
    assert _choose(Priority.CRITICAL, books, wakes=True) == Later(at=NOW + timedelta(seconds=30))
    books = Books(rung={"user:1": NOW - timedelta(seconds=60)})
    assert _choose(Priority.CRITICAL, books, wakes=True) == Take(way=VOICE, address="13800000001")


def test_nobody_without_an_address_is_sent_anything() -> None:
    nobody = choose("user:1", Addresses(), Priority.CRITICAL, wakes=True, ways=ALL, tried=(), books=Books(), now=NOW)
    assert nobody == NoWay(addressed=False)
    tried = choose("user:1", MEI, Priority.CRITICAL, wakes=True, ways=(SMS,), tried=("s",), books=Books(), now=NOW)
    assert tried == NoWay(addressed=True)


@pytest.mark.parametrize(
    ("purpose", "priority", "voice"),
    [
        (Purpose.ESCALATION, Priority.CRITICAL, True), (Purpose.ESCALATION, Priority.URGENT, True),
        (Purpose.ESCALATION, Priority.TECHNICAL, False), (Purpose.INFORMATION, Priority.CRITICAL, True),
        (Purpose.INFORMATION, Priority.URGENT, False), (Purpose.SUMMARY, Priority.URGENT, False),
    ],
)  # fmt: skip
def test_only_a_voice_wakes(purpose: Purpose, priority: Priority, voice: bool) -> None:
    assert needs_voice(purpose, priority) is voice


@given(st.lists(st.sampled_from(list(Priority)), max_size=60))
def test_whatever_comes_p1_finds_the_whole_reserve(priorities: list[Priority]) -> None:
    books = Books()
    for priority in priorities:
        if priority is not Priority.CRITICAL and isinstance(_choose(priority, books, ways=(SMS,)), Take):
            books.note("user:2", SMS, now=NOW)
    left = 0
    while isinstance(_choose(Priority.CRITICAL, books, ways=(SMS,)), Take):
        books.note("user:3", SMS, now=NOW)
        left += 1
    assert left >= SMS.reserve_p1
    assert books.used["s"] == SMS.per_minute_most
