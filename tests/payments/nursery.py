"""Server processes that start at once: forked from one that has imported everything already.

    python -m tests.payments.nursery

Each line on its standard input is a JSON object `{"environment", "log"}`; it forks a `bigcat serve`
and answers with a line that has its process id. Everything ends with the standard input.
"""

import json
import os
import signal
import sys
import traceback
from contextlib import suppress

# What a server imports late, so that no fork has to.
import stripe  # noqa: F401
import typst  # noqa: F401

import bigcat_graphql.cli.serving
import bigcat_graphql.resolvers.api  # noqa: F401
from bigcat_graphql import settings
from bigcat_graphql.cli import main


def raise_servers() -> None:
    """Fork a server for each line."""
    # The kernel buries the dead.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    born: list[int] = []
    for line in sys.stdin:
        told = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _serve(told["environment"], told["log"])
        born.append(pid)
        print(pid, flush=True)  # noqa: T201 - the answer
    for pid in born:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _serve(environment: dict[str, str], log: str) -> None:
    """Be a server, whose standard error is the log, until the end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDWR)
    for given, own in ((nothing, 0), (nothing, 1), (written, 2)):
        os.dup2(given, own)
    try:
        assert settings._current is None, "an import has read settings before they were told"
        os.environ.clear()
        os.environ.update(environment)
        main(["serve", "--port", "0"])
    except BaseException:  # noqa: BLE001 - it must not go on as a nursery
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(1)


if __name__ == "__main__":
    raise_servers()
