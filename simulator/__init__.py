"""A stranger that knows the wire format only: a fleet of devices over MQTT with a ledger."""
