"""The built-in plans, by name: what a desk does in each kind of case, with the words to say."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from rules.domain import plans_care, plans_devices, plans_homes, plans_people

PLANS: Final = MappingProxyType(
    {plan.name: plan for plan in (*plans_people.PLANS, *plans_care.PLANS, *plans_homes.PLANS, *plans_devices.PLANS)}
)
