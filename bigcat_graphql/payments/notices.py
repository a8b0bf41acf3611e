"""What a provider tells by itself: that something about a payment changed, and nothing more."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

# Who copies a signed notice off the wire has no use for it later.
OLDEST_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Notice:
    """One event of a provider, known to be its own.

    It names a payment by our key where the provider knows that, else by its own reference; what
    else it says is not read: it may be late, repeated or out of order, so the provider is asked.
    """

    event_id: str
    kind: str
    concert_id: UUID | None = None
    payment_id: UUID | None = None
    reference: str | None = None


class NoticeRefused(Exception):
    """A notice that nobody signed, that is old, or that makes no sense; the text says which."""


class NoInbox(Exception):
    """No provider of this name is to send webhooks here."""


class NoticeReader(Protocol):
    """Tells a provider's notices from forgeries."""

    def __call__(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """Read a notice; the names of `headers` are lower-case.

        Raises:
            NoticeRefused: it is not the provider's, is over 5 minutes old, or makes no sense.
        """
        ...


def read_key(value: object) -> UUID | None:
    """Read one of our ids; None for what is none."""
    try:
        return UUID(str(value))
    except ValueError:
        return None
