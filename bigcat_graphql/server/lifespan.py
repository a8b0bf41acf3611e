"""The rooms below, as the server needs them, and what runs beside the requests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bigcat_graphql import (
    accounts,
    booking,
    catalogue,
    database,
    live,
    notifications,
    onsale,
    payments,
)
from bigcat_graphql.models import ConcertStatus
from bigcat_graphql.notifications import tickets
from bigcat_graphql.server import chores
from bigcat_graphql.server.context import make_context
from bigcat_graphql.server.examples import find_examples
from bigcat_graphql.server.services import Services
from bigcat_graphql.settings import get_settings


def connect_rooms() -> Services:
    """Hand the server the real rooms; the database is open as long as it serves.

    Raises:
        SettingsRefused: the change bus has an address that makes no sense, or mail a server or a
            sender that does not.
    """
    notifications.check_settings(get_settings())
    bus = live.choose_bus(get_settings())
    return Services(
        authenticate=accounts.authenticate,
        make_context=make_context,
        read_plan=catalogue.plan_document,
        read_draw=onsale.draw_document,
        find_fault=_find_fault,
        count_on_sale=_count_on_sale,
        find_examples=find_examples,
        find_flaws=_find_flaws,
        open_ticket_file=tickets.open_link,
        read_ticket_keys=booking.public_key_set,
        list_mails=notifications.kept_mails,
        read_mail=notifications.kept_content,
        take_webhook=payments.take_webhook,
        find_play_action=payments.find_action,
        answer_play_action=payments.answer_action,
        run=lambda: _run_beside(bus),
    )


@asynccontextmanager
async def _run_beside(bus: live.ChangeBus) -> AsyncIterator[None]:
    chores.take_part()
    await payments.open_providers()
    live.start(bus)
    at_work = chores.tidying()
    if get_settings().jobs == "on":
        at_work += chores.errands()
    try:
        async with chores.beside(at_work):
            yield
    finally:
        await booking.drain()
        await payments.drain()
        await payments.close_providers()
        await live.stop()


async def _find_fault() -> str | None:
    await database.fetch_one("SELECT 1")  # what it raises is for the log, not for the asker
    return None


def _find_flaws() -> list[str]:
    return ["changes on other nodes are seen late: the bus is away"] if live.is_cut_off() else []


async def _count_on_sale() -> int:
    on_sale = catalogue.ConcertFilter(status=(ConcertStatus.ON_SALE,))
    return await catalogue.count_concerts(on_sale)
