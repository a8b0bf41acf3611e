"""What the waiting lists do beside the requests."""

import asyncio

import structlog

from bigcat_graphql.booking import freeing
from bigcat_graphql.waitlist.offering import hand_out, hand_out_again, let_go_of_gathered

_LOG = structlog.get_logger()
_EVERY_SECONDS = 10.0


def take_part() -> None:
    """See freed seats before the public does; called at start-up."""
    freeing.put_first(hand_out)


async def run_for_ever() -> None:
    """Let go of what was gathered for too long, and look again, every 10 s; errors are logged."""
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        try:
            await let_go_of_gathered()
            await hand_out_again()
        except Exception as error:  # noqa: BLE001 - a loop that died would help nobody any more
            _LOG.warning("waitlist_failed", error=repr(error))
