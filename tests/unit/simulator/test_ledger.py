"""The ledger can be read at any moment of its life."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from devices.event import EventType
from rules.clock import FakeClock
from simulator.errors import LedgerUnreadable
from simulator.fleet import fleet
from simulator.ledger import Entry, ForeignEntry, Ledger, read
from simulator.plan import Planned
from simulator.wording import Compared, Meant

DEVICE = next(fleet(1, 1, 1))


def planned(number: int, word: EventType = EventType.SOS) -> Planned:
    return Planned(
        DEVICE, f"run-{number}", word, 0.0, 1795325803713 if number % 2 else "2026-11-19T06:30:00.000Z", b"{}"
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


def test_an_unfinished_ledger_reads_as_what_was_flushed(path: Path) -> None:
    ledger = Ledger(path, FakeClock(datetime(2026, 11, 19, 6, 30, tzinfo=UTC)))
    for number in range(3):
        ledger.made(planned(number))
    ledger.flush()
    ledger.taken_over(DEVICE.id, "run-1")
    ledger.acked(DEVICE.id, "run-1")
    ledger.flush()
    ledger.made(planned(3))  # never flushed, and so never sent
    entries = {entry.id: entry for entry in read(path)}
    assert set(entries) == {"run-0", "run-1", "run-2"}
    assert entries["run-1"].acked_at == entries["run-1"].puback_at == "2026-11-19T06:30:00.000Z"
    assert entries["run-0"].acked_at is None
    assert entries["run-0"].resent


def test_a_line_that_broke_off_in_a_kill_is_left_out(path: Path) -> None:
    ledger = Ledger(path, FakeClock())
    ledger.made(planned(1))
    ledger.flush()
    with path.open("ab") as torn:
        torn.write(b'{"device":"sim1-00000-call","id":"ru')
    assert [entry.id for entry in read(path)] == ["run-1"]


def test_a_finished_ledger_has_one_line_an_event_with_the_contract_s_fields(path: Path) -> None:
    ledger = Ledger(path, FakeClock())
    for number in range(4):
        ledger.made(planned(number, EventType.LOCATION if number else EventType.SOS))
    ledger.flush()
    for number in (2, 1):
        ledger.taken_over(DEVICE.id, f"run-{number}")
    ledger.given_up(DEVICE.id, "run-3")
    ledger.close()
    lines = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    assert {line["id"] for line in lines} == {f"run-{number}" for number in range(4)}
    assert len(lines) == 4
    assert all({"device", "id", "type", "at", "acked_at", "puback_at"} <= set(line) for line in lines)
    assert {entry.id: entry.given_up_at is not None for entry in read(path)}["run-3"]


def test_a_second_acknowledgement_says_nothing_new(path: Path) -> None:
    ledger = Ledger(path, FakeClock())
    ledger.made(planned(1, EventType.VITALS))
    ledger.flush()
    for _ in range(2):
        ledger.taken_over(DEVICE.id, "run-1")
        ledger.flush()
    assert len(list(read(path))) == 1


def test_a_foreign_line_is_named_by_its_number(path: Path) -> None:
    path.write_text('{"device":1}\n')
    with pytest.raises(LedgerUnreadable, match="line 1"):
        list(read(path))


def test_an_entry_survives_its_own_line() -> None:
    entry = Entry(device="d", id="1", type=EventType.SOS, at=1, subject="p", resent=True)
    assert msgspec.json.decode(msgspec.json.encode(entry), type=Entry) == entry


def test_a_vendor_s_event_says_by_what_it_is_found_before_and_after_the_end(path: Path) -> None:
    ledger = Ledger(path, FakeClock(datetime(2026, 11, 19, 6, 30, tzinfo=UTC)))
    press = planned(0)
    press.alarm, press.meant = False, Meant(type=EventType.SOS, by=Compared.REPORTS, reports=2)
    ledger.made(press)
    ledger.made(planned(1))
    ledger.sent_again(DEVICE.id, press.id)
    ledger.taken_over(DEVICE.id, press.id)
    ledger.flush()
    (journal,) = [entry for entry in read(path) if isinstance(entry, ForeignEntry)]
    assert (journal.by, journal.reports, journal.resent) == (Compared.REPORTS, 2, False)
    assert journal.again_at == journal.puback_at == "2026-11-19T06:30:00.000Z"
    assert journal.settled, "nothing acknowledges it but the broker"
    ledger.close()
    assert [entry for entry in read(path) if isinstance(entry, ForeignEntry)] == [journal]
    ours = next(line for line in path.read_text().splitlines() if '"run-1"' in line)
    assert '"by"' not in ours, "our own form has what it always had"
