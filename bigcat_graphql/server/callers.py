"""Who is calling, as far as one operation needs to know."""

import ipaddress
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from starlette.types import Scope

from bigcat_graphql.clock import utc_now
from bigcat_graphql.errors import Unauthenticated
from bigcat_graphql.server.refusals import UNAUTHENTICATED, refuse

_NAME_LENGTH = 64
_HOST = re.compile(r"[A-Za-z0-9.\-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")


class Viewer(Protocol):
    """What the server reads of a signed-in account."""

    @property
    def account_id(self) -> UUID:
        """Whose budget is spent."""

    @property
    def expires_at(self) -> datetime:
        """When the access token is over."""


Authenticate = Callable[[str], Viewer]


def _new_request_id() -> str:
    return f"{random.getrandbits(64):016x}"


@dataclass(slots=True)  # not frozen: that takes three times as long to make
class Caller:
    """The origin of one operation; `base_url` is how the caller reaches this server."""

    address: str
    base_url: str
    viewer: Viewer | None = None
    client_name: str | None = None
    accept_language: str | None = None
    request_id: str = field(default_factory=_new_request_id)

    @property
    def budget_key(self) -> str:
        """Whose budget pays first: the account's, else the address's."""
        if self.viewer is not None:
            return str(self.viewer.account_id)
        return self.network

    @property
    def network(self) -> str:
        """The address as far as it tells customers apart: all of IPv4, the /64 of IPv6."""
        return _network_of(self.address)

    @property
    def seconds_left(self) -> float | None:
        """How long the access token is still good; nothing for a visitor."""
        if self.viewer is None:
            return None
        return (self.viewer.expires_at - utc_now()).total_seconds()

    def again(self, client_name: str | None) -> "Caller":
        """Make the caller of a further operation, which has a request id of its own."""
        return replace(self, client_name=client_name, request_id=_new_request_id())


class Callers:
    """Tells who calls, by token and by connection."""

    def __init__(self, authenticate: Authenticate, public_url: str | None = None) -> None:
        self._authenticate = authenticate
        self._public_url = public_url.rstrip("/") if public_url else None

    def identify(
        self,
        scope: Scope,
        headers: Mapping[str, str],
        authorization: object,
        client_name: str | None = None,
    ) -> Caller:
        """Find out who calls; without a token it is a visitor.

        Raises:
            RequestRefused: UNAUTHENTICATED, the token is not good, or over.
        """
        client = scope.get("client")  # behind a trusted proxy uvicorn has put the right one here
        return Caller(
            address=client[0] if client else "local",
            base_url=self._public_url or _base_url(scope, headers.get("host", "")),
            viewer=self._view(authorization),
            client_name=client_name,
            accept_language=headers.get("accept-language"),
        )

    def _view(self, authorization: object) -> Viewer | None:
        if authorization is None or authorization == "":
            return None
        token = authorization if isinstance(authorization, str) else ""
        scheme, _, rest = token.partition(" ")
        try:
            return self._authenticate(rest.strip() if scheme.lower() == "bearer" else "")
        except Unauthenticated:
            message = "The access token is not valid, or over: refresh the session."
            raise refuse(message, UNAUTHENTICATED) from None


def name_client(extensions: dict[str, object] | None, header: str | None) -> str | None:
    """Read the name that a client gives itself, by header or Apollo's `clientLibrary`."""
    library = (extensions or {}).get("clientLibrary")
    named = library.get("name") if isinstance(library, dict) else None
    name = header or named
    return name[:_NAME_LENGTH] if isinstance(name, str) else None


def _base_url(scope: Scope, host: str) -> str:
    # Whatever a client writes here comes back to it in URLs: only what can be a host.
    scheme = scope["scheme"].replace("ws", "http", 1)
    return f"{scheme}://{host if _HOST.fullmatch(host) else 'localhost'}"


@lru_cache(maxsize=10_000)
def _network_of(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
