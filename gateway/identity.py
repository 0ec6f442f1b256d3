"""By what a reading or a state is known again when it comes twice, also where its source tells neither id nor time."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import Final

from msgspec import structs

from devices.event import Event, digest

_DIGEST_BYTES: Final = 8


def identity_of(event: Event, received_at: datetime, data: str, *, retained: bool = False) -> tuple[str, int, datetime]:
    """Return the id, the digest and the time under which an event is stored.

    Without an id the contents make one: what one message says about two things stays two. Without a time the receipt
    takes its place, but is part of the identity only where there is no id either; what a broker kept is one however
    often it shows it.
    """
    id_ = event.id
    if not event.id_given:
        id_ = f"{event.type.value}.{blake2b(data.encode(), digest_size=_DIGEST_BYTES).hexdigest()}"
    if event.at_given:
        return id_, digest(event), event.at
    if event.id_given or retained:
        return id_, digest(event), received_at
    return id_, digest(structs.replace(event, at=received_at)), received_at
