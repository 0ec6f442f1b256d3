"""`replay`: recorded events through a changed policy, and what would have been raised otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from rules.clock import SharedClock
from rules.domain.policy_replay import Changed
from shouwang.cli import settings_of
from shouwang.database_commands import with_database
from shouwang.policy_commands import policy_in
from store import policy_replay, policy_versions
from store.database import Database

_PROGRESS_EVERY: Final = 10_000


@click.command()
@click.option("--policy", "path", metavar="FILE", required=True, help="The changed policy.")
@click.option("--from", "begin", metavar="T", required=True, help="2026-11-12, 2026-11-12T08:00, or 7d for a week ago.")
@click.option("--to", "end", metavar="T", help="The same; now where it is not given.")
@click.option("--desks", type=click.IntRange(1, 1000), help="Desks on duty at every hour; those on duty now otherwise.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def replay(path: str, begin: str, end: str | None, desks: int | None, as_json: bool) -> None:
    """Run a changed policy over recorded events and print what would have been raised otherwise.

    Nothing is changed. How far it has come is said on standard error.
    """
    settings = settings_of()
    timezone = ZoneInfo(settings.site_timezone)
    changed = policy_in(path)[1]

    async def work(db: Database, clock: SharedClock) -> dict[str, Any]:
        now = clock.now()
        first, last = _moment(begin, now, timezone), _moment(end, now, timezone) if end else now
        if last <= first:
            raise click.ClickException(f"--to {end or 'now'} is not after --from {begin}")
        before = await policy_versions.in_force(db)
        counted = await policy_replay.count(db, first, last)
        result = await policy_replay.run(
            db, (before, changed), first, last, timezone=timezone, told=_telling(counted, shown=not as_json)
        )
        sitting = desks or max(1, await policy_replay.desks_on_duty(db))
        return policy_replay.as_json(
            result, before=before.version, after=changed.version, begin=first, end=last, desks=sitting
        ) | {"complete": True}

    result = with_database(settings, work)
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False))
    else:
        _print(result)


def _telling(counted: int, *, shown: bool) -> Callable[[int, Changed | None], None]:
    """Progress for the person who waits, and each difference as it is found: none is kept for the end."""

    def told(events: int, changed: Changed | None) -> None:
        if events % _PROGRESS_EVERY == 0:
            click.echo(f"{events} of {counted} events", err=True)
        if shown and changed is not None:
            click.echo(_line(changed))

    return told


def _line(changed: Changed) -> str:
    before, after = changed.before, changed.after
    parts = []
    for name in ("effect", "class_", "priority", "first_stage_s", "dispatch"):
        was, is_ = getattr(before, name), getattr(after, name)
        if was != is_:
            parts.append(f"{name.rstrip('_')} {was} → {is_}")
    return f"{changed.received_at.isoformat()}  event {changed.no}  {changed.type}: {', '.join(parts)}"


def _print(result: dict[str, Any]) -> None:
    click.echo(f"{result['changed']} of {result['events']} events would have been judged otherwise")
    before, after = result["totals"]["before"], result["totals"]["after"]
    click.echo(f"{'':32}{result['before']:>24}{result['after']:>32}")
    for title, key in (("priority", "priorities"), ("class", "classes"), ("incidents of", "incidents_by_class")):
        for name in sorted({*before[key], *after[key]}):
            was, is_ = before[key].get(name, 0), after[key].get(name, 0)
            mark = "  *" if was != is_ else ""
            click.echo(f"{title + ' ' + name:32}{was:>24}{is_:>32}{mark}")
    for title, key in (("incidents opened", "incidents_opened"), ("alarms joined", "joined"), ("sounded", "sounded")):
        click.echo(f"{title:32}{before[key]:>24}{after[key]:>32}")
    hours = result["alarms_per_desk_and_hour"]
    for side in ("before", "after"):
        values = [hour[side] for hour in hours]
        most, mean = (max(values), sum(values) / len(values)) if values else (0.0, 0.0)
        click.echo(f"alarms per desk and hour {side}: {mean:.2f} in an hour with any, {most:.2f} at most")
    for assumption in result["assumptions"]:
        click.echo(f"assumed: {assumption}")


def _moment(text: str, now: datetime, timezone: ZoneInfo) -> datetime:
    """A time as people write one, in site time where no zone is given; "7d" is so many days ago."""
    if text.endswith("d") and text[:-1].isdecimal():
        return now - timedelta(days=min(int(text[:-1]), 36_500))
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.ClickException(f"{text} is no time: write 2026-11-12, 2026-11-12T08:00 or 7d") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=timezone)
