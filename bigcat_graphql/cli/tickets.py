"""`bigcat ticket`."""

from collections.abc import Sequence

from bigcat_graphql import booking, catalogue
from bigcat_graphql.cli.places import run_on_database
from bigcat_graphql.cli.terminal import Refused, show
from bigcat_graphql.models import Concert, Ticket, TicketStatus


def show_keys(*, make_next: bool, as_json: bool) -> None:
    """Show the public keys that check codes; the JSON is a JWK Set."""

    async def read() -> dict[str, list[dict[str, str]]]:
        if make_next:
            await booking.make_next_key()
        return await booking.public_key_set()

    answer = run_on_database(read)
    lines = [f"{key['kid']:>5}  {key['crv']}  {key['x']}" for key in answer["keys"]]
    show(dict(answer), "\n".join(lines), as_json=as_json)


def list_tickets(slug: str, *, as_json: bool) -> None:
    """List a concert's tickets: what a door without a net takes along."""

    async def read() -> tuple[Concert, Sequence[Ticket]]:
        concert = await _find_concert(slug)
        return concert, await booking.door_list(concert.id)

    concert, tickets = run_on_database(read)
    facts = [
        {"id": str(ticket.id), "seatIndex": ticket.seat_index, "status": ticket.status.value}
        for ticket in tickets
    ]
    lines = [f"{one['id']}  {one['seatIndex']:>6}  {one['status']}" for one in facts]
    answer = {"concertId": str(concert.id), "name": concert.name, "tickets": facts}
    show(answer, "\n".join(lines) or "It has no tickets yet.", as_json=as_json)


def verify_ticket(slug: str, code: str, *, as_json: bool) -> None:
    """Tell what a code is good for, without letting anybody in.

    Raises:
        Refused: it is of no ticket of this concert, was let in, or is cancelled.
    """

    async def read() -> Ticket | None:
        return await booking.find_signed_ticket((await _find_concert(slug)).id, code)

    ticket = run_on_database(read)
    if ticket is None:
        raise Refused("This is no ticket of this concert.")
    if ticket.status is TicketStatus.CHECKED_IN:
        raise Refused(f"It was let in at {ticket.checked_in_at:%Y-%m-%d %H:%M:%S %Z}.")
    if ticket.status is not TicketStatus.ISSUED:
        raise Refused(f"It is {ticket.status}.")
    facts = {"id": str(ticket.id), "seatIndex": ticket.seat_index, "status": ticket.status.value}
    show(facts, f"Good for one admission: ticket {ticket.id}.", as_json=as_json)


async def _find_concert(slug: str) -> Concert:
    concert = await catalogue.concert_by_slug(slug)
    if concert is None:
        raise Refused(f"There is no concert {slug!r}.")
    return concert
