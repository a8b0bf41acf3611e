"""Which bus the settings ask for."""

from bigcat_graphql.database import DatabaseUrl, opened_at
from bigcat_graphql.live.bus.bus import Bus, ChangeBus, NobodyElse
from bigcat_graphql.live.bus.postgres import over_postgres
from bigcat_graphql.settings import Settings, SettingsRefused


def choose_bus(settings: Settings) -> ChangeBus:
    """Make the bus of BIGCAT_BUS; it connects when it is started.

    Raises:
        SettingsRefused: it is an address that makes no sense.
    """
    chosen = settings.bus
    if chosen == "memory":
        return NobodyElse()
    if chosen == "postgres":
        return Bus(over_postgres(opened_at))
    if chosen.startswith("postgres"):
        url = _read_url(chosen)
        return Bus(over_postgres(lambda: url))
    from bigcat_graphql.live.bus.nats import over_nats  # noqa: PLC0415 - a client few need

    return Bus(over_nats(chosen, settings.bus_prefix))


def _read_url(text: str) -> DatabaseUrl:
    try:
        return DatabaseUrl.parse(text)
    except SettingsRefused as error:
        raise SettingsRefused(str(error).replace("DATABASE_URL", "BIGCAT_BUS")) from None
