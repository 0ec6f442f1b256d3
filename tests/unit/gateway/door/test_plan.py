"""What the broker is told, worked out from what is wanted and what is there."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.door import plan
from store.credentials import Wanted


def wanted(**changes: Any) -> Wanted:
    values: dict[str, Any] = {
        "id": 1, "username": "knopf-1", "topics": (), "version": 3, "is_revoked": False, "password": "secret",
        "fingerprint": "0a1b2c3d", "failures": 0,
    }  # fmt: skip
    return Wanted(**values | changes)


def told(one: Wanted, *, exists: bool) -> list[str]:
    return [command["command"] for command in plan.commands_for(one, exists=exists)]


REVOKED = {"is_revoked": True, "password": None, "fingerprint": ""}


def test_a_device_is_an_account_without_a_role() -> None:
    (command,) = plan.commands_for(wanted(), exists=False)
    assert command == {
        "command": "createClient", "username": "knopf-1", "password": "secret", "textname": "shouwang 3 0a1b2c3d",
        "roles": [],
    }  # fmt: skip


def test_the_text_that_says_the_password_was_set_comes_after_it() -> None:
    assert told(wanted(), exists=True) == ["setClientPassword", "modifyClient"]


def test_a_bridge_has_its_role_before_its_account() -> None:
    one = wanted(username="z@bridge", topics=("zigbee2mqtt/#",))
    assert told(one, exists=False) == ["createRole", "modifyRole", "createClient"]
    assert told(one, exists=True) == ["createRole", "modifyRole", "setClientPassword", "modifyClient"]
    role = plan.commands_for(one, exists=False)[1]
    assert {acl["topic"] for acl in role["acls"]} == {"zigbee2mqtt/#"}
    assert all(acl["allow"] for acl in role["acls"])


@pytest.mark.parametrize(
    ("topics", "exists", "commands"),
    [((), True, ["deleteClient"]), ((), False, []), (("z/#",), True, ["deleteClient", "deleteRole"])],
)
def test_a_revoked_one_is_deleted_where_it_is(topics: tuple[str, ...], exists: bool, commands: list[str]) -> None:
    assert told(wanted(topics=topics, **REVOKED), exists=exists) == commands


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([], None),
        ([None, None], None),
        (["Role already exists", None], None),
        (["Client not found"], None),
        ([None, "Internal error"], "Internal error"),
        (["Client already exists"], "Client already exists"),
    ],
)
def test_what_is_so_already_is_no_error(answers: list[str | None], error: str | None) -> None:
    assert plan.first_error(answers) == error


@pytest.mark.parametrize(
    ("answer", "exists", "ours"),
    [
        ({"error": "Client not found"}, False, False),
        ({"error": "Internal error"}, True, False),
        ({}, True, False),
        ({"data": {"client": {"username": "a", "textname": "shouwang 1 00ff"}}}, True, True),
        ({"data": {"client": {"username": "a", "textname": "shouwangs"}}}, True, False),
        ({"data": {"client": {"username": "a"}}}, True, False),
        ({"data": {"client": {"username": "a", "textname": "Dynsec admin user"}}}, True, False),
    ],
)
def test_an_account_is_ours_only_where_it_says_so(answer: dict[str, Any], exists: bool, ours: bool) -> None:
    assert (plan.exists(answer), plan.is_ours(answer)) == (exists, ours)


def test_only_what_differs_is_told_again() -> None:
    agreed, older, gone = wanted(), wanted(username="older"), wanted(username="gone")
    revoked, cut_off = wanted(username="revoked", **REVOKED), wanted(username="cut-off", **REVOKED)
    found = {
        "knopf-1": "shouwang 3 0a1b2c3d",
        "older": "shouwang 2 0a1b2c3d",
        "revoked": "shouwang 2 0a1b2c3d",
        "admin": "Dynsec admin user",
        "another-database": "shouwang 1 ffffffff",
    }
    difference = plan.differences([agreed, older, gone, revoked, cut_off], found)
    assert [one.username for one in difference.tell] == ["older", "gone", "revoked"]
    assert difference.unknown == 1


def test_another_password_of_the_same_version_differs() -> None:
    """A database restored from an older copy counts anew."""
    assert plan.differences([wanted()], {"knopf-1": "shouwang 3 ffffffff"}).tell == [wanted()]


def test_nothing_is_open_by_default() -> None:
    acls = {acl["acltype"]: acl["allow"] for acl in plan.DEFAULT_ACCESS["acls"]}  # type: ignore[attr-defined]  # a plain dict of JSON
    assert acls == {
        "publishClientSend": False, "publishClientReceive": False, "subscribe": False, "unsubscribe": True,
    }  # fmt: skip
