"""What the settings say about the broker's door, and what is wrong with a certificate before anybody connects."""

from __future__ import annotations

from pathlib import Path

import pytest

from shouwang.broker import address_of, unusable_certificate, what_the_door_does
from shouwang.settings import load

BROKER = {"SHOUWANG_MQTT_URL": "mqtts://shouwang:invented@broker.example:8883"}
ADMIN = {"SHOUWANG_MQTT_ADMIN_URL": "mqtts://door:invented@broker.example:8883"}
TOKEN = {"SHOUWANG_BROKER_TOKEN": "0123456789abcdef" * 2}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "none: the embedded broker lets everybody in"),
        (BROKER, "none of ours"),
        (BROKER | TOKEN, "asked of us"),
        (BROKER | ADMIN, "kept by us"),
        (BROKER | ADMIN | TOKEN, "kept by us"),
    ],
)
def test_the_check_says_who_decides_who_may_sign_in(given: dict[str, str], said: str) -> None:
    assert what_the_door_does(load(given)).startswith(said)


def test_a_file_that_is_no_certificate_is_named_before_anybody_connects(tmp_path: Path) -> None:
    file = tmp_path / "ca.crt"
    file.write_text("no certificate at all")
    wrong = unusable_certificate(load(BROKER | {"SHOUWANG_MQTT_CA_FILE": str(file)}))
    assert wrong is not None and "SHOUWANG_MQTT_CA_FILE" in wrong
    assert unusable_certificate(load(BROKER)) is None


def test_without_tls_no_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "ca.crt"
    file.write_text("no certificate at all")
    settings = load({"SHOUWANG_MQTT_URL": "mqtt://broker.example", "SHOUWANG_MQTT_CA_FILE": str(file)})
    assert unusable_certificate(settings) is None
    assert address_of(settings).tls_context() is None


def test_no_password_shows_in_an_address() -> None:
    assert "invented" not in repr(address_of(load(BROKER | ADMIN)))
    assert "invented" not in repr(load(BROKER | ADMIN))
