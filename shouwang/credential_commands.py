"""`device credential` and `bridge`: who may sign in at the broker, from the command line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from rules.clock import SharedClock
from rules.domain.access import BridgeMisnamed, BridgeTopicsWrong
from shouwang.cli import settings_of
from shouwang.database_commands import with_database
from store import credentials
from store.credentials import Issued
from store.database import Database
from store.sealing import Keyring

_Result = TypeVar("_Result")


def _do(work: Callable[[Database, SharedClock], Awaitable[_Result]]) -> _Result:
    try:
        return with_database(settings_of(), work)
    except (BridgeMisnamed, BridgeTopicsWrong) as error:
        raise click.ClickException(str(error)) from None


def _keyring() -> Keyring:
    return Keyring.load_or_create(settings_of().secret_key_path)


def _show(issued: Issued) -> None:
    """The password alone on standard output, once; the rest beside it."""
    click.echo(f"username {issued.username}; the password is shown once and kept sealed:", err=True)
    click.echo(issued.password)


@click.group()
def credential() -> None:
    """What a device signs in to the broker with: issue, revoke."""


@credential.command("issue")
@click.argument("device_id", metavar="DEVICE")
def issue(device_id: str) -> None:
    """Give a registered device a new password and print it; an earlier one stops working at once."""
    keyring = _keyring()

    async def work(db: Database, clock: SharedClock) -> Issued:
        number = await credentials.id_of_device(db, device_id)
        return await credentials.issue(db, keyring, number, by=None, now=clock.now())

    _show(_do(work))


@credential.command("revoke")
@click.argument("device_id", metavar="DEVICE")
def revoke(device_id: str) -> None:
    """Cut a device off from the broker."""

    async def work(db: Database, clock: SharedClock) -> None:
        number = await credentials.id_of_device(db, device_id)
        await credentials.revoke(db, number, by=None, now=clock.now())

    _do(work)
    click.echo(f"revoked the credential of {device_id}")


@click.group()
def bridge() -> None:
    """Vendors' bridges: what they sign in with, and the topics they may use."""


@bridge.command("issue")
@click.argument("name")
@click.option(
    "--topic", "topics", multiple=True, required=True, help="A topic filter, as in zigbee2mqtt/#; repeatable."
)
def issue_to_bridge(name: str, topics: tuple[str, ...]) -> None:
    """Give a vendor's bridge a new password and these topics and no others; print the password."""
    keyring = _keyring()

    async def work(db: Database, clock: SharedClock) -> Issued:
        return await credentials.issue_to_bridge(db, keyring, name, topics, by=None, now=clock.now())

    _show(_do(work))


@bridge.command("revoke")
@click.argument("name")
def revoke_bridge(name: str) -> None:
    """Cut a vendor's bridge off from the broker."""

    async def work(db: Database, clock: SharedClock) -> None:
        await credentials.revoke_bridge(db, name, by=None, now=clock.now())

    _do(work)
    click.echo(f"revoked the credential of the bridge {name}")
