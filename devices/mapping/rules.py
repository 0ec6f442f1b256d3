"""Rules in a mapping file: when something is reported, and what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from devices.event import ALARMS, FAULTS, PLACES, EventType
from devices.mapping.model import Bit, Meaning, Rule, Unknown
from devices.mapping.numbers import conditions
from devices.mapping.tables import Reader, shown, suggestion

#: More than any product has; each is looked at for each element of a message.
RULES_MAX: Final = 64
WORDS_MAX: Final = 512
TYPES_MAX: Final = 8
REPEAT_S_MAX: Final = 3_600.0
_BIT_MOST: Final = 63
_BIT_WORDS: Final = frozenset(map(str, range(_BIT_MOST + 1)))
#: The word for what is known and says nothing.
NOTHING: Final = "none"

KEYS: Final = ("when", "type", "path", "types", "bits", "split", "unknown", "state", "repeat_s")
_TYPES: Final = tuple(str(one) for one in EventType)
#: What somebody waits for: a word that could have been one of these is never passed over.
_CALLS: Final = ALARMS | FAULTS | PLACES


def rules(file: Reader) -> tuple[Rule, ...]:
    """Return the rules, in their order."""
    found = enumerate(file.tables("rule", KEYS, RULES_MAX), start=1)
    return tuple(rule for number, table in found if (rule := _rule(number, table)) is not None)


def _rule(number: int, table: Reader) -> Rule | None:
    kind = table.exactly_one_of(("type", "types", "bits"))
    if kind is None:
        return None
    _check_company(table, kind)
    words = _words(table) if kind == "types" else None
    return Rule(
        number=number,
        when=conditions(table, "when"),
        types=_meaning(table, ("type",), table.raw("type")) if kind == "type" else (),
        paths=table.paths("path"),
        words=words,
        bits=tuple(_bits(table)) if kind == "bits" else (),
        split=table.text("split"),
        unknown=_unknown(table, words or {}),
        is_state=table.flag("state", default=False),
        repeat_s=table.number("repeat_s", 0, REPEAT_S_MAX) or 0.0,
    )


def _check_company(table: Reader, kind: str) -> None:
    if kind == "type":
        for key in ("path", "split", "unknown"):
            if key in table:
                table.note(key, "goes with types, not with type; a condition's path stands inside when")
        if "when" not in table:
            table.note("when", "is missing; expected what must hold for this type to be reported")
        return
    if "path" not in table:
        table.note("path", f"is missing; expected where the {'word' if kind == 'types' else 'number'} stands")
    if kind == "bits":
        for key in ("split", "unknown"):
            if key in table:
                table.note(key, "goes with types, not with bits")


def _words(table: Reader) -> dict[str, Meaning]:
    entries = table.entries("types") or {}
    if len(entries) > WORDS_MAX:
        table.note("types", f"expected at most {WORDS_MAX} words")
        return {}
    return {word.strip(): _meaning(table, ("types", word), value) for word, value in entries.items()}


def _meaning(table: Reader, key: tuple[str, ...], value: Any) -> Meaning:
    """A type, several, or `none`."""
    words = value if isinstance(value, list) else [value]
    if value == NOTHING and len(key) > 1:
        return ()
    if not 0 < len(words) <= TYPES_MAX:
        table.notes.add((*table.where, *key), f"expected 1 to {TYPES_MAX} types")
        return ()
    return tuple(one for word in words if (one := _type(table, key, word)) is not None)


def _type(table: Reader, key: tuple[str, ...], word: object) -> EventType | None:
    if isinstance(word, str) and word in _TYPES:
        return EventType(word)
    near = suggestion(word, _TYPES) if isinstance(word, str) else ""
    alone = f', or "{NOTHING}"' if len(key) > 1 else ""
    expected = f"expected a type of the wire contract, such as sos or smoke_clear{alone}"
    table.notes.add((*table.where, *key), f"{shown(word)} is no type{near or ';'} {expected}")
    return None


def _bits(table: Reader) -> Iterator[Bit]:
    for word, value in (table.entries("bits") or {}).items():
        if word not in _BIT_WORDS:
            table.notes.add((*table.where, "bits", word), f"expected the number of a bit, 0 to {_BIT_MOST}")
        elif isinstance(value, Mapping):
            inner = Reader(value, (*table.where, "bits", word), table.notes, ("set", "clear"))
            yield Bit(number=int(word), set=_side(inner, "set"), clear=_side(inner, "clear"))
        else:
            yield Bit(number=int(word), set=_meaning(table, ("bits", word), value))


def _side(table: Reader, key: str) -> Meaning:
    return _meaning(table, (key,), table.raw(key)) if key in table else ()


def _unknown(table: Reader, words: Mapping[str, Meaning]) -> Unknown | Meaning:
    told = table.text("unknown")
    if told is None or told == Unknown.REJECT:
        return Unknown.REJECT
    if told != Unknown.IGNORE:
        return _unknown_type(table, told)
    calls = sorted({str(one) for meaning in words.values() for one in meaning if one in _CALLS})
    if calls:
        table.note(
            "unknown",
            f'"ignore" hides a new word for {calls[0]}: expected "reject" or a type; known ones may be "{NOTHING}"',
        )
    return Unknown.IGNORE


def _unknown_type(table: Reader, told: str) -> Meaning:
    if told in _TYPES:
        return (EventType(told),)
    table.note("unknown", f'expected "reject", "ignore" or a type, not {shown(told)}{suggestion(told, _TYPES)}')
    return ()
