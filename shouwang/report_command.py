"""`report`: a month's figures as a signed bundle, and the check of one."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from rules.clock import SharedClock
from rules.domain.kpi_read import Period
from shouwang.cli import settings_of
from shouwang.database_commands import with_database
from shouwang.metrics import program_version
from shouwang.report_files import MANIFEST, PUBLIC_KEY, SIGNATURE, files_of, manifest_of
from store.database import Database
from store.kpi import report_of
from store.kpi_facts import Scope
from store.kpi_report import Report
from store.sealing import Keyring, is_signed

_MONTH: Final = "%Y-%m"


@click.group()
def report() -> None:
    """A month's figures as a signed bundle: month; the check of one: verify."""


@report.command()
@click.option("--month", "of_month", metavar="YYYY-MM", required=True, help="Which month, in site time.")
@click.option("--out", "out", metavar="DIR", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--area", metavar="PATH", help="One area; everywhere where it is not given.")
def month(of_month: str, out: Path, area: str | None) -> None:
    """Write a month's report into DIR/YYYY-MM: JSON, CSV, HTML to print, a manifest and the site's signature."""
    settings = settings_of()
    timezone = ZoneInfo(settings.site_timezone)
    start, end = _month(of_month, timezone)

    async def work(db: Database, clock: SharedClock) -> Report:
        now = clock.now()
        if end > now:
            click.echo(f"{of_month} is not over: what still runs is counted beside", err=True)
        period = Period(start=start, end=end, as_of=now, timezone=timezone)
        return await report_of(db.dsn, Scope(period=period, areas=(area,) if area else ()), program_version())

    made = with_database(settings, work)
    folder = out / of_month
    _write(folder, made, of_month, Keyring.load_or_create(settings.secret_key_path))
    known = [figure for figure in made.figures if figure.no_data is None]
    click.echo(f"{folder}: {len(known)} figures, {len(made.figures) - len(known)} without data")


@report.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--key",
    "key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The site's public key as it was handed out; the one in the bundle proves only that it is whole.",
)
def verify(folder: Path, key: Path | None) -> None:
    """Check that nothing in a bundle was changed since the site signed it."""
    try:
        manifest = (folder / MANIFEST).read_bytes()
        signature = base64.b64decode((folder / SIGNATURE).read_bytes())
        pem = (key or folder / PUBLIC_KEY).read_text(encoding="utf-8")
        said: dict[str, Any] = json.loads(manifest)
        wrong = [name for name, digest in said["sha256"].items() if _digest(folder / name) != digest]
    except (OSError, ValueError, KeyError) as error:
        raise click.ClickException(f"{folder}: this is no whole bundle: {error}") from error
    if not is_signed(manifest, signature, pem):
        raise click.ClickException(f"{folder / MANIFEST}: not signed by this key")
    if wrong:
        raise click.ClickException(f"{folder}: changed since it was signed: {', '.join(sorted(wrong))}")
    whose = "the given key" if key else "the key inside; give the site's own with --key"
    click.echo(f"{folder}: whole, signed by {whose}")


def _month(text: str, timezone: ZoneInfo) -> tuple[datetime, datetime]:
    try:
        first = datetime.strptime(text, _MONTH).date()  # noqa: DTZ007 - a month of the site, given its zone below
    except ValueError as error:
        raise click.ClickException(f"--month {text}: not a month such as 2026-10") from error
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    start, end = (datetime.combine(day, time(0), tzinfo=timezone) for day in (first, following))
    return start, end


def _write(folder: Path, made: Report, of_month: str, keyring: Keyring) -> None:
    files = files_of(made)
    manifest = manifest_of(made, of_month, files)
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / PUBLIC_KEY).write_text(keyring.verifying_pem(), encoding="utf-8")
    (folder / SIGNATURE).write_bytes(base64.b64encode(keyring.sign(manifest)) + b"\n")
    # Last: a folder without it was not finished.
    (folder / MANIFEST).write_bytes(manifest)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
