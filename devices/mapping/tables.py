"""Reading a table of the file key by key; whatever is not as expected is noted, and reading goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from math import isfinite
from typing import Any, Final, TypeGuard, TypeVar

from devices.mapping.errors import BadPath
from devices.mapping.lines import Where, line_of
from devices.mapping.model import Scalar
from devices.mapping.paths import Path, parse
from devices.text import clean

Value = TypeVar("Value")

#: Enough to correct a file by; one slip can be the cause of many.
_SHOWN_MAX: Final = 10
_VALUE_CHARACTERS_MAX: Final = 60
#: What a double holds exactly, and more than any vendor's code.
_INTEGER_MOST: Final = 2**53
#: How TOML calls what Python calls otherwise.
_KINDS: Final[Mapping[type, str]] = {
    str: "a string", bool: "true or false", int: "a number", float: "a number", dict: "a table", list: "an array",
}  # fmt: skip


class Notes:
    """What is wrong with the file, in the order found."""

    def __init__(self, lines: Mapping[Where, int]) -> None:
        self._lines = dict(lines)
        self.told: list[str] = []
        self.paths: list[tuple[Where, Path]] = []  #: every path of the file, to be checked when all of it is known

    def add(self, where: Where, text: str) -> None:
        line = line_of(self._lines, where)
        self.told.append(clean(f"{'' if line is None else f'line {line}: '}{named(where)}: {text}"))

    def __str__(self) -> str:
        if len(self.told) == 1:
            return self.told[0]
        more = len(self.told) - _SHOWN_MAX
        shown = [*self.told[:_SHOWN_MAX], *([f"and {more} more"] if more > 0 else [])]
        return f"{len(self.told)} things to correct\n  " + "\n  ".join(shown)


def named(where: Where) -> str:
    """Return a key as people write it: `rule 2, when 1: path`; the second `[[rule]]`, its first condition."""
    words = ""
    for part in where:
        if isinstance(part, int):
            words += f" {part + 1}"
        else:
            words += f".{part}" if words and not words[-1].isdigit() else f", {part}" if words else str(part)
    return words or "file"


def shown(value: object) -> str:
    """Return what stands there, short enough for a line."""
    if isinstance(value, dict | list):
        return _KINDS[dict if isinstance(value, dict) else list]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) > _INTEGER_MOST:
        return "a number of too many digits"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= _VALUE_CHARACTERS_MAX else f"{text[:_VALUE_CHARACTERS_MAX]}..."


def is_number(value: object) -> TypeGuard[int | float]:
    """Say whether a double holds it; true and false are no numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isfinite(value) if isinstance(value, float) else abs(value) <= _INTEGER_MOST


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean "x"?` where something is near, and else nothing."""
    near = get_close_matches(word[:_VALUE_CHARACTERS_MAX].lower(), list(known), n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near else ""


class Reader:
    """A table while it is read. Every `take` gives None (or what stands for it) where the key is absent or wrong."""

    def __init__(self, values: Mapping[str, Any], where: Where, notes: Notes, known: Iterable[str]) -> None:
        self._values = values
        self.where = where
        self.notes = notes
        self._check_known(tuple(known))

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def note(self, key: str, text: str) -> None:
        self.notes.add((*self.where, key), text)

    def text(self, key: str, *, empty: bool = False) -> str | None:
        found = self._take(key, str, "a string")
        if found == "" and not empty:
            self.note(key, "is empty; expected a string that says something")
            return None
        return found

    def flag(self, key: str, *, default: bool) -> bool:
        found = self._take(key, bool, "true or false")
        return default if found is None else found

    def number(self, key: str, least: float, most: float) -> float | None:
        found = self._values.get(key)
        if found is None:
            return None
        expected = f"a number from {least:g} to {most:g}"
        if is_number(found) and least <= found <= most:
            return float(found)
        self.note(key, f"expected {expected}, not {shown(found)}")
        return None

    def choice(self, key: str, choices: Mapping[str, Value]) -> Value | None:
        """Return what one of several words stands for."""
        found = self._take(key, str, "a string")
        if found is None or found in choices:
            return None if found is None else choices[found]
        listed = ", ".join(f'"{choice}"' for choice in choices)
        self.note(key, f"expected one of {listed}, not {shown(found)}{suggestion(found, choices)}")
        return None

    def path(self, key: str) -> Path | None:
        found = self._take(key, str, "a path")
        return None if found is None else self._parsed((*self.where, key), found)

    def paths(self, key: str) -> tuple[Path, ...]:
        """Return a path, or an array of them."""
        found = self._values.get(key)
        if found is None:
            return ()
        where = (*self.where, key)
        if isinstance(found, str):
            one = self._parsed(where, found)
            return () if one is None else (one,)
        if not isinstance(found, list) or not found:
            self.note(key, f"expected a path, or an array of paths, not {shown(found)}")
            return ()
        return tuple(path for one in found if (path := self._element(where, one)) is not None)

    def scalars(self, key: str) -> tuple[Scalar, ...]:
        """Return a string, a number or a flag, or an array of them."""
        found = self._values.get(key)
        ones = found if isinstance(found, list) else [] if found is None else [found]
        for one in ones:
            if not isinstance(one, str | bool) and not is_number(one):
                self.note(key, f"expected a string, a number, true or false, or an array of them, not {shown(one)}")
                return ()
        if isinstance(found, list) and not found:
            self.note(key, "is empty; expected at least one value")
        return tuple(ones)

    def raw(self, key: str) -> Any:
        return self._values.get(key)

    def table(self, key: str, known: Iterable[str]) -> Reader | None:
        found = self._take(key, dict, "a table")
        return None if found is None else Reader(found, (*self.where, key), self.notes, known)

    def entries(self, key: str) -> Mapping[str, Any] | None:
        """Return a table whose keys are the vendor's own."""
        found = self._take(key, dict, "a table")
        if found is not None and not found:
            self.note(key, "is empty; expected at least one entry")
            return None
        return found

    def tables(self, key: str, known: Iterable[str], most: int) -> tuple[Reader, ...]:
        """Return the tables of an array; a single table is an array of one."""
        found = self._values.get(key)
        if found is None:
            return ()
        ones = [found] if isinstance(found, dict) else found
        if not isinstance(ones, list) or not all(isinstance(one, dict) for one in ones):
            self.note(key, f"expected tables, written [[{key}]] or {{ ... }}, not {shown(found)}")
            return ()
        if len(ones) > most:
            self.note(key, f"expected at most {most}, not {len(ones)}")
        known = tuple(known)
        return tuple(Reader(one, (*self.where, key, no), self.notes, known) for no, one in enumerate(ones[:most]))

    def exactly_one_of(self, keys: Iterable[str]) -> str | None:
        """Return which of the keys is there; none or several are noted."""
        keys = tuple(keys)
        there = [key for key in keys if key in self._values]
        if len(there) == 1:
            return there[0]
        told = " and ".join(there) if there else "none of them"
        self.notes.add(self.where, f"expected exactly one of {', '.join(keys)}; there is {told}")
        return None

    def _take(self, key: str, kind: type[Value], expected: str) -> Value | None:
        found = self._values.get(key)
        if found is None or isinstance(found, kind):
            return found
        self.note(key, f"expected {expected}, not {shown(found)}")
        return None

    def _element(self, where: Where, one: object) -> Path | None:
        if isinstance(one, str):
            return self._parsed(where, one)
        self.notes.add(where, f"expected a path, not {shown(one)}")
        return None

    def _parsed(self, where: Where, text: str) -> Path | None:
        try:
            path = parse(text)
            self.notes.paths.append((where, path))
            return path
        except BadPath as bad:
            self.notes.add(where, f"{shown(text)} is no path: {bad}")
            return None

    def _check_known(self, known: tuple[str, ...]) -> None:
        for key in self._values:
            if key not in known:
                listed = ", ".join(known)
                self.note(key, f"is no key here{suggestion(key, known)} (expected {listed})")
