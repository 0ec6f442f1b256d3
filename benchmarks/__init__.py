"""What the system costs on this machine, measured on real servers: `python -m benchmarks [name …]`."""
