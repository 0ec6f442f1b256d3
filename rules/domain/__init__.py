"""Pure decisions: every function takes `now` and returns a value with a named reason."""
