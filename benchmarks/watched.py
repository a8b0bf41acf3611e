"""bigcat with a watch on its event loop: how long one turn of it kept everything else waiting.

Run in place of `python -m bigcat_graphql`. At each SIGUSR1 it appends what it saw since the last
one to the file that BENCHMARK_STALLS names, a line of JSON.
"""

import asyncio
import os
import signal
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import orjson
import uvloop

from bigcat_graphql.cli import main

FILE = "BENCHMARK_STALLS"
_BEAT_SECONDS = 0.001


class Watch:
    """Wakes up each millisecond and notes how much CPU the loop's thread used since.

    CPU and not time: on a core shared with PostgreSQL the thread is also kept waiting by others.
    What is noted is at most a beat more than the longest turn of the loop.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._loop = asyncio.get_running_loop()
        self._held = list[float]()
        self._cpu = time.thread_time()
        self._loop.add_signal_handler(signal.SIGUSR1, self._report)
        self._beat()

    def _beat(self) -> None:
        cpu = time.thread_time()
        self._held.append(cpu - self._cpu)
        self._cpu = cpu
        self._loop.call_later(_BEAT_SECONDS, self._beat)

    def _report(self) -> None:
        held, self._held = sorted(self._held), []
        line = {"longest_ms": held[-1] * 1e3, "p999_ms": held[len(held) * 999 // 1000] * 1e3}
        with self._file.open("ab") as file:
            file.write(orjson.dumps(line) + b"\n")
        self._cpu = time.thread_time()


async def _run_watched(work: Coroutine[Any, Any, object]) -> object:
    watch = Watch(Path(os.environ[FILE]))
    result = await work
    del watch
    return result


def _watch_loop() -> None:
    run = uvloop.run

    def run_watched(work: Coroutine[Any, Any, object]) -> object:
        return run(_run_watched(work))

    # The one place where `bigcat serve` makes its loop; nothing of bigcat knows of the watch.
    uvloop.run = run_watched  # type: ignore[assignment] # it takes options that nobody gives


if __name__ == "__main__":
    _watch_loop()
    main()
