"""`up`, the parts alone, `migrate` and `simulate`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import click

from rules.clock import SharedClock
from shouwang import logs
from shouwang.cli import settings_of
from shouwang.parts import CONNECTIONS_MAX, Surroundings, part_listen, run_part
from shouwang.settings import Settings
from simulator.cli import simulate as simulator_command
from simulator.verify import STORED_EVENTS_KEY, StoredEvents

DEMO = click.option("--demo", is_flag=True, help="A simulated town; nothing is sent outside.")
SOCKET = click.option("--health-socket", type=click.Path(path_type=Path), hidden=True)


def _begin(part: str) -> Settings:
    settings = settings_of()
    clock = SharedClock()
    logs.configure(part, level=settings.log_level, form=settings.log_format, now=clock.now)
    return settings


def _run(part: str, work: Callable[[Surroundings], Awaitable[None]], *, demo: bool, health_socket: Path | None) -> None:
    from shouwang.demo import with_vendors
    from shouwang.wiring import run_until_signalled

    settings = _begin(part)
    if demo:
        settings = with_vendors(settings)
    # The console serves its health on its own port.
    health = None if part == "console" else part_listen(settings, health_socket)
    size = _connections_of(part, settings)
    run_until_signalled(lambda: run_part(part, work, settings, demo=demo, health=health, max_size=size), fast=True)


def _connections_of(part: str, settings: Settings) -> int:
    """How many connections the part's work can need at once."""
    if part != "gateway":
        return CONNECTIONS_MAX
    from gateway.run import connections_needed
    from shouwang.sources import lanes_of

    return connections_needed(len(lanes_of(settings)))


@click.command()
@click.option("--demo", is_flag=True, help="Add a small simulated town; nothing is sent outside.")
def up(demo: bool) -> None:
    """Run all parts in one process tree.

    An embedded PostgreSQL and MQTT broker stand in where no address is given.
    """
    from shouwang.channels import channels_of
    from shouwang.policy_file import policy_of
    from shouwang.sources import lanes_of
    from shouwang.wiring import run_until_signalled
    from shouwang.wiring import up as run_up

    settings = _begin("up")
    # What is wrong with a source, a channel or the policy is said here, once, and not by a part that is started again.
    if settings.policy is not None:
        policy_of(settings.policy)
    lanes_of(settings)
    channels_of(settings, demo=demo, clock=SharedClock())
    run_until_signalled(lambda: run_up(settings, demo=demo, say=lambda line: click.echo(line, err=False)))


@click.command()
@DEMO
@SOCKET
def gateway(demo: bool, health_socket: Path | None) -> None:
    """Run the devices' edge alone: lanes, ingest, acknowledgements."""
    from shouwang import rooms

    _run("gateway", rooms.gateway, demo=demo, health_socket=health_socket)


@click.command()
@DEMO
@SOCKET
def rules(demo: bool, health_socket: Path | None) -> None:
    """Run the engine alone: deadlines, escalation, silence."""
    from shouwang import rooms

    _run("rules", rooms.rules, demo=demo, health_socket=health_socket)


@click.command()
@DEMO
def console(demo: bool) -> None:
    """Run the people's edge alone: API, live stream, pages."""
    from shouwang import rooms

    _run("console", rooms.console, demo=demo, health_socket=None)


@click.command()
def migrate() -> None:
    """Bring the database schema up to date.

    Safe to run twice, from several hosts at once, and while parts of this and the previous release run.
    """
    from shouwang.database_commands import migrate_now

    steps = migrate_now(settings_of())
    click.echo("\n".join(steps) if steps else "nothing to do: the schema is up to date")


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    add_help_option=False,
)
@click.pass_context
def simulate(ctx: click.Context) -> None:
    """The simulator's own command, given a way to ask the database what was stored: it knows none itself."""
    with simulator_command.make_context("simulate", ctx.args, parent=ctx.parent) as inner:
        inner.meta[STORED_EVENTS_KEY] = _stored_events
        simulator_command.invoke(inner)


@asynccontextmanager
async def _stored_events() -> AsyncIterator[StoredEvents]:
    from shouwang.embedded.database import database
    from store.verification import stored_events

    async with database(settings_of(), SharedClock()) as dsn, stored_events(dsn) as stored:
        yield stored
