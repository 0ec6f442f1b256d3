"""What a policy says about responders beside whom the machine sends in a class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final


def _hour(default: int, least: int, most: int, why: str) -> int:
    """An hour of the day in site time, with the hours a policy may name and the reason of the built-in one."""
    bounds: Mapping[str, Any] = MappingProxyType({"least": least, "most": most, "why": why})
    made: int = field(default=default, metadata=bounds)
    return made


@dataclass(frozen=True, kw_only=True, slots=True)
class ResponderRules:
    """Within which somebody should be there, in seconds, and how many others hear of a danger."""

    circle_s: int = 15 * 60  #: the 15-minute circle of the policy papers, 25 in the country
    circle_country_s: int = 25 * 60
    informed_most: int = 5  #: untrained people near a danger who are told to keep out of it
    #: From then on "by evening" is over: what was waited for all day did not come, and somebody goes.
    evening_hour: int = _hour(
        18, 6, 21, "home from work and shopping, staff still on shift, and four hours left before the night"
    )
    #: Whoever is waited for over a night is gone to from then on.
    morning_hour: int = _hour(8, 6, 12, "shifts have begun, and nobody is knocked up for having been waited for")


RESPONDER_RULES: Final = ResponderRules()
