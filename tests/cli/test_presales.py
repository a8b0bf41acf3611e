"""`bigcat presale`: who may take part before everybody may."""

from bigcat_graphql.database import DatabaseUrl, fetch_all
from tests.cli.running import answer_of, assert_refused, bigcat
from tests.scenes import make_concert


async def test_a_presale_is_set_with_its_list_and_its_codes(database: DatabaseUrl) -> None:
    concert = await make_concert(slug="night")
    told = await bigcat(
        "presale", "set", "night", "--until", "2030-01-02T03:04:05", "--verified-email", "--json",
        database=database,
    )  # fmt: skip
    assert answer_of(told) == {"until": "2030-01-02T03:04:05+00:00", "verified_email": True}
    listed = await bigcat(
        "presale", "invite", "night", "-", "--json", database=database, typed="A@x.org\n\nb@x.org\n"
    )
    assert answer_of(listed) == {"invited": 2}
    codes = answer_of(
        await bigcat(
            "presale", "codes", "night", "--count", "3", "--uses", "2", "--json", database=database
        )
    )["codes"]
    assert len(set(codes)) == 3
    rows = await fetch_all("SELECT concert_id, uses_left FROM access_code")
    assert [(row["concert_id"], row["uses_left"]) for row in rows] == [(concert.id, 2)] * 3


async def test_a_presale_of_nothing_is_refused(database: DatabaseUrl) -> None:
    assert_refused(await bigcat("presale", "set", "nowhere", database=database), 1, "nowhere")
    assert_refused(
        await bigcat("presale", "invite", "nowhere", "no-such-file", database=database),
        1,
        "no-such",
    )


async def test_a_list_with_something_else_in_it_is_refused_whole(database: DatabaseUrl) -> None:
    await make_concert(slug="night")
    words = ("presale", "invite", "night", "-")
    done = await bigcat(*words, database=database, typed="E-mail\na@x.org\nAna <b@x.org>\n")
    assert_refused(done, 1, "2 of 3 (line 1, 3)", "Nobody")
    assert await fetch_all("SELECT 1 FROM presale_guest") == []
