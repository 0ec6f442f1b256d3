"""MQTT 5 on the wire: the only two files that know the codec."""
