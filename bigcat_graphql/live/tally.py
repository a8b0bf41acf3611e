"""Counting seats by state, one change at a time."""

from bigcat_graphql.catalogue.availability import SeatCounts

_AVAILABLE, _RESERVED, _BOOKED, _BLOCKED = b"ARBX"


class Tally:
    """How many of some seats are in which state."""

    __slots__ = ("_by_letter",)

    def __init__(self, letters: bytes | bytearray) -> None:
        self._by_letter = {letter: letters.count(letter) for letter in b"ARBX"}

    def move(self, old: int, new: int) -> None:
        """Count one seat that went from one letter to another."""
        self._by_letter[old] -= 1
        self._by_letter[new] += 1

    @property
    def counts(self) -> SeatCounts:
        """The counts now."""
        return SeatCounts(
            available=self._by_letter[_AVAILABLE],
            reserved=self._by_letter[_RESERVED],
            booked=self._by_letter[_BOOKED],
            blocked=self._by_letter[_BLOCKED],
        )
