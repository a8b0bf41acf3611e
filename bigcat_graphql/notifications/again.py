"""resendConfirmation: the confirmation and the tickets once more."""

from uuid import uuid4

from bigcat_graphql import booking, database, jobs
from bigcat_graphql.accounts import RateLimited, Viewer
from bigcat_graphql.booking import BookingKey, BookingName, GuestReference, WrongBookingState
from bigcat_graphql.errors import NotFound
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import Booking, BookingStatus
from bigcat_graphql.notifications.occasions import announce
from bigcat_graphql.notifications.stories import Kind, Topic

_PAUSE_SECONDS = 60

# The booking's row is locked: of two who ask at once the second sees the first one's message.
_LOCK = "SELECT status FROM booking WHERE concert_id = $1 AND id = $2 FOR NO KEY UPDATE"
_SECONDS_LEFT = """
SELECT ceil(extract(epoch FROM max(created_at) - now()) + $3)::int AS seconds FROM message
WHERE concert_id = $1 AND booking_id = $2 AND kind = 'confirmed' AND cause <> ''
"""
_NOTE = """
INSERT INTO message (id, concert_id, booking_id, kind, cause, channel, recipient, subject,
                     created_at)
VALUES ($1, $2, $3, 'confirmed', $4, 'MAIL', '', '', now())
"""


async def resend_confirmation(viewer: Viewer | None, name: BookingName) -> Booking:
    """Send the confirmation of a CONFIRMED booking again, to the address it was made with.

    Its account may, whoever organizes the concert, and a guest who knows reference and e-mail.

    Raises:
        NotFound: there is no such booking for this viewer.
        WrongBookingState: it is not CONFIRMED.
        RateLimited: it was sent again less than a minute ago.
    """
    found = await booking.find_booking(viewer, name)
    if found is None:
        by = "reference" if isinstance(name, GuestReference) else "id"
        raise NotFound(("input", "by", by))
    key = BookingKey.of(found)

    async def work() -> None:
        row = await database.fetch_one(_LOCK, key.concert_id, key.booking_id)
        if row is None or row["status"] != BookingStatus.CONFIRMED:
            raise WrongBookingState(found.status_now)
        await _check_pause(key)
        cause = uuid4().hex
        await database.execute(_NOTE, new_id(), key.concert_id, key.booking_id, cause)
        await announce([Topic(Kind.CONFIRMED, key, cause)])

    await database.run_transaction(work)
    jobs.wake()
    return await booking.get_booking(key)


async def _check_pause(key: BookingKey) -> None:
    row = await database.fetch_one(_SECONDS_LEFT, key.concert_id, key.booking_id, _PAUSE_SECONDS)
    seconds = row["seconds"] if row else None
    if seconds is not None and seconds > 0:
        raise RateLimited(retry_after_seconds=seconds)
