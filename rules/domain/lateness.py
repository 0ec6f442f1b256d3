"""Whether an event is late or its device's clock is wrong (end of contract.md, part 2; invariant 11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

#: A device's time may differ from receipt by this and still count as the time of the event.
TOLERANCE_S: Final = 600
#: No device of ours was buffering before this: a time earlier is a clock that was never set.
EARLIEST: Final = datetime(2020, 1, 1, tzinfo=UTC)


class Reason(StrEnum):
    IN_TIME = "in_time"
    NO_DEVICE_TIME = "no_device_time"
    LATE_IN_FLUSH = "late_in_flush"
    LATE_CLOCK_PROVEN = "late_clock_proven"
    AHEAD_OF_RECEIPT = "ahead_of_receipt"
    CLOCK_NEVER_SET = "clock_never_set"
    CLOCK_UNPROVEN = "clock_unproven"


@dataclass(frozen=True, kw_only=True, slots=True)
class Lateness:
    """The marks, and the age at receipt in seconds; None where the device's time cannot be trusted."""

    late: bool
    clock_wrong: bool
    age_s: float | None
    reason: Reason


def judge(at: datetime | None, received_at: datetime, *, in_flush: bool, clock_proven: bool) -> Lateness:
    """Compare the device's time with the receipt.

    `in_flush`: it came in one message, or one burst, with others that the device had kept. `clock_proven`: another
    message of the device, sent live, showed its clock within the tolerance. A clock that is ahead is wrong whatever
    else is known: an event cannot be received before it happened.
    """
    if at is None:
        return Lateness(late=False, clock_wrong=False, age_s=None, reason=Reason.NO_DEVICE_TIME)
    age_s = (received_at - at).total_seconds()
    if abs(age_s) <= TOLERANCE_S:
        return Lateness(late=False, clock_wrong=False, age_s=max(0.0, age_s), reason=Reason.IN_TIME)
    if age_s < 0:
        return _wrong(Reason.AHEAD_OF_RECEIPT)
    if at < EARLIEST:
        return _wrong(Reason.CLOCK_NEVER_SET)
    if not (in_flush or clock_proven):
        return _wrong(Reason.CLOCK_UNPROVEN)
    reason = Reason.LATE_IN_FLUSH if in_flush else Reason.LATE_CLOCK_PROVEN
    return Lateness(late=True, clock_wrong=False, age_s=age_s, reason=reason)


def _wrong(reason: Reason) -> Lateness:
    return Lateness(late=False, clock_wrong=True, age_s=None, reason=reason)


def proves_clock(at: datetime | None, received_at: datetime) -> bool:
    """Whether a live message shows that its device's clock is right."""
    return at is not None and abs((received_at - at).total_seconds()) <= TOLERANCE_S
