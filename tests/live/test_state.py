import pytest

from bigcat_graphql.booking.events import SeatChange
from bigcat_graphql.catalogue.availability import SeatCounts
from bigcat_graphql.live import AreaCounts, Delta, SeatVersion, Snapshot
from bigcat_graphql.live import history as history_module
from bigcat_graphql.live.history import History
from bigcat_graphql.live.state import HubState
from bigcat_graphql.models import SeatStatus
from tests.live.halls import NOON, Table, after, make_hall

A, R, B, X = SeatStatus


def open_state(table: Table) -> HubState:
    return HubState(table.plan, table.read())


def next_delta(state: HubState) -> Delta:
    before = state.reached
    assert state.deliver()
    frame = state.frame_after(before)
    assert isinstance(frame, Delta)
    return frame


def test_a_fresh_hub_shows_what_was_read() -> None:
    table = Table(make_hall(seats=4, places=[3]))
    table.change(1, R, after(60))
    table.change(2, B)
    table.change(3, X)
    table.change(5, B)
    snapshot = open_state(table).snapshot()
    assert snapshot.statuses == "ARBX"
    assert snapshot.areas == (AreaCounts("area0", SeatCounts(available=2, booked=1)),)
    assert snapshot.counts == SeatCounts(available=3, reserved=1, booked=2, blocked=1)
    assert snapshot.plan_version == 3
    assert snapshot.packed == bytes([0b11_10_01_00])


def test_a_plan_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="5 seats, and 6 in the plan"):
        HubState(make_hall(seats=6), Table(make_hall(seats=5)).read())


def test_two_hubs_never_share_an_epoch() -> None:
    table = Table(make_hall())
    assert open_state(table).epoch != open_state(table).epoch
    assert len(open_state(table).epoch) == 16


def test_a_delta_names_the_seats_and_areas_that_changed() -> None:
    table = Table(make_hall(seats=4, places=[3, 2]))
    state = open_state(table)
    state.merge([table.change(2, B), table.change(0, R, after(9)), table.change(7, B)], NOON)
    delta = next_delta(state)
    assert (delta.from_version, delta.to_version) == (0, 1)
    assert (delta.indexes, delta.statuses) == ((0, 2), "RB")
    assert delta.areas == (AreaCounts("area1", SeatCounts(available=1, booked=1)),)
    assert delta.counts == SeatCounts(available=6, reserved=1, booked=2)


def test_an_older_change_that_arrives_later_changes_nothing() -> None:
    table = Table(make_hall())
    state = open_state(table)
    older, newer = table.change(0, R, after(60)), table.change(0, B)
    state.merge([newer, older], NOON)
    assert next_delta(state).statuses == "B"


def test_a_repeated_change_makes_no_frame() -> None:
    table = Table(make_hall())
    state = open_state(table)
    change = table.change(0, B)
    state.merge([change], NOON)
    state.deliver()
    state.merge([change], NOON)
    assert not state.deliver()


def test_a_seat_that_went_back_within_a_window_makes_no_frame() -> None:
    table = Table(make_hall(places=[3]))
    state = open_state(table)
    state.merge([table.change(i, R, after(60)) for i in (0, 6)], NOON)
    state.merge([table.change(i, A) for i in (0, 6)], NOON)
    assert not state.deliver()
    assert state.version == 0


def test_a_change_of_an_unknown_seat_is_left_out() -> None:
    state = open_state(Table(make_hall(seats=5)))
    state.merge([SeatChange(5, B, 1, None), SeatChange(-1, B, 1, None)], NOON)
    assert not state.deliver()


def test_a_reservation_that_is_over_is_shown_free() -> None:
    table = Table(make_hall())
    state = open_state(table)
    state.merge([table.change(3, R, after(60))], NOON)
    state.deliver()
    assert state.next_lapse_at == after(60)
    state.lapse(after(60))
    delta = next_delta(state)
    assert (delta.indexes, delta.statuses) == ((3,), "A")
    assert state.next_lapse_at is None


def test_a_reservation_that_was_over_when_read_is_shown_free() -> None:
    table = Table(make_hall())
    table.change(3, R, after(-1))
    assert open_state(table).snapshot().statuses == "AAAAA"


def test_a_change_that_arrives_after_its_time_is_shown_free() -> None:
    table = Table(make_hall())
    state = open_state(table)
    state.merge([table.change(3, R, after(1))], after(2))
    assert not state.deliver()


def test_comparing_does_not_bring_a_lapsed_reservation_back() -> None:
    table = Table(make_hall())
    table.change(3, R, after(60))
    state = open_state(table)
    state.lapse(after(61))
    state.merge_reading(table.read(after(62)), after(62))
    assert state.deliver()
    assert state.snapshot().statuses == "AAAAA"


def test_an_extended_reservation_stays() -> None:
    table = Table(make_hall())
    table.change(3, R, after(60))
    state = open_state(table)
    state.merge([table.change(3, R, after(120))], NOON)
    state.lapse(after(60))
    assert state.next_lapse_at == after(120)
    state.deliver()
    assert state.snapshot().statuses == "AAARA"


def test_a_lapsed_seat_that_another_buyer_takes_is_reserved_again() -> None:
    table = Table(make_hall())
    table.change(3, R, after(60))
    state = open_state(table)
    state.lapse(after(60))
    state.merge([table.change(3, R, after(660))], after(61))
    assert state.next_lapse_at == after(660)
    state.deliver()
    assert state.snapshot().statuses == "AAARA"


def test_given_back_reservations_do_not_pile_up() -> None:
    table = Table(make_hall())
    state = open_state(table)
    for second in range(3000):
        state.merge([table.change(0, R, after(10_000 + second))], NOON)
        state.merge([table.change(0, A)], NOON)
    assert len(state._lapses) < 1100


def test_comparing_finds_a_change_that_nobody_told() -> None:
    table = Table(make_hall(places=[2]))
    state = open_state(table)
    table.change(1, X)
    table.change(6, R, after(60))
    state.merge_reading(table.read(), NOON)
    delta = next_delta(state)
    assert (delta.indexes, delta.statuses) == ((1,), "X")
    assert delta.areas[0].counts == SeatCounts(available=1, reserved=1)
    assert state.next_lapse_at == after(60)


def test_comparing_with_an_older_reading_takes_nothing_back() -> None:
    table = Table(make_hall())
    state = open_state(table)
    reading = table.read()
    state.merge([table.change(1, B)], NOON)
    state.merge_reading(reading, NOON)
    assert next_delta(state).statuses == "B"


def test_seventy_five_thousand_places_come_as_counts() -> None:
    table = Table(make_hall(seats=0, places=[75_000]))
    state = open_state(table)
    state.merge([table.change(i, B) for i in range(0, 75_000, 3)], NOON)
    delta = next_delta(state)
    assert (delta.indexes, delta.statuses) == ((), "")
    assert delta.areas == (AreaCounts("area0", SeatCounts(available=50_000, booked=25_000)),)
    assert state.snapshot().statuses == ""


def test_resuming_where_nothing_was_missed_gives_an_empty_delta() -> None:
    state = open_state(Table(make_hall(places=[2])))
    frame = state.frame_after(state.reached)
    assert isinstance(frame, Delta)
    assert (frame.from_version, frame.to_version, frame.indexes, frame.areas) == (0, 0, (), ())
    assert frame.counts.total == 7


def test_resuming_gives_one_merged_delta() -> None:
    table = Table(make_hall(places=[2]))
    state = open_state(table)
    for index, status in [(0, B), (6, B), (4, X), (0, A)]:
        state.merge([table.change(index, status)], NOON)
        state.deliver()
    frame = state.frame_after(SeatVersion(state.epoch, 1))
    assert isinstance(frame, Delta)
    assert (frame.from_version, frame.to_version) == (1, 4)
    assert (frame.indexes, frame.statuses) == ((0, 4), "AX")
    assert [area.area_key for area in frame.areas] == ["area0"]


@pytest.mark.parametrize("version", [-1, 1, 2**31])
def test_resuming_from_a_version_that_never_was_gives_a_snapshot(version: int) -> None:
    state = open_state(Table(make_hall()))
    assert isinstance(state.frame_after(SeatVersion(state.epoch, version)), Snapshot)


def test_resuming_from_another_epoch_gives_a_snapshot() -> None:
    state = open_state(Table(make_hall()))
    assert isinstance(state.frame_after(SeatVersion("f" * 16, 0)), Snapshot)


def test_six_hundred_frames_are_remembered_and_no_more() -> None:
    table = Table(make_hall())
    state = open_state(table)
    for _ in range(301):
        for status in (B, A):
            state.merge([table.change(0, status)], NOON)
            state.deliver()
    assert isinstance(state.frame_after(SeatVersion(state.epoch, 1)), Snapshot)
    assert isinstance(state.frame_after(SeatVersion(state.epoch, 2)), Delta)


def test_a_hall_that_changes_whole_again_and_again_is_remembered_within_bounds() -> None:
    history = History()
    for version in range(600):
        history.add(version, range(20_000), ())
    assert history._size <= history_module.SEATS
    assert history.since(599) == (set(range(20_000)), set())
    assert history.since(500) is None


def test_what_a_query_saw_early_is_told_again_even_if_it_went_back() -> None:
    table = Table(make_hall(places=[2]))
    state = open_state(table)
    state.merge([table.change(i, R, after(60)) for i in (0, 6)], NOON)
    early = state.early_snapshot()
    assert (early.version, early.statuses) == (0, "RAAAA")
    assert early.areas[0].counts == SeatCounts(available=1, reserved=1)
    assert state.snapshot().statuses == "AAAAA"

    state.merge([table.change(i, A) for i in (0, 6)], NOON)
    assert state.has_news
    delta = next_delta(state)
    assert (delta.from_version, delta.indexes, delta.statuses) == (0, (0,), "A")
    assert delta.areas == (AreaCounts("area0", SeatCounts(available=2)),)
    assert not state.has_news


def test_queries_do_not_count_versions() -> None:
    table = Table(make_hall())
    state = open_state(table)
    for index in range(3):
        state.merge([table.change(index, B)], NOON)
        assert state.early_snapshot().statuses == ("B" * (index + 1)).ljust(5, "A")
    assert state.early_snapshot() is state.early_snapshot()
    assert state.version == 0
    assert next_delta(state).indexes == (0, 1, 2)
    assert state.early_snapshot() is state.snapshot()


def test_all_viewers_share_one_frame() -> None:
    table = Table(make_hall())
    state = open_state(table)
    before = state.reached
    state.merge([table.change(0, B)], NOON)
    state.deliver()
    assert state.frame_after(before) is state.frame_after(before)
    assert state.snapshot() is state.snapshot()


def test_hostile_resumes_do_not_fill_the_memory() -> None:
    table = Table(make_hall())
    state = open_state(table)
    for _ in range(100):
        for status in (B, A):
            state.merge([table.change(0, status)], NOON)
            state.deliver()
    for version in range(200):
        state.frame_after(SeatVersion(state.epoch, version))
    assert len(state._deltas) <= 32
