"""Whether a message has been seen before (invariant 2): doubt is decided by what is at stake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

#: An alarm is a copy only of one whose last copy came less than this ago.
ALARM_COPY_WITHIN_S: Final = 24 * 3600
#: Telemetry is told apart for this long (contract.md, part 2).
TELEMETRY_COPY_WITHIN_S: Final = 48 * 3600


class Reason(StrEnum):
    FIRST_OF_ITS_ID = "first_of_its_id"
    COPY = "copy"
    COPY_TOO_OLD_TO_TRUST = "copy_too_old_to_trust"
    ID_REUSED = "id_reused"
    NO_IDENTITY_REPEAT = "no_identity_repeat"
    NO_IDENTITY = "no_identity"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Whether it changes nothing, and why. `id_reused` is a mark on the new event."""

    duplicate: bool
    reason: Reason
    id_reused: bool = False


def judge(*, last_copy_at: datetime | None, other_digest_seen: bool, alarm: bool, now: datetime) -> Verdict:
    """Judge an event with an id.

    `last_copy_at` is when the last one of equal device, id and digest (of type and device time) came;
    `other_digest_seen` whether the same id came with another digest.
    """
    if last_copy_at is None:
        if other_digest_seen:
            return Verdict(duplicate=False, reason=Reason.ID_REUSED, id_reused=True)
        return Verdict(duplicate=False, reason=Reason.FIRST_OF_ITS_ID)
    within_s = ALARM_COPY_WITHIN_S if alarm else TELEMETRY_COPY_WITHIN_S
    if now - last_copy_at < timedelta(seconds=within_s):
        return Verdict(duplicate=True, reason=Reason.COPY)
    return Verdict(duplicate=False, reason=Reason.COPY_TOO_OLD_TO_TRUST, id_reused=True)


def judge_without_identity(*, incident_open: bool) -> Verdict:
    """Judge a repeat from a source that gives neither id nor time: only an open incident may absorb it."""
    if incident_open:
        return Verdict(duplicate=True, reason=Reason.NO_IDENTITY_REPEAT)
    return Verdict(duplicate=False, reason=Reason.NO_IDENTITY)
