"""A line that runs by the rules of admission, in no time, with people who come and go."""

import heapq
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from bigcat_graphql.onsale import rules
from bigcat_graphql.onsale.forecast import Line, Pace, count_ahead, foresee_wait
from bigcat_graphql.onsale.rules import Crowd

Dice = random.Random
NEVER = math.inf
# Waits that one tick decides say nothing of a forecast.
_WAIT_LEAST_SECONDS = 10.0


@dataclass(frozen=True)
class Sale:
    """Who is in front of a sale, and how fast it may go."""

    drawn: int
    late: int = 0
    per_second: float = 10.0
    admitted_max: int = 500
    seats: int = 50_000
    # When one who came at some second gives up, and how long a session lasts.
    gives_up_at: Callable[[Dice, float], float] = lambda _, __: NEVER
    stays_in: Callable[[Dice], float] = lambda _: 0.5
    # Which part hangs up so that nobody sees it: their phones are off.
    unseen: float = 0.0
    late_seconds: float = 300.0


@dataclass
class Moment:
    """The line after a tick, as it would be kept, and who waits."""

    at: float
    line: Line
    pace: Pace
    ranks: list[int]


@dataclass
class Run:
    """What became of a sale."""

    moments: list[Moment] = field(default_factory=list)
    let_in_at: dict[int, float] = field(default_factory=dict)

    def forecasts(self, at: float) -> list[tuple[int | None, float]]:
        """Give what those in line would be told then, with what came true for them."""
        moment = next(one for one in self.moments if one.at >= at)
        return [
            (foresee_wait(count_ahead(rank, moment.line), moment.pace), true)
            for rank in moment.ranks
            if (true := self.let_in_at.get(rank, 0.0) - moment.at) > _WAIT_LEAST_SECONDS
        ]


class _Play:
    """A sale as it goes, tick by tick."""

    def __init__(self, sale: Sale, dice: Dice) -> None:
        self.sale, self.dice, self.run = sale, dice, Run()
        self.gives_up = [sale.gives_up_at(dice, 0.0) for _ in range(sale.drawn)]
        self.is_unseen = [dice.random() < sale.unseen for _ in range(sale.drawn)]
        self.coming = sorted(dice.uniform(1, sale.late_seconds) for _ in range(sale.late))
        self.waiting = list(range(1, sale.drawn + 1))
        self.inside: list[tuple[float, int]] = []
        self.crowd = Crowd(sale.seats, 0, 0, 0, 0)
        self.head, self.session_seconds = 0, 0.0
        self.present_share, self.leaving = 1.0, 0.0

    def tick(self, at: float, seconds: float) -> None:
        self._join(at)
        self._end_sessions(at, seconds)
        before = len(self.waiting)
        self.waiting = [r for r in self.waiting if self._seems_here(r, at)]
        left = before - len(self.waiting)
        let_in, passed_over = self._let_in(at, seconds)
        self.present_share = rules.follow_presence(self.present_share, let_in, passed_over)
        if at > 1.0:
            self.leaving = rules.follow_leaving(
                self.leaving, left, before, seconds=seconds, open_seconds=at
            )
        self.run.moments.append(Moment(at, self._line(), self._pace(at), list(self.waiting)))

    def _seems_here(self, rank: int, at: float) -> bool:
        return self.gives_up[rank - 1] > at or self.is_unseen[rank - 1]

    def _join(self, at: float) -> None:
        while self.coming and self.coming[0] <= at:
            self.gives_up.append(self.sale.gives_up_at(self.dice, self.coming.pop(0)))
            self.is_unseen.append(False)
            self.waiting.append(len(self.gives_up))

    def _end_sessions(self, at: float, seconds: float) -> None:
        self.session_seconds += len(self.inside) * seconds
        ended = bought = tickets = 0
        while self.inside and self.inside[0][0] <= at:
            _, count = heapq.heappop(self.inside)
            ended, bought, tickets = ended + 1, bought + bool(count), tickets + count
        was = self.crowd
        self.crowd = Crowd(
            max(0, was.seats_left - tickets),
            len(self.inside),
            was.sessions_ended + ended,
            was.sessions_bought + bought,
            was.tickets_bought + tickets,
        )

    def _let_in(self, at: float, seconds: float) -> tuple[int, int]:
        wanted = rules.count_admissions(
            self.crowd,
            seconds=seconds,
            open_seconds=at,
            per_second_max=self.sale.per_second,
            admitted_max=self.sale.admitted_max,
        )
        let_in = looked_at = 0
        while let_in < wanted and looked_at < len(self.waiting):
            rank = self.waiting[looked_at]
            looked_at, self.head = looked_at + 1, max(self.head, rank)
            if self.gives_up[rank - 1] > at:
                let_in += 1
                self.run.let_in_at[rank] = at
                tickets = self.dice.choice((0, 0, 0, 1, 2, 4))
                heapq.heappush(self.inside, (at + self.sale.stays_in(self.dice), tickets))
        del self.waiting[:looked_at]
        return let_in, looked_at - let_in

    def _line(self) -> Line:
        drawn = sum(rank <= self.sale.drawn for rank in self.waiting)
        late = len(self.waiting) - drawn
        last = len(self.gives_up)
        return Line(self.head, self.sale.drawn, last, drawn, late, self.present_share)

    def _pace(self, at: float) -> Pace:
        was = self.crowd
        crowd = Crowd(
            was.seats_left,
            len(self.inside),
            was.sessions_ended,
            was.sessions_bought,
            was.tickets_bought,
        )
        sale = self.sale
        return Pace(
            crowd, self.session_seconds, at, self.leaving, sale.per_second, sale.admitted_max
        )


def run_line(sale: Sale, seed: int, *, seconds: float = 3_600) -> Run:
    """Run a sale until nobody waits, or for so long."""
    dice = Dice(seed)
    play, at, last = _Play(sale, dice), 1.0, 0.0
    while at < seconds and (play.waiting or play.coming) and play.crowd.seats_left:
        play.tick(at, at - last)
        last, at = at, at + dice.uniform(0.95, 1.1)
    return play.run
