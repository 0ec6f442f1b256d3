"""Why an event got its class, in words that a resident, a lawyer or a dispatcher can check (PIPL, article 24)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from devices.event import EventType
from rules.domain.ladders import Ladder
from rules.domain.policy import Assessment, Context, Reason, assess
from rules.domain.policy_routes import TYPE_FLOORS, UNMATCHED, Effect, Route
from rules.domain.policy_row import FamilyTold, Row, Sent
from rules.domain.policy_table import FLOORS
from rules.domain.policy_value import Policy
from rules.domain.policy_write import when_text
from rules.domain.vocabulary import Priority, Target

_TARGETS_ZH: Final = {
    Target.OWNER: "接警人",
    Target.COMMUNITY_WORKER: "社区助老员",
    Target.DESKS: "全部座席",
    Target.SUPERVISORS: "值班长",
    Target.ON_CALL_PHONE: "备勤电话",
    Target.COUNTY_DUTY: "县值班负责人",
    Target.RECORD: "仅记录",
}
_PRIORITIES_ZH: Final = {
    Priority.CRITICAL: "特急",
    Priority.URGENT: "紧急",
    Priority.NOTICE: "关注",
    Priority.TECHNICAL: "设备",
    Priority.INFORMATION: "信息",
}
_SENT_ZH: Final = {Sent.NOBODY: "不自动派人", Sent.STAFF: "在班人员", Sent.TRAINED: "受过训练的人员"}
_TOLD_ZH: Final = {
    FamilyTold.NO: "不通知",
    FamilyTold.AT_ONCE: "立即",
    FamilyTold.AFTER_FIRST_CALL: "首次呼叫无果或要求帮助后",
    FamilyTold.ON_CONFIRMED: "核实后",
}
_EFFECTS_ZH: Final = {Effect.RING: "立案并报警", Effect.NOTE: "在案件中记录", Effect.LOG: "只存档，不打扰任何人"}


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleSeen:
    """One rule of the type, and what became of it."""

    name: str
    when: str
    class_: str
    weight: int  #: how many things it asks
    holds: bool
    decides: bool


_Rules = tuple[RuleSeen, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """An event's way from what the device said to who is reached."""

    assessment: Assessment
    rules: tuple[RuleSeen, ...]
    floor: str | None  #: the priority that code never lets it go under
    floor_acted: bool
    zh: tuple[str, ...]
    en: tuple[str, ...]


def explain(event_type: EventType | None, context: Context, policy: Policy, *, now: datetime) -> Explanation:
    """Say which rule decided and why it was the most specific, which others held, which floor stands, what follows."""
    assessment = assess(event_type, context, now=now, policy=policy)
    routes = policy.routes.get(event_type, ()) if event_type is not None else ()
    decided = next((route for route in routes if route.when.holds(context)), UNMATCHED)
    rules = tuple(_seen(route, context, decided) for route in routes)
    floor = FLOORS.get(assessment.class_)
    if event_type is not None and event_type in TYPE_FLOORS:
        floor = min(floor or Priority.INFORMATION, TYPE_FLOORS[event_type])
    row = policy.rows[assessment.class_]
    acted = assessment.priority < row.priority
    return Explanation(
        assessment=assessment,
        rules=rules,
        floor=floor.label if floor else None,
        floor_acted=acted,
        zh=tuple(_zh(assessment, rules, row, floor, policy)),
        en=tuple(_en(assessment, rules, row, floor, policy)),
    )


def _seen(route: Route, context: Context, decided: Route) -> RuleSeen:
    return RuleSeen(
        name=route.name,
        when=when_text(route.when) or "{ }",
        class_=str(route.class_),
        weight=route.when.weight,
        holds=route.when.holds(context),
        decides=route is decided,
    )


# -- in English ------------------------------------------------------------------------------------------------------


def _en(
    found: Assessment, rules: tuple[RuleSeen, ...], row: Row, floor: Priority | None, policy: Policy
) -> Iterator[str]:
    said = found.event_type or "no known type"
    yield f"{said} → {row.en or row.class_} ({found.class_}), {found.priority.label}: {found.effect}"
    yield f"because of {found.decision}, policy {policy.version}" + _marks(found, "; marks: ")
    yield from _rules_en(found, rules)
    if floor is not None:
        yield f"code never lets it go under {floor.label}, nor its first stage come later than is allowed for that"
    if found.effect is not Effect.RING:
        return
    chain = _chain_en(policy.ladder_for(found.class_, found.priority))
    yield f"nobody at a desk after {found.first_escalation_s} s: {chain}"
    if row.dispatch is not Sent.NOBODY:
        yield f"the machine sends {row.send_count} of {row.dispatch} after {row.dispatch_s} s unattended"
    else:
        yield "the machine sends nobody"
    yield f"family told: {row.family_told}; services: {', '.join(row.services) or 'by plan'}" + _by(row, " within {} s")
    plan = policy.plans.get(row.plan)
    if plan is not None:
        yield f"plan {plan.name}: " + " → ".join(step.en for step in plan.steps)


def _rules_en(found: Assessment, rules: _Rules) -> Iterator[str]:
    decided = next((rule for rule in rules if rule.decides), None)
    if decided is None:
        if found.reason is Reason.NO_RULE_MATCHED:
            yield "no rule holds, so it is an unknown alarm for the supervisors, never silence"
        return
    yield f"rule {decided.name} {decided.when} asks {decided.weight} things, the most of those that hold"
    for rule in rules:
        if rule.holds and not rule.decides:
            yield f"rule {rule.name} {rule.when} → {rule.class_} holds too and asks {rule.weight}, so it gives way"
        elif not rule.holds:
            yield f"rule {rule.name} {rule.when} → {rule.class_} does not hold"


def _chain_en(ladder: Ladder) -> str:
    return f"chain {ladder.name}: " + ", ".join(" and ".join(stage.to) for stage in ladder.stages) + ", and again"


# -- in Chinese ------------------------------------------------------------------------------------------------------


def _zh(
    found: Assessment, rules: tuple[RuleSeen, ...], row: Row, floor: Priority | None, policy: Policy
) -> Iterator[str]:
    level = f"{_PRIORITIES_ZH[found.priority]}({found.priority.label})"
    yield f"{found.event_type or '未知类型'} → {row.zh}，{level}：{_EFFECTS_ZH[found.effect]}"
    yield f"依据 {found.decision}，策略版本 {policy.version}" + _marks(found, "；标记：")
    yield from _rules_zh(found, rules)
    if floor is not None:
        yield f"程序规定不得低于 {_PRIORITIES_ZH[floor]}({floor.label})，首次逐级上报也不得更晚"
    if found.effect is not Effect.RING:
        return
    ladder = policy.ladder_for(found.class_, found.priority)
    chain = "，".join("和".join(_TARGETS_ZH[target] for target in stage.to) for stage in ladder.stages)
    yield f"{found.first_escalation_s} 秒无人处置：逐级上报 {chain}，周而复始"
    if row.dispatch is Sent.NOBODY:
        yield "系统不自动派人"
    else:
        yield f"{row.dispatch_s} 秒无人处置：系统自动调派{_SENT_ZH[row.dispatch]} {row.send_count} 名"
    yield f"通知家属：{_TOLD_ZH[row.family_told]}；{_services_zh(row)}"
    plan = policy.plans.get(row.plan)
    if plan is not None:
        yield f"预案 {plan.zh}：" + " → ".join(step.zh for step in plan.steps)


def _rules_zh(found: Assessment, rules: _Rules) -> Iterator[str]:
    decided = next((rule for rule in rules if rule.decides), None)
    if decided is None:
        if found.reason is Reason.NO_RULE_MATCHED:
            yield "没有规则适用：作为未知类型报警交值班长，绝不静默"
        return
    yield f"规则 {decided.name} {decided.when} 的条件有 {decided.weight} 项，是成立的规则中最具体的"
    for rule in rules:
        if rule.holds and not rule.decides:
            yield f"规则 {rule.name} {rule.when} → {rule.class_} 也成立，条件 {rule.weight} 项，让位"
        elif not rule.holds:
            yield f"规则 {rule.name} {rule.when} → {rule.class_} 不成立"


def _services_zh(row: Row) -> str:
    numbers = {"police": "110", "fire": "119", "ambulance": "120"}
    named = "、".join(numbers[service] for service in row.services) or "按预案"
    return f"急救消防公安：{named}" + _by(row, "，最迟 {} 秒")


def _by(row: Row, words: str) -> str:
    return "" if row.services_after_s is None else words.format(row.services_after_s)


def _marks(found: Assessment, words: str) -> str:
    return words + ", ".join(sorted(found.marks)) if found.marks else ""
