"""Proof of work, in Altcha's form: asked for only while far more people join than ever do.

It keeps no state. A challenge is signed, ends after some minutes, and is bound to one account and
one sale, so that a solution is worth nothing to anybody else.
"""

import base64
import hmac
import json
import secrets
import time
from collections import deque
from hashlib import sha256
from uuid import UUID

from bigcat_graphql.clock import utc_now
from bigcat_graphql.settings import get_settings

# About 50,000 digests on average: a quarter of a second of a phone, and 0 for us.
_HARDEST = 100_000
_GOOD_SECONDS = 300
_LONGEST = 1_000
_ALGORITHM = "SHA-256"
_WINDOW_SECONDS = 1.0

_joins: deque[float] = deque()


def is_needed() -> bool:
    """Count somebody who joins here now, and say whether there are too many of them."""
    now = time.monotonic()
    _joins.append(now)
    while _joins[0] < now - _WINDOW_SECONDS:
        _joins.popleft()
    return len(_joins) > get_settings().queue_joins_per_second


def make_challenge(concert_id: UUID, account_id: UUID) -> str:
    """Make a challenge for one account, as the JSON that Altcha's widget takes."""
    until = int(utc_now().timestamp()) + _GOOD_SECONDS
    salt = f"{secrets.token_hex(12)}?expires={until}"
    number = secrets.randbelow(_HARDEST)
    challenge = sha256(f"{salt}{number}".encode()).hexdigest()
    return json.dumps(
        {
            "algorithm": _ALGORITHM,
            "challenge": challenge,
            "maxnumber": _HARDEST,
            "salt": salt,
            "signature": _sign(challenge, concert_id, account_id),
        }
    )


def is_solved(solution: str, concert_id: UUID, account_id: UUID) -> bool:
    """Check what Altcha's widget makes of a challenge: base64 of JSON with the number found."""
    if len(solution) > _LONGEST:
        return False
    try:
        facts = json.loads(base64.b64decode(solution, validate=True))
        challenge, found = str(facts["challenge"]), f"{facts['salt']}{facts['number']}".encode()
        until = int(str(facts["salt"]).rpartition("?expires=")[2])
        # Half a letter can be written in JSON, and is no text.
        signed = _sign(challenge, concert_id, account_id)
        signature = str(facts["signature"]).encode()
    except (ValueError, TypeError, KeyError, RecursionError):
        return False
    return (
        hmac.compare_digest(signed.encode(), signature)
        and sha256(found).hexdigest() == challenge
        and until >= utc_now().timestamp()
    )


def _sign(challenge: str, concert_id: UUID, account_id: UUID) -> str:
    text = b"work" + concert_id.bytes + account_id.bytes + challenge.encode()
    return hmac.digest(get_settings().secret_key.encode(), text, sha256).hex()
