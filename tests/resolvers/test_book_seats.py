"""bookSeats: its results, and each of its errors once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bigcat_graphql.clock import utc_now
from bigcat_graphql.database import Connection, DatabaseUrl
from bigcat_graphql.errors import Unauthenticated
from bigcat_graphql.models import Concert, ConcertStatus
from bigcat_graphql.schema.ids import write_id
from tests.resolvers.asking import ask, chosen, hold, id_of, write
from tests.scenes import make_buyer, make_concert

pytestmark = pytest.mark.usefixtures("database")

_BOOK = """
mutation ($input: BookSeatsInput!) {
  bookSeats(input: $input) {
    booking {
      id version reference status secondsLeft reservedUntil extendableUntil
      total { amount currency } seats { index label row number type status tier { code } }
      tickets { status code seat { index } } payment { id }
    }
    errors {
      __typename
      ... on UserError { message code path }
      ... on SeatsUnavailableError { seatIndexes labels retryAfterSeconds }
      ... on UnknownSeatsError { seatIndexes }
      ... on PlanChangedError { planVersion }
      ... on NotEnoughSeatsError { remaining retryAfterSeconds }
      ... on LimitExceededError { limit remaining retryAfterSeconds }
      ... on SaleNotOpenError { concertStatus opensAt retryAfterSeconds }
      ... on IdempotencyConflictError { firstUsedAt }
      ... on TryAgainError { retryAfterSeconds }
    }
    query { concert(by: {slug: "evening"}) { availability { counts { total } } } }
  }
}
"""


async def book(concert: Concert | str, *indexes: int, **other: Any) -> dict[str, Any]:
    concert_id = concert if isinstance(concert, str) else id_of(concert)
    viewer = other.pop("viewer", None) or await make_buyer()
    other.setdefault("selection", chosen(*indexes))
    return await write(_BOOK, viewer, concertId=concert_id, **other)


async def test_chosen_seats_are_reserved_for_ten_minutes() -> None:
    concert = await make_concert(slug="evening", price_minor=6550)
    made = await book(concert, 3, 4)
    assert made["status"] == "PENDING"
    assert 590 <= made["secondsLeft"] <= 600
    assert made["total"] == {"amount": "131.00", "currency": "USD"}
    assert [seat["label"] for seat in made["seats"]] == [
        "Stalls, row A, seat 4",
        "Stalls, row A, seat 5",
    ]
    assert {seat["status"] for seat in made["seats"]} == {"RESERVED"}
    assert made["seats"][0]["tier"] == {"code": "r"}
    assert made["tickets"] == []
    assert made["payment"] is None


async def test_free_seats_are_confirmed_at_once_with_their_tickets() -> None:
    made = await book(await make_concert(price_minor=0), 3)
    assert made["status"] == "CONFIRMED"
    assert made["secondsLeft"] is None
    [ticket] = made["tickets"]
    assert ticket["status"] == "ISSUED"
    assert ticket["code"]
    assert ticket["seat"] == {"index": 3}


async def test_the_best_seats_are_found_within_a_price_and_a_tier() -> None:
    concert = await make_concert(premium_rows=1)
    tiers = await ask(
        "query ($id: ID!) { concert(by: {id: $id}) { priceTiers { id code } } }", id=id_of(concert)
    )
    [regular] = [tier for tier in tiers.data["concert"]["priceTiers"] if tier["code"] == "r"]
    best = {
        "quantity": 2,
        "tierIds": [regular["id"]],
        "maxPrice": {"amount": "65.00", "currency": "USD"},
    }
    made = await book(concert, selection={"bestAvailable": best})
    assert {seat["row"] for seat in made["seats"]} == {"B"}


async def test_places_have_no_row_and_no_number() -> None:
    concert = await make_concert(floor=20)
    wish = {"generalAdmission": {"areaKey": "floor", "quantity": 2}}
    made = await book(concert, selection=wish)
    assert [(s["row"], s["number"], s["label"]) for s in made["seats"]] == [
        (None, None, "Floor")
    ] * 2


async def test_taken_seats_are_named_with_the_time_they_may_come_back() -> None:
    concert = await make_concert()
    await hold(await make_buyer(), concert, 2, 3)
    error = await book(concert, 2, 3, 4, errors=1)
    assert 590 <= error.pop("retryAfterSeconds") <= 600
    assert error.pop("message")
    assert error == {
        "__typename": "SeatsUnavailableError",
        "code": "SEATS_UNAVAILABLE",
        "path": ["input", "selection", "seats", "indexes"],
        "seatIndexes": [2, 3],
        "labels": ["Stalls, row A, seat 3", "Stalls, row A, seat 4"],
    }


async def test_indexes_that_mean_no_seat_are_named() -> None:
    error = await book(await make_concert(), 9, 10, 2_147_483_647, errors=1)
    assert (error["__typename"], error["code"]) == ("UnknownSeatsError", "SEATS_UNKNOWN")
    assert error["seatIndexes"] == [10, 2_147_483_647]
    assert error["path"] == ["input", "selection", "seats", "indexes"]


async def test_another_plan_version_is_told() -> None:
    selection = chosen(1, plan_version=7)
    error = await book(await make_concert(), selection=selection, errors=1)
    assert (error["__typename"], error["planVersion"]) == ("PlanChangedError", 1)
    assert error["path"] == ["input", "selection", "seats", "planVersion"]


async def test_too_few_seats_are_told_apart_from_none() -> None:
    concert = await make_concert(rows=1, seats_per_row=4)
    await hold(await make_buyer(), concert, 0, 1, 2)
    best = {"bestAvailable": {"quantity": 2}}
    error = await book(concert, selection=best, errors=1)
    assert (error["__typename"], error["code"]) == ("NotEnoughSeatsError", "NOT_ENOUGH_SEATS")
    assert error["remaining"] == 1
    assert error["path"] == ["input", "selection", "bestAvailable", "quantity"]

    await hold(await make_buyer(), concert, 3)
    error = await book(concert, selection=best, errors=1)
    assert (error["code"], error["remaining"]) == ("SOLD_OUT", 0)


async def test_a_booking_has_a_limit_and_an_account_another() -> None:
    concert = await make_concert(ticket_limit=3, seats_per_booking=2)
    buyer = await make_buyer()
    error = await book(concert, 0, 1, 2, viewer=buyer, errors=1)
    assert error["__typename"] == "LimitExceededError"
    assert (error["code"], error["limit"]) == ("SEATS_PER_BOOKING_EXCEEDED", 2)

    await book(concert, 0, 1, viewer=buyer)
    error = await book(concert, 2, 3, viewer=buyer, errors=1)
    assert (error["code"], error["remaining"]) == ("TICKETS_PER_ACCOUNT_EXCEEDED", 1)
    assert error["path"] == ["input", "selection", "seats", "indexes"]
    assert error["retryAfterSeconds"] is None


async def test_a_sale_that_opens_later_says_when() -> None:
    opens_at = (utc_now() + timedelta(minutes=90)).replace(microsecond=0)
    error = await book(await make_concert(on_sale=False, opens_at=opens_at), 1, errors=1)
    assert (error["__typename"], error["code"]) == ("SaleNotOpenError", "SALE_NOT_OPEN")
    assert error["path"] == ["input", "concertId"]
    assert error["concertStatus"] == "PUBLISHED"
    assert datetime.fromisoformat(error["opensAt"]).astimezone(UTC) == opens_at
    assert 5_390 <= error["retryAfterSeconds"] <= 5_400


@pytest.mark.parametrize(
    ("status", "code"),
    [(ConcertStatus.PAUSED, "SALE_PAUSED"), (ConcertStatus.CANCELLED, "SALE_CLOSED")],
)
async def test_a_sale_that_is_stopped_or_over_says_so(status: ConcertStatus, code: str) -> None:
    error = await book(await make_concert(status=status), 1, errors=1)
    assert (error["code"], error["concertStatus"]) == (code, status.value)
    assert (error["opensAt"], error["retryAfterSeconds"]) == (None, None)


async def test_the_same_key_gives_the_same_booking_and_other_input_a_conflict() -> None:
    concert, buyer = await make_concert(), await make_buyer()
    first = await book(concert, 1, viewer=buyer, idempotencyKey="k")
    again = await book(concert, 1, viewer=buyer, idempotencyKey="k")
    assert again["id"] == first["id"]
    error = await book(concert, 2, viewer=buyer, idempotencyKey="k", errors=1)
    assert (error["__typename"], error["code"]) == (
        "IdempotencyConflictError",
        "IDEMPOTENCY_CONFLICT",
    )
    assert error["path"] == ["input", "idempotencyKey"]
    assert error["firstUsedAt"]


@pytest.mark.parametrize(
    "concert_id",
    ["", "nonsense", "\ud83d\ude00", write_id("Venue", 1), write_id("Concert", 1)],
)
async def test_what_is_no_concert_is_not_found(concert_id: str) -> None:
    error = await book(concert_id, 1, errors=1)
    assert (error["__typename"], error["code"]) == ("NotFoundError", "NOT_FOUND")
    assert error["path"] == ["input", "concertId"]


@pytest.mark.parametrize(
    ("other", "path"),
    [
        ({"idempotencyKey": ""}, ["idempotencyKey"]),
        ({"idempotencyKey": "x" * 65}, ["idempotencyKey"]),
        ({"selection": chosen(1, 1)}, ["selection", "seats", "indexes"]),
        ({"selection": chosen()}, ["selection", "seats", "indexes"]),
        (
            {"selection": {"bestAvailable": {"quantity": 0}}},
            ["selection", "bestAvailable", "quantity"],
        ),
        (
            {"selection": {"generalAdmission": {"areaKey": "moon", "quantity": 1}}},
            ["selection", "generalAdmission", "areaKey"],
        ),
        (
            {
                "selection": {
                    "bestAvailable": {
                        "quantity": 1,
                        "maxPrice": {"amount": "1.234", "currency": "USD"},
                    }
                }
            },
            ["selection", "bestAvailable", "maxPrice"],
        ),
    ],
)
async def test_input_that_breaks_a_rule_is_named(other: dict[str, Any], path: list[str]) -> None:
    error = await book(await make_concert(), 1, errors=1, **other)
    assert (error["__typename"], error["code"]) == ("InvalidInputError", "INVALID_INPUT")
    assert error["path"] == ["input", *path]


async def test_whoever_waits_too_long_is_asked_to_try_again(
    rival: Connection, database: DatabaseUrl
) -> None:
    del database
    concert, buyer = await make_concert(), await make_buyer()
    async with rival.transaction():
        await rival.execute("SELECT 1 FROM account WHERE id = $1 FOR UPDATE", buyer.account_id)
        error = await book(concert, 1, viewer=buyer, errors=1)
    assert (error["__typename"], error["code"]) == ("TryAgainError", "BUSY")
    assert error["retryAfterSeconds"] >= 1


async def test_a_visitor_has_to_sign_in() -> None:
    given = {
        "concertId": id_of(await make_concert()),
        "selection": chosen(1),
        "idempotencyKey": "k",
    }
    answer = await ask(_BOOK, None, input=given)
    assert answer.data == {"bookSeats": None}
    assert [type(cause) for cause in answer.causes] == [Unauthenticated]


async def test_a_payload_leads_on_to_reading() -> None:
    concert = await make_concert(slug="evening")
    given = {"concertId": id_of(concert), "selection": chosen(1), "idempotencyKey": "k"}
    answer = await ask(_BOOK, await make_buyer(), input=given)
    evening = answer.data["bookSeats"]["query"]["concert"]
    assert evening == {"availability": {"counts": {"total": 10}}}
