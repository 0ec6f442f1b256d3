"""From one packet to what is to be done with it: alarms at once, telemetry in batches, the rest set apart."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import Final

from msgspec import Struct, structs

from devices.decoding import Decoded, Rejected, RejectReason
from devices.event import ALARMS, CLEARS, FAULTS, PLACES, READINGS, Event, EventType
from devices.topics import PREFIX, Channel, parse_topic
from gateway.mqtt.codec import PublishPacket, UnreadablePacket
from gateway.replies import ReplyArrival, reply_of
from gateway.sources import Source, registrable
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
    is_call: bool  #: it came on an alarm topic of ours, or by a source where the settings call everything a call
    received_at: datetime
    payload: bytes
    retained: bool
    in_flush: bool
    event: Event | None = None
    rejected: Rejected | None = None
    resent: bool = False  #: the broker says that it may have sent this message before


class TelemetryArrival(Struct, frozen=True, gc=False):
    """One event for the next batch; `payload` is kept for the dead letter, should the device be unknown."""

    message: Message
    device: str
    event: Event
    received_at: datetime
    payload: bytes
    wants_ack: bool = False  #: it came on an alarm topic, and its device sends it until it is answered
    retained: bool = False  #: said before we subscribed, nobody knows when


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


#: What can wait for its batch.
Arrival = TelemetryArrival | PresenceArrival | RejectArrival | ReplyArrival


class Sorted(Struct, frozen=True, gc=False):
    """The parts of one message, and the hub that carried it just now."""

    alarms: tuple[AlarmArrival, ...] = ()
    telemetry: tuple[Arrival, ...] = ()
    hub: str | None = None


#: Of a PUBLISH's first byte (MQTT 5, 3.3.1.3).
_RETAIN: Final = 0x01
_ONLINE: Final = {b"1": True, b"0": False}
#: Asked for each message: a name of the module's costs a tenth of a member of an enumeration.
_ALARM: Final = Channel.ALARM


def sort(packet: PublishPacket, message: Message, source: Source, received_at: datetime) -> Sorted:
    """Decode a packet and say what is to be done with each part. Total: any exception becomes a reject."""
    if not source.is_canonical:
        return _sort_foreign(packet, message, source, received_at)
    topic, payload = packet.topic, packet.payload
    if topic.endswith("/online") and (online := _ONLINE.get(payload)) is not None:
        named = parse_topic(topic)
        if named is not None:
            presence = PresenceArrival(message, named[0], online, received_at, payload)
            return Sorted(telemetry=(presence,))
    if topic.endswith("/reply"):
        reply = reply_of(packet, message, received_at)
        if isinstance(reply, Rejected):
            return Sorted(telemetry=(RejectArrival(message, message.device, reply, received_at, packet.retain),))
        if reply is not None:
            return Sorted(telemetry=(reply,))
    try:
        decoded = source.decode(topic, payload)
    except Exception as error:  # noqa: BLE001  # kept as a reject of this one message
        # Any type, also RecursionError and MemoryError: it stays with this message.
        decoded = _undecoded(topic, payload, error)
    events = decoded.events
    if len(events) == 1 and not decoded.rejected and events[0].type not in AT_ONCE and not packet.retain:
        device = message.device = decoded.device or ""
        on_alarm = decoded.channel is _ALARM
        return Sorted(telemetry=(TelemetryArrival(message, device, events[0], received_at, payload, on_alarm),))
    return _sort_decoded(packet, message, decoded, received_at)


def unreadable(packet: UnreadablePacket, message: Message, source: Source, received_at: datetime) -> Sorted:
    """What the codec could not read, by its topic: a call if that is an alarm topic."""
    retained = bool(packet.raw[0] & _RETAIN)
    return given_up(packet.topic, packet.raw, packet.reason, message, source, received_at, retained=retained)


def given_up(  # what is known of a message that was not decoded
    topic: str, payload: bytes, reason: str, message: Message, source: Source, received_at: datetime, *, retained: bool
) -> Sorted:
    """A message that is not decoded at all, kept whole."""
    message.source = source.name
    decoded = _undecoded(topic, payload, reason)
    packet = PublishPacket(topic, payload, retain=retained)
    return _sort_decoded(packet, message, decoded, received_at, calls=source.calls)


def _undecoded(topic: str, payload: bytes, error: Exception | str) -> Decoded:
    device, channel = parse_topic(topic) or (None, None)
    detail = error if isinstance(error, str) else f"{type(error).__name__} while decoding"
    rejected = Rejected(reason=RejectReason.EXHAUSTED, detail=detail, raw=payload)
    return Decoded(device=device, channel=channel, rejected=(rejected,))


def _sort_foreign(packet: PublishPacket, message: Message, source: Source, received_at: datetime) -> Sorted:
    message.source = source.name
    try:
        decoded = source.decode(packet.topic, packet.payload)
    except Exception as error:  # noqa: BLE001  # kept as a reject of this one message
        # Any type, as above; a bug in a source must not cost the message.
        decoded = _undecoded(packet.topic, packet.payload, error)
    return _sort_decoded(packet, message, decoded, received_at, calls=source.calls)


def _sort_decoded(
    packet: PublishPacket, message: Message, decoded: Decoded, received_at: datetime, *, calls: bool = False
) -> Sorted:
    """Each part under its own device: one message may speak of many."""
    message.device, message.is_array = registrable(decoded.device or ""), decoded.is_array
    payload, retained = packet.payload, packet.retain
    calls = calls or decoded.channel is Channel.ALARM or _ends_as_alarm(packet.topic)
    flush = decoded.is_array and len(decoded.events) + len(decoded.rejected) > 1
    alarms: list[AlarmArrival] = []
    telemetry: list[Arrival] = []
    for said in decoded.events:
        event = said
        device = message.device if event.device is None else registrable(event.device)
        if event.type in AT_ONCE:
            if not device:
                # Behind one stand-in are many: what one says is no repeat of what another said.
                device, event = _stand_in(packet.topic), structs.replace(event, is_state=False, repeat_s=0.0)
            alarms.append(
                AlarmArrival(
                    message, device, calls, received_at, payload, retained, flush, event=event, resent=packet.duplicate
                )
            )
        else:
            on_alarm = decoded.channel is Channel.ALARM
            telemetry.append(TelemetryArrival(message, device, event, received_at, payload, on_alarm, retained))
    for rejected in decoded.rejected:
        device = message.device if rejected.device is None else registrable(rejected.device)
        if calls or names_alarm(rejected):
            device = device or _stand_in(packet.topic)
            alarms.append(
                AlarmArrival(message, device, calls, received_at, payload, retained, flush, rejected=rejected)
            )
        else:
            telemetry.append(RejectArrival(message, device, rejected, received_at, retained))
    # A broker shows a retained message also when its hub is long dead, and publishes a hub's own will.
    hub = None if retained or decoded.hub is None else registrable(decoded.hub)
    hub = None if hub == message.device else hub
    return Sorted(alarms=tuple(alarms), telemetry=tuple(telemetry), hub=hub)


#: Registered by nobody: the ids of what names no device.
STAND_IN: Final = "unnamed:"


def _stand_in(topic: str) -> str:
    """A device id for a call that names no possible device, the same for the same topic."""
    return f"{STAND_IN}{blake2b(topic.encode(), digest_size=8).hexdigest()}"


def _ends_as_alarm(topic: str) -> bool:
    return topic.startswith(f"{PREFIX}/") and topic.endswith(f"/{Channel.ALARM}")


def names_alarm(rejected: Rejected) -> bool:
    """Whether what could not be used still says that it is an alarm."""
    return rejected.type_word in _ALARM_WORDS


_ALARM_WORDS: Final = frozenset(str(alarm) for alarm in ALARMS)

assert not READINGS & AT_ONCE, "a reading never goes at once: it would wait for a lock"


def storable(topic: str) -> str:
    """The topic as a database can hold it: brokers forbid NUL in one, and not every broker looks."""
    return topic.replace("\0", "\ufffd") if "\0" in topic else topic
