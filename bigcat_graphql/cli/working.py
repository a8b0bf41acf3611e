"""`bigcat worker`."""

import asyncio
import signal

from bigcat_graphql.cli.places import run_on_database
from bigcat_graphql.cli.terminal import note
from bigcat_graphql.settings import get_settings


def work() -> None:
    """Run jobs until told to stop."""
    run_on_database(_work)


async def _work() -> None:
    # Late, for it takes a second: a database that is not there is told before.
    from bigcat_graphql import notifications  # noqa: PLC0415
    from bigcat_graphql.server import chores  # noqa: PLC0415

    notifications.check_settings(get_settings())
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, told.set)
    chores.take_part()
    note("Working. Ctrl-C stops it.")
    async with chores.beside(chores.errands()):
        await told.wait()
