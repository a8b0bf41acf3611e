"""Password hashes by argon2, made on threads of their own so that no request waits for them."""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from bigcat_graphql.accounts.credentials import LONGEST_PASSWORD
from bigcat_graphql.errors import Busy

T = TypeVar("T")

# RFC 9106, second recommended option (64 MiB, 3 passes): some 120 ms and 64 MiB a hash.
_hasher = PasswordHasher()


class HashingDesk:
    """A few threads with a short queue: beyond it people are told to come back, not kept."""

    def __init__(self, *, threads: int, longest_queue: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="bigcat-password")
        self._most_at_once = threads + longest_queue
        self._at_once = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Do the work on a thread.

        Raises:
            Busy: the queue is full.
        """
        if self._at_once >= self._most_at_once:
            raise Busy(retry_after_seconds=2)
        self._at_once += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._at_once -= 1


# Two hashes at once bound the memory to 128 MiB and leave a core to everything else; a queue of
# 32 takes about two seconds, the longest that somebody should wait to be told.
_desk = HashingDesk(threads=2, longest_queue=32)


async def hash_password(password: str) -> str:
    """Hash a new password.

    Raises:
        Busy: too many people are signing in or up.
    """
    return await _desk.run(lambda: _hasher.hash(_bytes_of(password)))


async def verify_password(stored: str | None, password: str) -> bool:
    """Compare a password with its hash; without a hash it takes as long, and is wrong.

    Raises:
        Busy: too many people are signing in or up.
    """
    if len(password) > LONGEST_PASSWORD:
        return False
    return await _desk.run(lambda: _verify(stored, password))


def is_outdated(stored: str) -> bool:
    """Say whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def _verify(stored: str | None, password: str) -> bool:
    try:
        _hasher.verify(stored or _nobodys_hash(), _bytes_of(password))
    except VerifyMismatchError:
        return False
    return stored is not None


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(b"nobody")


def _bytes_of(password: str) -> bytes:
    # One password typed on two keyboards may differ in composition only; NIST SP 800-63B, 3.1.1.2.
    # A lone surrogate is not text, but it is still a wrong password and no crash.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
