"""Which web pages may talk to this server: one list for CORS, websockets and plain GET."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from bigcat_graphql.settings import Settings

_PREFLIGHT_HEADERS = (
    "graphql-require-preflight",
    "apollo-require-preflight",
    "x-apollo-operation-name",
)
CORS_HEADERS = (
    "authorization",
    "content-type",
    "apollographql-client-name",
    "apollographql-client-version",
    "x-request-id",
    *_PREFLIGHT_HEADERS,
)


class Origins:
    """The server's own origin and those that the settings allow."""

    def __init__(self, allowed: tuple[str, ...], public_url: str | None = None) -> None:
        self.allowed = tuple(_normalise(origin) for origin in allowed)
        self._own = _normalise(public_url) if public_url else None

    @classmethod
    def of(cls, settings: Settings) -> "Origins":
        """Read them from the settings."""
        return cls(settings.allowed_origins, settings.public_url)

    def may_connect(self, headers: Mapping[str, str]) -> bool:
        """Tell whether a websocket may be opened: by no page, by one of our own, or an allowed one.

        CORS does not protect websockets: a browser sends the origin and leaves it to the server.
        """
        origin = headers.get("origin")
        if origin is None:
            return True
        known = _normalise(origin)
        return known in self.allowed or known == self._own or self._is_same(known, headers)

    def may_get(self, headers: Mapping[str, str]) -> bool:
        """Tell whether a GET was meant, and not planted in a foreign page as an image or link.

        A header that makes browsers ask first proves it. So does the absence of browser marks, or
        a browser that says `Sec-Fetch-Site: same-origin` or `Sec-Fetch-Mode: cors`: a foreign page
        in that mode cannot read the answer, and nothing is done by a query.
        """
        if any(name in headers for name in _PREFLIGHT_HEADERS):
            return True
        if not self.may_connect(headers):
            return False
        mode = headers.get("sec-fetch-mode")
        return mode is None or mode == "cors" or headers.get("sec-fetch-site") == "same-origin"

    def may_post(self, headers: Mapping[str, str]) -> bool:
        """Tell whether a form was sent by a page of our own, or by no browser at all.

        Pages that the settings allow are not among them: those use the API.
        """
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        origin = headers.get("origin")
        if origin is None:
            return True
        known = _normalise(origin)
        return known == self._own or self._is_same(known, headers)

    def _is_same(self, origin: str, headers: Mapping[str, str]) -> bool:
        scheme, _, host = origin.partition("://")
        return bool(host) and _normalise(f"{scheme}://{headers.get('host', '')}") == origin


def _normalise(origin: str) -> str:
    """Write an origin in one way; what is none, like `null`, stays as it is and matches nothing."""
    try:
        parts = urlsplit(origin.lower())
        port = parts.port
    except ValueError:
        return origin
    if not parts.hostname:
        return origin
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != default else "")
