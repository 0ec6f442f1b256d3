"""The fleet as the CSV that `shouwang device import` reads (contract.md section 2, Registering)."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from simulator.fleet import Device, servers
from simulator.speech import Speech

COLUMNS: Final = (
    "device", "kind", "source", "model", "interval_s", "wearer", "life", "resident", "resident_ref",
    "phone", "birth_date", "tags", "ability", "address", "lat", "lon", "area",
)  # fmt: skip


def write_devices_csv(path: Path, devices: Iterable[Device]) -> int:
    """Write every registered device and return how many; the others stay strangers to the platform."""
    written = 0
    with path.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(COLUMNS)
        known = [device for device in devices if device.registered]
        for device in known:
            rows.writerow(_row(device))
        for server in servers(known):
            rows.writerow(_server_row(server))
            written += 1
    return written + len(known)


def _row(device: Device) -> tuple[object, ...]:
    person = device.person or device.home.people[0]
    alone = ("living_alone",) if len(device.home.people) == 1 else ()
    return (
        device.id,
        device.kind.value,
        _source(device),
        f"simulated-{device.model.word}",
        device.model.interval_s,
        "personal" if device.model.personal else "shared",
        "live",
        person.name,
        person.ref,
        person.phone,
        person.birth_date.isoformat(),
        ";".join(alone + person.tags),
        person.ability,
        device.home.address,
        device.home.lat,
        device.home.lon,
        device.home.area,
    )


def _server_row(server: Device) -> tuple[object, ...]:
    """What carries bands stands in no home and is nobody's."""
    told = {"device": server.id, "kind": server.kind.value, "source": _source(server), "interval_s": ""}
    told |= {"model": "simulated-server", "wearer": "shared", "life": "live"}
    return tuple(told.get(column, "") for column in COLUMNS)


def _source(device: Device) -> str:
    return Speech.CANONICAL.value if device.carried is None else device.carried.speech.value
