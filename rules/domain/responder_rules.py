"""What a policy says about responders beside whom the machine sends in a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class ResponderRules:
    """Within which somebody should be there, in seconds, and how many others hear of a danger."""

    circle_s: int = 15 * 60  #: the 15-minute circle of the policy papers, 25 in the country
    circle_country_s: int = 25 * 60
    informed_most: int = 5  #: untrained people near a danger who are told to keep out of it


RESPONDER_RULES: Final = ResponderRules()
