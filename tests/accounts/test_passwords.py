"""Hashing off the event loop, with a bounded queue."""

import asyncio
import threading
from typing import Literal

import pytest
from argon2 import PasswordHasher

from bigcat_graphql.accounts import passwords
from bigcat_graphql.accounts.passwords import (
    HashingDesk,
    hash_password,
    is_outdated,
    verify_password,
)
from bigcat_graphql.errors import Busy


async def test_a_password_fits_its_own_hash_only() -> None:
    stored = await hash_password("correct horse")
    assert await verify_password(stored, "correct horse")
    assert not await verify_password(stored, "wrong horse")


async def test_two_hashes_of_one_password_differ() -> None:
    assert await hash_password("correct horse") != await hash_password("correct horse")


async def test_two_keyboards_compose_one_password() -> None:
    assert await verify_password(await hash_password("caf\u00e9 noir"), "cafe\u0301 noir")


async def test_without_a_hash_every_password_is_wrong() -> None:
    assert not await verify_password(None, "nobody")


@pytest.mark.parametrize("password", ["x" * 1025, "\ud800" * 9, "\x00", ""])
async def test_odd_passwords_are_wrong_and_break_nothing(password: str) -> None:
    assert not await verify_password(await hash_password("correct horse"), password)


async def test_nobody_costs_as_much_work_as_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            verified.append(str(hash).rpartition("$")[0].rpartition("$")[0])
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_hasher", Counting(time_cost=1, memory_cost=8, parallelism=1))
    await verify_password(await hash_password("correct horse"), "wrong horse")
    await verify_password(None, "wrong horse")
    assert len(verified) == 2
    assert verified[0] == verified[1]  # the same parameters, so the same time


async def test_the_real_parameters_are_those_of_rfc_9106() -> None:
    stored = await asyncio.to_thread(PasswordHasher().hash, "correct horse")
    assert "$argon2id$v=19$m=65536,t=3,p=4$" in stored
    assert is_outdated(stored)  # against the cheap ones of these tests


async def test_the_loop_goes_on_while_a_thread_hashes() -> None:
    desk = HashingDesk(threads=1, longest_queue=0)
    loop_went_on = threading.Event()
    hashing = asyncio.create_task(desk.run(lambda: loop_went_on.wait(timeout=30)))
    await asyncio.sleep(0)
    loop_went_on.set()
    assert await hashing


async def test_a_full_queue_sends_people_away() -> None:
    desk = HashingDesk(threads=2, longest_queue=3)
    door = threading.Event()
    inside = [asyncio.create_task(desk.run(lambda: door.wait(30))) for _ in range(5)]
    await asyncio.sleep(0)
    with pytest.raises(Busy) as refusal:
        await desk.run(lambda: None)
    assert refusal.value.retry_after_seconds >= 1
    door.set()
    assert all(await asyncio.gather(*inside))


async def test_never_more_than_the_threads_hash_at_once() -> None:
    desk = HashingDesk(threads=2, longest_queue=20)
    lock, at_once, most = threading.Lock(), 0, 0

    def work() -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        threading.Event().wait(0.002)
        with lock:
            at_once -= 1

    await asyncio.gather(*(desk.run(work) for _ in range(20)))
    assert most == 2


async def test_whoever_gives_up_leaves_the_queue() -> None:
    desk = HashingDesk(threads=1, longest_queue=1)
    door = threading.Event()
    inside = asyncio.create_task(desk.run(lambda: door.wait(30)))
    waiting = asyncio.create_task(desk.run(lambda: None))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    next_one = asyncio.create_task(desk.run(lambda: "served"))
    await asyncio.sleep(0)
    door.set()
    assert await inside
    assert await next_one == "served"
