"""The sources known by name: one module for each vendor's way of saying things, none knowing another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from devices.decoding import Decode
from devices.sources import (
    canonical,
    chirpstack,
    gbt26875,
    huawei_iotda,
    lorawan,
    mapped,
    owntracks,
    scaip,
    shelly,
    tasmota,
    traccar,
    ttn,
    watch3g,
    zigbee2mqtt,
)

SOURCES: Final[Mapping[str, Decode]] = MappingProxyType(
    {
        "canonical": canonical.decode,
        "chirpstack": chirpstack.decode,
        "gbt26875": gbt26875.decode,
        "huawei_iotda": huawei_iotda.decode,
        "lorawan": lorawan.decode,
        "owntracks": owntracks.decode,
        "scaip": scaip.decode,
        "shelly": shelly.decode,
        "tasmota": tasmota.decode,
        "traccar": traccar.decode,
        "ttn": ttn.decode,
        "watch3g": watch3g.decode,
        "zigbee2mqtt": zigbee2mqtt.decode,
    }
)

#: Sources that are made from the bytes of a mapping file; one that says nothing usable raises DecodeError.
MAPPED_SOURCES: Final[Mapping[str, Callable[[bytes], Decode]]] = MappingProxyType({"mapped": mapped.make})
