"""What PostgreSQL believes of tables that have just begun to grow, brought up to date at once.

A plan made while a table was empty reads the whole of it, and sessions keep their plans until the
table is analyzed. Autovacuum looks once a minute; a first sale may be over by then.
"""

import asyncio

import structlog

from bigcat_graphql.database.connection import execute, fetch_all

_LOG = structlog.get_logger()
_EVERY_SECONDS = 5.0
# Fewer rows are read in no time, whatever the plan.
_FEWEST = 500
# Larger tables do not double between two visits of autovacuum, and take longer to analyze.
_MOST = 1_000_000

# Those of ours only: others cannot be analyzed, and would come up again and again.
_DOUBLED = """
SELECT quote_ident(s.relname) AS name
FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
WHERE s.schemaname = current_schema() AND pg_has_role(c.relowner, 'USAGE')
  AND s.n_mod_since_analyze >= $1
  AND s.n_mod_since_analyze > c.reltuples AND c.reltuples < $2
ORDER BY s.relname
"""


async def refresh_statistics() -> list[str]:
    """Analyze the tables that have doubled since they were analyzed last.

    Returns:
        Their names.
    """
    rows = await fetch_all(_DOUBLED, _FEWEST, _MOST)
    names = [row["name"] for row in rows]
    for name in names:
        # One that another node is at is skipped: it is done by then.
        await execute(f"ANALYZE (SKIP_LOCKED) {name}")
    return names


async def refresh_for_ever() -> None:
    """Refresh every 5 seconds; errors are logged, the next round tries again."""
    while True:
        try:
            await refresh_statistics()
        except Exception as error:  # noqa: BLE001 - a loop that died would tell nobody any more
            _LOG.warning("statistics_failed", error=str(error))
        await asyncio.sleep(_EVERY_SECONDS)
