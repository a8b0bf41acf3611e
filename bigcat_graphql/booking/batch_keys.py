"""The keys of a batch: claimed first, repeats found, and what came of each written at the end."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar
from uuid import UUID

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.booking import batch_statements as sql
from bigcat_graphql.booking.idempotency import Answer, Intent, dump, dump_answer, read_outcome
from bigcat_graphql.booking.wish import Again
from bigcat_graphql.errors import DomainError, NotDecided
from bigcat_graphql.ids import new_id

# As long as a transaction waits for a lock.
_KEY_SECONDS = 2.0


class Claimant(Protocol):
    """A request with a key; those of a batch are for one mutation, and no two have the same."""

    @property
    def intent(self) -> Intent:
        """Whose key it is, and for what."""

    @property
    def answer(self) -> Answer:
        """What its key answers once it is done."""


C = TypeVar("C", bound=Claimant)


async def claim_keys(claimants: Sequence[C]) -> set[C]:
    """Claim keys for what their requests would make; those that came before get none."""
    answers = [dump_answer(one.answer) for one in claimants]
    return _found(claimants, await _claim(sql.CLAIM_KEYS, claimants, answers))


async def claim_keys_lock_accounts(claimants: Sequence[C]) -> tuple[set[C], set[UUID]]:
    """Claim keys as `claim_keys` does, and lock the accounts of those that are new.

    Returns:
        Those whose keys are new, and which of their accounts there are.
    """
    answers = [dump_answer(one.answer) for one in claimants]
    rows = await _claim(sql.CLAIM_KEYS_LOCK_ACCOUNTS, claimants, answers)
    return _found(claimants, rows), {row["account_id"] for row in rows if row["is_known"]}


async def read_repeats(claimants: Sequence[C]) -> dict[C, Answer | DomainError | None]:
    """Find what came of keys before; None where it was forgotten a moment ago, after 48 hours."""
    if not claimants:
        return {}
    rows = await database.fetch_all(sql.READ_KEYS, _mutation(claimants), *_columns(claimants))
    found = {(row["account_id"], row["key"]): row for row in rows}
    repeats: dict[C, Answer | DomainError | None] = {}
    for one in claimants:
        row = found.get((one.intent.account_id, one.intent.key))
        repeats[one] = read_outcome(one.intent, row) if row else None
    return repeats


async def settle_keys(outcomes: Mapping[C, object]) -> None:
    """Make claimed keys say why not, or forget what was not decided."""
    undone = [one for one, out in outcomes.items() if isinstance(out, Again | NotDecided)]
    refused = {
        one: dump(out)
        for one, out in outcomes.items()
        if isinstance(out, DomainError) and not isinstance(out, NotDecided)
    }
    if undone:
        await database.execute(sql.DROP_KEYS, _mutation(undone), *_columns(undone))
    if refused:
        keys = list(refused)
        texts = list(refused.values())
        await database.execute(sql.CHANGE_OUTCOMES, _mutation(keys), *_columns(keys), texts)


async def keep_refusals(refusals: Mapping[C, DomainError]) -> dict[C, Answer | DomainError | None]:
    """Keep refusals that were worked out without the database, all in one statement.

    Returns:
        What is to be answered: of those that came before, what came of them then.
    """
    claimants = list(refusals)
    texts = [dump(refusal) for refusal in refusals.values()]
    # No transaction, which takes two round trips more, so no lock time-out: a key may be on its
    # way in another process, whose transaction has one.
    async with asyncio.timeout(_KEY_SECONDS):
        new = _found(claimants, await _claim(sql.CLAIM_KEYS, claimants, texts))
    return {**refusals, **await read_repeats([one for one in claimants if one not in new])}


async def _claim(statement: str, claimants: Sequence[C], outcomes: list[str]) -> list[Record]:
    return await database.fetch_all(
        statement,
        _mutation(claimants),
        [new_id() for _ in claimants],
        *_columns(claimants),
        [one.intent.request_hash for one in claimants],
        outcomes,
    )


def _found(claimants: Sequence[C], rows: Sequence[Record]) -> set[C]:
    names = {(row["account_id"], row["key"]) for row in rows}
    return {one for one in claimants if (one.intent.account_id, one.intent.key) in names}


def _mutation(claimants: Sequence[Claimant]) -> str:
    return claimants[0].intent.mutation


def _columns(claimants: Sequence[Claimant]) -> tuple[list[UUID], list[str]]:
    return [one.intent.account_id for one in claimants], [one.intent.key for one in claimants]
