"""Each part's own work, put together from its room: what `gateway`, `rules` and `console` run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import structlog

from shouwang.dead_mans_switch import DeadMansSwitch
from shouwang.embedded.broker import refuse_taken_port
from shouwang.metrics import program_version
from shouwang.parts import Surroundings
from store.opening import Centre
from store.sealing import Keyring

if TYPE_CHECKING:
    from gateway.broker_watch import BrokerWatch

log = structlog.stdlib.get_logger()

#: Where the build puts the pages; a program without them serves the API alone.
PAGES: Final = Path(__file__).resolve().parent.parent / "console" / "web" / "dist"


#: The grace period after a step of the database's time (architecture.md, Ingest, Time).
HOLD_AFTER_STEP_S: Final = 60.0


def centre_of(around: Surroundings) -> Centre:
    """The centre's keys and time zone, as the settings name them."""
    return Centre(
        keyring=Keyring.load_or_create(around.settings.secret_key_path),
        timezone=ZoneInfo(around.settings.site_timezone),
    )


async def gateway(around: Surroundings) -> None:
    """Hold whatever lanes are free, until cancelled; each full round of the canary resets the switch outside."""
    from gateway.run import Gateway
    from shouwang.broker import certificates_of, door_of
    from shouwang.sources import lanes_of, overlaps_of

    lanes = lanes_of(around.settings)
    for overlap in overlaps_of(lanes):
        log.warning("lanes_overlap", why=overlap)
    switch = DeadMansSwitch(around.settings.canary_address)
    working = Gateway(
        lanes,
        database=around.db,
        clock=around.clock,
        centre=centre_of(around),
        mqtt_url=around.settings.broker_address,
        version=program_version(),
        # The embedded broker passes properties of MQTT 5 to clients of 3.1.1, and its thread dies of them.
        acks_expire=around.settings.mqtt_url is not None,
        on_full_round=switch.reset,
        names_all_lanes=True,
        certificates=certificates_of(around.settings),
    )
    door = door_of(around, centre_of(around).keyring, working.unruly)
    async with asyncio.TaskGroup() as group:
        group.create_task(switch.run(), name="dead man's switch")
        group.create_task(working.run(), name="gateway")
        if door is not None:
            group.create_task(door.run(), name="broker's door")
        if around.settings.mqtt_url is not None:
            # The embedded broker keeps no such count.
            group.create_task(_watch_of(around).run(), name="what the broker drops")


def _watch_of(around: Surroundings) -> BrokerWatch:
    from gateway.broker_watch import BrokerWatch
    from gateway.mqtt.connection import BrokerAddress
    from shouwang.broker import certificates_of

    address = BrokerAddress.parse(around.settings.broker_address, certificates_of(around.settings))
    return BrokerWatch(address, database=around.db, clock=around.clock, centre=centre_of(around))


async def rules(around: Surroundings) -> None:
    """Run the engine's passes, until cancelled; a step of the database's time holds them."""
    from notify.http import Outgoing
    from shouwang.passes import engine_of, outbox_of
    from shouwang.policy_watch import begin_with
    from store.chain_end import mark_demonstration

    centre = centre_of(around)
    # Whoever works in earnest takes the mark away: a demonstration's silence must never outlive it.
    await mark_demonstration(around.db, demo=around.demo, now=around.clock.now())
    if around.settings.policy is not None:
        await begin_with(around.db, around.settings.policy, demo=around.demo, now=around.clock.now())
    async with Outgoing() as outgoing, outbox_of(around, centre, outgoing) as outbox:
        engine = engine_of(around, centre, outbox)
        around.stepped.append(lambda _stepped_s: engine.hold(HOLD_AFTER_STEP_S))
        await engine.run()


async def console(around: Surroundings) -> None:
    """Serve the API and the pages, until cancelled; makes the first administrator where there is none."""
    from console.app import run
    from console.context import ConsoleContext
    from shouwang.channels import channels_of, hears_back

    settings = around.settings
    refuse_taken_port(
        settings.http_host, settings.http_port, "stop what listens there, or name another with SHOUWANG_HTTP_PORT"
    )
    context = ConsoleContext(
        db=around.db,
        keyring=Keyring.load_or_create(settings.secret_key_path),
        clock=around.clock,
        web_dir=PAGES if PAGES.is_dir() else None,
        site_timezone=ZoneInfo(settings.site_timezone),
        version=program_version(),
        dsn=around.db.dsn,
        broker_token=settings.broker_secret,
        call_back_number=settings.call_back_number,
        callbacks=hears_back(channels_of(settings, demo=around.demo, clock=around.clock)),
    )

    def ready(port: int) -> None:
        log.info("console_listening", port=port)

    await run(context, settings.http_host, settings.http_port, ready=ready)
