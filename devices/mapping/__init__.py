"""A mapping file: where a vendor's JSON holds what an event holds; its model, its strict check, and its decoder."""
