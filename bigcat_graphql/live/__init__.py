"""Live seat maps and bookings: what viewers see, kept in memory and sent as it changes."""

from bigcat_graphql.live.bus import ChangeBus, choose_bus
from bigcat_graphql.live.counts_topic import ConcertCounts
from bigcat_graphql.live.frames import AreaCounts, Delta, Frame, SeatVersion, Snapshot
from bigcat_graphql.live.hurry import count_watch
from bigcat_graphql.live.node import Node
from bigcat_graphql.live.topic import Source, Topic, follow

_node = Node()

start = _node.start
stop = _node.stop
is_cut_off = _node.is_cut_off
snapshot_of = _node.snapshot_of
hold_counts = _node.hold_counts
hold_seats = _node.hold_seats
watch_seats = _node.watch_seats
watch_booking = _node.watch_booking

__all__ = [
    "AreaCounts",
    "ChangeBus",
    "ConcertCounts",
    "Delta",
    "Frame",
    "Node",
    "SeatVersion",
    "Snapshot",
    "Source",
    "Topic",
    "choose_bus",
    "count_watch",
    "follow",
    "hold_counts",
    "hold_seats",
    "is_cut_off",
    "snapshot_of",
    "start",
    "stop",
    "watch_booking",
    "watch_seats",
]
