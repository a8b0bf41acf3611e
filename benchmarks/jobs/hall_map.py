"""Map: the state of a hall of 20,000 seats, as one string and as one object a seat."""

import zlib

from benchmarks.dialects import is_good
from benchmarks.exchange import Answer, Exchange, connect
from benchmarks.jobs.turn import Figures, Turn, percentile
from benchmarks.machine import Spent


async def measure(turn: Turn) -> Figures:
    """Fetch the map some times in each form that the contender has."""
    client = await connect(turn.port)
    figures: Figures = {}
    for form, request in (
        ("letters", turn.dialect.letters(turn.world.arena)),
        ("objects", turn.dialect.objects(turn.world.arena)),
    ):
        if request is not None:
            await client.ask(request)
            figures |= await _fetch(form, turn, client, request)
    client.close()
    return figures


async def _fetch(form: str, turn: Turn, client: Exchange, request: bytes) -> Figures:
    meter = turn.meter()
    answers = [await client.ask(request) for _ in range(turn.sizes.maps)]
    return _describe(form, answers, meter.stop())


def _describe(form: str, answers: list[Answer], spent: Spent) -> Figures:
    each = 1e3 / len(answers)
    return {
        f"{form}_ms": percentile([answer.seconds for answer in answers], 0.5),
        f"{form}_kb": len(answers[0].body) / 1e3,
        f"{form}_gzip_kb": len(zlib.compress(answers[0].body, 6)) / 1e3,
        f"{form}_server_ms": spent.server_seconds * each,
        f"{form}_postgres_ms": spent.postgres_seconds * each,
        f"{form}_failed": sum(not is_good(answer) for answer in answers),
    }
