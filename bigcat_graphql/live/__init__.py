"""Live seat maps and bookings: what viewers see, kept in memory and sent as it changes."""

from bigcat_graphql.live.bus import ChangeBus, choose_bus
from bigcat_graphql.live.frames import AreaCounts, Delta, Frame, SeatVersion, Snapshot
from bigcat_graphql.live.node import Node

_node = Node()

start = _node.start
stop = _node.stop
is_cut_off = _node.is_cut_off
snapshot_of = _node.snapshot_of
watch_seats = _node.watch_seats
watch_booking = _node.watch_booking

__all__ = [
    "AreaCounts",
    "ChangeBus",
    "Delta",
    "Frame",
    "Node",
    "SeatVersion",
    "Snapshot",
    "choose_bus",
    "is_cut_off",
    "snapshot_of",
    "start",
    "stop",
    "watch_booking",
    "watch_seats",
]
