"""Paths: where in a message, around it or in its topic a value stands.

battery             of the element that is looked at: the message, or what `each` goes through
data.list[0].state  further inside; [-1] is the last; "a.b" in quotes is one name
^.dev_id            of the element around that one; ^^. of the one around that
$.header.ts         of the whole message
body|json.alarm     a string that holds JSON itself
topic:device        a level of the topic that `message.topic` names; topic:0 the first
key:                the name or number of the element
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from devices.json_message import JsonMessage, read_json
from devices.mapping.errors import BadPath

_PATH_CHARACTERS_MAX: Final = 256
_STEP: Final = re.compile(
    r'\.?"((?:[^"\\]|\\.)+)"'  # a name in quotes
    r'|\.?([^.\[\]"|^$@\s](?:[^.\[\]"|]*[^.\[\]"|\s])?)'  # a name
    r"|\[(-?\d{1,4})\]"  # a place in an array
    r"|(\|json)"
)
_ROOT: Final = re.compile(r"(topic:)([A-Za-z0-9_]+)|(key:)|(\$)|(@)|(\^+)")
_FORM: Final = "write a path such as data.list[0].state, $.header.ts, ^.device or topic:device"


class Root(Enum):
    """Where a path begins."""

    ELEMENT = "element"
    ABOVE = "above"
    MESSAGE = "message"
    TOPIC = "topic"
    KEY = "key"


class AsJson(Enum):
    """The step that reads the JSON in a string."""

    HERE = "|json"


Step = str | int | AsJson


@dataclass(frozen=True, kw_only=True, slots=True)
class Path:
    """Where a value stands."""

    text: str  #: as it is written
    root: Root
    up: int = 0  #: how many elements further out
    level: str = ""  #: of the topic
    steps: tuple[Step, ...] = ()


@dataclass(slots=True)
class Frame:
    """What is looked at: an element, and what is around it."""

    element: Any
    message: Any
    levels: Mapping[str, str]  #: of the topic, by name and by number
    key: str | None = None
    above: Frame | None = None


Get = Callable[[Frame], Any]


def parse(text: str) -> Path:
    """Read a path; what is none raises BadPath."""
    if not 0 < len(text) <= _PATH_CHARACTERS_MAX:
        raise BadPath(f"empty or longer than {_PATH_CHARACTERS_MAX} characters; {_FORM}")
    root = _ROOT.match(text)
    rest = text[root.end() :] if root else text
    steps = _steps(rest, is_begun=root is not None)
    if root is None:
        return Path(text=text, root=Root.ELEMENT, steps=steps)
    if root[1]:
        return Path(text=text, root=Root.TOPIC, level=root[2], steps=steps)
    if root[3]:
        return Path(text=text, root=Root.KEY, steps=steps)
    if root[6]:
        return Path(text=text, root=Root.ABOVE, up=len(root[6]), steps=steps)
    return Path(text=text, root=Root.MESSAGE if root[4] else Root.ELEMENT, steps=steps)


def _steps(rest: str, *, is_begun: bool) -> tuple[Step, ...]:
    steps: list[Step] = []
    at = 0
    while at < len(rest):
        found = _STEP.match(rest, at)
        if found is None:
            raise BadPath(f"cannot be read from {rest[at : at + 20]!r} on; {_FORM}")
        is_name = found[1] is not None or found[2] is not None
        if is_name and (rest[at] == ".") != (is_begun or at > 0):
            raise BadPath(f"a dot is missing or too many before {rest[at : at + 20]!r}; {_FORM}")
        steps.append(_step(found))
        at = found.end()
    return tuple(steps)


def _step(found: re.Match[str]) -> Step:
    if found[1] is not None:
        return re.sub(r"\\(.)", r"\1", found[1])
    if found[2] is not None:
        return found[2]
    return int(found[3]) if found[3] is not None else AsJson.HERE


def getter(path: Path) -> Get:
    """Return what fetches the value: None where nothing stands there, or null does."""
    begin, steps = _begin(path), path.steps
    if path.root is Root.ELEMENT and len(steps) == 1 and isinstance(steps[0], str):
        name = steps[0]

        def member(frame: Frame) -> Any:
            element = frame.element
            return element.get(name) if type(element) is dict else None

        return member

    def walk(frame: Frame) -> Any:
        value = begin(frame)
        for step in steps:
            if type(step) is not str:
                value = _further(value, step)
            elif type(value) is dict:
                value = value.get(step)
            else:
                return None
        return value

    return walk


def first_of(paths: tuple[Path, ...]) -> Get:
    """Return what fetches the value of the first path at which one stands."""
    gets = tuple(map(getter, paths))
    if len(gets) == 1:
        return gets[0]
    return lambda frame: next((value for get in gets if (value := get(frame)) is not None), None)


def _begin(path: Path) -> Get:
    level, up = path.level, path.up
    if path.root is Root.ELEMENT:
        return lambda frame: frame.element
    if path.root is Root.MESSAGE:
        return lambda frame: frame.message
    if path.root is Root.TOPIC:
        return lambda frame: frame.levels.get(level)
    if path.root is Root.KEY:
        return lambda frame: frame.key

    def above(frame: Frame) -> Any:
        at: Frame | None = frame
        for _ in range(up):
            at = at.above if at is not None else None
        return None if at is None else at.element

    return above


def _further(value: Any, step: Step) -> Any:
    if isinstance(step, int):
        return value[step] if isinstance(value, list) and -len(value) <= step < len(value) else None
    if isinstance(value, str):
        read = read_json(value.encode("utf-8", "replace"))
        return read.value if isinstance(read, JsonMessage) and read.damage is None else None
    return value if isinstance(value, dict | list) else None
