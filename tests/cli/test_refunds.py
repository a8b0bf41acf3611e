"""`bigcat refunds`: what goes back to buyers who cancel."""

import pytest

from bigcat_graphql.catalogue import concert_by_slug
from bigcat_graphql.database import DatabaseUrl
from tests.cli.running import Call, answer_of, assert_refused, bigcat
from tests.scenes import make_concert


async def test_a_policy_is_set_and_shown(database: DatabaseUrl) -> None:
    await make_concert(slug="night")
    words = ("refunds", "set", "night", "--step", "336:100", "--step", "48:50")
    told = await bigcat(*words, database=database)
    assert told.returncode == 0
    assert "100 % until 336 hours before the start\n50 % until 48 hours" in told.stdout
    again = answer_of(await bigcat(*words, "--json", database=database))
    concert = await concert_by_slug("night")
    assert concert is not None
    assert again == {"refund_steps": concert.refund_steps}
    assert concert.refund_steps[1] == {"hours_before": 48, "percent": 50}
    told = await bigcat("refunds", "set", "night", "--nothing", database=database)
    assert "Nothing." in told.stdout


@pytest.mark.parametrize(
    ("steps", "word"),
    [
        (["48"], "'48' is not like 48:50"),
        (["48:half"], "is not like 48:50"),
        (["48:150"], "step 1 must be 0 to 100 percent"),
        (["-2:50"], "step 1 must be 0 to"),
        (["24:50", "48:100"], "step 2 must be nearer to the start"),
        (["48:50", "24:80"], "step 2 must give less"),
    ],
)
async def test_a_policy_that_makes_no_sense_is_refused_and_changes_nothing(
    database: DatabaseUrl, steps: list[str], word: str
) -> None:
    before = await make_concert(slug="night")
    words = [text for step in steps for text in ("--step", step)]
    assert_refused(await bigcat("refunds", "set", "night", *words, database=database), 1, word)
    now = await concert_by_slug("night")
    assert now is not None
    assert now.refund_steps == before.refund_steps


async def test_an_unknown_concert_is_refused(database: DatabaseUrl) -> None:
    done = await bigcat("refunds", "set", "nowhere", "--nothing", database=database)
    assert_refused(done, 1, "nowhere")


@pytest.mark.parametrize("words", [(), ("--nothing", "--step", "48:50")])
def test_it_is_one_or_the_other(call: Call, words: tuple[str, ...]) -> None:
    assert call("refunds", "set", "night", *words).returncode == 2
