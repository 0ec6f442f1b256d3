"""The ledger against the database: what a device meant to deliver, and what is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, Protocol

from simulator.clock import Clock
from simulator.ledger import Entry, ForeignEntry
from simulator.told import Told, judge, since_of
from simulator.words import FAMILIES, RESENT

#: Ids asked for at once.
IDS_PER_LOOKUP: Final = 1000
#: Entries held at once; a ledger of any length is compared in this much memory.
ENTRIES_AT_ONCE: Final = 50_000
#: A broker killed with signal 9 may lose what it took over in its last second (architecture.md, Choices).
LAST_SECOND: Final = timedelta(seconds=1)
#: Between two looks at a database that is still storing.
SETTLE_PAUSE_S: Final = 2.0
#: Missing ids kept for the printed list; the count goes on.
MOST_NAMED: Final = 20
#: Where a caller of the command leaves `StoredEventsFactory`, in click's `Context.meta`.
STORED_EVENTS_KEY: Final = "simulator.stored_events"


class StoredEvents(Protocol):
    """What the database knows, as the simulator asks for it; the store implements it, the program hands it over."""

    async def lookup(self, device: str, ids: Sequence[str]) -> Mapping[str, int]:
        """Return how often each of these event ids of the device is stored; an id that is not may be left out."""
        ...

    async def incidents(self, device: str, ids: Sequence[str]) -> Mapping[str, str]:
        """Return the incident that each of these alarms of the device opened or joined; one without is left out."""
        ...

    async def told(self, device: str, types: Sequence[str], since: datetime) -> Sequence[Told]:
        """Return what this device told of these types since then, also where it was only counted on older events."""
        ...


StoredEventsFactory = Callable[[], AbstractAsyncContextManager[StoredEvents]]


@dataclass(kw_only=True, slots=True)
class Findings:
    """The comparison; every event of the ledger is counted once.

    `sent`, `stored` and `duplicated` are of all events, `missing` is of what is resent until acknowledged. Missing
    telemetry stands apart, and apart from that again what a killed broker lost of its last second. What a device gave
    up because its memory was full never left it.
    """

    sent: int = 0
    stored: int = 0
    missing: int = 0
    duplicated: int = 0
    telemetry_sent: int = 0
    telemetry_stored: int = 0
    telemetry_missing: int = 0
    telemetry_missing_last_second: int = 0
    given_up: int = 0
    alarms_without_incident: int = 0
    named: list[str] = field(default_factory=list)
    _expected: set[tuple[str, str]] = field(default_factory=set)
    _opened: set[str] = field(default_factory=set)

    @property
    def good(self) -> bool:
        """Whether nothing is missing, doubled or without its incident."""
        return not (self.waits_for_more or self.duplicated)

    @property
    def waits_for_more(self) -> bool:
        """Whether what is wrong could still be on its way."""
        return bool(self.missing or self.telemetry_missing or self.alarms_without_incident)

    def lines(self) -> list[str]:
        """Return the findings, one `name: number` a line, then what is missing or doubled by name."""
        numbers = {
            "sent": self.sent,
            "stored": self.stored,
            "missing": self.missing,
            "duplicated": self.duplicated,
            "telemetry sent": self.telemetry_sent,
            "telemetry stored": self.telemetry_stored,
            "telemetry missing": self.telemetry_missing,
            "telemetry missing in a killed broker's last second": self.telemetry_missing_last_second,
            "given up by devices": self.given_up,
            "incidents expected": len(self._expected),
            "incidents opened": len(self._opened),
            "alarms without incident": self.alarms_without_incident,
        }
        return [f"{name}: {number}" for name, number in numbers.items()] + self.named

    def add(self, entry: Entry, count: int, killed_at: Sequence[datetime]) -> None:
        """Count one event of the ledger that is stored `count` times."""
        self.sent += 1
        is_telemetry = not (entry.resent or (isinstance(entry, ForeignEntry) and entry.type in RESENT))
        self.telemetry_sent += is_telemetry
        if count:
            self.stored += 1
            self.telemetry_stored += is_telemetry
            if count > 1:
                self.duplicated += 1
                self._name("duplicated", entry)
        elif entry.given_up_at is not None:
            self.given_up += 1
        elif not is_telemetry:
            self.missing += 1
            self._name("missing", entry)
        elif _in_last_second(entry, killed_at):
            self.telemetry_missing_last_second += 1
        else:
            self.telemetry_missing += 1
            self._name("telemetry missing", entry)

    def add_incident(self, entry: Entry, incident: str | None) -> None:
        """Count a stored alarm's incident. One is expected for each subject and family of trouble."""
        self._expected.add((entry.subject or entry.device, FAMILIES[entry.type]))
        if incident is None:
            self.alarms_without_incident += 1
            self._name("without incident", entry)
        else:
            self._opened.add(incident)

    def _name(self, what: str, entry: Entry) -> None:
        if len(self.named) < MOST_NAMED:
            self.named.append(f"  {what}: {entry.device} {entry.id} {entry.type} made {entry.made_at}")


async def compare(entries: Iterable[Entry], stored: StoredEvents, killed_at: Sequence[datetime] = ()) -> Findings:
    """Compare a ledger with the database. Errors of the database leave here.

    What vendors' formats said is held until the end, some 500 bytes an event: it is counted, device by device.
    """
    findings = Findings()
    foreign: defaultdict[str, list[ForeignEntry]] = defaultdict(list)
    rest = _set_apart(entries, foreign)
    while batch := list(islice(rest, ENTRIES_AT_ONCE)):
        by_device: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in batch:
            by_device[entry.device].append(entry)
        for device, those in by_device.items():
            for first in range(0, len(those), IDS_PER_LOOKUP):
                await _compare_some(device, those[first : first + IDS_PER_LOOKUP], stored, killed_at, findings)
    await _compare_foreign(foreign, stored, killed_at, findings)
    return findings


async def compare_when_settled(
    entries: Callable[[], Iterable[Entry]],
    stored: StoredEvents,
    killed_at: Sequence[datetime],
    clock: Clock,
    settle_s: float,
) -> Findings:
    """Compare again and again until nothing is missing, or nothing more has been stored for `settle_s`.

    The broker takes telemetry over before it is stored, so a comparison right after a run finds some still on its way.
    """
    most, until_s = -1, 0.0
    while True:
        findings = await compare(entries(), stored, killed_at)
        if findings.stored > most:
            most, until_s = findings.stored, clock.monotonic() + settle_s
        if not findings.waits_for_more or clock.monotonic() >= until_s:
            return findings
        await clock.sleep(SETTLE_PAUSE_S)


async def _compare_some(
    device: str, entries: Sequence[Entry], stored: StoredEvents, killed_at: Sequence[datetime], findings: Findings
) -> None:
    counts = await stored.lookup(device, [entry.id for entry in entries])
    for entry in entries:
        findings.add(entry, counts.get(entry.id, 0), killed_at)
    alarms = [entry for entry in entries if entry.type in FAMILIES and counts.get(entry.id, 0)]
    if alarms:
        incidents = await stored.incidents(device, [entry.id for entry in alarms])
        for entry in alarms:
            findings.add_incident(entry, incidents.get(entry.id))


def _set_apart(entries: Iterable[Entry], foreign: dict[str, list[ForeignEntry]]) -> Iterator[Entry]:
    for entry in entries:
        if isinstance(entry, ForeignEntry):
            foreign[entry.device].append(entry)
        else:
            yield entry


async def _compare_foreign(
    foreign: Mapping[str, Sequence[ForeignEntry]],
    stored: StoredEvents,
    killed_at: Sequence[datetime],
    findings: Findings,
) -> None:
    since = since_of(entry for entries in foreign.values() for entry in entries)
    for device, entries in foreign.items():
        told = await stored.told(device, sorted({str(entry.type) for entry in entries}), since)
        for verdict in judge(entries, told, since):
            findings.add(verdict.entry, verdict.stored, killed_at)
            if verdict.stored and verdict.entry.type in FAMILIES:
                findings.add_incident(verdict.entry, verdict.incident)


def _in_last_second(entry: Entry, killed_at: Sequence[datetime]) -> bool:
    if entry.puback_at is None:
        return False
    taken_at = datetime.fromisoformat(entry.puback_at)
    return any(killed - LAST_SECOND <= taken_at <= killed for killed in killed_at)
