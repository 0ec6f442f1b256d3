"""The edge toward devices: lanes, ingest, acknowledgements. The only place with MQTT."""
