"""Fetches GraphiQL at set-up from a package registry, so that the explorer works offline.

`python -m bigcat_graphql.server.explorer_assets` never fails a set-up: without the files the
explorer's page says how to get them.
"""

import base64
import gzip
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ASSETS = Path(__file__).parent / "static" / "graphiql"
FILES = ("react.js", "react-dom.js", "graphiql.js", "graphiql.css", "graphql-ws.js")
_SECONDS = 20
_SOURCE_MAP = b"\n//# sourceMappingURL="


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a package: where it lies there, what we call it, and what it must be."""

    path: str
    name: str
    sha512: str


@dataclass(frozen=True, slots=True)
class Package:
    """An exact version of a package and what we take of it."""

    requirement: str
    members: tuple[Member, ...]


# GraphiQL 4.1.2 is the last release with a build for script tags; all of it is MIT-licensed.
NPM_PACKAGES = (
    Package(
        "graphiql@4.1.2",
        (
            Member(
                "package/graphiql.min.js",
                "graphiql.js",
                "0Ba/euTPBw3QSgdWxMQ2Zit1c/F2UuWAJPmu+sC7L4E+OGpn3VaQx9StqSdKmziANt5JIXyfEqDG0ptfqNzYTg==",
            ),
            Member(
                "package/graphiql.min.css",
                "graphiql.css",
                "/XJTgsof87+iGGFrCDoXnueZI1ZuOMfUGlwwF0212zMuxl9yrzpl76KwVqz59mDkugR10gxHRUIPOCTdp9RTlw==",
            ),
            Member(
                "package/LICENSE",
                "LICENSE.graphiql",
                "eImwOyt+KjTBD4XGAidXQZ75KcBXURuHJ6xDpru39S4BXfYuM9J39TqBELhXdWAAVmdfiraoRV/0XOzWSeqXYw==",
            ),
        ),
    ),
    Package(
        "react@18.3.1",
        (
            Member(
                "package/umd/react.production.min.js",
                "react.js",
                "QVs8Lo43F9lSuBykadDb0oSXDL/BbZ588urWVCRwSIoewQv/Ewg1f84mK3U790bZ0FfhFa1YSQUmIhG+pIRKeg==",
            ),
            Member(
                "package/LICENSE",
                "LICENSE.react",
                "VHYnY2M5ol17+BG5gUMDKrLEPgzMX+I2ZWqYuYoAkxKpq/LwWreomGlbvw0J5ydkA4XD1zaNFUXxNiUhVpYBmw==",
            ),
        ),
    ),
    Package(
        "react-dom@18.3.1",
        (
            Member(
                "package/umd/react-dom.production.min.js",
                "react-dom.js",
                "6a1107rTlA4gYpgHAqbwLAtxmWipBdJFcq8y5S/aTge3Bp+VAklABm2LO+Kg51vOWR9JMZq1Ovjl5tpluNpTeQ==",
            ),
        ),
    ),
    Package(
        "graphql-ws@5.16.2",
        (
            Member(
                "package/umd/graphql-ws.min.js",
                "graphql-ws.js",
                "Rk2BGVyA27R+CbNBtS7iokeifqpKJhA6tG5JgNDOYzqiOw6yO71I6HrTVZdq3/3MrcnPreZ3rbwIAQA5ufi2NA==",
            ),
            Member(
                "package/LICENSE.md",
                "LICENSE.graphql-ws",
                "bKLhs6G8lbTnJIxVZ/hOMCaq8WrgKxtUV16/0VE/zcfI3b2mTKLfwmD57v0P2GdTYoI1W77Pk6W5BVoNWtmA6A==",
            ),
        ),
    ),
)
_CARRIED = "graphene_django_graphiql_static/static/graphene_django_graphiql_static"
# Where there is no npm: a Python package that carries older builds of the same files.
PYTHON_PACKAGE = Package(
    "graphene-django-graphiql-static==0.8",
    (
        Member(
            f"{_CARRIED}/graphiql.min.js",
            "graphiql.js",
            "JshAOt5FqGQ4oSsUcS8fkElr7B2x+bk3Rgrgdne1dcZImoOWWM4KF2ZICNYQFpYxg3OHDYP0b2+dBO3IYPSrxw==",
        ),
        Member(
            f"{_CARRIED}/graphiql.min.css",
            "graphiql.css",
            "Tr/x+znkWQLDJ6aHq5aVUSllgMXY/EybQSQTawzTmdwtm5ruggbu5mx5wNQVd4+P7lbjyijCYadEqa8E31IFQg==",
        ),
        Member(
            f"{_CARRIED}/react.production.min.js",
            "react.js",
            "qlzIeUtTg7eBpmEaS12NZgxz52YYZVF5myj89mjJEesBd/oE9UPsYOX2QAXzvOAZYEvQohKdcY8zKE02ifXDmA==",
        ),
        Member(
            f"{_CARRIED}/react-dom.production.min.js",
            "react-dom.js",
            "9jGNr5Piwe8nzLLYTk8QrEMPfjGU0px80GYzKZUxi7lmCfrBjtyCc1V5kkS5vxVwwIB7Qpzc7UxLiQxfAN30dw==",
        ),
        Member(
            f"{_CARRIED}/graphql-ws.min.js",
            "graphql-ws.js",
            "KYgPSNJV7CWy6J8lrVmhUQkdUfLQTJUA060AougQP650GXw/zrx8AaDx9RJtNAof1faq1IdC8KX22Z4SYWtCMw==",
        ),
    ),
)


class AssetsUnavailable(Exception):
    """This way did not lead to the files; the text says why."""


def are_present() -> bool:
    """Tell whether the explorer has its files."""
    return all((ASSETS / name).is_file() for name in FILES)


def fetch_assets() -> str:
    """Get the files by npm, else by pip or uv, and put them in place all at once.

    Returns:
        What happened, for people.
    """
    if are_present():
        return "GraphiQL is here already."
    faults = []
    for fetch in (_fetch_by_npm, _fetch_by_python):
        with tempfile.TemporaryDirectory(prefix="bigcat-graphiql-") as scratch:
            try:
                _install(fetch(Path(scratch)))
            except (AssetsUnavailable, OSError, tarfile.TarError, zipfile.BadZipFile) as fault:
                faults.append(str(fault))
            else:
                return f"GraphiQL is ready in {ASSETS}."
    return "GraphiQL could not be fetched: " + "; ".join(faults)


def _fetch_by_npm(scratch: Path) -> dict[str, bytes]:
    npm = shutil.which("npm")
    if npm is None:
        raise AssetsUnavailable("there is no npm")
    requirements = [package.requirement for package in NPM_PACKAGES]
    _run([npm, "pack", "--silent", *requirements], scratch)
    files: dict[str, bytes] = {}
    for package in NPM_PACKAGES:
        archive = scratch / (package.requirement.replace("@", "-") + ".tgz")
        with tarfile.open(archive) as packed:
            for member in package.members:
                found = packed.extractfile(member.path)
                files[member.name] = _check(member, found.read() if found else b"")
    return files


def _fetch_by_python(scratch: Path) -> dict[str, bytes]:
    faults = []
    for command in _python_commands(scratch):
        try:
            _run(command, scratch)
            return {
                member.name: _check(member, (scratch / member.path).read_bytes())
                for member in PYTHON_PACKAGE.members
            }
        except AssetsUnavailable as fault:
            faults.append(str(fault))
    raise AssetsUnavailable("; ".join(faults) or "there is neither pip nor uv")


def _python_commands(scratch: Path) -> Iterator[list[str]]:
    options = ["--quiet", "--no-deps", "--target", str(scratch), PYTHON_PACKAGE.requirement]
    yield [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *options]
    if (uv := shutil.which("uv")) is not None:
        yield [uv, "pip", "install", "--python", sys.executable, *options]


def _run(command: list[str], directory: Path) -> None:
    try:
        subprocess.run(  # noqa: S603 - our own command, no shell
            command, cwd=directory, check=True, capture_output=True, timeout=_SECONDS
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise AssetsUnavailable(
            f"{Path(command[0]).name} failed ({type(error).__name__})"
        ) from None


def _check(member: Member, content: bytes) -> bytes:
    found = base64.b64encode(hashlib.sha512(content).digest()).decode()
    if found != member.sha512:
        raise AssetsUnavailable(f"{member.name} is not the file that we know")
    return content


def _install(files: dict[str, bytes]) -> None:
    """Put the files in place by one rename, so that half of them are never there."""
    ASSETS.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ASSETS.parent, prefix=".graphiql-") as scratch:
        made = Path(scratch) / "graphiql"
        made.mkdir(mode=0o755)
        for name, content in files.items():
            served = content.partition(_SOURCE_MAP)[0] if name.endswith(".js") else content
            (made / name).write_bytes(served)
            (made / f"{name}.gz").write_bytes(gzip.compress(served, 9, mtime=0))
        shutil.rmtree(ASSETS, ignore_errors=True)
        made.rename(ASSETS)


if __name__ == "__main__":
    print(fetch_assets())  # noqa: T201 - a command for people
