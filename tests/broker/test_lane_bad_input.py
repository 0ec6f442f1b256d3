"""Nothing that arrives is dropped unseen or stops the lane; on an alarm topic it rings, whatever it is."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from gateway.lane import Lane
from tests.broker.field import Broker, Field, MovableClock, event, field_on, gateway_on, lane_name, written
from tests.town import Town, town_in
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

_numbers = itertools.count(1)
KIB = 1024
HERE = "HERE"


@dataclass(kw_only=True)
class Centre:
    """One centre at work for the whole module: what one message breaks, the next ones feel."""

    town: Town
    field: Field
    lane: Lane
    clock: MovableClock

    async def still_works(self) -> None:
        """A good press after it is stored and acknowledged, and a good reading is stored."""
        home = await self.town.home()
        await self.field.alarm(home.button, event("good"))
        await self.field.telemetry(home.button, event("reading", "reading", value=1.0))
        told = await self.field.acked(home.button, "good")
        assert told.incident is not None
        await until(lambda: self.readings_of(home.button), "the good reading is stored")

    async def readings_of(self, device: str) -> int:
        count: int = await self.town.db.pool.fetchval(
            "SELECT count(*) FROM reading AS r JOIN device AS d ON d.id = r.device_id WHERE d.device = $1", device
        )
        return count

    async def letters_of(self, topic: str) -> list[Any]:
        return await self.town.db.pool.fetch("SELECT * FROM dead_letter WHERE topic = $1", topic)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def centre(broker: Broker, postgres_dsn: str) -> AsyncIterator[Centre]:
    clock = MovableClock()
    async with (
        town_in(postgres_dsn) as town,
        gateway_on(broker.url, postgres_dsn, name=lane_name(), clock=clock) as lane,
        field_on(broker) as field,
    ):
        yield Centre(town=town, field=field, lane=lane, clock=clock)


def sos(type_: str = "sos", **more: Any) -> bytes:
    return written(event(f"e{next(_numbers)}", type_, **more))


def text_in(raw: bytes) -> bytes:
    """A press whose detail holds these bytes as its text."""
    return sos(detail={"note": "HERE"}).replace(b"HERE", raw)


def value_of(raw: bytes) -> bytes:
    return sos(value="HERE").replace(b'"HERE"', raw)


#: What a broken or a hostile device can send. All of it rings on an alarm topic.
MESSAGES: dict[str, Callable[[], bytes]] = {
    "not UTF-8 at all": lambda: b"\xff\xfe\x00\x80 help",
    "not UTF-8 inside a press": lambda: text_in(b"\xc3\x28"),
    "not JSON": lambda: b"SOS SOS SOS",
    "half a press": lambda: sos()[:-9],
    "wrong types": lambda: b'{"id": 7, "at": true, "type": ["sos"], "location": "home"}',
    "a number": lambda: b"42",
    "null": lambda: b"null",
    "empty": lambda: b"",
    "blanks": lambda: b" \r\n",
    "an empty array": lambda: b"[]",
    "an array of nothing": lambda: b"[null, {}, 3]",
    "one byte over 64 KiB": lambda: text_in(b"x" * (64 * KIB + 1 - len(text_in(b"")))),
    "100 KiB": lambda: text_in(b"x" * 100 * KIB),
    "100 KiB of nothing": lambda: b"\0" * 100 * KIB,
    "nested 33 deep": lambda: sos(detail=HERE).replace(b'"HERE"', b'{"a":' * 33 + b"1" + b"}" * 33),
    "2,000 opening brackets": lambda: b"[" * 2000,
    "100,000 opening brackets": lambda: b"[" * 100_000,
    "2,000 opening brackets inside a press": lambda: sos(detail=HERE).replace(b'"HERE"', b"[" * 2000),
    "NaN": lambda: value_of(b"NaN"),
    "an infinity": lambda: value_of(b"-Infinity"),
    "1e999999": lambda: value_of(b"1e999999"),
    "1e999999 where nobody looks": lambda: sos(detail={"x": "HERE"}).replace(b'"HERE"', b"1e999999"),
    "60,000 digits": lambda: sos(detail={"x": "HERE"}).replace(b'"HERE"', b"9" * 60_000),
    "an accuracy wider than the universe": lambda: sos(location={"lat": 31.9, "lon": 121.2, "accuracy_m": 1e300}),
    "a battery of next to nothing": lambda: sos(battery_pct=1e-300),
    "an accuracy of next to nothing": lambda: sos(location={"lat": 31.9, "lon": 121.2, "accuracy_m": 1e-300}),
    "coordinates off the globe": lambda: sos(location={"lat": 1e30, "lon": 121.2}),
    "control characters": lambda: text_in(b"a\\u0007\\u001b[31m\\u009b"),
    "bidi marks": lambda: text_in("\u202e\u2066\u200f回家".encode()),
    "line breaks around and inside": lambda: sos().replace(b", ", b",\n\r\n ").replace(b"{", b"{\n\t"),
    "line breaks in the detail": lambda: sos(detail=HERE).replace(b'"HERE"', b'{\n"a"\n: 1\n}'),
    "a lone surrogate": lambda: text_in(b"\\ud800"),
    "a lone surrogate as the id": lambda: sos().replace(b'"id": "e', b'"id": "\\udfff'),
    "NUL": lambda: text_in(b"a\\u0000b"),
    "NUL as the id": lambda: sos().replace(b'"id": "e', b'"id": "\\u0000'),
    "NULs after the message": lambda: sos() + b"\0\0",
    "an id of another writing": lambda: written(event("事件 №①🆘")),
    "an id that turns the line around": lambda: written(event("\u202e123")),
    "an id of blanks": lambda: written(event("   ")),
    "an id too long": lambda: written(event("x" * 65)),
    "an id of quotes and backslashes": lambda: written(event("'\"\\;--%s{}")),
    "an unknown type": lambda: sos(type_="earthquake"),
    "a type in capitals": lambda: sos(type_="SOS"),
    "another device in the payload": lambda: sos(device="somebody-else"),
    "a clock of 1970": lambda: written(event("c1970", at=0)),
    "a clock of 2099": lambda: written(event("c2099", at="2099-12-31T23:59:59Z")),
    "a clock of the year 9999": lambda: written(event("c9999", at="9999-12-31T23:59:59Z")),
    "a clock before 1970": lambda: written(event("c1969", at=-1)),
    "the same key twice": lambda: sos().replace(b"{", b'{"type": "heartbeat", ', 1),
}  # fmt: skip


@pytest.mark.parametrize("what", MESSAGES)
async def test_on_an_alarm_topic_it_rings_and_the_lane_goes_on(centre: Centre, what: str) -> None:
    home = await centre.town.home()
    await centre.field.alarm(home.button, MESSAGES[what]())
    incidents = await until(lambda: centre.town.incidents_of(home.button), f"an incident for {what}")
    assert [incident["state"] for incident in incidents] == ["open"]
    assert incidents[0]["priority"] <= 2
    await centre.still_works()


@pytest.mark.parametrize("what", MESSAGES)
async def test_on_a_telemetry_topic_it_is_kept_and_the_lane_goes_on(centre: Centre, what: str) -> None:
    home = await centre.town.home()
    await centre.field.telemetry(home.button, MESSAGES[what]())

    async def kept() -> bool:
        return bool(
            await centre.letters_of(f"sw/v1/{home.button}/telemetry") or await centre.town.events_of(home.button)
        )

    await until(kept, f"an event or a dead letter for {what}")
    await centre.still_works()


@pytest.mark.parametrize("what", MESSAGES)
async def test_as_a_reading_it_is_kept_and_the_lane_goes_on(centre: Centre, what: str) -> None:
    home = await centre.town.home()
    payload = MESSAGES[what]().replace(b'"sos"', b'"location"')
    await centre.field.telemetry(home.button, payload)

    async def kept() -> bool:
        letters = await centre.letters_of(f"sw/v1/{home.button}/telemetry")
        return bool(letters or await centre.readings_of(home.button) or await centre.town.events_of(home.button))

    await until(kept, f"a reading or a dead letter for {what}")
    await centre.still_works()


async def test_bytes_that_could_not_be_used_are_kept_exactly(centre: Centre) -> None:
    home = await centre.town.home()
    payload = bytes(range(256))
    for _ in range(3):
        await centre.field.telemetry(home.button, payload)

    async def counted() -> bool:
        letters = await centre.letters_of(f"sw/v1/{home.button}/telemetry")
        return [(bytes(letter["payload"]), letter["count"]) for letter in letters] == [(payload, 3)]

    await until(counted, "one dead letter with a count of three and the exact bytes")


async def test_a_stranger_s_alarm_rings_marked_unregistered(centre: Centre) -> None:
    stranger = f"stranger-{next(_numbers)}"
    await centre.field.alarm(stranger, event("s1"))
    told = await centre.field.acked(stranger, "s1")
    (incident,) = await centre.town.incidents_of(stranger)
    assert told.incident == str(incident["id"])
    assert (incident["class"], incident["priority"], "unregistered" in incident["marks"]) == ("sos", 1, True)
    await centre.still_works()


async def test_a_stranger_s_garbage_on_its_alarm_topic_rings(centre: Centre) -> None:
    stranger = f"stranger-{next(_numbers)}"
    await centre.field.alarm(stranger, b"\xff")
    (incident,) = await until(lambda: centre.town.incidents_of(stranger), "an incident for the stranger's garbage")
    assert (incident["class"], incident["priority"]) == ("unknown", 2)
    await centre.still_works()


async def test_a_stranger_s_telemetry_is_a_dead_letter(centre: Centre) -> None:
    stranger = f"stranger-{next(_numbers)}"
    await centre.field.telemetry(stranger, event("t1", "reading", value=2))
    (letter,) = await until(lambda: centre.letters_of(f"sw/v1/{stranger}/telemetry"), "the stranger's dead letter")
    assert letter["reason"] == "unknown_device"
    assert await centre.town.incidents_of(stranger) == []
    await centre.still_works()


@pytest.mark.parametrize("name", ["张三的按钮", "two words", "x" * 65, "naïve", "a$b", "'; DROP TABLE event; --"])
async def test_an_alarm_topic_that_names_no_possible_device_rings_too(centre: Centre, name: str) -> None:
    topic = f"sw/v1/{name}/alarm"
    # Both brokers' gateways write into one database, and the topic is the same.
    others = {row["id"] for row in await centre.letters_of(topic)}
    await centre.field.client.publish(topic, sos(), qos=1)

    async def ours() -> list[Any]:
        return [row for row in await centre.letters_of(topic) if row["id"] not in others]

    (letter,) = await until(ours, f"a dead letter of {topic}")
    assert letter["incident_id"] is not None, "whatever arrives on an alarm topic is a call"
    assert (await centre.town.incident(letter["incident_id"]))["class"] == "unknown"
    await centre.still_works()


async def test_the_same_id_with_another_type_or_time_is_another_event(centre: Centre) -> None:
    home = await centre.town.home()
    first = event("same")
    await centre.field.alarm(home.button, first)
    await centre.field.alarm(home.button, {**first, "type": "fall"})
    await centre.field.alarm(home.button, {**first, "at": "2026-01-01T00:00:00Z"})
    await centre.field.alarm(home.button, {**first, "battery_pct": 12})
    await until(lambda: len(centre.field.acks[home.button]) == 4, "four acks")
    events = await centre.town.events_of(home.button)
    assert [(row["type"], row["copies"], "id_reused" in row["marks"]) for row in events] == [
        ("sos", 2, False), ("fall", 1, True), ("sos", 1, True),
    ]  # fmt: skip
    (incident,) = await centre.town.incidents_of(home.button)
    assert incident["alert_count"] == 3
    await centre.still_works()


async def test_an_id_used_again_after_a_year_is_another_call(centre: Centre) -> None:
    home = await centre.town.home()
    hand = await centre.town.user()
    said = event("counter-1", at="2026-03-01T08:00:00Z")
    await centre.field.alarm(home.button, said)
    first = await centre.field.acked(home.button, "counter-1")
    assert first.incident is not None
    await centre.town.resolve(int(first.incident), hand, now=centre.clock.now())
    centre.clock.ahead_s += 366 * 24 * 3600
    try:
        await centre.field.alarm(home.button, said)
        await until(lambda: len(centre.field.acks[home.button]) == 2, "the second ack")
        again = centre.field.acks[home.button][1]
        assert again.incident not in (None, first.incident)
        events = await centre.town.events_of(home.button)
        assert [(row["repeat"], "id_reused" in row["marks"]) for row in events] == [(0, False), (1, True)]
    finally:
        centre.clock.ahead_s = 0.0
    await centre.still_works()


async def test_ten_thousand_events_in_one_array_are_stored_and_its_press_rings_first(
    centre: Centre, broker: Broker
) -> None:
    # Its own limit of packet size allows the embedded broker fewer.
    many = 10_000 if broker.is_mosquitto else 3_500
    home = await centre.town.home()
    at = int(centre.clock.now().timestamp() * 1000)
    readings = [{"id": str(number), "at": at, "type": "reading"} for number in range(many)]
    await centre.field.alarm(home.button, written([*readings, event("press"), {"id": "bad"}]))

    async def all_there() -> bool:
        return await centre.readings_of(home.button) == many

    await until(all_there, f"{many} readings")
    await centre.field.acked(home.button, "press")
    incidents = await centre.town.incidents_of(home.button)
    assert sorted(incident["class"] for incident in incidents) == ["sos", "unknown"]
    await centre.still_works()
