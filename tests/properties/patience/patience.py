"""How long each class may wait: the table of centre.md, part 3, copied by hand and not from the program."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rules.domain.vocabulary import Class


class Family(StrEnum):
    """When the family is told (the table's last column)."""

    AT_ONCE = "at once"
    AFTER_CALL = "after first call"
    NO = "not by the machine"


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """A row of the table, in seconds; None where the table says no."""

    first_s: int
    dispatch_s: int | None = None
    family: Family = Family.NO
    services_s: int | None = None
    waits_for_desk: bool = True  #: a claim before the sending leaves the decision to the desk


_ONCE, _CALL = Family.AT_ONCE, Family.AFTER_CALL
#: "for fire, gas and CO ... when nobody in the home is reached within 60 s; for SOS and fall ... within 120 s"
#: (centre.md, 7).
_FIRE_S: Final = 60
_PERSON_S: Final = 120

TABLE: Final = MappingProxyType({
    Class.SOS: Patience(first_s=60, dispatch_s=180, family=_CALL, services_s=_PERSON_S),
    Class.SOS_NO_VOICE: Patience(
        first_s=45, dispatch_s=60, family=_ONCE, services_s=_PERSON_S, waits_for_desk=False
    ),
    Class.FIRE: Patience(first_s=30, dispatch_s=0, family=_ONCE, services_s=_FIRE_S, waits_for_desk=False),
    Class.SMOKE: Patience(first_s=45, dispatch_s=30, family=_ONCE, services_s=_FIRE_S),
    Class.HEAT: Patience(first_s=45, dispatch_s=30, family=_ONCE, services_s=_FIRE_S),
    Class.GAS: Patience(first_s=45, dispatch_s=30, family=_ONCE, services_s=_FIRE_S),
    Class.CARBON_MONOXIDE: Patience(first_s=30, dispatch_s=30, family=_ONCE, services_s=_FIRE_S),
    Class.FALL: Patience(first_s=60, dispatch_s=120, family=_CALL, services_s=_PERSON_S),
    Class.MEDICAL_CRITICAL: Patience(first_s=60, dispatch_s=180, family=_CALL),
    Class.MEDICAL: Patience(first_s=180, family=_CALL),
    Class.WANDERING_AT_RISK: Patience(first_s=60, dispatch_s=120, family=_ONCE, services_s=900),
    Class.WANDERING: Patience(first_s=180, dispatch_s=600, family=_ONCE),
    # "no answer to two calls 10 min apart": the machine cannot call, and sends when both would have been over.
    Class.INACTIVITY: Patience(first_s=300, dispatch_s=1200, family=_CALL),
    Class.REMOVED_DEMENTIA: Patience(first_s=600, family=_ONCE),
    Class.RETAINED_CALL: Patience(first_s=180, dispatch_s=600, family=_CALL),
    Class.UNKNOWN: Patience(first_s=180, family=_CALL),
    Class.INTRUSION: Patience(first_s=120, family=_CALL),
    Class.RESPONDER_SILENT: Patience(first_s=60),
    Class.UNREGISTERED_FLOOD: Patience(first_s=60),
    Class.NOBODY_ON_DUTY: Patience(first_s=0),
    Class.CHANNEL_FAILED: Patience(first_s=0),
    Class.POWER_LOST_DEPENDENT: Patience(first_s=180, dispatch_s=900, family=_ONCE),
})  # fmt: skip

#: "first escalation counts from receipt while unattended; afterwards the P1 ladder: re-sound on every desk and
#: supervisor 60 s → on-call phone by voice 90 s, again every 60 s to the next on the list → ... → county duty officer
#: 300 s → begins again" (centre.md, part 3). From its own beginning, 60 s for a class with the table's longest wait.
PHONE_AFTER_S: Final = 30
PHONE_AGAIN_S: Final = 60
COUNTY_S: Final = 300
#: Begun again: the desks 60 s after the county, the telephone 30 s after them as the first time.
AGAIN_S: Final = 60
#: "P2 ladder: supervisor 180 s → on-call phone 300 s"; it begins again as it began.
P2_PHONE_AFTER_S: Final = 120
P2_AGAIN_S: Final = 180
#: "with every desk on duty holding a P1 it fires after 20 s" (centre.md, 9).
ALL_BUSY_S: Final = 20
#: "a claim released within 10 s without a step does not stop the clock" (centre.md, 37).
CLAIM_COUNTS_S: Final = 10
#: "a claim also needs a human act within its class's time (P1 3 min, P2 10 min)" (centre.md, 9); P3 is our own.
ACT_S: Final = MappingProxyType({1: 180, 2: 600, 3: 1800, 4: 86_400, 5: 86_400})
#: "sets a deadline of at most 60 s by which the owner confirms it" (invariant 5).
CONFIRM_S: Final = 60
#: "renews them ..., every 5 s for 20 s", and one more term after an outage of ours (invariant 8).
LEASE_S: Final = 20
#: "unless the tester confirms that press within 60 s ..., becomes a real incident by itself" (centre.md, 12).
TEST_S: Final = 60
#: "1" by telephone: the others are left in peace for so long (docs/reaching.md).
HEARD_S: Final = 180
#: With nobody at a desk the contacts are told all the same (docs/reaching.md, Family).
FAMILY_S: Final = 300
#: Whoever must ring a control room hears of it again (docs/steps.md, Emergency services).
SERVICES_AGAIN_S: Final = 60
#: "two call attempts within 120 s reach nobody" (centre.md, 7).
TWO_CALLS_WITHIN_S: Final = 120
#: What follows an offer (docs/dispatch.md); "must show movement or word within 3 min (P1)" (centre.md, 25).
ANSWER_S: Final = MappingProxyType({1: 60, 2: 180, 3: 600, 4: 600, 5: 600})
MOVEMENT_S: Final = MappingProxyType({1: 180, 2: 300, 3: 600, 4: 600, 5: 600})
ROUND_PAUSE_S: Final = MappingProxyType({1: 60, 2: 180, 3: 900, 4: 900, 5: 900})
NOBODY_PAUSE_S: Final = 300


def of(class_: str) -> Patience | None:
    """The row of a class; None for those whose patience is hours."""
    return TABLE.get(Class(class_))
