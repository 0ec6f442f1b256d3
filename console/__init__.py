"""The edge toward people: HTTP API, live stream, sign-in and rights, the pages."""
