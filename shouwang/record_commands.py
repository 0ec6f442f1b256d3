"""`audit verify`: looking back over what is on record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click

from rules.clock import SharedClock
from shouwang.cli import settings_of
from shouwang.database_commands import with_database
from store.database import Database
from store.sealing import Keyring
from store.verifying import Broken, ChainReport, Part, verify_all

_SAYS: Final = {
    Part.ENTRY: "its bytes, or its place in the chain, are not what was written",
    Part.COLUMNS: "the time or the action beside the chained text was changed",
    Part.TEXT: "its personal text is not the one that was sealed",
    Part.TEXT_MISSING: "its personal text is gone without an erasure",
    Part.TEXT_ADDED: "a personal text stands beside it that it never sealed",
    Part.ANCHOR: "its bytes, or its place among the anchors, are not what was written",
    Part.UNLIKE_ANCHOR: "the record was written anew: an anchor says its entry was another",
    Part.UNLIKE_OUTSIDE: "it is not the one that was kept outside",
}
assert set(_SAYS) == set(Part), "a new part needs its words"


@click.group()
def audit() -> None:
    """The records' hash chain."""


@audit.command()
@click.option(
    "--anchors",
    "outside",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Anchors kept outside the database (JSON lines with `no` and `hash`): compared with those inside.",
)
@click.pass_context
def verify(ctx: click.Context, outside: Path | None) -> None:
    """Check every record's chain, its sealed texts and the anchors; each break is named, and the exit code is 1."""
    settings = settings_of()
    path = settings.secret_key_path
    keyring = Keyring.load_or_create(path) if path.exists() else None
    kept = _anchors_in(outside) if outside is not None else {}

    async def work(db: Database, _clock: SharedClock) -> ChainReport:
        return await verify_all(db, keyring, outside=kept)

    report = with_database(settings, work)
    for broken in report.broken:
        click.echo(_line(broken), err=True)
    click.echo(
        f"{report.incidents} incidents, {report.entries} entries, {report.texts} texts ({report.erased} erased), "
        f"{report.anchors} anchors; {len(report.broken)} broken"
    )
    if keyring is None:
        click.echo(f"texts were counted, not opened: there is no key at {path}", err=True)
    ctx.exit(1 if report.broken else 0)


def _line(broken: Broken) -> str:
    where = []
    if broken.anchor is not None:
        where.append(f"anchor {broken.anchor}")
    if broken.incident is not None:
        where.append(f"incident {broken.number or broken.incident} at entry {broken.seq}")
    return f"BROKEN {', '.join(where)}: {_SAYS[broken.part]}"


def _anchors_in(path: Path) -> dict[int, bytes]:
    """The anchors of a file of JSON lines; other lines (it may be a whole log) are passed over."""
    found: dict[int, bytes] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
            found[int(row["no"])] = bytes.fromhex(row["hash"])
        except (ValueError, KeyError, TypeError):
            continue
    return found
