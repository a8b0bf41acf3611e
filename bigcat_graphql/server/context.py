"""The context of one operation, as resolvers know it."""

from datetime import timedelta
from typing import cast

from bigcat_graphql import accounts
from bigcat_graphql.clock import utc_now
from bigcat_graphql.schema.context import Context, RateBudget
from bigcat_graphql.server.budget import Standing
from bigcat_graphql.server.callers import Caller


def make_context(caller: Caller, standing: Standing) -> Context:
    """Make a context with loaders that have seen nothing yet."""
    return Context(
        # The viewer is what `accounts.authenticate` made; the server reads only parts of it.
        viewer=cast("accounts.Viewer | None", caller.viewer),
        request_id=caller.request_id,
        base_url=caller.base_url,
        client_address=caller.address,
        accept_language=caller.accept_language,
        rate=RateBudget(
            cost=standing.cost,
            limit=standing.limit,
            remaining=standing.remaining,
            reset_at=utc_now() + timedelta(seconds=standing.full_in_seconds),
        ),
    )
