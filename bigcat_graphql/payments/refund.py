"""Giving back what was paid for cancelled tickets."""

from collections.abc import Sequence

from bigcat_graphql import database
from bigcat_graphql.booking.events import TicketsCancelled, within_transaction

# The CHECK on the amounts is what makes sure that no more goes back than was charged.
_REFUND = """
UPDATE payment
SET refunded_minor = refunded_minor + $3,
    status = CASE WHEN refunded_minor + $3 = amount_minor
                  THEN 'REFUNDED' ELSE 'PARTIALLY_REFUNDED' END
WHERE concert_id = $1 AND booking_id = $2 AND status IN ('CAPTURED', 'PARTIALLY_REFUNDED')
RETURNING id
"""


def take_part() -> None:
    """Join the transactions that cancel tickets; called at start-up."""
    within_transaction(TicketsCancelled, _refund)


async def _refund(events: Sequence[TicketsCancelled]) -> None:
    """Write down what goes back, in the transaction that cancels the tickets.

    Provider `test` has no money of its own, so writing it down is all there is to do.
    """
    for event in events:
        if event.amount_minor == 0:
            continue
        refunded = await database.fetch_one(
            _REFUND, event.concert_id, event.booking_id, event.amount_minor
        )
        if refunded is None:
            raise LookupError(f"no charged payment of booking {event.booking_id}")
