"""The table of an estate as a buyer brings it: pure reading of CSV, every bad row by its line number."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from rules.domain.phones import PhoneUnreadable, read
from rules.domain.vocabulary import DeviceKind, DeviceLife, Wearer

COLUMNS: Final = frozenset(
    {
        *("device", "kind", "source", "model", "interval_s", "wearer", "life", "resident", "resident_ref", "phone"),
        *("birth_date", "tags", "ability", "address", "lat", "lon", "area"),
    }
)
REQUIRED: Final = ("device", "kind")

#: One file; a county brings its estate in several.
ROWS_MOST: Final = 200_000

_DEVICE: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_AREA: Final = re.compile(r"[A-Za-z0-9_]{1,32}(\.[A-Za-z0-9_]{1,32}){0,5}")
_TAG: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_BIRTH: Final = re.compile(r"\d{4}(-\d{2}-\d{2})?")
#: Kinds that one person wears where the file does not say.
_WORN: Final = frozenset({DeviceKind.LOCATION_BAND, DeviceKind.FALL_SENSOR})


class RowBad(ValueError):
    """One row cannot be used; the text says which column and why. The rows around it are imported."""


class TableUnreadable(ValueError):
    """The file is no table with the required columns; nothing was imported."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One device of the table, checked."""

    line: int
    device: str
    fields: Mapping[str, Any]  #: of the device
    named: frozenset[str]  #: columns of the device that the row filled; the others keep what is known
    resident: str | None
    resident_ref: str | None
    person: Mapping[str, Any]  #: of the resident
    address: str | None
    area: str | None
    lat: float | None
    lon: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """What a file holds: usable rows, bad rows by line, and columns nobody knows."""

    rows: list[Row]
    errors: list[tuple[int, str]]
    unknown_columns: list[str]


def read_table(text: str) -> Table:
    """Read the whole file; TableUnreadable where it is no table of devices."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=None), restkey=None)
    try:
        header = [name.strip() for name in reader.fieldnames or []]
        reader.fieldnames = header
        missing = [name for name in REQUIRED if name not in header]
        if missing:
            raise TableUnreadable(f"the header lacks {', '.join(missing)}")
        return _rows(reader, [name for name in header if name and name not in COLUMNS])
    except csv.Error as error:
        raise TableUnreadable(f"line {reader.line_num}: {error}") from error


def _rows(reader: csv.DictReader[str], unknown: list[str]) -> Table:
    rows: list[Row] = []
    errors: list[tuple[int, str]] = []
    for raw in reader:
        if len(rows) + len(errors) >= ROWS_MOST:
            raise TableUnreadable(f"more than {ROWS_MOST} rows; bring them in several files")
        cells = {name: (value or "").strip() for name, value in raw.items() if isinstance(name, str)}
        if not any(cells.values()):
            continue
        try:
            rows.append(_row(reader.line_num, cells))
        except RowBad as error:
            errors.append((reader.line_num, str(error)))
    return Table(rows=rows, errors=errors, unknown_columns=unknown)


def _row(line: int, cells: Mapping[str, str]) -> Row:
    if not _DEVICE.fullmatch(cells["device"]):
        raise RowBad("device: 1 to 64 of A-Z a-z 0-9 . _ : -")
    kind = _word(cells, "kind", DeviceKind)
    if kind is None:
        raise RowBad("kind: missing")
    worn = Wearer.PERSONAL if kind in _WORN else Wearer.SHARED
    lat, lon = _number(cells, "lat", 90), _number(cells, "lon", 180)
    if (lat is None) != (lon is None):
        raise RowBad("lat, lon: both or neither")
    area = _matching(cells, "area", _AREA)
    resident = cells.get("resident") or None
    if resident and len(resident) > 50:
        raise RowBad("resident: at most 50 characters")
    return Row(
        line=line,
        device=cells["device"],
        fields={
            "kind": kind,
            "source": cells.get("source") or "canonical",
            "model": cells.get("model") or "",
            "interval_s": _whole(cells, "interval_s", 1, 31_536_000),
            "wearer": _word(cells, "wearer", Wearer) or worn,
            "life": _word(cells, "life", DeviceLife) or DeviceLife.LIVE,
            "area": area,
        },
        named=frozenset(name for name, value in cells.items() if value),
        resident=resident,
        resident_ref=cells.get("resident_ref") or None,
        person=_person(cells),
        address=cells.get("address") or None,
        area=area,
        lat=lat,
        lon=lon,
    )


def _person(cells: Mapping[str, str]) -> dict[str, Any]:
    typed = cells.get("phone") or None
    return {
        "phone_typed": typed,
        "phone": _phone(typed) if typed else None,
        "birth_date": _matching(cells, "birth_date", _BIRTH),
        "tags": _tags(cells.get("tags") or ""),
        "ability": _whole(cells, "ability", 0, 4),
    }


def _phone(typed: str) -> str:
    try:
        return read(typed).stored
    except PhoneUnreadable as error:
        raise RowBad(f"phone: {error}") from error


def _tags(cell: str) -> list[str]:
    tags = [tag.strip() for tag in re.split("[;；]", cell) if tag.strip()]
    for tag in tags:
        if not _TAG.fullmatch(tag):
            raise RowBad(f"tags: {tag[:40]!r} is no tag")
    return sorted(set(tags))


def _matching(cells: Mapping[str, str], column: str, pattern: re.Pattern[str]) -> str | None:
    value = cells.get(column) or None
    if value is not None and not pattern.fullmatch(value):
        raise RowBad(f"{column}: {value[:40]!r} has not the right form")
    return value


def _word(cells: Mapping[str, str], column: str, words: type[StrEnum]) -> Any:
    value = cells.get(column)
    if not value:
        return None
    try:
        return words(value)
    except ValueError:
        raise RowBad(f"{column}: {value[:40]!r} is none of {', '.join(map(str, words))}") from None


def _whole(cells: Mapping[str, str], column: str, least: int, most: int) -> int | None:
    value = cells.get(column)
    if not value:
        return None
    if not value.isascii() or not value.isdigit() or not least <= int(value[:12]) <= most:
        raise RowBad(f"{column}: a whole number from {least} to {most}")
    return int(value)


def _number(cells: Mapping[str, str], column: str, most: float) -> float | None:
    value = cells.get(column)
    if not value:
        return None
    try:
        number = float(value)
    except ValueError:
        raise RowBad(f"{column}: {value[:20]!r} is no number") from None
    if not -most <= number <= most:
        raise RowBad(f"{column}: from -{most} to {most}")
    return number
