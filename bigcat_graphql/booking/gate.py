"""The gate that a higher room may put in front of a sale: who may not come in, and why."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

from bigcat_graphql.errors import DomainError

Pair = tuple[UUID, UUID]
Gate = Callable[[Sequence[Pair]], Awaitable[Mapping[Pair, DomainError]]]


async def _open(_: Sequence[Pair]) -> Mapping[Pair, DomainError]:
    return {}


_gate: Gate = _open


def put_up(gate: Gate) -> None:
    """Have pairs of concert and account asked about inside the transaction that takes seats.

    It is asked only about concerts whose sale is not open to everybody, under the locks of the
    accounts. To be put up once a process, at start-up.
    """
    global _gate  # noqa: PLW0603 - one process, one gate
    _gate = gate


async def find_turned_away(pairs: Sequence[Pair]) -> Mapping[Pair, DomainError]:
    """Say who may not book, of pairs of concert and account."""
    return await _gate(pairs) if pairs else {}
