"""What a device signs in to the broker with: issued, shown once, revoked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

from console.api.registers import as_problems, refuse_out_of_sight
from console.problems import Problem, not_found
from console.rights import CREDENTIALS, READ_DEVICES
from console.routes import Call, Reply, Route
from store import credentials
from store.credentials import CredentialState, Issued, NothingToRevoke, NotRegistered
from store.registers.devices import read_device


@contextmanager
def _refusals() -> Iterator[None]:
    with as_problems():
        try:
            yield
        except NotRegistered as error:
            raise Problem(HTTPStatus.CONFLICT, "not_registered", str(error)) from error
        except NothingToRevoke as error:
            raise Problem(HTTPStatus.CONFLICT, "nothing_to_revoke", str(error)) from error


async def _refuse_unseen(call: Call) -> None:
    refuse_out_of_sight(call, (await read_device(call.context.db, call.id)).area)


async def credential(call: Call) -> Reply:
    with _refusals():
        await _refuse_unseen(call)
    found = await credentials.state_of(call.context.db, call.id)
    if found is None:
        raise not_found()
    return Reply(body=found)


async def issue(call: Call) -> Reply:
    context = call.context
    with _refusals():
        await _refuse_unseen(call)
        issued = await credentials.issue(context.db, context.keyring, call.id, by=call.user.user_id, now=call.now)
    return Reply(body=issued, status=HTTPStatus.CREATED)


async def revoke(call: Call) -> Reply:
    with _refusals():
        await _refuse_unseen(call)
        await credentials.revoke(call.context.db, call.id, by=call.user.user_id, now=call.now)
    return Reply(status=HTTPStatus.NO_CONTENT)


_PATH: Final = "/devices/{id}/credentials"

ROUTES: Final = [
    Route(
        method="GET",
        path=_PATH,
        zh="设备接入凭证的状态",
        en="How a device's credential at the broker stands",
        roles=READ_DEVICES | CREDENTIALS,
        handler=credential,
        reply=CredentialState,
    ),
    Route(
        method="POST",
        path=_PATH,
        zh="签发设备接入凭证(密码只显示一次,旧凭证立即失效)",
        en="Issue a device's credential: the password is shown once, an earlier one stops working at once",
        roles=CREDENTIALS,
        handler=issue,
        reply=Issued,
        status=201,
        refusals=(409,),
    ),
    Route(
        method="DELETE",
        path=_PATH,
        zh="吊销设备接入凭证(立即断开)",
        en="Revoke a device's credential: it is cut off at once",
        roles=CREDENTIALS,
        handler=revoke,
        status=204,
        refusals=(409,),
    ),
]
