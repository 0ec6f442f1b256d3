"""The TOML form of a policy: read strictly, each problem named; what a file may not say at all is refused here.

A file either states everything, or `extends = "builtin"` and states only what differs. Families, the canary, floors
and exemptions of life safety stand in code and in no file.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from devices.event import EventType
from rules.domain.ladders import CANARY_LADDER, Ladder, Stage
from rules.domain.plans import Plan
from rules.domain.policy_file_parts import read_numbers, read_plans, read_rules, read_storms
from rules.domain.policy_reading import NAME, NAME_REMEDY, NONE, PolicyRefused, Problem, Problems, Table
from rules.domain.policy_row import FamilyTold, Row, Sent, Service
from rules.domain.policy_table import ROWS, problems_of
from rules.domain.policy_value import BUILTIN, Policy
from rules.domain.vocabulary import Class, Priority, Target

__all__ = ["BYTES_MOST", "PolicyRefused", "Problem", "author_version", "inspect", "read", "read_kept", "version_of"]

#: Many times the built-in policy written out; whatever is larger is no policy.
BYTES_MOST: Final = 1_000_000
BUILTIN_NAME: Final = "builtin"
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_STAGES_MOST: Final = 50
#: The machine's own, and what proves that it is awake: no file changes it.
_OURS: Final = frozenset({Class.CANARY})

PRIORITIES: Final = {priority.label: priority for priority in Priority}
CLASSES: Final = {class_.value: class_ for class_ in Class if class_ not in _OURS}
#: Whom a rung may reach: the owner is reached by other means, and the record is nobody.
TARGETS: Final = {target.value: target for target in Target if target not in (Target.RECORD, Target.OWNER)}
_SENT: Final = {sent.value: sent for sent in Sent}
_TOLD: Final = {told.value: told for told in FamilyTold}
_SERVICES: Final = {service.value: service for service in Service}


def read(text: str) -> Policy:
    """The policy that this text is; PolicyRefused with everything that is wrong with it, never anything else."""
    policy, problems = inspect(text)
    if problems:
        raise PolicyRefused(problems)
    return policy


def read_kept(text: str) -> Policy:
    """A policy that was approved once; classes that a later program knows and it does not are the built-in one's.

    Otherwise an update would put a whole county back to the built-in policy for one new class.
    """
    policy, problems = inspect(text, filled=True)
    if problems:
        raise PolicyRefused(problems)
    return policy


def inspect(text: str, *, filled: bool = False) -> tuple[Policy, tuple[Problem, ...]]:
    """What the text says as far as it can be understood, and its problems: with any, the value decides nothing.

    `filled` takes classes that it does not name from the built-in policy. PolicyRefused where it is not TOML at all.
    """
    data, version = _parsed(text)
    problems = Problems()
    top = Table("", data, problems)
    author = top.pattern("version", _VERSION, "1 to 40 letters, digits, dots, _ and -, such as chengwan-3")
    base = _base(top)
    rows = _rows(top.inner("classes"), base)
    ladders = _ladders(top.inner("ladders"), base)
    plans = read_plans(top.inner("plans"), base.plans if base else {})
    routes = read_rules(top, base.routes if base else {}, CLASSES)
    thresholds = read_numbers(top.inner("thresholds"), base.thresholds if base else BUILTIN.thresholds)
    responders = read_numbers(top.inner("responders"), base.responders if base else BUILTIN.responders)
    storms = read_storms(top.inner("storms"), base.storms if base else (), CLASSES)
    top.end()
    if filled:
        _fill(rows, ladders, plans)
    _refuse_what_is_missing(problems, rows, ladders, plans)
    policy = Policy(
        version=f"{author}+{version}",
        routes=MappingProxyType(routes),
        rows=MappingProxyType(rows),
        ladders=MappingProxyType(ladders),
        plans=MappingProxyType(plans),
        thresholds=thresholds,
        storms=storms,
        responders=responders,
    )
    return policy, tuple(problems.found)


def version_of(text: str) -> str:
    """The first twelve hex digits of the text's SHA-256: a version names exactly one text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def author_version(version: str) -> str:
    """The name that its author gave it."""
    return version.split("+", 1)[0]


def _parsed(text: str) -> tuple[dict[str, Any], str]:
    if len(text.encode("utf-8", "surrogatepass")) > BYTES_MOST:
        raise PolicyRefused([Problem(place="file", value="", remedy=f"at most {BYTES_MOST} bytes")])
    try:
        text.encode("utf-8")
        return tomllib.loads(text), version_of(text)
    except UnicodeEncodeError:
        raise PolicyRefused([Problem(place="file", value="", remedy="it is not UTF-8")]) from None
    except (ValueError, RecursionError) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise PolicyRefused([Problem(place="file", value="", remedy=f"it is not TOML: {why}")]) from None


def _base(top: Table) -> Policy | None:
    if not top.has("extends"):
        top.text("extends", "")
        return None
    if top.text("extends") != BUILTIN_NAME:
        top.wrong("extends", f'"{BUILTIN_NAME}", or leave it out and state everything')
    return BUILTIN


# -- classes -------------------------------------------------------------------------------------------------------


def _rows(table: Table, base: Policy | None) -> dict[Class, Row]:
    rows = {class_: row for class_, row in (base.rows.items() if base else ()) if class_ not in _OURS}
    for name, inner in table.tables():
        if name not in CLASSES:
            table.wrong(
                name, "the canary is the machine's own" if name in _OURS else f"no class; one of {', '.join(CLASSES)}"
            )
            continue
        class_ = CLASSES[name]
        rows[class_] = _row(inner, class_, rows.get(class_))
    in_order = {class_: rows[class_] for class_ in ROWS if class_ in rows}
    return {**in_order, **{class_: ROWS[class_] for class_ in _OURS}}


def _row(table: Table, class_: Class, base: Row | None) -> Row:
    """One class; the family and the technical cause are code's."""
    fixed = ROWS[class_]
    kept = base or Row(
        class_=class_,
        zh="",
        family=fixed.family,
        priority=fixed.priority,
        first_escalation_s=0,
        topic=fixed.topic,
        plan="",
    )
    priority = table.word("priority", PRIORITIES, base.priority if base else None)
    row = replace(
        kept,
        zh=table.text("zh", kept.zh or None),
        en=table.text("en", kept.en or None),
        priority=priority or kept.priority,
        first_escalation_s=table.whole("first_escalation_s", base.first_escalation_s if base else None),
        warn_s=table.seconds_or_none("warn_s", kept.warn_s),
        critical_s=table.seconds_or_none("critical_s", kept.critical_s),
        ages_to=_priority_or_none(table, "ages_to", kept.ages_to),
        rises=_rises(table, kept.rises),
        ladder=table.text("ladder", kept.ladder),
        plan=table.text("plan", kept.plan or None),
        delay_s=table.whole("delay_s", kept.delay_s, most=3600),
        send_count=table.whole("send_count", kept.send_count, least=1, most=20),
        family_told=table.word("family_told", _TOLD, kept.family_told) or kept.family_told,
        services=table.words("services", _SERVICES, kept.services),
        services_after_s=table.seconds_or_none("services_after_s", kept.services_after_s),
    )
    row = _with_dispatch(table, row, kept)
    table.end()
    return row if row.ladder != NONE else replace(row, ladder="")


def _with_dispatch(table: Table, row: Row, kept: Row) -> Row:
    sent = table.word("dispatch", _SENT, kept.dispatch) or kept.dispatch
    dispatch_s = table.seconds_or_none("dispatch_s", kept.dispatch_s if sent is not Sent.NOBODY else None)
    if sent is Sent.NOBODY and dispatch_s is not None:
        table.wrong("dispatch_s", "nobody is sent: leave it out")
    asked = table.flag("dispatch_by_evening")
    by_evening = kept.dispatch_by_evening if asked is None else asked
    # Where nobody is sent there is no evening to it: else the policy would not read back as it was written.
    evening = by_evening and sent is not Sent.NOBODY
    return replace(row, dispatch=sent, dispatch_s=dispatch_s, dispatch_by_evening=evening)


def _priority_or_none(table: Table, key: str, default: Priority | None) -> Priority | None:
    value = table.text(key, "")
    if not value:
        return default
    if value == NONE:
        return None
    if value not in PRIORITIES:
        table.wrong(key, f'one of {", ".join(PRIORITIES)}, or "{NONE}"')
        return default
    return PRIORITIES[value]


def _rises(table: Table, default: tuple[tuple[int, Priority], ...]) -> tuple[tuple[int, Priority], ...]:
    if not table.has("rises"):
        table.values("rises")
        return default
    found = []
    for row in table.rows("rises"):
        found.append((row.whole("after_s", least=1), row.word("to", PRIORITIES) or Priority.INFORMATION))
        row.end()
    return tuple(found)


# -- ladders -------------------------------------------------------------------------------------------------------


def _ladders(table: Table, base: Policy | None) -> dict[str, Ladder]:
    ladders = dict(base.ladders) if base else {}
    for name, inner in table.tables():
        if not NAME.fullmatch(name) or name == CANARY_LADDER.name:
            table.wrong(name, "the canary's is the machine's own" if NAME.fullmatch(name) else NAME_REMEDY)
            continue
        ladder = _ladder(inner, name)
        if ladder is not None:
            ladders[name] = ladder
    return {**ladders, CANARY_LADDER.name: CANARY_LADDER}


def _ladder(table: Table, name: str) -> Ladder | None:
    before = len(table.problems.found)
    again_after_s = table.whole("again_after_s", least=1)
    stages = []
    for row in table.rows("stages"):
        stages.append(Stage(after_s=row.whole("after_s", least=1), to=row.words("to", TARGETS)))
        if not stages[-1].to:
            row.wrong("to", "somebody to reach")
        row.end()
    table.end()
    if not 1 <= len(stages) <= _STAGES_MOST:
        table.wrong("stages", f"1 to {_STAGES_MOST} stages")
    if len(table.problems.found) > before:
        return None
    return Ladder(name=name, stages=tuple(stages), again_after_s=again_after_s)


def _fill(rows: dict[Class, Row], ladders: dict[str, Ladder], plans: dict[str, Plan]) -> None:
    for class_, row in BUILTIN.rows.items():
        if class_ not in rows:
            rows[class_] = row
            plans.setdefault(row.plan, BUILTIN.plans[row.plan])
            if row.ladder:
                ladders.setdefault(row.ladder, BUILTIN.ladders[row.ladder])


# -- the whole -----------------------------------------------------------------------------------------------------


def _refuse_what_is_missing(
    problems: Problems, rows: Mapping[Class, Row], ladders: Mapping[str, Ladder], plans: Mapping[str, Plan]
) -> None:
    """What would leave a case without clocks, a chain or a plan; and what no policy may do."""
    for line in problems_of(rows):
        class_, remedy = line.split(": ", 1)
        problems.add(f"classes.{class_}", None, remedy)
    for name in (priority.label.lower() for priority in Priority):
        if name not in ladders:
            problems.add(f"ladders.{name}", None, "no such ladder: each priority needs its own")
    for class_, row in rows.items():
        if row.ladder and row.ladder not in ladders:
            problems.add(f"classes.{class_}.ladder", row.ladder, f"no such ladder; one of {', '.join(ladders)}")
        if row.plan and row.plan not in plans:
            problems.add(f"classes.{class_}.plan", row.plan, "no such plan in [plans]")


def types_of_rules() -> tuple[EventType, ...]:
    """The types that rules judge; all others are ends, words or routine, by code."""
    return tuple(BUILTIN.routes)
