"""What came of it: each measure with what it has to be."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from bigcat_graphql.simulation.fairness.crowd import Cohort


@dataclass(frozen=True, slots=True)
class Measure:
    """A number, and the range that it has to lie in."""

    what: str
    found: float
    least: float
    most: float

    @property
    def holds(self) -> bool:
        """Tell whether it does."""
        return self.least <= self.found <= self.most


@dataclass(frozen=True, slots=True)
class FairnessReport:
    """All measures, and how often an account of each cohort was among the first."""

    seed: int
    accounts: int
    draws: int
    seconds: float
    wins: Mapping[Cohort, float]
    let_in: int
    bought: int
    measures: Sequence[Measure]

    @property
    def holds(self) -> bool:
        """Tell whether it was fair."""
        return all(measure.holds for measure in self.measures)

    def as_facts(self) -> dict[str, object]:
        """Write it for a program."""
        facts = asdict(self)
        facts["wins"] = {cohort.value: won for cohort, won in self.wins.items()}
        facts["measures"] = [asdict(one) | {"holds": one.holds} for one in self.measures]
        return facts | {"holds": self.holds}
