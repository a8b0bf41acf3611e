import asyncpg
import pytest

from bigcat_graphql.database import DatabaseUrl, fetch_all, fetch_one, run_transaction
from bigcat_graphql.models import Account


async def test_what_a_transaction_did_is_there_after_it(database: DatabaseUrl) -> None:
    async def work() -> Account:
        return await Account.create(email="a@b.c", email_folded="a@b.c", name="A", role="GUEST")

    account = await run_transaction(work)
    row = await fetch_one("SELECT name FROM account WHERE id = $1", account.id)
    assert row is not None
    assert row["name"] == "A"
