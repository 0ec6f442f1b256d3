"""What to tell Mosquitto's dynamic security plugin so that it agrees with the database. Pure.

A device needs an account and no role: the broker's access file gives each name its own topics by `pattern`, which the
plugin of 2.0 cannot (docs/adr/0007). A bridge has topics of its own, and so a role.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from store.credentials import Wanted

Command = dict[str, Any]

#: What an account of ours begins its text with; any other account at the broker is somebody else's.
OURS: Final = "shouwang"
GATEWAY_ROLE: Final = "shouwang gateway"

#: Answers that mean: it is so already.
_ABSENT: Final = frozenset({"Client not found", "Role not found"})
_ROLE_EXISTS: Final = "Role already exists"

#: Every way of touching a topic by one filter, as the plugin divides them.
_WAYS: Final = ("publishClientSend", "publishClientReceive", "subscribePattern")

#: What a name may do that no role speaks of: nothing. The plugin's own default lets everybody hear what they subscribe
#: to, and the access file lets everybody subscribe; leaving a subscription harms nobody.
DEFAULT_ACCESS: Final = {
    "command": "setDefaultACLAccess",
    "acls": [
        {"acltype": "publishClientSend", "allow": False},
        {"acltype": "publishClientReceive", "allow": False},
        {"acltype": "subscribe", "allow": False},
        {"acltype": "unsubscribe", "allow": True},
    ],
}


def text_of(wanted: Wanted) -> str:
    """What the account's text says: enough to see whether the broker agrees, nothing that opens it."""
    return f"{OURS} {wanted.version} {wanted.fingerprint}"


def _role_of(username: str) -> str:
    return f"{OURS} {username}"


def _access(topics: Iterable[str]) -> list[Command]:
    return [{"acltype": way, "topic": topic, "allow": True} for topic in topics for way in _WAYS]


def _role(name: str, topics: Sequence[str]) -> list[Command]:
    """Give the role these topics and no others, whether it exists or not."""
    acls = [{"acltype": way, "topic": topic, "allow": True} for topic in topics for way in _WAYS]
    return [{"command": "createRole", "rolename": name}, {"command": "modifyRole", "rolename": name, "acls": acls}]


def _account(username: str, password: str, text: str, roles: Sequence[str], *, exists: bool) -> list[Command]:
    """Make the account, or change one that exists; a new password ends the connection made with the old one."""
    named = [{"rolename": name} for name in roles]
    if not exists:
        made = {"command": "createClient", "username": username, "password": password, "textname": text}
        return [{**made, "roles": named}]
    changed = {"command": "modifyClient", "username": username, "textname": text, "roles": named}
    # The text last: it is what says that the password was set.
    return [{"command": "setClientPassword", "username": username, "password": password}, changed]


def look_for(username: str) -> Command:
    """Ask for the account of this name; `is_ours` and `exists` read the answer."""
    return {"command": "getClient", "username": username}


def exists(answer: Mapping[str, Any]) -> bool:
    """Whether there is such an account; an answer that is neither is taken for one, and what follows is refused."""
    return answer.get("error") not in _ABSENT


def is_ours(answer: Mapping[str, Any]) -> bool:
    """Whether the account is one that this program made: no other is ever changed or deleted."""
    client = answer.get("data", {}).get("client", {})
    return str(client.get("textname", "")).split(" ")[0] == OURS


def commands_for(wanted: Wanted, *, exists: bool) -> list[Command]:
    """What brings the broker to agree with one credential, if the broker has an account of that name or not."""
    role = _role_of(wanted.username)
    if wanted.is_revoked:
        gone: list[Command] = [{"command": "deleteClient", "username": wanted.username}] if exists else []
        return [*gone, {"command": "deleteRole", "rolename": role}] if wanted.topics else gone
    assert wanted.password is not None, "what cannot be opened is never told"
    text = text_of(wanted)
    if not wanted.topics:
        return _account(wanted.username, wanted.password, text, [], exists=exists)
    told = _role(role, wanted.topics)
    return [*told, *_account(wanted.username, wanted.password, text, [role], exists=exists)]


def gateway_account(username: str, password: str, text: str, *, exists: bool) -> list[Command]:
    """The lanes' own account: everything but the broker's own topics, which no wildcard covers, and its counters."""
    return [
        *_role(GATEWAY_ROLE, ("#", "$SYS/#")),
        *_account(username, password, text, [GATEWAY_ROLE], exists=exists),
    ]


def first_error(errors: Iterable[str | None]) -> str | None:
    """The first error that means that the broker does not agree."""
    return next((error for error in errors if error not in (None, _ROLE_EXISTS, *_ABSENT)), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """Where the broker disagrees; `unknown` are accounts in our name that this database never issued."""

    tell: list[Wanted]
    unknown: int


def differences(wanted: Iterable[Wanted], found: Mapping[str, str]) -> Difference:
    """Compare every credential with the accounts at the broker, by name and text.

    An account that we never issued stays: it may be another database's, and deleting it would cut devices off.
    """
    tell, ours = [], {name for name, text in found.items() if text.split(" ")[0] == OURS}
    for one in wanted:
        text = found.get(one.username)
        ours.discard(one.username)
        if (text is not None) if one.is_revoked else (text != text_of(one)):
            tell.append(one)
    return Difference(tell=tell, unknown=len(ours))
