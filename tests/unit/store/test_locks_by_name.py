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


#: They take theirs on a connection of their own, and end it with that.
_OWN_CONNECTION = {"credentials.sql", "migrate.py"}


def test_a_lock_of_a_session_is_given_back_by_who_took_it_on_a_connection_of_the_pool() -> None:
    """Connections go back to the pool as they are: a lock that went with one was never free again."""
    room = Path(store.__file__).parent
    texts = {path.name: path.read_text(encoding="utf-8") for path in (*room.rglob("*.sql"), *room.rglob("*.py"))}
    takes = {name for name, text in texts.items() if re.search(r"pg_(try_)?advisory_lock\(", text)}
    gives_back = {name for name in takes if "pg_advisory_unlock(" in texts[name]}
    assert takes - _OWN_CONNECTION, "the pattern finds them"
    assert takes - _OWN_CONNECTION == gives_back - _OWN_CONNECTION
