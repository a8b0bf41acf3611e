"""Which language a client wants messages in: by word, else by its browser's settings."""

from bigcat_graphql import accounts
from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.paging import given

# A browser names half a dozen; who names more is read so far.
_MOST_LETTERS = 500


def wished_locale(info: Info, said: str | None) -> str | None:
    """Take the locale of an input; left out, the first of Accept-Language that is known."""
    return given(said) or _preferred(info.context.accept_language or "")


def _preferred(header: str) -> str | None:
    ranges = [_read_range(part) for part in header[:_MOST_LETTERS].split(",")]
    # Sorting is stable: of two that are liked as much the first comes first.
    for tag, _ in sorted((one for one in ranges if one[1] > 0), key=lambda one: -one[1]):
        try:
            return accounts.read_locale(tag)
        except InvalidInput:
            continue  # `*`, or nothing that we know
    return None


def _read_range(part: str) -> tuple[str, float]:
    """Read `de-AT;q=0.8`: RFC 9110, 12.5.4."""
    tag, _, quality = part.partition(";")
    try:
        return tag.strip(), float(quality.strip().removeprefix("q=")) if quality else 1.0
    except ValueError:
        return tag.strip(), 0.0
