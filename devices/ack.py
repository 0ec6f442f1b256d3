"""The `ack` message: what the platform tells a device once its event is committed, and how a device reads it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import MsgspecError, Struct
from msgspec.json import Decoder, Encoder

from devices.decoding import RejectReason
from devices.errors import DecodeError


class Ack(Struct, frozen=True, kw_only=True, gc=False):
    """One acknowledgement as a device reads it: stored if there is no error; either way it stops sending."""

    id: str
    stored_at: datetime | None = None
    incident: str | None = None
    error: str | None = None


class Stored(Struct, frozen=True, gc=False):
    """The event is committed; `incident` names the case it opened or joined."""

    id: str
    stored_at: datetime
    incident: str | None


class Refused(Struct, frozen=True, gc=False):
    """The event is kept, but could not be used."""

    id: str
    error: str


_ENCODER: Final = Encoder()
_DECODER: Final[Decoder[Ack | list[Ack]]] = Decoder(Ack | list[Ack])


def stored(id_: str, stored_at: datetime, incident: str | None = None) -> bytes:
    """Say that the event is committed; never that help is coming. `stored_at` is zone-aware."""
    return _ENCODER.encode(Stored(id_, stored_at, incident))


def refused(id_: str, reason: RejectReason | str) -> bytes:
    """Say that the event is kept but could not be used, so that the device stops sending it."""
    return _ENCODER.encode(Refused(id_, reason))


def array(acks: Sequence[bytes]) -> bytes:
    """Return the one `ack` that answers a message which held an array."""
    return b"[" + b",".join(acks) + b"]"


def read(payload: bytes) -> tuple[Ack, ...]:
    """Return the acknowledgements of one message; what is none raises DecodeError."""
    try:
        acks = _DECODER.decode(payload)
    except (MsgspecError, ValueError, RecursionError) as error:
        raise DecodeError(f"not an acknowledgement: {error}") from error
    return (acks,) if isinstance(acks, Ack) else tuple(acks)
