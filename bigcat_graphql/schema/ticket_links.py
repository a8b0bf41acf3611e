"""Links to a ticket's files, as GraphQL knows them."""

from enum import StrEnum

from bigcat_graphql import models
from bigcat_graphql.notifications.tickets import TicketFile, TicketName, write_link
from bigcat_graphql.schema.context import Info
from bigcat_graphql.schema.describing import describe_enum
from bigcat_graphql.schema.scalars import URL


class PictureFormat(StrEnum):
    """Kinds of picture."""

    SVG = "SVG"
    PNG = "PNG"


describe_enum(
    PictureFormat,
    "Kinds of picture.",
    {
        "SVG": "Scalable, image/svg+xml.",
        "PNG": "Pixels, image/png, 512 by 512.",
    },
)

_PICTURES = {PictureFormat.SVG: TicketFile.SVG, PictureFormat.PNG: TicketFile.PNG}


def link_to_picture(info: Info, ticket: models.Ticket, picture: PictureFormat) -> URL:
    """Link to the code as a picture."""
    return link_to(info, ticket, _PICTURES[picture])


def link_to(info: Info, ticket: models.Ticket, file: TicketFile) -> URL:
    """Link to a file of a ticket on this server."""
    name = TicketName(ticket.concert_id, ticket.id)
    return URL(write_link(info.context.base_url, name, file))
