"""Where a concert stands now: what people decided, and what the database's clock makes of it."""

from bigcat_graphql.models import ConcertStatus

# A concert counts as over this long after its start; nobody tells us when the encore ended.
COMPLETED_AFTER = "interval '4 hours'"

_OVER = f"c.starts_at <= now() - {COMPLETED_AFTER}"
_NOT_OVER = f"c.starts_at > now() - {COMPLETED_AFTER}"

# The status that viewers see, of `concert c`.
STATUS_NOW = f"""
    CASE
      WHEN c.status IN ('PUBLISHED', 'PAUSED') AND {_OVER} THEN 'COMPLETED'
      WHEN c.status = 'PUBLISHED' AND c.closes_at <= now() THEN 'CLOSED'
      WHEN c.status = 'PUBLISHED' AND c.opens_at <= now() THEN 'ON_SALE'
      ELSE c.status
    END"""

# The same, turned round, so that an index on the start can serve it.
_CONDITIONS = {
    ConcertStatus.DRAFT: "FALSE",  # a search is public
    ConcertStatus.PUBLISHED: (
        f"c.status = 'PUBLISHED' AND {_NOT_OVER} AND (c.opens_at IS NULL OR c.opens_at > now())"
    ),
    ConcertStatus.ON_SALE: (
        f"c.status = 'PUBLISHED' AND {_NOT_OVER} AND c.opens_at <= now() AND c.closes_at > now()"
    ),
    ConcertStatus.PAUSED: f"c.status = 'PAUSED' AND {_NOT_OVER}",
    ConcertStatus.CLOSED: f"c.status = 'PUBLISHED' AND {_NOT_OVER} AND c.closes_at <= now()",
    ConcertStatus.COMPLETED: f"c.status IN ('PUBLISHED', 'PAUSED') AND {_OVER}",
    ConcertStatus.POSTPONED: "c.status = 'POSTPONED'",
    ConcertStatus.CANCELLED: "c.status = 'CANCELLED'",
}
_BEFORE_THE_END = {
    ConcertStatus.PUBLISHED,
    ConcertStatus.ON_SALE,
    ConcertStatus.PAUSED,
    ConcertStatus.CLOSED,
}


def shown_as(statuses: set[ConcertStatus]) -> list[str]:
    """Give the conditions under which `concert c` shows as one of these; a DRAFT never does."""
    one_of = " OR ".join(
        f"({_CONDITIONS[status]})" for status in ConcertStatus if status in statuses
    )
    conditions = [f"({one_of})" if one_of else "FALSE"]
    if statuses <= _BEFORE_THE_END:
        # Said once more alone: an index on the start then skips all that is over.
        conditions.append(_NOT_OVER)
    return conditions
