"""Sales that are not for everybody yet: verified e-mails, lists, access codes, proofs of work."""

import asyncio
import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import pytest

from bigcat_graphql import database
from bigcat_graphql.accounts import RateLimited, Viewer, read_email
from bigcat_graphql.booking import ChosenSeats, book_seats
from bigcat_graphql.booking.gate import put_up
from bigcat_graphql.clock import utc_now
from bigcat_graphql.errors import DomainError
from bigcat_graphql.models import Concert
from bigcat_graphql.onsale import (
    AdmissionRequired,
    Missing,
    Presale,
    add_codes,
    invite,
    join_queue,
    set_presale,
    show_code,
    take_part,
    work,
)
from bigcat_graphql.settings import override_settings
from tests.onsale.queues import make_queue
from tests.scenes import make_buyer, make_concert


@pytest.fixture(autouse=True)
def _gate(database: object) -> Iterator[None]:  # noqa: ARG001 - it is emptied after
    async def nobody(_: object) -> dict[object, DomainError]:
        return {}

    take_part()
    work._joins.clear()
    yield
    put_up(nobody)  # type: ignore[arg-type] # it turns nobody away
    work._joins.clear()


async def book(viewer: Viewer, concert: Concert, *indexes: int) -> None:
    await book_seats(
        viewer,
        concert_id=concert.id,
        selection=ChosenSeats(1, indexes),
        idempotency_key=uuid4().hex,
    )


async def verify(viewer: Viewer) -> str:
    rows = await database.fetch_all(
        "UPDATE account SET email_verified_at = now() WHERE id = $1 RETURNING email",
        viewer.account_id,
    )
    return str(rows[0]["email"])


def presale(*, verified: bool = False, hours: float | None = 1) -> Presale:
    until = None if hours is None else utc_now() + timedelta(hours=hours)
    return Presale(needs_verified_email=verified, until=until)


async def test_a_sale_that_asks_for_a_verified_mail_takes_nobody_else() -> None:
    concert, queued = await make_concert(), await make_queue()
    for one in (concert, queued):
        await set_presale(one.id, presale(verified=True, hours=None))
    ada = await make_buyer()
    with pytest.raises(AdmissionRequired) as refused:
        await book(ada, concert, 0)
    assert refused.value.missing is Missing.VERIFIED_EMAIL
    with pytest.raises(AdmissionRequired):
        await join_queue(ada, concert_id=queued.id, nonce=None)
    await verify(ada)
    await book(ada, concert, 0)
    await join_queue(ada, concert_id=queued.id, nonce=None)


async def test_a_list_lets_in_verified_mails_until_the_presale_is_over() -> None:
    concert = await make_concert()
    await set_presale(concert.id, presale())
    ada, ben = await make_buyer(), await make_buyer()
    await invite(concert.id, [f" {(await verify(ada)).upper()} "])
    await book(ada, concert, 0)
    with pytest.raises(AdmissionRequired) as refused:
        await book(ben, concert, 1)
    assert refused.value.missing is Missing.ACCESS_CODE
    await set_presale(concert.id, presale(hours=-1))
    await book(ben, concert, 1)


async def test_an_address_on_the_list_may_be_written_as_mail_servers_write_it() -> None:
    concert, ada = await make_concert(), await make_buyer()
    await set_presale(concert.id, presale())
    await verify(ada)
    written = read_email("ada@bücher.org")
    await database.execute("UPDATE account SET email = $1, email_folded = $1", written)
    await invite(concert.id, ["Ada@xn--bcher-kva.org"])
    await book(ada, concert, 0)


async def test_somebody_elses_address_on_the_list_is_no_way_in() -> None:
    concert, ada = await make_concert(), await make_buyer()
    await set_presale(concert.id, presale())
    await invite(concert.id, [await verify(ada)])
    await database.execute("UPDATE account SET email_verified_at = NULL")
    with pytest.raises(AdmissionRequired):
        await book(ada, concert, 0)


async def test_an_access_code_is_good_for_so_many_accounts_and_shown_again_costs_nothing() -> None:
    concert = await make_concert(rows=4)
    await set_presale(concert.id, presale())
    await add_codes(concert.id, ["FAN-club 2026"], uses=3)
    people = [await make_buyer() for _ in range(10)]

    async def show(viewer: Viewer) -> bool:
        try:
            await show_code(viewer, concert_id=concert.id, code="fan-CLUB2026")
        except AdmissionRequired:
            return False
        return True

    let_in = await asyncio.gather(*(show(viewer) for viewer in people))
    assert sum(let_in) == 3
    again = await asyncio.gather(*(show(viewer) for viewer in people))
    assert again == let_in
    for viewer, is_in in zip(people, let_in, strict=True):
        if is_in:
            await book(viewer, concert, people.index(viewer))
        else:
            with pytest.raises(AdmissionRequired):
                await book(viewer, concert, people.index(viewer))


async def test_a_wrong_code_is_told_and_where() -> None:
    concert, ada = await make_concert(), await make_buyer()
    for code in ("nothing", "x" * 1_000, ""):
        with pytest.raises(AdmissionRequired) as refused:
            await show_code(ada, concert_id=concert.id, code=code)
        assert refused.value.path == ("input", "accessCode")


async def test_joining_far_too_often_is_told_when_to_come_again() -> None:
    concert, ada = await make_queue(), await make_buyer()
    outcomes = await asyncio.gather(
        *(join_queue(ada, concert_id=concert.id, nonce=None) for _ in range(40)),
        return_exceptions=True,
    )
    refused = [one for one in outcomes if isinstance(one, RateLimited)]
    assert len(outcomes) > len(refused) > 0
    assert refused[0].retry_after_seconds >= 1
    await join_queue(await make_buyer(), concert_id=concert.id, nonce=None)


async def test_when_far_too_many_join_each_works_for_it() -> None:
    concert = await make_queue()
    people = [await make_buyer() for _ in range(5)]
    with override_settings(queue_joins_per_second=2):
        refusals = []
        for viewer in people:
            try:
                await join_queue(viewer, concert_id=concert.id, nonce=None)
            except AdmissionRequired as required:
                refusals.append((viewer, required))
        assert len(refusals) == 3
        viewer, refusal = refusals[0]
        assert refusal.missing is Missing.PROOF_OF_WORK
        assert refusal.challenge
        solution = solve(refusal.challenge)
        entry = await join_queue(viewer, concert_id=concert.id, nonce=None, proof_of_work=solution)
        assert entry.account_id == viewer.account_id
        with pytest.raises(AdmissionRequired):
            await join_queue(
                refusals[1][0], concert_id=concert.id, nonce=None, proof_of_work=solution
            )


def solve(challenge: str, *, number: int | None = None) -> str:
    """Do what Altcha's widget does."""
    facts = json.loads(challenge)
    if number is None:
        number = next(
            n
            for n in range(facts["maxnumber"] + 1)
            if sha256(f"{facts['salt']}{n}".encode()).hexdigest() == facts["challenge"]
        )
    solved = {key: facts[key] for key in ("algorithm", "challenge", "salt", "signature")}
    return base64.b64encode(json.dumps({**solved, "number": number}).encode()).decode()
