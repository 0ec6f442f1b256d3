"""Vendors' entries of the ledger against what is stored: found by the time they told, or counted."""

from __future__ import annotations

import bisect
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

from devices.event import EPOCH
from simulator.ledger import ForeignEntry
from simulator.wording import Compared

#: The platform's clock and the simulator's may differ by as much, and the run before ended earlier.
CLOCKS_APART: Final = timedelta(seconds=1)
#: A gateway stamps what it finds in its line with one receipt, and of two equal reports with neither id nor time that
#: bear one receipt it keeps one. On a busy machine that is as much as came in so long.
ONE_READ: Final = timedelta(milliseconds=50)
_MICROSECOND: Final = timedelta(microseconds=1)


class Told(Protocol):
    """One stored event of a device: when it was by its own clock, when it came first, and how often it was told."""

    @property
    def type(self) -> str: ...

    @property
    def at(self) -> datetime: ...

    @property
    def received_at(self) -> datetime: ...

    @property
    def copies(self) -> int: ...

    @property
    def incident(self) -> str | None: ...


class Verdict(NamedTuple):
    """What became of one entry: how often it is stored, and its incident where it is an alarm's."""

    entry: ForeignEntry
    stored: int
    incident: str | None


def since_of(entries: Iterable[ForeignEntry]) -> datetime:
    """From when on stored events can be of this run."""
    first = min((entry.made_at for entry in entries if entry.made_at is not None), default=None)
    return EPOCH if first is None else datetime.fromisoformat(first) - CLOCKS_APART


def judge(entries: Sequence[ForeignEntry], stored: Sequence[Told], since: datetime) -> Iterator[Verdict]:
    """Yield a verdict on each entry of one device.

    `stored` is what the device told since, be it new or counted on an older event. An entry that was perhaps no news is
    not judged: it only excuses one event too many.
    """
    told: defaultdict[str, list[Told]] = defaultdict(list)
    for each in stored:
        told[each.type].append(each)
    meant: defaultdict[tuple[str, bool], list[ForeignEntry]] = defaultdict(list)
    for entry in entries:
        meant[entry.type, entry.by is Compared.TIME].append(entry)
    for (type_, has_time), those in meant.items():
        found = sorted(told[type_], key=lambda each: each.received_at)
        yield from _by_time(those, found) if has_time else _by_number(those, found, since)


# -- formats that tell a time -------------------------------------------------------------------------------------


def _by_time(entries: Sequence[ForeignEntry], told: Sequence[Told]) -> Iterator[Verdict]:
    """Each entry has an event of its time; or, where the format takes two so near for one, of its neighbour's."""
    at: defaultdict[int, list[Told]] = defaultdict(list)
    unit_us = round(entries[0].unit_s * 1e6)
    for each in told:
        at[_ticks(each.at, unit_us)].append(each)
    ticks = sorted(at)
    judged: set[int] = set()
    for entry in sorted(entries, key=lambda each: str(each.at)):
        tick = _ticks(datetime.fromisoformat(str(entry.at)), unit_us)
        own = at.get(tick, [])
        if not own:
            near = _near(ticks, tick, round(entry.within_s * 1e6 / unit_us))
            yield Verdict(entry, 0, None) if near is None else Verdict(entry, 1, at[near][0].incident)
            continue
        incident = next((each.incident for each in own if each.incident is not None), None)
        # A repetition is counted on the event whose incident is open; where there is none, each message stands.
        most = 1 if incident is not None else entry.reports
        yield Verdict(entry, len(own) - most + 1 if len(own) > most and tick not in judged else 1, incident)
        judged.add(tick)


def _ticks(at: datetime, unit_us: int) -> int:
    return (at - EPOCH) // _MICROSECOND // unit_us


def _near(ticks: Sequence[int], tick: int, within: int) -> int | None:
    place = bisect.bisect_left(ticks, tick)
    return next((each for each in ticks[max(0, place - 1) : place + 1] if abs(each - tick) <= within), None)


# -- formats that tell none ---------------------------------------------------------------------------------------


def _by_number(entries: Sequence[ForeignEntry], told: Sequence[Told], since: datetime) -> Iterator[Verdict]:
    """As many events as there were; which is which nobody can tell, so they are paired in order."""
    sure = [entry for entry in entries if entry.by is not Compared.PERHAPS]
    if not sure:
        return
    new = [each for each in told if each.received_at >= since]
    stored = _stored(sure, new, has_old=len(new) < len(told))
    most = len(entries) + sum(entry.again_at is not None for entry in sure)
    doubled = max(0, len(new) - most)
    for number, entry in enumerate(sure):
        if number >= stored:
            yield Verdict(entry, 0, None)
            continue
        event = new[min(number, len(new) - 1)] if new else told[-1]
        # The surplus stands with the first.
        yield Verdict(entry, 1 + (doubled if number == 0 else 0), event.incident)


def _stored(entries: Sequence[ForeignEntry], new: Sequence[Told], *, has_old: bool) -> int:
    """How many of the entries are there. What stood before the run is counted on its older event."""
    match entries[0].by:
        case Compared.WORD:
            return len(entries) if new or has_old else 0
        case Compared.REPORTS:
            # Presses so near that a source takes them for one: each message about them is counted on the first.
            heard = sum(each.copies for each in new)
            return len(entries) if heard >= sum(entry.reports for entry in entries) else min(len(new), len(entries))
        case _:
            there = len(new) + has_old
            return min(len(entries), there + _perhaps_one(entries)) if there else 0


def _perhaps_one(entries: Sequence[ForeignEntry]) -> int:
    """How many changes the broker took over so soon after one of their kind that one read may have held both."""
    taken = sorted(datetime.fromisoformat(each.puback_at) for each in entries if each.puback_at is not None)
    return sum(later - earlier < ONE_READ for earlier, later in itertools.pairwise(taken))
