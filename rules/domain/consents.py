"""What somebody can agree to, and what ends when they take it back (centre.md, 34)."""

from __future__ import annotations

import re
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Basis(StrEnum):
    CONSENT = "consent"
    CONTRACT = "contract"
    LAW = "law"
    VITAL_INTEREST = "vital_interest"


#: A purpose, or `family_sharing:<contact>`: agreed for one person at a time.
PURPOSE: Final = re.compile(
    r"emergency_service|health|location_in_case|location_always|recording|platform_upward|research"
    r"|family_sharing:[0-9]{1,18}"
)

#: What a withdrawal switches off. An emergency never waits for a consent.
SWITCHES_OFF: Final = MappingProxyType(
    {
        "emergency_service": ("the service itself, once the agreement ends",),
        "health": ("vitals as figures; a device's own alarm stays a call",),
        "location_in_case": ("positions in a case, but for a danger to life",),
        "location_always": ("positions outside a case",),
        "recording": ("recordings of calls",),
        "platform_upward": ("reports to platforms above",),
        "research": ("use in research",),
        "family_sharing": ("notices to this contact",),
    }
)


def switched_off_by(purpose: str) -> tuple[str, ...]:
    """What the withdrawal of this purpose ends."""
    return SWITCHES_OFF[purpose.partition(":")[0]]


def contact_of(purpose: str) -> int | None:
    """The contact whom a `family_sharing` is about."""
    kind, _, number = purpose.partition(":")
    return int(number) if kind == "family_sharing" else None
