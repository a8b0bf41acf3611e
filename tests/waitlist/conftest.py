"""The waiting list in front of the public, as in a server."""

from collections.abc import Iterator

import pytest

from bigcat_graphql.booking.freeing import put_first
from bigcat_graphql.waitlist import take_part


@pytest.fixture
def list_comes_first(database: object) -> Iterator[None]:  # noqa: ARG001 - it is emptied after
    async def nobody(_: object) -> list[object]:
        return []

    take_part()
    yield
    put_first(nobody)  # type: ignore[arg-type] # it has nothing to tell
