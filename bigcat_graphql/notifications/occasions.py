"""When there is something to say: each occasion is a job in the transaction that causes it."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from bigcat_graphql import jobs
from bigcat_graphql.booking import BookingKey
from bigcat_graphql.booking.events import BookingConfirmed, TicketsCancelled, within_transaction
from bigcat_graphql.notifications.sms import choose_notifier
from bigcat_graphql.notifications.stories import Kind, Topic
from bigcat_graphql.payments.events import PaymentCameLate, RefundSucceeded
from bigcat_graphql.settings import get_settings
from bigcat_graphql.waitlist.events import SeatsOffered

MAIL, SMS = "message.mail", "message.sms"
# Short, and worth a sound: the others come by mail alone.
_BY_SMS = {
    Kind.CONFIRMED,
    Kind.LATE_PAYMENT,
    Kind.OFFERED,
    Kind.CONCERT_CANCELLED,
    Kind.CONCERT_POSTPONED,
}


def join_transactions() -> None:
    """Take part where bookings and money change; called at start-up."""
    within_transaction(BookingConfirmed, _confirmed)
    within_transaction(TicketsCancelled, _cancelled)
    within_transaction(RefundSucceeded, _refunded)
    within_transaction(PaymentCameLate, _came_late)
    within_transaction(SeatsOffered, _offered)


async def announce(topics: Iterable[Topic]) -> None:
    """Write down in the open transaction, in one statement, that there is something to say."""
    settings = get_settings()
    channels = []
    if settings.smtp_url or settings.mailbox:
        channels.append((MAIL, set(Kind)))
    if choose_notifier(settings):
        channels.append((SMS, _BY_SMS))
    await jobs.enqueue_many(
        [
            jobs.Job(channel, write_topic(topic))
            for topic in topics
            for channel, kinds in channels
            if topic.kind in kinds
        ]
    )


def write_topic(topic: Topic) -> dict[str, str]:
    """Write a topic into a job."""
    return {
        "kind": topic.kind.value,
        "concert": str(topic.booking.concert_id),
        "booking": str(topic.booking.booking_id),
        "cause": topic.cause,
    }


def read_topic(payload: jobs.Payload) -> Topic:
    """Read a topic out of a job."""
    key = BookingKey(UUID(str(payload["concert"])), UUID(str(payload["booking"])))
    return Topic(Kind(str(payload["kind"])), key, str(payload["cause"]))


async def _confirmed(happenings: Sequence[BookingConfirmed]) -> None:
    await announce(Topic(Kind.CONFIRMED, _key(one)) for one in happenings)


async def _cancelled(happenings: Sequence[TicketsCancelled]) -> None:
    # A ticket goes once: the first of those that went together is a name for the step.
    await announce(Topic(Kind.CANCELLED, _key(one), str(min(one.ticket_ids))) for one in happenings)


async def _refunded(happenings: Sequence[RefundSucceeded]) -> None:
    await announce(Topic(Kind.REFUNDED, _key(one), str(one.refund_id)) for one in happenings)


async def _came_late(happenings: Sequence[PaymentCameLate]) -> None:
    await announce(Topic(Kind.LATE_PAYMENT, _key(one), str(one.payment_id)) for one in happenings)


async def _offered(happenings: Sequence[SeatsOffered]) -> None:
    await announce(Topic(Kind.OFFERED, _key(one)) for one in happenings)


def _key(
    happening: BookingConfirmed
    | TicketsCancelled
    | RefundSucceeded
    | PaymentCameLate
    | SeatsOffered,
) -> BookingKey:
    return BookingKey(happening.concert_id, happening.booking_id)
