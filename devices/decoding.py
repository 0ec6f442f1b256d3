"""What comes out of decoding one message, whatever its source: events, and what could not be used with the reason."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from devices.errors import DecodeError
from devices.event import Event
from devices.topics import Channel

__all__ = ["Decode", "DecodeError", "Decoded", "RejectReason", "Rejected"]


class RejectReason(StrEnum):
    """Why something could not be used; the word stands in dead letters, acknowledgements and metrics."""

    UNKNOWN_TOPIC = "unknown_topic"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    NOT_AN_EVENT = "not_an_event"
    BAD_ID = "bad_id"
    BAD_TIME = "bad_time"
    UNKNOWN_TYPE = "unknown_type"
    DEVICE_MISMATCH = "device_mismatch"
    BAD_VALUE = "bad_value"
    EXHAUSTED = "exhausted"  #: decoding ran out of memory or stack


class Rejected(Struct, frozen=True, kw_only=True, gc=False):
    """What could not be used, with its exact bytes; in an array, those of the one element."""

    reason: RejectReason
    detail: str  #: one line that names the field and the remedy; holds no value that the device sent
    raw: bytes
    event_id: str | None = None  #: as the device wrote it, to be echoed in the `ack`; not always a valid id
    type_word: str | None = None  #: as the device wrote it; an EventType's value where it is a known one
    device: str | None = None  #: whom it is about, where that can be read and is not the message's device


class Decoded(Struct, frozen=True, kw_only=True, gc=False):
    """One message, decoded: nothing of it is missing from `events` and `rejected` together."""

    device: str | None  #: the topic's, or the only one of the message; an event's own `device` goes before it
    channel: Channel | None
    events: tuple[Event, ...] = ()  #: life-safety first, else in the order sent
    rejected: tuple[Rejected, ...] = ()
    is_array: bool = False  #: then one `ack` holds an array
    hub: str | None = None  #: the device that carried it: a bridge, a network, a forwarder; never `device` itself


class Decode(Protocol):
    """A source: bytes in, values out; no I/O, no clock, no memory of earlier messages.

    `model` is the device's, where whoever asks knows it; a source whose messages tell it themselves passes over it.
    Total: whatever is wrong with the message is a Rejected. An exception is a bug in the source.
    """

    def __call__(self, topic: str, payload: bytes, /, *, model: str | None = None) -> Decoded: ...
