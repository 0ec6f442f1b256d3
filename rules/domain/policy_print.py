"""The built-in policy as the page `docs/policy.md`: `python -m rules.domain.policy_print > docs/policy.md`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import Field, fields
from typing import Any

from rules.domain.ladders import CANARY_LADDER, Ladder
from rules.domain.lifecycle import to_mermaid
from rules.domain.plans import Plan, PlanStep
from rules.domain.policy_routes import ENDED, ROUTINE, TYPE_FLOORS, WORDS, Effect
from rules.domain.policy_row import Row, Sent
from rules.domain.policy_table import FLOORS, VERSION
from rules.domain.policy_value import BUILTIN
from rules.domain.policy_write import when_text


def to_markdown() -> str:
    """The whole page; the same policy gives the same text."""
    parts = (_head(), _classes(), _told(), _routes(), _ladders(), _thresholds(), _plans(), _life())
    return "\n".join(parts)


def _head() -> str:
    return (
        "# The built-in policy\n\n"
        "Printed from the code by `python -m rules.domain.policy_print`; a test compares the two. "
        f"Version `{VERSION}`. How a county writes its own, and how that takes effect: "
        "[policy_file.md](policy_file.md).\n"
    )


def _classes() -> str:
    lines = [
        "## Classes",
        "",
        "Warn and critical are colours on an unattended alarm; the first escalation counts from receipt while "
        "unattended. No policy puts a class under its floor. *By evening*: not before `evening_hour` in site time, and "
        "never from 22:00 to `morning_hour`; whoever answered for them meanwhile, or has spoken with them, ends it.",
        "",
        "| class | zh | family | priority | floor | warn | critical | first escalation | the machine sends | ages to |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_class_line(row) for row in _in_order()]
    return "\n".join([*lines, ""])


def _in_order() -> list[Row]:
    return sorted(BUILTIN.rows.values(), key=lambda row: (row.priority, row.class_))


def _class_line(row: Row) -> str:
    floor = FLOORS.get(row.class_)
    cells = (
        f"`{row.class_}`",
        row.zh,
        f"`{row.family}`",
        row.priority.label,
        floor.label if floor else "",
        _time(row.warn_s),
        _time(row.critical_s),
        _time(row.first_escalation_s),
        _sends(row),
        _ages(row),
    )
    return f"| {' | '.join(cells)} |"


def _sends(row: Row) -> str:
    if row.dispatch is Sent.NOBODY:
        return "nobody"
    evening = ", by evening" if row.dispatch_by_evening else ""
    return f"{row.send_count} {row.dispatch} after {_time(row.dispatch_s)}{evening}"


def _ages(row: Row) -> str:
    if row.ages_to is not None:
        return row.ages_to.label
    return ", ".join(f"{to.label} after {_time(after_s)}" for after_s, to in row.rises)


def _time(seconds: int | None) -> str:
    if seconds is None:
        return ""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _told() -> str:
    lines = [
        "## Who else is told",
        "",
        "The contacts who agreed to it, and the emergency services whose direct numbers of the place stand first; "
        "by the time given a person has called one of them.",
        "",
        "| class | in English | family | services | called within | plan |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in _in_order():
        services = ", ".join(row.services)
        told = str(row.family_told).replace("_", " ")
        by = _time(row.services_after_s) or ("as the plan says" if row.services else "")
        lines.append(f"| `{row.class_}` | {row.en} | {told} | {services} | {by} | [{row.plan}](#{row.plan}) |")
    return "\n".join([*lines, ""])


def _routes() -> str:
    lines = [
        "## From what a device says to a class",
        "",
        "Of the rules that hold the one that asks most decides; of equals the first. The last of a type holds always.",
        "",
        "| type | rule | condition | class | becomes |",
        "| --- | --- | --- | --- | --- |",
    ]
    for event_type, routes in BUILTIN.routes.items():
        for route in routes:
            condition = f"`{when_text(route.when)}`" if route.when.weight else ""
            lines.append(
                f"| `{event_type}` | {route.name} | {condition} | `{route.class_}` | {_becomes(route.effect)} |"
            )
    ends = ", ".join(f"`{end}`" for end in ENDED)
    words = ", ".join(f"`{word}`" for word in sorted(WORDS))
    routine = ", ".join(f"`{event_type}`" for event_type in sorted(ROUTINE))
    floors = ", ".join(f"`{event_type}` {floor.label}" for event_type, floor in TYPE_FLOORS.items())
    lines += [
        "",
        f"By code, whatever a file says, none of these is less urgent than this, and each always rings: {floors}.",
        "",
        f"A note on the incident, where one is open (a technical one nobody works on is resolved by it): {ends}.",
        "",
        f"A note on every open incident of the device: {words}.",
        "",
        f"Kept and nothing else: {routine}.",
        "",
        "A retained call for help that was never seen before and is older than 30 minutes or of unknown time is "
        "`retained_call`; an undecodable message, a type unknown on an alarm topic, and whatever no rule matches, is "
        "`unknown`. `late` and `clock_wrong` change nothing but the marks.",
        "",
    ]
    return "\n".join(lines)


def _becomes(effect: Effect) -> str:
    return "an incident" if effect is Effect.RING else "a log line"


def _ladders() -> str:
    lines = [
        "## The desk chain",
        "",
        "While nobody attends. It never ends by itself, and a further alarm never takes it back to its first rung.",
        "",
    ]
    for name, ladder in BUILTIN.ladders.items():
        if name != CANARY_LADDER.name:
            classes = ", ".join(f"`{class_}`" for class_, row in BUILTIN.rows.items() if row.ladder == name)
            lines.append(f"- {classes or name.upper()}: {_ladder(ladder)}")
    return "\n".join([*lines, ""])


def _ladder(ladder: Ladder) -> str:
    rungs = [
        f"{'at the first escalation' if stage == 0 else f'{_time(rung.after_s)} later'} {' and '.join(rung.to)}"
        for stage, rung in enumerate(ladder.stages)
    ]
    return f"{', '.join(rungs)}; again from the start {_time(ladder.again_after_s)} later."


def _thresholds() -> str:
    lines = ["## Thresholds, responders, storms", "", "Technical alarms only; a call for help is never held.", ""]
    lines += [f"- `{field.name}` {getattr(BUILTIN.thresholds, field.name)}" for field in fields(BUILTIN.thresholds)]
    lines += [
        f"- responders: `{field.name}` {getattr(BUILTIN.responders, field.name)}{_why(field)}"
        for field in fields(BUILTIN.responders)
    ]
    for profile in BUILTIN.storms:
        held = (
            ", ".join(f"`{class_}`" for class_ in sorted(profile.classes)) or "every technical class that may be held"
        )
        lines.append(f"- a storm by the profile `{profile.name}` holds {held}")
    return "\n".join([*lines, ""])


def _why(field: Field[Any]) -> str:
    why = field.metadata.get("why")
    return f": {why}" if why else ""


def _plans() -> str:
    lines = [
        "## Plans",
        "",
        "What a desk does, in this order unless an answer leads elsewhere, and the words to say.",
        "",
    ]
    for plan in BUILTIN.plans.values():
        lines += _plan(plan)
    return "\n".join(lines)


def _plan(plan: Plan) -> Iterator[str]:
    yield f"### {plan.name}"
    yield ""
    yield f"{plan.zh} · {plan.en}"
    yield ""
    for number, step in enumerate(plan.steps, start=1):
        yield f"{number}. **{step.name}** ({_what(step)}) {step.zh} / {step.en}"
        if step.script_zh:
            yield f"   - “{step.script_zh}” / “{step.script_en}”"
        for choice in step.choices:
            leads = f" → {choice.goes_to}" if choice.goes_to else ""
            yield f"   - {choice.zh} / {choice.en}{leads}"
    yield ""


def _what(step: PlanStep) -> str:
    parts = [str(step.kind)]
    if step.to:
        parts.append(step.to)
    if step.wait_s:
        parts.append(_time(step.wait_s))
    if step.speechless is not None:
        parts.append("who cannot use the telephone" if step.speechless else "who can use the telephone")
    return ", ".join(parts)


def _life() -> str:
    return f"## The life of an incident\n\n```mermaid\n{to_mermaid()}```\n"


if __name__ == "__main__":
    print(to_markdown(), end="")  # noqa: T201 - the page is what is asked for
