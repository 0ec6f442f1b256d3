"""`shouwang check`: what is reachable and healthy, and what to do about what is not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import click

from rules.clock import SharedClock
from shouwang.broker import unusable_certificate, what_the_door_does
from shouwang.cli import settings_of
from shouwang.embedded.places import prepare_data_dir
from shouwang.errors import ShouwangError
from shouwang.parts import connected
from shouwang.policy_file import PolicyFileWrong, policy_of
from shouwang.settings import Settings
from store import credentials, policy_versions
from store.canary import OLD_S, last_round
from store.chain_end import ChainEnd, chain_end
from store.database import StoreError
from store.rota import RotaFinding, wrong_with
from store.sealing import Keyring

ANSWERS_S: Final = 3.0
DEFAULT_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing looked at: what it is, what was found, and the remedy where it is not well."""

    what: str
    found: str
    remedy: str | None = None

    def line(self) -> str:
        return (
            f"ok   {self.what}: {self.found}"
            if self.remedy is None
            else f"BAD  {self.what}: {self.found}; {self.remedy}"
        )


@click.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Say what is reachable and healthy, and what to do about what is not.

    Exits non-zero while anything is not well.
    """
    findings = asyncio.run(findings_of(settings_of()))
    for finding in findings:
        click.echo(finding.line())
    ctx.exit(1 if any(finding.remedy for finding in findings) else 0)


async def findings_of(settings: Settings) -> list[Finding]:
    """Look at everything once, one after the other."""
    looks: tuple[Callable[[Settings], Awaitable[Finding]], ...] = (
        _data_dir, _key, _sources, _database, _policy, _broker, _door, _console, _parts,
        _canary, _chain, _rota, _retention,
    )  # fmt: skip
    return [await look(settings) for look in looks]


async def _data_dir(settings: Settings) -> Finding:
    try:
        return Finding(what="data folder", found=str(prepare_data_dir(settings.data_dir)))
    except ShouwangError as error:
        return Finding(what="data folder", found="unusable", remedy=str(error))


async def _key(settings: Settings) -> Finding:
    path = settings.secret_key_path
    if not path.exists():
        return Finding(what="secret key", found=f"{path}, made at first use")
    try:
        Keyring.load_or_create(path)
    except (StoreError, OSError) as error:
        return Finding(what="secret key", found="unusable", remedy=str(error))
    return Finding(what="secret key", found=str(path))


async def _sources(settings: Settings) -> Finding:
    from shouwang.sources import lanes_of, overlaps_of

    try:
        lanes = lanes_of(settings)
    except ShouwangError as error:
        return Finding(what="sources", found="not as they can be", remedy=str(error))
    overlaps = list(overlaps_of(lanes))
    if overlaps:
        remedy = f"{overlaps[0]}: write filters that have nothing in common"
        return Finding(what="sources", found="some messages are read twice", remedy=remedy)
    names = sorted({source.name for lane in lanes for source in lane.table.sources})
    return Finding(what="sources", found=", ".join(names))


async def _policy(settings: Settings) -> Finding:
    """Which policy is in force, whether the file is one, and whether a proposal waits for its second person."""
    wrong = _policy_file(settings)
    try:
        async with connected(settings, SharedClock(), name="shouwang check") as db:
            in_force = (await policy_versions.in_force(db)).version
            waiting = await policy_versions.waiting(db)
            unreadable = await policy_versions.unreadable(db)
    except (ShouwangError, StoreError):
        return Finding(what="policy", found="unknown, the database is away", remedy=wrong or "see the database above")
    found = f"{in_force} in force" + (f"; waits for a second person: {', '.join(waiting)}" if waiting else "")
    if unreadable is not None:
        wrong = f"{unreadable} cannot be read by this program, the log says why: mend it, propose it again"
    return Finding(what="policy", found=found, remedy=wrong)


def _policy_file(settings: Settings) -> str | None:
    if settings.policy is None:
        return None
    try:
        policy_of(settings.policy)
    except PolicyFileWrong as error:
        return f"the file changes nothing: {'; '.join(error.lines)}"
    return None


async def _database(settings: Settings) -> Finding:
    kind = "embedded" if settings.database_url is None else "SHOUWANG_DATABASE_URL"
    try:
        # Outside a demonstration's own database nothing less than durable will do.
        async with connected(settings, SharedClock(), name="shouwang check", demo=False):
            return Finding(what="database", found=f"{kind}, schema known, durable")
    except (ShouwangError, StoreError) as error:
        return Finding(what="database", found=kind, remedy=str(error))


async def _broker(settings: Settings) -> Finding:
    parts = urlsplit(settings.broker_address)
    host, port = parts.hostname or "127.0.0.1", parts.port or DEFAULT_PORTS[parts.scheme]
    remedy = "start it, or correct SHOUWANG_MQTT_URL" if settings.mqtt_url else "`shouwang up` starts the embedded one"
    try:
        async with asyncio.timeout(ANSWERS_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return Finding(what="broker", found=f"{host}:{port} does not answer", remedy=remedy)
    writer.close()
    await writer.wait_closed()
    return Finding(what="broker", found=f"{host}:{port} answers")


async def _door(settings: Settings) -> Finding:
    """Who decides who may sign in at the broker, and how far it agrees with the database."""
    found, wrong = what_the_door_does(settings), unusable_certificate(settings)
    if wrong is not None:
        return Finding(what="broker's door", found=found, remedy=wrong)
    if settings.mqtt_admin_url is None:
        return Finding(what="broker's door", found=found)
    try:
        async with connected(settings, SharedClock(), name="shouwang check") as db, db.pool.acquire() as connection:
            counts = await credentials.counts(connection)
    except (ShouwangError, StoreError):
        return Finding(what="broker's door", found="unknown, the database is away", remedy="see the database above")
    told = f"{found}; {counts.standing} standing, {counts.pending} not told yet, {counts.failing} refused"
    remedy = "the gateway's log and the device's page say why" if counts.failing else None
    return Finding(what="broker's door", found=told, remedy=remedy)


async def _console(settings: Settings) -> Finding:
    return await _ask(
        "console", settings.http_host, settings.http_port, "`shouwang up` or `shouwang console` starts it"
    )


async def _parts(settings: Settings) -> Finding:
    remedy = "`shouwang up`, or `shouwang gateway` and `shouwang rules`, start them"
    return await _ask("gateway and rules", settings.http_host, settings.metrics_port, remedy)


async def _canary(settings: Settings) -> Finding:
    """The whole way at once: a press of the last minutes came from the broker to a screen, and was escalated."""
    clock, remedy = SharedClock(), "gateway, rules and console must all run; their logs say what stands in the way"
    try:
        async with connected(settings, clock, name="shouwang check") as db:
            ended_at = await last_round(db)
            now = clock.now()
    except (ShouwangError, StoreError):
        return Finding(what="canary", found="unknown, the database is away", remedy="see the database above")
    if ended_at is None:
        return Finding(what="canary", found="no full round yet", remedy=remedy)
    old_s = (now - ended_at).total_seconds()
    return Finding(what="canary", found=f"last full round {old_s:.0f} s ago", remedy=remedy if old_s > OLD_S else None)


async def _chain(settings: Settings) -> Finding:
    """In what the P1 chain ends, when nobody at a desk answers."""
    clock, what = SharedClock(), "on-call chain"
    try:
        async with connected(settings, clock, name="shouwang check") as db, db.pool.acquire() as connection:
            end = await chain_end(connection, clock.now())
    except (ShouwangError, StoreError):
        return Finding(what=what, found="unknown, the database is away", remedy="see the database above")
    return Finding(what=what, found=f"ends in: {end}", remedy=None if end.is_well else _CHAIN_REMEDIES[end])


_CHAIN_REMEDIES: Final = {
    ChainEnd.NOBODY_ON_CALL: "put somebody with a telephone number on call (the rota, POST /api/v1/shifts)",
    ChainEnd.UNTESTED: "set up a voice channel ([[channels]]) whose daily test reaches the on-call number: until then"
    " nothing wakes a person",
}


async def _rota(settings: Settings) -> Finding:
    """Who stands on the rota and cannot be reached, and when nobody does."""
    clock, what = SharedClock(), "rota"
    try:
        async with connected(settings, clock, name="shouwang check") as db:
            async with db.pool.acquire() as connection:
                if await chain_end(connection, clock.now()) is ChainEnd.DEMONSTRATION:
                    return Finding(what=what, found="a demonstration's")
            wrong = await wrong_with(db, clock.now())
    except (ShouwangError, StoreError):
        return Finding(what=what, found="unknown, the database is away", remedy="see the database above")
    if not wrong:
        return Finding(what=what, found="somebody with a number is on call for the next 7 days")
    first = "; ".join(_told(one) for one in wrong[:3])
    return Finding(what=what, found=f"{len(wrong)} things wrong: {first}", remedy="correct the shifts, or the numbers")


def _told(one: RotaFinding) -> str:
    whose = f" of {one.who}" if one.who is not None else ""
    return f"{one.wrong} {one.role}{whose} {one.from_at:%Y-%m-%d %H:%M} to {one.to_at:%Y-%m-%d %H:%M} UTC"


async def _retention(settings: Settings) -> Finding:
    """Whoever answers for the data sets the periods; what nobody set is named, and is no fault."""
    periods = settings.retention.model_dump()
    unset = [name for name in periods if name not in settings.retention.model_fields_set]
    if not unset:
        return Finding(what="retention", found="every period set")
    return Finding(what="retention", found=f"by default: {', '.join(f'{name} {periods[name]} d' for name in unset)}")


async def _ask(what: str, host: str, port: int, remedy: str) -> Finding:
    url = f"http://{host}:{port}/readyz"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWERS_S)) as session,
            session.get(url) as answer,
        ):
            body = json.loads(await answer.text())
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        return Finding(what=what, found=f"{host}:{port} does not answer", remedy=remedy)
    status = str(body.get("status", "unknown")) if isinstance(body, dict) else "unknown"
    well = answer.status == 200 and status != "degraded"
    return Finding(what=what, found=status, remedy=None if well else f"read {url}")
