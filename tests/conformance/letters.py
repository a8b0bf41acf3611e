"""`python -m tests.conformance.letters DATA_DIR SLUG`: the numbered seats, from the table."""

import asyncio
import sys
from pathlib import Path

from bigcat_graphql.database import DatabaseUrl, connect
from bigcat_graphql.database.embedded import start_embedded

_LETTERS = """
SELECT string_agg(seat.status, '' ORDER BY seat.index)
FROM concert
JOIN seating_plan plan ON plan.id = concert.plan_id
JOIN seat ON seat.concert_id = concert.id AND seat.index < plan.seat_count
WHERE concert.slug = $1
"""


async def read_letters(url: DatabaseUrl, slug: str) -> str:
    connection = await connect(url)
    try:
        return str(await connection.fetchval(_LETTERS, slug))
    finally:
        await connection.close()


if __name__ == "__main__":
    with start_embedded(Path(sys.argv[1])) as server:
        sys.stdout.write(asyncio.run(read_letters(server.url(), sys.argv[2])) + "\n")
