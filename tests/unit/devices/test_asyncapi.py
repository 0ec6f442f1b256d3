"""The MQTT contract's document says what the decoders take and the encoders write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from devices import ack, asyncapi, commands
from devices.event import EventType
from devices.topics import Channel

DOCUMENT = asyncapi.describe(version="1.2.3")


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from _references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _references(inner)


@pytest.mark.parametrize("reference", sorted(set(_references(DOCUMENT))))
def test_every_reference_leads_somewhere(reference: str) -> None:
    node: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    assert node


@pytest.mark.parametrize("channel", list(Channel))
def test_every_channel_of_the_contract_is_in_it(channel: Channel) -> None:
    assert DOCUMENT["channels"][str(channel)]["address"] == f"sw/v1/{{device}}/{channel}"
    assert sum(f"_{channel}" in name for name in DOCUMENT["operations"]) == 1


def test_its_types_are_the_ones_that_are_decoded() -> None:
    assert set(DOCUMENT["components"]["schemas"]["EventType"]["enum"]) == set(map(str, EventType))


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ("Stored", ack.stored("e1", datetime(2026, 11, 22, tzinfo=UTC), "17")),
        ("Refused", ack.refused("e1", "bad_time")),
        (
            "Command",
            commands.encode_command(
                commands.Command(
                    id="c1",
                    command=commands.CommandName.LOCATE,
                    args={},
                    expires_at=datetime(2026, 11, 22, tzinfo=UTC),
                )
            ),
        ),
        ("Reply", commands.encode_reply(commands.Reply(id="c1", ok=True))),
    ],
)
def test_what_is_written_has_the_described_members(schema: str, written: bytes) -> None:
    described = DOCUMENT["components"]["schemas"][schema]
    members = set(json.loads(written))
    assert set(described["required"]) <= members <= set(described["properties"])
