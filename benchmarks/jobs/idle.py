"""Idle: one client books alone, two seats at a time: what a booking takes when nobody rushes."""

from collections import Counter

from benchmarks.dialects import Outcome
from benchmarks.exchange import connect
from benchmarks.jobs.turn import Figures, Turn, cost_of, percentile, shuffled_pairs
from benchmarks.world import HALL_SEATS

_WARM_BOOKINGS = 20


async def measure(turn: Turn) -> Figures:
    """Book one after another."""
    pairs = shuffled_pairs([turn.world.idle_hall], HALL_SEATS, turn.chance("idle"))
    buyers = turn.world.buyers
    client = await connect(turn.port)
    seconds, outcomes = list[float](), Counter[Outcome]()
    meter = turn.meter()
    for number in range(_WARM_BOOKINGS + turn.sizes.idle_bookings):
        if number == _WARM_BOOKINGS:
            meter = turn.meter()
            seconds.clear()
        wish = turn.dialect.book(*next(pairs), buyers[number % len(buyers)])
        answer = await client.ask(wish)
        seconds.append(answer.seconds)
        outcomes[turn.dialect.read_outcome(answer)] += 1
    spent = meter.stop()
    client.close()
    return {
        "p50_ms": percentile(seconds, 0.5),
        "p99_ms": percentile(seconds, 0.99),
        "failed": outcomes.total() - outcomes[Outcome.WON],
        **cost_of(spent, len(seconds)),
    }
