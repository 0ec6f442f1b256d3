"""The mapping file: from its bytes to what it says, every key checked."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from devices.event import Datum
from devices.mapping import model, rules, units
from devices.mapping.errors import NotAMapping
from devices.mapping.lines import lines_of
from devices.mapping.numbers import KEYS as NUMBER_KEYS
from devices.mapping.numbers import conditions, number_of, numbers
from devices.mapping.paths import Path, Root
from devices.mapping.tables import Notes, Reader
from devices.mapping.times import BadTime, check_pattern, zone_of
from devices.mapping.topics import topics
from devices.text import clean

FILE_BYTES_MAX: Final = 256 * 1024
#: More than any product has; each is looked at for each element of a message.
READINGS_MAX: Final = 64
#: An array of gateways of devices of services.
EACH_MAX: Final = 3

KEYS: Final = (
    "name", "vendor", "product", "documentation", "message", "device", "time", "event", "location", "vitals", "rule",
    "reading",
)  # fmt: skip
_SAYS: Final = ("rule", "reading", "location", "vitals")
_DETAILS: Final = {"rest": True, "none": False}


def read(source: bytes) -> model.Mapping:
    """Return what the file says; NotAMapping names each key that is not in order, its line, and what is expected."""
    values, text = _parsed(source)
    notes = Notes(lines_of(text))
    mapping = _mapping(Reader(values, (), notes, KEYS))
    if mapping is None or notes.told:
        raise NotAMapping(str(notes))
    return mapping


def _parsed(source: bytes) -> tuple[Mapping[str, Any], str]:
    if len(source) > FILE_BYTES_MAX:
        raise NotAMapping(f"file: larger than {FILE_BYTES_MAX} bytes; a mapping file is a few hundred lines")
    try:
        text = source.removeprefix(b"\xef\xbb\xbf").decode()
        return tomllib.loads(text), text
    except UnicodeDecodeError:
        raise NotAMapping("file: is not UTF-8; save it as UTF-8") from None
    except RecursionError:
        raise NotAMapping("file: is nested too deep") from None
    except ValueError as error:
        raise NotAMapping(clean(f"file: is not TOML: {error}")) from None


def _mapping(file: Reader) -> model.Mapping | None:
    name = file.text("name")
    if "name" not in file:
        file.note("name", "is missing; expected what the messages are called, such as the vendor and the product")
    for key in ("vendor", "product", "documentation"):
        file.text(key)
    message = file.table("message", ("topic", "each", "detail"))
    event = file.table("event", ("id", *units.EVENT))
    device, hub = _device(file)
    mapping = model.Mapping(
        name=name or "",
        topics=None if message is None else topics(message),
        counts_levels=False,
        each=() if message is None else _each(message),
        device=device,
        hub=hub,
        at=_time(file),
        id=None if event is None else _joined(event, "id"),
        numbers={} if event is None else numbers(event, units.EVENT),
        place=_place(file),
        vitals={} if (vitals := file.table("vitals", units.VITALS)) is None else numbers(vitals, units.VITALS),
        rules=rules.rules(file),
        readings=tuple(_readings(file)),
        keeps_rest=True if message is None else message.choice("detail", _DETAILS) is not False,
    )
    if not any(key in file for key in _SAYS):
        file.notes.add((), f"says nothing of any event; expected at least one of {', '.join(_SAYS)}")
    _check_places(file.notes, mapping)
    return replace(mapping, counts_levels=any(path.level.isdecimal() for _, path in file.notes.paths))


def _each(message: Reader) -> tuple[Path, ...]:
    paths = message.paths("each")
    if len(paths) > EACH_MAX:
        message.note("each", f"expected at most {EACH_MAX} arrays, each inside the one before")
    for path in paths:
        if path.root in (Root.TOPIC, Root.KEY):
            message.note("each", f'"{path.text}" is no array: expected a path into the message')
    return paths[:EACH_MAX]


def _device(file: Reader) -> tuple[model.Text, model.Text | None]:
    if "device" not in file:
        file.note("device", "is missing; expected a table with id: the path of what the vendor calls the device")
    table = file.table("device", ("id", "hub"))
    if table is None:
        return model.Text(), None
    if "id" not in table:
        table.note("id", "is missing; expected the path of what the vendor calls the device")
    return _joined(table, "id") or model.Text(), _joined(table, "hub")


def _joined(table: Reader, key: str) -> model.Text | None:
    """A path, several that are joined by a dot, or a table with a prefix or something constant."""
    if not isinstance(table.raw(key), dict):
        paths = table.paths(key)
        return model.Text(paths=paths) if paths else None
    inner = table.table(key, ("path", "prefix", "const"))
    if inner is None or inner.exactly_one_of(("path", "const")) is None:
        return None
    return model.Text(
        paths=inner.paths("path"), prefix=inner.text("prefix", empty=True) or "", const=inner.text("const")
    )


def _time(file: Reader) -> model.Time | None:
    table = file.table("time", ("path", "format", "zone"))
    if table is None:
        return None
    if "path" not in table:
        table.note("path", "is missing; expected the path of the device's time")
    form, zone = table.text("format"), table.text("zone")
    try:
        found = zone_of(zone or "UTC")
    except BadTime as bad:
        table.note("zone", f'"{zone}" {bad}')
        return None
    return model.Time(paths=table.paths("path"), form=_form(table, form), zone=found)


def _form(table: Reader, form: str | None) -> model.TimeForm | str:
    if form is None or "%" not in form:
        return table.choice("format", {str(one): one for one in model.TimeForm}) or model.TimeForm.AUTO
    try:
        check_pattern(form)
    except BadTime as bad:
        table.note("format", f'"{form}" {bad}')
    return form


def _place(file: Reader) -> model.Place | None:
    table = file.table("location", (*units.LOCATION, "datum", "when"))
    if table is None:
        return None
    for key in ("lat", "lon"):
        if key not in table:
            table.note(key, "is missing; a location has lat and lon")
    return model.Place(
        numbers=numbers(table, units.LOCATION),
        datum=table.choice("datum", {str(datum): datum for datum in Datum}) or Datum.WGS84,
        when=conditions(table, "when"),
    )


def _readings(file: Reader) -> Iterable[model.Reading]:
    for table in file.tables("reading", ("name", *NUMBER_KEYS), READINGS_MAX):
        name, unit = table.text("name"), table.text("unit", empty=True) or ""
        if "name" not in table:
            table.note("name", "is missing; expected what is measured, such as temperature")
        if "unit" not in table:
            table.note("unit", 'is missing; expected the vendor\'s unit, such as "°C" or "V", or "" where it has none')
        kept, convert = units.of_reading(unit)
        value = number_of(table, units.Quantity(-1e15, 1e15, {unit: convert}), convert)
        if name is not None and value is not None:
            yield model.Reading(name=name, unit=kept, value=value)


def _check_places(notes: Notes, mapping: model.Mapping) -> None:
    """A level of the topic that no topic has is never there, and neither is an element around the message."""
    levels = mapping.topics.levels if mapping.topics is not None else frozenset()
    for where, path in notes.paths:
        if path.root is Root.TOPIC and path.level not in levels and not path.level.isdecimal():
            expected = 'levels named in message.topic, as in "vendor/{device}/up"'
            notes.add(where, f'"{path.text}": no topic has a level of this name; expected {expected}')
        if path.root is Root.ABOVE and path.up > len(mapping.each):
            notes.add(where, f'"{path.text}" goes out of the message; message.each has {len(mapping.each)} arrays')
