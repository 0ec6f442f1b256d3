"""The source `mapped`: any other JSON, by a mapping file that names where each field of an event stands.

Meanings come from the file, and so from the vendor's own description of the product; `docs/vendors/mapping.md` is the
file's reference. An event's id is made of what the file's `event.id` names; without it none is given. What is a
state and what an event the file says rule by rule (`state = true`); the source itself knows no vendor.
"""

from __future__ import annotations

from devices.decoding import Decode
from devices.mapping.compiling import Compiled
from devices.mapping.file import read


def make(source: bytes) -> Decode:
    """Return the decoder that a mapping file describes; one that is not in order raises DecodeError, key by key."""
    return Compiled(read(source)).decode
