"""Time limits end what takes too long, and nothing else."""

import asyncio

import pytest

from bigcat_graphql.server.time_limits import TimeLimits


async def hang(limits: TimeLimits, seconds: float) -> None:
    with limits.within(seconds):
        await asyncio.Event().wait()


async def test_what_takes_too_long_is_stopped() -> None:
    with pytest.raises(TimeoutError):
        await hang(TimeLimits(), 0.01)


async def test_what_ends_in_time_is_left_alone_for_ever() -> None:
    limits = TimeLimits()
    with limits.within(0.01):
        pass
    with pytest.raises(TimeoutError):  # by then the first limit is over too
        await hang(limits, 0.02)


async def test_the_shorter_of_two_limits_counts_whichever_began_first() -> None:
    limits = TimeLimits()

    async def hang_within(seconds: float, inner_seconds: float) -> None:
        with limits.within(seconds):
            await hang(limits, inner_seconds)

    with pytest.raises(TimeoutError):
        await hang_within(3600, 0.01)
    with pytest.raises(TimeoutError):
        await hang_within(0.01, 3600)


async def test_many_end_each_at_its_own_time() -> None:
    limits = TimeLimits()
    ended: list[int] = []

    async def wait(number: int) -> None:
        try:
            await hang(limits, 0.01 * number)
        except TimeoutError:
            ended.append(number)

    await asyncio.gather(*(wait(number) for number in (5, 3, 1, 4, 2)))
    assert ended == [1, 2, 3, 4, 5]


async def test_a_task_that_somebody_else_cancels_is_cancelled() -> None:
    limits = TimeLimits()
    begun = asyncio.Event()

    async def wait() -> None:
        with limits.within(3600):
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_that_comes_with_the_end_of_the_time_is_obeyed() -> None:
    limits = TimeLimits()

    async def wait() -> None:
        try:
            with limits.within(0.01):
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    task.cancel()
                    raise
        except TimeoutError:
            pytest.fail("the cancellation was lost")

    task = asyncio.create_task(wait())
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_error_of_the_block_is_its_own() -> None:
    limits = TimeLimits()

    async def fail_late() -> None:
        with limits.within(0.01):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise KeyError from None

    with pytest.raises(KeyError):
        await fail_late()
    with pytest.raises(TimeoutError):  # the task is as it was before
        await hang(limits, 0.01)


def test_limits_hold_in_a_second_event_loop() -> None:
    limits = TimeLimits()

    async def leave_a_timer() -> None:
        with limits.within(3600):
            pass

    asyncio.run(leave_a_timer())
    with pytest.raises(TimeoutError):
        asyncio.run(hang(limits, 0.01))
