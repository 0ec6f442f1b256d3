"""What a device says: the canonical event, topics, vendor sources. Pure: no I/O, no clock, no log."""
