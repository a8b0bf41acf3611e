"""Which figures of a job are shown, in what words, and what is made of several rounds."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.rounds import Measurement


@dataclass(frozen=True, slots=True)
class Column:
    """One figure; `key` is its name in a job's figures."""

    key: str
    heading: str
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """One job's table: the first column is the figure that counts, and is set against the floor."""

    job: str
    title: str
    columns: tuple[Column, ...]
    more_is_better: bool = False
    reference: str = "floor"

    @property
    def main(self) -> Column:
        """The figure that counts."""
        return self.columns[0]


_COST = (Column("server_us", "server µs"), Column("postgres_us", "PostgreSQL µs"))
_TIMES = (Column("p50_ms", "p50 ms", 1), Column("p99_ms", "p99 ms", 1))

SHEETS = (
    Sheet(
        "search",
        "Search: 16 clients, pages of 20",
        (Column("per_second", "requests/s"), *_TIMES, *_COST, Column("concerts", "concerts", 1)),
        more_is_better=True,
    ),
    Sheet(
        "book",
        "Book two seats: 32 clients, 50 halls of 2,000",
        (Column("per_second", "bookings/s"), *_TIMES, *_COST),
        more_is_better=True,
    ),
    Sheet(
        "checkout",
        "Checkout: book two seats and pay, beside booking alone",
        (
            Column("checkouts_per_second", "checkouts/s"),
            Column("books_per_second", "bookings/s alone"),
            Column("ratio", "ratio", 2),
            Column("pay_p50_ms", "pay p50 ms", 1),
            Column("pay_p99_ms", "p99 ms", 1),
            Column("checkout_server_us", "server µs"),
            Column("checkout_postgres_us", "PostgreSQL µs"),
        ),
        more_is_better=True,
    ),
    Sheet(
        "queue",
        "Sale queue: a draw, joins behind it, ticks, watchers",
        (
            Column("ratio", "join / empty mutation", 2),
            Column("joins_per_second", "joins/s"),
            Column("empty_per_second", "empty/s"),
            Column("close_s", "close s", 2),
            Column("draw_s", "draw s", 2),
            Column("tick_ms", "tick ms", 1),
            Column("frames_a_second", "frames/s each", 2),
            Column("watch_server_us", "server µs a frame"),
        ),
        more_is_better=True,
    ),
    Sheet(
        "idle",
        "Book two seats: one client, nobody else",
        (Column("p50_ms", "p50 ms", 2), Column("p99_ms", "p99 ms", 2), *_COST),
    ),
    Sheet(
        "hot",
        "Hot hall: 64 clients until 200 seats are gone",
        (Column("sold_out_s", "sold out, s", 3), *_TIMES, Column("requests", "requests")),
    ),
    Sheet(
        "storm",
        "Storm: 1,000 clients on one seat",
        (
            Column("losers_p99_ms", "losers' p99 ms"),
            Column("calm_p99_ms", "p99 ms, each its own seat"),
            Column("ratio", "ratio", 2),
            Column("winners", "winners"),
            Column("refused", "refused"),
            Column("told_to_try_again", "try again"),
        ),
    ),
    Sheet(
        "rush",
        "Statements: 200 clients, one arena",
        (
            Column("statements", "statements a booking", 2),
            Column("transaction_control", "BEGIN, COMMIT", 2),
            Column("per_second", "bookings/s"),
            Column("p99_ms", "p99 ms", 1),
        ),
    ),
    Sheet(
        "choices",
        "Ways to choose two of 20,000 seats",
        (
            Column("seats_per_second", "chosen seats/s"),
            Column("places_per_second", "general admission/s"),
            Column("places_to_seats", "ratio of the two", 2),
            Column("best_per_second", "best available/s"),
            Column("best_not_won", "best, not won"),
            Column("best_cpu_p50_ms", "one best, CPU ms p50", 1),
            Column("best_cpu_p99_ms", "p99", 1),
        ),
        more_is_better=True,
    ),
    Sheet(
        "live",
        "Live: a change reaches the last of 1,000 viewers",
        (
            Column("last_p50_ms", "p50 ms", 1),
            Column("last_max_ms", "longest ms", 1),
            Column("us_a_frame", "server µs a frame", 1),
            Column("frames_a_core_second", "frames a second of a core"),
            Column("kb_a_viewer", "kB a viewer"),
            Column("join_cpu_ms", "CPU ms to join", 2),
            Column("missed", "changes not seen by all"),
        ),
    ),
    Sheet(
        "crowd",
        "Crowd: 10,000 viewers, a change a second",
        (
            Column("p99_ms", "p99 ms"),
            Column("p50_ms", "p50 ms"),
            Column("last_p50_ms", "last viewer, p50 ms"),
            Column("kb_a_viewer", "kB a viewer"),
            Column("server_cores", "server cores", 2),
            Column("load_cores", "viewers' cores", 2),
            Column("viewers_closed", "closed"),
        ),
        reference="broadcast",
    ),
    Sheet(
        "onlookers",
        "Onlookers: 32 clients book in a hall that 1,000 watch",
        (
            Column("watched_per_second", "bookings/s"),
            Column("alone_per_second", "with no viewers"),
            Column("ratio", "ratio", 2),
            Column("frames_a_second", "frames/s"),
            Column("load_cores", "clients' cores", 2),
        ),
        more_is_better=True,
    ),
    Sheet(
        "sleeper",
        "Sleeper: one of 1,001 viewers reads nothing for a minute",
        (
            Column("p99_asleep_ms", "others' p99 ms", 1),
            Column("p99_awake_ms", "while it reads", 1),
            Column("p99_ratio", "ratio", 2),
            Column("server_mb", "server, MB more", 1),
            Column("kernel_mb", "kernel, MB more", 1),
            Column("closed", "closed"),
        ),
    ),
    Sheet(
        "audience",
        "Statements in 20 s: one viewer, and 2,000",
        (
            Column("of_many", "statements, 2,000"),
            Column("of_one", "statements, one"),
            Column("more", "more"),
            Column("viewers", "viewers"),
        ),
    ),
    Sheet(
        "map",
        "20,000 seats as one string",
        (
            Column("letters_ms", "ms", 1),
            Column("letters_kb", "kB"),
            Column("letters_gzip_kb", "kB, gzip", 1),
            Column("letters_server_ms", "server ms", 1),
            Column("letters_postgres_ms", "PostgreSQL ms", 1),
        ),
    ),
    Sheet(
        "map",
        "20,000 seats as objects",
        (
            Column("objects_ms", "ms"),
            Column("objects_kb", "kB"),
            Column("objects_gzip_kb", "kB, gzip"),
            Column("objects_server_ms", "server ms"),
            Column("objects_postgres_ms", "PostgreSQL ms"),
        ),
    ),
    Sheet(
        "stalls",
        "Longest turn of the event loop, CPU ms",
        (
            Column("longest_ms", "of all", 1),
            Column("search_ms", "search", 1),
            Column("book_ms", "book", 1),
            Column("letters_ms", "51 halls' strings", 1),
            Column("plan_ms", "20,000-seat plan", 1),
            Column("sign_up_ms", "sign up", 1),
            Column("live_ms", "live", 1),
            Column("search_healthz_p999_ms", "/healthz p99.9 ms during search", 1),
            Column("book_healthz_p999_ms", "during book", 1),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a figure was over the rounds."""

    median: float
    lowest: float
    highest: float
    rounds: int


def summarize(
    measurements: Sequence[Measurement], contender: str, sheet: Sheet, key: str
) -> Summary | None:
    """Sum up one figure of one contender; None when it has none."""
    values = [
        one.figures[key]
        for one in measurements
        if one.contender == contender and one.job == sheet.job and key in one.figures
    ]
    if not values:
        return None
    return Summary(statistics.median(values), min(values), max(values), len(values))


def rank(
    measurements: Sequence[Measurement], sheet: Sheet
) -> list[tuple[str, dict[str, Summary | None]]]:
    """Give the contenders that have the main figure, the best first, with all of the columns."""
    names = dict.fromkeys(one.contender for one in measurements)
    rows = []
    for name in names:
        main = summarize(measurements, name, sheet, sheet.main.key)
        if main is not None:
            cells = {
                column.key: summarize(measurements, name, sheet, column.key)
                for column in sheet.columns
            }
            rows.append((main.median, name, cells))
    rows.sort(key=lambda row: row[0], reverse=sheet.more_is_better)
    return [(name, cells) for _, name, cells in rows]
