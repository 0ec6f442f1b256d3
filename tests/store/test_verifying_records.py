"""`audit verify`: an unbroken record passes, and every way of changing one is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rules.domain.chain import GENESIS, Entry, Stored, stored
from store.database import Database
from store.verifying import first_break, verify_all


def _row(entries: list[Stored], **changes: object) -> dict[str, object]:
    return {
        "seqs": [entry.seq for entry in entries],
        "texts": [entry.text for entry in entries],
        "hashes": [entry.hash for entry in entries],
        "last_seq": len(entries),
        "last_hash": entries[-1].hash if entries else GENESIS,
    } | changes


def _record(length: int) -> list[Stored]:
    at = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
    entries: list[Stored] = []
    for seq in range(1, length + 1):
        entry = Entry(incident_id=7, seq=seq, at=at + timedelta(seconds=seq), actor="system", action="opened")
        entries.append(stored(entry, entries[-1].hash if entries else GENESIS))
    return entries


@pytest.mark.parametrize("length", [0, 1, 5])
def test_an_unbroken_record_passes(length: int) -> None:
    row = _row(_record(length))
    assert first_break(row) is None
    assert first_break(row | ({"seqs": None, "texts": None, "hashes": None} if not length else {})) is None


def test_a_changed_text_an_entry_taken_out_and_one_cut_off_are_found() -> None:
    entries = _record(5)
    texts = [entry.text for entry in entries]
    texts[2] = texts[2].replace("opened", "closed")
    assert first_break(_row(entries, texts=texts)) == 3
    assert first_break(_row(entries[:2] + entries[3:])) == 3
    assert first_break(_row(entries[:4], last_seq=5, last_hash=entries[4].hash)) == 5
    assert first_break(_row(entries, last_seq=4, last_hash=entries[3].hash)) == 5
    assert first_break(_row(entries, last_hash=entries[3].hash)) == 5


async def test_an_empty_database_has_nothing_broken(db: Database) -> None:
    report = await verify_all(db)
    assert (report.incidents, report.entries, report.broken) == (0, 0, ())
