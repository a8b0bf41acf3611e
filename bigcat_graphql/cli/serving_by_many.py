"""`bigcat serve --workers N`: the process that looks after the others."""

import os
import sys
from collections.abc import Callable, Mapping

import structlog

from bigcat_graphql.cli.terminal import Refused
from bigcat_graphql.server.logs import set_up_logs
from bigcat_graphql.server.run import BACKLOG, address_of
from bigcat_graphql.server.workers import Workers, WorkersFailed, listen
from bigcat_graphql.settings import Settings, variables_of

_log = structlog.get_logger(__name__)

_COMMAND = (sys.executable, "-m", "bigcat_graphql.cli.worker_process")
# Of the 100 that a PostgreSQL takes unless it is told otherwise; each process has one for the bus.
_CONNECTIONS = 80
_POOL_MIN = 2


async def look_after(
    settings: Settings,
    *,
    chosen: Mapping[str, object],
    on_started: Callable[[str], None] | None,
) -> None:
    """Serve by `settings.workers` processes until SIGTERM or SIGINT.

    `chosen` is what the command line says; the processes are told by their environment.

    Raises:
        Refused: the address is taken, the processes do not start, or this is Windows.
    """
    if sys.platform == "win32":
        raise Refused("Windows hands no sockets on: start one `bigcat serve` a port there.")
    set_up_logs(settings)
    try:
        listeners = listen(settings.host, settings.port, count=settings.workers, backlog=BACKLOG)
    except OSError as error:
        raise Refused(f"{settings.host}:{settings.port} cannot be opened: {error}") from None
    address = address_of(listeners[0])

    def announce() -> None:
        _log.info("serving", address=address, workers=settings.workers)
        if on_started is not None:
            on_started(address)

    workers = Workers(
        _COMMAND,
        listeners,
        environment=_environment(settings, chosen),
        stop_seconds=settings.drain_seconds + settings.graceful_seconds,
    )
    try:
        await workers.run(announce)
    except WorkersFailed as error:
        raise Refused(str(error)) from None


def _environment(settings: Settings, chosen: Mapping[str, object]) -> dict[str, str]:
    pool_max = min(settings.pool_max, max(_CONNECTIONS // settings.workers - 1, _POOL_MIN))
    told = {**chosen, "secret_key": settings.secret_key, "pool_max": pool_max}
    return os.environ | {variables_of(name)[0]: str(value) for name, value in told.items()}
