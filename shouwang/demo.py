"""The demonstration's small town: the same invented homes at every start, registered and simulated."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from shouwang.errors import ShouwangError
from shouwang.settings import Settings
from store.database import Database
from store.registers.imports import import_devices
from store.sealing import Keyring

log = structlog.stdlib.get_logger()

#: Some forty homes: enough to look over, few enough to know. The same seed is the same town.
TOWN: Final = ("--households", "40", "--seed", "20261119")
#: As long as `up` runs.
DURATION: Final = "3650d"


class TownNotMade(ShouwangError):
    """The simulator did not write its fleet; its own words stand above this line."""


def town_command(settings: Settings) -> list[str]:
    """The simulator's command line; it speaks MQTT 3.1.1, as most devices do."""
    embedded = f"mqtt://127.0.0.1:{settings.embedded_mqtt_port}"
    address = settings.mqtt_url.get_secret_value() if settings.mqtt_url else embedded
    return ["simulate", *TOWN, "--duration", DURATION, "--broker", address]


async def register_town(db: Database, settings: Settings, now: datetime) -> None:
    """Enter the town's devices and people into the register; a second time changes nothing."""
    with tempfile.TemporaryDirectory(prefix="shouwang-town-") as folder:
        fleet = Path(folder) / "fleet.csv"
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "shouwang",
            "simulate",
            *TOWN,
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
