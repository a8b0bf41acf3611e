"""The directory PostgreSQL keeps its data in: made whole or not at all, and never mistaken."""

# ruff: noqa: S603 - the programs are PostgreSQL's, the words our own

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from bigcat_graphql.database.embedded.account import EmbeddedRefused, ServiceAccount
from bigcat_graphql.database.embedded.binaries import major_version

SUPERUSER = "postgres"
DATABASE = "bigcat"
# Code point order, but letters known beyond ASCII: with plain C, pg_trgm drops every other letter
# and ILIKE folds none. The names differ: glibc and musl, older glibc, macOS.
_CHARACTER_TYPES = ("C.UTF-8", "en_US.UTF-8", "UTF-8")


def find_cluster(root: Path, binaries: Path, account: ServiceAccount, *, durable: bool) -> Path:
    """Give the cluster of these binaries' major version, made now unless it is there.

    Raises:
        EmbeddedRefused: only another version's data is there, or initdb fails.
    """
    major = major_version(binaries)
    cluster = root / f"data{major}"
    _sweep_drafts(root)
    if not (cluster / "PG_VERSION").exists():
        _refuse_other_versions(root, major)
        _make(cluster, binaries, account, durable=durable)
    return cluster


def _sweep_drafts(root: Path) -> None:
    # What a killed initdb or copy left behind. We hold the keeper's lock, so nobody is at work.
    for draft in (*root.glob("data-draft-*"), *root.glob("binaries-draft-*")):
        shutil.rmtree(draft, ignore_errors=True)


def _refuse_other_versions(root: Path, major: int) -> None:
    others = sorted(found.parent.name for found in root.glob("data*/PG_VERSION"))
    if others:
        raise EmbeddedRefused(
            f"{root} holds {', '.join(others)}, and the PostgreSQL found here is {major}: dump the"
            " data with its own version and restore it, or set BIGCAT_PG_BIN to that version"
        )


def _make(cluster: Path, binaries: Path, account: ServiceAccount, *, durable: bool) -> None:
    draft = Path(tempfile.mkdtemp(dir=cluster.parent, prefix="data-draft-"))
    account.own(draft)
    _initdb(draft, binaries, account, durable=durable)
    _create_database(draft, binaries, account, durable=durable)
    draft.rename(cluster)
    if durable:
        _sync_directory(cluster.parent)


def _initdb(draft: Path, binaries: Path, account: ServiceAccount, *, durable: bool) -> None:
    # "trust" is for those who reach the socket: its directory is for one account alone.
    command = [str(binaries / "initdb"), "-D", str(draft), "-U", SUPERUSER, "-A", "trust"]
    command += ["--no-instructions", "--encoding=UTF8", "--locale=C"]
    command += [] if durable else ["--no-sync"]
    faults = []
    for character_type in _CHARACTER_TYPES:
        ended = subprocess.run(
            [*command, f"--lc-ctype={character_type}"],
            capture_output=True,
            text=True,
            check=False,
            **account.spawn_options(),
        )
        if ended.returncode == 0:
            return
        faults.append(ended.stderr.strip())
    raise EmbeddedRefused("initdb failed:\n" + "\n".join(dict.fromkeys(faults)))


def _create_database(
    draft: Path, binaries: Path, account: ServiceAccount, *, durable: bool
) -> None:
    # Before the directory gets its name: a cluster that is there has its database.
    fsync = "on" if durable else "off"
    ended = subprocess.run(
        [binaries / "postgres", "--single", "-D", draft, "-c", f"fsync={fsync}", "postgres"],
        input=f"CREATE DATABASE {DATABASE};\n",
        capture_output=True,
        text=True,
        check=False,
        **account.spawn_options(),
    )
    if ended.returncode != 0:
        raise EmbeddedRefused(f"the first database could not be made:\n{ended.stderr.strip()}")


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
