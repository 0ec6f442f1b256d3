"""Looking up what a vendor wrote: a word, a number, a flag, in a table whose keys are words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Generic, TypeVar

from devices.mapping.model import Condition, Scalar, Test
from devices.values import flag, number

Meaning = TypeVar("Meaning")

#: A JSON true is the same word as 1 where only the one of them is in the table.
_FLAGS: Final = {True: ("true", "1"), False: ("false", "0")}
_WORD_CHARACTERS_MAX: Final = 64


def word_of(value: object) -> str | None:
    """Return how a value is written as a key: `16.0` as "16", true as "true"; None for null, an array, an object."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer():
        return str(int(value)) if abs(value) < 1e15 else repr(value)  # beyond it a double has gaps
    return str(value) if isinstance(value, int | float) and abs(value) < 1e300 else None  # no code


class Words(Generic[Meaning]):
    """A table by words. Exact ones first; then a number however it is written, a flag, and either case."""

    def __init__(self, meanings: Mapping[str, Meaning]) -> None:
        self._exact = dict(meanings)
        folded: dict[str, list[str]] = {}
        for word in meanings:
            folded.setdefault(word.casefold(), []).append(word)
        self._folded = {fold: meanings[words[0]] for fold, words in folded.items() if len(words) == 1}

    def find(self, value: object, absent: Meaning) -> Meaning:
        """Return what the value means, `absent` where the table does not say."""
        word = word_of(value)
        if word is None:
            return absent
        found = self._exact.get(word, absent)
        return self._find_otherwise(value, word, absent) if found is absent else found

    def _find_otherwise(self, value: object, word: str, absent: Meaning) -> Meaning:
        if len(word) > _WORD_CHARACTERS_MAX:
            return absent
        if word.casefold() in self._folded:
            return self._folded[word.casefold()]
        told = flag(value)
        for key in _FLAGS[told] if told is not None else ():
            if key in self._exact:
                return self._exact[key]
        figure = number(value)
        plain = None if figure is None else word_of(figure)
        return absent if plain is None else self._exact.get(plain, absent)


def test_of(condition: Condition) -> Callable[[Any], bool]:
    """Return what says whether a value is what the condition wants; None is absent or null."""
    wanted = condition.wanted
    if condition.test is Test.EXISTS:
        return _is_present if wanted[0] is True else _is_absent
    if condition.test in (Test.ABOVE, Test.BELOW):
        return _compared(condition.test, wanted)
    among = Words({word: True for one in wanted if (word := word_of(one)) is not None})
    if condition.test is Test.NOT:
        return lambda value: value is not None and not among.find(value, False)
    return lambda value: among.find(value, False)


def _compared(test: Test, wanted: Iterable[Scalar]) -> Callable[[Any], bool]:
    (limit,) = (float(one) for one in wanted)
    if test is Test.ABOVE:
        return lambda value: (found := number(value)) is not None and found > limit
    return lambda value: (found := number(value)) is not None and found < limit


def _is_present(value: object) -> bool:
    return value is not None


def _is_absent(value: object) -> bool:
    return value is None
