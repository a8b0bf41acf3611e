"""Killing a server at one step of what it does, without the server knowing anything of it.

A step in the database is met by a trigger that waits for a lock that we hold; a call to Stripe, or
a mail, by whoever takes it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from bigcat_graphql.database import Connection
from tests.payments.post_office import PostOffice
from tests.payments.shop import Shop
from tests.payments.stripe_fake import HangUp, Moment, Step, StripeFake

_LOCK = 7041
_PATIENCE_SECONDS = 60

_LIE_IN_WAIT = f"""
CREATE OR REPLACE FUNCTION lie_in_wait() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_advisory_xact_lock({_LOCK}); RETURN NEW; END $$
"""
_CAUGHT = f"""
SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND objid = {_LOCK} AND NOT granted AND datname = current_database()
"""
_IS_THERE = "SELECT 1 FROM pg_stat_activity WHERE pid = $1"


@dataclass(frozen=True)
class Scene:
    """Everything that a server talks to."""

    shop: Shop
    stripe: StripeFake
    post: PostOffice
    sql: Connection


class Ambush(Protocol):
    """One step at which a server is killed."""

    def laid(self, scene: Scene) -> AbstractAsyncContextManager[None]:
        """Wait for the step while open; at the end the server is dead, and the way is free."""
        ...


@dataclass(frozen=True)
class InDatabase:
    """In a statement, before it is committed: it is rolled back, with all of its transaction."""

    change: str
    """What the statement does: `UPDATE ON payment`."""
    condition: str = "true"

    def __str__(self) -> str:
        return self.change if self.condition == "true" else f"{self.change}: {self.condition}"

    @asynccontextmanager
    async def laid(self, scene: Scene) -> AsyncIterator[None]:
        await scene.sql.execute(_LIE_IN_WAIT)
        await scene.sql.execute(f"SELECT pg_advisory_lock({_LOCK})")
        await scene.sql.execute(
            f"CREATE TRIGGER ambush BEFORE {self.change} FOR EACH ROW"
            f" WHEN ({self.condition}) EXECUTE FUNCTION lie_in_wait()"
        )
        try:
            yield
            await self._spring(scene)
        finally:
            await scene.sql.execute(f"SELECT pg_advisory_unlock({_LOCK})")
            await scene.sql.execute("DROP FUNCTION lie_in_wait CASCADE")

    async def _spring(self, scene: Scene) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not (caught := await scene.sql.fetch(_CAUGHT)):
                await asyncio.sleep(0.005)
            await scene.shop.kill()
            for row in caught:
                await scene.sql.execute("SELECT pg_terminate_backend($1)", row["pid"])
                while await scene.sql.fetchval(_IS_THERE, row["pid"]):
                    await asyncio.sleep(0.005)


@dataclass(frozen=True)
class AtStripe:
    """While Stripe deals with a call, before or after it acts."""

    step: Step
    moment: Moment

    def __str__(self) -> str:
        return f"{self.step.name} at Stripe, {self.moment}"

    @asynccontextmanager
    async def laid(self, scene: Scene) -> AsyncIterator[None]:
        dead = asyncio.Event()

        async def strike() -> None:
            scene.shop.strike()
            dead.set()
            raise HangUp

        scene.stripe.plan(self.step, self.moment, strike)
        yield
        await _wait_for_death(scene, dead)


@dataclass(frozen=True)
class AtPost:
    """While the mail server takes a message, before or after it has it."""

    moment: Moment

    def __str__(self) -> str:
        return f"a mail, {self.moment}"

    @asynccontextmanager
    async def laid(self, scene: Scene) -> AsyncIterator[None]:
        dead = asyncio.Event()

        async def strike() -> None:
            scene.post.before = scene.post.after = None
            scene.shop.strike()
            dead.set()
            raise ConnectionResetError

        if self.moment is Moment.BEFORE:
            scene.post.before = strike
        else:
            scene.post.after = strike
        yield
        await _wait_for_death(scene, dead)


async def _wait_for_death(scene: Scene, dead: asyncio.Event) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        await dead.wait()
    await scene.shop.kill()
