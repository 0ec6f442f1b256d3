"""`audit verify`: looking back over what is on record."""

from __future__ import annotations

import click

from rules.clock import SharedClock
from shouwang.cli import settings_of
from shouwang.database_commands import with_database
from store.anchors import first_broken
from store.database import Database
from store.verifying import ChainReport, verify_all


@click.group()
def audit() -> None:
    """The records' hash chain."""


@audit.command()
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Check every incident's chain and the anchors over them; each break is named, and the exit code is 1."""

    async def work(db: Database, _clock: SharedClock) -> tuple[ChainReport, int | None]:
        return await verify_all(db), await first_broken(db)

    report, anchor = with_database(settings_of(), work)
    for broken in report.broken:
        click.echo(f"BROKEN incident {broken.incident} at entry {broken.seq}", err=True)
    click.echo(f"{report.incidents} incidents, {report.entries} entries, {len(report.broken)} broken")
    if anchor is not None:
        click.echo(f"BROKEN anchor {anchor}", err=True)
    ctx.exit(1 if report.broken or anchor is not None else 0)
