"""Whatever the outages and the devices: grace ends, outages are explained once, a battery's verdict holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rules.domain.grace import HOLD_PER_DAY_S, LaneOutage, held_until, holdings
from rules.domain.outages import Silent, count, groups_of, outage_of, outages_among
from rules.domain.wear import BATTERY_LOW_PCT, BATTERY_WELL_PCT, Battery, days_left, judge_battery

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
SECONDS = st.integers(min_value=-3 * 86_400, max_value=0)


@st.composite
def lane_outages(draw: st.DrawFn) -> list[LaneOutage]:
    found = []
    for _ in range(draw(st.integers(0, 12))):
        from_at = NOW + timedelta(seconds=draw(SECONDS))
        lasted = draw(st.one_of(st.none(), st.integers(0, 20_000)))
        to_at = None if lasted is None else min(NOW, from_at + timedelta(seconds=lasted))
        lane, unseen = draw(st.sampled_from("ab")), to_at is not None and draw(st.booleans())
        found.append(LaneOutage(lane=lane, from_at=from_at, to_at=to_at, unseen=unseen))
    return found


@given(lane_outages(), SECONDS)
def test_no_lane_holds_longer_than_half_an_hour_in_any_day(outages: list[LaneOutage], day_s: int) -> None:
    day_from = NOW + timedelta(seconds=day_s)
    day_to = day_from + timedelta(days=1)
    for lane in "ab":
        within = [
            max(0.0, (min(one.to_at, day_to) - max(one.counts_from, day_from)).total_seconds())
            for one in holdings(outages, now=NOW)
            if one.lane == lane
        ]
        assert sum(within) <= HOLD_PER_DAY_S


@given(lane_outages(), SECONDS, st.integers(1, 100_000))
def test_a_held_verdict_waits_at_most_two_intervals_and_half_an_hour(
    outages: list[LaneOutage], late_s: int, interval_s: int
) -> None:
    late_from = NOW + timedelta(seconds=late_s)
    held = holdings(outages, now=NOW)
    told_from = max([late_from, *(one.counts_from for one in held if one.from_at <= late_from < one.to_at)])
    until = held_until(late_from, interval_s=interval_s, source="canonical", held=held, now=late_from)
    if until is not None:
        assert late_from < until <= told_from + timedelta(seconds=min(2 * interval_s, HOLD_PER_DAY_S))


devices = st.lists(
    st.builds(
        Silent,
        device_id=st.integers(1, 10_000),
        hub_id=st.one_of(st.none(), st.integers(1, 5)),
        area=st.one_of(st.none(), st.sampled_from(["a", "a.b", "a.b.c", "a.b.d", "a.e"])),
        source=st.sampled_from(["canonical", "traccar"]),
    ),
    max_size=120,
    unique_by=lambda device: device.device_id,
)


@given(devices)
def test_no_outage_lies_within_another_and_each_holds_somebody(silent: list[Silent]) -> None:
    counts = count(silent)
    watched = {group: found.devices for group, found in counts.items()}
    found = outages_among(counts, watched)
    assert not any(a != b and a.key.startswith(f"{b.key}.") for a in found for b in found)
    standing = {group: number for number, group in enumerate(found)}
    for group in found:
        members = [device for device in silent if group in groups_of(device)]
        assert members
        assert all(outage_of(device, standing) is not None for device in members)


@given(st.lists(st.floats(0, 100), max_size=60))
def test_a_battery_never_changes_its_verdict_between_low_and_well(levels: list[float]) -> None:
    standing = Battery.WELL
    for pct in levels:
        judged = judge_battery(pct, days_left=None, standing=standing)
        if BATTERY_LOW_PCT < pct < BATTERY_WELL_PCT:
            assert judged is standing
        standing = judged


@given(st.lists(st.floats(0, 100), max_size=60))
def test_days_left_are_told_or_not_and_never_negative(levels: list[float]) -> None:
    left = days_left(list(enumerate(levels)))
    assert left is None or left >= 0
