"""The demonstration's small town: the same invented homes at every start, registered, simulated and understood."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from shouwang.errors import ShouwangError
from shouwang.setting_tables import Source
from shouwang.settings import Settings
from store.database import Database
from store.registers.imports import import_devices
from store.sealing import Keyring

log = structlog.stdlib.get_logger()

#: Some forty homes: enough to look over, few enough to know. The same seed is the same town.
TOWN: Final = ("--households", "40", "--seed", "20261119")
#: A few homes with a bridge, a few bands of other vendors; their sources are in service with the town alone.
SPEAKS: Final = ("--speaks", "canonical=88,zigbee2mqtt=6,traccar=4,watch3g=2")
_LANE: Final = "vendors"
SOURCES: Final = (
    Source(
        name="zigbee2mqtt", source="zigbee2mqtt", lane=_LANE, filters=("zigbee/#",),
        device="{topic.1}-{topic.2}", hub="{topic.1}-bridge",
    ),
    Source(
        name="traccar", source="traccar", lane=_LANE, filters=("traccar/positions", "traccar/events"),
        device="gps-{device}",
    ),
    Source(
        name="watch3g", source="watch3g", lane=_LANE, filters=("watch3g/+",), device="watch-{device}", hub="watches",
    ),
)  # fmt: skip
#: As long as `up` runs.
DURATION: Final = "3650d"


class TownNotMade(ShouwangError):
    """The simulator did not write its fleet; its own words stand above this line."""


def with_vendors(settings: Settings) -> Settings:
    """Return the settings with the sources of the town's vendors; where they name sources already, as they are."""
    return settings if settings.sources else settings.model_copy(update={"sources": SOURCES})


def _town(settings: Settings) -> tuple[str, ...]:
    """The fleet's own options: only our form is spoken where the settings' sources are somebody's own."""
    return TOWN if settings.sources else (*TOWN, *SPEAKS)


def town_command(settings: Settings) -> list[str]:
    """The simulator's command line; it speaks MQTT 3.1.1, as most devices do."""
    embedded = f"mqtt://127.0.0.1:{settings.embedded_mqtt_port}"
    address = settings.mqtt_url.get_secret_value() if settings.mqtt_url else embedded
    return ["simulate", *_town(settings), "--duration", DURATION, "--broker", address]


async def register_town(db: Database, settings: Settings, now: datetime) -> None:
    """Enter the town's devices and people into the register; a second time changes nothing."""
    with tempfile.TemporaryDirectory(prefix="shouwang-town-") as folder:
        fleet = Path(folder) / "fleet.csv"
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "shouwang",
            "simulate",
            *_town(settings),
            "--devices-csv",
            str(fleet),
            stdout=asyncio.subprocess.DEVNULL,
        )
        if await process.wait() != 0:
            raise TownNotMade("the simulated town could not be made; `shouwang up` without --demo starts without one")
        text = fleet.read_text(encoding="utf-8")
    keyring = Keyring.load_or_create(settings.secret_key_path)
    report = await import_devices(db, keyring, text, by=None, now=now)
    log.info("town_registered", imported=report.imported, refused=len(report.errors))
