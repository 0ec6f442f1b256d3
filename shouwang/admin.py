"""The first administrator, made at the first start of a database that has none."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

from shouwang.settings import Settings
from store.database import Database
from store.passwords import Passwords
from store.users import NewUser, UserExists, UserUnknown, add_user, id_of_name

ADMIN: Final = "admin"


async def first_admin(db: Database, settings: Settings, now: datetime) -> str | None:
    """Make `admin` if there is none; the password to show, or None where there is nothing new to say.

    A password from SHOUWANG_ADMIN_PASSWORD is known already and never shown.
    """
    try:
        await id_of_name(db, ADMIN)
    except UserUnknown:
        pass
    else:
        return None
    given = settings.admin_password
    password = given.get_secret_value() if given else secrets.token_urlsafe(12)
    new = NewUser(
        name=ADMIN,
        display_name="管理员",
        role="administrator",
        language=settings.site_language.value,
        password=password,
    )
    try:
        await add_user(db, Passwords(), new, by=None, now=now)
    except UserExists:
        # Another console or `up` was quicker; it says the password.
        return None
    return "the password of SHOUWANG_ADMIN_PASSWORD" if given else password
