"""The packets of GB/T 26875.3-2011, clause 6: where one begins and ends, whether it is whole, and what it carries."""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import Final, NamedTuple

START: Final = b"@@"
END: Final = b"##"
#: Start, serial, version, time, source, target, length of the application data, command; integers low byte first.
_HEAD: Final = Struct("<2sHBB6s6s6sHB")
_TAIL_BYTES: Final = 3  # checksum and end
APPLICATION_BYTES_MAX: Final = 1024
WRONG_SUM: Final = "packet: its checksum is wrong"
_BLANK: Final = b" \t\r\n\0"

assert _HEAD.size == 27, "the layout is the standard's"


class Packet(NamedTuple):
    """One packet; bytes that are none have a `fault` and no `source`."""

    raw: bytes
    fault: str | None = None
    serial: int = 0
    version: str = ""
    time: bytes = b""
    source: str = ""  #: twelve hexadecimal digits, high byte first
    target: str = ""
    command: int = 0
    application: bytes = b""


def packets(body: bytes) -> Iterator[Packet]:
    """Yield every packet, broken ones with what is wrong; takes time in proportion to the bytes.

    After a packet whose end is not where it should be, the search goes on one byte further: the next one may begin
    inside of what it claimed.
    """
    place = skipped = 0
    while (start := body.find(START, place)) >= 0:
        packet = _packet(body, start)
        if not packet.source:  # Signs that begin nothing: part of what lies between packets.
            place = start + 1
            continue
        place = start + len(packet.raw)
        yield from _between(body[skipped:start])
        if packet.fault is not None and packet.fault is not WRONG_SUM:
            following = body.find(START, start + 1)
            place = len(body) if following < 0 else following
            packet = packet._replace(raw=body[start:place])
        yield packet
        skipped = place
    yield from _between(body[skipped:])


def _between(raw: bytes) -> Iterator[Packet]:
    if raw.strip(_BLANK):
        yield Packet(raw, fault="packet: none begins here; send @@ and what belongs to it")


def _packet(body: bytes, start: int) -> Packet:
    if len(body) - start < _HEAD.size:
        return Packet(START, fault="packet: is cut off")
    _, serial, major, minor, time, source, target, length, command = _HEAD.unpack_from(body, start)
    if length > APPLICATION_BYTES_MAX:
        return Packet(START, fault="packet: its length is beyond what may be sent")
    application_at = start + _HEAD.size
    end = application_at + length + _TAIL_BYTES
    raw = body[start:end]
    return Packet(
        raw=raw,
        fault=_fault(raw, end - start),
        serial=serial,
        version=f"{major}.{minor}",
        time=time,
        source=source[::-1].hex(),
        target=target[::-1].hex(),
        command=command,
        application=body[application_at : application_at + length],
    )


def _fault(raw: bytes, size: int) -> str | None:
    if len(raw) < size:
        return "packet: is cut off"
    if not raw.endswith(END):
        return "packet: does not end in ## where its length says"
    if sum(raw[2:-3]) & 0xFF != raw[-3]:
        return WRONG_SUM
    return None
