"""Subscriptions from their first event to their last; those that are shared, with everybody."""

from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from functools import partial
from typing import Any

from graphql import OperationType

from bigcat_graphql.schema.sharing import Shared
from bigcat_graphql.server.backlog import read_shared
from bigcat_graphql.server.broadcast import Attendance, Broadcaster
from bigcat_graphql.server.budget import Standing
from bigcat_graphql.server.callers import Caller
from bigcat_graphql.server.encoding import encode
from bigcat_graphql.server.execution import Engine, Prepared, log
from bigcat_graphql.server.group import Execution, Receiver
from bigcat_graphql.server.subscriptions import (
    StreamFailed,
    failed_source,
    open_source,
    read_source,
)

# The budget of nobody in particular, for whom shared events are executed.
_NO_STANDING = Standing(cost=0, limit=0, remaining=0, full_in_seconds=0.0, refill_per_second=0)


class Events:
    """Runs what an engine has prepared and what may have many answers."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.broadcaster = Broadcaster()

    async def stream(self, prepared: Prepared) -> AsyncGenerator[bytes, None]:
        """Run an operation of any kind, each answer encoded; a subscription has one an event.

        Raises:
            StreamFailed: the subscription could not begin, or its source broke.
        """
        if prepared.kind is not OperationType.SUBSCRIPTION:
            yield encode(await self.engine.run(prepared))
            return
        source = await self.open(prepared)
        async with aclosing(self.read(prepared, source)) as payloads:
            async for payload in payloads:
                yield payload

    async def open(self, prepared: Prepared) -> AsyncIterable[Any]:
        """Begin a subscription; what comes is `Shared` where it is the same for everybody.

        Raises:
            StreamFailed: it could not begin.
        """
        log(prepared, {})
        try:
            return await open_source(prepared.executor)
        except StreamFailed as failure:
            log(prepared, failure.answer)
            raise

    async def read(
        self, prepared: Prepared, source: AsyncIterable[Any]
    ) -> AsyncGenerator[bytes, None]:
        """Give the encoded answers of a subscription that has begun.

        Raises:
            StreamFailed: its source broke.
        """
        if isinstance(source, Shared):
            answers = read_shared(partial(self.join, prepared, source))
        else:
            answers = self._read_private(prepared, source)
        try:
            async with aclosing(answers):
                async for answer in answers:
                    yield answer
        except StreamFailed as failure:
            log(prepared, failure.answer)
            raise

    async def join(self, prepared: Prepared, shared: Shared[Any], receiver: Receiver) -> Attendance:
        """Have a receiver sent what all who select the same are sent.

        Raises:
            StreamFailed: it could not begin.
        """
        base_url = prepared.caller.base_url
        nobody = Caller(address="", base_url=base_url, request_id="")
        execution = Execution(
            prepared.executor, partial(self.engine.make_context, nobody, _NO_STANDING), shared.show
        )
        selection = prepared.operation.selection.key(prepared.executor.variable_values.coerced)
        try:
            return await self.broadcaster.join(shared, (base_url, *selection), execution, receiver)
        except Exception as error:  # noqa: BLE001 - what opens a topic may raise anything
            raise failed_source(prepared.executor, error) from None

    async def _read_private(
        self, prepared: Prepared, source: AsyncIterable[Any]
    ) -> AsyncGenerator[bytes, None]:
        # What a loader has seen at one event is old at the next: each has its own context.
        make_context = partial(self.engine.make_context, prepared.caller, prepared.standing)
        async with aclosing(read_source(prepared.executor, source, make_context)) as answers:
            async for answer in answers:
                yield encode(answer)
