"""Live seat maps and bookings: what viewers see, kept in memory and sent as it changes."""

from bigcat_graphql.live.frames import AreaCounts, Delta, Frame, SeatVersion, Snapshot
from bigcat_graphql.live.node import Node

_node = Node()

start = _node.start
stop = _node.stop
snapshot_of = _node.snapshot_of
watch_seats = _node.watch_seats
watch_booking = _node.watch_booking

__all__ = [
    "AreaCounts",
    "Delta",
    "Frame",
    "Node",
    "SeatVersion",
    "Snapshot",
    "snapshot_of",
    "start",
    "stop",
    "watch_booking",
    "watch_seats",
]
