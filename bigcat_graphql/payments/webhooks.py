"""The inbox of providers' webhooks: each event stored once, and done before it is answered.

    signed? ── no ──> refused, nothing stored
      └── stored under its id ── done before? ──> answered
                                  └── the provider is asked, steps are taken ──> done, answered

Dying anywhere in between leaves an event that is not done: the provider delivers it again, and
the settlement asks about the payment anyway.
"""

from collections.abc import Mapping
from contextlib import suppress
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.payments.notices import NoInbox, Notice, NoticeReader
from bigcat_graphql.payments.play_notices import make_play_reader
from bigcat_graphql.payments.settlement import RefundRefused, settle
from bigcat_graphql.payments.stripe_notices import make_stripe_reader
from bigcat_graphql.settings import get_settings

_FIND_BY_KEY = (
    "SELECT concert_id, id FROM payment WHERE concert_id = $1 AND id = $2 AND provider = $3"
)

# By the index of those that have an outside world: provider `test` knows our keys.
_FIND_BY_REFERENCE = """
SELECT concert_id, id FROM payment
WHERE provider_reference = $1 AND provider = $2 AND provider <> 'test'
"""

# An event may overtake the answer that names the payment, and outlive the process that waited.
_LEARN_REFERENCE = """
UPDATE payment SET provider_reference = $3
WHERE concert_id = $1 AND id = $2 AND provider_reference IS NULL
"""

# The event's id is the key: of two deliveries at once the second waits for the first's row.
_STORE = """
INSERT INTO webhook_event (provider, event_id, kind, concert_id, payment_id)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (provider, event_id) DO UPDATE SET deliveries = webhook_event.deliveries + 1
RETURNING handled_at
"""

_DONE = """
UPDATE webhook_event SET handled_at = now()
WHERE provider = $1 AND event_id = $2 AND handled_at IS NULL
"""


async def take_webhook(provider: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Do what a webhook asks for: look at the payment, and take the steps that are left.

    Returning means that it is done and committed, now or by an earlier delivery. An event about
    nothing of ours is stored and no more. The names of `headers` are lower-case.

    Raises:
        NoInbox: there is no such provider, or no secret of it is set.
        NoticeRefused: it is forged, over 5 minutes old, or makes no sense; nothing is stored.
        ProviderUnreachable: the provider has to deliver it again.
    """
    notice = _reader_of(provider)(body, headers)
    found = await _find_payment(provider, notice)
    concert_id, payment_id = found or (None, None)
    stored = await database.fetch_one(
        _STORE, provider, notice.event_id, notice.kind, concert_id, payment_id
    )
    if stored is not None and stored["handled_at"] is not None:
        return
    if found is not None:
        if notice.reference is not None:
            await database.execute(_LEARN_REFERENCE, *found, notice.reference)
        # Not in the transaction of the row: the provider is asked, and takes its time. That it
        # refuses a refund is written down then, and no delivery of the same event would mend it.
        with suppress(RefundRefused):
            await settle(*found)
    await database.execute(_DONE, provider, notice.event_id)


def _reader_of(provider: str) -> NoticeReader:
    # Also of one that buyers cannot choose any more: its refunds and disputes go on.
    settings = get_settings()
    secrets = settings.stripe_webhook_secrets if settings.stripe_secret_key else ()
    if provider == "stripe" and secrets:
        return make_stripe_reader(secrets)
    if provider == "test" and settings.test_webhook_secret:
        return make_play_reader(settings.test_webhook_secret)
    raise NoInbox(provider)


async def _find_payment(provider: str, notice: Notice) -> tuple[UUID, UUID] | None:
    if notice.concert_id is not None and notice.payment_id is not None:
        row = await database.fetch_one(_FIND_BY_KEY, notice.concert_id, notice.payment_id, provider)
    elif notice.reference is not None:
        row = await database.fetch_one(_FIND_BY_REFERENCE, notice.reference, provider)
    else:
        return None
    return (row["concert_id"], row["id"]) if row else None
