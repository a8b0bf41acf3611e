"""Attempts to pay that somebody began and did not end: the process died, or a provider was away."""

import asyncio

import structlog

from bigcat_graphql import database
from bigcat_graphql.booking import WrongBookingState
from bigcat_graphql.payments.attempt import take_up
from bigcat_graphql.payments.errors import PaymentDeclined

_LOG = structlog.get_logger()
# In any order: those that cannot be settled must not stand before the others for ever.
_OPEN = """
SELECT concert_id, id FROM payment
WHERE status IN ('CREATED', 'AUTHORIZED') AND created_at < now() - make_interval(secs => $1)
ORDER BY random() LIMIT 100
"""
# Longer than a provider takes to answer: before that its caller is still at it.
_OPEN_AFTER_SECONDS = 30.0
_EVERY_SECONDS = 10.0


async def settle_open_payments(open_after_seconds: float = _OPEN_AFTER_SECONDS) -> int:
    """Take every attempt that was left open to its end; any number of nodes may.

    Returns:
        How many there were, at most 100.
    """
    rows = await database.fetch_all(_OPEN, open_after_seconds)
    for row in rows:
        try:
            await take_up(row["concert_id"], row["id"])
        except (PaymentDeclined, WrongBookingState):
            continue  # an end as well, and written down
        except Exception:  # noqa: BLE001 - one that cannot be settled must not stop the others
            _LOG.exception("settling_failed", payment_id=row["id"].hex)
    return len(rows)


async def settle_for_ever() -> None:
    """Settle every 10 seconds; errors are logged, and the next round tries again."""
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        try:
            await settle_open_payments()
        except Exception as error:  # noqa: BLE001 - a loop that died would tell nobody any more
            _LOG.warning("settling_failed", error=str(error))
