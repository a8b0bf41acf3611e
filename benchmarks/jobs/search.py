"""Search: 16 clients ask for the first 20 concerts of an artist, a city, a month."""

import asyncio
import random
import time
from collections import Counter
from datetime import timedelta

from benchmarks.dialects import Criteria, is_good
from benchmarks.exchange import Answer, Exchange, connect_many
from benchmarks.jobs.turn import Figures, Turn, cost_of, percentile
from benchmarks.world import World
from bigcat_graphql.clock import utc_now

_CLIENTS = 16
_REQUESTS = 512
_KINDS = 4


async def measure(turn: Turn) -> Figures:
    """Search for a few seconds."""
    chance = turn.chance("search")
    requests = [
        turn.dialect.search(_draw(number, chance, turn.world)) for number in range(_REQUESTS)
    ]
    clients = await connect_many(turn.port, _CLIENTS)
    await _ask_for(turn.sizes.warm_seconds, clients, requests)
    meter = turn.meter()
    answers = await _ask_for(turn.sizes.search_seconds, clients, requests)
    spent = meter.stop()
    for client in clients:
        client.close()
    seconds = [answer.seconds for answer in answers]
    kinds = Counter(is_good(answer) for answer in answers)
    return {
        "per_second": kinds[True] / spent.wall_seconds,
        "p50_ms": percentile(seconds, 0.5),
        "p99_ms": percentile(seconds, 0.99),
        "concerts": sum(answer.body.count(b'"startsAt"') for answer in answers) / len(answers),
        "bytes": sum(len(answer.body) for answer in answers) / len(answers),
        "failed": kinds[False],
        **cost_of(spent, len(answers)),
    }


def _draw(number: int, chance: random.Random, world: World) -> Criteria:
    artist, city = chance.choice(world.artists).lower(), chance.choice(world.cities)
    start = utc_now().replace(hour=0, minute=0, second=0, microsecond=0)
    start += timedelta(days=chance.randrange(330))
    by_kind = (
        Criteria(artist=artist),
        Criteria(city=city),
        Criteria(starts_from=start.isoformat(), starts_to=(start + timedelta(days=30)).isoformat()),
        Criteria(artist=artist, city=city),
    )
    return by_kind[number % _KINDS]


async def _ask_for(seconds: float, clients: list[Exchange], requests: list[bytes]) -> list[Answer]:
    until, answers = time.perf_counter() + seconds, list[Answer]()

    async def run(client: Exchange, first: int) -> None:
        number = first
        while time.perf_counter() < until:
            answers.append(await client.ask(requests[number % _REQUESTS]))
            number += _CLIENTS

    await asyncio.gather(*(run(client, number) for number, client in enumerate(clients)))
    return answers
