"""The sources of a lane: which of them reads a message, and how the settings bend what it says."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec import structs

from devices.decoding import Decode, Decoded
from devices.naming import device_id
from devices.sources import SOURCES, canonical
from devices.topics import is_device_id

CANONICAL: Final = "canonical"
#: The device as the decoder names it.
AS_TOLD: Final = "{device}"
#: Topics whose source is remembered: looking through the filters costs more than anything else of a short message.
TOPICS_REMEMBERED: Final = 50_000

Read = Callable[[str, bytes], Decoded]


class NotATemplate(ValueError):
    """A `device` template names what there is not; the text says what there is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One source in service: the topics that are its own, and how they are read."""

    name: str
    filters: tuple[str, ...]
    decode: Read
    calls: bool = False  #: whatever arrives here is a call, also what nobody can read
    is_canonical: bool = False  #: our own topics and form, with nothing bent


def canonical_source(filters: tuple[str, ...] = ()) -> Source:
    """Our own topics and form."""
    return Source(name=CANONICAL, filters=filters, decode=canonical.decode, is_canonical=True)


def known_source(name: str, filters: tuple[str, ...]) -> Source:
    """A source of SOURCES as it is; KeyError for any other."""
    return canonical_source(filters) if name == CANONICAL else Source(name=name, filters=filters, decode=SOURCES[name])


def bent(decode: Decode, *, model: str | None = None, device: str = AS_TOLD, hub: str | None = None) -> Read:
    """Return the decoder as the settings want it; raises NotATemplate.

    `device` says how the register calls what the decoder calls {device}; `hub` how it calls the hub that carried a
    message, or, where it is no template, which one it was wherever the decoder names none.
    Total as the decoder is: whatever a topic holds, an id comes out of it.
    """
    naming = None if device == AS_TOLD else _naming(device)
    carrying = None if hub is None or "{" not in hub else _naming(hub)
    if naming is None and hub is None:
        return lambda topic, payload: decode(topic, payload, model=model)

    def read(topic: str, payload: bytes) -> Decoded:
        decoded = decode(topic, payload, model=model)
        levels = tuple(topic.split("/"))
        carrier = decoded.hub or hub if carrying is None else carrying(decoded.device, decoded.hub, levels)
        if naming is None:
            return structs.replace(decoded, hub=carrier)
        return _renamed(decoded, carrier, naming, levels)

    return read


# -- how the register calls a device ---------------------------------------------------------------------------------

Naming = Callable[[str | None, str | None, tuple[str, ...]], str | None]


def _naming(template: str) -> Naming:
    """From the decoder's device, the hub and the topic's levels to the register's name."""
    parts = list(_parts(template))
    needs_device, needs_hub = (any(name == word for _, name in parts) for word in ("device", "hub"))

    def named(device: str | None, hub: str | None, levels: tuple[str, ...]) -> str | None:
        # What is about the hub itself, and what is about nobody, stays so.
        nobody_s = (needs_device and device is None) or (needs_hub and hub is None)
        if nobody_s or (device is not None and device == hub):
            return device
        text = "".join(literal + _value(name, device, hub, levels) for literal, name in parts)
        return device_id(text) if text else device

    return named


def _value(name: str | None, device: str | None, hub: str | None, levels: tuple[str, ...]) -> str:
    if name is None:
        return ""
    if name.startswith("topic."):
        number = int(name.removeprefix("topic."))
        return levels[number] if number < len(levels) else ""
    return (device if name == "device" else hub) or ""


def _parts(template: str) -> Sequence[tuple[str, str | None]]:
    remedy = "use {device}, {hub} and {topic.0}, {topic.1}, … beside letters and digits"
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise NotATemplate(f"{template!r} is not a template ({error}); {remedy}") from None
    for _, name, spec, conversion in parts:
        if name is not None and (spec or conversion or not _is_known(name)):
            raise NotATemplate(f"{template!r} names {{{name}}}; {remedy}")
    if not any(name for _, name, _, _ in parts):
        raise NotATemplate(f"{template!r} gives every device one name; {remedy}")
    return [(literal, name) for literal, name, _, _ in parts]


def _is_known(name: str) -> bool:
    level = name.removeprefix("topic.")
    return name in ("device", "hub") or (name != level and level.isascii() and level.isdigit() and len(level) <= 2)


def _renamed(decoded: Decoded, hub: str | None, naming: Naming, levels: tuple[str, ...]) -> Decoded:
    return structs.replace(
        decoded,
        hub=hub,
        device=naming(decoded.device, hub, levels),
        events=tuple(
            event if event.device is None else structs.replace(event, device=naming(event.device, hub, levels))
            for event in decoded.events
        ),
        rejected=tuple(
            one if one.device is None else structs.replace(one, device=naming(one.device, hub, levels))
            for one in decoded.rejected
        ),
    )


def registrable(device: str) -> str:
    """The device's id, or one made of it where a source lets through what the register cannot hold."""
    return device if not device or is_device_id(device) else device_id(device)


# -- which source a topic belongs to -------------------------------------------------------------------------------


def matches(filter_: str, topic: str) -> bool:
    """Whether an MQTT subscription filter takes this topic."""
    wanted, levels = filter_.split("/"), topic.split("/")
    if wanted[-1] == "#":
        wanted, levels = wanted[:-1], levels[: len(wanted) - 1]
    return len(wanted) == len(levels) and all(want in ("+", level) for want, level in zip(wanted, levels, strict=True))


def overlap(one: str, other: str) -> bool:
    """Whether some topic is taken by both filters."""
    first, second = one.split("/"), other.split("/")
    for mine, its in zip(first, second, strict=False):
        if "#" in (mine, its):
            return True
        if mine != its and "+" not in (mine, its):
            return False
    longer = max(first, second, key=len)
    # `a/#` takes `a` as well.
    return len(first) == len(second) or longer[min(len(first), len(second)) :] == ["#"]


def covers(wide: str, narrow: str) -> bool:
    """Whether every topic that `narrow` takes is taken by `wide` too."""
    wider, narrower = wide.split("/"), narrow.split("/")
    for position, want in enumerate(wider):
        if want == "#":
            return True
        if position >= len(narrower) or narrower[position] == "#" or want not in ("+", narrower[position]):
            return False
    return len(wider) == len(narrower)


class SourceTable:
    """The sources of one lane; a topic belongs to the one whose filter for it says most."""

    def __init__(self, sources: Sequence[Source]) -> None:
        assert sources, "a lane has a source"
        self.sources = tuple(sources)
        pairs = [(filter_, source) for source in sources for filter_ in source.filters]
        self._pairs = sorted(pairs, key=lambda pair: _says(pair[0]), reverse=True)
        self._only = sources[0] if len(sources) == 1 else None
        self._remembered: dict[str, Source] = {}
        #: Whether each event has an id and a time of its own.
        self.tells_identity = all(source.is_canonical for source in sources)

    def of(self, topic: str) -> Source:
        """The source of this topic. One that no filter names any more is the first's: its letters say so."""
        if self._only is not None:
            return self._only
        known = self._remembered.get(topic)
        if known is None:
            if len(self._remembered) >= TOPICS_REMEMBERED:
                self._remembered.clear()
            known = next((source for filter_, source in self._pairs if matches(filter_, topic)), self.sources[0])
            self._remembered[topic] = known
        return known


def _says(filter_: str) -> tuple[int, ...]:
    """Sorts a filter behind every filter that it covers."""
    return (*({"#": 0, "+": 1}.get(level, 2) for level in filter_.split("/")), 3)


@dataclass(frozen=True, kw_only=True, slots=True)
class LaneSettings:
    """A lane as the settings name it; without `sources` all that comes is the one source's, read as it is."""

    name: str
    filters: tuple[str, ...]
    source: str = CANONICAL
    sources: tuple[Source, ...] = ()

    @property
    def client_id(self) -> str:
        """The same for every gateway: whoever holds the lane takes the broker's session with it."""
        return f"shouwang-lane-{self.name}"

    @property
    def table(self) -> SourceTable:
        """Which source reads what; KeyError where `source` is none that we know."""
        return SourceTable(self.sources or (known_source(self.source, self.filters),))
