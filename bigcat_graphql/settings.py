"""What can be set from outside, by environment variables; nonsense is refused at start, by name."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class SettingsRefused(Exception):
    """Some settings make no sense; the text names each variable and what is wrong with it."""


class Settings(BaseSettings):
    """One process's settings; a field's variable is `BIGCAT_` and its name unless it says else."""

    model_config = SettingsConfigDict(
        env_prefix="BIGCAT_", extra="ignore", env_ignore_empty=True, frozen=True
    )

    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    data_dir: Path | None = None
    pg_bin: Path | None = None
    pool_max: int = Field(default=16, ge=2, le=200)

    host: str = Field(default="127.0.0.1", validation_alias=AliasChoices("BIGCAT_HOST", "HOST"))
    port: int = Field(
        default=8000, ge=0, le=65535, validation_alias=AliasChoices("BIGCAT_PORT", "PORT")
    )
    public_url: str | None = None
    # With blanks or commas between; NoDecode since pydantic would want a JSON list.
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()

    # Signs access and refresh tokens. Left out, each start makes its own: everybody signs in anew.
    secret_key: str = Field(default_factory=lambda: secrets.token_urlsafe(32), min_length=32)
    access_token_seconds: int = Field(default=15 * 60, ge=10, le=24 * 3600)
    refresh_token_seconds: int = Field(default=30 * 24 * 3600, ge=60)

    reservation_seconds: int = Field(default=10 * 60, ge=1, le=30 * 60)
    reservation_max_seconds: int = Field(default=30 * 60, ge=1, le=24 * 3600)
    # How long seats are kept at least once a payment was begun, if its provider has to be asked.
    payment_seconds: int = Field(default=12 * 60, ge=1, le=3600)
    # PENDING bookings that an account may have at once, of all concerts together.
    pending_bookings_max: int = Field(default=5, ge=1, le=1_000_000)
    # Minutes that an account may keep seats without buying them, for each ticket it may have.
    seat_minutes_per_ticket: int = Field(default=60, ge=30, le=100_000)
    # How often an account may try the same at one concert: so many in a minute in the
    # long run, and so many at once.
    bookings_per_minute: float = Field(default=60, gt=0, le=1e9)
    bookings_burst: int = Field(default=5, ge=1, le=1_000_000)
    joins_per_minute: float = Field(default=30, gt=0, le=1e9)
    joins_burst: int = Field(default=20, ge=1, le=1_000_000)
    watches_per_minute: float = Field(default=60, gt=0, le=1e9)
    watches_burst: int = Field(default=20, ge=1, le=1_000_000)
    sweep_seconds: float = Field(default=1.0, gt=0, le=60)

    # How many a sale queue lets in each second, and how many may be in at once, a concert.
    queue_admissions_per_second: float = Field(default=20, gt=0, le=10_000)
    queue_admitted_max: int = Field(default=500, ge=1, le=100_000)
    # How long whoever was let in may book; the reservation they end with has a time of its own.
    queue_session_seconds: int = Field(default=10 * 60, ge=10, le=24 * 3600)
    # When more join on one node in a second, each is asked for a proof of work.
    queue_joins_per_second: int = Field(default=300, ge=1, le=1_000_000)
    # Where a drand beacon is asked for a draw's public randomness; "off" draws by the seed alone.
    beacon_url: str = Field(default="https://api.drand.sh", pattern=r"^(off|https?://.+)$")

    introspection: bool = True
    persisted_documents: Literal["off", "automatic", "trusted"] = "automatic"
    log_format: Literal["json", "console"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    # payments: the first provider is the one for who names none
    payment_providers: Annotated[tuple[Literal["test", "stripe"], ...], NoDecode] = ("test",)
    stripe_secret_key: str | None = None
    # Several while a secret is changed for another: what one of them signed is believed.
    stripe_webhook_secrets: Annotated[tuple[str, ...], NoDecode] = ()
    stripe_url: str = Field(default="https://api.stripe.com", pattern=r"^https?://.")
    # Signs webhooks of provider `test`; left out, it takes none.
    test_webhook_secret: str | None = Field(default=None, min_length=16)

    # Runs jobs (mail, refunds, …) beside the requests; off where `bigcat worker` does it.
    jobs: Literal["on", "off"] = "on"

    # messages: smtp://user:password@host:587?tls=starttls, or tls=implicit, or tls=none
    smtp_url: str | None = None
    mail_from: str = "bigcat box office <tickets@localhost>"
    mail_reply_to: str | None = None
    # Keeps what is sent for the page /mailbox, where everybody reads it: for demos only.
    mailbox: bool = False
    # What all messages are written in, `de` or `de-AT`; left out, what their reader reads.
    locale: str | None = None
    # An SMS service with Twilio's API, and the number that its messages come from.
    sms_account: str | None = None
    sms_token: str | None = None
    sms_from: str | None = Field(default=None, pattern=r"^\+[1-9][0-9]{6,14}$")
    sms_url: str = Field(default="https://api.twilio.com", pattern=r"^https?://.")

    # How nodes of one database tell each other what changed: `postgres`, nats://host:4222 (several
    # with commas), an address of PostgreSQL past a pooler, or `memory` for a node that is alone.
    bus: str = "postgres"
    # How long a viewer may be wrong when the bus is away: what is watched is read this often.
    compare_seconds: float = Field(default=5.0, ge=0.1, le=24 * 3600)
    # Of the NATS subject: installations that share a server of it need one each.
    bus_prefix: str = Field(default="bigcat", pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$")

    # server
    workers: int = Field(
        default=1, ge=1, le=64, validation_alias=AliasChoices("BIGCAT_WORKERS", "WEB_CONCURRENCY")
    )
    rate_points: int = Field(default=10_000, ge=1_000)
    rate_points_per_second: int = Field(default=200, ge=1)
    # How many accounts' points the accounts of one address may spend together.
    rate_accounts_per_address: int = Field(default=20, ge=1, le=1_000_000)
    max_connections: int = Field(default=20_000, ge=10)
    max_sockets: int = Field(default=15_000, ge=0)
    graceful_seconds: int = Field(default=10, ge=1, le=600)
    # How long /readyz says 503 before new connections are refused, for a balancer to notice.
    drain_seconds: float = Field(default=0, ge=0, le=120)
    # A JSON object {"<name>": "<document>"}: what `persisted_documents = "trusted"` runs.
    trusted_documents: Path | None = None
    trusted_proxies: str = "127.0.0.1"
    explorer: bool = True

    @field_validator(
        "allowed_origins", "payment_providers", "stripe_webhook_secrets", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("public_url", "allowed_origins")
    @classmethod
    def _looks_like_an_origin(cls, value: str | tuple[str, ...] | None) -> object:
        for url in (value,) if isinstance(value, str) else value or ():
            if _origin_of(url) != url:
                raise ValueError(f"{url!r} is not like https://tickets.example, without a path")
        return value

    @field_validator("bus")
    @classmethod
    def _is_a_bus(cls, value: str) -> str:
        if value not in {"memory", "postgres"} and not all(map(_leads_to_a_bus, value.split(","))):
            raise ValueError(
                "must be memory, postgres, nats://host:4222, or the postgresql:// address of the"
                " server that DATABASE_URL leads to"
            )
        return value

    @model_validator(mode="after")
    def _times_fit(self) -> Self:
        if self.reservation_seconds > self.reservation_max_seconds:
            raise ValueError("BIGCAT_RESERVATION_SECONDS exceeds BIGCAT_RESERVATION_MAX_SECONDS")
        return self

    @model_validator(mode="after")
    def _somebody_takes_payments(self) -> Self:
        if not self.payment_providers:
            raise ValueError("BIGCAT_PAYMENT_PROVIDERS names no provider")
        if "stripe" in self.payment_providers and not self.stripe_secret_key:
            raise ValueError("stripe takes payments only with BIGCAT_STRIPE_SECRET_KEY")
        return self


def load_settings() -> Settings:
    """Read the environment.

    Raises:
        SettingsRefused: a value makes no sense.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsRefused("\n".join(_name_fault(fault) for fault in error.errors())) from None


def variables_of(field: str) -> list[str]:
    """Name the environment variables that set a field, the strongest first."""
    alias = Settings.model_fields[field].validation_alias
    if isinstance(alias, AliasChoices):
        return [str(choice) for choice in alias.choices]
    return [str(alias)] if alias else [f"BIGCAT_{field.upper()}"]


def _name_fault(fault: ErrorDetails) -> str:
    if not fault["loc"]:
        return fault["msg"].removeprefix("Value error, ")
    place = str(fault["loc"][0])  # the field, or the first of its variables
    known = {name: names for name in Settings.model_fields for names in [variables_of(name)]}
    variables = next(names for name, names in known.items() if place in (name, *names))
    # Of two names for one thing, name the one that was used.
    used = next((name for name in variables if os.environ.get(name)), variables[0])
    return f"{used}: {fault['msg'].removeprefix('Value error, ')}"


def _origin_of(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def _leads_to_a_bus(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_nats = parts.scheme in {"nats", "tls"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return is_nats or parts.scheme in {"postgres", "postgresql"}


_current: Settings | None = None


def get_settings() -> Settings:
    """Give this process's settings, read from the environment at the first call."""
    global _current  # noqa: PLW0603 - one process, one set of settings, replaced by tests only
    if _current is None:
        _current = load_settings()
    return _current


@contextmanager
def override_settings(**values: object) -> Iterator[Settings]:
    """Use other values for a while, for tests and tools."""
    global _current  # noqa: PLW0603 - see get_settings
    before = get_settings()
    _current = before.model_copy(update=values)
    try:
        yield _current
    finally:
        _current = before
