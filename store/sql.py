"""SQL kept in files: each query has a name, one sentence and its locking argument."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Final

_FOLDER: Final = Path(__file__).parent / "queries"
_NAME: Final = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


def queries(file: str) -> SimpleNamespace:
    """Return the queries of `queries/<file>.sql` as attributes; a name used twice is an error of ours."""
    text = (_FOLDER / f"{file}.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)[1:]
    names, bodies = parts[0::2], parts[1::2]
    assert len(set(names)) == len(names), f"a query's name stands twice in {file}.sql"
    return SimpleNamespace(**dict(zip(names, bodies, strict=True)))
