"""`bigcat import`."""

import gzip
import json
from pathlib import Path

import pytest

from bigcat_graphql.cli.terminal import progress
from bigcat_graphql.database import Connection, DatabaseUrl
from tests.cli.running import answer_of, assert_refused, bigcat
from tests.scenes import make_venue

ARCHIVE = Path(__file__).parents[3] / "shared" / "data" / "nyphil-programs.json.gz"


def write_plan(path: Path, *, guids: tuple[str, str]) -> Path:
    """Write a pretix plan of one row of two seats; equal guids are a fault."""
    seats = [
        {
            "seat_number": str(number),
            "seat_guid": guid,
            "uuid": f"seat-{number}",
            "category": "Stalls",
            "position": {"x": number * 25, "y": 0},
        }
        for number, guid in enumerate(guids)
    ]
    row = {"row_number": "A", "uuid": "row-a", "position": {"x": 10, "y": 10}, "seats": seats}
    zone = {
        "name": "Stalls",
        "zone_id": "stalls",
        "uuid": "zone-1",
        "position": {"x": 0, "y": 0},
        "rows": [row],
        "areas": [],
    }
    plan = {
        "name": "Little Hall",
        "size": {"width": 400, "height": 300},
        "categories": [{"name": "Stalls", "color": "#1d4ed8"}],
        "zones": [zone],
    }
    path.write_text(json.dumps(plan))
    return path


async def test_a_sound_plan_is_published_once(database: DatabaseUrl, tmp_path: Path) -> None:
    venue = await make_venue()
    plan = write_plan(tmp_path / "plan.json", guids=("a-1", "a-2"))
    words = ("import", "plan", str(plan), "--venue", venue.slug, "--name", "Tiny", "--json")
    checked = answer_of(await bigcat(*words, "--dry-run", database=database))
    first = answer_of(await bigcat(*words, database=database))
    second = answer_of(await bigcat(*words, database=database))
    assert checked == {**first, "version": None}
    assert first == second
    assert (first["name"], first["seats"], first["version"]) == ("Tiny", 2, 1)


async def test_a_faulty_plan_is_refused_with_its_faults_and_repaired_when_asked(
    database: DatabaseUrl, tmp_path: Path, rival: Connection
) -> None:
    venue = await make_venue()
    plan = write_plan(tmp_path / "plan.json", guids=("a-1", "a-1"))
    words = ("import", "plan", str(plan), "--venue", venue.slug)
    refused = await bigcat(*words, database=database)
    listed = await bigcat(*words, "--json", database=database)
    assert_refused(refused, 1, "a-1", "--fix")
    assert listed.returncode == 1
    assert [fault["fixable"] for fault in json.loads(listed.stdout)["faults"]] == [True]
    assert await rival.fetchval("SELECT count(*) FROM seating_plan") == 0
    assert answer_of(await bigcat(*words, "--fix", "--json", database=database))["seats"] == 2


async def test_a_plan_for_a_venue_that_is_not_there_is_refused(
    database: DatabaseUrl, tmp_path: Path
) -> None:
    plan = write_plan(tmp_path / "plan.json", guids=("a-1", "a-2"))
    done = await bigcat("import", "plan", str(plan), "--venue", "moon", database=database)
    assert_refused(done, 1, "moon")


async def test_a_plan_that_is_no_json_is_refused(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text("{")
    assert_refused(await bigcat("import", "plan", str(plan), "--venue", "moon"), 1, "not JSON")


async def test_the_philharmonic_is_imported_once(database: DatabaseUrl, tmp_path: Path) -> None:
    if not ARCHIVE.exists():
        pytest.skip("the archive of the New York Philharmonic is not here")
    programs = json.loads(gzip.decompress(ARCHIVE.read_bytes()))["programs"][:30]
    some = tmp_path / "some.json.gz"
    some.write_bytes(gzip.compress(json.dumps({"programs": programs}).encode()))
    words = ("import", "nyphil", str(some), "--json")
    first = answer_of(await bigcat(*words, database=database))
    second = answer_of(await bigcat(*words, database=database))
    assert first["created"] >= 25
    assert second["created"] == 0
    assert second["existing"] == first["created"]


async def test_a_file_that_is_not_the_archive_is_refused(
    database: DatabaseUrl, tmp_path: Path
) -> None:
    other = tmp_path / "other.json"
    other.write_text("[]")
    done = await bigcat("import", "nyphil", str(other), database=database)
    assert_refused(done, 1, "other.json")


def test_nothing_moves_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("Concerts") as advance:
        advance(1, 2)
    assert capsys.readouterr() == ("", "")
