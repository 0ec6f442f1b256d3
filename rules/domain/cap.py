"""A case as a Common Alerting Protocol 1.2 message (OASIS, `urn:oasis:names:tc:emergency:cap:1.2`).

It says what, where, how urgent and whom to ring back. Names, telephones of residents and words of health stay behind:
whoever needs them hears them from the card that is read aloud.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from xml.etree import ElementTree as ET

from rules.domain.place import Point
from rules.domain.vocabulary import Class, Family, Priority

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
#: A circle of nought would be no place to look for.
CIRCLE_LEAST_KM: Final = 0.05
#: What XML 1.0 cannot hold; devices and people write anything.
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: In identifier and sender the standard allows neither spaces nor these.
_NOT_ID: Final = re.compile(r"[\s,<&]")


class Category(StrEnum):
    FIRE = "Fire"
    HEALTH = "Health"
    RESCUE = "Rescue"
    SECURITY = "Security"
    SAFETY = "Safety"
    INFRA = "Infra"


class Severity(StrEnum):
    EXTREME = "Extreme"
    SEVERE = "Severe"
    MODERATE = "Moderate"
    MINOR = "Minor"
    UNKNOWN = "Unknown"


class Certainty(StrEnum):
    OBSERVED = "Observed"  #: somebody there said so, or has seen it
    LIKELY = "Likely"
    POSSIBLE = "Possible"


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """The same in one language."""

    language: str  #: RFC 3066
    event: str
    headline: str
    description: str
    area: str
    sender_name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """What goes into the message."""

    number: str
    version: int
    sender: str
    sent: datetime  #: with its zone
    opened_at: datetime
    class_: Class
    family: Family
    priority: Priority
    certainty: Certainty
    is_test: bool
    addresses: tuple[str, ...]  #: which services it is meant for
    words: tuple[Words, ...]
    contact: str
    point: Point | None = None
    accuracy_m: float | None = None
    area_code: str | None = None


_SEVERITY: Final = MappingProxyType(
    {
        Priority.CRITICAL: Severity.EXTREME,
        Priority.URGENT: Severity.SEVERE,
        Priority.NOTICE: Severity.MODERATE,
        Priority.TECHNICAL: Severity.MINOR,
        Priority.INFORMATION: Severity.UNKNOWN,
    }
)
_MEDICAL: Final = frozenset({Class.MEDICAL, Class.MEDICAL_ATTENTION, Class.MEDICAL_CRITICAL})
_CATEGORY: Final = MappingProxyType(
    {
        Family.FIRE_AND_GAS: Category.FIRE,
        Family.PERSON: Category.RESCUE,
        Family.SECURITY: Category.SECURITY,
        Family.HOME: Category.SAFETY,
        Family.TECHNICAL: Category.INFRA,
        Family.REQUEST: Category.SAFETY,
    }
)


def category_of(class_: Class, family: Family) -> Category:
    """Of the standard's categories the one that names who is responsible."""
    return Category.HEALTH if class_ in _MEDICAL else _CATEGORY[family]


def to_xml(alert: Alert) -> str:
    """The message as XML, valid against the standard's schema."""
    root = ET.Element(_tag("alert"))
    _add(root, "identifier", _NOT_ID.sub("-", f"{alert.number}.{alert.version}"))
    _add(root, "sender", _NOT_ID.sub("-", alert.sender))
    _add(root, "sent", _moment(alert.sent))
    _add(root, "status", "Test" if alert.is_test else "Actual")
    _add(root, "msgType", "Alert")
    _add(root, "scope", "Private")
    _add(root, "addresses", " ".join(alert.addresses))
    _add(root, "incidents", _NOT_ID.sub("-", alert.number))
    for words in alert.words:
        _add_info(root, alert, words)
    return ET.tostring(root, encoding="unicode", xml_declaration=True, default_namespace=NAMESPACE)


def _add_info(root: ET.Element, alert: Alert, words: Words) -> None:
    info = ET.SubElement(root, _tag("info"))
    _add(info, "language", words.language)
    _add(info, "category", category_of(alert.class_, alert.family))
    _add(info, "event", words.event)
    _add(info, "urgency", "Immediate" if alert.priority <= Priority.URGENT else "Expected")
    _add(info, "severity", _SEVERITY[alert.priority])
    _add(info, "certainty", alert.certainty)
    _add(info, "onset", _moment(alert.opened_at.astimezone(alert.sent.tzinfo)))
    _add(info, "senderName", words.sender_name)
    _add(info, "headline", words.headline)
    _add(info, "description", words.description)
    if alert.contact:
        _add(info, "contact", alert.contact)
    _add_area(info, alert, words)


def _add_area(info: ET.Element, alert: Alert, words: Words) -> None:
    area = ET.SubElement(info, _tag("area"))
    _add(area, "areaDesc", words.area)
    if alert.point is not None:
        radius_km = max(CIRCLE_LEAST_KM, (alert.accuracy_m or 0.0) / 1000)
        _add(area, "circle", f"{alert.point.lat:.6f},{alert.point.lon:.6f} {radius_km:.3f}")
    if alert.area_code:
        code = ET.SubElement(area, _tag("geocode"))
        _add(code, "valueName", "GB/T 2260")
        _add(code, "value", alert.area_code)


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, _tag(name)).text = _NOT_XML.sub("\ufffd", str(text))


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _moment(at: datetime) -> str:
    """With an offset, which the standard wants in digits: "Z" is no part of it, UTC is "-00:00"."""
    text = at.replace(microsecond=0).isoformat()
    return text.removesuffix("+00:00") + "-00:00" if text.endswith("+00:00") else text


assert set(_SEVERITY) == set(Priority), "a new priority needs its severity"
assert set(_CATEGORY) == set(Family), "a new family needs its category"
