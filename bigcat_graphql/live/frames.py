"""What a viewer of a seat map is sent: the whole state, or what changed since a version."""

from dataclasses import dataclass
from functools import cached_property

from bigcat_graphql.catalogue.availability import SeatCounts

# Each letter of `statuses` as a digit of base 4, see `SeatStatus`.
_DIGITS = str.maketrans("ARBX", "0123")


@dataclass(frozen=True, slots=True)
class SeatVersion:
    """A moment in the life of one hub; only moments of one epoch can be compared."""

    epoch: str
    version: int


@dataclass(frozen=True, slots=True)
class AreaCounts:
    """Places of a general-admission area by state."""

    area_key: str
    counts: SeatCounts


@dataclass(frozen=True)
class Snapshot:
    """Every seat's state at one version; `statuses` has one letter a numbered seat."""

    epoch: str
    version: int
    plan_version: int
    statuses: str
    areas: tuple[AreaCounts, ...]
    counts: SeatCounts

    @cached_property
    def packed(self) -> bytes:
        """`statuses` in 2 bits a seat: seat i is bits 2 * (i mod 4) of byte i div 4."""
        return pack(self.statuses)

    @property
    def reached(self) -> SeatVersion:
        """Where it leads to."""
        return SeatVersion(self.epoch, self.version)


@dataclass(frozen=True, slots=True)
class Delta:
    """What changed after `from_version`; `statuses[k]` is the state of seat `indexes[k]`."""

    epoch: str
    from_version: int
    to_version: int
    plan_version: int
    indexes: tuple[int, ...]
    statuses: str
    areas: tuple[AreaCounts, ...]
    counts: SeatCounts

    @property
    def reached(self) -> SeatVersion:
        """Where it leads to."""
        return SeatVersion(self.epoch, self.to_version)


Frame = Snapshot | Delta


def pack(statuses: str) -> bytes:
    """Write one letter a seat as 2 bits a seat, four seats a byte, lowest bits first."""
    if not statuses:
        return b""
    # Read backwards, seat i is the digit of weight 4^i: one number does what 20,000 shifts would.
    number = int(statuses[::-1].translate(_DIGITS), 4)
    return number.to_bytes((len(statuses) + 3) // 4, "little")
