"""The idempotency keys of a batch of attempts to pay: claimed, found again, and settled."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.booking import batch_statements as sql
from bigcat_graphql.booking.idempotency import Answer, dump, dump_answer, read_outcome
from bigcat_graphql.errors import Busy, DomainError, NotDecided
from bigcat_graphql.payments.attempt import Attempt, Outcome

MUTATION = "payBooking"


async def claim(attempts: Sequence[Attempt]) -> set[Attempt]:
    """Claim the keys of attempts for the payments that they would make; repeats get none."""
    rows = await database.fetch_all(
        sql.CLAIM_KEYS,
        MUTATION,
        [attempt.payment_id for attempt in attempts],
        *_columns(attempts),
        [attempt.intent.request_hash for attempt in attempts],
        [dump_answer(attempt.answer) for attempt in attempts],
    )
    new = {(row["account_id"], row["key"]) for row in rows}
    return {one for one in attempts if (one.intent.account_id, one.intent.key) in new}


async def read_repeats(attempts: Sequence[Attempt]) -> dict[Attempt, Answer | DomainError]:
    """Find what came of the keys before."""
    if not attempts:
        return {}
    rows = await database.fetch_all(sql.READ_KEYS, MUTATION, *_columns(attempts))
    found = {(row["account_id"], row["key"]): row for row in rows}
    repeats: dict[Attempt, Answer | DomainError] = {}
    for attempt in attempts:
        row = found.get((attempt.intent.account_id, attempt.intent.key))
        # None: forgotten between two statements, 48 hours after it was first used.
        repeats[attempt] = read_outcome(attempt.intent, row) if row else Busy()
    return repeats


async def settle(outcomes: Mapping[Attempt, Outcome]) -> None:
    """Make the claimed keys say why not, or forget what was not decided."""
    undone = [one for one, out in outcomes.items() if isinstance(out, NotDecided)]
    refused = {
        one: dump(out)
        for one, out in outcomes.items()
        if isinstance(out, DomainError) and one not in undone
    }
    if undone:
        await database.execute(sql.DROP_KEYS, MUTATION, *_columns(undone))
    if refused:
        columns = _columns(list(refused))
        await database.execute(sql.CHANGE_OUTCOMES, MUTATION, *columns, list(refused.values()))


def _columns(attempts: Sequence[Attempt]) -> tuple[list[UUID], list[str]]:
    return [one.intent.account_id for one in attempts], [one.intent.key for one in attempts]
