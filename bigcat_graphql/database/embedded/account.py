"""Who PostgreSQL runs as: ourselves, or for root an account that exists already."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class EmbeddedRefused(Exception):
    """bigcat cannot run a PostgreSQL of its own here; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """The account of the server's processes; `switches` when it is not ours."""

    name: str
    uid: int
    gid: int
    switches: bool

    def spawn_options(self) -> dict[str, Any]:
        """Give what `subprocess` needs to run something as this account."""
        options: dict[str, Any] = {"env": _plain_environment(), "cwd": "/"}
        if self.switches:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def own(self, path: Path) -> None:
        """Hand a file or directory over to this account."""
        if self.switches:
            os.chown(path, self.uid, self.gid)

    def check_reaches(self, path: Path) -> None:
        """Refuse a directory that this account may not enter.

        Raises:
            EmbeddedRefused: a directory above it keeps the account out; we open none.
        """
        # By the account itself: subprocess would enter a `cwd` before it changes the user.
        tried = subprocess.run(  # noqa: S603 - our own words
            ["/bin/sh", "-c", 'cd "$0"', path],
            check=False,
            stderr=subprocess.DEVNULL,
            **self.spawn_options(),
        )
        if tried.returncode != 0:
            raise EmbeddedRefused(
                f"PostgreSQL runs as {self.name!r}, who may not enter {path}:"
                " set BIGCAT_DATA_DIR to a place everybody may pass through, as /var/lib/bigcat"
            )


def find_account() -> ServiceAccount:
    """Choose the account, and prove that we may become it.

    Raises:
        EmbeddedRefused: there is none, or this root may not change its user.
    """
    if os.geteuid() != 0:
        return _ourselves()
    account = _unprivileged()
    try:
        subprocess.run(["/bin/true"], check=False, **account.spawn_options())
    except PermissionError:
        raise EmbeddedRefused(
            "root without CAP_SETUID and CAP_SETGID cannot run PostgreSQL:"
            " start bigcat as another user, or set DATABASE_URL"
        ) from None
    return account


def _ourselves() -> ServiceAccount:
    uid = os.geteuid()
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        raise EmbeddedRefused(
            f"user id {uid} has no line in /etc/passwd, and PostgreSQL wants one:"
            " add it, or set DATABASE_URL"
        ) from None
    return ServiceAccount(name, uid, os.getegid(), switches=False)


def _unprivileged() -> ServiceAccount:
    # PostgreSQL refuses to run as root. An account is chosen, never created.
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServiceAccount(name, found.pw_uid, found.pw_gid, switches=True)
    raise EmbeddedRefused(
        "PostgreSQL does not run as root and there is no account 'postgres' or 'nobody':"
        " start bigcat as another user, or set DATABASE_URL"
    )


def _plain_environment() -> dict[str, str]:
    """Drop what changes PostgreSQL's language, place or libraries behind our back."""
    dropped = ("PG", "LC_", "LANG", "LD_PRELOAD")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    home = {"HOME": "/"} if os.geteuid() == 0 else {}
    return kept | home | {"LC_ALL": "C", "TZ": "UTC"}
