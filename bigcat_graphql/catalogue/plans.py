"""Published plans: find one, serve its document, publish a new version."""

import hashlib
from collections import OrderedDict
from uuid import UUID

import orjson

from bigcat_graphql.catalogue.drafts import PlanDraft
from bigcat_graphql.catalogue.layout import write_content, write_version
from bigcat_graphql.catalogue.plan import Plan, read_plan_document
from bigcat_graphql.database import fetch_all, fetch_one, run_transaction
from bigcat_graphql.errors import NotFound
from bigcat_graphql.ids import new_id
from bigcat_graphql.models import SeatingPlan

# A plan of 20,000 seats takes about half a megabyte.
_MOST_KEPT = 128
_kept: OrderedDict[UUID, Plan] = OrderedDict()

# The venue is locked so that two who publish at once get two versions, or one for the same plan.
_LOCK_VENUE = "SELECT 1 FROM venue WHERE id = $1 FOR NO KEY UPDATE"


async def plan_by_id(plan_id: UUID) -> Plan:
    """Give a plan, kept in memory once read: it never changes.

    Raises:
        NotFound: there is no such plan.
    """
    plan = _kept.get(plan_id)
    if plan is None:
        row = await SeatingPlan.get_or_none(id=plan_id)
        if row is None:
            raise NotFound
        plan = _keep(_read_row(row))
    _kept.move_to_end(plan_id)
    return plan


async def plan_document(content_hash: str) -> bytes | None:
    """Give the document with this hash, a SHA-256 in hexadecimal; None when there is none."""
    if len(content_hash) != 64 or not content_hash.isalnum() or not content_hash.isascii():
        return None
    row = await fetch_one("SELECT document FROM seating_plan WHERE content_hash = $1", content_hash)
    return None if row is None else row["document"].encode()


async def publish_plan(venue_id: UUID, draft: PlanDraft) -> Plan:
    """Publish a plan as the venue's next version; one that is published already stays what it is.

    Raises:
        PlanFaulty: the draft makes no plan.
        NotFound: there is no such venue.
    """
    content = write_content(draft)

    async def publish() -> SeatingPlan:
        if await fetch_one(_LOCK_VENUE, venue_id) is None:
            raise NotFound(("venueId",))
        hashes = await _hashes_by_version(venue_id)
        for version, content_hash in hashes.items():
            if _hash(write_version(content, version)) == content_hash:
                return await SeatingPlan.get(venue_id=venue_id, version=version)
        return await _insert(venue_id, draft, write_version(content, max(hashes, default=0) + 1))

    return _keep(_read_row(await run_transaction(publish)))


async def newest_plan_id(venue_id: UUID) -> UUID | None:
    """Find the newest version of a venue's plan; None when it has none."""
    newest = await SeatingPlan.filter(venue_id=venue_id).order_by("-version").first().only("id")
    return None if newest is None else newest.id


async def _hashes_by_version(venue_id: UUID) -> dict[int, str]:
    rows = await fetch_all(
        "SELECT version, content_hash FROM seating_plan WHERE venue_id = $1", venue_id
    )
    return {row["version"]: row["content_hash"] for row in rows}


async def _insert(venue_id: UUID, draft: PlanDraft, document: bytes) -> SeatingPlan:
    return await SeatingPlan.create(
        id=new_id(),
        venue_id=venue_id,
        version=orjson.loads(document)["version"],
        name=draft.name,
        seat_count=draft.seat_count,
        total_count=draft.total_count,
        content_hash=_hash(document),
        document=document.decode(),
    )


def _read_row(row: SeatingPlan) -> Plan:
    document = orjson.loads(row.document)
    return read_plan_document(
        document, plan_id=row.id, venue_id=row.venue_id, content_hash=row.content_hash
    )


def _keep(plan: Plan) -> Plan:
    _kept[plan.id] = plan
    while len(_kept) > _MOST_KEPT:
        _kept.popitem(last=False)
    return plan


def _hash(document: bytes) -> str:
    return hashlib.sha256(document).hexdigest()
