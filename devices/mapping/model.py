"""What a mapping file says, once it has been checked."""

from __future__ import annotations

import re
from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum

from devices.event import Datum, EventType
from devices.mapping.paths import Path
from devices.mapping.units import Convert

Scalar = str | int | float | bool
#: What a vendor's word means: these types, or with none of them nothing at all.
Meaning = tuple[EventType, ...]


class Test(StrEnum):
    """What a condition asks of the value at its path; of these one."""

    EQUALS = "equals"
    IN = "in"
    NOT = "not"
    EXISTS = "exists"
    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """Something that must hold. What is absent or null equals nothing, and is neither unequal nor above nor below."""

    path: Path
    test: Test
    wanted: tuple[Scalar, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """A name: the parts joined, or always the same. It is there only if every part is."""

    paths: tuple[Path, ...] = ()
    prefix: str = ""
    const: str | None = None
    joiner: str = "."


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """A number: the first of the paths that holds one, brought into the field's own unit and range."""

    paths: tuple[Path, ...] = ()
    const: float | None = None
    split: str | None = None
    index: int = 0
    missing: tuple[Scalar, ...] = ()
    table: Table[str, float] | None = None
    scale: float = 1.0
    offset: float = 0.0
    convert: Convert
    negative: Condition | None = None
    when: tuple[Condition, ...] = ()
    least: float
    most: float


class TimeForm(StrEnum):
    """How a time is written, where it is not by a pattern."""

    AUTO = "auto"  #: RFC 3339, or epoch seconds or milliseconds by their size
    RFC3339 = "rfc3339"
    EPOCH_S = "epoch_s"
    EPOCH_MS = "epoch_ms"
    EPOCH_US = "epoch_us"


@dataclass(frozen=True, kw_only=True, slots=True)
class Time:
    """The device's clock; `zone` is what a time without an offset is local to."""

    paths: tuple[Path, ...]
    form: TimeForm | str  #: or a pattern such as %Y%m%d%H%M%S
    zone: tzinfo


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A location; used only while every condition of `when` holds."""

    numbers: Table[str, Number]
    datum: Datum
    when: tuple[Condition, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Bit:
    """What a bit of a number means: where it is set, and where it is not."""

    number: int
    set: Meaning
    clear: Meaning = ()


class Unknown(StrEnum):
    """What to do with a word that the table has not."""

    REJECT = "reject"  #: keep it as a dead letter, for people to see
    IGNORE = "ignore"  #: only where the table holds no alarm


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """When something is reported: by conditions alone (`types`), by a word (`words`) or by bits."""

    number: int  #: in the file, from 1
    when: tuple[Condition, ...] = ()
    types: Meaning = ()
    paths: tuple[Path, ...] = ()  #: the first at which something stands
    words: Table[str, Meaning] | None = None
    bits: tuple[Bit, ...] = ()
    split: str | None = None
    unknown: Unknown | Meaning = Unknown.REJECT
    is_state: bool = False
    repeat_s: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A further measurement, which is an event of its own."""

    name: str
    unit: str
    value: Number


@dataclass(frozen=True, kw_only=True, slots=True)
class Topics:
    """Which topics the messages come on, and the names of their levels."""

    texts: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...]
    levels: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mapping:
    """The whole file."""

    name: str
    topics: Topics | None
    counts_levels: bool  #: a path names a level of the topic by its number
    each: tuple[Path, ...]
    device: Text
    hub: Text | None
    at: Time | None
    id: Text | None
    numbers: Table[str, Number]  #: of the event itself: battery_pct, signal_dbm
    place: Place | None
    vitals: Table[str, Number]
    rules: tuple[Rule, ...]
    readings: tuple[Reading, ...]
    keeps_rest: bool  #: the vendor's remaining members stand in the first event's detail
