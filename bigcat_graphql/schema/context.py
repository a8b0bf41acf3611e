"""What every resolver is handed: who asks, and the loaders of this one operation."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import strawberry

from bigcat_graphql.accounts import Viewer
from bigcat_graphql.schema.loaders import Loaders


@dataclass(frozen=True, slots=True)
class RateBudget:
    """The caller's budget once this operation was paid for, in points."""

    cost: int
    limit: int
    remaining: int
    reset_at: datetime


@dataclass(slots=True)
class Context:
    """One operation's surroundings; each event of a subscription has its own.

    `base_url` is where this server is reached, without a slash at its end; `client_address` is the
    network address that attempts to sign in are counted by; `accept_language` is the client's
    header.
    """

    viewer: Viewer | None = None
    request_id: str = ""
    base_url: str = "http://127.0.0.1:8000"
    client_address: str | None = None
    accept_language: str | None = None
    rate: RateBudget | None = None
    loaders: Loaders = field(default_factory=Loaders)

    def is_viewer(self, account_id: UUID) -> bool:
        """Say whether it is this account that asks."""
        return self.viewer is not None and self.viewer.account_id == account_id

    def forget(self) -> None:
        """Load everything anew, after something was changed."""
        self.loaders = Loaders()


Info = strawberry.Info[Context, None]
