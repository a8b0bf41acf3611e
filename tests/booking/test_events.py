import pytest
from structlog.testing import capture_logs

from bigcat_graphql.booking.events import Event, after_commit
from tests.booking.verbs import book
from tests.scenes import make_buyer, make_concert


@pytest.mark.usefixtures("database")
async def test_a_listener_that_breaks_takes_no_booking_from_its_buyer() -> None:
    def break_down(_: Event) -> None:
        raise ValueError("a listener's own mistake")

    told: list[Event] = []
    stops = [after_commit(break_down), after_commit(told.append)]
    concert, buyer = await make_concert(), await make_buyer()
    try:
        with capture_logs() as logs:
            booking = await book(buyer, concert, 0)
    finally:
        for stop in stops:
            stop()
    assert booking.seat_count == 1
    assert told
    assert "listener_failed" in {line["event"] for line in logs}
