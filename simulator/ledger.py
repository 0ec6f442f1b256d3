"""The ledger: one line for every event a device meant to deliver, readable after a kill at any moment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from devices.event import EventType
from simulator.clock import Clock
from simulator.errors import LedgerUnreadable
from simulator.plan import Planned
from simulator.wording import Compared, Meant
from simulator.words import FAMILIES

#: Marks in one line at most, so that no line grows without bound.
_MARKS_PER_LINE: Final = 1000
_LINES_PER_WRITE: Final = 1000


class Entry(msgspec.Struct, kw_only=True):
    """One event meant to be delivered. Times are RFC 3339 of the simulator's clock, `at` is the device's own.

    `acked_at` is when the platform's `ack` came, `puback_at` when the broker took the event over, `given_up_at` when
    the device had to drop it because its own buffer was full. `subject` is whose trouble an alarm is.
    """

    device: str
    id: str
    type: EventType
    at: str | int
    acked_at: str | None = None
    puback_at: str | None = None
    made_at: str | None = None
    given_up_at: str | None = None
    subject: str | None = None
    resent: bool = False

    @property
    def settled(self) -> bool:
        """Whether nothing more will be said of it: both acknowledgements for what is resent, one for telemetry."""
        if self.given_up_at is not None:
            return True
        return self.puback_at is not None and (self.acked_at is not None or not self.resent)


class ForeignEntry(Entry, kw_only=True):
    """One event of a vendor's format, which holds no id of ours: `id` is the simulator's own name for it.

    `at` is what the format told, to `unit_s`, or when it happened where it tells none. `by` and what stands beside it
    say how it is found (`simulator.wording.Meant`); `again_at` when it was sent again because a connection broke, so
    that a format without an identity may have it twice.
    """

    by: Compared
    unit_s: float = 0.0
    within_s: float = 0.0
    reports: int = 1
    again_at: str | None = None


class _Marks(msgspec.Struct, kw_only=True):
    """A journal line that says of earlier lines: acknowledged, taken over, given up."""

    of: list[tuple[str, str]]
    acked_at: str | None = None
    puback_at: str | None = None
    given_up_at: str | None = None
    again_at: str | None = None


_encoder = msgspec.json.Encoder()
_entry_decoder = msgspec.json.Decoder(Entry)
_foreign_decoder = msgspec.json.Decoder(ForeignEntry)
_marks_decoder = msgspec.json.Decoder(_Marks)


class Ledger:
    """Appends lines; `flush()` hands them to the operating system, after which a kill of this process loses none.

    The file is a journal while the run lasts: events first, marks after them. `compact()` makes one line of each event.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
        self._lines: list[str] = []
        self._acked: list[tuple[str, str]] = []
        self._taken: list[tuple[str, str]] = []
        self._given_up: list[tuple[str, str]] = []
        self._again: list[tuple[str, str]] = []

    def made(self, planned: Planned) -> None:
        """Note an event before it is sent."""
        # Written by hand, for it is half of what a load run does; ids and types need no escaping.
        at = planned.at if isinstance(planned.at, int) else f'"{planned.at}"'
        whose = f',"subject":"{planned.device.subject}"' if planned.type in FAMILIES else ""
        resent = ',"resent":true' if planned.alarm else ""
        how = "" if planned.meant is None else _how(planned.meant)
        self._lines.append(
            f'{{"device":"{planned.device.id}","id":"{planned.id}","type":"{planned.type}","at":{at}{whose}{resent}{how}'
        )

    def acked(self, device: str, event_id: str) -> None:
        self._acked.append((device, event_id))

    def taken_over(self, device: str, event_id: str) -> None:
        self._taken.append((device, event_id))

    def given_up(self, device: str, event_id: str) -> None:
        self._given_up.append((device, event_id))

    def sent_again(self, device: str, event_id: str) -> None:
        self._again.append((device, event_id))

    def flush(self) -> None:
        """Write what was noted since the last flush.

        A full disk raises OSError and ends the run: without a ledger it proves nothing.
        """
        if not (self._lines or self._acked or self._taken or self._given_up or self._again):
            return
        now = rfc3339(self._clock.now())
        end = f',"made_at":"{now}"}}\n'
        data = "".join([line + end for line in self._lines]).encode()
        # What was sent again before what settles it.
        marked = (("again_at", self._again), ("acked_at", self._acked), ("puback_at", self._taken))
        for name, marks in (*marked, ("given_up_at", self._given_up)):
            for first in range(0, len(marks), _MARKS_PER_LINE):
                data += _encoder.encode({name: now, "of": marks[first : first + _MARKS_PER_LINE]}) + b"\n"
            marks.clear()
        self._lines.clear()
        _write_all(self._fd, data)

    def close(self) -> None:
        """Flush and compact; the finished file replaces the journal in one step."""
        self.flush()
        os.close(self._fd)
        compact(self.path)


class NoLedger(Ledger):
    """Where nobody asked for a ledger."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(Path(os.devnull), clock)

    def made(self, planned: Planned) -> None: ...

    def acked(self, device: str, event_id: str) -> None: ...

    def taken_over(self, device: str, event_id: str) -> None: ...

    def given_up(self, device: str, event_id: str) -> None: ...

    def sent_again(self, device: str, event_id: str) -> None: ...

    def flush(self) -> None: ...

    def close(self) -> None:
        os.close(self._fd)


def read(path: Path) -> Iterator[Entry]:
    """Yield one entry an event, from a journal or a finished ledger alike.

    Memory is bounded by what is not yet settled, not by the file. A last line that broke off in a kill is left out,
    as nothing of it was sent. Raises LedgerUnreadable with the line's number, OSError where there is no file.
    """
    unsettled: dict[tuple[str, str], Entry] = {}
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith(b"\n"):
                break
            try:
                yield from _apply(line, unsettled)
            except msgspec.DecodeError as error:
                raise LedgerUnreadable(f"{path}, line {number}: {error}") from error
    yield from unsettled.values()


def _apply(line: bytes, unsettled: dict[tuple[str, str], Entry]) -> Iterator[Entry]:
    if line.startswith(b'{"device"'):
        entry = (_foreign_decoder if b'"by":"' in line else _entry_decoder).decode(line)
        unsettled[entry.device, entry.id] = entry
        keys = [(entry.device, entry.id)]
    else:
        marks = _marks_decoder.decode(line)
        keys = marks.of
        for key in keys:
            _mark(unsettled.get(key), marks)
    for key in keys:
        known = unsettled.get(key)
        if known is not None and known.settled:
            yield unsettled.pop(key)


def _mark(entry: Entry | None, marks: _Marks) -> None:
    # A settled entry is gone already: a second acknowledgement says nothing new.
    if entry is not None:
        entry.acked_at = entry.acked_at or marks.acked_at
        entry.puback_at = entry.puback_at or marks.puback_at
        entry.given_up_at = entry.given_up_at or marks.given_up_at
        if isinstance(entry, ForeignEntry):
            entry.again_at = entry.again_at or marks.again_at


def compact(path: Path) -> None:
    """Rewrite a journal as one line an event; until the new file is whole the old one stands."""
    whole = path.with_name(path.name + ".compact")
    with whole.open("wb") as out:
        lines: list[bytes] = []
        for entry in read(path):
            lines.append(_encoder.encode(entry) + b"\n")
            if len(lines) >= _LINES_PER_WRITE:
                out.write(b"".join(lines))
                lines.clear()
        out.write(b"".join(lines))
    whole.replace(path)


def rfc3339(moment: datetime) -> str:
    """Return RFC 3339 with milliseconds and Z."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _how(meant: Meant) -> str:
    return f',"by":"{meant.by}","unit_s":{meant.unit_s},"within_s":{meant.within_s},"reports":{meant.reports}'


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
