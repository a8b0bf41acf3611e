"""drand's public randomness, fetched over HTTP; what does not fit is as good as not there."""

import asyncio
from hashlib import sha256

import httpx
import orjson
import structlog

from bigcat_graphql.onsale.beacon import CHAIN_HASH, Beacon
from bigcat_graphql.settings import get_settings

_LOG = structlog.get_logger()
# The draw waits for it: better to ask again a second later. In all, however it is dripped.
_SECONDS = 3.0
_LONGEST_ANSWER = 4_096


async def fetch_round(round_: int) -> Beacon | None:
    """Ask for a round of quicknet; None when it cannot be had now."""
    url = f"{get_settings().beacon_url}/{CHAIN_HASH}/public/{round_}"
    try:
        async with asyncio.timeout(_SECONDS):
            return _read(await _ask(url), round_)
    except Exception as fault:  # noqa: BLE001 - whatever it is, the draw goes on without
        _LOG.warning("beacon_unreadable", round=round_, error=repr(fault))
        return None


async def _ask(url: str) -> bytes:
    """Read an answer as it comes, so that one that is too long, or unpacks to more, is left."""
    content = b""
    plain = {"accept-encoding": "identity"}
    async with (
        httpx.AsyncClient(timeout=_SECONDS) as client,
        client.stream("GET", url, headers=plain) as answer,
    ):
        answer.raise_for_status()
        async for piece in answer.aiter_raw():
            content += piece
            if len(content) > _LONGEST_ANSWER:
                raise ValueError("too long")
    return content


def _read(content: bytes, round_: int) -> Beacon:
    facts = orjson.loads(content)
    signature = bytes.fromhex(facts["signature"])
    beacon = Beacon(CHAIN_HASH, int(facts["round"]), sha256(signature).digest(), signature)
    if beacon.round != round_ or facts["randomness"] != beacon.randomness.hex():
        raise ValueError("another round, or a randomness that is not its signature's digest")
    return beacon
