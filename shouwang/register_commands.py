"""`device`, `user` and `token`: administration from the command line, on record as done by nobody at a desk."""

from __future__ import annotations

import csv
import getpass
import io
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import click

from console.rights import Role
from rules.clock import SharedClock
from rules.domain.masking import mask_phone
from rules.domain.phones import Phone, PhoneUnreadable, read
from shouwang.cli import existing_file, settings_of
from shouwang.credential_commands import credential
from shouwang.database_commands import Result, with_database
from store.database import Database
from store.passwords import Passwords
from store.registers.devices import Device, DeviceFilter, list_devices
from store.registers.imports import ImportReport, import_devices
from store.registers.table import TableUnreadable
from store.sealing import Keyring
from store.users import NewUser, add_token, add_user, change_user, id_of_name, list_users, revoke_token

PAGE: Final = 500
PASSWORD_LEAST: Final = 8

#: The columns of `device import` that `device add` takes as options; only the first two are required.
DEVICE_OPTIONS: Final = ("source", "model", "interval_s", "wearer", "life", "resident", "phone", "address", "area")


def _do(work: Callable[[Database, SharedClock], Awaitable[Result]]) -> Result:
    return with_database(settings_of(), work)


@click.group()
def device() -> None:
    """Register devices, one by one or from a file."""


device.add_command(credential)


@device.command("import")
@click.argument("path", metavar="FILE.csv")
@click.pass_context
def import_(ctx: click.Context, path: str) -> None:
    """Import devices, people and homes from CSV.

    Every bad row is named by its line and left out; the good ones are imported. The same file twice changes nothing.
    """
    try:
        text = existing_file(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise click.ClickException(f"{path} is not UTF-8: save it as CSV UTF-8") from None
    report = _import(text)
    for name in report.unknown_columns:
        click.echo(f"column {name!r} is not known and was passed over", err=True)
    for error in report.errors:
        click.echo(f"line {error.line}: {error.error}", err=True)
    for proposal in report.proposals:
        click.echo(
            f"line {proposal.line}: device {proposal.device}: perhaps a person known already; decide in the console",
            err=True,
        )
    click.echo(f"imported {report.imported}, refused {len(report.errors)}")
    ctx.exit(1 if report.errors else 0)


def _import(text: str) -> ImportReport:
    keyring_path = settings_of().secret_key_path

    async def work(db: Database, clock: SharedClock) -> ImportReport:
        return await import_devices(db, Keyring.load_or_create(keyring_path), text, by=None, now=clock.now())

    try:
        return _do(work)
    except TableUnreadable as error:
        raise click.ClickException(str(error)) from None


@device.command("add")
@click.argument("device_id", metavar="DEVICE")
@click.option("--kind", required=True, help="call_button, smoke_alarm, location_band, …")
@click.pass_context
def add_device(ctx: click.Context, /, device_id: str, kind: str, **options: str | None) -> None:
    """Register one device, with its person and home if they are given."""
    row = {"device": device_id, "kind": kind} | {name: value for name, value in options.items() if value is not None}
    table = io.StringIO()
    writer = csv.DictWriter(table, fieldnames=list(row))
    writer.writeheader()
    writer.writerow(row)
    report = _import(table.getvalue())
    if report.errors:
        raise click.ClickException(report.errors[0].error)
    click.echo(f"registered {device_id}")
    ctx.exit(0)


for _name in reversed(DEVICE_OPTIONS):
    add_device = click.option(f"--{_name.replace('_', '-')}", _name)(add_device)


@device.command("list")
@click.option("--area", help="Only of this area and below.")
@click.option("--kind", help="Only of this kind.")
def list_devices_(area: str | None, kind: str | None) -> None:
    """List devices: id, kind, source, life, area."""

    async def work(db: Database, _clock: SharedClock) -> None:
        async for found in _pages(
            lambda after: list_devices(db, DeviceFilter(area=area, kind=kind), after=after, limit=PAGE)
        ):
            _print_device(found)

    _do(work)


def _print_device(found: Device) -> None:
    click.echo("\t".join(str(getattr(found, name, "") or "") for name in ("device", "kind", "source", "life", "area")))


async def _pages(page: Callable[[int], Awaitable[tuple[list[Any], int]]]) -> AsyncIterator[Any]:
    after = 0
    while True:
        items, _seq = await page(after)
        for item in items:
            yield item
        if len(items) < PAGE:
            return
        after = int(items[-1].id)


@click.group()
def user() -> None:
    """Users of the console."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--display-name", help="As desks show it; the sign-in name otherwise.")
@click.option("--area", "areas", multiple=True, help="Sees this area and below; everywhere where none is given.")
@click.option("--phone", "typed", help="Where the on-call list rings; a fixed line with its area code.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add_user_(
    name: str, role: str, display_name: str | None, areas: tuple[str, ...], typed: str | None, password_stdin: bool
) -> None:
    """Add a user; asks for the password."""
    phone = _phone(typed) if typed is not None else None
    password = _password(from_stdin=password_stdin)
    new = NewUser(
        name=name, display_name=display_name or name, role=role, areas=areas, password=password,
        phone=phone.stored if phone is not None else None, phone_typed=typed,
    )  # fmt: skip

    async def work(db: Database, clock: SharedClock) -> str:
        return (await add_user(db, Passwords(), new, by=None, now=clock.now())).id

    rung = f", rung at {mask_phone(phone.number)}" if phone is not None else ""
    click.echo(f"added user {name} ({_do(work)}){rung}")


@user.command("phone")
@click.argument("name")
@click.argument("typed", metavar="[NUMBER]", required=False)
def phone_(name: str, typed: str | None) -> None:
    """Say where the on-call list rings a user; without a number they are rung no more."""
    phone = _phone(typed) if typed is not None else None
    fields = {"phone": phone.stored if phone is not None else None, "phone_typed": typed}

    async def work(db: Database, clock: SharedClock) -> None:
        found = await id_of_name(db, name)
        await change_user(db, Passwords(), found, fields, version=None, by=None, now=clock.now())

    _do(work)
    click.echo(f"{name} is rung at {mask_phone(phone.number)}" if phone is not None else f"{name} has no number now")


def _phone(typed: str) -> Phone:
    try:
        return read(typed)
    except PhoneUnreadable as error:
        raise click.ClickException(f"the number cannot be rung: {error}") from None


@user.command("passwd")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def passwd(name: str, password_stdin: bool) -> None:
    """Give a user a new password; ends every session of theirs."""
    password = _password(from_stdin=password_stdin)

    async def work(db: Database, clock: SharedClock) -> None:
        found = await id_of_name(db, name)
        await change_user(db, Passwords(), found, {"password": password}, version=None, by=None, now=clock.now())

    _do(work)
    click.echo(f"changed the password of {name}")


@user.command("list")
def list_users_() -> None:
    """List users: id, name, role, areas, whether disabled, number (masked)."""

    async def work(db: Database, _clock: SharedClock) -> None:
        async for found in _pages(lambda after: list_users(db, after=after, limit=PAGE)):
            rung = mask_phone(found.phone.partition(";")[0]) if found.phone is not None else ""
            mark = "disabled" if found.disabled else ""
            areas = " ".join(found.areas) or "everywhere"
            click.echo(f"{found.id}\t{found.name}\t{found.role}\t{areas}\t{mark}\t{rung}".rstrip())

    _do(work)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Again: "):
            raise click.ClickException("the two are not the same")
    if len(password) < PASSWORD_LEAST:
        raise click.ClickException(f"a password has at least {PASSWORD_LEAST} characters")
    return password


@click.group()
def token() -> None:
    """Tokens of programs, which act with the rights of a user."""


@token.command("create")
@click.argument("name")
@click.option("--user", "user_name", required=True, help="Whose rights it has.")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it is good for; until revoked otherwise.")
def create(name: str, user_name: str, days: int | None) -> None:
    """Make a token and print it; it is shown once and kept nowhere."""

    async def work(db: Database, clock: SharedClock) -> tuple[str, str]:
        now = clock.now()
        expires_at = now + timedelta(days=days) if days else None
        owner = await id_of_name(db, user_name)
        return await add_token(db, owner, name, expires_at=expires_at, by=None, now=now)

    token_id, secret = _do(work)
    click.echo(f"token {token_id}", err=True)
    click.echo(secret)


@token.command("revoke")
@click.argument("token_id", type=int)
def revoke(token_id: int) -> None:
    """Revoke a token; its streams close within two seconds."""

    async def work(db: Database, clock: SharedClock) -> None:
        await revoke_token(db, token_id, by=None, now=clock.now())

    _do(work)
    click.echo(f"revoked token {token_id}")
