"""Who may take part in a sale that is not for everybody yet: by a list, by a code, or verified."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from bigcat_graphql import database
from bigcat_graphql.accounts import Viewer
from bigcat_graphql.accounts.attempts import Attempts
from bigcat_graphql.accounts.credentials import fold_email, read_email
from bigcat_graphql.onsale.errors import AdmissionRequired, Missing

_CODE_LENGTH_MAX = 100
_CODE_PATH = ("input", "accessCode")
# Organizers choose short codes: an account must not try all of them. A code may come with every
# booking of an evening, though.
_guesses = Attempts(per_minute=20, burst=20)

# What is missing for each of these pairs, if anything. Being on the list counts only with a
# verified e-mail: anybody can write anybody's address.
_MISSING = """
SELECT w.concert_id, w.account_id,
       c.needs_verified_email AND a.email_verified_at IS NULL AS unverified,
       c.presale_until > now()
       AND NOT EXISTS (SELECT FROM presale_pass p
                       WHERE p.concert_id = c.id AND p.account_id = a.id)
       AND NOT EXISTS (SELECT FROM presale_guest g
                       WHERE g.concert_id = c.id AND g.email_folded = a.email_folded
                         AND a.email_verified_at IS NOT NULL) AS uninvited
FROM unnest($1::uuid[], $2::uuid[]) AS w (concert_id, account_id)
JOIN concert c ON c.id = w.concert_id
JOIN account a ON a.id = w.account_id
WHERE c.needs_verified_email OR c.presale_until > now()
"""

# A use is counted once an account: the pass is made only if there was a use left, and a use is
# taken only if the pass is new. The code's row is locked, so that its last use is given once.
_LOCK_CODE = """
SELECT uses_left FROM access_code WHERE concert_id = $1 AND digest = $2 FOR NO KEY UPDATE
"""
_LET_IN = """
INSERT INTO presale_pass (concert_id, account_id) VALUES ($1, $2)
ON CONFLICT (concert_id, account_id) DO NOTHING RETURNING account_id
"""
_IS_LET_IN = "SELECT 1 FROM presale_pass WHERE concert_id = $1 AND account_id = $2"
_USE_CODE = """
UPDATE access_code SET uses_left = uses_left - 1 WHERE concert_id = $1 AND digest = $2
"""

_SET = """
UPDATE concert SET needs_verified_email = $2, presale_until = $3 WHERE id = $1
"""
_INVITE = """
INSERT INTO presale_guest (concert_id, email_folded)
SELECT $1, e FROM unnest($2::text[]) AS e ON CONFLICT DO NOTHING
"""
_ADD_CODES = """
INSERT INTO access_code (concert_id, digest, uses_left)
SELECT $1, d, $3 FROM unnest($2::bytea[]) AS d
ON CONFLICT (concert_id, digest) DO UPDATE SET uses_left = EXCLUDED.uses_left
"""


@dataclass(frozen=True, slots=True)
class Presale:
    """Who may take part: only verified e-mails, and until an instant only who has a pass."""

    needs_verified_email: bool
    until: datetime | None


async def set_presale(concert_id: UUID, presale: Presale) -> None:
    """Say who may take part in a concert's sale."""
    await database.execute(_SET, concert_id, presale.needs_verified_email, presale.until)


async def invite(concert_id: UUID, emails: Iterable[str]) -> None:
    """Let e-mails take part in the presale; being invited twice changes nothing.

    Raises:
        InvalidInput: one of them is no address; nobody was put on the list.
    """
    # As an account's are written, or the two would not be found equal.
    folded = [fold_email(read_email(email)) for email in emails]
    await database.execute(_INVITE, concert_id, folded)


async def add_codes(concert_id: UUID, codes: Iterable[str], *, uses: int) -> None:
    """Make access codes that so many accounts each may use; only their digests are kept."""
    await database.execute(_ADD_CODES, concert_id, [_digest(code) for code in codes], uses)


async def show_code(viewer: Viewer, *, concert_id: UUID, code: str) -> None:
    """Exchange an access code for a pass; showing it again costs nothing.

    Raises:
        AdmissionRequired: there is no such code, or it has been used up.
        RateLimited: the account tries and tries.
    """
    _guesses.spend(f"{viewer.account_id.hex}{concert_id.hex}")
    if len(code) > _CODE_LENGTH_MAX:
        raise AdmissionRequired(Missing.ACCESS_CODE, concert_id, _CODE_PATH)
    digest = _digest(code)

    async def work() -> bool:
        if await database.fetch_one(_IS_LET_IN, concert_id, viewer.account_id) is not None:
            return True
        row = await database.fetch_one(_LOCK_CODE, concert_id, digest)
        if row is None or row["uses_left"] == 0:
            return False
        if await database.fetch_one(_LET_IN, concert_id, viewer.account_id) is not None:
            await database.execute(_USE_CODE, concert_id, digest)
        return True

    if not await database.run_transaction(work):
        raise AdmissionRequired(Missing.ACCESS_CODE, concert_id, _CODE_PATH)


async def find_missing(
    pairs: Sequence[tuple[UUID, UUID]],
) -> Mapping[tuple[UUID, UUID], AdmissionRequired]:
    """Say, for pairs of concert and account, what is missing to take part."""
    concerts, accounts = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    missing: dict[tuple[UUID, UUID], AdmissionRequired] = {}
    for row in await database.fetch_all(_MISSING, concerts, accounts):
        pair = (row["concert_id"], row["account_id"])
        if row["uninvited"]:
            missing[pair] = AdmissionRequired(Missing.ACCESS_CODE, pair[0], _CODE_PATH)
        elif row["unverified"]:
            missing[pair] = AdmissionRequired(Missing.VERIFIED_EMAIL, pair[0], ())
    return missing


def _digest(code: str) -> bytes:
    # Typed from a card or a mail: case and blanks do not matter.
    return sha256("".join(code.split()).casefold().encode(errors="replace")).digest()
