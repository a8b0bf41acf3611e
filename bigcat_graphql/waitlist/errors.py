"""Why somebody cannot join a waiting list."""

from dataclasses import dataclass

from bigcat_graphql.errors import DomainError
from bigcat_graphql.models import ConcertStatus


@dataclass(eq=False)
class NotSoldOut(DomainError):
    """One waits for what is sold out: seats that would do can be booked, or nothing is on sale."""

    status: ConcertStatus
    path: tuple[str, ...] = ("input", "concertId")


@dataclass(eq=False)
class EmailNotVerified(DomainError):
    """Offers are told by mail: sign in with a mailed code first, which verifies the e-mail."""

    path: tuple[str, ...] = ()
