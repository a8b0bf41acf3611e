"""PostgreSQL: one pool a process, one transaction a verb, and a server that bigcat can bring."""

from bigcat_graphql.database.batches import Batches, Caller
from bigcat_graphql.database.connection import (
    DatabaseUnreachable,
    close_database,
    connect,
    execute,
    fetch_all,
    fetch_one,
    open_database,
    opened_at,
    tortoise_config,
)
from bigcat_graphql.database.instances import make_written, read_instance
from bigcat_graphql.database.migration import migrate
from bigcat_graphql.database.pool import Connection
from bigcat_graphql.database.statistics import refresh_for_ever, refresh_statistics
from bigcat_graphql.database.transaction import run_transaction
from bigcat_graphql.database.url import DatabaseUrl

__all__ = [
    "Batches",
    "Caller",
    "Connection",
    "DatabaseUnreachable",
    "DatabaseUrl",
    "close_database",
    "connect",
    "execute",
    "fetch_all",
    "fetch_one",
    "make_written",
    "migrate",
    "open_database",
    "opened_at",
    "read_instance",
    "refresh_for_ever",
    "refresh_statistics",
    "run_transaction",
    "tortoise_config",
]
