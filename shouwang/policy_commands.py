"""`check-policy`, `policy` and `explain`: what a policy says, whether it may be approved, and which one is in force."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from console.rights import APPROVE_POLICIES, PROPOSE_POLICIES, Role, Roles
from devices.event import EventType
from rules.clock import SharedClock
from rules.domain.explaining import explain as explained
from rules.domain.policy_context import Context
from rules.domain.policy_difference import differences
from rules.domain.policy_lint import checked
from rules.domain.policy_value import BUILTIN, Policy
from rules.domain.policy_write import write as written
from rules.domain.vocabulary import DeviceKind, Hearing, Speech
from shouwang.cli import existing_file, settings_of
from shouwang.database_commands import Result, with_database
from shouwang.policy_file import PolicyFileWrong, policy_of
from store import policy_replay, policy_versions
from store.accounts import end_session, sign_in
from store.database import Database
from store.passwords import Passwords

_SOURCE: Final = "command"


def _do(work: Callable[[Database, SharedClock], Awaitable[Result]]) -> Result:
    return with_database(settings_of(), work)


def policy_in(path: str) -> tuple[str, Policy]:
    """The file's policy; every problem is a line of its own, and the command ends."""
    try:
        return policy_of(existing_file(path))
    except PolicyFileWrong as error:
        for problem in error.problems:
            click.echo(f"{path}: {problem.line()}", err=True)
        count = f"{len(error.problems)} problem" + ("s" if len(error.problems) > 1 else "")
        raise click.ClickException(f"{path} has {count}; nothing was changed") from None


@click.command("check-policy")
@click.argument("path", metavar="FILE")
def check_policy(path: str) -> None:
    """Say everything that is wrong with a policy's file, in one go; exits non-zero where anything is."""
    _, policy = policy_in(path)
    rules = sum(len(routes) for routes in policy.routes.values())
    click.echo(
        f"{path}: good: {policy.version}, {len(policy.rows)} classes, {rules} rules, "
        f"{len(policy.ladders)} ladders, {len(policy.plans)} plans"
    )
    for line in differences(BUILTIN, policy):
        click.echo(f"  {line.zh}  |  {line.en}")


@click.group()
def policy() -> None:
    """The policy in force: show, write, list, propose, difference, approve, refuse, back."""


@policy.command("show")
def show() -> None:
    """Print the policy in force as a file."""

    async def work(db: Database, _clock: SharedClock) -> Policy:
        return await policy_versions.in_force(db)

    click.echo(written(_do(work)), nl=False)


@policy.command("write")
@click.argument("path", metavar="FILE")
@click.option("--builtin", is_flag=True, help="The built-in policy, whatever is in force; needs no database.")
def write(path: str, builtin: bool) -> None:
    """Write the policy in force to a file that a county's own starts from; never over another."""

    async def work(db: Database, _clock: SharedClock) -> Policy:
        return await policy_versions.in_force(db)

    text = written(BUILTIN if builtin else _do(work))
    try:
        with Path(path).open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise click.ClickException(f"{path} is there already; name another file") from None
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from None
    click.echo(f"wrote {path}")


@policy.command("list")
def list_() -> None:
    """List every version: number, version, state, where it came from, who proposed and who decided it."""

    async def work(db: Database, _clock: SharedClock) -> None:
        in_force = (await policy_versions.in_force(db)).version
        after = 0
        while True:
            found, _seq = await policy_versions.listed(db, after=after, limit=200)
            for row in found:
                _print(row)
            if len(found) < 200:
                break
            after = int(found[-1].id)
        click.echo(f"in force: {in_force}")

    _do(work)


def _print(row: policy_versions.PolicyRecord) -> None:
    people = (row.proposed_by_name or "", row.decided_by_name or "")
    click.echo("\t".join((row.id, row.version, row.state, row.origin, *people, row.reason)).rstrip())


def _by_user(command: Any) -> Any:
    command = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")(command)
    return click.option("--user", "name", required=True, help="Who does it: the sign-in name.")(command)


async def _signed_in(db: Database, clock: SharedClock, name: str, password: str, roles: Roles) -> int:
    """Who does it, by name and password, with the right to it."""
    _, principal = await sign_in(db, Passwords(), name, password, source=_SOURCE, now=clock.now())
    await end_session(db, principal, clock.now())
    if Role(principal.role) not in roles:
        raise click.ClickException(f"{name} is {principal.role}, which may not do that")
    return principal.user_id


def _password(*, from_stdin: bool) -> str:
    return sys.stdin.readline().rstrip("\n") if from_stdin else getpass.getpass("Password: ")


@policy.command("propose")
@click.argument("path", metavar="FILE")
@click.option("--reason", default="", help="Why, for whoever approves it.")
@_by_user
def propose(path: str, reason: str, name: str, password_stdin: bool) -> None:
    """Propose a file, and replay the last seven days through it; a second person approves it."""
    text, _ = policy_in(path)
    password, timezone = _password(from_stdin=password_stdin), ZoneInfo(settings_of().site_timezone)

    async def work(db: Database, clock: SharedClock) -> tuple[int, str, dict[str, Any]]:
        by = await _signed_in(db, clock, name, password, PROPOSE_POLICIES)
        before, now = await policy_versions.in_force(db), clock.now()
        origin = policy_versions.Origin.COMMAND
        no, found = await policy_versions.propose(db, text, origin=origin, by=by, now=now, reason=reason)
        result = await policy_replay.of_proposal(db, before, found, now=now, timezone=timezone)
        await policy_versions.keep_replay(db, no, result)
        return no, found.version, result

    no, version, result = _do(work)
    click.echo(
        f"proposed {version} as number {no}: {result['changed']} of {result['events']} events of the last 7 days"
    )
    click.echo(f"would be judged otherwise; another person approves it: shouwang policy approve {no} --user NAME")


@policy.command("difference")
@click.argument("number", type=int)
def difference(number: int) -> None:
    """Print what a proposal changes against the policy in force."""

    async def work(db: Database, _clock: SharedClock) -> policy_versions.PolicyWhole:
        return await policy_versions.whole(db, number)

    found = _do(work)
    for line in found.differences:
        click.echo(f"{line.zh}  |  {line.en}")
    click.echo(f"{len(found.differences)} differences of {found.version} against {found.against}")


@policy.command("replay")
@click.argument("number", type=int)
def replay(number: int) -> None:
    """Replay the last seven days through a proposal, against what is in force now."""
    timezone = ZoneInfo(settings_of().site_timezone)

    async def work(db: Database, clock: SharedClock) -> dict[str, Any]:
        found = checked((await policy_versions.whole(db, number)).toml)
        before = await policy_versions.in_force(db)
        result = await policy_replay.of_proposal(db, before, found, now=clock.now(), timezone=timezone)
        await policy_versions.keep_replay(db, number, result)
        return result

    result = _do(work)
    click.echo(f"{result['changed']} of {result['events']} events would be judged otherwise")


@policy.command("approve")
@click.argument("number", type=int)
@_by_user
def approve(number: int, name: str, password_stdin: bool) -> None:
    """Put a proposal into force as the second person."""
    password = _password(from_stdin=password_stdin)

    async def work(db: Database, clock: SharedClock) -> str:
        by = await _signed_in(db, clock, name, password, APPROVE_POLICIES)
        return await policy_versions.approve(db, number, by=by, now=clock.now())

    click.echo(f"in force: {_do(work)}")


@policy.command("refuse")
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why not.")
@_by_user
def refuse(number: int, reason: str, name: str, password_stdin: bool) -> None:
    """Turn a proposal down."""
    password = _password(from_stdin=password_stdin)

    async def work(db: Database, clock: SharedClock) -> str:
        by = await _signed_in(db, clock, name, password, APPROVE_POLICIES)
        return await policy_versions.refuse(db, number, by=by, reason=reason, now=clock.now())

    click.echo(f"refused: {_do(work)}")


@policy.command("back")
@click.option("--reason", default="by command", help="Why, for the record.")
def back(reason: str) -> None:
    """Return to the last good policy at once."""

    async def work(db: Database, clock: SharedClock) -> str:
        return await policy_versions.back(db, by=None, reason=reason, now=clock.now())

    click.echo(f"in force: {_do(work)}")


# -- explain ---------------------------------------------------------------------------------------------------------


@click.command("explain")
@click.option("--type", "type_", type=click.Choice([type_.value for type_ in EventType]), required=True)
@click.option("--kind", type=click.Choice([kind.value for kind in DeviceKind]), default="other", help="Of the device.")
@click.option("--tag", "tags", multiple=True, help="Of the person; more than one may be given.")
@click.option("--ability", type=click.IntRange(0, 4), default=0, help="Ability grade, 0 to 4.")
@click.option("--area", help="Path of the area.")
@click.option("--hour", help="Time of day as HH:MM, in site time.")
@click.option("--speech", type=click.Choice([value.value for value in Speech]), default="ok")
@click.option("--hearing", type=click.Choice([value.value for value in Hearing]), default="ok")
@click.option("--second-fire-sign", is_flag=True, help="Another detector of the home reports fire too.")
@click.option("--vitals", type=click.Choice(["danger", "attention"]), help="What the personal bounds say.")
@click.option("--at-risk", is_flag=True, help="Night, frost, heat, or water near by.")
@click.option("--absent", is_flag=True, help="Everybody it is about is away.")
@click.option("--retained", is_flag=True, help="The broker kept it, and nobody knows since when.")
@click.option("--policy", "path", metavar="FILE", help="Under this policy; the one in force otherwise.")
@click.option("--builtin", is_flag=True, help="Under the built-in policy; needs no database.")
def explain(type_: str, path: str | None, builtin: bool, **known: Any) -> None:
    """Print why an event like this gets its class: the rule, what gave way to it, the floor, the chain, the plan."""
    clock = SharedClock()

    async def in_force(db: Database, _clock: SharedClock) -> Policy:
        return await policy_versions.in_force(db)

    under = policy_in(path)[1] if path else BUILTIN if builtin else _do(in_force)
    found = explained(EventType(type_), _context(known), under, now=clock.now())
    for line in (*found.zh, "", *found.en):
        click.echo(line)


def _context(known: dict[str, Any]) -> Context:
    vitals = known["vitals"]
    return Context(
        kind=DeviceKind(known["kind"]),
        tags=frozenset(known["tags"]),
        ability=known["ability"],
        area=known["area"],
        minute=_minute(known["hour"]),
        speech=Speech(known["speech"]),
        hearing=Hearing(known["hearing"]),
        other_fire_sign=known["second_fire_sign"],
        vitals_in_danger=None if vitals is None else vitals == "danger",
        outdoors_at_risk=known["at_risk"],
        absent=known["absent"],
        retained=known["retained"],
        late_s=None if known["retained"] else 0.0,
    )


def _minute(hour: str | None) -> int | None:
    if hour is None:
        return None
    parts = hour.split(":")
    if len(parts) != 2 or not all(part.isdecimal() for part in parts) or int(parts[0]) > 23 or int(parts[1]) > 59:
        raise click.ClickException(f"--hour {hour}: a time of day such as 22:30")
    return int(parts[0]) * 60 + int(parts[1])
