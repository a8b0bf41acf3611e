"""Opening a sale fairly: a lobby, a draw that anybody can check, and letting in by rank."""

from bigcat_graphql.onsale.admission import check_admission, is_admission, sign_admission
from bigcat_graphql.onsale.beacon import Beacon
from bigcat_graphql.onsale.draw import Entrant
from bigcat_graphql.onsale.entries import entries_of, entry_by_id, find_entry
from bigcat_graphql.onsale.errors import AdmissionRequired, Missing, WrongConcertState
from bigcat_graphql.onsale.joining import join_queue, leave_queue
from bigcat_graphql.onsale.presale import Presale, add_codes, invite, set_presale, show_code
from bigcat_graphql.onsale.published import SaleDraw, draw_document, find_draw
from bigcat_graphql.onsale.queues import QueueState, announce_queue, end_queue, queues_of, wait_of
from bigcat_graphql.onsale.turns import run_for_ever, take_part
from bigcat_graphql.onsale.watching import QueueSight, hold_place, hold_queue

__all__ = [
    "AdmissionRequired",
    "Beacon",
    "Entrant",
    "Missing",
    "Presale",
    "QueueSight",
    "QueueState",
    "SaleDraw",
    "WrongConcertState",
    "add_codes",
    "announce_queue",
    "check_admission",
    "draw_document",
    "end_queue",
    "entries_of",
    "entry_by_id",
    "find_draw",
    "find_entry",
    "hold_place",
    "hold_queue",
    "invite",
    "is_admission",
    "join_queue",
    "leave_queue",
    "queues_of",
    "run_for_ever",
    "set_presale",
    "show_code",
    "sign_admission",
    "take_part",
    "wait_of",
]
