"""The proof of having been let in, and the gate that bookings of a queued sale go through."""

import base64
import hmac
from collections.abc import Mapping, Sequence
from hashlib import sha256
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.errors import DomainError
from bigcat_graphql.models import QueueEntry, QueueEntryStatus
from bigcat_graphql.onsale.errors import AdmissionRequired, Missing
from bigcat_graphql.onsale.presale import find_missing
from bigcat_graphql.settings import get_settings

_MAC_BYTES = 16
_LONGEST = 100

_RUNNING = """
SELECT concert_id FROM sale_queue WHERE ended_at IS NULL AND lobby_closed_at IS NOT NULL
"""
_running: set[UUID] = set()

# Under the accounts' locks, in the transaction that takes the seats: whoever is let in now is
# marked as having come, and nobody else books. Where no queue is on, nothing is asked.
_ADMIT = """
WITH wish AS (
  SELECT * FROM unnest($1::uuid[], $2::uuid[]) AS w (concert_id, account_id)
), claimed AS (
  UPDATE queue_entry e SET claimed_at = now()
  FROM wish w
  WHERE e.concert_id = w.concert_id AND e.account_id = w.account_id
    AND e.status = 'ADMITTED' AND e.admitted_until > now() AND e.claimed_at IS NULL
)
SELECT w.concert_id, w.account_id FROM wish w
JOIN sale_queue q ON q.concert_id = w.concert_id AND q.ended_at IS NULL
WHERE NOT EXISTS (
  SELECT FROM queue_entry e
  WHERE e.concert_id = w.concert_id AND e.account_id = w.account_id
    AND e.status = 'ADMITTED' AND e.admitted_until > now())
"""


def sign_admission(entry: QueueEntry) -> str | None:
    """Make the proof that goes with `bookSeats`; None unless the place is let in now."""
    if entry.status is not QueueEntryStatus.ADMITTED or entry.admitted_until is None:
        return None
    until = int(entry.admitted_until.timestamp())
    return f"{until}.{_mac(entry.concert_id, entry.account_id, until)}"


def is_admission(token: str, viewer: Viewer, *, concert_id: UUID) -> bool:
    """Check a proof without asking the database: is it ours, of this concert and this account?

    Whether its time is over is the database's to say: this node's clock may be wrong.
    """
    until, _, mac = token[:_LONGEST].partition(".")
    if not (token.isascii() and until.isdigit()) or len(until) > 12:
        return False
    expected = _mac(concert_id, viewer.account_id, int(until))
    return hmac.compare_digest(expected.encode(), mac.encode())


def check_admission(viewer: Viewer, *, concert_id: UUID, admission: str | None) -> None:
    """Refuse at once, without the database, whoever shows no proof where a queue is on.

    What this node has not heard of yet, `refuse_unadmitted` refuses all the same.

    Raises:
        AdmissionRequired: the proof is missing, forged, or somebody else's.
    """
    if concert_id in _running and not is_admission(admission or "", viewer, concert_id=concert_id):
        raise AdmissionRequired(Missing.ADMISSION, concert_id)


async def hear_of_queues() -> None:
    """Learn which queues are on."""
    rows = await database.fetch_all(_RUNNING)
    _running.clear()
    _running.update(row["concert_id"] for row in rows)


async def refuse_unadmitted(
    pairs: Sequence[tuple[UUID, UUID]],
) -> Mapping[tuple[UUID, UUID], DomainError]:
    """Name, of pairs of concert and account, those who may not book, and what they need first.

    Joins the caller's transaction.
    """
    concerts, accounts = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    rows = await database.fetch_all(_ADMIT, concerts, accounts)
    outside = {
        (row["concert_id"], row["account_id"]): AdmissionRequired(
            Missing.ADMISSION, row["concert_id"]
        )
        for row in rows
    }
    return {**outside, **await find_missing(pairs)}


def _mac(concert_id: UUID, account_id: UUID, until: int) -> str:
    text = b"admission" + concert_id.bytes + account_id.bytes + str(until).encode()
    key = get_settings().secret_key.encode()
    mac = hmac.digest(key, text, sha256)[:_MAC_BYTES]
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
