"""How often an account may begin to watch one concert's seats: counted in this process only."""

from uuid import UUID

from bigcat_graphql.accounts import Viewer
from bigcat_graphql.accounts.pace import Pace, Subject

_pace = Pace(
    "seatAvailability", lambda settings: (settings.watches_per_minute, settings.watches_burst)
)


def count_watch(viewer: Viewer, concert_id: UUID) -> None:
    """Count that an account begins to watch.

    Raises:
        RateLimited: it begins again and again.
    """
    _pace.spend(Subject(viewer.account_id, concert_id))
