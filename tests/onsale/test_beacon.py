"""drand's beacon at the edge: what it says counts, and whatever else it does holds up nobody."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from hashlib import sha256

import orjson
import pytest

from bigcat_graphql import database
from bigcat_graphql.models import Concert, QueuePhase
from bigcat_graphql.onsale import SaleDraw, draw_document, find_draw
from bigcat_graphql.onsale.beacon import CHAIN_HASH, round_after
from bigcat_graphql.onsale.drand import fetch_round
from bigcat_graphql.onsale.drawing import _keep_beacon, draw_due_queues
from bigcat_graphql.onsale.record import find_faults, read_record
from bigcat_graphql.onsale.turns import run_for_ever, take_turn
from bigcat_graphql.settings import override_settings
from tests.onsale.queues import (
    join_all,
    make_queue,
    open_sale,
    pass_opening,
    pass_seconds,
    state_of,
)

pytestmark = pytest.mark.usefixtures("database")

_PATIENCE_SECONDS = 30
_SIGNATURE = b"what many organizers say together"
Say = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Drand:
    """An HTTP server that says what a test wants, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.say: Say = answer(b"{}")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head.split(" ")[1])
        try:
            await self.say(writer)
            await writer.drain()
        except ConnectionError:
            pass  # who asked has hung up
        finally:
            writer.close()


def answer(body: bytes, status: str = "200 OK", *headers: str) -> Say:
    async def say(writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers, "", ""]
        writer.write("\r\n".join(lines).encode() + body)

    return say


def spoken(round_: int, *, signature: bytes = _SIGNATURE, **facts: object) -> bytes:
    randomness = sha256(signature).hexdigest()
    said = {"round": round_, "signature": signature.hex(), "randomness": randomness}
    return orjson.dumps(said | facts)


async def nothing(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(2 * _PATIENCE_SECONDS)


async def for_ever(writer: asyncio.StreamWriter) -> None:
    """Send a body that is never whole, a bit at a time."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n")
    for _ in range(_PATIENCE_SECONDS * 10):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.1)


async def without_end(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


@pytest.fixture
async def drand() -> AsyncIterator[Drand]:
    beacon = Drand()
    server = await asyncio.start_server(beacon.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with override_settings(beacon_url=f"http://127.0.0.1:{port}"):
        yield beacon
    server.close()


async def close_lobby(concert: Concert, seconds_ago: float) -> int:
    """Close the lobby so long ago; give the round that counts."""
    await pass_opening(concert)
    await take_turn()
    rows = await database.fetch_all(
        "UPDATE sale_queue SET lobby_closed_at ="
        " date_trunc('second', now()) - make_interval(secs => $2) WHERE concert_id = $1"
        " RETURNING extract(epoch FROM lobby_closed_at)::bigint AS closed_at",
        concert.id,
        seconds_ago,
    )
    return round_after(rows[0]["closed_at"])


async def drawn(concert: Concert) -> SaleDraw:
    found = await find_draw(concert.id)
    assert found
    return found


async def test_the_round_that_the_closing_time_says_decides_and_is_in_the_record(
    drand: Drand,
) -> None:
    concert = await make_queue()
    await join_all(concert, 5)
    round_ = await close_lobby(concert, 9)
    drand.say = answer(spoken(round_))
    assert await draw_due_queues() == 1
    assert drand.asked == [f"/{CHAIN_HASH}/public/{round_}"]
    draw = await drawn(concert)
    assert draw.beacon
    assert (draw.beacon.round, draw.beacon.signature) == (round_, _SIGNATURE)
    document = await draw_document(draw.sale_id.hex)
    assert document
    assert find_faults(read_record(document)) == []


async def test_nobody_is_asked_before_the_round_was_spoken(drand: Drand) -> None:
    concert = await make_queue()
    await close_lobby(concert, 0)
    assert await draw_due_queues() == 0
    await close_lobby(concert, 4)
    assert await draw_due_queues() == 0
    assert drand.asked == []


_ROUND = 1_234
_BAD: dict[str, Say] = {
    "500": answer(b"no", "500 Internal Server Error"),
    "404": answer(spoken(_ROUND), "404 Not Found"),
    "elsewhere": answer(b"", "302 Found", "location: http://127.0.0.1:1/"),
    "another round": answer(spoken(_ROUND + 1)),
    "forged randomness": answer(spoken(_ROUND, randomness="00" * 32)),
    "no signature": answer(orjson.dumps({"round": _ROUND})),
    "odd signature": answer(spoken(_ROUND, signature=b"") [:-1] + b', "signature": 7}'),
    "a list": answer(b"[1]"),
    "deep": answer(b"[" * 4_000),
    "no JSON": answer(b"\xff" * 100),
    "nothing at all": answer(b""),
    "too long": answer(spoken(_ROUND, padding="x" * 5_000)),
    "without end": without_end,
    "packed": answer(b"\x1f\x8b", "200 OK", "content-encoding: gzip"),
}  # fmt: skip


@pytest.mark.parametrize("say", _BAD.values(), ids=_BAD.keys())
async def test_what_does_not_fit_is_as_good_as_not_there(drand: Drand, say: Say) -> None:
    drand.say = say
    assert await fetch_round(_ROUND) is None


async def test_an_address_that_is_none_is_as_good_as_not_there() -> None:
    for url in ("http://127.0.0.1:1", "nonsense", "http://[", "ftp://x"):
        with override_settings(beacon_url=url):
            assert await fetch_round(_ROUND) is None


async def test_a_beacon_that_is_late_is_waited_for_ten_seconds_and_then_the_seed_decides(
    drand: Drand,
) -> None:
    concert = await make_queue()
    await join_all(concert, 3)
    drand.say = answer(b"not yet", "404 Not Found")
    await close_lobby(concert, 10)
    assert await draw_due_queues() == 0
    await close_lobby(concert, 19)
    assert await draw_due_queues() == 1
    draw = await drawn(concert)
    assert draw.beacon is None
    assert draw.drawn_at
    assert (await state_of(concert)).phase is QueuePhase.OPEN
    document = await draw_document(draw.sale_id.hex)
    assert document
    assert find_faults(read_record(document)) == []


async def test_what_one_node_has_heard_of_the_beacon_is_what_all_draw_by(drand: Drand) -> None:
    concert = await make_queue()
    await join_all(concert, 3)
    round_ = await close_lobby(concert, 9)
    drand.say = answer(spoken(round_))
    assert await draw_due_queues() == 1
    heard = (await drawn(concert)).beacon
    # A node that could not reach it decides nothing any more.
    await database.execute("UPDATE sale_queue SET drawn_at = NULL")
    drand.say = answer(b"", "500 Internal Server Error")
    assert await draw_due_queues() == 1
    assert (await drawn(concert)).beacon == heard
    # Nor does one that gave it up in the same moment, having read that nothing was known yet.
    await _keep_beacon(concert.id, None)
    assert (await drawn(concert)).beacon == heard


@pytest.mark.parametrize("say", [nothing, for_ever])
async def test_a_beacon_that_is_slow_is_left_after_three_seconds(drand: Drand, say: Say) -> None:
    drand.say = say
    began = time.monotonic()
    assert await fetch_round(_ROUND) is None
    # Nothing to do with how fast this machine is: it would be half a minute.
    assert time.monotonic() - began < _PATIENCE_SECONDS / 2


async def test_a_beacon_that_is_slow_holds_up_no_other_sale(
    drand: Drand, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_enough = asyncio.Event()

    async def until_enough(_: asyncio.StreamWriter) -> None:
        await is_enough.wait()

    drand.say = until_enough
    slow, other, waits = await make_queue(), await make_queue(), await make_queue()
    with override_settings(queue_admitted_max=1):
        await join_all(other, 4)
        with override_settings(beacon_url="off", queue_joins_per_second=1_000_000):
            await open_sale(other)
        await close_lobby(slow, 9)
        await database.execute(
            "UPDATE sale_queue SET beacon = '{}' WHERE concert_id = $1", waits.id
        )
        await close_lobby(waits, 9)
        head = (await state_of(other)).head_rank
        # From here on it is asked as long as the test waits: nothing can go on once it was left.
        monkeypatch.setattr("bigcat_graphql.onsale.drand._SECONDS", 2 * _PATIENCE_SECONDS)
        drand.asked.clear()

        turns = asyncio.create_task(run_for_ever())
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while not drand.asked or (await state_of(waits)).phase is not QueuePhase.OPEN:
                    await asyncio.sleep(0.05)
                # It is being asked just now: the others move on.
                await database.execute(
                    "UPDATE queue_entry SET status = 'LEFT' WHERE status = 'ADMITTED'"
                )
                await pass_seconds(other, 1)
                while (await state_of(other)).head_rank == head:
                    await asyncio.sleep(0.05)
            assert (await state_of(slow)).phase is QueuePhase.DRAWING
        finally:
            is_enough.set()
            turns.cancel()
            await asyncio.gather(turns, return_exceptions=True)
