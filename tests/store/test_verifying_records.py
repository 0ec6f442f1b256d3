"""`audit verify`: an unbroken record passes, and every way of changing one is found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rules.domain.chain import GENESIS, Entry, Stored, hash_of, stored
from rules.domain.vocabulary import Class, Step
from store import anchors
from store.database import Database
from store.steps import Hand, Opening, StepRequest, open_by_hand, take_step
from store.verifying import Part, first_break, verify_all
from tests.town import CENTRE, NOW


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


# -- one changed byte, anywhere it could be changed ------------------------------------------------------------------


async def _recorded(db: Database) -> int:
    """A case with a claim and a note, anchored; what a person wrote stands in a sealed text."""
    opening = Opening(source="phone", class_=Class.SOS, note="she is on the kitchen floor")
    incident = await open_by_hand(db, opening, by=Hand(user_id=1), centre=CENTRE, now=NOW)
    hand = StepRequest(step=Step.CLAIM)
    await take_step(db, incident, hand, by=Hand(user_id=1), centre=CENTRE, now=NOW)
    note = StepRequest(step=Step.NOTE, text="the neighbour has the key")
    await take_step(db, incident, note, by=Hand(user_id=1), centre=CENTRE, now=NOW)
    await anchors.write(db, NOW)
    return incident


async def _found(db: Database, outside: dict[int, bytes] | None = None) -> list[tuple[Part, int | None]]:
    report = await verify_all(db, CENTRE.keyring, outside=outside)
    return [(broken.part, broken.seq) for broken in report.broken]


async def _tamper(db: Database, *statements: str) -> None:
    """As only who owns the tables can: with the triggers off."""
    for table in ("entry", "anchor"):
        await db.pool.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        await db.pool.execute(f"GRANT UPDATE, DELETE ON {table} TO CURRENT_USER")
    for statement in statements:
        await db.pool.execute(statement)


async def test_a_record_nobody_touched_verifies_with_its_texts_and_anchors(db: Database) -> None:
    await _recorded(db)
    report = await verify_all(db, CENTRE.keyring)
    assert (report.incidents, report.texts, report.anchors, report.broken) == (1, 2, 1, ())


@pytest.mark.parametrize(
    ("statement", "part", "seq"),
    [
        ("UPDATE entry SET fixed = overlay(fixed PLACING 'X' FROM 20 FOR 1) WHERE seq = 2", Part.ENTRY, 2),
        ("UPDATE entry SET hash = set_byte(hash, 5, get_byte(hash, 5) # 1) WHERE seq = 2", Part.ENTRY, 2),
        ("UPDATE entry SET action = 'released' WHERE seq = 2", Part.COLUMNS, 2),
        ("UPDATE entry SET at = at + interval '1 microsecond' WHERE seq = 3", Part.COLUMNS, 3),
        ("UPDATE entry_text SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) WHERE seq = 3", Part.TEXT, 3),
        ("UPDATE entry_text SET salt = set_byte(salt, 3, get_byte(salt, 3) # 1) WHERE seq = 1", Part.TEXT, 1),
        ("DELETE FROM entry_text WHERE seq = 3", Part.TEXT_MISSING, 3),
    ],
)
async def test_one_changed_byte_is_found_and_named(db: Database, statement: str, part: Part, seq: int) -> None:
    await _recorded(db)
    await _tamper(db, statement)
    assert (part, seq) in await _found(db)


async def test_a_whole_record_written_anew_verifies_by_itself_and_not_against_its_anchor(db: Database) -> None:
    incident = await _recorded(db)
    rows = await db.pool.fetch("SELECT seq, fixed FROM entry WHERE incident_id = $1 ORDER BY seq", incident)
    await _tamper(db)
    head = GENESIS
    for row in rows:
        text = row["fixed"].replace("claim", "close")
        head = hash_of(head, text)
        await db.pool.execute(
            "UPDATE entry SET fixed = $3, hash = $4, action = replace(action, 'claim', 'close')"
            " WHERE incident_id = $1 AND seq = $2",
            incident, row["seq"], text, head,
        )  # fmt: skip
    await db.pool.execute("UPDATE incident SET last_hash = $2 WHERE id = $1", incident, head)
    assert await _found(db) == [(Part.UNLIKE_ANCHOR, len(rows))]


async def test_anchors_written_anew_differ_from_what_was_kept_outside(db: Database) -> None:
    await _recorded(db)
    kept = {row["no"]: bytes(row["hash"]) for row in await db.pool.fetch("SELECT no, hash FROM anchor")}
    assert await _found(db, kept) == []
    assert await _found(db, {1: bytes(32)}) == [(Part.UNLIKE_OUTSIDE, None)]
    assert await _found(db, kept | {2: bytes(32)}) == [(Part.UNLIKE_OUTSIDE, None)], "the last ones were cut off"


async def test_an_erased_text_leaves_a_chain_that_verifies(db: Database) -> None:
    await _recorded(db)
    await db.pool.execute("UPDATE text_key SET wrapped = NULL, erased_at = now(), erased_rule = 'test'")
    await db.pool.execute("UPDATE entry_text SET salt = NULL, sealed = NULL, erased_at = now(), erased_rule = 'test'")
    report = await verify_all(db, CENTRE.keyring)
    assert (report.broken, report.erased) == ((), 2)
