"""Taking and giving up a place in a sale queue.

Those who join while a batch is on its way form the next one, and share its statements. Nothing
here depends on how often somebody asks: an account has one place.
"""

import asyncio
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.accounts.attempts import Attempts
from bigcat_graphql.errors import DomainError, InvalidInput, NotFound, Unauthenticated
from bigcat_graphql.models import QueueEntry
from bigcat_graphql.onsale import work
from bigcat_graphql.onsale.entries import ENTRY, entry_of
from bigcat_graphql.onsale.errors import AdmissionRequired, Missing
from bigcat_graphql.onsale.places import take_places
from bigcat_graphql.onsale.presale import find_missing
from bigcat_graphql.onsale.watching import tell_place

_NONCE_LENGTH_MAX = 64
# Joining again is harmless, and what a client does that lost its connection: not 20 times at once.
_joins = Attempts(per_minute=30, burst=20)
# More in one statement would not make each cheaper, but would make the first ones wait.
_BATCH_MAX = 200

_LEAVE = f"""
UPDATE queue_entry e SET status = 'LEFT', changed_at = now()
WHERE e.concert_id = $1 AND e.account_id = $2
  AND e.status IN ('PREQUEUE', 'WAITING', 'ADMITTED', 'LEFT')
RETURNING {ENTRY}
"""


@dataclass(eq=False, slots=True)
class _Joiner:
    """Somebody who asks for a place, and how to tell them."""

    account_id: UUID
    nonce_digest: bytes
    answer: asyncio.Future[QueueEntry]


class _Door:
    """One concert's door on this node: at most one batch on its way."""

    def __init__(self, concert_id: UUID) -> None:
        self._concert_id = concert_id
        self._waiting: list[_Joiner] = []
        self._running: asyncio.Task[None] | None = None

    async def enter(self, account_id: UUID, nonce_digest: bytes) -> QueueEntry:
        answer: asyncio.Future[QueueEntry] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Joiner(account_id, nonce_digest, answer))
        if self._running is None:
            # A context of its own: it must not live in its first caller's transaction.
            self._running = asyncio.create_task(self._run(), context=Context())
        return await answer

    async def _run(self) -> None:
        try:
            while joiners := self._waiting[:_BATCH_MAX]:
                del self._waiting[:_BATCH_MAX]
                await self._admit(joiners)
        finally:
            self._running = None
            _doors.pop(self._concert_id, None)

    async def _admit(self, joiners: Sequence[_Joiner]) -> None:
        # One place an account, with the nonce that came first.
        nonces: dict[UUID, bytes] = {}
        for joiner in joiners:
            nonces.setdefault(joiner.account_id, joiner.nonce_digest)
        try:
            missing = await find_missing([(self._concert_id, one) for one in nonces])
            for _, account_id in missing:
                del nonces[account_id]
            entries = await take_places(self._concert_id, nonces) if nonces else {}
        except Exception as error:  # noqa: BLE001 - whatever it is, each must be told
            for joiner in joiners:
                if not joiner.answer.done():
                    joiner.answer.set_exception(error)
            return
        for joiner in joiners:
            refusal = missing.get((self._concert_id, joiner.account_id))
            _tell(joiner, refusal or entries.get(joiner.account_id))


_doors: dict[UUID, _Door] = {}


async def join_queue(
    viewer: Viewer, *, concert_id: UUID, nonce: str | None, proof_of_work: str | None = None
) -> QueueEntry:
    """Take a place, or come back to the one the account has.

    Before the opening it is a place in the lobby, and all of them are drawn; then it is the next
    one in line.

    Raises:
        RateLimited: the account joins and joins.
        AdmissionRequired: the sale is not open to this account, or far too many join just now
            and there is no proof of work.
        WrongConcertState: no queue is on in front of this concert.
        NotFound: there is no such concert.
        InvalidInput: the nonce is empty or longer than 64 characters.
        Unauthenticated: the account is gone.
    """
    if nonce is not None and not 1 <= len(nonce) <= _NONCE_LENGTH_MAX:
        raise InvalidInput("A nonce has 1 to 64 characters, or is left out.", ("input", "nonce"))
    try:
        digest = sha256((nonce or "").encode()).digest()
    except UnicodeEncodeError:
        raise InvalidInput("A nonce is plain text.", ("input", "nonce")) from None
    _joins.spend(f"{viewer.account_id.hex}{concert_id.hex}")
    if work.is_needed() and not (
        proof_of_work and work.is_solved(proof_of_work, concert_id, viewer.account_id)
    ):
        challenge = work.make_challenge(concert_id, viewer.account_id)
        path = ("input", "proofOfWork")
        raise AdmissionRequired(Missing.PROOF_OF_WORK, concert_id, path, challenge)
    door = _doors.setdefault(concert_id, _Door(concert_id))
    entry = await door.enter(viewer.account_id, digest)
    tell_place(entry)
    return entry


async def leave_queue(viewer: Viewer, *, concert_id: UUID) -> QueueEntry:
    """Give up the place; doing it again changes nothing.

    Raises:
        NotFound: the viewer has none, or it has come to its end.
    """
    row = await database.fetch_one(_LEAVE, concert_id, viewer.account_id)
    if row is None:
        raise NotFound(("input", "concertId"))
    entry = entry_of(row)
    tell_place(entry)
    return entry


def _tell(joiner: _Joiner, outcome: QueueEntry | DomainError | None) -> None:
    if joiner.answer.done():
        return
    if isinstance(outcome, QueueEntry):
        joiner.answer.set_result(outcome)
    else:  # nothing at all: the account's row was not there to join
        joiner.answer.set_exception(outcome or Unauthenticated())
