"""From one packet to what is to be done with it: alarms at once, telemetry in batches, the rest set apart."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import Final

from msgspec import Struct

from devices.decoding import Decode, Decoded, Rejected, RejectReason
from devices.event import ALARMS, CLEARS, FAULTS, PLACES, READINGS, Event, EventType
from devices.topics import PREFIX, Channel, parse_topic
from gateway.mqtt.codec import PublishPacket, UnreadablePacket
from gateway.window import Message

#: Everything that can open, end or be noted on an incident goes at once; what is left can wait for its batch.
AT_ONCE: Final = frozenset(
    ALARMS | CLEARS | FAULTS | PLACES
    | {EventType.BUTTON, EventType.CANCEL, EventType.MUTED, EventType.ANSWERED, EventType.TEST}
)  # fmt: skip


class AlarmArrival(Struct, frozen=True, gc=False):
    """Something to assess at once, alone: an event, or what arrived on an alarm topic and could not be read."""

    message: Message
    device: str
    channel: Channel | None
    received_at: datetime
    payload: bytes
    retained: bool
    in_flush: bool
    event: Event | None = None
    rejected: Rejected | None = None


class TelemetryArrival(Struct, frozen=True, gc=False):
    """One event for the next batch; `payload` is kept for the dead letter, should the device be unknown."""

    message: Message
    device: str
    event: Event
    received_at: datetime
    payload: bytes
    wants_ack: bool = False  #: it came on an alarm topic, and its device sends it until it is answered


class PresenceArrival(Struct, frozen=True, gc=False):
    """What the broker says about a device's connection."""

    message: Message
    device: str
    online: bool
    received_at: datetime
    payload: bytes


class RejectArrival(Struct, frozen=True, gc=False):
    """What could not be used and is no call: kept as a dead letter with the next batch."""

    message: Message
    device: str
    rejected: Rejected
    received_at: datetime
    retained: bool


class Sorted(Struct, frozen=True, gc=False):
    """The parts of one message."""

    alarms: tuple[AlarmArrival, ...] = ()
    telemetry: tuple[TelemetryArrival | PresenceArrival | RejectArrival, ...] = ()

    @property
    def parts(self) -> int:
        return len(self.alarms) + len(self.telemetry)


#: Of a PUBLISH's first byte (MQTT 5, 3.3.1.3).
_RETAIN: Final = 0x01
_ONLINE: Final = {b"1": True, b"0": False}


def sort(packet: PublishPacket, message: Message, decode: Decode, received_at: datetime) -> Sorted:
    """Decode a packet and say what is to be done with each part. Total: any exception becomes a reject."""
    online = _ONLINE.get(packet.payload)
    if online is not None and packet.topic.endswith("/online"):
        named = parse_topic(packet.topic)
        if named is not None:
            presence = PresenceArrival(message, named[0], online, received_at, packet.payload)
            return Sorted(telemetry=(presence,))
    try:
        decoded = decode(packet.topic, packet.payload)
    except Exception as error:  # noqa: BLE001  # kept as a reject of this one message
        # Any type, also RecursionError and MemoryError: it stays with this message.
        decoded = _undecoded(packet.topic, packet.payload, error)
    return _sort_decoded(packet, message, decoded, received_at)


def unreadable(packet: UnreadablePacket, message: Message, received_at: datetime) -> Sorted:
    """What the codec could not read, by its topic: a call if that is an alarm topic."""
    retained = bool(packet.raw[0] & _RETAIN)
    return given_up(packet.topic, packet.raw, packet.reason, message, received_at, retained=retained)


def given_up(
    topic: str, payload: bytes, reason: str, message: Message, received_at: datetime, *, retained: bool
) -> Sorted:
    """A message that is not decoded at all, kept whole."""
    decoded = _undecoded(topic, payload, reason)
    return _place_rejected(decoded, message, received_at, payload, retained=retained, flush=False)


def _undecoded(topic: str, payload: bytes, error: Exception | str) -> Decoded:
    device, channel = parse_topic(topic) or (None, None)
    detail = error if isinstance(error, str) else f"{type(error).__name__} while decoding"
    rejected = Rejected(reason=RejectReason.EXHAUSTED, detail=detail, raw=payload)
    return Decoded(device=device, channel=channel, rejected=(rejected,))


def _sort_decoded(packet: PublishPacket, message: Message, decoded: Decoded, received_at: datetime) -> Sorted:
    device = decoded.device or ""
    message.device, message.is_array = device, decoded.is_array
    events = decoded.events
    if len(events) == 1 and not decoded.rejected and events[0].type not in AT_ONCE:
        on_alarm = decoded.channel is Channel.ALARM
        return Sorted(telemetry=(TelemetryArrival(message, device, events[0], received_at, packet.payload, on_alarm),))
    flush = decoded.is_array and len(events) + len(decoded.rejected) > 1
    kept = _place_rejected(decoded, message, received_at, packet.payload, retained=packet.retain, flush=flush)
    alarms = [
        AlarmArrival(message, device, decoded.channel, received_at, packet.payload, packet.retain, flush, event=event)
        for event in events
        if event.type in AT_ONCE
    ]
    telemetry = [
        TelemetryArrival(message, device, event, received_at, packet.payload, decoded.channel is Channel.ALARM)
        for event in events
        if event.type not in AT_ONCE
    ]
    return Sorted(alarms=(*alarms, *kept.alarms), telemetry=(*telemetry, *kept.telemetry))


def _place_rejected(
    decoded: Decoded, message: Message, received_at: datetime, payload: bytes, *, retained: bool, flush: bool
) -> Sorted:
    device = decoded.device or _stand_in(message.topic)
    message.device, message.is_array = decoded.device or "", decoded.is_array
    alarms, letters = [], []
    for rejected in decoded.rejected:
        if device and _is_call(decoded, rejected, message.topic):
            alarms.append(
                AlarmArrival(message, device, decoded.channel, received_at, payload, retained, flush, rejected=rejected)
            )
        else:
            letters.append(RejectArrival(message, device, rejected, received_at, retained))
    return Sorted(alarms=tuple(alarms), telemetry=tuple(letters))


def _is_call(decoded: Decoded, rejected: Rejected, topic: str) -> bool:
    """Whatever arrives on an alarm topic is a call; elsewhere, what names an alarm is one all the same."""
    return decoded.channel is Channel.ALARM or _ends_as_alarm(topic) or (bool(decoded.device) and names_alarm(rejected))


def _stand_in(topic: str) -> str:
    """A device id for an alarm topic that names no possible device, the same for the same topic; else nothing."""
    return f"unnamed:{blake2b(topic.encode(), digest_size=8).hexdigest()}" if _ends_as_alarm(topic) else ""


def _ends_as_alarm(topic: str) -> bool:
    return topic.startswith(f"{PREFIX}/") and topic.endswith(f"/{Channel.ALARM}")


def names_alarm(rejected: Rejected) -> bool:
    """Whether what could not be used still says that it is an alarm."""
    return rejected.type_word in _ALARM_WORDS


_ALARM_WORDS: Final = frozenset(str(alarm) for alarm in ALARMS)

assert not READINGS & AT_ONCE, "a reading never goes at once: it would wait for a lock"
