"""What one policy does otherwise than another, line by line, for the second person who approves it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from rules.domain.ladders import Ladder
from rules.domain.plans import Plan
from rules.domain.policy_routes import Effect, Route
from rules.domain.policy_row import Row
from rules.domain.policy_value import Policy
from rules.domain.policy_write import when_text
from rules.domain.vocabulary import Priority

#: The parts of a class's row that a policy may change, as the desk calls them.
_FIELDS: Final = {
    "zh": "名称",
    "en": "英文名称",
    "priority": "级别",
    "first_escalation_s": "首次逐级上报(秒)",
    "warn_s": "提醒(秒)",
    "critical_s": "严重(秒)",
    "dispatch": "自动调派",
    "dispatch_s": "自动调派时间(秒)",
    "dispatch_by_evening": "傍晚才自动调派",
    "send_count": "自动调派人数",
    "ages_to": "逾期后级别",
    "rises": "持续后级别",
    "ladder": "逐级上报链",
    "plan": "预案",
    "delay_s": "延迟(秒)",
    "family_told": "通知家属",
    "services": "急救、消防、公安",
    "services_after_s": "最迟联系急救消防公安(秒)",
}
_NOTHING: Final = "–"


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One thing that changes. `part` is class, rule, ladder, plan, threshold, responders or storm."""

    part: str
    name: str
    zh: str
    en: str


def differences(before: Policy, after: Policy) -> tuple[Difference, ...]:
    """Everything that changes; empty where two policies do the same, whatever they are called."""
    parts = (_classes, _rules, _ladders, _plans, _thresholds, _storms)
    return tuple(found for part in parts for found in part(before, after))


def _classes(before: Policy, after: Policy) -> Iterator[Difference]:
    for class_, row in after.rows.items():
        was = before.rows.get(class_)
        if was is None or was == row:
            continue
        for name, zh in _FIELDS.items():
            old, new = getattr(was, name), getattr(row, name)
            if old != new:
                said = f"{_said(old)} → {_said(new)}"
                yield Difference(
                    part="class", name=str(class_), zh=f"{_zh(row)}：{zh} {said}", en=f"{_en(row)}: {name} {said}"
                )


def _zh(row: Row) -> str:
    return row.zh or str(row.class_)


def _en(row: Row) -> str:
    return row.en or str(row.class_)


def _said(value: Any) -> str:
    if isinstance(value, Priority):
        return value.label
    if isinstance(value, tuple):
        return "、".join(_said(part) for part in value) or _NOTHING
    return _NOTHING if value is None or value == "" else str(value)


# -- rules -----------------------------------------------------------------------------------------------------------


def _rules(before: Policy, after: Policy) -> Iterator[Difference]:
    for event_type in {**before.routes, **after.routes}:
        was = {_key(route): route for route in before.routes.get(event_type, ())}
        is_ = {_key(route): route for route in after.routes.get(event_type, ())}
        for key, route in is_.items():
            if key not in was:
                yield _rule(event_type, route, "新增规则", "new rule")
            elif (was[key].class_, was[key].effect) != (route.class_, route.effect):
                zh, en = f"规则改为（原为{_becomes(was[key])}）", f"rule changed (was {_becomes(was[key])})"
                yield _rule(event_type, route, zh, en)
        for key, route in was.items():
            if key not in is_:
                yield _rule(event_type, route, "去掉规则", "rule taken away")
        both = [key for key in was if key in is_]
        if both != [key for key in is_ if key in was]:
            yield Difference(
                part="rule",
                name=event_type,
                zh=f"{event_type}：规则的先后改变",
                en=f"{event_type}: rules in another order",
            )


def _key(route: Route) -> str:
    return when_text(route.when)


def _becomes(route: Route) -> str:
    return f"{route.class_}" + ("" if route.effect is Effect.RING else f" ({route.effect})")


def _rule(event_type: str, route: Route, zh: str, en: str) -> Difference:
    said = f"{when_text(route.when) or '{ }'} → {_becomes(route)}"
    return Difference(
        part="rule",
        name=route.name,
        zh=f"{event_type} {route.name}：{zh} {said}",
        en=f"{event_type} {route.name}: {en} {said}",
    )


# -- ladders, plans, numbers -----------------------------------------------------------------------------------------


def _ladders(before: Policy, after: Policy) -> Iterator[Difference]:
    yield from _named("ladder", "逐级上报链", before.ladders, after.ladders, _stages)


def _stages(old: Ladder, new: Ladder) -> Iterable[str]:
    yield f"{_rungs(old)} → {_rungs(new)}"


def _rungs(ladder: Ladder) -> str:
    rungs = [f"{stage.after_s}s {'+'.join(stage.to)}" for stage in ladder.stages]
    return f"[{'; '.join(rungs)}; ↻{ladder.again_after_s}s]"


def _plans(before: Policy, after: Policy) -> Iterator[Difference]:
    yield from _named("plan", "预案", before.plans, after.plans, _steps)


def _steps(old: Plan, new: Plan) -> Iterable[str]:
    was, is_ = {step.name: step for step in old.steps}, {step.name: step for step in new.steps}
    if (old.zh, old.en) != (new.zh, new.en):
        yield f"{old.zh}/{old.en} → {new.zh}/{new.en}"
    yield from (f"+ {name}" for name in is_ if name not in was)
    yield from (f"− {name}" for name in was if name not in is_)
    yield from (f"~ {name}" for name in is_ if name in was and is_[name] != was[name])
    if [name for name in was if name in is_] != [name for name in is_ if name in was]:
        yield "⇅ " + ", ".join(is_)


def _named(part: str, zh: str, before: Mapping[str, Any], after: Mapping[str, Any], how: Any) -> Iterator[Difference]:
    for name, value in after.items():
        if name not in before:
            yield Difference(part=part, name=name, zh=f"新增{zh} {name}", en=f"new {part} {name}")
        elif before[name] != value:
            said = ", ".join(how(before[name], value))
            yield Difference(part=part, name=name, zh=f"{zh} {name}：{said}", en=f"{part} {name}: {said}")
    for name in before:
        if name not in after:
            yield Difference(part=part, name=name, zh=f"去掉{zh} {name}", en=f"{part} {name} taken away")


def _thresholds(before: Policy, after: Policy) -> Iterator[Difference]:
    yield from _numbers("threshold", "阈值", before.thresholds, after.thresholds)
    yield from _numbers("responders", "上门救助", before.responders, after.responders)


def _numbers(part: str, zh: str, before: Any, after: Any) -> Iterator[Difference]:
    for field in fields(after):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old != new:
            said = f"{field.name} {old} → {new}"
            yield Difference(part=part, name=field.name, zh=f"{zh} {said}", en=f"{part} {said}")


def _storms(before: Policy, after: Policy) -> Iterator[Difference]:
    was = {profile.name: sorted(profile.classes) for profile in before.storms}
    is_ = {profile.name: sorted(profile.classes) for profile in after.storms}
    yield from _named(
        "storm", "大面积报警模式", was, is_, lambda old, new: [f"{', '.join(old) or '*'} → {', '.join(new) or '*'}"]
    )
