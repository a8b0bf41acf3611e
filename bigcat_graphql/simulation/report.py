"""What came of a simulation: figures, kills, and the findings that make it pass or fail."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from bigcat_graphql.simulation.box_office import BoxOffice
from bigcat_graphql.simulation.faults import Kill
from bigcat_graphql.simulation.figures import Timeline, percentile

BACK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One number of the proof, and what it has to be."""

    what: str
    found: float
    wanted: float
    at_most: bool = False

    @property
    def holds(self) -> bool:
        """Tell whether it is what it has to be."""
        return self.found <= self.wanted if self.at_most else self.found == self.wanted


@dataclass(frozen=True, slots=True)
class Report:
    """All that a simulation has to say."""

    seed: int
    buyers: int
    accounts: int
    concerts: int
    seconds: float
    bookings: int
    answers: int
    waits_seconds: Mapping[str, float]
    refusals: Mapping[str, int]
    retries: Mapping[str, int]
    repeats: int
    looks: int
    kills: Sequence[Kill]
    findings: Sequence[Finding]
    examples: Sequence[str]
    timeline: Timeline

    @property
    def bookings_per_second(self) -> float:
        """How many were made in a second, kills included."""
        return self.bookings / self.seconds if self.seconds else 0.0

    @property
    def holds(self) -> bool:
        """Tell whether nothing went wrong."""
        return all(finding.holds for finding in self.findings)

    def as_facts(self) -> dict[str, object]:
        """Write it for a program."""
        left_out = ("timeline", "findings", "kills")
        facts: dict[str, object] = {
            name: getattr(self, name) for name in self.__slots__ if name not in left_out
        }
        return facts | {
            "holds": self.holds,
            "seconds": round(self.seconds, 1),
            "bookings_per_second": round(self.bookings_per_second, 1),
            "kills": [asdict(kill) for kill in self.kills],
            "findings": [asdict(one) | {"holds": one.holds} for one in self.findings],
        }


def summarize_waits(timeline: Timeline) -> dict[str, float]:
    """Give the median, the 99th percentile and the longest wait for a booking's answer."""
    waits = timeline.all_waits()
    shares = {"p50": 0.5, "p99": 0.99, "most": 1.0}
    return {name: round(percentile(waits, share), 4) for name, share in shares.items()}


def judge_answers(office: BoxOffice, buyers_left: int) -> list[Finding]:
    """Turn what clients met into findings, each of which should be none."""
    kinds = (
        "repeats that were answered otherwise",
        "refusals that make no sense",
        "untyped errors",
        "answers other than HTTP 200",
        "requests never answered",
    )
    broken = office.ledger.broken
    names = [*kinds, *(kind for kind in broken if kind not in kinds)]
    return [
        *(Finding(name, broken[name], 0) for name in names),
        Finding("buyers still waiting at the end", buyers_left, 0),
    ]


def judge_kills(kills: Sequence[Kill]) -> list[Finding]:
    """Hold the slowest return against the promise."""
    if not kills:
        return []
    slowest = max(kill.back_after_seconds for kill in kills)
    what = "seconds until seats are booked again"
    return [Finding(what, round(slowest, 2), BACK_SECONDS, at_most=True)]
