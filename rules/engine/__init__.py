"""The engine: passes that run when time passes, each `run_once()` idempotent and bounded."""
