"""Scenes in front of a sale: a queue, people who join, and time that passes."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.clock import utc_now
from bigcat_graphql.models import Concert, QueueEntry
from bigcat_graphql.onsale import announce_queue, entries_of, join_queue, queues_of
from bigcat_graphql.onsale.presence import presence_of
from bigcat_graphql.onsale.queues import QueueState
from bigcat_graphql.onsale.turns import take_turn
from tests.scenes import make_buyer, make_concert

__all__ = ["presence_of"]


async def make_queue(*, rows: int = 4, seats_per_row: int = 5, **facts: Any) -> Concert:
    """Make a concert whose sale opens tomorrow, with a queue in front."""
    facts.setdefault("opens_at", utc_now() + timedelta(days=1))
    concert = await make_concert(rows=rows, seats_per_row=seats_per_row, **facts)
    await announce_queue(concert.id)
    return concert


async def join_all(concert: Concert, count: int) -> list[Viewer]:
    people = [await make_buyer() for _ in range(count)]
    for person in people:
        await join_queue(person, concert_id=concert.id, nonce=None)
    return people


async def open_sale(concert: Concert) -> None:
    """Let the opening come, and everything until the line begins to move."""
    await pass_opening(concert)
    await take_turn()
    await database.execute(
        "UPDATE sale_queue SET lobby_closed_at = lobby_closed_at - interval '5 seconds'"
        " WHERE concert_id = $1",
        concert.id,
    )
    await take_turn()


async def pass_opening(concert: Concert) -> None:
    await database.execute(
        "UPDATE concert SET opens_at = now() - interval '1 second' WHERE id = $1", concert.id
    )


async def pass_seconds(concert: Concert, seconds: float) -> None:
    """Let time pass for the queue and everybody in it."""
    past = timedelta(seconds=seconds)
    await database.execute(
        "UPDATE sale_queue SET ticked_at = ticked_at - $2::interval,"
        " drawn_at = drawn_at - $2::interval WHERE concert_id = $1",
        concert.id,
        past,
    )
    await database.execute(
        "UPDATE queue_entry SET seen_at = seen_at - $2::interval,"
        " admitted_at = admitted_at - $2::interval, admitted_until = admitted_until - $2::interval,"
        " claimed_at = claimed_at - $2::interval WHERE concert_id = $1",
        concert.id,
        past,
    )


async def state_of(concert: Concert) -> QueueState:
    return (await queues_of([concert.id]))[concert.id]


async def places_of(concert: Concert, people: Sequence[Viewer]) -> list[QueueEntry]:
    found = await entries_of(concert.id, [person.account_id for person in people])
    return [found[person.account_id] for person in people]


async def place_of(concert: Concert, person: Viewer) -> QueueEntry:
    (place,) = await places_of(concert, [person])
    return place


def ranks_of(entries: Sequence[QueueEntry]) -> Iterator[int]:
    for entry in entries:
        assert entry.rank is not None
        yield entry.rank


def ids_of(people: Sequence[Viewer]) -> list[UUID]:
    return [person.account_id for person in people]
