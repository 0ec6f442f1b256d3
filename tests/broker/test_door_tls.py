"""TLS at the broker's door: our side of `mqtts://`, devices by password, vendors' bridges by certificate."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from devices.topics import alarm_topic
from gateway.mqtt.connection import BrokerAddress, Certificates, ConnectionFailed, MqttConnection
from rules.clock import SharedClock
from store import credentials
from tests.broker.certificates import Authority
from tests.broker.guarded import GATEWAY, GuardedMosquitto, door_on
from tests.servers import free_port
from tests.town import CENTRE, town_in
from tests.waiting import until

BRIDGE: Final = "zigbee"
REFUSED: Final = "Not authorized"


@dataclass(frozen=True, kw_only=True)
class Secured:
    """A broker with the three listeners of deploy/mosquitto: this machine, devices, vendors' bridges."""

    broker: GuardedMosquitto
    authority: Authority
    devices_port: int
    bridges_port: int


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("secured")
    authority = Authority.make(folder / "ca")
    crt, key = authority.sign("localhost")
    devices_port, bridges_port = free_port(), free_port()
    tls = f"cafile {authority.file}\ncertfile {crt}\nkeyfile {key}\ntls_version tlsv1.2\n"
    more = (
        f"listener {devices_port} 127.0.0.1\n{tls}use_username_as_clientid true\n"
        f"listener {bridges_port} 127.0.0.1\n{tls}require_certificate true\nuse_identity_as_username true\n"
    )
    broker = GuardedMosquitto(folder=folder, port=free_port(), more=more)
    broker.start()
    yield Secured(broker=broker, authority=authority, devices_port=devices_port, bridges_port=bridges_port)
    broker.stop()


def said(port: int, ca: Path, topic: str, *more: str) -> str:
    """What `mosquitto_pub` has to say over TLS; empty is success."""
    command = ["mosquitto_pub", "-h", "localhost", "-p", str(port), "-V", "5", "-q", "1", "--cafile", str(ca)]
    done = subprocess.run(
        [*command, "-t", topic, "-m", "{}", *more], capture_output=True, text=True, timeout=15, check=False
    )
    return done.stderr


def by_certificate(files: tuple[Path, Path]) -> tuple[str, ...]:
    return "--cert", str(files[0]), "--key", str(files[1])


class _Nobody:
    """Who is given what arrives, where nothing does."""

    def on_packets(self, *_: object) -> None: ...

    def on_closed(self, *_: object) -> None: ...


def lanes_address(secured: Secured, port: int, certificates: Certificates) -> BrokerAddress:
    name, password = GATEWAY
    return BrokerAddress(
        host="localhost", port=port, tls=True, username=name, password=password.encode(), certificates=certificates
    )


async def test_our_side_trusts_the_authority_that_the_settings_name_and_no_other(
    secured: Secured, fresh_dsn: str, tmp_path: Path
) -> None:
    other = Authority.make(tmp_path / "other", "another authority")
    async with town_in(fresh_dsn) as town, door_on(secured.broker, town.db):
        topic = "sw/v1/x/ack"
        await until(lambda: not secured.broker.said("mosquitto_pub", GATEWAY, "-t", topic, "-m", "x"), "lanes are in")
        connection = MqttConnection(_Nobody())
        files = Certificates(ca_file=secured.authority.file)
        await connection.open(lanes_address(secured, secured.devices_port, files), client_id="lane", receive_max=10)
        assert connection.is_open
        connection.close("done")
        for wrong in (Certificates(ca_file=other.file), Certificates()):
            with pytest.raises(ConnectionFailed, match="CERTIFICATE_VERIFY_FAILED"):
                await MqttConnection(_Nobody()).open(
                    lanes_address(secured, secured.devices_port, wrong), client_id="lane", receive_max=10
                )


async def test_our_side_shows_its_own_certificate_where_the_broker_asks(secured: Secured, fresh_dsn: str) -> None:
    crt, key = secured.authority.sign(GATEWAY[0])
    async with town_in(fresh_dsn) as town, door_on(secured.broker, town.db):
        topic = "sw/v1/x/ack"
        await until(lambda: not secured.broker.said("mosquitto_pub", GATEWAY, "-t", topic, "-m", "x"), "lanes are in")
        files = Certificates(ca_file=secured.authority.file, client_cert_file=crt, client_key_file=key)
        connection = MqttConnection(_Nobody())
        await connection.open(lanes_address(secured, secured.bridges_port, files), client_id="lane", receive_max=10)
        await connection.subscribe(("sw/v1/+/alarm",))
        connection.close("done")
        bare = Certificates(ca_file=secured.authority.file)
        with pytest.raises(ConnectionFailed):
            await MqttConnection(_Nobody()).open(
                lanes_address(secured, secured.bridges_port, bare), client_id="lane", receive_max=10
            )


async def test_a_bridge_is_who_its_certificate_says(secured: Secured, fresh_dsn: str, tmp_path: Path) -> None:
    port, ca = secured.bridges_port, secured.authority.file
    account = f"{BRIDGE}@bridge"
    mine = by_certificate(secured.authority.sign(account))
    async with town_in(fresh_dsn) as town, door_on(secured.broker, town.db):
        now = SharedClock().now()
        await credentials.issue_to_bridge(town.db, CENTRE.keyring, BRIDGE, ["zigbee/#"], by=None, now=now)
        await until(lambda: said(port, ca, "zigbee/lamp", *mine) == "", "the bridge is in, without a password")
        assert REFUSED in said(port, ca, "elsewhere/lamp", *mine)
        assert REFUSED in said(port, ca, alarm_topic("knopf-1"), *mine)
        assert said(port, ca, "zigbee/lamp") != "", "without a certificate nobody gets in"
        foreign = Authority.make(tmp_path / "foreign", "a foreign authority").sign(account)
        assert said(port, ca, "zigbee/lamp", *by_certificate(foreign)) != ""
        await credentials.revoke_bridge(town.db, BRIDGE, by=None, now=now)
        await until(lambda: REFUSED in said(port, ca, "zigbee/lamp", *mine), "revoked, its certificate opens nothing")


async def test_a_device_over_tls_cannot_take_anothers_client_id(secured: Secured, fresh_dsn: str) -> None:
    """Its client id is its user name whatever it says, so that it throws nobody off but itself."""
    port, ca = secured.devices_port, secured.authority.file
    async with town_in(fresh_dsn) as town, door_on(secured.broker, town.db):
        number = await town.db.pool.fetchval(
            "INSERT INTO device (device, created_at) VALUES ('knopf-9', now()) RETURNING id"
        )
        mine = await credentials.issue(town.db, CENTRE.keyring, number, by=None, now=SharedClock().now())
        named = ("-u", mine.username, "-P", mine.password, "-i", "shouwang-lane-alarms")
        await until(lambda: said(port, ca, alarm_topic("knopf-9"), *named) == "", "the device is in")
        assert "as knopf-9 (" in (secured.broker.folder / "mosquitto.log").read_text()
        assert "as shouwang-lane-alarms (" not in (secured.broker.folder / "mosquitto.log").read_text()
