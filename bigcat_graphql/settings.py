"""What can be set from outside, by environment variables; nonsense is refused at start, by name."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Self

from pydantic import AliasChoices, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


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
    allowed_origins: tuple[str, ...] = ()

    # Signs access and refresh tokens. Left out, each start makes its own: everybody signs in anew.
    secret_key: str = Field(default_factory=lambda: secrets.token_urlsafe(32), min_length=32)
    access_token_seconds: int = Field(default=15 * 60, ge=10, le=24 * 3600)
    refresh_token_seconds: int = Field(default=30 * 24 * 3600, ge=60)

    reservation_seconds: int = Field(default=10 * 60, ge=1, le=30 * 60)
    reservation_max_seconds: int = Field(default=30 * 60, ge=1, le=24 * 3600)
    sweep_seconds: float = Field(default=1.0, gt=0, le=60)

    introspection: bool = True
    persisted_documents: Literal["off", "automatic", "trusted"] = "automatic"
    log_format: Literal["json", "console"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    # server

    @field_validator("public_url", "allowed_origins")
    @classmethod
    def _looks_like_an_origin(cls, value: str | tuple[str, ...] | None) -> object:
        for url in (value,) if isinstance(value, str) else value or ():
            if not url.startswith(("http://", "https://")):
                raise ValueError(f"{url!r} does not begin with http:// or https://")
        return value

    @model_validator(mode="after")
    def _times_fit(self) -> Self:
        if self.reservation_seconds > self.reservation_max_seconds:
            raise ValueError("BIGCAT_RESERVATION_SECONDS exceeds BIGCAT_RESERVATION_MAX_SECONDS")
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


def _name_fault(fault: object) -> str:
    assert isinstance(fault, dict)  # noqa: S101 - tells mypy what pydantic's ErrorDetails is
    place = str(fault["loc"][0]) if fault["loc"] else ""
    variable = place if place.isupper() else f"BIGCAT_{place.upper()}" if place else ""
    return f"{variable}: {fault['msg']}".removeprefix(": ")


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
