"""`audit verify` and `replay`: looking back over what is on record."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module
from typing import Any

import click

from rules.clock import SharedClock
from shouwang.cli import existing_file, settings_of
from shouwang.database_commands import with_database
from shouwang.errors import PartUnknown
from store.database import Database
from store.verifying import ChainReport, verify_all


def _of_the_store(module: str, name: str) -> Any:
    try:
        return getattr(import_module(module), name)
    except (ModuleNotFoundError, AttributeError):
        raise PartUnknown(f"this build has no {module}.{name}; update the program") from None


@click.group()
def audit() -> None:
    """The records' hash chain."""


@audit.command()
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Check every incident's chain; each break is named, and the exit code is 1."""

    async def work(db: Database, _clock: SharedClock) -> ChainReport:
        return await verify_all(db)

    report = with_database(settings_of(), work)
    for broken in report.broken:
        click.echo(f"BROKEN incident {broken.incident} at entry {broken.seq}", err=True)
    click.echo(f"{report.incidents} incidents, {report.entries} entries, {len(report.broken)} broken")
    ctx.exit(1 if report.broken else 0)


@click.command()
@click.option("--policy", "policy_path", required=True, metavar="FILE", help="The changed policy.")
@click.option("--from", "since", required=True, type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]))
@click.option("--to", "until", required=True, type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]))
def replay(policy_path: str, since: datetime, until: datetime) -> None:
    """Run a changed policy over recorded events and print what would have been raised otherwise."""
    policy = existing_file(policy_path).read_text(encoding="utf-8")
    replayed = _of_the_store("store.replaying", "replayed")

    async def work(db: Database, _clock: SharedClock) -> None:
        async for line in replayed(db, policy, since, until):
            click.echo(line)

    with_database(settings_of(), work)
