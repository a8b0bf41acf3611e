"""The keys of a batch: claimed first, repeats found, and what came of each written at the end."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from asyncpg import Record

from bigcat_graphql import database
from bigcat_graphql.booking import batch_statements as sql
from bigcat_graphql.booking import idempotency
from bigcat_graphql.booking.idempotency import Answer
from bigcat_graphql.booking.wish import Again, Outcome, Repeated, Wish
from bigcat_graphql.errors import DomainError, NotDecided

MUTATION = "bookSeats"


async def claim_keys(wishes: Sequence[Wish]) -> tuple[set[Wish], set[UUID]]:
    """Claim the keys of wishes for what they would make, and lock their accounts.

    Returns:
        Those whose keys are new, and which of their accounts there are.
    """
    answers = [idempotency.dump_answer(Answer(wish.key)) for wish in wishes]
    rows = await database.fetch_all(
        sql.CLAIM_KEYS_LOCK_ACCOUNTS, *_claim_arguments(wishes, answers)
    )
    return _found(wishes, rows), {row["account_id"] for row in rows if row["is_known"]}


async def read_repeats(wishes: Sequence[Wish]) -> dict[Wish, Outcome]:
    """Find what came of the keys before; one forgotten a moment ago is tried again."""
    if not wishes:
        return {}
    rows = await database.fetch_all(sql.READ_KEYS, MUTATION, *_key_columns(wishes))
    found = {(row["account_id"], row["key"]): row for row in rows}
    return {
        wish: _repeat(wish, found.get((wish.intent.account_id, wish.intent.key))) for wish in wishes
    }


def _repeat(wish: Wish, row: Record | None) -> Outcome:
    if row is None:
        return Again()
    answer = idempotency.read_outcome(wish.intent, row)
    return answer if isinstance(answer, DomainError) else Repeated(answer.booking)


async def settle_keys(claimed: Collection[Wish], outcomes: Mapping[Wish, Outcome]) -> None:
    """Make the claimed keys say what came of them."""
    undone: list[Wish] = []
    refused: dict[Wish, DomainError] = {}
    for wish in claimed:
        outcome = outcomes[wish]
        if isinstance(outcome, Again | NotDecided):
            undone.append(wish)
        elif isinstance(outcome, DomainError):
            refused[wish] = outcome
    if undone:
        await database.execute(sql.DROP_KEYS, MUTATION, *_key_columns(undone))
    if refused:
        texts = [idempotency.dump(refusal) for refusal in refused.values()]
        columns = _key_columns(list(refused))
        await database.execute(sql.CHANGE_OUTCOMES, MUTATION, *columns, texts)


async def keep_refusals(refusals: dict[Wish, DomainError]) -> dict[Wish, Outcome]:
    """Keep refusals that were worked out without the database, all in one statement."""
    # In a transaction for its lock time-out: a key may be on its way in another process.
    return await database.run_transaction(lambda: _keep_refusals(refusals))


async def _keep_refusals(refusals: dict[Wish, DomainError]) -> dict[Wish, Outcome]:
    wishes = list(refusals)
    texts = [idempotency.dump(refusals[wish]) for wish in wishes]
    rows = await database.fetch_all(sql.CLAIM_KEYS, *_claim_arguments(wishes, texts))
    claimed = _found(wishes, rows)
    repeats = await read_repeats([wish for wish in wishes if wish not in claimed])
    return {wish: repeats.get(wish, refusals[wish]) for wish in wishes}


def _claim_arguments(wishes: Sequence[Wish], outcomes: list[str]) -> list[object]:
    return [
        MUTATION,
        [wish.booking_id for wish in wishes],
        *_key_columns(wishes),
        [wish.intent.request_hash for wish in wishes],
        outcomes,
    ]


def _found(wishes: Sequence[Wish], rows: Sequence[Record]) -> set[Wish]:
    names = {(row["account_id"], row["key"]) for row in rows}
    return {wish for wish in wishes if (wish.intent.account_id, wish.intent.key) in names}


def _key_columns(wishes: Sequence[Wish]) -> tuple[list[UUID], list[str]]:
    return [wish.intent.account_id for wish in wishes], [wish.intent.key for wish in wishes]
