"""A claim is a lease: renewed while the owner's stream answers, lapsed when it no longer does (invariant 8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

#: How long a claim holds without renewal.
LEASE_S: Final = 20
#: How often the server renews the claims of a stream that answers.
RENEW_EVERY_S: Final = 5


class Reason(StrEnum):
    HELD = "held"
    TERM_AFTER_OUTAGE = "term_after_outage"
    LAPSED = "lapsed"


@dataclass(frozen=True, kw_only=True, slots=True)
class LeaseVerdict:
    lapsed: bool
    reason: Reason


def lease_until(now: datetime) -> datetime:
    """Until when a claim taken or renewed now holds."""
    return now + timedelta(seconds=LEASE_S)


def judge(valid_until: datetime, *, now: datetime, resumed_at: datetime | None) -> LeaseVerdict:
    """Whether the claim has lapsed.

    `resumed_at` is when our own last outage ended (the start of the process, or the return of the database): nobody
    could renew before it, so every lease holds one more term from then.
    """
    if now < valid_until:
        return LeaseVerdict(lapsed=False, reason=Reason.HELD)
    if resumed_at is not None and now < resumed_at + timedelta(seconds=LEASE_S):
        return LeaseVerdict(lapsed=False, reason=Reason.TERM_AFTER_OUTAGE)
    return LeaseVerdict(lapsed=True, reason=Reason.LAPSED)


def lapsed_before(now: datetime, *, resumed_at: datetime | None) -> datetime | None:
    """Leases valid until this or earlier have lapsed; None while all have their extra term."""
    if resumed_at is not None and now < resumed_at + timedelta(seconds=LEASE_S):
        return None
    return now
