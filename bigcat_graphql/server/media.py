"""Which media type an answer gets: the `Accept` header read as RFC 9110 has it."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

RESPONSE = "application/graphql-response+json"
JSON = "application/json"
# Browsers send 150 characters; nobody shall fill the memory with longer ones.
_LONGEST_KEPT = 512


class Stream(StrEnum):
    """Ways to send many answers to one request."""

    SSE = "text/event-stream"
    MULTIPART = "multipart/mixed"


class Wanted(NamedTuple):
    """What kind of answer a client takes: a stream, or a single one in a media type, or neither."""

    stream: Stream | None
    media: str | None


@dataclass(frozen=True, slots=True)
class _Range:
    media: str
    parameters: dict[str, str]
    weight: float


def read_accept(accept: str | None) -> Wanted:
    """Read an `Accept` header; a client sends the same one with each request."""
    if accept is not None and len(accept) > _LONGEST_KEPT:
        return _read_accept.__wrapped__(accept)
    return _read_accept(accept)


@lru_cache(maxsize=256)
def _read_accept(accept: str | None) -> Wanted:
    return Wanted(choose_stream(accept), choose_media(accept))


def choose_stream(accept: str | None) -> Stream | None:
    """Tell whether the client wants a stream: only if a streaming type comes first.

    urql lists `text/event-stream` last on every request and does not mean it; Apollo sends
    `multipart/mixed` for `@defer` as well, and means subscriptions by `subscriptionSpec`.
    """
    first = next(iter(_read_ranges(accept or "")), None)
    if first is None or first.media not in set(Stream):
        return None
    stream = Stream(first.media)
    if stream is Stream.MULTIPART and "subscriptionspec" not in first.parameters:
        return None
    return stream


def choose_media(accept: str | None) -> str | None:
    """Choose the type of a single answer, or none if the client takes neither.

    Without a preference, and to clients that say nothing, it is `application/json`.
    """
    if not accept or not accept.strip():
        return JSON
    ranges = _read_ranges(accept)
    named = _weight_of(RESPONSE, ranges)
    plain = _weight_of(JSON, ranges)
    if max(named, plain) <= 0:
        return None
    if named == plain:
        return _first_named(ranges)
    return RESPONSE if named > plain else JSON


def is_json(content_type: str | None) -> bool:
    """Tell whether a body is JSON in UTF-8 by its `Content-Type`."""
    if content_type == JSON:
        return True
    ranges = _read_ranges(content_type or "")
    if len(ranges) != 1 or ranges[0].media != JSON:
        return False
    return ranges[0].parameters.get("charset", "utf-8").lower() in {"utf-8", "utf8"}


def _read_ranges(accept: str) -> list[_Range]:
    ranges = []
    for part in accept.split(","):
        media, *parameters = (piece.strip() for piece in part.split(";"))
        if media:
            pairs = (parameter.partition("=") for parameter in parameters)
            given = {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
            ranges.append(_Range(media.lower(), given, _read_weight(given.get("q"))))
    return ranges


def _read_weight(text: str | None) -> float:
    if text is None:
        return 1.0
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0


def _weight_of(media: str, ranges: list[_Range]) -> float:
    """Find the weight that the most specific range gives."""
    for pattern in (media, "application/*", "*/*"):
        weights = [one.weight for one in ranges if one.media == pattern]
        if weights:
            return max(weights)
    return 0.0


def _first_named(ranges: list[_Range]) -> str:
    return next((one.media for one in ranges if one.media in {RESPONSE, JSON}), JSON)
