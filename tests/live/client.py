"""A viewer's side of the protocol: the gap rule, as a front-end developer would write it."""

from bigcat_graphql.catalogue.availability import SeatCounts
from bigcat_graphql.live import Delta, Frame, SeatVersion, Snapshot


class SeatMapClient:
    """What one viewer has; `have` is what it resumes with."""

    def __init__(self) -> None:
        self.have: SeatVersion | None = None
        self.letters: list[str] = []
        self.areas: dict[str, SeatCounts] = {}
        self.counts = SeatCounts()
        self.plan_version = 0

    def take(self, frame: Frame) -> bool:
        """Take a frame; False means a gap: subscribe again with `have`."""
        if isinstance(frame, Snapshot):
            self._replace(frame)
        elif self.have == SeatVersion(frame.epoch, frame.from_version):
            self._apply(frame)
        else:
            return self._is_repeat(frame)
        return True

    def _replace(self, snapshot: Snapshot) -> None:
        self.have = snapshot.reached
        self.letters = list(snapshot.statuses)
        self.areas = {area.area_key: area.counts for area in snapshot.areas}
        self.counts = snapshot.counts
        self.plan_version = snapshot.plan_version

    def _apply(self, delta: Delta) -> None:
        self.have = delta.reached
        for index, letter in zip(delta.indexes, delta.statuses, strict=True):
            self.letters[index] = letter
        self.areas |= {area.area_key: area.counts for area in delta.areas}
        self.counts = delta.counts

    def _is_repeat(self, delta: Delta) -> bool:
        have = self.have
        return have is not None and delta.epoch == have.epoch and delta.to_version <= have.version
