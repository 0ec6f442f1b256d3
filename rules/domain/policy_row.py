"""What a policy says of one class: how urgent, who is sent, who is told, and how soon."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rules.domain.vocabulary import Class, Family, Priority


class Sent(StrEnum):
    """Whom the machine may send by itself in a class."""

    NOBODY = "nobody"
    STAFF = "staff"  #: community worker, grid worker, rescue team, property guard on shift
    TRAINED = "trained"  #: rescue team, mini fire station, trained grid workers and guards


class FamilyTold(StrEnum):
    """When the contacts who agreed to it are told (centre.md, 24)."""

    NO = "no"
    AT_ONCE = "at_once"
    AFTER_FIRST_CALL = "after_first_call"
    ON_CONFIRMED = "on_confirmed"


class Service(StrEnum):
    """Emergency services, by their numbers in China."""

    POLICE = "police"  #: 110
    FIRE = "fire"  #: 119
    AMBULANCE = "ambulance"  #: 120


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """What a class means for the clocks. Seconds count from receipt while unattended."""

    class_: Class
    zh: str
    family: Family
    priority: Priority
    first_escalation_s: int
    warn_s: int | None = None
    critical_s: int | None = None
    dispatch: Sent = Sent.NOBODY
    dispatch_s: int | None = None  #: automatic dispatch while unattended
    dispatch_by_evening: bool = False  #: and not before the evening hour, nor at night: what may have been mere waiting
    ages_to: Priority | None = None  #: what the first escalation raises it to: a fault ages (centre.md, 23)
    rises: tuple[tuple[int, Priority], ...] = ()  #: so long after it opened, whoever works on it: an outage (22)
    topic: str = ""  #: technical: the cause that may come and end; classes of one cause share it
    en: str = ""
    ladder: str = ""  #: name of the chain while it has its own priority (or what age makes of it); "": its priority's
    plan: str = "technical"  #: name
    delay_s: int = 0  #: so long a clear withdraws it before anybody hears it; none for life safety, by code
    send_count: int = 2  #: how many the machine asks at once
    family_told: FamilyTold = FamilyTold.NO
    services: tuple[Service, ...] = ()  #: whose direct numbers stand first, in this order
    services_after_s: int | None = None  #: a person must have called them by then; None: when the plan says so
