"""A shared subscription on a socket: no task and no queue, only a place in each group."""

from collections.abc import Callable

from bigcat_graphql.server.broadcast import Attendance
from bigcat_graphql.server.masking import Answer
from bigcat_graphql.server.messages import NEXT_END, begin_next
from bigcat_graphql.server.straight_socket import StraightSocket


class SharedOperation:
    """Splices its id around what everybody is sent, and writes it."""

    __slots__ = ("_attendance", "_begin", "_on_end", "is_over", "key", "straight")

    def __init__(
        self,
        key: str,
        straight: StraightSocket,
        on_end: Callable[["SharedOperation", Answer | None], None],
    ) -> None:
        self.key = key
        self.straight = straight
        self.is_over = False
        self._begin = begin_next(key)
        self._on_end = on_end
        self._attendance: Attendance | None = None

    def attend(self, attendance: Attendance) -> None:
        """Keep its places."""
        self._attendance = attendance

    def take(self, payload: bytes) -> bool:
        """Write an answer, if the client keeps up."""
        return self.straight.write_text(self._begin, payload, NEXT_END)

    def end(self, failure: Answer | None) -> None:
        """Tell the client that nothing more comes, once; one of many topics may be the first."""
        if not self.is_over:
            self.is_over = True
            self._on_end(self, failure)

    def catch_up(self) -> None:
        """Go on from the whole state where frames were left out."""
        if self._attendance is not None:
            self._attendance.catch_up()

    def cancel(self) -> None:
        """Give its places back."""
        if self._attendance is not None:
            self._attendance.leave()
