"""How each contender is started, and stopped."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.database import SECRETS, Postgres
from benchmarks.dialects import Bare, Bigcat, Dialect, Plain
from benchmarks.machine import Cores
from benchmarks.world import World

HERE = Path(__file__).parent
_START_SECONDS = 60.0
_STOP_SECONDS = 15.0
_FILES = ("peers.mjs", "mercurius.mjs", "yoga.mjs", "schema.graphql")

# Exactly these, so that a run next year has the same peers.
_NODE_PACKAGES = (
    "fastify@5.12.8",
    "graphql@16.15.0",
    "graphql-ws@6.4.2",
    "graphql-yoga@5.24.1",
    "mercurius@16.10.1",
    "pg@8.23.1",
    "ws@8.23.0",
)

# One address makes all requests here, and each buyer keeps many bookings: the budgets that protect
# a box office from one caller are set out of the way, by its own settings; they are still kept.
_BIGCAT = {
    **SECRETS,
    "BIGCAT_RATE_POINTS": "1000000000",
    "BIGCAT_RATE_POINTS_PER_SECOND": "1000000000",
    "BIGCAT_BOOKINGS_PER_MINUTE": "1000000000",
    "BIGCAT_JOINS_PER_MINUTE": "1000000000",
    "BIGCAT_WATCHES_PER_MINUTE": "1000000000",
    "BIGCAT_PENDING_BOOKINGS_MAX": "1000000",
    "BIGCAT_SEAT_MINUTES_PER_TICKET": "100000",
    "BIGCAT_MAX_CONNECTIONS": "20000",
    "BIGCAT_MAX_SOCKETS": "15000",
    "BIGCAT_QUEUE_JOINS_PER_SECOND": "1000000",
    "BIGCAT_BEACON_URL": "off",
    "BIGCAT_LOG_LEVEL": "warning",
    "BIGCAT_EXPLORER": "false",
}


class Unavailable(Exception):
    """A contender cannot run here; the text says why."""


@dataclass(frozen=True, slots=True)
class Contender:
    """Somebody who takes part, as an HTTP server; `command` is given the port."""

    name: str
    title: str
    command: Callable[[int], Sequence[str]]
    speaks: Callable[[World], Dialect]
    environment: Mapping[str, str] | None = None
    directory: Path | None = None
    jobs: frozenset[str] | None = None  # None: all of them


@dataclass(frozen=True, slots=True)
class Running:
    """A contender that answers."""

    contender: Contender
    pid: int
    port: int


def find_contender(name: str) -> Contender:
    """Make a contender ready to start.

    Raises:
        Unavailable: it cannot run here.
    """
    return _KNOWN[name]()


def _bigcat(module: str = "bigcat_graphql") -> Contender:
    def command(port: int) -> list[str]:
        return [sys.executable, "-m", module, "serve", "--port", str(port)]

    return Contender(
        "bigcat", "bigcat", command, lambda world: Bigcat(world.plan_version), environment=_BIGCAT
    )


def find_watched_bigcat() -> Contender:
    """Make ready a bigcat whose event loop is watched, see `benchmarks.watched`."""
    return _bigcat("benchmarks.watched")


def _floor() -> Contender:
    return Contender("floor", "Starlette + asyncpg", _uvicorn("floor"), lambda _: Bare())


def _broadcast() -> Contender:
    return Contender(
        "broadcast",
        "uvicorn, one text to all",
        _uvicorn("broadcast"),
        lambda _: Bare(),
        jobs=frozenset({"live", "crowd"}),
    )


def _writes() -> Contender:
    return replace(
        _broadcast(),
        name="writes",
        title="write(2) of finished frames",
        environment={"BROADCAST_WRITES": "1"},
    )


def _stock() -> Contender:
    return Contender("stock", "Strawberry + Tortoise", _uvicorn("stock"), lambda _: Plain())


def _uvicorn(app: str) -> Callable[[int], list[str]]:
    options = "--loop uvloop --http httptools --no-access-log --log-level warning --backlog 2048"
    options += " --ws-per-message-deflate false"
    start = [sys.executable, "-m", "uvicorn", f"benchmarks.contenders.{app}:app"]
    return lambda port: [*start, *options.split(), "--port", str(port)]


def _mercurius() -> Contender:
    return _node("mercurius", "Mercurius (jit)")


def _yoga() -> Contender:
    return _node("yoga", "GraphQL Yoga")


def _node(name: str, title: str) -> Contender:
    return Contender(
        name,
        title,
        lambda port: ["node", f"{name}.mjs", str(port)],
        lambda _: Plain(),
        environment={"NODE_ENV": "production"},
        directory=_install_node_peers(),
    )


def _install_node_peers() -> Path:
    if not (shutil.which("npm") and shutil.which("node")):
        raise Unavailable("npm and node are not installed")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = hashlib.sha256(" ".join(_NODE_PACKAGES).encode()).hexdigest()[:12]
    place = cache / "bigcat-benchmarks" / f"node-{digest}"
    if not (place / "installed").exists():
        _install(place)
    for name in _FILES:
        shutil.copy(HERE / "node" / name, place / name)
    shutil.copy(HERE / "reserve.sql", place / "reserve.sql")
    return place


def _install(place: Path) -> None:
    place.mkdir(parents=True, exist_ok=True)
    (place / "package.json").write_text('{"private": true}')
    command = ["npm", "install", "--save-exact", "--ignore-scripts", *_NODE_PACKAGES]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode:
        raise Unavailable(f"npm install failed: {done.stderr.strip()[-300:]}")
    (place / "installed").touch()


_KNOWN: dict[str, Callable[[], Contender]] = {
    "bigcat": _bigcat,
    "floor": _floor,
    "broadcast": _broadcast,
    "writes": _writes,
    "stock": _stock,
    "mercurius": _mercurius,
    "yoga": _yoga,
}
NAMES = tuple(_KNOWN)


@contextmanager
def run(
    contender: Contender, postgres: Postgres, database: str, *, cores: Cores, logs: Path
) -> Iterator[Running]:
    """Run a contender on a database until the end of the block.

    Raises:
        Unavailable: it does not start.
    """
    port = _free_port()
    log = logs / f"{contender.name}.log"
    with log.open("ab") as output, cores.of_server():
        process = subprocess.Popen(  # noqa: S603 - our own words
            contender.command(port),
            cwd=contender.directory or HERE.parents[1],
            env={**os.environ, **postgres.environment(database), **(contender.environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_healthy(process, port, log)
        yield Running(contender, process.pid, port)
    finally:
        _stop(process)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_healthy(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    raise Unavailable(f"it did not start: {log.read_text(errors='replace').strip()[-600:]}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
