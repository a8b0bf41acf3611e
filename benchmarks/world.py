"""What every contender finds in its database: who is who, and which hall is for which job."""

from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

import orjson

HALL_COUNT = 50
HALL_SEATS = 2_000
ARENA_SEATS = 20_000
AREA = "lawn"
HOT_HALLS = 4
HOT_SEATS = 200
BUYER_COUNT = 1_024


@dataclass(frozen=True, slots=True)
class Buyer:
    """A guest: contenders without sign-in take the id, bigcat takes the token."""

    account_id: UUID
    token: str


@dataclass(frozen=True, slots=True)
class World:
    """Concerts by what they are for; `plan_version` is that of all their plans."""

    buyers: list[Buyer]
    halls: list[UUID]  # booked by many, each in a corner of its own
    hot_halls: list[UUID]  # one is sold out at a time
    storm_hall: UUID  # everybody wants one seat
    idle_hall: UUID  # nobody else is there
    arena: UUID  # looked at, and watched
    lawn: UUID  # one area of general admission, as many places as the arena has seats
    artists: list[str]
    cities: list[str]
    plan_version: int = 1

    def save(self, file: Path) -> None:
        """Write it down."""
        # `default` since asyncpg's ids are of a class of its own.
        file.write_bytes(orjson.dumps(asdict(self), default=str))

    @classmethod
    def load(cls, file: Path) -> "World":
        """Read what `save` wrote."""
        read = orjson.loads(file.read_bytes())
        buyers = [Buyer(UUID(one["account_id"]), one["token"]) for one in read.pop("buyers")]
        for key in ("halls", "hot_halls"):
            read[key] = [UUID(text) for text in read[key]]
        for key in ("storm_hall", "idle_hall", "arena", "lawn"):
            read[key] = UUID(read[key])
        return cls(buyers=buyers, **read)
