"""The devices of a measurement: registered at once, named by number."""

from __future__ import annotations

from typing import Final

import asyncpg

#: What one gateway's telemetry comes from here: a town's worth of bands.
DEVICES: Final = 20_000

_REGISTER: Final = """
INSERT INTO device (device, kind, wearer, life, created_at)
SELECT 'bench-' || lpad(n::text, 6, '0'), 'location_band', 'personal', 'live', now()
  FROM generate_series(0, $1 - 1) AS n
    ON CONFLICT DO NOTHING
"""


def device_name(number: int) -> str:
    return f"bench-{number:06d}"


async def register(dsn: str, devices: int = DEVICES) -> None:
    """Register the first `devices` devices; safe to run twice."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(_REGISTER, devices)
        await connection.execute("VACUUM ANALYZE device, device_state")
    finally:
        await connection.close()
