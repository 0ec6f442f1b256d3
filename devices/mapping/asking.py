"""From the rules of a mapping file to functions that say what an element reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from devices.event import ALARMS, EventType
from devices.mapping.model import Bit, Meaning, Rule, Unknown
from devices.mapping.paths import Frame, Get, first_of
from devices.mapping.values import all_hold
from devices.mapping.words import Words, word_of
from devices.text import clean
from devices.values import number

#: What an array of words or a joined text holds at most; longer is no list of alarms.
_WORDS_MAX: Final = 64
_ECHO_CHARACTERS_MAX: Final = 64
_BITS_MOST: Final = 2**64


class Said(NamedTuple):
    """What a rule found. No types and no new word: the value is known and says nothing."""

    types: Meaning = ()
    new_words: tuple[str, ...] = ()  #: that the table has not, made safe to show


#: None: the rule has nothing to say of this element.
Ask = Callable[[Frame], Said | None]

_NOTHING: Final = Said()


def ask_of(rule: Rule) -> Ask:
    """Return what a rule says of an element."""
    holds = all_hold(rule.when)
    if not rule.paths:
        said = Said(rule.types)
        return lambda frame: said if holds(frame) else None
    ask = _bits(first_of(rule.paths), rule.bits) if rule.bits else _words(rule, first_of(rule.paths))
    if not rule.when:
        return ask
    return lambda frame: ask(frame) if holds(frame) else None


def alarm_of(types: Meaning) -> EventType | None:
    """Return the first alarm among these."""
    return next((one for one in types if one in ALARMS), None)


def _words(rule: Rule, get: Get) -> Ask:
    split, unknown = rule.split, rule.unknown
    words: Words[Said | None] = Words({word: Said(meaning) for word, meaning in (rule.words or {}).items()})

    def ask(frame: Frame) -> Said | None:
        value = get(frame)
        if value is None:
            return None
        if split is not None and isinstance(value, str):
            value = [part.strip() for part in value.split(split, _WORDS_MAX) if part.strip()]
        if isinstance(value, list):
            return _several(words, value, unknown)
        return words.find(value, None) or (_NOTHING if value == "" else _new(value, unknown))

    return ask


def _several(words: Words[Said | None], values: list[Any], unknown: Unknown | Meaning) -> Said | None:
    """Each word of an array for itself; an empty one is known and says nothing."""
    there = [value for value in values if value is not None]
    found = [words.find(value, None) or _new(value, unknown) for value in there[:_WORDS_MAX]]
    if len(there) > _WORDS_MAX:
        found.append(_new("more", unknown))
    types = dict.fromkeys(one for said in found for one in said.types)
    return Said(tuple(types), tuple(word for said in found for word in said.new_words))


def _new(value: Any, unknown: Unknown | Meaning) -> Said:
    if unknown is Unknown.IGNORE:
        return _NOTHING
    if isinstance(unknown, tuple):
        return Said(unknown)
    word = word_of(value)
    return Said((), (clean(word)[:_ECHO_CHARACTERS_MAX] if word is not None else type(value).__name__,))


def _bits(get: Get, bits: tuple[Bit, ...]) -> Ask:
    def ask(frame: Frame) -> Said | None:
        value = get(frame)
        if value is None:
            return None
        figure = _integer(value)
        if figure is None:
            return _new(value, Unknown.REJECT)
        types = dict.fromkeys(one for bit in bits for one in (bit.set if figure >> bit.number & 1 else bit.clear))
        return Said(tuple(types))

    return ask


def _integer(value: Any) -> int | None:
    """Return a bit field: a number, digits, or hexadecimal digits after 0x; true is the lowest bit."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and value.strip().lower().startswith("0x"):
        try:
            return int(value.strip()[:20], 16)
        except ValueError:
            return None
    found = number(value)
    return int(found) if found is not None and 0 <= found < _BITS_MOST and found.is_integer() else None
