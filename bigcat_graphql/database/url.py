"""Where PostgreSQL is: a `DATABASE_URL` read by our own rules, since drivers differ in theirs."""

import ssl
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from bigcat_graphql.settings import SettingsRefused

_SCHEMES = ("postgres", "postgresql")
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """One database of one server; `host` is a name, an address or a socket directory."""

    host: str = "localhost"
    port: int = 5432
    user: str = "postgres"
    password: str | None = None
    database: str = "bigcat"
    sslmode: str = "prefer"
    sslrootcert: str | None = None
    sslcert: str | None = None
    sslkey: str | None = None
    application_name: str = "bigcat"
    # 0 for a PgBouncer older than 1.21 in transaction mode: it loses prepared statements.
    statement_cache_size: int = 256
    connect_timeout: float = 10.0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `postgresql://user:password@host:port/database?sslmode=require`.

        Raises:
            SettingsRefused: it is no such URL, or has a part that bigcat does not know. The text
                never repeats the URL, which holds a password.
        """
        parts = urlsplit(text)
        if parts.scheme not in _SCHEMES:
            raise SettingsRefused("DATABASE_URL: must begin with postgresql:// or postgres://")
        try:
            url = cls(**{**_named_parts(parts), **_query_parts(parts.query)})
        except ValueError as error:
            raise SettingsRefused(f"DATABASE_URL: {error}") from None
        if url.sslmode not in _SSL_MODES:
            raise SettingsRefused(f"DATABASE_URL: sslmode must be one of {', '.join(_SSL_MODES)}")
        return url

    def __str__(self) -> str:
        """Write it so that `parse` reads the same, password included."""
        login = quote(self.user, safe="")
        if self.password is not None:
            login += ":" + quote(self.password, safe="")
        known = ("sslmode", "sslrootcert", "sslcert", "sslkey", "application_name")
        default = type(self)()
        query = {
            name: str(getattr(self, name))
            for name in (*known, "statement_cache_size", "connect_timeout")
            if getattr(self, name) != getattr(default, name)
        }
        place = f"{_bracketed(self.host)}:{self.port}"
        if self.is_socket:
            place, query = "", {"host": self.host, "port": str(self.port), **query}
        tail = f"?{urlencode(query)}" if query else ""
        return f"postgresql://{login}@{place}/{quote(self.database, safe='')}{tail}"

    @property
    def is_socket(self) -> bool:
        """Tell whether the host is a directory with a unix socket."""
        return self.host.startswith(("/", "@"))

    @property
    def place(self) -> str:
        """Say where it is, for messages: no user, no password."""
        return f"{self.database} at {self.host}:{self.port}"

    def with_database(self, database: str) -> Self:
        """Name another database of the same server."""
        return replace(self, database=database)

    def connect_arguments(self) -> dict[str, Any]:
        """Say it to `asyncpg.connect()`."""
        arguments: dict[str, Any] = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "database": self.database,
            "timeout": self.connect_timeout,
            "statement_cache_size": self.statement_cache_size,
            "server_settings": {
                "application_name": self.application_name,
                # A process that froze inside a transaction must not keep its locks for ever.
                "idle_in_transaction_session_timeout": "10s",
            },
        }
        if not self.is_socket:
            arguments["ssl"] = self._ssl()
        return arguments

    def _ssl(self) -> ssl.SSLContext | str:
        verifies = self.sslmode.startswith("verify") or self.sslrootcert is not None
        if self.sslmode in ("disable", "allow", "prefer") or not (verifies or self.sslcert):
            return self.sslmode
        context = ssl.create_default_context(cafile=self.sslrootcert)
        # As libpq has it: `require` with a root certificate checks the chain, not the name.
        context.check_hostname = self.sslmode == "verify-full"
        if not verifies:
            context.verify_mode = ssl.CERT_NONE
        if self.sslcert:
            context.load_cert_chain(self.sslcert, self.sslkey)
        return context


def _named_parts(parts: SplitResult) -> dict[str, Any]:
    if "," in parts.netloc:
        raise ValueError("several hosts are not supported, name one")
    named = {
        "host": _host(parts),
        "port": parts.port,
        "user": unquote(parts.username or ""),
        "database": unquote(parts.path.lstrip("/")),
    }
    given: dict[str, Any] = {name: value for name, value in named.items() if value}
    if parts.password is not None:
        given["password"] = unquote(parts.password)
    return given


def _host(parts: SplitResult) -> str:
    place = parts.netloc.rpartition("@")[2]
    if place.upper().startswith("%2F"):
        # A socket directory: urlsplit writes hosts in lower case, which paths do not survive.
        return unquote(place.partition(":")[0])
    return parts.hostname or ""


def _query_parts(query: str) -> dict[str, Any]:
    readers = {
        **dict.fromkeys(("host", "user", "password", "sslmode", "sslrootcert"), str),
        **dict.fromkeys(("sslcert", "sslkey", "application_name"), str),
        **dict.fromkeys(("port", "statement_cache_size"), int),
        "connect_timeout": float,
    }
    found: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)):
        if name not in readers:
            raise ValueError(f"{name!r} is not known, leave it out; known are {', '.join(readers)}")
        found[name] = readers[name](value)
    return found


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
