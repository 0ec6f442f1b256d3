"""Incidents as people read them: the row of a list, the whole case, its timeline."""
