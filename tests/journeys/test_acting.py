"""A card that needs its buyer: the page of the test bank is opened, and the booking follows."""

import asyncio
import re
from urllib.parse import urlsplit

import httpx

from tests.journeys.serving import Server
from tests.journeys.test_buying import BOOK, OPENING_NIGHT, paying
from tests.journeys.visitor import Visitor

_PATIENCE_SECONDS = 60
_PAY = """
mutation ($input: PayBookingInput!) {
  payBooking(input: $input) {
    booking { id status payment { status actionUrl } } errors { ... on UserError { code } }
  }
}
"""
_LOOK = "query ($id: ID!) { booking(by: {id: $id}) { status payment { status actionUrl } } }"


async def test_a_buyer_approves_at_the_test_bank(demo: Server, visitor: Visitor) -> None:
    concert_id = (await visitor.ask(OPENING_NIGHT))["concert"]["id"]
    await visitor.come_in("acting@example.org")
    booked = await visitor.change(
        BOOK,
        concertId=concert_id,
        selection={"bestAvailable": {"quantity": 1}},
        idempotencyKey="{{uuid}}",
    )
    booking_id = booked["booking"]["id"]
    waiting = (await visitor.change(_PAY, **paying(booking_id, "needs_action")))["booking"]
    assert waiting["payment"]["status"] == "REQUIRES_ACTION"
    url = waiting["payment"]["actionUrl"]
    assert urlsplit(url).netloc == urlsplit(demo.address).netloc

    async with httpx.AsyncClient(timeout=60) as browser:
        page = await browser.get(url)
        [approve, _] = re.findall(r'formaction="([^"]+)"', page.text)
        there = {"origin": demo.address, "sec-fetch-site": "same-origin"}
        done = await browser.post(f"{demo.address}{approve}", headers=there, follow_redirects=True)
    assert "Approved." in done.text

    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            paid = (await visitor.ask(_LOOK, id=booking_id))["booking"]
            if paid["payment"]["status"] == "CAPTURED":
                break
            await asyncio.sleep(0.02)
    assert (paid["status"], paid["payment"]["actionUrl"]) == ("CONFIRMED", None)
