from bigcat_graphql.booking import BookingKey
from bigcat_graphql.booking.events import BookingChanged, SeatsUnknown
from bigcat_graphql.ids import new_id
from bigcat_graphql.live.bus import outbox as outbox_module
from bigcat_graphql.live.bus.outbox import News, Outbox
from tests.live.bus.news import booked, reserved, seats

CONCERT, OTHER = new_id(), new_id()


def test_the_newest_of_each_seat_is_kept_whatever_the_order() -> None:
    outbox = Outbox()
    outbox.put(seats(CONCERT, booked(3, 7), reserved(4, 1)))
    outbox.put(seats(CONCERT, reserved(3, 6)))
    assert outbox.take().seats == {CONCERT: {3: booked(3, 7), 4: reserved(4, 1)}}
    assert not outbox


def test_the_newest_version_of_each_booking_is_kept() -> None:
    outbox, booking_id = Outbox(), new_id()
    for version in (3, 2):
        outbox.put(BookingChanged(CONCERT, booking_id, version))
    assert outbox.take().bookings == {BookingKey(CONCERT, booking_id): 3}


def test_a_bookings_first_version_is_nobodys_news() -> None:
    outbox = Outbox()
    outbox.put(BookingChanged(CONCERT, new_id(), 1))
    assert not outbox


def test_too_many_seats_of_a_concert_become_one_comparison() -> None:
    outbox = Outbox()
    many = [booked(index) for index in range(outbox_module.SEATS_PER_CONCERT + 1)]
    outbox.put(seats(CONCERT, *many))
    outbox.put(seats(CONCERT, booked(1, 9)))
    outbox.put(seats(OTHER, booked(1)))
    news = outbox.take()
    assert (news.unknown, set(news.seats)) == ({CONCERT}, {OTHER})


def test_doubt_about_a_concert_outweighs_its_seats() -> None:
    outbox = Outbox()
    outbox.put(seats(CONCERT, booked(1)))
    outbox.put(SeatsUnknown(CONCERT))
    news = outbox.take()
    assert (news.unknown, news.seats) == ({CONCERT}, {})


def test_what_piles_up_while_the_bus_is_away_stays_within_bounds() -> None:
    concerts, bookings = Outbox(), Outbox()
    for _ in range(outbox_module.CONCERTS + 1):
        concerts.put(seats(new_id(), booked(1)))
    for _ in range(outbox_module.BOOKINGS + 1):
        bookings.put(BookingChanged(CONCERT, new_id(), 2))
    for outbox in (concerts, bookings):
        outbox.put(seats(CONCERT, booked(1)))
        news = outbox.take()
        assert news == News(is_everything=True)
