"""When the machine may send in a class that waits for the evening."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.domain.evening import not_before
from rules.domain.responder_rules import RESPONDER_RULES

ZONE = ZoneInfo("Asia/Shanghai")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


@pytest.mark.parametrize(
    ("opened", "now", "until"),
    [
        (at(19, 9), at(19, 10), at(19, 18)),
        (at(19, 9), at(19, 18), None),
        (at(19, 9), at(19, 21, 59), None),
        (at(19, 9), at(19, 22), at(20, 8)),
        (at(19, 9), at(20, 3), at(20, 8)),
        (at(19, 9), at(20, 8), None),
        (at(19, 19), at(19, 19), None),
        (at(19, 23), at(19, 23, 30), at(20, 8)),
        (at(20, 2), at(20, 2), at(20, 8)),
        (at(20, 6), at(20, 6), at(20, 18)),
    ],
)
def test_by_day_the_evening_and_by_night_the_morning(opened: datetime, now: datetime, until: datetime | None) -> None:
    assert not_before(opened, RESPONDER_RULES, now=now, zone=ZONE) == until


def test_a_county_says_when_its_evening_is() -> None:
    rules = replace(RESPONDER_RULES, evening_hour=16)
    assert not_before(at(19, 9), rules, now=at(19, 16), zone=ZONE) is None


@given(
    minute=st.integers(0, 365 * 24 * 60),
    waited=st.integers(0, 3 * 24 * 60),
    zone=st.sampled_from(["Asia/Shanghai", "Asia/Urumqi", "Europe/Berlin", "America/New_York"]),
)
def test_it_ends_within_a_day_and_never_at_night(minute: int, waited: int, zone: str) -> None:
    began, site = at(1, 0) + timedelta(minutes=minute), ZoneInfo(zone)
    now = began + timedelta(minutes=waited)
    until = not_before(began, RESPONDER_RULES, now=now, zone=site)
    sent = until or now
    assert now <= sent <= now + timedelta(hours=25)
    assert 8 <= sent.astimezone(site).hour < 22
    assert not_before(began, RESPONDER_RULES, now=sent, zone=site) is None
