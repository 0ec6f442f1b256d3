"""What the pages offer a role is what the server lets it do: the two tables of rights are one."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from console import rights
from console.api import sources

WEB: Final = Path(__file__).parents[2] / "console/web"
BUILDER: Final = WEB / "node_modules/esbuild/bin/esbuild"
#: The page's word for a deed, and the server's set of roles for it.
DEEDS: Final = {
    "watchCases": rights.READ_CASES,
    "keepDuty": rights.DUTY,
    "readPeople": rights.READ_PEOPLE,
    "writePeople": rights.WRITE_PEOPLE,
    "readDevices": rights.READ_DEVICES,
    "writeDevices": rights.WRITE_DEVICES,
    "testDevices": rights.TEST_DEVICES,
    "commandDevices": rights.COMMAND_DEVICES,
    "issueCredentials": rights.CREDENTIALS,
    "readDeadLetters": rights.DEAD_LETTERS,
    "replay": rights.REPLAY,
    "readSources": rights.READ_SOURCES,
    "writeSources": rights.WRITE_SOURCES,
    "keepStorms": rights.STORMS,
    "proposePolicies": rights.PROPOSE_POLICIES,
    "approvePolicies": rights.APPROVE_POLICIES,
    "commissionSources": sources._MAY_COMMISSION,  # a rule of one route: it has no set of its own among the rights
}


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The page's table, as JavaScript gives it."""
    node = shutil.which("node")
    if node is None or not BUILDER.exists():
        pytest.skip("the pages' development packages are not installed; `make web` brings them")
    built = tmp_path_factory.mktemp("rights") / "rights.mjs"
    subprocess.run(
        [str(BUILDER), str(WEB / "src/state/rights.ts"), "--format=esm", f"--outfile={built}"],
        check=True, timeout=60, capture_output=True,
    )  # fmt: skip
    script = f"import({json.dumps(built.as_uri())}).then(m => console.log(JSON.stringify(m.RIGHTS)))"
    told = subprocess.run([node, "-e", script], check=True, timeout=60, capture_output=True, text=True)
    table: dict[str, list[str]] = json.loads(told.stdout)
    return table


def test_every_deed_of_the_pages_has_the_roles_of_the_server(offered: dict[str, list[str]]) -> None:
    assert {deed: sorted(set(roles)) for deed, roles in offered.items()} == {
        deed: sorted(roles) for deed, roles in DEEDS.items()
    }
