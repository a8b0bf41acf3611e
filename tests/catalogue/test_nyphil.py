"""Importing the Philharmonic's archive."""

import asyncio
import gzip
import json
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from bigcat_graphql.catalogue import (
    ConcertFilter,
    ConcertOrder,
    PageRequest,
    Range,
    count_concerts,
    search_concerts,
)
from bigcat_graphql.catalogue.nyphil import import_nyphil
from bigcat_graphql.catalogue.nyphil_rows import OddRow, read_name, read_performances
from bigcat_graphql.catalogue.places import locate
from bigcat_graphql.catalogue.venues import known_zones
from bigcat_graphql.errors import InvalidInput
from bigcat_graphql.models import Concert, ConcertStatus, Venue

ARCHIVE = Path(__file__).parents[3] / "shared/data/nyphil-programs.json.gz"

CONCERT = {
    "eventType": "Subscription Season",
    "Location": "Manhattan, NY",
    "Venue": "Carnegie Hall",
    "Date": "1939-02-16T05:00:00Z",
    "Time": "8:45PM",
}
WORK = {
    "ID": "1*",
    "composerName": "Dvorak [Dvořák],  Antonín",
    "workTitle": "SYMPHONY NO. 9",
    "conductorName": "Furtwangler [Furtwängler], Wilhelm",
    "soloists": [
        {"soloistName": "Elman, Mischa", "soloistInstrument": "Violin", "soloistRoles": "S"}
    ],
}


def program(*concerts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "id": "p1",
        "programID": "1",
        "orchestra": "New York Philharmonic",
        "season": "1938-39",
        "concerts": list(concerts or [CONCERT]),
        "works": [WORK],
    } | changes


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "programs.json"


def write(path: Path, *programs: Any) -> Path:
    path.write_text(json.dumps({"programs": programs}))
    return path


@pytest.mark.usefixtures("database")
async def test_a_concert_is_imported_with_all_that_the_archive_says(archive: Path) -> None:
    report = await import_nyphil(write(archive, program()))

    concert = await Concert.get(source="nyphil").select_related("venue")
    assert (report.created, report.existing, report.reported) == (1, 0, [])
    assert concert.artists == ["New York Philharmonic", "Wilhelm Furtwängler", "Mischa Elman"]
    assert concert.tour_name == "Subscription Season, 1938-39"
    assert concert.description == (
        "- **Antonín Dvořák**: SYMPHONY NO. 9\n\nSoloists:\n\n- Mischa Elman, violin"
    )
    assert concert.starts_at == datetime(1939, 2, 17, 1, 45, tzinfo=UTC)
    assert concert.local_date == date(1939, 2, 16)
    venue = concert.venue
    assert (venue.name, venue.city, venue.time_zone) == (
        "Carnegie Hall",
        "Manhattan, New York",
        "America/New_York",
    )


@pytest.mark.usefixtures("database")
async def test_an_imported_concert_is_over_and_not_sold(archive: Path) -> None:
    await import_nyphil(write(archive, program()))

    assert await count_concerts(ConcertFilter(status=[ConcertStatus.COMPLETED])) == 1
    assert await count_concerts(ConcertFilter(available=True)) == 0


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "chosen",
    [
        ConcertFilter(text="furtwangler"),
        ConcertFilter(text="FURTWÄNGLER carnegie"),
        ConcertFilter(artist="mischa el"),
        ConcertFilter(venue="carnegie", city="new york"),
        ConcertFilter(local_date=date(1939, 2, 16), local_time=Range(time(20), time(21))),
    ],
)
async def test_an_imported_concert_is_found(archive: Path, chosen: ConcertFilter) -> None:
    await import_nyphil(write(archive, program()))

    assert await count_concerts(chosen) == 1


@pytest.mark.usefixtures("database")
async def test_importing_again_creates_only_what_is_missing(archive: Path) -> None:
    await import_nyphil(write(archive, program()))

    report = await import_nyphil(write(archive, program(), program(CONCERT, CONCERT, id="p2")))

    assert (report.created, report.existing) == (2, 1)
    assert await Concert.all().count() == 3
    assert await Venue.all().count() == 1


@pytest.mark.usefixtures("database")
async def test_odd_rows_are_reported_and_the_others_imported(archive: Path) -> None:
    odd: list[Any] = [
        CONCERT | {"Time": "None"},
        CONCERT | {"Venue": "None", "Location": "Atlantis"},
        CONCERT | {"Date": "never"},
        CONCERT | {"Time": "25:00PM"},
        {"Date": "1939-02-16T05:00:00Z"},
        "nonsense",
    ]
    programs = [program(*odd), program(id="p2", orchestra="None"), program(id="p3", works=None), 7]

    report = await import_nyphil(write(archive, *programs))

    assert report.created == 3
    assert [line.partition(":")[0] for line in report.reported] == ["p1"] * 7 + ["p2", "p3", "#3"]
    assert "p1:1: time 'None' is unknown, 20:00 is assumed" in report.reported
    assert "p1:2: place 'Atlantis' is unknown, New York's zone is assumed" in report.reported
    assert sum(line.endswith("left out") for line in report.reported) == 6


@pytest.mark.usefixtures("database")
async def test_text_that_cannot_be_stored_is_reported(archive: Path) -> None:
    report = await import_nyphil(write(archive, program(season="1938\u0000")))

    assert (report.created, len(report.reported)) == (0, 1)


@pytest.mark.usefixtures("database")
async def test_progress_is_told_to_the_end(archive: Path) -> None:
    told: list[tuple[int, int]] = []

    await import_nyphil(
        write(archive, program(CONCERT, CONCERT), program(id="p2")),
        progress=lambda done, total: told.append((done, total)),
    )

    assert told == [(3, 3)]


@pytest.mark.parametrize("content", [b"", b"[]", b'{"programs": 5}', b"\x1f\x8bnot gzip", b"\xff"])
def test_a_file_of_another_kind_is_refused(archive: Path, content: bytes) -> None:
    archive.write_bytes(content)

    with pytest.raises(InvalidInput, match="is not the Philharmonic's archive"):
        asyncio.run(import_nyphil(archive))


async def test_a_missing_file_is_refused(archive: Path) -> None:
    with pytest.raises(InvalidInput, match="is not the Philharmonic's archive"):
        await import_nyphil(archive)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Beethoven,  Ludwig  van", "Ludwig van Beethoven"),
        ("Barbirolli , John", "John Barbirolli"),
        ("Strauss,  Johann, II", "Johann Strauss, II"),
        ("Saint-Saens [Saint-Saëns],  Camille", "Camille Saint-Saëns"),
        ("Carrer [Karrer, Karreris],  Pavlos", "Carrer [Karrer, Karreris], Pavlos"),
        ("Traditional,", "Traditional"),
        ("Liederkranz of the City of New York", "Liederkranz of the City of New York"),
    ],
)
def test_names_are_written_as_people_say_them(written: str, name: str) -> None:
    assert read_name(written) == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Brooklyn, NY", ("Brooklyn, New York", "US", "America/New_York")),
        ("Vail, CO", ("Vail, CO", "US", "America/Denver")),
        ("El Paso, TX", ("El Paso, TX", "US", "America/Denver")),
        ("Vancouver, BC, CANADA", ("Vancouver, BC", "CA", "America/Vancouver")),
        ("Mumbai, INDIA (BOMBAY)", ("Mumbai", "IN", "Asia/Kolkata")),
        ("Incheon, South Korea", ("Incheon", "KR", "Asia/Seoul")),
        ("Singapore", ("Singapore", "SG", "Asia/Singapore")),
    ],
)
def test_places_are_known_by_state_or_country(text: str, expected: tuple[str, str, str]) -> None:
    place = locate(text)

    assert place is not None
    assert (place.city, place.country, place.time_zone) == expected
    assert place.time_zone in known_zones()


def test_a_place_without_a_known_country_is_none() -> None:
    assert locate("High Seas (International Waters)") is None


def test_a_title_in_two_parts_has_its_italics() -> None:
    works = [
        WORK | {"workTitle": {"_": "ARIA FROM  (ARR.)", "em": "PRINCE IGOR"}, "soloists": []},
        WORK | {"movement": {"_": "Overture", "em": ["Tann*", "häuser"]}, "soloists": []},
        {"ID": "0*", "interval": "Intermission-Short", "soloists": []},
    ]
    (row,) = read_performances([program(works=works)])

    assert not isinstance(row, OddRow)
    assert row.description == (
        "- **Antonín Dvořák**: ARIA FROM *PRINCE IGOR* (ARR.)\n"
        "- **Antonín Dvořák**: SYMPHONY NO. 9, Overture *Tann\\*, häuser*\n"
        "- *intermission, short*"
    )


@pytest.mark.usefixtures("database")
async def test_every_row_of_the_real_archive_is_imported(tmp_path: Path) -> None:
    if not ARCHIVE.exists():
        pytest.skip("the archive (2.6 MB) is not part of the repository")
    part = tmp_path / "part.json.gz"
    programs = json.loads(gzip.decompress(ARCHIVE.read_bytes()))["programs"]
    part.write_bytes(gzip.compress(json.dumps({"programs": programs[::20]}).encode(), 1))

    report = await import_nyphil(part)

    expected = sum(len(item["concerts"]) for item in programs[::20])
    assert report.created == expected
    assert not [line for line in report.reported if line.endswith("left out")]
    page = await search_concerts(
        ConcertFilter(text="toscanini"), ConcertOrder(), PageRequest(first=1)
    )
    assert "Arturo Toscanini" in page.items[0].artists
