"""Checkout: 32 clients book two seats and pay for them, beside the same who only book."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

from benchmarks.dialects import Bigcat, Outcome
from benchmarks.exchange import Exchange, connect_many
from benchmarks.jobs.book import CLIENTS, Pairs, book_for
from benchmarks.jobs.turn import Figures, Turn, percentile, shuffled_pairs
from benchmarks.machine import Spent
from benchmarks.world import HALL_SEATS

# The two take turns: what slows the machine for a while slows both.
_TURNS = 4


@dataclass(slots=True)
class _Tally:
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    wall_seconds: float = 0.0
    server_seconds: float = 0.0
    postgres_seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return self.outcomes[Outcome.WON] / self.wall_seconds

    def cost(self, name: str) -> Figures:
        each = 1e6 / max(1, self.outcomes[Outcome.WON])
        return {
            f"{name}_server_us": self.server_seconds * each,
            f"{name}_postgres_us": self.postgres_seconds * each,
        }


async def measure(turn: Turn) -> Figures:
    """Book, check out, book, check out, ..."""
    assert isinstance(turn.dialect, Bigcat)  # noqa: S101 - nobody else takes payments
    pairs = shuffled_pairs(turn.world.halls, HALL_SEATS, turn.chance("checkout"))
    clients = await connect_many(turn.port, CLIENTS)
    await _check_out_for(turn.sizes.warm_seconds, turn, clients, pairs, [])
    books, checkouts, seconds = _Tally(), _Tally(), list[float]()
    for _ in range(_TURNS):
        meter = turn.meter()
        outcomes, _ = await book_for(turn.sizes.book_seconds / 2, turn, clients, pairs)
        _add(books, outcomes, meter.stop())
        meter = turn.meter()
        outcomes = await _check_out_for(turn.sizes.book_seconds / 2, turn, clients, pairs, seconds)
        _add(checkouts, outcomes, meter.stop())
    for client in clients:
        client.close()
    both = books.outcomes + checkouts.outcomes
    return {
        "books_per_second": books.per_second,
        "checkouts_per_second": checkouts.per_second,
        "ratio": checkouts.per_second / books.per_second,
        "pay_p50_ms": percentile(seconds, 0.5),
        "pay_p99_ms": percentile(seconds, 0.99),
        "won": both[Outcome.WON],
        "failed": both.total() - both[Outcome.WON],
        **books.cost("book"),
        **checkouts.cost("checkout"),
    }


def _add(tally: _Tally, outcomes: Counter[Outcome], spent: Spent) -> None:
    tally.outcomes += outcomes
    tally.wall_seconds += spent.wall_seconds
    tally.server_seconds += spent.server_seconds
    tally.postgres_seconds += spent.postgres_seconds


async def _check_out_for(
    until_seconds: float,
    turn: Turn,
    clients: list[Exchange],
    pairs: Pairs,
    seconds: list[float],
) -> Counter[Outcome]:
    """Let all clients book and pay, one checkout after another; `seconds` is what paying took."""
    until = time.perf_counter() + until_seconds
    outcomes, dialect = Counter[Outcome](), turn.dialect
    assert isinstance(dialect, Bigcat)  # noqa: S101 - see measure

    async def run(client: Exchange, number: int) -> None:
        buyers, wishes = turn.buyers_of(number, len(clients)), 0
        while time.perf_counter() < until and (pair := next(pairs, None)):
            wishes += 1
            buyer = buyers[wishes % len(buyers)]
            made = await client.ask(dialect.book(*pair, buyer))
            outcome = dialect.read_outcome(made)
            if outcome is Outcome.WON:
                paid = await client.ask(dialect.pay(dialect.read_booking(made), buyer))
                seconds.append(paid.seconds)
                outcome = dialect.read_paid(paid)
            outcomes[outcome] += 1

    await asyncio.gather(*(run(client, number) for number, client in enumerate(clients)))
    return outcomes
