"""Places in sale queues, looked up."""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.models import QueueEntry, QueueEntryStatus

_COLUMNS = (
    "id", "concert_id", "account_id", "nonce_digest", "status", "rank", "is_away", "joined_at",
    "seen_at", "admitted_at", "admitted_until", "claimed_at", "changed_at",
)  # fmt: skip
ENTRY = ", ".join(f"e.{name}" for name in _COLUMNS)

_OF_ACCOUNTS = f"""
SELECT {ENTRY} FROM queue_entry e WHERE e.concert_id = $1 AND e.account_id = ANY($2::uuid[])
"""
_BY_ID = f"SELECT {ENTRY} FROM queue_entry e WHERE e.concert_id = $1 AND e.id = $2"


async def find_entry(viewer: Viewer, *, concert_id: UUID) -> QueueEntry | None:
    """Find the viewer's place."""
    entries = await entries_of(concert_id, [viewer.account_id])
    return entries.get(viewer.account_id)


async def entry_by_id(viewer: Viewer | None, concert_id: UUID, entry_id: UUID) -> QueueEntry | None:
    """Find a place of the viewer's by its id; somebody else's is not found."""
    row = await database.fetch_one(_BY_ID, concert_id, entry_id)
    if row is None or viewer is None or row["account_id"] != viewer.account_id:
        return None
    return entry_of(row)


async def entries_of(concert_id: UUID, account_ids: Sequence[UUID]) -> dict[UUID, QueueEntry]:
    """Read the places of accounts; one without is left out."""
    rows = await database.fetch_all(_OF_ACCOUNTS, concert_id, list(account_ids))
    return {row["account_id"]: entry_of(row) for row in rows}


def entry_of(row: Record) -> QueueEntry:
    """Make an entry of a row of `ENTRY`."""
    facts = {name: row[name] for name in _COLUMNS}
    facts["status"] = QueueEntryStatus(facts["status"])
    return QueueEntry(**facts)
