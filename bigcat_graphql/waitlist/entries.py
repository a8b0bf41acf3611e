"""Places on waiting lists, looked up: how far in line, and what became of the offer."""

from datetime import datetime
from uuid import UUID

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.catalogue.pages import KeysetOrder, Page, PageRequest, Segment, fetch_page
from bigcat_graphql.catalogue.statements import Conditions
from bigcat_graphql.models import WaitlistEntry, WaitlistStatus

_COLUMNS = (
    "id", "concert_id", "account_id", "status", "quantity", "together", "accessible",
    "max_price_minor", "seat_types", "section_keys", "times_passed_over", "booking_id",
    "created_at",
)  # fmt: skip
ENTRY = ", ".join(f"e.{name}" for name in _COLUMNS)

# An offer is a PENDING booking: what became of that is what became of the offer. The position is
# how many wait in front, and oneself.
_SELECT = f"""
SELECT {ENTRY}, c.currency,
       CASE WHEN e.status <> 'OFFERED' THEN e.status
            WHEN EXISTS (SELECT FROM ticket t
                         WHERE t.concert_id = b.concert_id AND t.booking_id = b.id) THEN 'CLAIMED'
            WHEN b.status = 'PENDING' AND b.reserved_until > now() THEN 'OFFERED'
            WHEN b.status = 'CANCELLED' AND b.end_reason = 'BUYER' THEN 'DECLINED'
            ELSE 'EXPIRED' END AS status_now,
       CASE WHEN e.status = 'WAITING' THEN (
         SELECT count(*) FROM waitlist_entry w
         WHERE w.concert_id = e.concert_id AND w.status = 'WAITING'
           AND (w.created_at, w.id) <= (e.created_at, e.id))::int END AS position
FROM waitlist_entry e
JOIN concert c ON c.id = e.concert_id
LEFT JOIN booking b ON b.concert_id = e.concert_id AND b.id = e.booking_id
"""
_NEWEST_FIRST = KeysetOrder(
    "waitlist", (Segment("e", (("created_at", datetime), ("id", UUID))),), descending=True
)


async def find_entry(viewer: Viewer, concert_id: UUID, entry_id: UUID) -> WaitlistEntry | None:
    """Find a place of the viewer's; somebody else's is not found."""
    row = await database.fetch_one(
        f"{_SELECT} WHERE e.concert_id = $1 AND e.id = $2", concert_id, entry_id
    )
    if row is None or row["account_id"] != viewer.account_id:
        return None
    return _entry_of(row)


async def get_entry(concert_id: UUID, entry_id: UUID) -> WaitlistEntry:
    """Read a place that is there."""
    row = await database.fetch_one(
        f"{_SELECT} WHERE e.concert_id = $1 AND e.id = $2", concert_id, entry_id
    )
    if row is None:
        raise LookupError(entry_id)
    return _entry_of(row)


async def entries_of(account_id: UUID, page: PageRequest) -> Page[WaitlistEntry]:
    """Give a page of an account's places, the newest first.

    Raises:
        InvalidArgument: naming the argument that makes no sense.
    """
    where = Conditions()
    where.add("e.account_id = {}", account_id)
    found = await fetch_page(_SELECT, where, order=_NEWEST_FIRST, request=page)
    return found.map(_entry_of)


async def count_entries(account_id: UUID) -> int:
    """Count an account's places."""
    row = await database.fetch_one(
        "SELECT count(*) AS total FROM waitlist_entry WHERE account_id = $1", account_id
    )
    return row["total"] if row else 0


def entry_of(row: Record) -> WaitlistEntry:
    """Make an entry of a row of `ENTRY`."""
    facts = {name: row[name] for name in _COLUMNS}
    return WaitlistEntry(**{**facts, "status": WaitlistStatus(row["status"])})


def _entry_of(row: Record) -> WaitlistEntry:
    entry = entry_of(row)
    entry.status_now = WaitlistStatus(row["status_now"])
    entry.position = row["position"]
    entry.currency = row["currency"]
    return entry
