"""Tickets to take along: QR pictures, PDF, calendar entry, and the signed links to them."""

from bigcat_graphql.notifications.tickets.files import (
    Attachment,
    make_files,
    open_link,
    ticket_files,
)
from bigcat_graphql.notifications.tickets.links import (
    TicketFile,
    TicketName,
    write_link,
)

__all__ = [
    "Attachment",
    "TicketFile",
    "TicketName",
    "make_files",
    "open_link",
    "ticket_files",
    "write_link",
]
