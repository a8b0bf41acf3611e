"""Opening a sale fairly: a lobby, a draw that anybody can check, and letting in by rank."""

from bigcat_graphql.onsale.admission import is_admission, sign_admission
from bigcat_graphql.onsale.drawing import read_draw
from bigcat_graphql.onsale.entries import entries_of, entry_by_id, find_entry
from bigcat_graphql.onsale.errors import AdmissionRequired, Missing, WrongConcertState
from bigcat_graphql.onsale.joining import join_queue, leave_queue
from bigcat_graphql.onsale.queues import QueueState, announce_queue, end_queue, queues_of
from bigcat_graphql.onsale.rules import estimate_wait
from bigcat_graphql.onsale.turns import run_for_ever, take_part

__all__ = [
    "AdmissionRequired",
    "Missing",
    "QueueState",
    "WrongConcertState",
    "announce_queue",
    "end_queue",
    "entries_of",
    "entry_by_id",
    "estimate_wait",
    "find_entry",
    "is_admission",
    "join_queue",
    "leave_queue",
    "queues_of",
    "read_draw",
    "run_for_ever",
    "sign_admission",
    "take_part",
]
