"""How the program reaches the broker: its address, its certificates, and the door that keeps its accounts."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from shouwang.settings import Settings

if TYPE_CHECKING:
    from gateway.door.worker import Door
    from gateway.mqtt.connection import BrokerAddress, Certificates
    from gateway.unruly import Unruly
    from shouwang.parts import Surroundings
    from store.sealing import Keyring


def certificates_of(settings: Settings) -> Certificates:
    """The files for `mqtts://` as the settings name them."""
    from gateway.mqtt.connection import Certificates

    return Certificates(
        ca_file=settings.mqtt_ca_file,
        client_cert_file=settings.mqtt_client_cert_file,
        client_key_file=settings.mqtt_client_key_file,
    )


def address_of(settings: Settings) -> BrokerAddress:
    """The broker by the account of the lanes."""
    from gateway.mqtt.connection import BrokerAddress

    return BrokerAddress.parse(settings.broker_address, certificates_of(settings))


def door_of(around: Surroundings, keyring: Keyring, unruly: Unruly) -> Door | None:
    """The door that keeps the broker's accounts; None where SHOUWANG_MQTT_ADMIN_URL does not name who may."""
    from gateway.door.worker import Door
    from gateway.mqtt.connection import BrokerAddress

    admin = around.settings.broker_admin_address
    if admin is None:
        return None
    return Door(
        database=around.db,
        clock=around.clock,
        keyring=keyring,
        admin=BrokerAddress.parse(admin, certificates_of(around.settings)),
        gateway=address_of(around.settings),
        on_takeover=lambda client: unruly.arrived(client, seen_by="broker"),
    )


def what_the_door_does(settings: Settings) -> str:
    """One line on who decides who may sign in at the broker, for `shouwang check`."""
    if settings.mqtt_admin_url is not None:
        return "kept by us: Mosquitto's dynamic security plugin follows the database"
    if settings.broker_token is not None:
        return "asked of us by the broker over HTTP (/api/v1/broker)"
    if settings.mqtt_url is None:
        return "none: the embedded broker lets everybody in, and listens on this machine alone"
    return "none of ours: who may sign in is the broker's own affair (SHOUWANG_MQTT_ADMIN_URL, docs/brokers.md)"


def unusable_certificate(settings: Settings) -> str | None:
    """What is wrong with the files for `mqtts://`, or None."""
    try:
        address_of(settings).tls_context()
    except (OSError, ssl.SSLError) as error:
        return f"SHOUWANG_MQTT_CA_FILE, _CLIENT_CERT_FILE or _CLIENT_KEY_FILE: {error}"
    return None
