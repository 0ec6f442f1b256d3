"""The facts that may leave the machine: a closed list, each with its own shape, so that a name never can."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from notify.channel import Facts
from rules.domain.vocabulary import Class

#: An area's or county's own name; no address fits a house number behind it.
AREA_CHARACTERS_MOST: Final = 40
#: Larger is no count of anything here.
NUMBER_MOST: Final = 10**12

_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
#: As the centre counts its cases, 20261119-0143; eleven digits in a row would be a mobile.
_CASE_NUMBER: Final = re.compile(r"\d{8}-\d{4,6}|\d{1,10}")
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{4,64}")
_SERVICE: Final = re.compile(r"(?:1[12]\d)(?:,1[12]\d){0,3}|police|fire|ambulance")
_CLOCK: Final = re.compile(r"\d{2}:\d{2}")
#: Letters and few digits: a telephone or an identity number has more in a row, and a house has a number.
_AREA: Final = re.compile(rf"(?=.{{1,{AREA_CHARACTERS_MOST}}}$)(?!.*\d{{4}})[^\W\d_][\w ·.,'（）()-]*")
_HOUSE: Final = re.compile(r"\d\s*(?:号|室|栋|幢|单元|楼)")
_PRIORITY: Final = re.compile(r"P?[1-5]")
_CLASSES: Final = frozenset(str(class_) for class_ in Class)

_Value = str | int


def _matches(pattern: re.Pattern[str]) -> Callable[[_Value], bool]:
    return lambda value: pattern.fullmatch(str(value)) is not None


def _is_count(value: _Value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < NUMBER_MOST


def _is_case_number(value: _Value) -> bool:
    if isinstance(value, int):
        return _is_count(value) and value < 10**10
    return _CASE_NUMBER.fullmatch(value) is not None


def _is_area(value: _Value) -> bool:
    return isinstance(value, str) and _AREA.fullmatch(value) is not None and _HOUSE.search(value) is None


#: Every fact that any template or receiver may be given. What is not here stays here.
ALLOWED: Final[Mapping[str, Callable[[_Value], bool]]] = {
    "number": _is_case_number,
    "class": lambda value: value in _CLASSES,
    "priority": _matches(_PRIORITY),
    "area": _is_area,
    "distance_m": _is_count,
    "minutes": _is_count,
    "count": _is_count,
    "services": _matches(_SERVICE),  #: whom to call first, such as "119,120"
    "code": _matches(_CODE),  #: the short code of a link; its domain stands in the fixed part of a template
    "end": _matches(_WORD),
    "stage": _matches(_WORD),
    "reason": _matches(_WORD),
    "channel": _matches(re.compile(r"[a-z][a-z0-9_-]{0,31}")),
    "time": _matches(_CLOCK),
    # Of an event for a program: the case by its numbers, and how it stands.
    "event": _matches(_WORD),
    "incident": _matches(re.compile(r"\d{1,10}")),
    "family": _matches(_WORD),
    "state": _matches(_WORD),
    "outcome": _matches(_WORD),
    "entry": _is_count,
    "unattended": _is_count,
    "test": _is_count,
    "area_code": _matches(re.compile(r"[A-Za-z0-9_]{1,32}(?:\.[A-Za-z0-9_]{1,32}){0,5}")),
}
#: What a chat group may see (centre.md, 28): anybody could have been added to it.
FOR_ROBOTS: Final = frozenset({"number", "class", "area", "priority", "count", "channel"})


def leaving(facts: Facts) -> tuple[dict[str, _Value], tuple[str, ...]]:
    """Split facts into those that may leave and the names of those that may not.

    The message goes on without them: a fact of the wrong shape is our mistake, and nobody should lie unhelped for it.
    """
    allowed: dict[str, _Value] = {}
    withheld: list[str] = []
    for name, value in facts.items():
        if value is None:
            continue
        check = ALLOWED.get(name)
        if check is not None and check(value):
            allowed[name] = value
        else:
            withheld.append(name)
    return allowed, tuple(withheld)


def for_robots(facts: Facts) -> dict[str, _Value]:
    """What a chat group is told: number, class and area, never more."""
    allowed, _ = leaving(facts)
    return {name: value for name, value in allowed.items() if name in FOR_ROBOTS}
