"""The embedded broker: both versions of MQTT, its limit of size, a taken port."""

from __future__ import annotations

import socket
from pathlib import Path

import aiomqtt
import psutil
import pytest

from rules.clock import SharedClock
from shouwang.embedded.broker import EmbeddedBroker
from shouwang.errors import PortTaken


@pytest.mark.parametrize(("offset", "version"), [(0, aiomqtt.ProtocolVersion.V311), (1, aiomqtt.ProtocolVersion.V5)])
async def test_each_version_of_mqtt_has_its_port_and_takes_large_messages(
    embedded_broker: EmbeddedBroker, offset: int, version: aiomqtt.ProtocolVersion
) -> None:
    async with aiomqtt.Client(
        "127.0.0.1", embedded_broker.port + offset, protocol=version, identifier=f"t{offset}"
    ) as client:
        await client.subscribe("a/+", qos=1)
        await client.publish("a/b", b"x" * 255_000, qos=1)
        message = await anext(client.messages)
        assert isinstance(message.payload, bytes)
        assert len(message.payload) == 255_000


async def test_it_listens_on_the_loopback_address_only(embedded_broker: EmbeddedBroker) -> None:
    assert embedded_broker.pid is not None
    listening = [c for c in psutil.Process(embedded_broker.pid).net_connections() if c.status == psutil.CONN_LISTEN]
    assert {c.laddr.ip for c in listening} == {"127.0.0.1"}


@pytest.mark.parametrize("which", [0, 1])
async def test_a_taken_port_names_the_setting(tmp_path: Path, which: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1]) - which
        with pytest.raises(PortTaken, match="SHOUWANG_EMBEDDED_MQTT_PORT"):
            await EmbeddedBroker(tmp_path, port, SharedClock()).start()


async def test_a_stopped_broker_lets_go_of_its_ports(tmp_path: Path, embedded_broker: EmbeddedBroker) -> None:
    port = embedded_broker.port
    await embedded_broker.stop()
    await embedded_broker.start()
    assert embedded_broker.port == port
