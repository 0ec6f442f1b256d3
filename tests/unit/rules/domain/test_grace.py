from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rules.domain.grace import HOLD_PER_DAY_S, Holding, LaneOutage, concerns, held_until, holdings

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
TELEMETRY = ("sw/v1/+/telemetry",)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def out(from_s: float, to_s: float | None, lane: str = "telemetry") -> LaneOutage:
    return LaneOutage(lane=lane, from_at=at(from_s), to_at=None if to_s is None else at(to_s), filters=TELEMETRY)


def test_an_outage_holds_as_long_after_it_as_it_lasted() -> None:
    (held,) = holdings([out(0, 120)], now=at(120))
    assert (held.from_at, held.to_at) == (at(0), at(240))


def test_it_never_holds_more_than_half_an_hour_in_all() -> None:
    (held,) = holdings([out(0, 900)], now=at(900))
    assert held.to_at == at(1800)
    (held,) = holdings([out(0, 3600)], now=at(3600))
    assert held.to_at == at(HOLD_PER_DAY_S)
    (held,) = holdings([out(0, None)], now=at(86_000))
    assert held.to_at == at(HOLD_PER_DAY_S), "an outage without end holds no longer"


def test_where_nobody_looked_the_half_hour_begins_with_our_return() -> None:
    (held,) = holdings([replace(out(0, 7200), unseen=True)], now=at(7200))
    assert (held.from_at, held.to_at, held.seconds) == (at(0), at(9000), 1800)
    until = held_until(at(100), interval_s=300, source="canonical", held=[held], now=at(7200))
    assert until == at(7800), "two of its intervals, counted from our return"


def test_the_half_hour_is_a_lanes_and_a_days() -> None:
    first, second = out(0, 600), out(7200, 7800)
    spent = holdings([first, second], now=at(7800))
    assert [one.seconds for one in spent] == [1200, 600]
    other = holdings([first, out(7200, 7800, lane="band")], now=at(7800))
    assert [one.seconds for one in other] == [1200, 1200]
    next_day = holdings([first, out(90_000, 90_600)], now=at(90_600))
    assert [one.seconds for one in next_day] == [1200, 1200]


@pytest.mark.parametrize(
    ("filters", "source", "concerned"),
    [
        (("sw/v1/+/telemetry",), "canonical", True),
        (("sw/v1/+/alarm",), "canonical", False),
        (("$share/g/sw/v1/+/telemetry",), "canonical", True),
        (("sw/v1/+/telemetry",), "zigbee2mqtt", False),
        (("zigbee2mqtt/#",), "zigbee2mqtt", True),
        (("zigbee2mqtt/#",), "canonical", False),
        ((), "canonical", True),
    ],
)
def test_a_lane_concerns_those_whose_signs_of_life_it_carries(
    filters: tuple[str, ...], source: str, concerned: bool
) -> None:
    assert concerns(filters, source) is concerned


HELD = [Holding(lane="telemetry", from_at=at(0), counts_from=at(0), to_at=at(600), filters=TELEMETRY)]


@pytest.mark.parametrize(
    ("late_from_s", "interval_s", "now_s", "until_s"),
    [
        (-1, 300, 10, None),  # late before the outage began
        (5, 300, 10, 600),
        (5, 60, 10, 125),  # at most two of its own intervals
        (5, 60, 130, None),
        (599, 300, 599, 600),
        (600, 300, 600, None),
    ],
)
def test_a_verdict_waits_while_it_is_held_and_no_longer(
    late_from_s: float, interval_s: float, now_s: float, until_s: float | None
) -> None:
    until = held_until(at(late_from_s), interval_s=interval_s, source="canonical", held=HELD, now=at(now_s))
    assert until == (None if until_s is None else at(until_s))
