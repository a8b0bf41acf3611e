"""Codes by mail, asked for and made: who reads the mail of an address proves that it is theirs."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bigcat_graphql import database, jobs
from bigcat_graphql.accounts.attempts import Attempts
from bigcat_graphql.accounts.credentials import fold_email, read_email
from bigcat_graphql.accounts.passwords import hash_password
from bigcat_graphql.accounts.sessions import count_visit
from bigcat_graphql.ids import new_id

EMAIL_CODE = "message.email-code"
"""The kind of job that mails a code; its payload names the row as `request`."""

# No 0/O, 1/I/L and U, which people mistake: 8 of them make 39 bits, for 5 guesses.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 8
_TRIES = 5
_LIFE_SECONDS = 15 * 60
# Who clicks twice gets one mail, and the code in it stays good.
_PAUSE_SECONDS = 60

# Mails to one address, whoever asks for them: nobody's mailbox is flooded through us.
_mails = Attempts(per_minute=1 / 10, burst=5)

# One row an e-mail. The same work whether the e-mail is known or not, so that time tells nothing.
_REQUEST = """
INSERT INTO email_code (id, email_folded, tries_left, requested_at, valid_until)
VALUES ($1, $2, $3, now(), now() + make_interval(secs => $4))
ON CONFLICT (email_folded) DO UPDATE
SET id = excluded.id, code_hash = NULL, tries_left = excluded.tries_left,
    requested_at = excluded.requested_at, valid_until = excluded.valid_until
WHERE email_code.requested_at < now() - make_interval(secs => $5) OR email_code.tries_left = 0
RETURNING valid_until
"""

_VALID_UNTIL = "SELECT valid_until FROM email_code WHERE email_folded = $1"

# To whom the code of a request goes: to nobody if no account has the e-mail.
_RECIPIENT = """
SELECT a.email, a.name, a.locale, e.valid_until,
       ceil(extract(epoch FROM e.valid_until - now()))::int AS left
FROM email_code e JOIN account a ON a.email_folded = e.email_folded
WHERE e.id = $1 AND e.valid_until > now()
ORDER BY (a.password_hash IS NOT NULL) DESC, a.created_at DESC LIMIT 1
"""

_KEEP_HASH = "UPDATE email_code SET code_hash = $2 WHERE id = $1 AND valid_until > now()"

_FORGET_OLD = "DELETE FROM email_code WHERE valid_until < now() - interval '1 day'"


@dataclass(frozen=True, slots=True)
class MailedCode:
    """A code and to whom it goes; it is shown to nobody else, and kept only as a hash."""

    email: str
    name: str
    locale: str | None
    code: str
    seconds_left: int


async def request_email_code(email: str, *, address: str | None = None) -> datetime:
    """Ask for a code, and tell until when it will be good; a minute must pass before the next.

    Whether any account has the e-mail shows neither in the answer nor in the time it takes: the
    rest is a job's.

    Raises:
        InvalidInput: this is not an e-mail address.
        RateLimited: too many were asked for this e-mail, or from this client.
    """
    folded = fold_email(read_email(email))
    count_visit(address)
    _mails.spend(folded)

    async def work() -> datetime:
        request_id = new_id()
        row = await database.fetch_one(
            _REQUEST, request_id, folded, _TRIES, float(_LIFE_SECONDS), float(_PAUSE_SECONDS)
        )
        if row is not None:
            await jobs.enqueue(EMAIL_CODE, {"request": str(request_id)})
        row = row or await database.fetch_one(_VALID_UNTIL, folded)
        if row is None:
            raise AssertionError("what stood in the way of the INSERT is there")
        valid_until: datetime = row["valid_until"]
        return valid_until

    valid_until = await database.run_transaction(work)
    jobs.wake()
    return valid_until


async def draw_email_code(request_id: UUID) -> MailedCode | None:
    """Make the code of a request, at the time of its mail; None when nobody is to get it.

    Only its hash is kept, so it is made anew each time: the last mail has the good one.

    Raises:
        Busy: too many people are signing in.
    """
    await database.execute(_FORGET_OLD)
    recipient = await database.fetch_one(_RECIPIENT, request_id)
    if recipient is None:
        return None
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    await database.execute(_KEEP_HASH, request_id, await hash_password(code))
    return MailedCode(
        email=recipient["email"],
        name=recipient["name"],
        locale=recipient["locale"],
        code=code,
        seconds_left=recipient["left"],
    )
