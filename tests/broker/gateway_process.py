"""A gateway with one lane as a process, so that a test can kill it: broker, database, lane, filters."""

from __future__ import annotations

import asyncio
import sys
from typing import Final

from devices.sources import zigbee2mqtt
from gateway.run import Gateway
from gateway.sources import LaneSettings, Source, bent
from rules.clock import SharedClock
from store.database import connect
from tests.town import CENTRE

#: A Zigbee bridge in every home, its base topic `zigbee/<home>`.
BRIDGES: Final = Source(
    name="homes", filters=("zigbee/#",),
    decode=bent(zigbee2mqtt.decode, device="{topic.1}-{topic.2}", hub="{topic.1}-bridge"),
)  # fmt: skip


async def main(broker_url: str, dsn: str, name: str, *filters: str) -> None:
    """Run until killed."""
    database = await connect(dsn, application_name="shouwang tests gateway process", max_size=20)
    sources = (BRIDGES,) if set(filters) <= set(BRIDGES.filters) else ()
    lane = LaneSettings(name=name, filters=filters, sources=sources)
    gateway = Gateway(
        [lane], database=database, clock=SharedClock(), centre=CENTRE, mqtt_url=broker_url, version="0.0-test"
    )
    await gateway.run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
