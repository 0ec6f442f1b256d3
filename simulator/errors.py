"""What the simulator refuses, each error named by what is true."""

from __future__ import annotations


class SimulatorError(Exception):
    """Base of all errors of the simulator; the command line prints it as one line and exits non-zero."""


class ScenarioRefused(SimulatorError):
    """The scenario is unknown, unreadable or out of range: name one of the built-in ones or mend the file."""


class BrokerAddressRefused(SimulatorError):
    """The broker's address is not `mqtt://` or `mqtts://` with a host: mend `--broker`."""


class WireBroken(SimulatorError):
    """Bytes came that are not MQTT: the address is not a broker's, or it speaks another version (see `--mqtt5`)."""


class ConnectionRefusedByBroker(SimulatorError):
    """The broker answered CONNECT with a refusal: check user, password and MQTT version."""


class BrokerUnreachable(SimulatorError):
    """No connection could be made at the start of the run: check the address, and that the broker listens there."""


class LedgerUnreadable(SimulatorError):
    """A ledger line is not one of ours: the file is another's, or was edited."""
