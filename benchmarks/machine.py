"""The machine: who may run on which core, and who used how much of them."""

import os
import platform
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_QUIET_CORES = 0.15
_LOOK_SECONDS = 0.5
# What /proc/PID/stat says after the name in brackets.
_PARENT, _FIRST_TIME = 1, 11


@dataclass(frozen=True, slots=True)
class Cores:
    """Servers and PostgreSQL share `server`; `load` is this process, which makes the requests."""

    server: frozenset[int]
    load: frozenset[int]

    @classmethod
    def plan(cls) -> "Cores":
        """Take two cores, or twice the only one."""
        allowed = sorted(os.sched_getaffinity(0))
        return cls(frozenset(allowed[:1]), frozenset(allowed[1:2] or allowed[:1]))

    @contextmanager
    def of_server(self) -> Iterator[None]:
        """Let whatever is started meanwhile run where servers do, its children included."""
        os.sched_setaffinity(0, self.server)
        try:
            yield
        finally:
            os.sched_setaffinity(0, self.load)


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU seconds within some wall seconds; `foreign_cores` is what others took of the machine."""

    wall_seconds: float
    server_seconds: float
    postgres_seconds: float
    load_cores: float
    foreign_cores: float


class Meter:
    """Counts CPU time of a server and PostgreSQL, each with its children, from its making on."""

    def __init__(self, server_pid: int | None, postgres_pid: int) -> None:
        self._pids = (server_pid, postgres_pid)
        self._before = self._read()

    def stop(self) -> Spent:
        """Say what was spent."""
        after = self._read()
        wall, server, postgres, load, all_of_it = (
            late - early for early, late in zip(self._before, after, strict=True)
        )
        foreign = max(0.0, all_of_it - server - postgres - load)
        return Spent(wall, server, postgres, load / wall, foreign / wall)

    def _read(self) -> tuple[float, ...]:
        server, postgres = (cpu_seconds(pid) if pid else 0.0 for pid in self._pids)
        # With ended children: pgbench makes its own load.
        ours = sum(os.times()[:4])
        return (time.perf_counter(), server, postgres, ours, _busy_seconds())


def cpu_seconds(root: int) -> float:
    """Sum the CPU time of a process and its descendants, ended ones included."""
    times = (_stat(pid)[_FIRST_TIME : _FIRST_TIME + 4] for pid in family(root))
    return sum(sum(map(int, four)) for four in times) / _TICKS


def thread_seconds(pid: int) -> float:
    """Give the CPU time of a process's first thread, to the nanosecond; the kernel ticks in 10 ms.

    That is the thread of the event loop.
    """
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def memory_bytes(root: int) -> int:
    """Sum the resident memory of a process and its descendants."""
    total = 0
    for pid in family(root):
        with suppress(OSError):
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    return total


def family(root: int) -> list[int]:
    """List a process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))):
            children.setdefault(int(stat[_PARENT]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def wait_for_quiet(most_seconds: float) -> bool:
    """Wait until the whole machine is at rest, at most so long; tell whether it came to rest."""
    until = time.monotonic() + most_seconds
    while True:
        busy = _busy_seconds()
        time.sleep(_LOOK_SECONDS)
        if (_busy_seconds() - busy) / _LOOK_SECONDS < _QUIET_CORES:
            return True
        if time.monotonic() > until:
            return False


def describe() -> dict[str, str]:
    """Say what this runs on."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PHYS_PAGES") * _PAGE / 2**30
    return {
        "machine": f"{len(models)} x {models[0] if models else platform.machine()}",
        "memory": f"{memory:.0f} GiB",
        "python": f"{platform.python_version()}, {_build_of_python()}",
        "node": _version_of(["node", "--version"]),
    }


def _build_of_python() -> str:
    if sys.base_prefix == "/usr":
        return "the distribution's"  # optimized, though its configuration does not say so
    built = sysconfig.get_config_var("CONFIG_ARGS") or ""
    return "optimized" if "--enable-optimizations" in built else "built without optimizations"


def _version_of(command: Sequence[str]) -> str:
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own words
    except (OSError, subprocess.CalledProcessError):
        return "none"
    return answer.stdout.strip()


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _busy_seconds() -> float:
    with Path("/proc/stat").open() as file:
        user, nice, system, _idle, _wait, *rest = map(int, file.readline().split()[1:9])
    return (user + nice + system + sum(rest)) / _TICKS
