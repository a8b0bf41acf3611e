"""File locks, which the kernel drops however their holder dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def open_lock(path: Path) -> int:
    """Open a lock file that nobody else may open: a stranger's lock could keep us waiting."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def share(path: Path) -> int:
    """Take a shared lock, waiting for an exclusive one to end; closing the number drops it."""
    lock = open_lock(path)
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


@contextmanager
def exclusive(path: Path) -> Iterator[int]:
    """Hold a lock that nobody else holds, waiting for it; gives its number."""
    lock = open_lock(path)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def is_at(lock: int, path: Path) -> bool:
    """Tell whether this path still leads to the lock, not to nothing or to another file."""
    try:
        return os.path.samestat(os.fstat(lock), path.stat())
    except FileNotFoundError:
        return False


def take_if_free(lock: int) -> bool:
    """Take an opened lock exclusively if nobody holds it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_shared(path: Path) -> bool:
    """Tell whether somebody holds the lock shared."""
    lock = open_lock(path)
    try:
        if take_if_free(lock):
            return False
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(lock)


def is_held(path: Path) -> bool:
    """Tell whether somebody holds the lock exclusively."""
    lock = open_lock(path)
    try:
        # Shared, so that two who ask at once do not take each other for the holder.
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(lock)
