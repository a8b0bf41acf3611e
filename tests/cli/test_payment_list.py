"""`bigcat payments`."""

from bigcat_graphql import payments
from bigcat_graphql.database import DatabaseUrl, execute
from bigcat_graphql.ids import print_reference
from bigcat_graphql.models import Payment
from tests.booking.verbs import book, pay
from tests.cli.running import answer_of, bigcat
from tests.scenes import make_buyer, make_concert


async def test_money_that_a_person_has_to_look_at_is_listed(database: DatabaseUrl) -> None:
    concert, buyer = await make_concert(), await make_buyer()
    made = await book(buyer, concert, 0)
    await pay(buyer, made, "slow")  # has books at provider `test`
    await execute("UPDATE play_payment SET answers_at = now(), is_disputed = true")
    payment = await Payment.get(booking_id=made.id)
    for _ in range(2):
        await payments.settle(concert.id, payment.id)

    [found] = answer_of(await bigcat("payments", "--json", database=database))["payments"]
    assert (found["why"], found["amount"]["amount"]) == ("disputed", "65.00")
    assert found["payment_id"] == str(payment.id)
    said = await bigcat("payments", database=database)
    assert print_reference(made.reference) in said.stdout
    assert "65.00 USD  disputed  (test" in said.stdout
