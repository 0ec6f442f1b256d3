"""What is wrong with a rota is said before the night it would matter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rules.domain.channel_tests import Last, due
from rules.domain.on_call import ShiftRole
from rules.domain.rota import Finding, Shift, Wrong, findings

NOW = datetime(2026, 11, 19, 6, 0, tzinfo=UTC)


def _shift(number: int, from_h: int, to_h: int, *, role: ShiftRole = ShiftRole.ON_CALL, phone: bool = True,
           disabled: bool = False) -> Shift:  # fmt: skip
    return Shift(
        id=number, role=role, who=f"user:{number}", from_at=NOW + timedelta(hours=from_h),
        to_at=NOW + timedelta(hours=to_h), has_phone=phone, disabled=disabled,
    )  # fmt: skip


def _hours(found: list[Finding]) -> list[tuple[Wrong, float, float]]:
    return [
        (one.wrong, (one.from_at - NOW) / timedelta(hours=1), (one.to_at - NOW) / timedelta(hours=1)) for one in found
    ]


def test_a_week_with_somebody_who_can_be_rung_at_every_hour_is_right() -> None:
    assert findings([_shift(1, -5, 100), _shift(2, 90, 200)], now=NOW) == []


def test_gaps_are_named_and_who_has_no_number_covers_nothing() -> None:
    shifts = [_shift(1, 0, 24), _shift(2, 24, 48, phone=False), _shift(3, 48, 168), _shift(4, 30, 40, disabled=True)]
    assert _hours(findings(shifts, now=NOW)) == [
        (Wrong.GAP, 24, 48), (Wrong.NO_NUMBER, 24, 48), (Wrong.SWITCHED_OFF, 30, 40),
    ]  # fmt: skip


def test_a_desk_needs_no_telephone_and_what_is_over_no_longer_matters() -> None:
    shifts = [_shift(1, 0, 200), _shift(2, 0, 8, role=ShiftRole.DESK, phone=False), _shift(3, -9, -1, phone=False)]
    assert findings(shifts, now=NOW) == []


def test_a_channel_is_tested_daily_by_daylight_and_sooner_while_it_is_broken() -> None:
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Asia/Shanghai")  # it is 14:00 there

    def asks(age_h: float, passed: bool | None, at: datetime = NOW) -> bool:
        return due(Last(begun_at=at - timedelta(hours=age_h), passed=passed), now=at, timezone=zone)

    assert due(None, now=NOW, timezone=zone)
    assert not asks(1, True)
    assert asks(23.6, True)
    assert not asks(23.6, True, NOW + timedelta(hours=12)), "two in the morning"
    assert asks(24.9, True, NOW + timedelta(hours=12)), "but for what would lapse before the morning"
    assert not asks(0.1, False)
    assert asks(0.3, False)
    assert not asks(30, None), "one that runs is waited for"
