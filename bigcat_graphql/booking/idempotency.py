"""The same mutation under the same key has one effect and gives one answer."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from asyncpg import Record
from pydantic import TypeAdapter

from bigcat_graphql import database
from bigcat_graphql.booking.errors import IdempotencyConflict
from bigcat_graphql.booking.events import Event, tell
from bigcat_graphql.booking.rules import check_key
from bigcat_graphql.booking.selection import BookingKey
from bigcat_graphql.errors import Busy, DomainError, NotDecided
from bigcat_graphql.ids import new_id

# The key row comes first in the lock order: a repeat that comes meanwhile waits here, and then
# finds the outcome instead of doing it again.
_CLAIM = """
INSERT INTO idempotency_key (id, account_id, mutation, key, request_hash, outcome, created_at)
VALUES ($1, $2, $3, $4, $5, $6::jsonb, now())
ON CONFLICT (account_id, mutation, key) DO NOTHING
RETURNING key
"""

_READ = """
SELECT request_hash, outcome, created_at FROM idempotency_key
WHERE account_id = $1 AND mutation = $2 AND key = $3
"""

_CHANGE_OUTCOME = """
UPDATE idempotency_key SET outcome = $4::jsonb
WHERE account_id = $1 AND mutation = $2 AND key = $3
"""

# Keys are kept 48 hours, see docs/decisions/idempotency.md. By their places, which do not change
# under the lock: no plan can then think of reading the whole table.
FORGET_KEYS = """
DELETE FROM idempotency_key
WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM idempotency_key WHERE created_at < now() - interval '48 hours'
  ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED
))
"""


@dataclass(frozen=True, slots=True)
class Intent:
    """One wish of one account, named by the key its client made.

    `request` is everything that makes another wish of it; it is hashed, not kept.
    """

    account_id: UUID
    mutation: str
    key: str
    request: tuple[object, ...]

    @property
    def name(self) -> tuple[UUID, str, str]:
        """The unique name of its row."""
        return (self.account_id, self.mutation, self.key)

    @property
    def request_hash(self) -> str:
        """SHA-256 of the request."""
        # Not orjson's own way with dataclasses, which leaves out what kind of wish it is.
        text = orjson.dumps(self.request, default=_plain, option=orjson.OPT_PASSTHROUGH_DATACLASS)
        return hashlib.sha256(text).hexdigest()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a verb answers: the booking, and whatever else the work made under its key."""

    booking: BookingKey
    made: UUID | None = None


_ANSWER = TypeAdapter(Answer)
_adapters: dict[type[DomainError], TypeAdapter[DomainError]] = {}


async def answer_once(
    intent: Intent, answer: Answer, work: Callable[[], Awaitable[list[Event]]]
) -> Answer:
    """Do the work in one transaction with its key, or answer what the key answered before.

    The key's row is written first, in the transaction of the effect: of two calls at once the
    second waits for the first's commit, and then replays it. A refusal is kept as well, in a
    transaction of its own after the roll-back; should the process die between the two, the
    refused request had no effect and may be judged anew.

    Args:
        intent: What is wished, and its key.
        answer: What the work makes or changes.
        work: Changes rows and returns what to tell after the commit; may run more than once.

    Raises:
        InvalidInput: the key is not 1 to 64 printable characters.
        IdempotencyConflict: the key came before with another request.
        DomainError: whatever the work raises, now or the first time.
    """
    check_key(intent.key)
    try:
        outcome, events = await database.run_transaction(lambda: _do_once(intent, answer, work))
    except NotDecided:
        raise
    except DomainError as refusal:
        # In a transaction for its lock time-out: the key may be on its way in another process.
        outcome = await database.run_transaction(partial(_keep_refusal, intent, refusal))
        events = []
    if isinstance(outcome, DomainError):
        raise outcome
    tell(events)
    return outcome


async def change_outcome(intent: Intent, refusal: DomainError) -> None:
    """Let later repeats have a refusal that came after the first transaction, as payments do."""
    await database.execute(_CHANGE_OUTCOME, *intent.name, dump(refusal))


async def recall(intent: Intent) -> Answer | DomainError:
    """Read what repeats of the key are answered by now."""
    row = await database.fetch_one(_READ, *intent.name)
    # No row: forgotten between two statements, 48 hours after it was first used.
    return read_outcome(intent, row) if row else Busy()


async def _do_once(
    intent: Intent, answer: Answer, work: Callable[[], Awaitable[list[Event]]]
) -> tuple[Answer | DomainError, list[Event]]:
    if await _claim(intent, dump_answer(answer)):
        return answer, await work()
    return await recall(intent), []


async def _keep_refusal(intent: Intent, refusal: DomainError) -> Answer | DomainError:
    if await _claim(intent, dump(refusal)):
        return refusal
    # A repeat was quicker between our roll-back and now: its outcome is the first one.
    return await recall(intent)


async def _claim(intent: Intent, outcome: str) -> bool:
    row = await database.fetch_one(_CLAIM, new_id(), *intent.name, intent.request_hash, outcome)
    return row is not None


def read_outcome(intent: Intent, row: Record) -> Answer | DomainError:
    """Read what came of the key before: an answer, or the refusal to raise."""
    if row["request_hash"] != intent.request_hash:
        return IdempotencyConflict(row["created_at"])
    outcome = orjson.loads(row["outcome"])
    if "error" in outcome:
        return _load(outcome)
    return _ANSWER.validate_python(outcome)


def dump_answer(answer: Answer) -> str:
    """Write an answer as the key's row keeps it."""
    return _ANSWER.dump_json(answer).decode()


def dump(error: DomainError) -> str:
    """Write a refusal as the key's row keeps it."""
    facts = _adapter(type(error)).dump_python(error, mode="json")
    return orjson.dumps({"error": type(error).__name__, "facts": facts}).decode()


def _load(outcome: dict[str, Any]) -> DomainError:
    kind = _kinds().get(outcome["error"])
    # None: an older release refused, for a reason that this one does not know any more.
    return _adapter(kind).validate_python(outcome["facts"]) if kind else Busy()


def _adapter(kind: type[DomainError]) -> TypeAdapter[DomainError]:
    # Making one takes as long as dumping a hundred refusals.
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def _kinds(root: type[DomainError] = DomainError) -> dict[str, type[DomainError]]:
    """Name every domain error there is, wherever it lives."""
    found = {root.__name__: root}
    for kind in root.__subclasses__():
        found |= _kinds(kind)
    return found


def _plain(value: Any) -> object:  # noqa: ANN401 - whatever orjson cannot say by itself
    """Say for orjson what a request is made of."""
    if isinstance(value, UUID):
        return value.hex
    return [
        type(value).__name__,
        {field.name: getattr(value, field.name) for field in fields(value)},
    ]
