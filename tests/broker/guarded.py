"""A Mosquitto with the dynamic security plugin and the access file that a centre runs, and a door of ours on it."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.door.worker import Door
from gateway.mqtt.connection import BrokerAddress
from rules.clock import SharedClock
from store.database import Database
from tests.servers import Mosquitto
from tests.town import CENTRE

ROOT: Final = Path(__file__).parents[2]
PLUGIN: Final = Path("/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so")
ADMIN: Final = ("admin", "an invented password")
GATEWAY: Final = ("shouwang", "another: invented/password")
REFUSED: Final = "Connection error: Not authorized"


@dataclass(kw_only=True)
class GuardedMosquitto(Mosquitto):
    """Nobody gets in without a name; `more` is added to its configuration."""

    more: str = ""

    def start(self) -> None:
        accounts = self.folder / "dynamic-security.json"
        if not accounts.exists():
            subprocess.run(["mosquitto_ctrl", "dynsec", "init", str(accounts), *ADMIN], check=True, capture_output=True)
        (self.folder / "access").write_text((ROOT / "deploy/mosquitto/access").read_text())
        self._run(
            f"per_listener_settings false\nallow_anonymous false\nplugin {PLUGIN}\n"
            f"plugin_opt_config_file {accounts}\nacl_file {self.folder / 'access'}\n"
            f"log_dest stderr\nlog_dest topic\nlog_type error\nlog_type notice\nconnection_messages true\n"
            f"listener {self.port} 127.0.0.1\n{self.more}" + ("user root\n" if os.geteuid() == 0 else "")
        )

    def forget(self) -> None:
        """Stop it and lose what its plugin knew."""
        self.stop()
        (self.folder / "dynamic-security.json").unlink()

    def address(self, account: tuple[str, str]) -> BrokerAddress:
        return BrokerAddress(
            host=self.host, port=self.port, tls=False, username=account[0], password=account[1].encode()
        )

    def said(self, tool: str, account: tuple[str, str] | None, *arguments: str) -> str:
        """What `mosquitto_pub` or `mosquitto_sub` has to say; empty is success."""
        named = [] if account is None else ["-u", account[0], "-P", account[1]]
        command = [tool, "-h", self.host, "-p", str(self.port), "-V", "5", "-q", "1", *named, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=15, check=False).stderr


@asynccontextmanager
async def door_on(
    broker: GuardedMosquitto, database: Database, *, on_takeover: Callable[[str], None] = lambda _: None
) -> AsyncIterator[Door]:
    """A door of ours, at work on this broker."""
    door = Door(
        database=database, clock=SharedClock(), keyring=CENTRE.keyring, admin=broker.address(ADMIN),
        gateway=broker.address(GATEWAY), on_takeover=on_takeover,
    )  # fmt: skip
    async with asyncio.TaskGroup() as group:
        working = group.create_task(door.run())
        try:
            yield door
        finally:
            working.cancel()
