"""How often frames go out: at once when it is quiet, less often the longer sending one takes."""

import math

# Ten frames a second is what the schema promises at most, and faster than people can see.
SHORTEST_SECONDS = 0.1
# Beyond this a seat map would feel dead; a node this busy needs another node.
LONGEST_SECONDS = 2.0
# A new measure counts for a fifth: one slow frame does not slow the next ones.
_WEIGHT = 0.2


class Pace:
    """The rhythm of one hub, in seconds of the event loop's clock.

    The window is twice the time that a frame takes to reach everybody, so that sending frames
    never takes more than half of a core.
    """

    def __init__(self) -> None:
        self.window_seconds = SHORTEST_SECONDS
        self._fanout_seconds = 0.0
        self._delivered_at = -math.inf

    @property
    def due_at(self) -> float:
        """When the next frame may go out; in the past when it is quiet."""
        return self._delivered_at + self.window_seconds

    def deliver(self, at: float) -> None:
        """Note that a frame goes out."""
        self._delivered_at = at

    def slow_down(self, fanout_seconds: float) -> None:
        """Note how long a frame took to reach everybody."""
        self._fanout_seconds += _WEIGHT * (fanout_seconds - self._fanout_seconds)
        self.window_seconds = min(max(2 * self._fanout_seconds, SHORTEST_SECONDS), LONGEST_SECONDS)
