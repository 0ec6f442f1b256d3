"""Reading a policy's file strictly: all that is wrong is said, and where, instead of ending at the first."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeVar

_Word = TypeVar("_Word", bound=Enum)

#: Takes a value away that the policy this one extends has; TOML itself has no word for "nothing".
NONE: Final = "none"
#: A year: longer than any clock of a case; what is in the database's integers fits easily.
SECONDS_MOST: Final = 366 * 24 * 3600
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
NAME_REMEDY: Final = "1 to 40 small letters, digits and _, a letter first"
#: What is shown of a wrong value.
_SHOWN_MOST: Final = 60
_LINE_MOST: Final = 200
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that is wrong with a policy: where it stands, what stands there, and what would be right."""

    place: str
    value: str
    remedy: str

    def line(self) -> str:
        """One line for whoever wrote the file."""
        return f"{self.place}: {self.value}: {self.remedy}" if self.value else f"{self.place}: {self.remedy}"


class PolicyRefused(Exception):
    """The text is no policy that may be used; `problems` names each place, its value and the remedy."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.line() for problem in self.problems))


def shown(value: object) -> str:
    """A value as it is repeated to whoever wrote it, never longer than a line."""
    text = repr(value) if not isinstance(value, str) else f'"{value}"'
    text = text.encode("ascii" if isinstance(value, float) else "utf-8", "backslashreplace").decode()
    text = _CONTROL.sub("?", text).replace("\n", " ")
    return text if len(text) <= _SHOWN_MOST else f"{text[:_SHOWN_MOST]}…"


class Problems:
    """What was found wrong so far."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, place: str, value: object, remedy: str) -> None:
        """Note one; reading goes on."""
        self.found.append(Problem(place=place, value="" if value is None else shown(value), remedy=remedy))

    def table(self, place: str, data: object) -> Table:
        """A table at this place, or a problem and an empty one."""
        if not isinstance(data, Mapping):
            self.add(place, data, "a table")
            return Table(place, {}, self)
        return Table(place, data, self)


class Table:
    """One table of the file. Each `…(key)` takes a value out; `end` complains of what nobody took."""

    def __init__(self, place: str, data: Mapping[str, Any], problems: Problems) -> None:
        self.place = place
        self._data = data
        self._known: list[str] = []
        self.problems = problems

    def at(self, key: str) -> str:
        """Where this key stands, as a problem names it."""
        return f"{self.place}.{key}" if self.place else key

    def has(self, key: str) -> bool:
        return key in self._data

    def wrong(self, key: str, remedy: str) -> None:
        """Note that the value of this key cannot be."""
        self.problems.add(self.at(key), self._data.get(key), remedy)

    def end(self) -> None:
        """Every key that nobody asked for is a problem: a misspelt one would change nothing and look as if it did."""
        for key in self._data:
            if key in self._known:
                continue
            near = difflib.get_close_matches(key, self._known, n=1, cutoff=0.6)
            hint = f"; did you mean {near[0]}?" if near else f"; known: {', '.join(self._known)}"
            self.problems.add(self.at(key), None, f"no such key{hint}")

    # -- plain values ----------------------------------------------------------------------------------------------

    def _take(self, key: str, default: object) -> object:
        self._known.append(key)
        if key not in self._data and default is None:
            self.problems.add(self.at(key), None, "is missing")
        return self._data.get(key, default)

    def text(self, key: str, default: str | None = None, *, most: int = _LINE_MOST) -> str:
        """A text of one line (of several, where more than a line's length may be given)."""
        value = self._take(key, default)
        if not isinstance(value, str):
            if key in self._data:
                self.wrong(key, "a text in quotes")
            return default or ""
        if _CONTROL.search(value) or (not value.isprintable() and "\n" not in value):
            self.wrong(key, "a text without control characters")
        elif len(value) > most or (most <= _LINE_MOST and "\n" in value):
            self.wrong(key, f"at most {most} characters" + (" in one line" if most <= _LINE_MOST else ""))
        elif not value.strip() and default != "":
            self.wrong(key, "some words")
        else:
            return value
        return default or ""

    def pattern(self, key: str, pattern: re.Pattern[str], remedy: str, default: str | None = None) -> str:
        """A text of this form."""
        value = self.text(key, default)
        if value and not pattern.fullmatch(value):
            self.wrong(key, remedy)
            return default or ""
        return value

    def whole(self, key: str, default: int | None = None, *, least: int = 0, most: int = SECONDS_MOST) -> int:
        """A whole number within bounds."""
        value = self._take(key, default)
        if key not in self._data:
            return default if default is not None else least
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.wrong(key, f"a whole number from {least} to {most}")
            return default if default is not None else least
        return value

    def seconds_or_none(self, key: str, default: int | None, *, least: int = 0) -> int | None:
        """A number that need not be there; "none" takes away what the extended policy has."""
        self._known.append(key)
        value = self._data.get(key)
        if value is None:
            return default
        if value == NONE:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= SECONDS_MOST:
            self.wrong(key, f'a whole number of seconds from {least} to {SECONDS_MOST}, or "{NONE}"')
            return default
        return value

    def number(self, key: str, default: float, *, least: float, most: float) -> float:
        """A number within bounds."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            self.wrong(key, f"a number from {least} to {most}")
            return default
        return float(value)

    def flag(self, key: str) -> bool | None:
        """True, false, or not given."""
        self._known.append(key)
        value = self._data.get(key)
        if value is not None and not isinstance(value, bool):
            self.wrong(key, "true or false, without quotes")
            return None
        return value

    # -- words of closed sets --------------------------------------------------------------------------------------

    def word(self, key: str, words: Mapping[str, _Word], default: _Word | None = None) -> _Word | None:
        """One word of a closed set; None where it is missing or none of them."""
        self._known.append(key)
        if key not in self._data:
            if default is None:
                self.problems.add(self.at(key), None, "is missing")
            return default
        value = self._data[key]
        if not isinstance(value, str) or value not in words:
            self.wrong(key, _one_of(value, words))
            return default
        return words[value]

    def words(self, key: str, words: Mapping[str, _Word], default: tuple[_Word, ...] = ()) -> tuple[_Word, ...]:
        """A list of words of a closed set, each once, in the order given."""
        self._known.append(key)
        if key not in self._data:
            return default
        found: list[_Word] = []
        for number, value in self._items(key):
            if not isinstance(value, str) or value not in words:
                self.problems.add(f"{self.at(key)}[{number}]", value, _one_of(value, words))
            elif words[value] in found:
                self.problems.add(f"{self.at(key)}[{number}]", value, "stands here twice")
            else:
                found.append(words[value])
        return tuple(found)

    def names(self, key: str) -> frozenset[str]:
        """A set of names, such as tags."""
        self._known.append(key)
        found = set()
        for number, value in self._items(key):
            if isinstance(value, str) and NAME.fullmatch(value):
                found.add(value)
            else:
                self.problems.add(f"{self.at(key)}[{number}]", value, NAME_REMEDY)
        return frozenset(found)

    # -- what holds more -------------------------------------------------------------------------------------------

    def inner(self, key: str) -> Table:
        """The table under this key; an empty one where there is none."""
        self._known.append(key)
        return self.problems.table(self.at(key), self._data.get(key, {}))

    def tables(self) -> Iterator[tuple[str, Table]]:
        """Every key of this table with the table under it."""
        for key, data in self._data.items():
            self._known.append(key)
            yield key, self.problems.table(self.at(key), data)

    def rows(self, key: str) -> Iterator[Table]:
        """The tables of the array under this key, counted from 1 as a person does."""
        self._known.append(key)
        for number, data in self._items(key):
            yield self.problems.table(f"{self.at(key)}[{number}]", data)

    def values(self, key: str) -> tuple[object, ...]:
        """The plain values of the array under this key."""
        self._known.append(key)
        return tuple(value for _, value in self._items(key))

    def _items(self, key: str) -> Iterator[tuple[int, object]]:
        value = self._data.get(key, [])
        if not isinstance(value, list):
            self.wrong(key, "a list")
            return
        yield from enumerate(value, start=1)


def _one_of(value: object, words: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(str(value), words, n=1, cutoff=0.6) if isinstance(value, str) else []
    return f"did you mean {near[0]}?" if near else f"one of {', '.join(words)}"
