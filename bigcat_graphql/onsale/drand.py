"""drand's public randomness, fetched over HTTP; what does not fit is as good as not there."""

from hashlib import sha256

import httpx
import structlog

from bigcat_graphql.onsale.beacon import CHAIN_HASH, Beacon
from bigcat_graphql.settings import get_settings

_LOG = structlog.get_logger()
# The draw waits for it: better to ask again a second later.
_SECONDS = 3.0
_LONGEST_ANSWER = 4_096


async def fetch_round(round_: int) -> Beacon | None:
    """Ask for a round of quicknet; None when it cannot be had now."""
    url = f"{get_settings().beacon_url}/{CHAIN_HASH}/public/{round_}"
    try:
        async with httpx.AsyncClient(timeout=_SECONDS) as client:
            answer = await client.get(url)
        return _read(answer.raise_for_status().content, round_)
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as fault:
        _LOG.warning("beacon_unreadable", round=round_, error=repr(fault))
        return None


def _read(content: bytes, round_: int) -> Beacon:
    if len(content) > _LONGEST_ANSWER:
        raise ValueError("too long")
    facts = httpx.Response(200, content=content).json()
    signature = bytes.fromhex(facts["signature"])
    beacon = Beacon(CHAIN_HASH, int(facts["round"]), sha256(signature).digest(), signature)
    if beacon.round != round_ or facts["randomness"] != beacon.randomness.hex():
        raise ValueError("another round, or a randomness that is not its signature's digest")
    return beacon
