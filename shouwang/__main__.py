"""`python -m shouwang`: the same program as the installed command, in this very interpreter."""

from __future__ import annotations

from shouwang.cli import main

main()
