from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from rules.domain.chain import GENESIS, SALT_BYTES, Entry, Stored, anchor, hash_of, seal, stored, text_of, verify

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
SALT = bytes(range(SALT_BYTES))


def entry(seq: int, **changes: object) -> Entry:
    plain = Entry(incident_id=7, seq=seq, at=NOW, actor="user:3", action="note")
    return replace(plain, **changes)  # type: ignore[arg-type]  # a test's short hand


def chain(length: int) -> list[Stored]:
    links: list[Stored] = []
    for seq in range(1, length + 1):
        links.append(stored(entry(seq), links[-1].hash if links else GENESIS))
    return links


def test_the_exact_text_is_canonical_and_will_never_change() -> None:
    full = entry(
        2,
        at=NOW.astimezone(timezone(timedelta(hours=8))),
        from_="open",
        to="claimed",
        facts=(("priority", "P1"), ("desk", 4)),
        text_digest=b"\x01\xff",
    )
    assert text_of(full) == (
        '{"action":"note","actor":"user:3","at":"2026-11-19T06:30:00.000000+00:00",'
        '"facts":{"desk":4,"priority":"P1"},"from":"open","incident":7,"seq":2,"text":"01ff","to":"claimed","v":1}'
    )


def test_a_whole_chain_verifies() -> None:
    assert verify(chain(5)) is None
    assert verify([]) is None


@pytest.mark.parametrize("at", [0, 2, 4])
def test_a_changed_text_is_found_where_it_is(at: int) -> None:
    links = chain(5)
    links[at] = replace(links[at], text=links[at].text.replace("note", "gone"))
    assert verify(links) == at + 1


def test_a_changed_text_with_a_hash_made_to_fit_is_found_at_the_next() -> None:
    links = chain(3)
    forged = links[0].text.replace("note", "gone")
    links[0] = replace(links[0], text=forged, hash=hash_of(GENESIS, forged))
    assert verify(links) == 2


def test_a_missing_a_doubled_and_a_swapped_entry_are_found() -> None:
    links = chain(4)
    assert verify([links[0], links[2], links[3]]) == 2
    assert verify([links[0], links[0], links[1]]) == 2
    assert verify([links[0], links[2], links[1], links[3]]) == 2
    assert verify(links[1:]) == 1


def test_a_text_that_names_another_seq_or_nothing_is_broken() -> None:
    other = text_of(entry(9))
    assert verify([Stored(seq=1, text=other, hash=hash_of(GENESIS, other))]) == 1
    for junk in ("no json", "[1]", "{}"):
        assert verify([Stored(seq=1, text=junk, hash=hash_of(GENESIS, junk))]) == 1


def test_personal_text_enters_only_as_a_digest_so_it_can_be_erased() -> None:
    sealed = stored(entry(1, text_digest=seal(SALT, "spoke with Mrs Wang")), GENESIS)
    assert "Wang" not in sealed.text
    assert verify([sealed]) is None


def test_the_same_text_under_another_salt_is_another_digest() -> None:
    assert seal(SALT, "fell") != seal(SALT[::-1], "fell")
    with pytest.raises(ValueError, match="salt"):
        seal(b"short", "fell")


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        text_of(entry(1, at=datetime(2026, 11, 19)))  # noqa: DTZ001 - the very mistake


def test_an_anchor_does_not_depend_on_the_order_of_the_heads_but_on_each_of_them() -> None:
    heads = [(1, 4, b"a"), (2, 1, b"b")]
    assert anchor(GENESIS, heads) == anchor(GENESIS, heads[::-1])
    assert anchor(GENESIS, heads) != anchor(GENESIS, heads[:1])
    assert anchor(GENESIS, heads) != anchor(b"other", heads)
