"""Media types: which one an answer gets."""

import pytest

from bigcat_graphql.server.media import JSON, RESPONSE, Stream, choose_media, choose_stream, is_json

APOLLO = "application/graphql-response+json,application/json;q=0.9"
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed"
)


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/html", None),
        ("application/json;q=0", None),
        (APOLLO, RESPONSE),
        (URQL, RESPONSE),
        ("application/json;q=0.5, application/graphql-response+json;q=0.4", JSON),
        ("application/json, */*;q=0.1", JSON),
        ("APPLICATION/GRAPHQL-RESPONSE+JSON; charset=utf-8", RESPONSE),
        ("application/graphql-response+json;q=nonsense, application/json;q=0.1", JSON),
    ],
)
def test_the_type_is_the_clients_preference(accept: str | None, media: str | None) -> None:
    assert choose_media(accept) == media


@pytest.mark.parametrize(
    ("accept", "stream"),
    [
        ("text/event-stream", Stream.SSE),
        ("text/event-stream, application/json", Stream.SSE),
        (URQL, None),
        ('multipart/mixed;subscriptionSpec="1.0", application/json', Stream.MULTIPART),
        ("multipart/mixed;boundary=graphql;subscriptionSpec=1.0", Stream.MULTIPART),
        ("multipart/mixed;deferSpec=20220824, application/json", None),
        (None, None),
    ],
)
def test_a_stream_is_meant_only_when_it_stands_first(
    accept: str | None, stream: Stream | None
) -> None:
    assert choose_stream(accept) is stream


@pytest.mark.parametrize(
    ("content_type", "taken"),
    [
        ("application/json", True),
        ("application/json; charset=UTF-8", True),
        ("application/json; charset=latin-1", False),
        ("xapplication/jsonx", False),
        ("text/plain", False),
        (None, False),
    ],
)
def test_only_json_in_utf8_is_taken(content_type: str | None, *, taken: bool) -> None:
    assert is_json(content_type) is taken
