"""A tiny table of the database room's own tests, and what rivals do to our sessions."""

from bigcat_graphql.database import Connection, execute


async def add_slip(number: int) -> None:
    await execute("INSERT INTO slip VALUES ($1, '')", number)


async def count_slips(connection: Connection) -> int:
    return int(await connection.fetchval("SELECT count(*) FROM slip"))


async def other_sessions(rival: Connection, *, doing: str = "") -> list[int]:
    """The pool's server processes, those whose present statement begins with `doing`."""
    rows = await rival.fetch(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND application_name = 'bigcat'"
        " AND ($1 = '' OR state = 'active' AND starts_with(query, $1))",
        doing,
    )
    return [row["pid"] for row in rows]


async def terminate(rival: Connection, sessions: list[int]) -> None:
    await rival.execute("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) pid", sessions)
