"""What moves the queues, once a second on every node that serves; none of them leads."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bigcat_graphql.booking import gate
from bigcat_graphql.onsale.admission import hear_of_queues, refuse_unadmitted
from bigcat_graphql.onsale.admitting import move_queues
from bigcat_graphql.onsale.drawing import close_due_lobbies, draw_due_queues
from bigcat_graphql.onsale.presale import find_missing
from bigcat_graphql.onsale.presence import tell_absence, tell_presence
from bigcat_graphql.onsale.watching import look

_LOG = structlog.get_logger()
_EVERY_SECONDS = 1.0
_PRESENCE_EVERY = 10


def take_part() -> None:
    """Stand in front of every sale that has a queue; called at start-up."""
    gate.put_up(refuse_unadmitted, invited=find_missing)


async def take_turn() -> None:
    """Close the lobbies that are due, draw, and let in; what fails is logged, the rest goes on."""
    await _open_sales()
    await _move_on()


async def run_for_ever() -> None:
    """Take a turn a second, and tell who is present every ten.

    Opening a sale takes seconds, and more where a beacon is slow: the other queues go on meanwhile.
    """
    await asyncio.gather(_open_for_ever(), _move_for_ever())


async def _open_for_ever() -> None:
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        await _open_sales()


async def _move_for_ever() -> None:
    turn = 0
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        if turn % _PRESENCE_EVERY == 0:
            await _try(tell_presence)
        turn += 1
        await _move_on()


async def _open_sales() -> None:
    if await _try(close_due_lobbies):
        await _try(tell_presence)
    await _try(draw_due_queues)


async def _move_on() -> None:
    await _try(hear_of_queues)
    await _try(tell_absence)
    await _try(move_queues)
    await _try(look)


async def _try(step: Callable[[], Awaitable[int | None]]) -> int | None:
    try:
        return await step()
    except Exception as error:  # noqa: BLE001 - a loop that died would move nobody any more
        _LOG.warning("queue_turn_failed", step=step.__name__, error=repr(error))
        return None
