"""Where a rush happens: a hall of its own, a server, and the PostgreSQL that can be killed."""

import asyncio
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from bigcat_graphql import catalogue
from bigcat_graphql.clock import utc_now
from bigcat_graphql.database import DatabaseUrl, close_database, migrate, open_database
from bigcat_graphql.database.embedded import start_embedded
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import SeatType
from bigcat_graphql.money import Money

SEATS_PER_ROW = 10
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Hall:
    """The concert that everybody wants."""

    concert_id: UUID
    slug: str
    seats: int


@dataclass(frozen=True, slots=True)
class Stage:
    """All that a rush needs; `data_dir` is known where bigcat runs the PostgreSQL."""

    url: str
    database: DatabaseUrl
    data_dir: Path | None
    hall: Hall

    def kill_postgres(self) -> None:
        """End PostgreSQL, its first process and every session, by SIGKILL."""
        if self.data_dir is None:
            raise SystemExit("Only a PostgreSQL that bigcat started can be killed: --data-dir.")
        [pid_file] = self.data_dir.glob("*/postmaster.pid")
        first = int(pid_file.read_text().split()[0])
        for pid in (first, *_children_of(first)):
            with suppress(ProcessLookupError):  # a session may end by itself meanwhile
                os.kill(pid, signal.SIGKILL)

    def count_deadlocks(self) -> int | None:
        """Count the deadlocks that PostgreSQL logged; a killed one forgets its own statistics."""
        if self.data_dir is None:
            return None
        return (self.data_dir / "postgres.log").read_text(errors="replace").count("deadlock")


@asynccontextmanager
async def set_stage(
    *,
    seats: int,
    url: str | None,
    database: str | None,
    data_dir: Path | None,
    server_log: Path | None,
) -> AsyncIterator[Stage]:
    """Make the hall and start what was not given; what was started here ends here."""
    with _find_database(database, data_dir) as (where, directory):
        hall = await _build_hall(where, seats)
        if url is not None:
            yield Stage(url, where, directory, hall)
            return
        async with _serving(where, server_log) as address:
            yield Stage(address, where, directory, hall)


@contextmanager
def _find_database(
    database: str | None, data_dir: Path | None
) -> Iterator[tuple[DatabaseUrl, Path | None]]:
    if database is not None:
        yield DatabaseUrl.parse(database), data_dir
        return
    directory = data_dir or Path(tempfile.mkdtemp(prefix="bigcat-rush-"))
    if data_dir is None and os.geteuid() == 0:
        directory.chmod(0o755)  # root's PostgreSQL runs as somebody else, who must get through
    server = start_embedded(directory)
    try:
        yield server.url(), directory
    finally:
        server.close()
        # Only then: a server that still writes would leave files behind.
        server.wait_stopped()
        if data_dir is None:
            shutil.rmtree(directory)


async def _build_hall(where: DatabaseUrl, seats: int) -> Hall:
    await migrate(where)
    await open_database(where)
    try:
        mark = new_id().hex[-12:]
        venue = await catalogue.create_venue(
            catalogue.VenueDraft(
                name=f"Rush Hall {mark}", city="Austin", country="US", time_zone="America/Chicago"
            )
        )
        plan = await catalogue.publish_plan(venue.id, _draw_rows(seats))
        now = utc_now()
        concert = await catalogue.create_concert(
            catalogue.ConcertDraft(
                venue_id=venue.id,
                plan_id=plan.id,
                artists=["The Only Night"],
                starts_at=now + timedelta(days=30),
                opens_at=now - timedelta(minutes=1),
                prices=[catalogue.PriceDraft("r", Money(6500, "USD"))],
            )
        )
        return Hall(concert.id, concert.slug, seats)
    finally:
        await close_database()


def _draw_rows(seats: int) -> catalogue.PlanDraft:
    lengths = [min(SEATS_PER_ROW, seats - first) for first in range(0, seats, SEATS_PER_ROW)]
    rows = [
        catalogue.RowDraft(str(number), length, "r") for number, length in enumerate(lengths, 1)
    ]
    return catalogue.PlanDraft(
        name="Rows",
        width=600,
        height=100 + 40 * len(rows),
        tiers=[catalogue.PlanTier("r", "Seats", SeatType.REGULAR, "#1d4ed8")],
        sections=[catalogue.SectionDraft("hall", "Hall", rows)],
    )


@asynccontextmanager
async def _serving(where: DatabaseUrl, log: Path | None) -> AsyncIterator[str]:
    settings = {"DATABASE_URL": str(where)}
    with log.open("w+b") if log else tempfile.TemporaryFile() as told:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bigcat_graphql", "serve", "--port", "0"),
            env={**os.environ, **settings},
            stderr=told,
        )
        try:
            yield await _address_of(process, told.fileno())
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await asyncio.wait_for(process.wait(), _PATIENCE_SECONDS)


async def _address_of(process: asyncio.subprocess.Process, told: int) -> str:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            said = os.pread(told, 100_000, 0).decode()
            if found := re.search(r"http://localhost:\d+", said):
                return found[0]
            if process.returncode is not None:
                raise SystemExit(f"the server did not start:\n{said}")
            await asyncio.sleep(0.02)


def _children_of(pid: int) -> list[int]:
    """List a process's children, where the system tells (Linux)."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in listed.read_text().split()] if listed.exists() else []
