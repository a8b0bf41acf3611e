"""`bigcat queue`."""

from uuid import UUID

from bigcat_graphql import onsale
from bigcat_graphql.catalogue import concert_by_slug
from bigcat_graphql.cli.places import run_on_database
from bigcat_graphql.cli.terminal import Refused, show


def announce(slug: str, *, as_json: bool) -> None:
    """Put a queue in front of a sale.

    Raises:
        Refused: there is no such concert, or its sale has begun.
    """
    draw = run_on_database(lambda: _announce(slug))
    facts = {"sale_id": draw.sale_id.hex, "commitment": draw.commitment.hex()}
    text = (
        f"The lobby is open. Publish this commitment now: {facts['commitment']}\n"
        f"The sale's id in the draw is {facts['sale_id']}."
    )
    show(facts, text, as_json=as_json)


def end(slug: str, *, as_json: bool) -> None:
    """Switch a queue off.

    Raises:
        Refused: there is no such concert.
    """
    run_on_database(lambda: _end(slug))
    show({"ended": True}, "Nobody needs an admission any more.", as_json=as_json)


async def _announce(slug: str) -> onsale.SaleDraw:
    concert_id = await find_concert(slug)
    try:
        await onsale.announce_queue(concert_id)
    except onsale.WrongConcertState as refusal:
        raise Refused(
            f"{slug} is {refusal.status}: a queue is put up before a sale opens."
        ) from None
    draw = await onsale.find_draw(concert_id)
    if draw is None:
        raise LookupError(concert_id)
    return draw


async def _end(slug: str) -> None:
    await onsale.end_queue(await find_concert(slug))


async def find_concert(slug: str) -> UUID:
    """Find a concert by its slug.

    Raises:
        Refused: there is none.
    """
    concert = await concert_by_slug(slug)
    if concert is None:
        raise Refused(f"There is no concert {slug}.")
    return concert.id
