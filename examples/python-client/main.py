"""Book two seats and watch them, live, through a lost connection.

    python examples/python-client/main.py http://localhost:8000

Needs httpx and websockets, nothing of bigcat. Ends with 0 if the watched seat map was, after all,
the same as the server's.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable

from box_office import BoxOffice, Concert
from seat_watch import SeatMap, SeatWatch

_PATIENCE_SECONDS = 30.0


async def main(url: str) -> int:
    """Search, watch, book, lose the connection, cancel, compare."""
    async with BoxOffice(url) as office:
        concert = await _find_concert(office)
        print("Going to", concert.title)
        watch = SeatWatch(url, concert.id)
        watching = asyncio.create_task(_watch(watch))
        try:
            return await _book_and_cancel(office, concert, watch)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


async def _find_concert(office: BoxOffice) -> Concert:
    concerts = await office.search(available=True, status=["ON_SALE"], localTime={"from": "18:00"})
    seated = [concert for concert in concerts if concert.numbered_seats]
    if not seated:
        raise SystemExit("There is no concert with numbered seats on sale.")
    return seated[0]


async def _watch(watch: SeatWatch) -> None:
    async for seats in watch.changes():
        free = seats.letters.count("A")
        print(f"  {seats.kinds[-1]:<25} version {seats.version:<6} {free:,} seats free")


async def _book_and_cancel(office: BoxOffice, concert: Concert, watch: SeatWatch) -> int:
    await office.enter("client@example.org", "Example Client")
    await _until(watch, lambda seats: bool(seats.letters))
    booking = await office.book_best(concert, 2)
    print("Booked", ", ".join(booking.labels), "as", booking.reference)
    await _until(watch, lambda seats: not _are_free(seats, booking.indexes))

    print("Losing the connection, and giving the seats back meanwhile")
    watch.cut()
    await office.cancel(booking)
    await _until(watch, lambda seats: _are_free(seats, booking.indexes))

    same = "".join(watch.seats.letters) == await office.statuses(concert)
    print("The seat map is", "the same as" if same else "NOT", "the server's")
    return 0 if same else 1


async def _until(watch: SeatWatch, condition: Callable[[SeatMap], bool]) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not condition(watch.seats):  # noqa: ASYNC110 - a screen would redraw instead
            await asyncio.sleep(0.01)


def _are_free(seats: SeatMap, indexes: Iterable[int]) -> bool:
    return all(seats.letters[index] == "A" for index in indexes)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000")))
