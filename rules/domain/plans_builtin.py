"""The built-in plans: what a desk does in each kind of case, with the words to say."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from rules.domain.plans import Plan, PlanStep, StepKind

_TECHNICAL: Final = Plan(
    name="technical",
    zh="设备告警",
    en="Technical alarm",
    steps=(
        PlanStep(
            name="order",
            kind=StepKind.NOTIFY,
            zh="安排维修或更换,告知服务对象",
            en="Have it repaired or changed, and tell the resident",
            to="service",
        ),
    ),
)

PLANS: Final = MappingProxyType({plan.name: plan for plan in (_TECHNICAL,)})
