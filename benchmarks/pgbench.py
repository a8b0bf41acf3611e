"""pgbench: the reserve statement alone, one transaction a booking, and no server in front.

What PostgreSQL itself can do with this statement on this core; it takes part in book and idle.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.contenders.start import HERE
from benchmarks.database import Postgres
from benchmarks.jobs.book import CLIENTS
from benchmarks.jobs.turn import Figures, Sizes, cost_of, percentile
from benchmarks.machine import Meter
from benchmarks.world import HALL_COUNT, HALL_SEATS, World

# Client and counter together say which booking this is: a pair of seats of its own, in a hall
# that changes each time, in random order.
_DRAW = f"""
\\set i :i + 1
\\set number :i * :clients + :client_id
\\set hall :number % {HALL_COUNT} + 1
\\set pair :number / {HALL_COUNT}
\\set one permute(2 * :pair, {HALL_SEATS}, 7)
\\set two permute(2 * :pair + 1, {HALL_SEATS}, 7)
\\set buyer random(1, 1000)
"""
_IDLE_SECONDS = 1


def measure_book(postgres: Postgres, database: str, world: World, sizes: Sizes) -> Figures:
    """Book with 32 clients."""
    seconds = round(sizes.warm_seconds + sizes.book_seconds)
    return _run(postgres, database, world, (CLIENTS, seconds, sizes.warm_seconds))


def measure_idle(postgres: Postgres, database: str, world: World) -> Figures:
    """Book with one client."""
    return _run(postgres, database, world, (1, _IDLE_SECONDS + 1, _IDLE_SECONDS))


def _run(postgres: Postgres, database: str, world: World, load: tuple[int, int, float]) -> Figures:
    clients, seconds, warm_seconds = load
    with tempfile.TemporaryDirectory() as scratch:
        script = Path(scratch, "reserve.sql")
        script.write_text(_write_script(world))
        command = [
            *(str(postgres.programs / "pgbench"), "--no-vacuum", "--protocol=prepared"),
            *(f"--client={clients}", "--jobs=1", f"--time={seconds}", f"--file={script}"),
            *("--define=i=-1", f"--define=clients={clients}"),
            *("--log", f"--log-prefix={scratch}/log"),
        ]
        meter = Meter(None, postgres.pid)
        environment = {**os.environ, **postgres.environment(database)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 - PostgreSQL's own program
        spent = meter.stop()
        log = sorted(_read_log(Path(scratch)))
    start = log[0][0]
    warm = [latency for at, latency in log if at - start > warm_seconds]
    return {
        "per_second": len(warm) / (log[-1][0] - start - warm_seconds),
        "p50_ms": percentile(warm, 0.5),
        "p99_ms": percentile(warm, 0.99),
        "won": len(log),
        "failed": float(_failures(done.stdout)),
        **cost_of(spent, len(log)),
    }


def _write_script(world: World) -> str:
    halls = ", ".join(f"'{hall}'" for hall in world.halls)
    buyers = ", ".join(f"'{buyer.account_id}'" for buyer in world.buyers[:1000])
    values = {
        "$1": f"(ARRAY[{halls}]::uuid[])[:hall]",
        "$2": "lpad(to_hex(:number::bigint), 32, '0')::uuid",
        "$3": "ARRAY[:one, :two]",
        "$4": f"(ARRAY[{buyers}]::uuid[])[:buyer]",
        "$5": "'P' || to_hex(:number::bigint)",
    }
    lines = (HERE / "reserve.sql").read_text().splitlines()
    statement = "\n".join(line for line in lines if not line.startswith("--"))
    for placeholder, expression in values.items():
        statement = statement.replace(placeholder, expression)
    return f"{_DRAW}{statement};\n"


def _read_log(scratch: Path) -> Iterator[tuple[float, float]]:
    """Give when each transaction ended, and how long it took, in seconds."""
    for file in scratch.glob("log.*"):
        for line in file.read_text().splitlines():
            _client, _number, microseconds, _script, second, fraction = line.split()[:6]
            yield int(second) + int(fraction) / 1e6, int(microseconds) / 1e6


def _failures(output: str) -> int:
    found = re.search(r"number of failed transactions: (\d+)", output)
    return int(found[1]) if found else 0
