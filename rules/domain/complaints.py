"""Complaints: what they are about, and by when they are acknowledged and answered (centre.md, 37)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

ACKNOWLEDGE_DAYS: Final = 1
ANSWER_DAYS: Final = 15
_SATURDAY: Final = 5


class ComplaintChannel(StrEnum):
    """How it came."""

    PHONE = "phone"
    HOTLINE = "hotline"
    LETTER = "letter"
    IN_PERSON = "in_person"
    ONLINE = "online"
    OTHER = "other"


class ComplaintSubject(StrEnum):
    """What it is about."""

    ANSWER = "answer"  #: how, or how late, a call was answered
    DISPATCH = "dispatch"
    CONDUCT = "conduct"
    DEVICE = "device"
    PRIVACY = "privacy"
    FEES = "fees"
    OTHER = "other"


class Finding(StrEnum):
    """What came out."""

    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    NOT_UPHELD = "not_upheld"
    WITHDRAWN = "withdrawn"


class ComplaintState(StrEnum):
    """How far it has come."""

    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"


def due_after(received_at: datetime, working_days: int, zone: ZoneInfo) -> datetime:
    """The end of the so-many-th working day after the day it came, at the site; Saturdays and Sundays are none."""
    day: date = received_at.astimezone(zone).date()
    while working_days:
        day += timedelta(days=1)
        working_days -= day.weekday() < _SATURDAY
    return datetime.combine(day + timedelta(days=1), time(0), tzinfo=zone)


def state_of(*, acknowledged: bool, answered: bool) -> ComplaintState:
    """The furthest it has come."""
    if answered:
        return ComplaintState.ANSWERED
    return ComplaintState.ACKNOWLEDGED if acknowledged else ComplaintState.RECEIVED
