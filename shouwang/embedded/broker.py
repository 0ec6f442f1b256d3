"""The embedded MQTT broker: rumqttd from a wheel, in a child process of its own, on the loopback address only."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

from rules.clock import Clock
from shouwang.embedded.processes import die_with_parent
from shouwang.errors import BrokerNotRunning, PortTaken

HOST: Final = "127.0.0.1"

#: Larger packets are refused at the device's side; a lane itself sets no limit (architecture.md, Ingest).
PAYLOAD_LIMIT_BYTES: Final = 256 * 1024
#: A demonstration town of a few thousand homes on one machine.
CONNECTIONS: Final = 10_000
#: Unacknowledged messages a session may have; rumqttd waits at this number, Receive Maximum does not lower it.
INFLIGHT: Final = 100
#: The queue of an away session is in memory: at most this many segments of this size for each subscription filter.
SEGMENT_BYTES: Final = 10 * 1024 * 1024
SEGMENTS: Final = 10

START_S: Final = 15.0
STOP_S: Final = 3.0
LOOK_S: Final = 0.05

_CONFIG: Final = """\
id = 0

[router]
id = 0
max_connections = {connections}
max_outgoing_packet_count = 200
max_segment_size = {segment_bytes}
max_segment_count = {segments}

[v4.1]
name = "mqtt-3-1-1"
listen = "{host}:{port}"
next_connection_delay_ms = 1
[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = {payload_bytes}
max_inflight_count = {inflight}
dynamic_filters = true

[v5.1]
name = "mqtt-5"
listen = "{host}:{port_5}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = {payload_bytes}
max_inflight_count = {inflight}
dynamic_filters = true
"""


class EmbeddedBroker:
    """MQTT 3.1.1 on `port`, MQTT 5 on the next. Its sessions and queues live in memory: a restart loses them."""

    def __init__(self, folder: Path, port: int, clock: Clock) -> None:
        self.port = port
        self._config = folder / "broker.toml"
        self._clock = clock
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start the broker and wait until both ports answer; raises PortTaken or BrokerNotRunning."""
        for port in (self.port, self.port + 1):
            refuse_taken_port(HOST, port, _remedy(self.port))
        self._config.write_text(_render(self.port), encoding="utf-8")
        self._process = self._launch()
        try:
            await self._wait_until_ready()
        except BaseException:
            await self.stop()
            raise

    async def wait(self) -> int:
        """Wait until the broker ends by itself and return its exit code."""
        while self._process is not None and self._process.poll() is None:
            await self._clock.sleep(LOOK_S * 2)
        return 0 if self._process is None else self._process.returncode

    async def stop(self) -> None:
        """Stop the broker; by signal 9 if it does not listen. Safe to call twice."""
        process, self._process = self._process, None
        if process is None:
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            if process.poll() is None:
                process.send_signal(sign)
            until = self._clock.monotonic() + STOP_S
            while process.poll() is None and self._clock.monotonic() < until:
                await self._clock.sleep(LOOK_S)

    def _launch(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "shouwang.embedded.broker", str(self._config)],
            stdin=subprocess.DEVNULL,
            env=dict(os.environ),
            start_new_session=True,
            # It keeps nothing on disk, so there is nothing to close in order.
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 -- two system calls, no locks taken
        )

    async def _wait_until_ready(self) -> None:
        until = self._clock.monotonic() + START_S
        while not all(_listens(port) for port in (self.port, self.port + 1)):
            if self._process is None or self._process.poll() is not None:
                raise BrokerNotRunning(f"the embedded broker ended while starting; {_remedy(self.port)}")
            if self._clock.monotonic() > until:
                raise BrokerNotRunning(f"the embedded broker does not answer after {START_S:.0f} s")
            await self._clock.sleep(LOOK_S)


def refuse_taken_port(host: str, port: int, remedy: str) -> None:
    """Raise PortTaken, with the remedy, if somebody listens there already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(f"{host}:{port} cannot be used ({error.strerror}): {remedy}") from None


def _remedy(port: int) -> str:
    return f"SHOUWANG_EMBEDDED_MQTT_PORT is {port} and takes the next port too; stop what listens there or name another"


def _render(port: int) -> str:
    return _CONFIG.format(
        host=HOST,
        port=port,
        port_5=port + 1,
        connections=CONNECTIONS,
        payload_bytes=PAYLOAD_LIMIT_BYTES,
        inflight=INFLIGHT,
        segment_bytes=SEGMENT_BYTES,
        segments=SEGMENTS,
    )


def _listens(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=0.5):
            return True
    except OSError:
        return False


def serve(config: Path) -> None:
    """Run the broker in this process until it is killed: rumqttd has no other way to stop."""
    import logging

    from iotcore import IotCoreBroker

    # It writes a line of level ERROR for every packet; nothing of ours is in them.
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    IotCoreBroker(config_path=str(config)).run_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
