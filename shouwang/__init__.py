"""The program: command line, settings, wiring, logs, metrics, embedded servers."""
