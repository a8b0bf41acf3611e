"""Waiting for seats of a sold-out concert: freed ones go to the first in line whom they fit."""

from bigcat_graphql.waitlist.entries import count_entries, entries_of, find_entry
from bigcat_graphql.waitlist.errors import EmailNotVerified, NotSoldOut
from bigcat_graphql.waitlist.joining import Wish, is_open, join_waitlist, leave_waitlist
from bigcat_graphql.waitlist.turns import run_for_ever, take_part

__all__ = [
    "EmailNotVerified",
    "NotSoldOut",
    "Wish",
    "count_entries",
    "entries_of",
    "find_entry",
    "is_open",
    "join_waitlist",
    "leave_waitlist",
    "run_for_ever",
    "take_part",
]
