"""What the pages offer a role is what the server lets it do: the two tables of rights are one."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from console import rights
from console.api import sources
from rules.domain.policy_value import BUILTIN
from rules.domain.suppression import may_be_held
from rules.domain.vocabulary import Class

WEB: Final = Path(__file__).parents[2] / "console/web"
BUILDER: Final = WEB / "node_modules/esbuild/bin/esbuild"
#: The page's word for a deed, and the server's set of roles for it.
DEEDS: Final = {
    "watchCases": rights.READ_CASES,
    "keepDuty": rights.DUTY,
    "takeSteps": rights.STEPS,
    "reportCalls": rights.REPORT_CALLS,
    "callBehindOutages": rights.OUTAGE_CALLS,
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
    "readTracks": rights.TRACKS,
    "readHolders": rights.READ_HOLDERS,
    "keepAbsences": rights.ABSENCES,
    "keepSilences": rights.SILENCES,
    "planVisits": rights.PLAN_VISITS,
    "checkIn": rights.CHECK_IN,
    "keepTasks": rights.TASKS,
    "keepStorms": rights.STORMS,
    "proposePolicies": rights.PROPOSE_POLICIES,
    "approvePolicies": rights.APPROVE_POLICIES,
    "commissionSources": sources._MAY_COMMISSION,  # a rule of one route: it has no set of its own among the rights
}


def of_the_pages(path: str, name: str, folder: Path) -> Any:
    """What a file of the pages exports under this name, as JavaScript gives it."""
    node = shutil.which("node")
    if node is None or not BUILDER.exists():
        pytest.skip("the pages' development packages are not installed; `make web` brings them")
    built = folder / f"{name}.mjs"
    subprocess.run(
        [str(BUILDER), str(WEB / path), "--format=esm", f"--outfile={built}"],
        check=True, timeout=60, capture_output=True,
    )  # fmt: skip
    script = f"import({json.dumps(built.as_uri())}).then(m => console.log(JSON.stringify(m.{name})))"
    told = subprocess.run([node, "-e", script], check=True, timeout=60, capture_output=True, text=True)
    return json.loads(told.stdout)


def test_every_deed_of_the_pages_has_the_roles_of_the_server(tmp_path: Path) -> None:
    offered = of_the_pages("src/state/rights.ts", "RIGHTS", tmp_path)
    assert {deed: sorted(set(roles)) for deed, roles in offered.items()} == {
        deed: sorted(roles) for deed, roles in DEEDS.items()
    }


def test_the_pages_offer_to_silence_what_may_be_held_and_nothing_else(tmp_path: Path) -> None:
    offered = of_the_pages("src/state/holdable.ts", "HOLDABLE", tmp_path)
    rows = [BUILTIN.row(class_) for class_ in Class]
    assert sorted(offered) == sorted(row.class_ for row in rows if may_be_held(row.class_, row.family, row.priority))
