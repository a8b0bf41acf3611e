"""Which web pages may talk to the server."""

import pytest

from bigcat_graphql.server.origins import Origins

ORIGINS = Origins(("https://shop.example", "http://localhost:3000"), "https://box.example")


@pytest.mark.parametrize(
    ("origin", "welcome"),
    [
        (None, True),
        ("https://shop.example", True),
        ("https://SHOP.example:443", True),
        ("http://localhost:3000", True),
        ("https://box.example", True),
        ("http://here:8000", True),
        ("http://here", False),
        ("http://shop.example", False),
        ("https://shop.example.evil.example", False),
        ("null", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_a_socket_is_opened_by_no_page_our_own_or_an_allowed_one(
    origin: str | None, *, welcome: bool
) -> None:
    headers = {"host": "here:8000"} | ({} if origin is None else {"origin": origin})
    assert ORIGINS.may_connect(headers) is welcome


@pytest.mark.parametrize(
    ("headers", "meant"),
    [
        ({}, True),
        ({"sec-fetch-mode": "cors"}, True),
        ({"sec-fetch-mode": "no-cors", "sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-mode": "navigate", "sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-mode": "navigate", "sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-mode": "cors", "origin": "https://evil.example"}, False),
        ({"sec-fetch-mode": "cors", "origin": "https://shop.example"}, True),
        ({"sec-fetch-mode": "no-cors", "graphql-require-preflight": "1"}, True),
    ],
)
def test_a_get_that_a_foreign_page_could_have_planted_is_refused(
    headers: dict[str, str], *, meant: bool
) -> None:
    assert ORIGINS.may_get(headers) is meant
