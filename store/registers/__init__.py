"""The registers: areas, homes, residents, devices, who has them, and the import of an estate already in use."""
