"""Writing events as vendors do, for the simulator: one module for each vendor, none knowing another."""
