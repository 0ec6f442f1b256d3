"""The pages' types are those of the running server, as `npm run generate` writes them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.browser.conftest import Centre

pytestmark = pytest.mark.timeout(240)

WEB: Final = Path(__file__).parents[2] / "console/web"
GENERATOR: Final = WEB / "node_modules/openapi-typescript/bin/cli.js"


def test_the_generated_types_are_those_of_the_running_server(centre: Centre, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None or not GENERATOR.exists():
        pytest.skip("the pages' development packages are not installed; `make web` brings them")
    written = tmp_path / "schema.d.ts"
    source = f"{centre.address}/api/openapi.json"
    subprocess.run(
        [node, str(GENERATOR), source, "--empty-objects-unknown", "-o", str(written)], check=True, timeout=60
    )
    assert written.read_text() == (WEB / "src/api/schema.d.ts").read_text(), "run `npm run generate` in console/web"
