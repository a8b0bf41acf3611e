"""Stalls: the longest that one turn of bigcat's event loop kept everybody else waiting, by request.

On a bigcat that is started with a watch, in a turn of its own: see `benchmarks.watched`.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import orjson

from benchmarks.exchange import Exchange, connect, write_get, write_post
from benchmarks.jobs import book, live, search
from benchmarks.jobs.turn import QUICK, Figures, Turn, percentile
from bigcat_graphql.schema.ids import write_id

_PROBE_SECONDS = 0.005
_REPORT_SECONDS = 0.2
_SIGN_UPS = 8

_PLAN = """query Plan($id: ID!) { seatMap(concertId: $id) { plan { version sections { name rows {
    label firstIndex seatCount seatLabels points tierCodes } } } } }"""
_SIGN_UP = (
    "mutation Join($input: SignUpInput!) { signUp(input: $input) { session { accessToken } } }"
)


async def measure(turn: Turn, reports: Path) -> Figures:
    """Make each kind of request in turn, while /healthz is asked 200 times a second."""
    # Short, for the longest turn and not the rate counts; but with all viewers.
    turn = replace(turn, sizes=replace(QUICK, viewers=turn.sizes.viewers))
    figures: Figures = {}
    phases: dict[str, Callable[[Turn], Awaitable[object]]] = {
        "start": _do_nothing,  # what starting took is not a request's
        "search": search.measure,
        "book": book.measure,
        "letters": _fetch_letters,
        "plan": _fetch_plan,
        "sign_up": _sign_up,
        "live": live.measure,
    }
    for name, work in phases.items():
        healthy = await _probe_during(turn, work)
        report = await _read_report(turn, reports)
        if name != "start":
            figures[f"{name}_ms"] = report["longest_ms"]
            figures[f"{name}_p999_ms"] = report["p999_ms"]
            figures[f"{name}_healthz_p999_ms"] = percentile(healthy, 0.999)
    figures["longest_ms"] = max(figures[f"{name}_ms"] for name in phases if name != "start")
    return figures


async def _probe_during(turn: Turn, work: Callable[[Turn], Awaitable[object]]) -> list[float]:
    probe, seconds = await connect(turn.port), list[float]()
    probing = asyncio.create_task(_probe(probe, seconds))
    try:
        await work(turn)
    finally:
        probing.cancel()
        probe.close()
    return seconds


async def _probe(client: Exchange, seconds: list[float]) -> None:
    request = write_get("/healthz")
    while True:
        seconds.append((await client.ask(request)).seconds)
        await asyncio.sleep(_PROBE_SECONDS)


async def _read_report(turn: Turn, reports: Path) -> dict[str, float]:
    before = len(_lines_of(reports))
    os.kill(turn.running.pid, signal.SIGUSR1)
    while len(_lines_of(reports)) == before:  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(_REPORT_SECONDS)
    report: dict[str, float] = orjson.loads(_lines_of(reports)[-1])
    return report


def _lines_of(file: Path) -> list[bytes]:
    return file.read_bytes().splitlines() if file.exists() else []


async def _do_nothing(turn: Turn) -> None:  # noqa: ARG001 - a phase like the others
    await asyncio.sleep(_REPORT_SECONDS)


async def _fetch_letters(turn: Turn) -> None:
    """Look at every hall: each is read from the database first."""
    client = await connect(turn.port)
    for concert in (turn.world.arena, *turn.world.halls):
        request = turn.dialect.letters(concert)
        if request is not None:
            await client.ask(request)
    client.close()


async def _fetch_plan(turn: Turn) -> None:
    client = await connect(turn.port)
    body = {"query": _PLAN, "variables": {"id": write_id("Concert", turn.world.arena)}}
    for _ in range(turn.sizes.maps):
        await client.ask(write_post("/graphql", orjson.dumps(body)))
    client.close()


async def _sign_up(turn: Turn) -> None:
    client = await connect(turn.port)
    for number in range(_SIGN_UPS):
        wish = {
            "email": f"stall{number}@example.org",
            "password": "a long and unheard-of pass phrase",
            "name": "Stella",
        }
        body = {"query": _SIGN_UP, "variables": {"input": wish}}
        await client.ask(write_post("/graphql", orjson.dumps(body)))
    client.close()
