"""Attempts to pay that come while others are on their way share the next transaction."""

from collections.abc import Collection, Hashable, Mapping, Sequence

from bigcat_graphql.booking.events import SeatsUnknown, tell
from bigcat_graphql.database import Batches
from bigcat_graphql.payments.attempt import Attempt, Outcome
from bigcat_graphql.payments.starting import start_batch


class Till(Batches[Attempt, Outcome]):
    """Attempts begun with others, in order of arrival."""

    def names_of(self, request: Attempt) -> set[Hashable]:
        """Keep apart equal keys, and attempts to pay the same booking."""
        return {request.intent.name, request.key}

    async def serve(self, requests: Sequence[Attempt]) -> Mapping[Attempt, Outcome]:
        """Begin them."""
        return await start_batch(requests)

    def doubt(self, requests: Collection[Attempt]) -> None:
        """Have viewers look: repeats tell of no seats, and the next comparison is far."""
        tell(SeatsUnknown(concert_id) for concert_id in {one.key.concert_id for one in requests})


_till = Till()


async def submit(attempt: Attempt) -> Outcome:
    """Have an attempt begun by this process's till."""
    return await _till.submit(attempt)


async def drain() -> None:
    """Wait until nothing is on its way, as a server that stops does."""
    await _till.drain()
