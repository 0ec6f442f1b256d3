"""Every figure's definition, in the order of the report."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from rules.domain.kpi_definition import Definition, Figure
from rules.domain.kpi_definitions_care import CARE
from rules.domain.kpi_definitions_desk import DESK

DEFINITIONS: Final[Mapping[Figure, Definition]] = MappingProxyType(
    {definition.figure: definition for definition in (*DESK, *CARE)}
)

assert set(DEFINITIONS) == set(Figure), "every figure has one definition"
assert len(DEFINITIONS) == len(DESK) + len(CARE), "no figure has two"
