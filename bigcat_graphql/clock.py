"""The app's own clock, for what the database's clock does not decide: tokens and log lines."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Read the clock of this machine, in UTC."""
    return datetime.now(UTC)
