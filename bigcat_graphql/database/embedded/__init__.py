"""A PostgreSQL of bigcat's own, for a start without a database: one server a data directory."""

from bigcat_graphql.database.embedded.account import EmbeddedRefused
from bigcat_graphql.database.embedded.server import EmbeddedServer, start_embedded

__all__ = ["EmbeddedRefused", "EmbeddedServer", "start_embedded"]
