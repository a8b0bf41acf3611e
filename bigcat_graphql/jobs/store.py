"""pgqueuer's statements on our connection and our tables."""

from functools import cache
from typing import cast

from pgqueuer.adapters.persistence import qb
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings
from pgqueuer.ports.driver import Driver
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from bigcat_graphql import database


class Names(DBSettings):
    """What pgqueuer's tables are called here, whatever the environment says of pgqueuer."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's hook
        init_settings: PydanticBaseSettingsSource,
        *_others: PydanticBaseSettingsSource,
        **_named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read nothing but what is given."""
        return (init_settings,)


class _OurConnection:
    """Runs pgqueuer's statements where ours run: in the open transaction, else on the pool."""

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        return [dict(row) for row in await database.fetch_all(query, *args)]

    async def execute(self, query: str, *args: object) -> str:
        return await database.execute(query, *args)


@cache
def queries() -> Queries:
    """Give pgqueuer's statements."""
    names = Names(queue_table="job", queue_table_log="job_log", queue_status_type="job_status")
    return Queries(
        # The rest of a driver is for LISTEN: runners look by themselves, and are woken in process.
        cast("Driver", _OurConnection()),
        qb.QueryBuilderEnvironment(names),
        qb.QueryQueueBuilder(names),
        qb.QuerySchedulerBuilder(names),
    )
