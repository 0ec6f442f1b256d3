"""`shouwang simulate`: the command line of the simulator."""

from __future__ import annotations

import asyncio
import gc
import re
import resource
import shlex
import signal
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click
import msgspec
import uvloop

from simulator import wire
from simulator.client import Broker
from simulator.clock import RealClock
from simulator.delivery import Manner
from simulator.errors import SimulatorError
from simulator.fleet import MAX_DEVICES_PER_HOUSEHOLD, Device, fleet, word_of
from simulator.ledger import Ledger, NoLedger, read, rfc3339
from simulator.plan import Course
from simulator.registration import write_devices_csv
from simulator.report import page, summary
from simulator.run import Run
from simulator.scenario import SCENARIOS, Scenario, checked, load_scenario
from simulator.speech import read_shares
from simulator.tally import Tally
from simulator.verify import STORED_EVENTS_KEY, Findings, StoredEventsFactory, compare_when_settled

_SECONDS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)")
#: Fewer connections than this many files: the rest is for the ledger, the loop and the libraries.
_SPARE_FILES: Final = 64


class Duration(click.ParamType[float]):
    """`60`, `60s`, `10m`, `2h`, `1d`, in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found = _DURATION.fullmatch(str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no duration: 60s, 10m, 2h", param, ctx)
        return float(found[1]) * _SECONDS[found[2]]


class Moment(click.ParamType[datetime]):
    """RFC 3339 with its zone."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time: 2026-11-19T06:30:00Z", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} names no zone: put a Z after it", param, ctx)
        return moment


SHARE: Final = click.FloatRange(0.0, 1.0)
FILE: Final = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--households", type=click.IntRange(1, 1_000_000), default=20, show_default=True)
@click.option(
    "--devices-per-household", type=click.IntRange(1, MAX_DEVICES_PER_HOUSEHOLD), default=3, show_default=True
)
@click.option("--duration", type=Duration(), default="60s", show_default=True, help="60s, 10m, 2h.")
@click.option(
    "--rate-scale",
    type=click.FloatRange(0.001, 100_000),
    default=1.0,
    show_default=True,
    help="How many times faster than the clock the days pass.",
)
@click.option("--scenario", default="town", show_default=True, help=f"{', '.join(SCENARIOS)}, or a .toml file.")
@click.option("--events-per-second", type=float, help="Paces the whole fleet exactly and open-loop.")
@click.option("--alarm-share", type=SHARE, help="Of the paced events; the rest is telemetry.")
@click.option("--speaks", help="Shares of the devices by format: canonical=70,zigbee2mqtt=15,traccar=10,watch3g=5.")
@click.option("--broker", "broker_url", envvar="SHOUWANG_MQTT_URL", default="mqtt://127.0.0.1:1883", show_default=True)
@click.option("--mqtt5", is_flag=True, help="Speak MQTT 5; 3.1.1 otherwise.")
@click.option(
    "--shared-connections",
    type=click.IntRange(0, 1000),
    default=0,
    show_default=True,
    help="Put all devices on so many connections; 0 gives each its own, with its own will.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same fleet and same events.")
@click.option("--run", "run_name", help="Part of the event ids; the start time otherwise. Name it to repeat ids.")
@click.option(
    "--local-hour",
    type=click.FloatRange(0, 24, max_open=True),
    default=9.0,
    show_default=True,
    help="The hour of the day at which the fleet's life begins.",
)
@click.option(
    "--drain",
    "drain_s",
    type=Duration(),
    default="60s",
    show_default=True,
    help="How long to wait at the end for what is not acknowledged.",
)
@click.option(
    "--resend-first",
    "resend_first_s",
    type=Duration(),
    default="5s",
    show_default=True,
    help="An alarm without ack goes again after this, then doubling up to 30s.",
)
@click.option("--report", "report_path", type=FILE, help="Write a page about the run.")
@click.option("--ledger", "ledger_path", type=FILE, help="Write one line for each event meant to be delivered.")
@click.option("--devices-csv", "csv_path", type=FILE, help="Only write the fleet for `shouwang device import`.")
@click.option("--verify", is_flag=True, help="Compare the ledger with the database; needs --ledger.")
@click.option("--verify-only", is_flag=True, help="Simulate nothing; compare an existing --ledger.")
@click.option(
    "--settle",
    "settle_s",
    type=Duration(),
    default="30s",
    show_default=True,
    help="How long --verify waits while nothing more is stored and something is missing.",
)
@click.option(
    "--broker-killed-at",
    "killed_at",
    type=Moment(),
    multiple=True,
    help="Telemetry that the broker took over in the second before is counted apart.",
)
@click.pass_context
def simulate(ctx: click.Context, /, **options: Any) -> None:
    """A fleet of devices against any broker, as strangers see us.

    Ends with 1 if --verify finds anything missing or doubled.
    """
    refusal: BaseExceptionGroup[BaseException] | None = None
    try:
        _simulate(ctx, options)
    except* (SimulatorError, OSError) as group:
        # Raised in here it would itself be wrapped in a group.
        refusal = group
    if refusal is not None:
        raise click.ClickException(_first(refusal)) from refusal


def _simulate(ctx: click.Context, options: dict[str, Any]) -> None:
    scenario = _scenario(options)
    devices = _devices(options, scenario)
    if options["csv_path"] is not None:
        written = write_devices_csv(options["csv_path"], devices)
        click.echo(f"devices: {written}")
        return
    factory: StoredEventsFactory | None = ctx.meta.get(STORED_EVENTS_KEY)
    _check(options, factory)
    tally = None if options["verify_only"] else _carry_out(devices, scenario, options)
    findings = None
    if factory is not None and (options["verify"] or options["verify_only"]):
        findings = asyncio.run(_verify(options["ledger_path"], factory, options))
        click.echo("\n".join(findings.lines()))
    if tally is not None and options["report_path"] is not None:
        title = f"Simulated fleet: {scenario.name}, seed {options['seed']}"
        lines = findings.lines() if findings is not None else []
        text = page(tally, title=title, command=_command(options), findings=lines)
        options["report_path"].write_text(text, encoding="utf-8")
    if findings is not None and not findings.good:
        # Whoever reads the failure can repeat it with one line.
        click.echo(f"repeat with: {_command(options)}", err=True)
        ctx.exit(1)


def _check(options: dict[str, Any], factory: StoredEventsFactory | None) -> None:
    if not (options["verify"] or options["verify_only"]):
        return
    if options["ledger_path"] is None:
        raise click.UsageError("--verify compares a ledger: name one with --ledger")
    if factory is None:
        raise click.UsageError("--verify needs the database: run it as `shouwang simulate`")


def _scenario(options: dict[str, Any]) -> Scenario:
    scenario = load_scenario(options["scenario"])
    changes = {name: options[name] for name in ("events_per_second", "alarm_share") if options[name] is not None}
    if options["speaks"] is not None:
        changes["speaks"] = read_shares(options["speaks"])
    return checked(msgspec.structs.replace(scenario, **changes))


def _devices(options: dict[str, Any], scenario: Scenario) -> list[Device]:
    households = fleet(
        options["seed"],
        options["households"],
        options["devices_per_household"],
        wrong_clock_share=scenario.wrong_clock_share,
        unregistered_share=scenario.unregistered_share,
        speaks=scenario.speaks,
    )
    return list(households)


def _carry_out(devices: Sequence[Device], scenario: Scenario, options: dict[str, Any]) -> Tally:
    clock = RealClock()
    start = clock.now()
    if options["run_name"] is None:
        options["run_name"] = rfc3339(start)
    course = Course(
        seed=options["seed"],
        run_word=word_of(options["seed"], options["run_name"]),
        scenario=scenario,
        duration_s=options["duration"],
        start=start,
        rate_scale=options["rate_scale"],
        hour=options["local_hour"],
    )
    manner = Manner(
        shared_connections=options["shared_connections"],
        resend_first_s=options["resend_first_s"],
        drain_s=options["drain_s"],
    )
    if not manner.shared_connections:
        _allow_files(len(devices) + _SPARE_FILES)
    version = wire.Version.V5 if options["mqtt5"] else wire.Version.V311
    broker = Broker.from_url(options["broker_url"], version)
    path = options["ledger_path"]
    ledger = Ledger(path, clock) if path is not None else NoLedger(clock)
    click.echo(f"seed {options['seed']}, run {options['run_name']}, {len(devices)} devices", err=True)
    # The fleet lives as long as the run: going through it again and again would find no garbage.
    gc.freeze()
    try:
        tally = uvloop.run(_run(lambda: Run(devices, course, broker, manner, clock, ledger)))
    finally:
        ledger.close()
    for name, value in summary(tally):
        click.echo(f"{name}: {value}", err=True)
    return tally


async def _run(make: Callable[[], Run]) -> Tally:
    """Run until the end or the first SIGINT or SIGTERM, whose counts are as good."""
    run = make()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, run.stop)
    return await run.run()


async def _verify(path: Path, factory: StoredEventsFactory, options: dict[str, Any]) -> Findings:
    async with factory() as stored:
        return await compare_when_settled(
            lambda: read(path), stored, options["killed_at"], RealClock(), options["settle_s"]
        )


def _allow_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if wanted > soft:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        if most < wanted:
            raise click.UsageError(f"{wanted} files are more than the {most} allowed: use --shared-connections")


def _command(options: dict[str, Any]) -> str:
    """Return the line that repeats this run, without passwords and without the files it wrote."""
    words = ["shouwang", "simulate"]
    for name in (
        "households",
        "devices_per_household",
        "rate_scale",
        "scenario",
        "shared_connections",
        "seed",
        "local_hour",
    ):
        words += [f"--{name.replace('_', '-')}", str(options[name])]
    words += ["--duration", f"{options['duration']:g}s"]
    for name in ("events_per_second", "alarm_share", "speaks"):
        if options[name] is not None:
            words += [f"--{name.replace('_', '-')}", str(options[name])]
    if options["run_name"] is not None:
        words += ["--run", options["run_name"]]
    return shlex.join(words)


def _first(group: BaseExceptionGroup[BaseException]) -> str:
    """Return the first plain error of a group as one line."""
    return next(str(error) for error in _plain(group))


def _plain(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _plain(error)
        else:
            yield error
