"""What of a message is looked at: its topic's levels, and each element of the arrays that a mapping goes through."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any, Final, NamedTuple

from devices.mapping.model import Mapping as Model
from devices.mapping.paths import Frame, Get, Path, getter

#: No gateway has so many devices; commas alone must not make millions of events.
ELEMENTS_MAX: Final = 1_024
#: Enough to see what a mapping looks for; a long one would fill the line.
_PATHS_SHOWN_MAX: Final = 12
#: As the last step of `each`: every member of an object, its name as `key:`.
_EVERY: Final = "*"


class _Each(NamedTuple):
    path: Path
    get: Get
    is_every: bool


class Elements:
    """Taking a message apart as one mapping says."""

    def __init__(self, mapping: Model) -> None:
        self._patterns: tuple[re.Pattern[str], ...] | None = mapping.topics.patterns if mapping.topics else None
        self._each = tuple(map(_each_of, mapping.each))
        self._counts_levels = mapping.counts_levels
        self.looked_for = _looked_for(mapping)

    def levels(self, topic: str) -> Mapping[str, str] | None:
        """Return the topic's levels by name and number; None where the topic is not of this mapping."""
        named: dict[str, str] = {}
        if self._patterns is not None:
            found = next((match for pattern in self._patterns if (match := pattern.fullmatch(topic))), None)
            if found is None:
                return None
            named = found.groupdict()
        if self._counts_levels:
            named |= {str(number): level for number, level in enumerate(topic.split("/"))}
        return named

    def of(self, message: Any, levels: Mapping[str, str]) -> tuple[list[Frame], Path | None]:
        """Return each element, and the path of an array that is not there or holds more than is read."""
        frames, wrong = [Frame(message, message, levels)], None
        for each in self._each:
            inner: list[Frame] = []
            for frame in frames:
                found = each.get(frame)
                if found is None:
                    wrong = each.path
                    continue
                inner += _inside(frame, found, is_every=each.is_every)
            if len(inner) > ELEMENTS_MAX:
                return inner[:ELEMENTS_MAX], each.path
            frames = inner
        return frames, None if frames else wrong


def _inside(frame: Frame, found: Any, *, is_every: bool) -> Iterator[Frame]:
    """Every element of an array, every member of an object where `*` asks for them; else an array of one."""
    if isinstance(found, list):
        for number, element in enumerate(found[: ELEMENTS_MAX + 1]):
            yield Frame(element, frame.message, frame.levels, str(number), frame)
    elif is_every and isinstance(found, dict):
        for name, element in islice(found.items(), ELEMENTS_MAX + 1):
            yield Frame(element, frame.message, frame.levels, name, frame)
    else:
        yield Frame(found, frame.message, frame.levels, None, frame)


def _each_of(path: Path) -> _Each:
    is_every = path.steps[-1:] == (_EVERY,)
    steps = path.steps[:-1] if is_every else path.steps
    return _Each(path, getter(replace(path, steps=steps)), is_every)


def _looked_for(mapping: Model) -> str:
    """Every path that could have said something, as they are written."""
    paths: list[Path] = []
    for rule in mapping.rules:
        paths += [*(condition.path for condition in rule.when), *rule.paths]
    place = mapping.place.numbers if mapping.place is not None else {}
    for numbers in (place, mapping.vitals, mapping.numbers):
        paths += [path for number in numbers.values() for path in number.paths]
    paths += [path for one in mapping.readings for path in one.value.paths]
    texts = list(dict.fromkeys(f"`{path.text}`" for path in paths))
    more = len(texts) - _PATHS_SHOWN_MAX
    return ", ".join(texts[:_PATHS_SHOWN_MAX]) + (f" and {more} more" if more > 0 else "")
