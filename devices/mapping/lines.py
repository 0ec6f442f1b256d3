"""In which line of a TOML file a key stands, near enough to find it."""

from __future__ import annotations

import re
from typing import Final

#: Where something stands in the file: names of tables and keys, and the number of a table of an array from 0.
Where = tuple[str | int, ...]

_HEADER: Final = re.compile(r"[ \t]*(\[\[?)[ \t]*([^\]\[]+?)[ \t]*\]")
_PART: Final = r"(?:\"[^\"]*\"|'[^']*'|[A-Za-z0-9_-]+)"
_KEY: Final = re.compile(rf"[ \t]*({_PART}(?:[ \t]*\.[ \t]*{_PART})*)[ \t]*=")
_NAME: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'|([\w-]+)")


def lines_of(text: str) -> dict[Where, int]:
    """Return the line, from 1, of each table and key that begins a line; what stands inside a value has none."""
    found: dict[Where, int] = {}
    counts: dict[Where, int] = {}
    table: Where = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            name: Where = _names(header[2])
            if header[1] == "[[":
                counts[name] = counts.get(name, -1) + 1
                name = (*name, counts[name])
            table = _placed(name, counts)
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, *_names(key[1])), number)
    return found


def line_of(lines: dict[Where, int], where: Where) -> int | None:
    """Return the line of the key, or of what it stands in."""
    while where:
        if where in lines:
            return lines[where]
        where = where[:-1]
    return None


def _names(text: str) -> tuple[str, ...]:
    return tuple(one or two or three for one, two, three in _NAME.findall(text))


def _placed(name: Where, counts: dict[Where, int]) -> Where:
    """A table below an array's table belongs to the last one: `[rule.types]` after the second `[[rule]]`."""
    if len(name) > 1 and isinstance(name[1], str) and name[:1] in counts:
        return (name[0], counts[name[:1]], *name[1:])
    return name
