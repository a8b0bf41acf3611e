"""`bigcat ticket`, and the door in examples/ that lives on what it prints."""

import asyncio
import base64
import subprocess
import sys
from pathlib import Path

import pytest

from bigcat_graphql import booking
from bigcat_graphql.booking import BookingKey, ticket_keys
from bigcat_graphql.database import DatabaseUrl
from bigcat_graphql.models import Booking, Concert
from tests.booking.verbs import book, cancel
from tests.cli.running import answer_of, assert_refused, bigcat
from tests.scenes import make_buyer, make_concert, make_organizer

_DOOR = Path(__file__).parents[2] / "examples" / "door.py"


@pytest.fixture(autouse=True)
def no_keys_of_before() -> None:
    ticket_keys.forget_keys()


async def _codes(made: Booking) -> list[str]:
    key = BookingKey.of(made)
    return [await booking.code_of(ticket) for ticket in (await booking.tickets_of([key]))[key]]


async def _scan(concert: Concert, where: Path, database: DatabaseUrl, *codes: str) -> list[str]:
    """Open a door with the lists as they are now, and scan."""
    for name, words in (("keys", ("keys",)), ("tickets", ("list", concert.slug))):
        done = await bigcat("ticket", *words, "--json", database=database)
        (where / f"{name}.json").write_text(done.stdout, "utf-8")
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, str(_DOOR), str(where / "keys.json"), str(where / "tickets.json")],
        input="\n".join(codes),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.splitlines()


async def test_a_door_without_a_net_lets_in_what_is_good(
    database: DatabaseUrl, tmp_path: Path
) -> None:
    concert, other = [await make_concert(price_minor=0) for _ in range(2)]
    buyer, organizer = await make_buyer(), await make_organizer(concert)
    good, used, dropped = [await book(buyer, concert, seat) for seat in (0, 2, 4)]
    elsewhere = await book(buyer, other, 0)
    (good_code,), (used_code,) = await _codes(good), await _codes(used)
    (dropped_code,), (other_code,) = await _codes(dropped), await _codes(elsewhere)
    await booking.check_in_ticket(organizer, concert_id=concert.id, code=used_code)
    await cancel(buyer, dropped)
    forged = base64.b32encode(base64.b32decode(good_code)[:31] + bytes(64)).decode()

    told = await _scan(
        concert,
        tmp_path,
        database,
        *(good_code, f" {good_code.lower()}", used_code, dropped_code, other_code, forged, "?"),
    )

    assert told[0].startswith("IN ")
    assert told[1:] == [
        "NO    let in before",
        "NO    let in before",
        "NO    cancelled",
        "NO    a ticket of another evening",
        "NO    forged",
        "NO    this is no ticket code",
    ]


async def test_a_ticket_is_verified_without_letting_anybody_in(database: DatabaseUrl) -> None:
    concert, buyer = await make_concert(price_minor=0), await make_buyer()
    made = await book(buyer, concert, 0)
    (code,) = await _codes(made)
    words = ("ticket", "verify", concert.slug, code)

    answer = answer_of(await bigcat(*words, "--json", database=database))
    assert answer["status"] == "ISSUED"

    organizer = await make_organizer(concert)
    await booking.check_in_ticket(organizer, concert_id=concert.id, code=code)
    assert_refused(await bigcat(*words, database=database), 1, "let in at")
    forged = ("ticket", "verify", concert.slug, "A" * 152)
    assert_refused(await bigcat(*forged, database=database), 1, "no ticket of this concert")


async def test_a_next_key_is_made_on_demand(database: DatabaseUrl) -> None:
    first = await booking.public_key_set()
    both = answer_of(await bigcat("ticket", "keys", "--next", "--json", database=database))

    assert [key["kid"] for key in both["keys"]] == ["2", "1"]
    assert both["keys"][1:] == first["keys"]


async def test_tickets_of_no_concert_are_not_listed(database: DatabaseUrl) -> None:
    assert_refused(await bigcat("ticket", "list", "nowhere", database=database), 1, "nowhere")
