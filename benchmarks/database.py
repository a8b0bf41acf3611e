"""The PostgreSQL server of a run: one furnished template, and a fresh copy for each contender."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from benchmarks.machine import Cores
from benchmarks.world import World
from bigcat_graphql.database import DatabaseUrl
from bigcat_graphql.database.embedded import EmbeddedServer, start_embedded
from bigcat_graphql.database.embedded.binaries import find_binaries

# Tokens made when furnishing must be good in every server of the run, to its end.
SECRETS = {
    "BIGCAT_SECRET_KEY": "only-for-benchmarks-only-for-benchmarks",
    "BIGCAT_ACCESS_TOKEN_SECONDS": "86400",
}
_TEMPLATE = "furnished"
_SETTINGS = {
    "shared_buffers": "512MB",
    "max_connections": "200",
    # No checkpoint by the clock or by volume falls into one contender's turn: each turn begins
    # with one.
    "checkpoint_timeout": "1h",
    "max_wal_size": "8GB",
    "shared_preload_libraries": "pg_stat_statements",
}
_COUNTING = "ALTER SYSTEM SET pg_stat_statements.track = '{}'"

# What must never be, whoever did the booking.
_FAULTS = {
    "seats taken without an active booking": """
        SELECT count(*) FROM seat s LEFT JOIN booking b
          ON b.concert_id = s.concert_id AND b.id = s.booking_id
         WHERE s.status IN ('R', 'B') AND b.status IS DISTINCT FROM 'PENDING'
           AND b.status IS DISTINCT FROM 'CONFIRMED'""",
    "bookings with other than their seats": """
        SELECT count(*) FROM booking b
         WHERE b.status IN ('PENDING', 'CONFIRMED') AND b.seat_count IS DISTINCT FROM (
               SELECT count(*) FROM seat s
                WHERE s.concert_id = b.concert_id AND s.booking_id = b.id)""",
    "bookings with a wrong total": """
        SELECT count(*) FROM booking b
         WHERE b.status = 'PENDING' AND b.total_minor IS DISTINCT FROM (
               SELECT sum(s.price_minor) FROM seat s
                WHERE s.concert_id = b.concert_id AND s.booking_id = b.id)""",
}
_BOOKED = "SELECT count(*) FROM booking WHERE status = 'PENDING'"


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server; `programs` is where its `pgbench` lies."""

    server: EmbeddedServer
    pid: int
    programs: Path
    version: str

    def url(self, name: str) -> DatabaseUrl:
        """Say where one of its databases is."""
        return self.server.url(name)

    def environment(self, name: str) -> dict[str, str]:
        """Say it to whatever knows libpq's variables: node-postgres, asyncpg, pgbench."""
        url = self.url(name)
        return {
            "PGHOST": url.host,
            "PGPORT": str(url.port),
            "PGUSER": url.user,
            "PGDATABASE": name,
            "DATABASE_URL": str(url),
        }

    async def renew(self, name: str) -> None:
        """Make a database anew, as the template is, and write everything to disk."""
        await self.command(
            f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)',
            f'CREATE DATABASE "{name}" TEMPLATE "{_TEMPLATE}"',
            "CHECKPOINT",
        )

    async def command(self, *statements: str, name: str = "postgres") -> None:
        """Run statements, each in a transaction of its own."""
        connection = await self.connect(name)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def count_statements(self, *, on: bool) -> None:
        """Begin or end counting; it costs a little, so it is on for one job only."""
        await self.command(_COUNTING.format("top" if on else "none"), "SELECT pg_reload_conf()")

    async def connect(self, name: str) -> "asyncpg.Connection[asyncpg.Record]":
        """Open a connection."""
        return await asyncpg.connect(**self.url(name).connect_arguments())

    async def check(self, name: str) -> tuple[int, dict[str, int]]:
        """Count the bookings made, and whatever is wrong with them."""
        connection = await self.connect(name)
        try:
            faults = {what: await connection.fetchval(sql) for what, sql in _FAULTS.items()}
            return await connection.fetchval(_BOOKED), faults
        finally:
            await connection.close()


@contextmanager
def run_postgres(cores: Cores) -> Iterator[Postgres]:
    """Run a server in a directory of its own, durable as in production, and remove both."""
    root = Path(tempfile.gettempdir()) / f"bigcat-benchmarks-{os.getpid()}"
    try:
        with cores.of_server():
            server = start_embedded(root, settings=_SETTINGS)
        with server:
            yield _describe(server, root)
        server.wait_stopped()
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _describe(server: EmbeddedServer, root: Path) -> Postgres:
    pid_file = next(root.glob("data*/postmaster.pid"))
    programs = find_binaries()
    version = subprocess.run(  # noqa: S603 - PostgreSQL's own program
        [programs / "postgres", "-V"], capture_output=True, text=True, check=True
    )
    pid = int(pid_file.read_text().splitlines()[0])
    return Postgres(server, pid, programs, version.stdout.split()[2])


def furnish(postgres: Postgres, scratch: Path) -> World:
    """Fill the template."""
    asyncio.run(_make_template(postgres))
    file = scratch / "world.json"
    subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "benchmarks.furnish", str(file)],
        env={**os.environ, **SECRETS, **postgres.environment(_TEMPLATE)},
        check=True,
    )
    return World.load(file)


async def _make_template(postgres: Postgres) -> None:
    await postgres.count_statements(on=False)
    await postgres.command(f'CREATE DATABASE "{_TEMPLATE}"')
    await postgres.command("CREATE EXTENSION pg_stat_statements", name=_TEMPLATE)
