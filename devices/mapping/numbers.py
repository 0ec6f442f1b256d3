"""Numbers and conditions in a mapping file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from devices.mapping.model import Condition, Number, Test
from devices.mapping.tables import Reader, is_number, shown
from devices.mapping.units import Convert, Quantity

KEYS: Final = ("path", "const", "unit", "scale", "offset", "missing", "table", "split", "index", "negative", "when")
CONDITIONS_MAX: Final = 16

TESTS: Final = tuple(str(test) for test in Test)
_FACTOR_MOST: Final = 1e12


def numbers(table: Reader, quantities: Mapping[str, Quantity]) -> dict[str, Number]:
    """Return the fields of a table of numbers."""
    found = {key: _field(table, key, quantity) for key, quantity in quantities.items() if key in table}
    return {key: number for key, number in found.items() if number is not None}


def _field(table: Reader, key: str, quantity: Quantity) -> Number | None:
    own = next(iter(quantity.units.values()))
    if not isinstance(table.raw(key), dict):
        paths = table.paths(key)
        return Number(paths=paths, convert=own, least=quantity.least, most=quantity.most) if paths else None
    inner = table.table(key, KEYS)
    return None if inner is None else number_of(inner, quantity, _converter(inner, quantity) or own)


def _converter(table: Reader, quantity: Quantity) -> Convert | None:
    unit = table.text("unit", empty=True)
    if unit is None or unit in quantity.units:
        return None if unit is None else quantity.units[unit]
    if quantity.hint and unit.strip().lower() in ("v", "mv", "volt", "volts"):
        table.note("unit", f"{shown(unit)}: {quantity.hint}")
    else:
        table.choice("unit", quantity.units)  # says which there are
    return None


def number_of(table: Reader, quantity: Quantity, convert: Convert) -> Number | None:
    """Return the number that a table describes."""
    if table.exactly_one_of(("path", "const")) is None:
        return None
    index = table.number("index", -100, 100)
    scale, offset = table.number("scale", -_FACTOR_MOST, _FACTOR_MOST), table.number("offset", -1e12, 1e12)
    if ("index" in table) != ("split" in table):
        table.note("split" if "index" in table else "index", "split and index go together: what parts, and which part")
    negative = next(iter(conditions(table, "negative")), None)
    return Number(
        paths=table.paths("path"),
        const=table.number("const", quantity.least, quantity.most),
        split=table.text("split"),
        index=int(index or 0),
        missing=table.scalars("missing"),
        table=_table(table),
        scale=1.0 if scale is None else scale,
        offset=offset or 0.0,
        convert=convert,
        negative=negative,
        when=conditions(table, "when"),
        least=quantity.least,
        most=quantity.most,
    )


def _table(table: Reader) -> dict[str, float] | None:
    entries = table.entries("table")
    if entries is None:
        return None
    for word, value in entries.items():
        if not is_number(value):
            table.notes.add((*table.where, "table", word), f"expected a number, not {shown(value)}")
            return None
    return {word: float(value) for word, value in entries.items()}


def conditions(table: Reader, key: str) -> tuple[Condition, ...]:
    """Return what must hold: a table, or an array of them."""
    ones = table.tables(key, ("path", *TESTS), CONDITIONS_MAX)
    if key in table and not ones and table.raw(key) == []:
        table.note(key, "is empty; leave it out, or say what must hold")
    return tuple(_conditions(ones))


def _conditions(tables: tuple[Reader, ...]) -> Iterator[Condition]:
    for table in tables:
        if "path" not in table:
            table.note("path", "is missing; a condition has a path and one test")
        path, test = table.path("path"), table.exactly_one_of(TESTS)
        if path is not None and test is not None:
            yield Condition(path=path, test=Test(test), wanted=_wanted(table, Test(test)))


def _wanted(table: Reader, test: Test) -> tuple[str | int | float | bool, ...]:
    if test is Test.EXISTS:
        return (table.flag("exists", default=True),)
    if test in (Test.ABOVE, Test.BELOW):
        limit = table.number(str(test), -1e15, 1e15)
        return (0.0 if limit is None else limit,)
    return table.scalars(str(test))
