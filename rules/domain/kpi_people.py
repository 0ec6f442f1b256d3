"""The figures of people, their devices and the visits to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rules.domain.kpi import Beside, By, Exclusion, Sample
from rules.domain.kpi_load import hour_groups
from rules.domain.kpi_read import Period
from rules.domain.vocabulary import LIFE_SAFETY_KINDS, ResidentStatus

FIRST_ATTEMPT_S: Final = 30
MONTHLY_TEST: Final = timedelta(days=35)
REPAIR_LIFE_SAFETY_S: Final = 24 * 3600.0
REPAIR_OTHER_S: Final = 72 * 3600.0

_NOT_THERE: Final[Mapping[str, Exclusion]] = {
    ResidentStatus.IN_HOSPITAL: Exclusion.IN_HOSPITAL,
    ResidentStatus.AWAY: Exclusion.AWAY_ALL_PERIOD,
    ResidentStatus.IN_CARE_HOME: Exclusion.IN_CARE_HOME,
    ResidentStatus.DIED: Exclusion.DIED,
    ResidentStatus.MOVED: Exclusion.MOVED,
    ResidentStatus.LEFT_SERVICE: Exclusion.LEFT_SERVICE,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ServedResident:
    """A resident: their status through the period, their tags, and whether a device of theirs works at its end."""

    id: int
    area: str | None
    tags: Sequence[str]
    statuses: Sequence[tuple[datetime, str]]  #: each from when, in order; before the first one `active`
    has_live_device: bool
    since: datetime
    visited: bool = False  #: a completed and proven visit in the period

    def status_at(self, at: datetime) -> str:
        return next((status for since, status in reversed(self.statuses) if since <= at), ResidentStatus.ACTIVE)

    def away_throughout(self, period: Period) -> str | None:
        """A status other than `active` that lasted from the first moment to the last; None where they were there."""
        changed = [since for since, _ in self.statuses if period.start < since < period.end]
        return None if changed else self.status_at(period.start)


def coverage(residents: Iterable[ServedResident], period: Period) -> Iterator[Sample]:
    """By target group: who of it has a working device on the last day."""
    gone = {ResidentStatus.DIED, ResidentStatus.MOVED, ResidentStatus.LEFT_SERVICE}
    for one in residents:
        status = one.status_at(period.end)
        for tag in one.tags:
            yield Sample(
                ref=f"resident:{one.id}", at=period.start, value=float(one.has_live_device),
                excluded=_NOT_THERE[status] if status in gone else None,
                groups={By.TAG: tag, **({By.AREA: one.area} if one.area is not None else {})},
            )  # fmt: skip


def monthly_visits(residents: Iterable[ServedResident], period: Period) -> Iterator[Sample]:
    """Residents in scope all month; whoever was not there is listed with the reason."""
    for one in residents:
        if one.since > period.start:
            continue
        yield Sample(
            ref=f"resident:{one.id}", at=period.start, value=float(one.visited),
            excluded=None if one.visited else _not_there(one, period),
            groups={By.AREA: one.area} if one.area is not None else {},
        )  # fmt: skip


def _not_there(one: ServedResident, period: Period) -> Exclusion | None:
    last = _NOT_THERE.get(one.status_at(period.end))
    if last in (Exclusion.DIED, Exclusion.MOVED, Exclusion.LEFT_SERVICE, Exclusion.IN_HOSPITAL):
        return last
    return _NOT_THERE.get(one.away_throughout(period) or "")


@dataclass(frozen=True, kw_only=True, slots=True)
class VisitFact:
    """A planned visit."""

    id: int
    from_at: datetime
    until_at: datetime
    state: str
    completed_at: datetime | None
    status: str  #: of the resident when its window opened
    area: str | None = None


def visits_in_time(visits: Iterable[VisitFact], period: Period) -> Iterator[Sample]:
    """Whether it was completed within its window."""
    for visit in visits:
        called_off = Exclusion.CALLED_OFF if visit.state == "called_off" else None
        waits = visit.completed_at is None and period.as_of < visit.until_at
        done = visit.completed_at is not None and visit.completed_at <= visit.until_at
        excluded = called_off or (None if done else _NOT_THERE.get(visit.status))
        yield Sample(
            ref=f"visit:{visit.id}", at=visit.from_at, value=float(done),
            excluded=excluded or (Exclusion.STILL_RUNNING if waits else None),
            groups=hour_groups(visit.from_at.astimezone(period.timezone), visit.area),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class RepairFact:
    """A fault of one device."""

    incident_id: int
    class_: str
    kind: str
    opened_at: datetime
    restored_at: datetime | None
    pressed_at: datetime | None  #: the first test or alarm after that
    absent: bool = False  #: nobody was at home, by a dated absence
    area: str | None = None


def repairs(faults: Iterable[RepairFact], period: Period) -> Iterator[Sample]:
    """From the fault to the device in its interval and, where a life depends on it, pressed once."""
    for fault in faults:
        life = fault.kind in LIFE_SAFETY_KINDS
        limit = REPAIR_LIFE_SAFETY_S if life else REPAIR_OTHER_S
        stop = fault.pressed_at if life else fault.restored_at
        runs = stop is None and (period.as_of - fault.opened_at).total_seconds() < limit
        excluded = Exclusion.ABSENCE if fault.absent else Exclusion.STILL_RUNNING if runs else None
        groups = hour_groups(fault.opened_at.astimezone(period.timezone), fault.area) | {By.CLASS: fault.class_}
        yield Sample(
            ref=f"incident:{fault.incident_id}", at=fault.opened_at, limit=limit, excluded=excluded, groups=groups,
            value=None if stop is None else max(0.0, (stop - fault.opened_at).total_seconds()),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class TestDue:
    """A life-safety device in use at the end of the period."""

    device_id: int
    since: datetime
    tested_at: datetime | None
    area: str | None = None
    model: str = ""


TestDue.__test__ = False  # type: ignore[attr-defined]  # a test runner takes the name for a test


def monthly_tests(devices: Iterable[TestDue], period: Period) -> Iterator[Sample]:
    """A device is due from its thirty-fifth day in use."""
    at = min(period.end, period.as_of)
    for device in devices:
        if at - device.since < MONTHLY_TEST:
            continue
        tested = device.tested_at is not None and at - device.tested_at <= MONTHLY_TEST
        groups = {By.MODEL: device.model, **({By.AREA: device.area} if device.area is not None else {})}
        yield Sample(ref=f"device:{device.device_id}", at=period.start, value=float(tested), groups=groups)


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivered:
    """Alarms of one type and day as they were received first; a miss stands alone."""

    ref: str
    at: datetime
    type: str
    alarms: int
    in_time: int  #: within half a minute of the device's own time, which could be trusted
    trusted: bool = True  #: False of an alarm without a time, or from a clock that is wrong: it proves nothing
    area: str | None = None


def first_attempts(delivered: Iterable[Delivered], period: Period) -> Iterator[Sample]:
    """The share that came at the first attempt; nothing is left out."""
    for one in delivered:
        groups = hour_groups(one.at.astimezone(period.timezone), one.area) | {By.CLASS: one.type}
        yield Sample(
            ref=one.ref, at=one.at, value=float(one.in_time), weight=float(one.alarms), groups=groups,
            missed=one.in_time < one.alarms,
            beside=frozenset() if one.trusted else frozenset({Beside.CLOCK_NOT_TRUSTED}),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class ProtectedHour:
    """How many residents of an area were protected at one hour."""

    hour: datetime
    area: str | None
    residents: int
    protected: int


def protected(hours: Iterable[ProtectedHour], period: Period) -> Iterator[Sample]:
    """Resident-hours with a working life-safety device, over all of them."""
    for one in hours:
        yield Sample(
            ref=f"time:{one.hour.isoformat()}", at=one.hour, value=float(one.protected), weight=float(one.residents),
            missed=one.protected < one.residents, groups=hour_groups(one.hour.astimezone(period.timezone), one.area),
        )  # fmt: skip
