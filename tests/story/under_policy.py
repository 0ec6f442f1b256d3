"""A county's own policy, put into force as two people would."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from rules.domain.policy_lint import checked
from store import policy_replay, policy_versions
from store.database import Database
from store.passwords import Passwords
from store.policy_versions import Origin
from store.users import NewUser, add_user

HEAD = 'version = "chengwan-1"\nextends = "builtin"\n'


async def put_in_force(db: Database, text: str, *, now: datetime) -> str:
    """Propose the text, which extends the built-in policy, replay it, and approve it; return its version."""
    text = text if text.startswith("version") else HEAD + text
    first, second = [await _person(db, name, now) for name in ("proposer", "approver")]
    before = await policy_versions.in_force(db)
    no, after = await policy_versions.propose(db, text, origin=Origin.API, by=first, now=now)
    result = await policy_replay.of_proposal(db, before, after, now=now, timezone=ZoneInfo("Asia/Shanghai"))
    await policy_versions.keep_replay(db, no, result)
    await policy_versions.approve(db, no, by=second, now=now)
    return checked(text).version


async def _person(db: Database, name: str, now: datetime) -> int:
    found = await db.pool.fetchval("SELECT id FROM app_user WHERE name = $1", name)
    if found is not None:
        return int(found)
    new = NewUser(name=name, display_name=name, role="supervisor", areas=(), password="a long enough word")
    return int((await add_user(db, Passwords(), new, by=None, now=now)).id)
