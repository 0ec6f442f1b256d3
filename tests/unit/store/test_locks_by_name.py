"""Advisory locks share one space of numbers: two purposes under one number wait for each other for nothing.

A replay of dead letters once shared its number with the sending of notices: no telephone rang while it worked.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import store

#: Names of subjects that have no row are hashed, and no number.
_NUMBER = re.compile(r"advisory\w*\((\d+)\)|_(?:ONE_AT_A_TIME|ONE_DOOR): Final = ([\d_]+)")


def test_each_advisory_lock_has_a_number_of_its_own() -> None:
    room = Path(store.__file__).parent
    users: defaultdict[str, set[str]] = defaultdict(set)
    for path in (*room.rglob("*.sql"), *room.rglob("*.py")):
        for found in _NUMBER.finditer(path.read_text(encoding="utf-8")):
            users[(found[1] or found[2]).replace("_", "")].add(path.name)
    assert len(users) > len(("delivery", "replay", "anchors")), "the pattern finds them"
    shared = {number: sorted(names) for number, names in users.items() if len(names) > 1}
    assert not shared
