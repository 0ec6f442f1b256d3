"""Grace after an outage of our own: what nobody could hear is not held against a device, for a while that ends.

It belongs to a lane. A lane is out from when its lease ran out until it is held again, and whenever no engine looked
for longer than `LOOK_GAP_S`. Which lane a device speaks through is not stored; it is told by the lane's filters, and
a lane that carries no sign of life (alarm topics only) gives no grace.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

#: Longer than this between two looks means that we, or the database, were away: nobody can say who was heard.
LOOK_GAP_S: Final = 15.0
#: A lane holds verdicts for at most so long in a day. An outage in which an engine was awake counts itself; one in
#: which nobody looked, and so no verdict could be spoken, counts from its end.
HOLD_PER_DAY_S: Final = 1800
#: After an outage verdicts wait as long as it lasted, at most this: the broker's queue drains, devices speak again.
AFTER_MOST_S: Final = 1800
#: However long the outage, a device is held for at most so many of its intervals.
HELD_INTERVALS: Final = 2
CANONICAL: Final = "canonical"
_CANONICAL_PREFIX: Final = "sw/v1/"
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class LaneOutage:
    """A time in which a lane heard nothing; `to_at` is None while it lasts."""

    lane: str
    from_at: datetime
    to_at: datetime | None
    filters: tuple[str, ...] = ()
    unseen: bool = False  #: found out afterwards: nobody looked


@dataclass(frozen=True, kw_only=True, slots=True)
class Holding:
    """A time in which a lane's outage holds verdicts; from `counts_from` on it uses up the day's allowance."""

    lane: str
    from_at: datetime
    counts_from: datetime
    to_at: datetime
    filters: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Of the day's allowance."""
        return (self.to_at - self.counts_from).total_seconds()


def holdings(outages: Iterable[LaneOutage], *, now: datetime) -> list[Holding]:
    """What each outage holds, oldest first; in no day does one lane hold for more than `HOLD_PER_DAY_S`."""
    held: dict[str, list[Holding]] = {}
    for outage in sorted(outages, key=lambda one: one.from_at):
        before = held.setdefault(outage.lane, [])
        begins = outage.to_at if outage.unseen and outage.to_at is not None else outage.from_at
        # One that begins while another still holds goes on from there.
        counts_from = max([begins, *(one.to_at for one in before)])
        budget_s = HOLD_PER_DAY_S - sum(one.seconds for one in before if one.to_at > counts_from - _DAY)
        to_at = min(_wanted_end(outage, now), counts_from + timedelta(seconds=max(0.0, budget_s)))
        if to_at > counts_from:
            before.append(
                Holding(
                    lane=outage.lane, from_at=min(outage.from_at, counts_from), counts_from=counts_from, to_at=to_at,
                    filters=outage.filters,
                )
            )  # fmt: skip
    return [one for each in held.values() for one in each]


def _wanted_end(outage: LaneOutage, now: datetime) -> datetime:
    if outage.to_at is None:
        return now + timedelta(seconds=AFTER_MOST_S)
    lasted_s = (outage.to_at - outage.from_at).total_seconds()
    return outage.to_at + timedelta(seconds=min(lasted_s, AFTER_MOST_S))


def concerns(filters: Sequence[str], source: str) -> bool:
    """Whether a lane with these filters can carry signs of life of a source's devices.

    Canonical topics are ours, so a lane of them carries canonical devices and no other; alarm topics alone carry no
    heartbeat. A lane whose filters are not known concerns everybody.
    """
    if not filters:
        return True
    if source == CANONICAL:
        return any(_of_ours(one) and not one.endswith("/alarm") for one in filters)
    return any(not _of_ours(one) for one in filters)


def _of_ours(filter_: str) -> bool:
    # A shared subscription names its group first.
    bare = filter_.split("/", 2)[-1] if filter_.startswith("$share/") else filter_
    return bare.startswith(_CANONICAL_PREFIX)


def held_until(
    late_from: datetime, *, interval_s: float, source: str, held: Iterable[Holding], now: datetime
) -> datetime | None:
    """Until when the verdict on a device waits whose deadline was `late_from`; None where it is spoken now.

    A device that was late before the outage began gets nothing by it.
    """
    # Two intervals from when it was late and could have been told so: while nobody looked, no time passed for it.
    ends = [
        min(one.to_at, max(late_from, one.counts_from) + timedelta(seconds=HELD_INTERVALS * interval_s))
        for one in held
        if one.from_at <= late_from < one.to_at and concerns(one.filters, source)
    ]
    until = max(ends, default=None)
    return until if until is not None and until > now else None
