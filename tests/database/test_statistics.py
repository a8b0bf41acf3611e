"""Statistics of young tables: plans made while they were empty do not outlive their growth."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bigcat_graphql.database import Connection, refresh_statistics

_PATIENCE_SECONDS = 30
_PLAN = "EXPLAIN EXECUTE look('{1}')"


@pytest.fixture
async def young(rival: Connection) -> AsyncIterator[Connection]:
    """A session that has planned a look-up in a table which is still empty."""
    await rival.execute("CREATE TABLE young (id int PRIMARY KEY, day int)")
    await rival.execute("CREATE INDEX young_by_day ON young (day)")
    await rival.execute("ANALYZE young")
    await rival.execute("SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off")
    await rival.execute(
        "PREPARE look(int[]) AS"
        " SELECT y.id FROM unnest($1) AS wanted (id) JOIN young y ON y.id = wanted.id"
    )
    yield rival
    await rival.execute("DEALLOCATE look; DROP TABLE young")


async def _grow(session: Connection, count: int) -> None:
    await session.execute(
        f"INSERT INTO young SELECT n, n FROM generate_series((SELECT count(*) FROM young),"
        f" (SELECT count(*) FROM young) + {count - 1}) AS n"
    )


async def _plan(session: Connection) -> str:
    return "\n".join(row[0] for row in await session.fetch(_PLAN))


async def _until_counted(session: Connection, rows: int) -> None:
    """Wait until PostgreSQL knows of so many changed rows: sessions hand their counts in later."""
    changed = "SELECT n_mod_since_analyze FROM pg_stat_user_tables WHERE relname = 'young'"
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while await session.fetchval(changed) < rows:
            await asyncio.sleep(0.05)


async def _rows_known(session: Connection) -> float:
    known: float = await session.fetchval("SELECT reltuples FROM pg_class WHERE relname = 'young'")
    return known


async def test_a_plan_of_an_empty_table_is_made_anew_once_it_has_grown(young: Connection) -> None:
    assert "Index Cond" not in await _plan(young)
    await _grow(young, 1_000)
    assert "Index Cond" not in await _plan(young)
    await _until_counted(young, 1_000)
    assert "young" in await refresh_statistics()
    assert "Index Cond: (id = wanted.id)" in await _plan(young)


@pytest.mark.parametrize(("more", "is_due"), [(900, False), (1_100, True)])
async def test_a_table_is_analyzed_again_when_it_has_doubled_and_not_before(
    young: Connection, more: int, is_due: bool
) -> None:
    await _grow(young, 1_000)
    await _until_counted(young, 1_000)
    await young.execute("ANALYZE young")
    await _grow(young, more)
    await _until_counted(young, more)
    assert ("young" in await refresh_statistics()) is is_due


async def test_a_table_that_another_node_analyzes_is_not_waited_for(
    young: Connection,
) -> None:
    await _grow(young, 1_000)
    await _until_counted(young, 1_000)
    async with young.transaction():
        await young.execute("LOCK TABLE young IN SHARE UPDATE EXCLUSIVE MODE")
        await refresh_statistics()
    assert await _rows_known(young) == 0
