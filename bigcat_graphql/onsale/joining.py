"""Taking and giving up a place in a sale queue.

Those who join while a batch is on its way form the next one, and share its statements. Nothing
here depends on how often somebody asks: an account has one place.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.accounts.pace import Pace, Subject
from bigcat_graphql.errors import (
    DomainError,
    InvalidInput,
    NotFound,
    OutcomeUnknown,
    Unauthenticated,
)
from bigcat_graphql.models import QueueEntry
from bigcat_graphql.onsale import work
from bigcat_graphql.onsale.entries import ENTRY, entry_of
from bigcat_graphql.onsale.errors import AdmissionRequired, Missing
from bigcat_graphql.onsale.places import take_places
from bigcat_graphql.onsale.presale import find_missing
from bigcat_graphql.onsale.watching import tell_place

_NONCE_LENGTH_MAX = 64
# Joining again is harmless, and what a client does that lost its connection: not 20 times at once.
_pace = Pace("joinQueue", lambda settings: (settings.joins_per_minute, settings.joins_burst))
# Twice as many as usual: a place costs little, and thousands come in the same second.
_BATCH_MAX = 200

_LEAVE = f"""
UPDATE queue_entry e SET status = 'LEFT', changed_at = now()
WHERE e.concert_id = $1 AND e.account_id = $2
  AND e.status IN ('PREQUEUE', 'WAITING', 'ADMITTED', 'LEFT')
RETURNING {ENTRY}
"""


@dataclass(eq=False, slots=True)
class _Joiner:
    """Somebody who asks for a place; one that is hasty is still to be counted by PostgreSQL."""

    account_id: UUID
    nonce_digest: bytes
    is_hasty: bool
    refusal: DomainError | None = None


class _Door(database.Batches[_Joiner, QueueEntry]):
    """One concert's door on this node."""

    def __init__(self, concert_id: UUID) -> None:
        super().__init__(most=_BATCH_MAX)
        self._concert_id = concert_id

    def names_of(self, request: _Joiner) -> frozenset[Hashable]:
        """Keep nobody apart: an account that comes twice gets one place."""
        del request
        return frozenset()

    async def serve(self, requests: Sequence[_Joiner]) -> dict[_Joiner, QueueEntry | DomainError]:
        """Give each account one place, with the nonce that came first."""
        await self._refuse_uninvited(requests)
        await self._refuse_hasty([joiner for joiner in requests if joiner.is_hasty])
        refused = {joiner.account_id for joiner in requests if joiner.refusal}
        nonces: dict[UUID, bytes] = {}
        for joiner in requests:
            if joiner.account_id not in refused:
                nonces.setdefault(joiner.account_id, joiner.nonce_digest)
        outcomes = await self._take_places(nonces) if nonces else {}
        # Nothing at all: the account's row was not there to join.
        return {
            joiner: joiner.refusal or outcomes.get(joiner.account_id) or Unauthenticated()
            for joiner in requests
        }

    def rest(self) -> None:
        """Be closed until somebody comes."""
        _doors.pop(self._concert_id, None)

    async def _refuse_uninvited(self, joiners: Sequence[_Joiner]) -> None:
        pairs = {joiner: (self._concert_id, joiner.account_id) for joiner in joiners}
        missing = await find_missing(list(dict.fromkeys(pairs.values())))
        for joiner, pair in pairs.items():
            joiner.refusal = joiner.refusal or missing.get(pair)

    async def _refuse_hasty(self, joiners: Sequence[_Joiner]) -> None:
        subjects = {joiner: Subject(joiner.account_id, self._concert_id) for joiner in joiners}
        limited = await _pace.count(dict.fromkeys(subjects.values(), "")) if subjects else {}
        for joiner, subject in subjects.items():
            # That is committed: should this batch be served again, it is not counted twice.
            joiner.is_hasty = False
            joiner.refusal = joiner.refusal or limited.get(subject)

    async def _take_places(
        self, nonces: Mapping[UUID, bytes]
    ) -> Mapping[UUID, QueueEntry | DomainError]:
        """Take them; what is wrong with the queue, or stuck there, is so for everybody at once."""
        try:
            return await take_places(self._concert_id, nonces)
        except OutcomeUnknown:
            raise
        except DomainError as error:
            return dict.fromkeys(nonces, error)


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
    is_hasty = _pace.spend(Subject(viewer.account_id, concert_id))
    if work.is_needed() and not (
        proof_of_work and work.is_solved(proof_of_work, concert_id, viewer.account_id)
    ):
        challenge = work.make_challenge(concert_id, viewer.account_id)
        path = ("input", "proofOfWork")
        raise AdmissionRequired(Missing.PROOF_OF_WORK, concert_id, path, challenge)
    door = _doors.setdefault(concert_id, _Door(concert_id))
    entry = await door.submit(_Joiner(viewer.account_id, digest, is_hasty))
    if isinstance(entry, DomainError):
        raise entry
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
