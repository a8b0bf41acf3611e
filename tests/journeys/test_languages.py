"""A browser says which language its user reads, over HTTP and when it opens a socket."""

import httpx
from websockets.asyncio.client import connect

from tests.journeys.serving import Server
from tests.server.asking import PROTOCOL, Talk

_COME_IN = """
mutation {
  continueAsGuest(input: {email: "heidi@example.org", name: "Heidi"}) {
    session { account { locale } }
  }
}
"""


async def test_it_is_taken_from_the_request(demo: Server) -> None:
    headers = {"accept-language": "de-CH, de;q=0.9, en;q=0.8"}
    async with httpx.AsyncClient(timeout=60) as http:
        answer = await http.post(
            f"{demo.address}/graphql", json={"query": _COME_IN}, headers=headers
        )
    session = answer.json()["data"]["continueAsGuest"]["session"]
    assert session == {"account": {"locale": "de-CH"}}


async def test_or_from_the_handshake_of_a_socket(demo: Server) -> None:
    headers = {"accept-language": "en-IE"}
    url = demo.address.replace("http", "ws", 1) + "/graphql"
    async with connect(url, subprotocols=[PROTOCOL], additional_headers=headers) as socket:
        one = Talk(socket)
        await one.begin()
        await one.subscribe(_COME_IN)
        answer = (await one.hear())["payload"]
    session = answer["data"]["continueAsGuest"]["session"]
    assert session == {"account": {"locale": "en-IE"}}
