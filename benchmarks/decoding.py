"""What decoding a typical message costs, source by source: processor time of this process alone, no servers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks import machine
from benchmarks.figures import Figure
from devices.decoding import Decode, Decoded
from devices.sources import MAPPED_SOURCES, SOURCES

TARGET_US: Final = 30
#: The least of these: what others do on the machine in a round only makes it longer.
ROUNDS: Final = 40
MESSAGES_A_ROUND: Final = 500

#: What the mapped sources are measured with: the worked mapping of a call button.
MAPPING: Final = Path(__file__).resolve().parents[1] / "docs" / "vendors" / "mappings" / "alink-call-button.toml"


class Typical(NamedTuple):
    """One message as a device of the source would send it on an ordinary day, and the model where that chooses."""

    topic: str
    payload: bytes
    model: str | None = None


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _fire_packet() -> bytes:
    """A smoke detector's fire behind its transmitter: GB/T 26875.3, one component with its place in GB 18030."""
    at = bytes((30, 15, 8, 16, 3, 26))
    place = "三楼东走廊".encode("gb18030").ljust(31, b"\0")
    unit = b"\x02\x01" + bytes((1, 2, 40, 5, 0, 6, 0, 3, 0)) + place + at
    body = b"\x07\x00\x01\x01" + at + bytes.fromhex("0f0e0d0c0b0a") + bytes(6)
    body += len(unit).to_bytes(2, "little") + b"\x02" + unit
    return b"@@" + body + bytes((sum(body) & 0xFF,)) + b"##"


def _watch_frame() -> bytes:
    content = b"AL,160326,001530,A,32.0412,N,121.1205,E,3.60,90.0,12,8,80,81,1200,0,00010000,1,0,460,0,9336,3981,141"
    return b"[3G*9705100012*%04X*" % len(content) + content + b"]"


_EUI: Final = "a1b2c3d4e5f60718"

TYPICAL: Final[Mapping[str, Typical]] = {
    "canonical": Typical(
        "sw/v1/band-0042/alarm",
        b'{"id":"b-000187","at":"2026-03-01T08:15:30Z","type":"sos","location":{"lat":32.0412,"lon":121.1205,'
        b'"accuracy_m":8},"battery_pct":81,"signal_dbm":-87}',
    ),
    "zigbee2mqtt": Typical(
        "zigbee2mqtt/kitchen smoke",
        b'{"smoke":true,"tamper":false,"test":false,"battery_low":false,"battery":93,"voltage":2900,'
        b'"linkquality":116,"last_seen":"2026-03-01T08:15:30+08:00"}',
    ),
    "owntracks": Typical(
        "owntracks/wang/phone",
        b'{"_type":"location","lat":32.0412,"lon":121.1205,"acc":12,"alt":8,"vel":4,"cog":270,"batt":81,"bs":1,'
        b'"conn":"m","t":"t","tid":"wy","tst":1772324130,"created_at":1772324131}',
    ),
    "chirpstack": Typical(
        f"application/b0a1/device/{_EUI}/event/up",
        _json(
            {
                "deduplicationId": "5f1c7a34-6f0e-4d0e-9a34-0c5a2c1f9d11",
                "time": "2026-03-01T00:15:30.123456789+00:00",
                "deviceInfo": {
                    "applicationId": "b0a1", "applicationName": "care", "deviceProfileName": "Milesight WS101",
                    "deviceName": "button 502", "devEui": _EUI, "tags": {},
                },
                "devAddr": "01a2b3c4", "adr": True, "dr": 5, "fCnt": 187, "fPort": 85, "confirmed": False,
                "data": "AXVk/y4B", "object": {"battery": 100, "press": "short"},
                "rxInfo": [{"gatewayId": "0016c001f1500001", "rssi": -71, "snr": 9.5}],
                "txInfo": {"frequency": 470300000},
            }
        ),
    ),
    "ttn": Typical(
        "v3/care@ttn/devices/button-502/up",
        _json(
            {
                "end_device_ids": {"device_id": "button-502", "application_ids": {"application_id": "care"},
                                   "dev_eui": _EUI.upper(), "dev_addr": "01A2B3C4"},
                "correlation_ids": ["gs:uplink:01F0"], "received_at": "2026-03-01T00:15:30.223456789Z",
                "uplink_message": {
                    "session_key_id": "AXA50g==", "f_port": 85, "f_cnt": 187, "frm_payload": "AXVk/y4B",
                    "decoded_payload": {"battery": 100, "press": "short"},
                    "rx_metadata": [{"gateway_ids": {"gateway_id": "gw-1"}, "rssi": -71, "snr": 9.5}],
                    "received_at": "2026-03-01T00:15:30.123456789Z",
                },
            }
        ),
    ),
    "lorawan": Typical(f"county/lora/{_EUI}", b'{"hex":"017564ff2e01","fPort":85}', "Milesight WS101"),
    "shelly": Typical(
        "shellyplussmoke-80646f81a2b4/events/rpc",
        b'{"src":"shellyplussmoke-80646f81a2b4","dst":"shellyplussmoke-80646f81a2b4/events","method":"NotifyStatus",'
        b'"params":{"ts":1772324130.12,"smoke:0":{"id":0,"alarm":true,"mute":false},'
        b'"devicepower:0":{"id":0,"battery":{"V":2.9,"percent":81}}}}',
    ),
    "tasmota": Typical(
        "tele/bridge/SENSOR",
        b'{"ZbReceived":{"0x4F2E":{"Device":"0x4F2E","Name":"kitchen","ZoneStatusChange":1,"ZoneStatusChangeZone":1,'
        b'"ModelId":"SmokeSensor-EM","BatteryPercentage":81,"Endpoint":1,"LinkQuality":116}}}',
    ),
    "traccar": Typical(
        "traccar/positions",
        b'{"position":{"id":187,"deviceId":7,"protocol":"gt06","serverTime":"2026-03-01T00:15:31.000+00:00",'
        b'"deviceTime":"2026-03-01T00:15:30.000+00:00","fixTime":"2026-03-01T00:15:30.000+00:00","outdated":false,'
        b'"valid":true,"latitude":32.0412,"longitude":121.1205,"altitude":12.0,"speed":1.9,"course":90.0,'
        b'"accuracy":8.0,"attributes":{"alarm":"sos","batteryLevel":81,"sat":9,"rssi":3,"motion":true}},'
        b'"device":{"id":7,"name":"band 42","uniqueId":"862000000000017","status":"online","attributes":{}}}',
    ),
    "watch3g": Typical("watch3g/up", _watch_frame()),
    "gbt26875": Typical("fire/county/up", _fire_packet()),
    "huawei_iotda": Typical(
        "$oc/devices/5e4e2e92ac_smoke502/sys/properties/report",
        b'{"services":[{"service_id":"Smoke","properties":{"alarm":1,"level":35,"battery":88},'
        b'"event_time":"20260301T001530Z"}]}',
    ),
    "scaip": Typical(
        "scaip/in",
        b'<?xml version="1.0" encoding="UTF-8"?>\n<mrq><cid>0049301</cid><dty>0003</dty><did>A17</did><dco>001</dco>'
        b"<stc>0010</stc><lco>012</lco><pri>1</pri><ref>187</ref></mrq>",
    ),
    "mapped": Typical(
        "/sys/g1chengwan/btn-0042/thing/event/sos/post",
        b'{"id":"1709","version":"1.0","params":{"value":{"BatteryPercentage":76,"GeoLocation":{"Latitude":32.038179,'
        b'"Longitude":121.12468}},"time":1772324130000},"method":"thing.event.sos.post"}',
    ),
}  # fmt: skip


def sources() -> dict[str, Decode]:
    """Every source by its name, those that need a mapping file made with the worked one."""
    mapping = MAPPING.read_bytes()
    return {**SOURCES, **{name: make(mapping) for name, make in MAPPED_SOURCES.items()}}


def decoded(name: str) -> Decoded:
    """The source's typical message, decoded."""
    typical = TYPICAL[name]
    return sources()[name](typical.topic, typical.payload, model=typical.model)


async def measure() -> list[Figure]:
    """Each source alone, one after the other."""
    figures = []
    for name, source in sorted(sources().items()):
        typical = TYPICAL[name]

        def once(source: Decode = source, typical: Typical = typical) -> object:
            return source(typical.topic, typical.payload, model=typical.model)

        figures.append(Figure(name=f"{name}, a message", value=least_us(once), unit="us", target=TARGET_US))
        print(figures[-1].line(), flush=True)
    print(f"    the least of {ROUNDS} rounds of {MESSAGES_A_ROUND}; load average {machine.load()}", flush=True)
    return figures


def least_us(once: Callable[[], object]) -> float:
    """Processor time of one call in microseconds: the least of the rounds."""
    costs = []
    for _ in range(ROUNDS):
        began_s = time.process_time()
        for _ in range(MESSAGES_A_ROUND):
            once()
        costs.append(time.process_time() - began_s)
    return min(costs) / MESSAGES_A_ROUND * 1e6
