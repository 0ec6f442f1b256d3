"""From what a mapping file says of a value to the function that fetches it: None where it is not there or unusable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

from devices.mapping.model import Condition, Number, Text, Time
from devices.mapping.paths import Frame, Get, Path, Root, getter
from devices.mapping.times import reader
from devices.mapping.units import same
from devices.mapping.words import Words, test_of
from devices.values import number as read_number

Fetched = TypeVar("Fetched")
Fetch = Callable[[Frame], Fetched | None]
Holds = Callable[[Frame], bool]
Figure = Callable[[Any], float | None]
Finish = Callable[[float, Frame], float | None]

#: The names that lead to a member of the element.
Place = tuple[str, ...]


class Field(NamedTuple):
    """A number of an event, and the member of the element that need not be kept beside it."""

    name: str
    fetch: Fetch[float]
    place: Place | None


def fields(numbers: Mapping[str, Number]) -> tuple[Field, ...]:
    """Return how each number is fetched."""
    return tuple(Field(name, number_of(number), place_of(number.paths)) for name, number in numbers.items())


def place_of(paths: tuple[Path, ...]) -> Place | None:
    """Return where the one value stands in its element; None where it stands elsewhere, or in several places."""
    if len(paths) != 1 or paths[0].root is not Root.ELEMENT or not paths[0].steps:
        return None
    names = tuple(step for step in paths[0].steps if isinstance(step, str))
    return names if len(names) == len(paths[0].steps) else None


def number_of(spec: Number) -> Fetch[float]:
    """Return what fetches a number in the field's own unit and range, while its conditions hold."""
    fetch = _always_of(spec)
    if not spec.when:
        return fetch
    holds = all_hold(spec.when)
    return lambda frame: fetch(frame) if holds(frame) else None


def _always_of(spec: Number) -> Fetch[float]:
    if spec.const is not None:
        const = spec.const
        return lambda _frame: const
    gets = tuple(map(getter, spec.paths))
    figure, finish = _figure(spec), _finish(spec)
    if len(gets) == 1:
        return _from_one(gets[0], figure, finish)

    def fetch(frame: Frame) -> float | None:
        for get in gets:
            value = get(frame)
            if value is not None and (found := figure(value)) is not None:
                return finish(found, frame)
        return None

    return fetch


def _from_one(get: Get, figure: Figure, finish: Finish) -> Fetch[float]:
    def fetch(frame: Frame) -> float | None:
        value = get(frame)
        if value is None or (found := figure(value)) is None:
            return None
        return finish(found, frame)

    return fetch


def _figure(spec: Number) -> Figure:
    """What makes a number of the vendor's value."""
    read: Figure = _plain_number
    if spec.table is not None:
        table: Words[float | None] = Words(spec.table)
        read = lambda value: table.find(value, None)  # noqa: E731  # the next lines put more around it
    if spec.missing:
        read = _unless_missing(read, spec)
    if spec.split is not None:
        read = _part_of(read, spec.split, spec.index)
    return read


def _plain_number(value: Any) -> float | None:
    """Return a number that JSON wrote as one at once: it is finite; everything else as every source reads it."""
    if type(value) is float or (type(value) is int and -_INTEGER_MOST < value < _INTEGER_MOST):
        return float(value)
    return read_number(value)


def _unless_missing(read: Figure, spec: Number) -> Figure:
    missing = Words({str(one): True for one in spec.missing})
    return lambda value: None if missing.find(value, False) else read(value)


def _part_of(read: Figure, separator: str, index: int) -> Figure:
    def part(value: Any) -> float | None:
        parts = value.split(separator) if isinstance(value, str) else ()
        return read(parts[index].strip()) if -len(parts) <= index < len(parts) else None

    return part


def _finish(spec: Number) -> Finish:
    scale, offset, convert, least, most = spec.scale, spec.offset, spec.convert, spec.least, spec.most
    negative = None if spec.negative is None else all_hold((spec.negative,))

    def finish_plain(found: float, _frame: Frame) -> float | None:
        return found if least <= found <= most else None

    if (scale, offset, negative) == (1.0, 0.0, None) and convert is same:
        return finish_plain

    def finish(found: float, frame: Frame) -> float | None:
        turned = convert(found * scale + offset)
        if turned is None:
            return None
        turned = round(turned, _KEPT_DECIMALS)
        if negative is not None:
            turned = -abs(turned) if negative(frame) else abs(turned)
        return turned if least <= turned <= most else None

    return finish


def all_hold(conditions: tuple[Condition, ...]) -> Holds:
    """Return whether every condition holds; none always do."""
    if not conditions:
        return _always
    tests = tuple((getter(condition.path), test_of(condition)) for condition in conditions)
    if len(tests) == 1:
        ((get, test),) = tests
        return lambda frame: test(get(frame))
    return lambda frame: all(test(get(frame)) for get, test in tests)


def _always(_frame: Frame) -> bool:
    return True


def text_of(spec: Text) -> Fetch[str]:
    """Return what fetches a name: strings and whole numbers, joined; None if a part of it is not there."""
    if spec.const is not None:
        whole = spec.prefix + spec.const
        return lambda _frame: whole
    gets, prefix, joiner = tuple(map(getter, spec.paths)), spec.prefix, spec.joiner

    def fetch(frame: Frame) -> str | None:
        parts = [_name(get, frame) for get in gets]
        return None if None in parts else prefix + joiner.join(part for part in parts if part is not None)

    return fetch


#: What a conversion leaves behind the ninth is its own error: 98.6 °F are 37 °C.
_KEPT_DECIMALS: Final = 9
_INTEGER_MOST: Final = 2**53
#: Beyond this an integer is no id, and would take long to write.
_ID_INTEGER_MOST: Final = 10**40


def _name(get: Get, frame: Frame) -> str | None:
    value = get(frame)
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    is_id = isinstance(value, int) and not isinstance(value, bool) and abs(value) < _ID_INTEGER_MOST
    return str(value) if is_id else None


def time_of(spec: Time) -> Fetch[datetime]:
    """Return what fetches the device's time."""
    gets, read = tuple(map(getter, spec.paths)), reader(spec.form, spec.zone)

    def fetch(frame: Frame) -> datetime | None:
        for get in gets:
            value = get(frame)
            if value is not None and (found := read(value)) is not None:
                return found
        return None

    return fetch


def without(element: Mapping[str, Any], places: Iterable[Place]) -> dict[str, Any]:
    """Return the element without what stands in these places, and without what is empty then."""
    rest = dict(element)
    inner: dict[str, list[Place]] = {}
    for place in places:
        if len(place) == 1:
            rest.pop(place[0], None)
        else:
            inner.setdefault(place[0], []).append(place[1:])
    for name, further in inner.items():
        value = rest.get(name)
        if isinstance(value, dict):
            kept = without(value, further)
            if kept:
                rest[name] = kept
            else:
                del rest[name]
    return rest
