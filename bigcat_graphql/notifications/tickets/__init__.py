"""Tickets to take along: QR pictures, PDF, calendar entry, and the signed links to them."""

from bigcat_graphql.notifications.tickets.files import (
    Attachment,
    qr_png,
    ticket_file,
    ticket_files,
)
from bigcat_graphql.notifications.tickets.links import (
    TicketFile,
    TicketName,
    read_link,
    write_link,
)

__all__ = [
    "Attachment",
    "TicketFile",
    "TicketName",
    "qr_png",
    "read_link",
    "ticket_file",
    "ticket_files",
    "write_link",
]
