"""The worker that talks to devices: waiting commands go out on `down`, and what becomes of them is kept."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final

import structlog
from prometheus_client import Counter, Gauge

from devices.commands import encode_command
from devices.topics import down_topic
from gateway.mqtt import codec
from gateway.mqtt.connection import BrokerAddress, ConnectionEnded, ConnectionFailed, MqttConnection
from rules.clock import Clock
from store import fixes, handing
from store.commands import CHANNEL
from store.database import DATABASE_AWAY, Database, open_connection
from store.handing import Outgoing
from store.opening import Centre

log: Final = structlog.get_logger()

commands_total: Final = Counter(
    "shouwang_commands_total",
    "Commands by what the broker said to them: sent, nobody_listens, refused; and expired without an answer",
    ["outcome"],
)
commands_pending: Final = Gauge("shouwang_commands_pending", "Commands without an end, by state", ["state"])
command_failures_total: Final = Counter(
    "shouwang_command_failures_total", "Times talking to devices stopped for a reason of ours and was begun anew",
    ["error"],
)  # fmt: skip

#: Beside the wake-up, which may be missed.
LOOK_S: Final = 1.0
#: Published in one go, each after the broker's word on the one before: never more than one in its window.
BATCH: Final = 20
#: Longer than a batch takes. Whoever died with one leaves it to be published again then, with its old id.
HANDED_AGAIN: Final = timedelta(seconds=30)
#: Where nobody listens on a device's topic it is tried again after so long for each try, up to a minute.
AGAIN_S: Final = 5.0
AGAIN_LONGEST_S: Final = 60.0
RETRY_S: Final = 2.0
BACKOFF_FIRST_S: Final = 1.0
BACKOFF_LONGEST_S: Final = 30.0
#: Nothing is sent to us here.
_RECEIVE_MAX: Final = 10


class CommandWorker:
    """Any number of gateways may run one; each command is in one's hands at a time."""

    def __init__(
        self, *, database: Database, clock: Clock, centre: Centre, broker: BrokerAddress, may_expire: bool
    ) -> None:
        self._database, self._clock, self._centre = database, clock, centre
        self._broker, self._may_expire = broker, may_expire
        self._woken = asyncio.Event()
        self._connection: MqttConnection | None = None
        self._connect_at_s, self._backoff_s, self._ticked_s = 0.0, BACKOFF_FIRST_S, 0.0

    async def run(self) -> None:
        """Work until cancelled; whatever fails is said, counted and begun anew."""
        try:
            while True:
                try:
                    async with self._wake_ups():
                        await self._work()
                except Exception as error:  # noqa: BLE001  # a task's outermost line: counted, said and begun anew
                    # Any type: the lanes must not end with this worker.
                    command_failures_total.labels(type(error).__name__).inc()
                    log.warning("commands_stopped", error=type(error).__name__)
                await self._clock.sleep(RETRY_S)
        finally:
            self._hang_up("the worker ends")

    @asynccontextmanager
    async def _wake_ups(self) -> AsyncIterator[None]:
        """Hear of new commands at once, by a connection outside the pool; one lost in silence costs a second a look."""
        link = await open_connection(self._database.dsn, application_name="shouwang commands")
        try:
            await link.add_listener(CHANNEL, lambda *_: self._woken.set())
            yield
        finally:
            link.terminate()

    async def _work(self) -> None:
        while True:
            self._woken.clear()
            await self._look()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._woken.wait()

    async def _look(self) -> None:
        now = self._clock.now()
        await fixes.see_to_fixes(self._database, centre=self._centre, now=now)
        commands_total.labels("expired").inc(await handing.expire(self._database, now=now))
        await self._send()
        for command_id, incident_id in await handing.untold(self._database):
            await self._tell(command_id, incident_id)
        counts = await handing.pending_counts(self._database)
        for state in ("waiting", "sent", "delivered"):
            commands_pending.labels(state).set(counts.get(state, 0))

    async def _tell(self, command_id: int, incident_id: int | None) -> None:
        try:
            await handing.tell(self._database, command_id, incident_id, centre=self._centre, now=self._clock.now())
        except Exception as error:  # noqa: BLE001  # around one command: said, and told at the next look
            # Any type: a case in somebody's hands, or one that cannot be read, must not hold up the others.
            log.warning("command_not_told", command=command_id, error=type(error).__name__)
            if isinstance(error, DATABASE_AWAY):
                await self._database.pool.expire_connections()

    # -- out ----------------------------------------------------------------------------------------------------------

    async def _send(self) -> None:
        if not await handing.is_due(self._database, now=self._clock.now()):
            self._tick()
            return
        connection = await self._connected()
        while connection is not None and connection.is_open:
            going = await handing.take(
                self._database, limit=BATCH, again_after=HANDED_AGAIN, now=self._clock.now()
            )  # fmt: skip
            try:
                for one in going:
                    await self._publish(connection, one)
            except (ConnectionFailed, ConnectionEnded) as error:
                log.warning("commands_not_published", why=str(error))
                self._hang_up("no answer")
            if len(going) < BATCH:
                return

    async def _publish(self, connection: MqttConnection, one: Outgoing) -> None:
        left_s = (one.command.expires_at - self._clock.now()).total_seconds()
        if left_s < 1:
            return  # it expires at the next look
        code = await connection.publish(
            down_topic(one.device), encode_command(one.command), expiry_s=int(left_s) if self._may_expire else None
        )
        now = self._clock.now()
        if code == codec.PubAckReasonCode.SUCCESS:
            await handing.mark_sent(self._database, one.id, now=now)
            commands_total.labels("sent").inc()
            return
        nobody = code == codec.PubAckReasonCode.NO_MATCHING_SUBSCRIBERS
        commands_total.labels("nobody_listens" if nobody else "refused").inc()
        why = "nobody listens on its `down`" if nobody else f"the broker refuses it: {code.name.lower()}"
        again_s = min(AGAIN_S * one.tries, AGAIN_LONGEST_S)
        await handing.put_off(self._database, one.id, why, try_at=now + timedelta(seconds=again_s))

    # -- the connection -----------------------------------------------------------------------------------------------

    async def _connected(self) -> MqttConnection | None:
        """The connection, made when it is first needed; None while the broker is away."""
        if self._connection is not None and self._connection.is_open:
            self._tick()
            return self._connection
        if self._clock.monotonic() < self._connect_at_s:
            return None
        connection = MqttConnection(self)
        try:
            await connection.open(
                self._broker, client_id=f"shouwang-commands-{secrets.token_hex(4)}", receive_max=_RECEIVE_MAX,
                clean_start=True, session_expiry_s=0,
            )  # fmt: skip
        except ConnectionFailed as error:
            log.warning("commands_not_connected", why=str(error))
            self._connect_at_s = self._clock.monotonic() + self._backoff_s
            self._backoff_s = min(self._backoff_s * 2, BACKOFF_LONGEST_S)
            return None
        self._connection, self._backoff_s = connection, BACKOFF_FIRST_S
        return connection

    def _tick(self) -> None:
        """Keep the connection alive: its keep-alive counts seconds, and looks come oftener when we are woken."""
        now_s = self._clock.monotonic()
        if self._connection is not None and self._connection.is_open and now_s - self._ticked_s >= LOOK_S:
            self._ticked_s = now_s
            self._connection.tick()

    def _hang_up(self, reason: str) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close(reason)

    def on_packets(
        self, connection: MqttConnection, packets: Sequence[codec.PublishPacket | codec.UnreadablePacket]
    ) -> None:
        """Nothing is subscribed to here: answers come by the lanes."""

    def on_closed(self, connection: MqttConnection, reason: str) -> None:
        """Made anew when it is needed."""
        if connection is self._connection:
            log.warning("commands_closed", why=reason)
            self._connection = None
