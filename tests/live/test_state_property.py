"""Whatever is lost, repeated or reordered on the way, every client ends up equal to the truth."""

from collections import Counter
from datetime import datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bigcat_graphql.booking.events import SeatChange
from bigcat_graphql.catalogue.availability import SeatCounts
from bigcat_graphql.live import Frame, SeatVersion, Snapshot
from bigcat_graphql.live.state import HubState
from bigcat_graphql.models import SeatStatus
from tests.live.client import SeatMapClient
from tests.live.halls import Table, after, make_hall

# Few seats: each has a history soon.
HALL = make_hall(seats=3, places=[2, 1])
CLIENTS = st.integers(0, 2)


def count(letters: str) -> SeatCounts:
    found = Counter(letters)
    return SeatCounts(found["A"], found["R"], found["B"], found["X"])


class SeatMapJourney(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0
        self.table = Table(HALL)
        self.wire: list[SeatChange] = []
        self.reading = (self.table.read(), 0)
        # How many changes were lost, and how many of them a comparison has made good.
        self.lost = self.found = 0
        self.state = HubState(HALL, self.table.read())
        self.clients = [SeatMapClient() for _ in range(3)]
        # Who asked a query may know more than its version says, until the next frame.
        self.early = [False] * 3
        self.cursors: list[SeatVersion | None] = [None] * 3
        self.sent: list[list[Frame]] = [[], [], []]
        # What every version was, to hold clients to it.
        self.published: dict[SeatVersion, Snapshot] = {}
        self.note()

    @property
    def now(self) -> datetime:
        return after(self.seconds)

    def note(self) -> None:
        self.published.setdefault(self.state.reached, self.state.snapshot())

    # ---- the database

    @rule(
        index=st.integers(0, HALL.total_count - 1),
        status=st.sampled_from(list(SeatStatus)),
        keep_seconds=st.integers(1, 6),
        is_told=st.booleans(),
    )
    def change_a_seat(
        self, index: int, status: SeatStatus, keep_seconds: int, is_told: bool
    ) -> None:
        reserved = status is SeatStatus.RESERVED
        until = after(self.seconds + keep_seconds) if reserved else None
        change = self.table.change(index, status, until)
        if is_told:
            self.state.merge([change], self.now)
        else:
            self.wire.append(change)

    @rule(seconds=st.integers(1, 4), is_noticed=st.booleans())
    def let_time_pass(self, seconds: int, is_noticed: bool) -> None:
        self.seconds += seconds
        if is_noticed:
            self.state.lapse(self.now)

    # ---- the way to the hub

    @precondition(lambda self: self.wire)
    @rule(position=st.integers(0), repeat=st.booleans())
    def hand_over_a_change(self, position: int, repeat: bool) -> None:
        position %= len(self.wire)
        self.state.merge([self.wire[position]], self.now)
        if not repeat:
            del self.wire[position]

    @rule()
    def hand_over_all(self) -> None:
        self.state.merge(self.wire, self.now)
        self.wire.clear()

    @precondition(lambda self: self.wire)
    @rule(position=st.integers(0))
    def lose_a_change(self, position: int) -> None:
        del self.wire[position % len(self.wire)]
        self.lost += 1

    @rule()
    def read_the_database(self) -> None:
        self.reading = (self.table.read(self.now), self.lost)

    @rule()
    def compare_with_what_was_read(self) -> None:
        reading, lost = self.reading
        self.state.merge_reading(reading, self.now)
        self.found = max(self.found, lost)

    # ---- the hub

    @rule()
    def deliver(self) -> None:
        self.state.deliver()
        self.note()

    @rule(client=CLIENTS)
    def query(self, client: int) -> None:
        self.lose_the_connection(client)
        self.clients[client].take(self.state.early_snapshot())
        self.early[client] = True

    @rule()
    def restart_the_node(self) -> None:
        self.state = HubState(HALL, self.table.read(self.now))
        self.found = self.lost
        self.cursors = [None] * 3
        self.note()

    # ---- clients

    @rule(client=CLIENTS)
    def subscribe(self, client: int) -> None:
        have = self.clients[client].have
        frame = self.state.frame_after(have) if have else self.state.snapshot()
        self.send(client, frame)

    @rule(client=CLIENTS, frames=st.integers(1, 3))
    def fetch_a_frame(self, client: int, frames: int) -> None:
        cursor = self.cursors[client]
        if cursor is not None and cursor != self.state.reached:
            skips = self.state.version - cursor.version > frames
            frame = self.state.snapshot() if skips else self.state.frame_after(cursor)
            self.send(client, frame)

    @rule(client=CLIENTS, position=st.integers(0), remove=st.booleans())
    def receive_in_any_order(self, client: int, position: int, remove: bool) -> None:
        sent = self.sent[client]
        if sent:
            self.hand_to(client, sent[position % len(sent)])
            if remove:
                del sent[position % len(sent)]

    @rule(client=CLIENTS)
    def receive_all(self, client: int) -> None:
        for frame in self.sent[client]:
            if not self.hand_to(client, frame):
                self.cursors[client] = None
        self.sent[client].clear()

    @rule(client=CLIENTS)
    def lose_the_connection(self, client: int) -> None:
        self.sent[client].clear()
        self.cursors[client] = None

    def send(self, client: int, frame: Frame) -> None:
        self.cursors[client] = frame.reached
        self.sent[client].append(frame)

    def hand_to(self, client: int, frame: Frame) -> bool:
        before = self.clients[client].have
        is_taken = self.clients[client].take(frame)
        if isinstance(frame, Snapshot) or self.clients[client].have != before:
            self.early[client] = False
        return is_taken

    # ---- what must hold

    @invariant()
    def nobody_applied_across_a_gap(self) -> None:
        for client, is_early in zip(self.clients, self.early, strict=True):
            if client.have is None or is_early:
                continue
            truth = self.published[client.have]
            assert "".join(client.letters) == truth.statuses
            assert client.areas == {area.area_key: area.counts for area in truth.areas}
            assert client.counts == truth.counts

    def teardown(self) -> None:
        self.hand_over_all()
        if self.lost > self.found:
            self.read_the_database()
            self.compare_with_what_was_read()
        self.state.lapse(self.now)
        self.deliver()
        for number, client in enumerate(self.clients):
            self.lose_the_connection(number)
            self.subscribe(number)
            self.receive_all(number)
            self.equals_the_truth(client)

    def equals_the_truth(self, client: SeatMapClient) -> None:
        letters = self.table.letters(self.now)
        places = [self.table.places(area, self.now) for area in HALL.areas]
        assert "".join(client.letters) == letters
        assert list(client.areas.values()) == [count(part) for part in places]
        assert client.counts == count(letters + "".join(places))


SeatMapJourney.TestCase.settings = settings(max_examples=300, stateful_step_count=50, deadline=None)
TestSeatMapJourney = SeatMapJourney.TestCase
