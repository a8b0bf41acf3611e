"""Nodes of the live room, and viewers that watch in the background as a socket would."""

from collections.abc import AsyncIterator

import pytest

from bigcat_graphql.database import DatabaseUrl
from bigcat_graphql.live import Node
from bigcat_graphql.live.hubs import Hubs

# Longer than any test: what viewers learn, they learn from events or because the test compares.
NEVER = 3600.0


@pytest.fixture
def hubs() -> Hubs:
    return Hubs()


@pytest.fixture
async def node(
    database: DatabaseUrl,  # noqa: ARG001 - a node reads the open database
    hubs: Hubs,
) -> AsyncIterator[Node]:
    """A running node that compares only when told to."""
    node = Node(compare_seconds=NEVER, hubs=hubs)
    node.start()
    yield node
    await node.stop()
