"""The command: `python -m benchmarks`."""

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks import machine, report
from benchmarks.database import furnish, run_postgres
from benchmarks.jobs.turn import QUICK, Sizes
from benchmarks.rounds import CONTENDERS, JOBS, LONG_JOBS, STALLS, Run

_RESULTS = Path(__file__).parent / "results"
_FILES_OPEN = 30_000


def main(arguments: Sequence[str]) -> int:
    """Run it all; 1 if something was wrong with the bookings, or a request failed."""
    wanted = _read(arguments)
    _allow_files(_FILES_OPEN)
    cores = machine.Cores.plan()
    os.sched_setaffinity(0, cores.load)
    began = time.time()
    with tempfile.TemporaryDirectory() as scratch, run_postgres(cores) as postgres:
        print(f"PostgreSQL {postgres.version} runs; furnishing its database ...", flush=True)
        run = Run(
            postgres=postgres,
            world=furnish(postgres, Path(scratch)),
            cores=cores,
            sizes=QUICK if wanted.quick else Sizes(),
            jobs=wanted.jobs,
            logs=Path(scratch),
        )
        rounds = run.race(wanted.contenders, wanted.rounds, wanted.minutes)
    facts = machine.describe() | {
        "postgres": postgres.version,
        "rounds": str(rounds) + (", quick" if wanted.quick else ""),
        "minutes": f"{(time.time() - began) / 60:.1f}",
        "began": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(began)),
    }
    print(report.write(run, facts, wanted.results))
    return 1 if run.faults else 0


def _allow_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(count, hard)), hard))


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, help="how often each has its turn; 5, or 1 if quick")
    parser.add_argument(
        "--minutes", type=float, default=14, help="no round begins that would end later"
    )
    parser.add_argument("--quick", action="store_true", help="small and short, to try it out")
    _add_list(parser, "--jobs", (*JOBS, STALLS), LONG_JOBS)
    _add_list(parser, "--contenders", CONTENDERS)
    parser.add_argument("--results", type=Path, default=_RESULTS, help="where they are written")
    wanted = parser.parse_args(arguments)
    wanted.rounds = wanted.rounds or (1 if wanted.quick else 5)
    return wanted


def _add_list(
    parser: argparse.ArgumentParser, name: str, usual: Sequence[str], others: Iterable[str] = ()
) -> None:
    known = (*usual, *others)

    def split(text: str) -> list[str]:
        chosen = text.split(",")
        if unknown := set(chosen) - set(known):
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)} is none of {', '.join(known)}")
        return chosen

    besides = f"; only when named: {','.join(others)}" if others else ""
    parser.add_argument(name, type=split, default=list(usual), help=",".join(usual) + besides)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
