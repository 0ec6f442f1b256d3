"""GB/T 26875.3-2011: packets (`@@ ... ##`) of a fire panel's transmitter, and its application data alone.

Meanings: clauses 6 and 8 of the standard (the tables stand in `devices/gb26875_codes.py`). A payload may hold several
packets with anything between; a broken one costs only itself. Bytes without a packet around them are read as an
application data unit where a bridge says so or where type, count and length agree.

Devices: a transmitter (用户信息传输装置) is its source address, twelve hexadecimal digits; a system is
`<transmitter>:<system type>.<system address>`, and a component has its address after another dot. An application data
unit alone has the last level of its topic for a transmitter. The transmitter is the hub of the others.

State words are states: each report says all of it, new only on the edge. The fire bit raises its alarm on test (bit 0
unset) as well, with `test_state` in the detail; nothing is cleared on test. What a person did at the panel is an event,
except in an answer (command 5), which tells of old ones. Times are China's, +08:00.

Ids: the packet's serial number and the object's place in it: a packet that is sent again has them unchanged, and its
objects' times; none where nothing tells a time. Nothing is derived from an application data unit alone.

A packet whose checksum or end is wrong is refused, as the standard demands; the refusal names the alarm that can be
recognised in it. Where the count of objects lies, only alarms are taken, marked as damaged.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from devices.decoding import Decoded, Rejected, RejectReason
from devices.event import ALARMS, Event, EventType
from devices.gb26875_codes import (
    COMPONENT_BITS,
    COMPONENTS,
    QUANTITIES,
    SYSTEM_BITS,
    TRANSMITTER_BITS,
    Meaning,
    alarm_of,
    operation,
    state,
    time_of,
)
from devices.gb26875_frames import Packet, packets
from devices.naming import device_id
from devices.ordering import life_first
from devices.report import rejected, report
from devices.wrapping import bare_hex, unwrapped

MESSAGE_BYTES_MAX: Final = 256 * 1024
PACKETS_MAX: Final = 1024
#: As much of what is not understood as tells a person what it is.
_SHOWN_BYTES_MAX: Final = 64
_ANSWER: Final = 5


class _Where(NamedTuple):
    """The packet that objects came in."""

    transmitter: str
    sent_at: datetime | None = None
    serial: int | None = None
    command: int | None = None


class _Object(NamedTuple):
    """One object of an application data unit, read."""

    device: str
    detail: dict[str, Any]
    kinds: tuple[EventType, ...] = (EventType.HEARTBEAT,)
    is_state: bool = False
    at: datetime | None = None
    value: float | None = None
    unit: str | None = None


class _Kind(NamedTuple):
    """How objects of one type are read: `size` bytes each, the time at their end included."""

    size: int
    read: Callable[[bytes, _Where], _Object]


class _Read(NamedTuple):
    events: list[Event]
    rejected: list[Rejected]


def decode(topic: str, payload: bytes, *, model: str | None = None) -> Decoded:
    """Decode one message of one or many packets. Total: what cannot be used is a Rejected; only a bug raises."""
    del model  # The standard is the same for all.
    if len(payload) > MESSAGE_BYTES_MAX:
        detail = f"message: larger than {MESSAGE_BYTES_MAX} bytes; send fewer packets at once"
        return _answer([], [rejected(RejectReason.TOO_LARGE, detail, payload)], set())
    wrapped = unwrapped(payload)
    body = bare_hex(wrapped.body) or wrapped.body
    if not body:
        return _answer([], [rejected(RejectReason.EMPTY, "message: holds nothing", payload)], set())
    if "layer" in wrapped.beside or _is_unit(body):
        where = _Where(device_id(topic.rsplit("/", 1)[-1] or "transmitter"))
        read = _read_unit(body, where, {})
        return _answer(read.events, read.rejected, {where.transmitter})
    events: list[Event] = []
    refused: list[Rejected] = []
    hubs = set()
    for count, packet in enumerate(packets(body)):
        if count >= PACKETS_MAX:
            detail = f"message: more than {PACKETS_MAX} packets; send fewer at once"
            refused.append(rejected(RejectReason.TOO_LARGE, detail, payload))
            break
        read = _read_packet(packet)
        events += read.events
        refused += read.rejected
        if packet.source:
            hubs.add(packet.source)
    if not events and not refused:
        refused.append(rejected(RejectReason.EMPTY, "message: holds nothing", payload))
    return _answer(events, refused, hubs)


def _answer(events: list[Event], refused: list[Rejected], hubs: set[str]) -> Decoded:
    devices = {event.device for event in events} | {one.device for one in refused}
    device = devices.pop() if len(devices) == 1 else None
    hub = hubs.pop() if len(hubs) == 1 else None
    return Decoded(
        device=device,
        channel=None,
        events=tuple(life_first(events) if len(events) > 1 else events),
        rejected=tuple(refused),
        hub=hub if hub != device else None,
    )


def _read_packet(packet: Packet) -> _Read:
    where = _Where(packet.source, time_of(packet.time), packet.serial, packet.command)
    if packet.fault is not None:
        reason = RejectReason.BAD_VALUE if packet.source else RejectReason.NOT_AN_EVENT
        alarm = _recognised(packet.application, where)
        refusal = rejected(reason, packet.fault, packet.raw, type_=alarm, device=packet.source or None)
        return _Read([], [refusal])
    around: dict[str, Any] = {
        "serial": packet.serial,
        "version": packet.version,
        "frame_time": None if where.sent_at is None else where.sent_at.isoformat(),
        "source_addr": packet.source,
        "target_addr": packet.target,
        "app_len": len(packet.application),
        "command": packet.command,
    }
    if len(packet.application) < 2:  # A confirmation, or a sign of life.
        return _Read([_event(_Object(packet.source, around), EventType.HEARTBEAT, where, 0, is_first=True)], [])
    return _read_unit(packet.application, where, around)


def _recognised(unit: bytes, where: _Where) -> EventType | None:
    """Return the alarm in a broken packet: the bits stand near its beginning."""
    kind = _KINDS.get(unit[0]) if unit else None
    if kind is None:
        return None
    padded = unit[2 : 2 + kind.size].ljust(kind.size, b"\0")
    return next((one for one in kind.read(padded, where).kinds if one in ALARMS), None)


def _is_unit(body: bytes) -> bool:
    """Say whether bytes without a packet are an application data unit: its type, count and length agree."""
    kind = _KINDS.get(body[0])
    return kind is not None and len(body) > 2 and len(body) - 2 == kind.size * body[1]


def _read_unit(unit: bytes, where: _Where, around: dict[str, Any]) -> _Read:
    if len(unit) < 2:
        detail = "application data: holds neither type nor count"
        return _Read([], [rejected(RejectReason.BAD_VALUE, detail, unit, device=where.transmitter)])
    around = around | {"app_type": unit[0], "count": unit[1]}
    kind = _KINDS.get(unit[0])
    if kind is None or len(unit) == 2:
        around["content"] = unit[2 : 2 + _SHOWN_BYTES_MAX].hex()
        alive = _event(_Object(where.transmitter, around), EventType.HEARTBEAT, where, 0, is_first=True)
        return _Read([alive], [] if kind is not None or unit[0] in _QUIET else [_unknown_kind(unit, where)])
    return _read_objects(unit, kind, where, around)


def _unknown_kind(unit: bytes, where: _Where) -> Rejected:
    detail = "application data: of a type that the standard leaves to makers; tell us what it means"
    word = f"app_type={unit[0]}"
    return Rejected(reason=RejectReason.UNKNOWN_TYPE, detail=detail, raw=unit, type_word=word, device=where.transmitter)


def _read_objects(unit: bytes, kind: _Kind, where: _Where, around: dict[str, Any]) -> _Read:
    told = unit[1]
    whole, rest = divmod(len(unit) - 2, kind.size)
    is_short = whole < told
    read = _Read([], [])
    for index in range(whole):
        start = 2 + index * kind.size
        found = kind.read(unit[start : start + kind.size], where)
        damage = "count: is not the number of objects that follow" if is_short or index >= told else None
        kinds = found.kinds if damage is None else tuple(one for one in found.kinds if one in ALARMS)
        if index == 0:
            found.detail.update(around)
        for count, type_ in enumerate(kinds):
            read.events.append(_event(found, type_, where, index, is_first=count == 0, damage=damage))
    if is_short or whole > told or rest:
        cut = unit[2 + whole * kind.size :]
        alarm = _recognised(unit[:2] + cut, where) if is_short and cut else None
        detail = "count: is not the number of objects that follow"
        read.rejected.append(rejected(RejectReason.BAD_VALUE, detail, unit, type_=alarm, device=where.transmitter))
    return read


def _event(
    found: _Object, type_: EventType, where: _Where, index: int, *, is_first: bool, damage: str | None = None
) -> Event:
    at = found.at or where.sent_at
    return report(
        type_,
        device=found.device,
        at=at,
        # The serial begins anew whenever a transmitter does: without a time a second fire would be a copy.
        id_=None if where.serial is None or at is None else f"{where.serial}.{index}",
        is_state=found.is_state,
        value=found.value,
        unit=found.unit,
        detail=found.detail if is_first else None,
        damage=damage,
    )


def _system(raw: bytes, where: _Where) -> tuple[str, dict[str, Any]]:
    device = device_id(f"{where.transmitter}:{raw[0]}.{raw[1]}")
    return device, {"system_type": raw[0], "system_addr": raw[1]}


def _component(raw: bytes, where: _Where) -> tuple[str, dict[str, Any]]:
    device, detail = _named(where.transmitter, raw[:7])
    return device, dict(detail)


@lru_cache(maxsize=4096)
def _named(transmitter: str, raw: bytes) -> tuple[str, dict[str, Any]]:
    address = int.from_bytes(raw[3:7], "little")
    return device_id(f"{transmitter}:{raw[0]}.{raw[1]}.{address}"), {
        "system_type": raw[0],
        "system_addr": raw[1],
        "component_type": raw[2],
        "component": COMPONENTS.get(raw[2], "other"),
        "component_addr": address,
    }


def _state(device: str, detail: dict[str, Any], flag: int, meaning: Meaning, tag: bytes) -> _Object:
    detail |= {"state_flag": flag, "state": meaning.words}
    kinds = meaning.kinds or (EventType.HEARTBEAT,)
    return _Object(device, detail, kinds, is_state=bool(meaning.kinds), at=_at(tag, detail))


def _at(tag: bytes, detail: dict[str, Any]) -> datetime | None:
    """Return the time of an object; one that is none is told in the detail, as the bytes it was."""
    at = time_of(tag)
    if at is None:
        detail["bad_time"] = tag.hex()
    return at


def _system_state(raw: bytes, where: _Where) -> _Object:
    device, detail = _system(raw, where)
    flag = int.from_bytes(raw[2:4], "little")
    return _state(device, detail, flag, state(flag, SYSTEM_BITS, EventType.FIRE), raw[4:])


def _component_state(raw: bytes, where: _Where) -> _Object:
    device, detail = _component(raw, where)
    flag = int.from_bytes(raw[7:9], "little")
    detail["description"] = _text(raw[9:40])
    return _state(device, detail, flag, state(flag, COMPONENT_BITS, alarm_of(raw[2])), raw[40:])


def _component_value(raw: bytes, where: _Where) -> _Object:
    device, detail = _component(raw, where)
    param_type = raw[7]
    param_raw = int.from_bytes(raw[8:10], "little", signed=True)
    quantity = QUANTITIES.get(param_type)
    detail |= {"name": quantity.name if quantity else "other", "param_type": param_type, "param_raw": param_raw}
    at = _at(raw[10:], detail)
    value = round(param_raw * quantity.step, 2) if quantity else float(param_raw)
    if quantity is not None and not quantity.least <= value <= quantity.most:
        return _Object(device, detail, at=at)
    unit = quantity.unit if quantity else None
    return _Object(device, detail, (EventType.READING,), at=at, value=value, unit=unit or None)


def _operated(device: str, detail: dict[str, Any], raw: bytes, where: _Where) -> _Object:
    meaning = operation(raw[0])
    detail |= {"operation_flag": raw[0], "operation": meaning.words, "operator": raw[1]}
    is_old = where.command == _ANSWER
    kinds = (EventType.HEARTBEAT,) if is_old or not meaning.kinds else meaning.kinds
    return _Object(device, detail, kinds, at=_at(raw[2:], detail))


def _system_operation(raw: bytes, where: _Where) -> _Object:
    device, detail = _system(raw, where)
    return _operated(device, detail, raw[2:], where)


def _transmitter_operation(raw: bytes, where: _Where) -> _Object:
    return _operated(where.transmitter, {}, raw, where)


def _transmitter_state(raw: bytes, where: _Where) -> _Object:
    return _state(where.transmitter, {}, raw[0], state(raw[0], TRANSMITTER_BITS, EventType.FIRE), raw[1:])


def _system_version(raw: bytes, where: _Where) -> _Object:
    device, detail = _system(raw, where)
    return _Object(device, detail | {"version": f"{raw[2]}.{raw[3]}"})


def _transmitter_version(raw: bytes, where: _Where) -> _Object:
    return _Object(where.transmitter, {"version": f"{raw[0]}.{raw[1]}"})


def _component_setup(raw: bytes, where: _Where) -> _Object:
    device, detail = _component(raw, where)
    return _Object(device, detail | {"description": _text(raw[7:])})


def _system_time(raw: bytes, where: _Where) -> _Object:
    device, detail = _system(raw, where)
    return _Object(device, detail, at=_at(raw[2:], detail))


def _transmitter_time(raw: bytes, where: _Where) -> _Object:
    detail: dict[str, Any] = {}
    return _Object(where.transmitter, detail, at=_at(raw, detail))


def _text(raw: bytes) -> str:
    return raw.split(b"\0", 1)[0].decode("gb18030", "replace").strip()


#: Types of the standard's table 3 that tell of a configuration or ask for something: none of them can raise anything.
_QUIET: Final = frozenset({6, 26, *range(61, 69), *range(81, 92)})
#: By type of application data, table 3 of the standard; the others have no fixed length or are commands to a unit.
_KINDS: Final = {
    1: _Kind(10, _system_state),
    2: _Kind(46, _component_state),
    3: _Kind(16, _component_value),
    4: _Kind(10, _system_operation),
    5: _Kind(4, _system_version),
    7: _Kind(38, _component_setup),
    8: _Kind(8, _system_time),
    21: _Kind(7, _transmitter_state),
    24: _Kind(8, _transmitter_operation),
    25: _Kind(2, _transmitter_version),
    28: _Kind(6, _transmitter_time),
}
