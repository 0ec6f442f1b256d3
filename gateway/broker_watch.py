"""What the broker itself threw away: Mosquitto drops past its queue limits in silence, but it counts."""

from __future__ import annotations

import logging
import secrets
from typing import Final

import aiomqtt
import structlog

from gateway import metrics
from gateway.ending import end_if_told
from gateway.mqtt.connection import BrokerAddress
from rules.clock import Clock
from rules.domain.vocabulary import Class
from store import technical
from store.database import DATABASE_AWAY, Database
from store.opening import Centre

log: Final = structlog.get_logger()

#: Messages dropped by queue and in-flight limits since the broker's start (mosquitto(8), Broker Status). Limit 0 meant
#: "drop all" in 2.0.16: what the configuration promises is not enough.
DROPPED_TOPIC: Final = "$SYS/broker/publish/messages/dropped"
AGAIN_S: Final = 10.0

_QUIET: Final = logging.getLogger("shouwang.broker_watch")
_QUIET.setLevel(logging.CRITICAL)


class BrokerWatch:
    """Follows the broker's count of dropped messages; each rise is on a technical incident."""

    def __init__(self, broker: BrokerAddress, *, database: Database, clock: Clock, centre: Centre) -> None:
        self._broker, self._database, self._clock, self._centre = broker, database, clock, centre
        self._counted: int | None = None

    async def run(self) -> None:
        """Listen until cancelled; a broker that is away is asked again, one without such topics says nothing."""
        while True:
            try:
                async with self._connected() as client:
                    await client.subscribe(DROPPED_TOPIC, qos=0)
                    end_if_told()
                    async for message in client.messages:
                        await self.heard(message.payload)
            except (aiomqtt.MqttError, *DATABASE_AWAY) as error:
                log.info("broker_not_watched", why=type(error).__name__)
            except Exception as error:  # noqa: BLE001  # a task's outermost line: said, and begun anew
                # Any type: the lanes must not end with a counter.
                log.warning("broker_watch_failed", error=type(error).__name__)
            end_if_told()
            await self._clock.sleep(AGAIN_S)

    async def heard(self, payload: object) -> None:
        """Take the broker's count; a smaller one than before is a broker that was started anew."""
        count = _count_of(payload)
        if count is None:
            return
        metrics.broker_dropped_messages.set(count)
        before, self._counted = self._counted, count
        if before is not None and count > before:
            try:
                await self._report(count - before)
            except BaseException:
                self._counted = before  # told again with the next count
                raise

    async def _report(self, dropped: int) -> None:
        log.error("broker_dropped_messages", count=dropped)
        now = self._clock.now()
        async with self._database.transaction() as connection:
            await technical.report(
                connection, Class.MESSAGES_LOST, "broker:dropped", facts=(("dropped", dropped),), centre=self._centre,
                now=now,
            )  # fmt: skip

    def _connected(self) -> aiomqtt.Client:
        broker = self._broker
        return aiomqtt.Client(
            broker.host,
            broker.port,
            protocol=aiomqtt.ProtocolVersion.V5,
            username=broker.username,
            password=None if broker.password is None else broker.password.decode(),
            identifier=f"shouwang-watch-{secrets.token_hex(4)}",
            clean_start=True,
            tls_context=broker.tls_context(),
            logger=_QUIET,
        )


def _count_of(payload: object) -> int | None:
    text = payload.decode("ascii", "replace") if isinstance(payload, bytes | bytearray) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
