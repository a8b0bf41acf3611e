"""The gate that a higher room may put in front of a sale: who may not come in, and why."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

from bigcat_graphql.errors import DomainError

Pair = tuple[UUID, UUID]
Gate = Callable[[Sequence[Pair]], Awaitable[Mapping[Pair, DomainError]]]


async def _open(_: Sequence[Pair]) -> Mapping[Pair, DomainError]:
    return {}


_gate: Gate = _open
_invited: Gate = _open


def put_up(gate: Gate, *, invited: Gate = _open) -> None:
    """Have pairs of concert and account asked about inside the transaction that takes seats.

    It is asked only about concerts whose sale is not open to everybody, under the locks of the
    accounts. `invited` is the part of it that also holds for those who wait for seats. To be put up
    once a process, at start-up.
    """
    global _gate, _invited
    _gate, _invited = gate, invited


async def find_turned_away(pairs: Sequence[Pair]) -> Mapping[Pair, DomainError]:
    """Say who may not book, of pairs of concert and account."""
    return await _gate(pairs) if pairs else {}


async def find_uninvited(pairs: Sequence[Pair]) -> Mapping[Pair, DomainError]:
    """Say who may not even wait for seats, of pairs of concert and account."""
    return await _invited(pairs)
