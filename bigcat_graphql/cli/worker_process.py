"""One of the processes of `bigcat serve --workers N`.

python -m bigcat_graphql.cli.worker_process SOCKET_FD LINE_FD
"""

import asyncio
import socket
import sys

from bigcat_graphql import cli
from bigcat_graphql.cli.places import run_on_database
from bigcat_graphql.server.lifespan import connect_rooms
from bigcat_graphql.server.run import serve
from bigcat_graphql.server.workers import READY, stop_with
from bigcat_graphql.settings import get_settings


def main() -> None:
    """Serve the socket until told to stop, by a signal or by the end of whoever started us."""
    listener, line = (socket.socket(fileno=int(text)) for text in sys.argv[1:3])
    try:
        run_on_database(lambda: _serve(listener, line))
    except Exception as error:
        code = cli.explain(error)
        if code is None:
            raise
        sys.exit(code)


async def _serve(listener: socket.socket, line: socket.socket) -> None:
    from bigcat_graphql.resolvers.api import schema  # noqa: PLC0415 - see `cli.serving`

    def say_ready(_: str) -> None:
        line.send(READY)

    watching = asyncio.create_task(stop_with(line))
    try:
        await serve(
            get_settings(), schema, connect_rooms(), listener=listener, on_started=say_ready
        )
    finally:
        watching.cancel()


if __name__ == "__main__":
    main()
