"""The id of a device whose vendor calls it what it likes: names with blanks, slashes, accents."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Final

from devices.topics import is_device_id

_FOREIGN: Final = re.compile(r"[^A-Za-z0-9._:-]+")
_KEPT_CHARACTERS: Final = 47  # with a dot and sixteen hexadecimal digits: the 64 that an id may have


def device_id(name: str) -> str:
    """Return the id under which a device of this name is registered: the name itself wherever it can be one.

    Else what of it can stand in an id, a dot, and 64 bits of the whole name's BLAKE2b: readable, the same each time,
    and never the id of another name. An empty name raises ValueError: nobody can be called that.
    """
    if is_device_id(name):
        return name
    if not name:
        raise ValueError("a device has a name")
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{_FOREIGN.sub('_', name)[:_KEPT_CHARACTERS]}.{digest}"
