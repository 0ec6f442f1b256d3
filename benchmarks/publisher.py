"""A publisher that costs next to nothing: packets made before the clock starts, QoS 1, a window, open-loop pacing.

Run as `python -m benchmarks.publisher PORT RATE COUNT DEVICES RUN PREFIX`; RATE 0 is as fast as the window allows.
It says `ready`, waits for a line, and then says once a second how many were sent and taken over.
"""

from __future__ import annotations

import gc
import json
import select
import socket
import sys
import time
from collections.abc import Iterator
from random import Random
from typing import Final

from benchmarks.fleet import device_name
from simulator.wire import Version, connect, publish

CONNECTIONS: Final = 8
#: Packets written at once to one connection.
TOGETHER: Final = 50
#: Unacknowledged at once, over all connections.
WINDOW: Final = 40_000
_PUBACK_BYTES: Final = 4
_READY: Final = 4


def payload_of(rng: Random, run: str, number: int, at_ms: int) -> bytes:
    """A band's position report, about 250 bytes with its topic: what most of a county's traffic is."""
    return (
        f'{{"id":"{run}-{number:09d}","at":{at_ms},"type":"location",'
        f'"location":{{"lat":{31.8 + rng.random() / 5:.6f},"lon":{121.5 + rng.random() / 5:.6f},'
        f'"accuracy_m":{rng.randrange(4, 60)},"speed_mps":{rng.random() * 2:.2f}}},'
        f'"battery_pct":{rng.randrange(5, 100)},"signal_dbm":{-rng.randrange(60, 118)},'
        f'"detail":{{"sat":{rng.randrange(4, 18)},"mode":"walk","fw":"2.4.1"}}}}'
    ).encode()


def chunks(rate: int, count: int, devices: int, run: str, prefix: str) -> Iterator[tuple[int, bytes]]:
    """Groups of packets, and how many each holds; packet ids grow for each connection on its own."""
    rng, start_ms = Random(run), round(time.time() * 1000)
    for first in range(0, count, TOGETHER):
        round_of = first // TOGETHER // CONNECTIONS
        packets = []
        for place in range(min(TOGETHER, count - first)):
            number = first + place
            at_ms = start_ms + (number * 1000 // rate if rate else 0)
            topic = f"{prefix}/{device_name(rng.randrange(devices))}/telemetry".encode()
            packet_id = (round_of * TOGETHER + place) % 65_535 + 1
            packets.append(publish(topic, payload_of(rng, run, number, at_ms), packet_id, Version.V311))
        yield len(packets), b"".join(packets)


def _connected(port: int, run: str) -> list[socket.socket]:
    links = []
    for number in range(CONNECTIONS):
        link = socket.create_connection(("127.0.0.1", port))
        link.sendall(connect(f"bench-{run}-{number}", Version.V311, keep_alive_s=0))
        if len(link.recv(_READY, socket.MSG_WAITALL)) != _READY:
            raise SystemExit("the broker refused the publisher")
        links.append(link)
    return links


class Progress:
    """What was sent, and what the broker has taken over."""

    def __init__(self, links: list[socket.socket]) -> None:
        self._links = links
        self._bytes = 0
        self.sent = 0
        self._told_s = time.monotonic()

    @property
    def taken(self) -> int:
        return self._bytes // _PUBACK_BYTES

    def hear(self, wait_s: float) -> None:
        """Read whatever PUBACKs are there."""
        for link in select.select(self._links, [], [], wait_s)[0]:
            self._bytes += len(link.recv(1 << 18))
        if time.monotonic() - self._told_s >= 1.0:
            self._told_s = time.monotonic()
            self.tell()

    def tell(self, *, done: bool = False) -> None:
        now_s = time.monotonic()
        print(json.dumps({"sent": self.sent, "taken": self.taken, "at_s": now_s, "done": done}), flush=True)


def run(port: int, rate: int, count: int, devices: int, name: str, prefix: str) -> None:
    """Publish `count` messages at `rate` a second, then wait for the last PUBACK."""
    links = _connected(port, name)
    made = list(chunks(rate, count, devices, name, prefix))
    gc.freeze()
    print("ready", flush=True)
    sys.stdin.readline()
    progress = Progress(links)
    began_s = time.monotonic()
    for number, (size, data) in enumerate(made):
        while progress.sent - progress.taken > WINDOW:
            progress.hear(0.01)
        if rate and (ahead_s := began_s + progress.sent / rate - time.monotonic()) > 0:
            progress.hear(0)
            time.sleep(ahead_s)
        links[number % CONNECTIONS].sendall(data)
        progress.sent += size
        if number % CONNECTIONS == 0:
            progress.hear(0)
    while progress.taken < count:
        progress.hear(0.05)
    progress.tell(done=True)


if __name__ == "__main__":
    run(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5], sys.argv[6])
