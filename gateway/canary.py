"""A lane's canary: a device of our own that presses once a minute and follows its press to the screen and back."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

import aiomqtt
import structlog

from devices import ack
from devices.encoding import encode
from devices.event import Event, EventType
from devices.topics import ack_topic, alarm_topic
from gateway import metrics
from gateway.ending import apart, end_if_told
from gateway.mqtt.connection import BrokerAddress
from gateway.sources import Source, matches
from rules.clock import Clock
from store import canary
from store.canary import Ending, Press, Round
from store.database import Database
from store.lanes import LaneLease, LeaseLost
from store.opening import Centre

log: Final = structlog.get_logger()

#: From the beginning of one full round to that of the next.
EVERY_S: Final = 60.0
#: A round that is not full by then is given up: something on the way is dead, and a new press may find it mended.
ROUND_LIMIT_S: Final = 150.0
#: A round that was not full is followed by the next after so long; also how soon a broker that is away is asked again.
AGAIN_S: Final = 5.0
#: Like any device: who hears no `ack` sends the same event again.
RESEND_S: Final = 10.0
LOOK_S: Final = 1.0

#: What aiomqtt says of its connections is said by the rounds' outcome.
_QUIET: Final = logging.getLogger("shouwang.canary")
_QUIET.setLevel(logging.CRITICAL)

OnFullRound = Callable[[], None]


def presses_on(source: Source, lane: str) -> bool:
    """Whether a lane takes the alarms of a canary of its own: one that speaks our own topics and form."""
    topic = alarm_topic(canary.device_of(lane))
    return source.is_canonical and any(matches(filter_, topic) for filter_ in source.filters)


class Canary:
    """Presses on one lane for as long as we hold it. Whatever goes wrong ends a round, never the lane."""

    def __init__(
        self, lane: str, *, database: Database, clock: Clock, centre: Centre, broker: BrokerAddress,
        on_full: OnFullRound,
    ) -> None:  # fmt: skip
        self._lane = lane
        self._database, self._clock, self._centre, self._broker = database, clock, centre, broker
        self._on_full = on_full

    async def run(self, lease: LaneLease, is_listening: Callable[[], bool]) -> None:
        """Go round and round until cancelled, or until the lane is another gateway's.

        `is_listening` says whether the lane is subscribed: a press before its first subscription would be lost.
        """
        while not is_listening():
            await self._clock.sleep(LOOK_S)
        while True:
            began_s = self._clock.monotonic()
            try:
                full = await apart(self._round(lease))
            except LeaseLost:
                return
            except Exception as error:  # noqa: BLE001  # a task's outermost line: counted, said, and begun anew
                # Any type: the watcher must not take down what it watches.
                log.warning("canary_round_failed", lane=self._lane, error=_named(error))
                full = False
            metrics.canary_rounds_total.labels(self._lane, "full" if full else "not_full").inc()
            took_s = self._clock.monotonic() - began_s
            await self._clock.sleep(max(AGAIN_S, EVERY_S - took_s) if full else AGAIN_S)

    async def _round(self, lease: LaneLease) -> bool:
        """Press, follow it, close it; whether it came all the way round."""
        await canary.begin(self._database, lease, centre=self._centre, now=self._clock.now())
        press = Press(
            device=canary.device_of(self._lane), event_id=f"canary-{secrets.token_hex(8)}", at=self._clock.now()
        )
        async with asyncio.TaskGroup() as group:
            pressing = group.create_task(self._press(press), name=f"canary press {self._lane}")
            full = await self._follow(press, pressing)
            pressing.cancel()
        if full is None:
            return await self._abandon(lease, press)
        age_s = await canary.finish(self._database, lease, full, centre=self._centre, now=self._clock.now())
        metrics.canary_seconds.observe(full.seconds)
        if age_s is not None and age_s <= canary.OLD_S:
            # Only while every lane's canary sings: a dead lane must not hide behind a living one.
            self._on_full()
        return True

    async def _follow(self, press: Press, pressing: asyncio.Task[None]) -> Round | None:
        """Look until the press is acknowledged, escalated and shown; None where that takes too long."""
        until_s = self._clock.monotonic() + ROUND_LIMIT_S
        shown_at = None
        while self._clock.monotonic() < until_s:
            found = await canary.progress(self._database, press)
            # The first time that is seen: a later change of the same case moves it on.
            shown_at = shown_at or found.shown_at
            if found.incident_id is not None and found.escalated and shown_at is not None and pressing.done():
                seconds = max(0.0, (shown_at - press.at).total_seconds())
                return Round(incident_id=found.incident_id, seconds=seconds)
            await self._clock.sleep(LOOK_S)
        return None

    async def _abandon(self, lease: LaneLease, press: Press) -> bool:
        found = await canary.progress(self._database, press)
        log.warning(
            "canary_round_abandoned", lane=self._lane, stored=found.incident_id is not None,
            escalated=found.escalated, shown=found.shown_at is not None,
        )  # fmt: skip
        if found.incident_id is not None:
            await canary.close(
                self._database, lease, found.incident_id, Ending.ABANDONED, centre=self._centre,
                now=self._clock.now(),
            )  # fmt: skip
        return False

    # -- the device's side ---------------------------------------------------------------------------------------------

    async def _press(self, press: Press) -> None:
        """Send the press, and again while no `ack` comes; returns once it is acknowledged."""
        payload = encode(Event(id=press.event_id, at=press.at, type=EventType.SOS))
        while True:
            end_if_told()
            try:
                if await self._send(press, payload):
                    return
            except aiomqtt.MqttError as error:
                log.info("canary_not_connected", lane=self._lane, why=type(error).__name__)
                await self._clock.sleep(AGAIN_S)

    async def _send(self, press: Press, payload: bytes) -> bool:
        """Send it once on a connection of its own, as a button does; whether its `ack` came in time."""
        async with self._connected() as client:
            await client.subscribe(ack_topic(press.device), qos=1)
            await client.publish(alarm_topic(press.device), payload, qos=1)
            end_if_told()
            try:
                async with asyncio.timeout(RESEND_S):
                    async for message in client.messages:
                        assert isinstance(message.payload, bytes)
                        if any(one.id == press.event_id for one in ack.read(message.payload)):
                            return True
            except TimeoutError:
                pass  # asked again on a new connection: the old one may be what is dead
        return False

    def _connected(self) -> AbstractAsyncContextManager[aiomqtt.Client]:
        broker = self._broker
        return aiomqtt.Client(
            broker.host,
            broker.port,
            protocol=aiomqtt.ProtocolVersion.V5,
            username=broker.username,
            password=None if broker.password is None else broker.password.decode(),
            identifier=f"shouwang-canary-{self._lane}",
            clean_start=True,
            tls_context=broker.tls_context(),
            logger=_QUIET,
        )


def _named(error: BaseException) -> str:
    """The kind of error, of a group the first one's: its text can hold an address or a row."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return type(error).__name__
