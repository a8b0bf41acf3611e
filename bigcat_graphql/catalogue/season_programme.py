"""Who plays where in the demo season: the same for a date whenever it is asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from random import Random

from bigcat_graphql.catalogue.season_venues import ARENA, LA_LAGUNA, ZILKER_PARK, SeasonVenue
from bigcat_graphql.models import ConcertStatus

DAYS = 90
# Three evenings of four: 67 or 68 in 90 days.
_EVENINGS, _OF_DAYS = 3, 4

_ACTS = (
    "Neon Armadillo",
    "Las Golondrinas Eléctricas",
    "Kettle of Owls",
    "Étoile Cassée",
    "The Bluebonnet Conspiracy",
    "Łąka & the Tidewater Nine",
    "Señor Ceniza",
    "Paper Lantern Parade",
    "Fräulein Fernweh",
    "Dusty Meridian Band",
    "Ørsted Falls",
    "Copper Canyon Choir",
    "Čáp Quartet",
    "Mockingbird Static",
    "Baile de Sombras",
    "Hollow Moon Society",
    "Møllebakken Brass",
    "Sisters Sycamore",
    "Río Callado",
    "The Cartographers' Ball",
    "Naïve Machines",
    "Grackle & Sons",
    "Smörgås Sound System",
    "Pecan Street Philharmonic",
    "Ğ-Force Trio",
    "Velvet Tumbleweed",
    "Coração de Lata",
    "Limestone Lullaby",
    "Tőzeg Ensemble",
    "Ghost Pepper Union",
)
_TOURS = (
    None,
    "Long Way Round",
    None,
    "Night Bloom",
    "Songs for Empty Rooms",
    None,
    "The Good Weather Tour",
    "Unplugged & Unafraid",
)
_STARTS = (time(19), time(19, 30), time(20), time(20), time(20, 30), time(21), time(15))
# Most halls are partly sold; what was sold of one that is not listed is a third.
_SOLD_PERCENTS = (10, 25, 45, 60, 80)
_LARGE_HALL = 4_000


@dataclass(frozen=True, slots=True)
class Evening:
    """One concert of the season.

    `price_percent` applies to the hall's usual prices; `on_sale` False means that the sale opens
    later; `sold_percent` of the seats are taken by the demo's audience.
    """

    key: str
    place: SeasonVenue
    artists: tuple[str, ...]
    tour_name: str | None
    local_date: date
    local_time: time
    status: ConcertStatus = ConcertStatus.PUBLISHED
    on_sale: bool = True
    price_percent: int = 100
    sold_percent: int = 0
    slug: str | None = None


def programme(venues: Sequence[SeasonVenue], today: date) -> Iterator[Evening]:
    """List the concerts from tomorrow on; a later day's list goes on where this one ends."""
    yield from _highlights({place.key: place for place in venues}, today)
    rotation = [place for place in venues if place.key not in {ZILKER_PARK, ARENA}]
    for ahead in range(1, DAYS + 1):
        day = today + timedelta(days=ahead)
        weeks, rest = divmod(day.toordinal(), _OF_DAYS)
        if rest < _EVENINGS:
            yield _evening(rotation, day, weeks * _EVENINGS + rest)


def _highlights(venues: dict[str, SeasonVenue], today: date) -> Iterator[Evening]:
    """Begin with three concerts that the examples use; they exist once, whatever the day."""
    yield Evening(
        key="la-laguna-opening-night",
        slug="la-laguna-opening-night",
        place=venues[LA_LAGUNA],
        artists=("Camerata del Teide", "Inés Armas Lobo"),
        tour_name="La Laguna Opening Night",
        local_date=today + timedelta(days=21),
        local_time=time(20, 30),
        sold_percent=30,
    )
    yield Evening(
        key="arena-night",
        slug="arena-night",
        place=venues[ARENA],
        artists=("Neon Armadillo", "Velvet Tumbleweed"),
        tour_name="Arena Night",
        local_date=today + timedelta(days=45),
        local_time=time(20),
        sold_percent=20,
    )
    yield Evening(
        key="zilker-in-the-park",
        slug="zilker-in-the-park",
        place=venues[ZILKER_PARK],
        artists=("The Bluebonnet Conspiracy", "Señor Ceniza", "Kettle of Owls"),
        tour_name="In the Park",
        local_date=today + timedelta(days=60),
        local_time=time(15),
        sold_percent=2,
    )


def _evening(rotation: Sequence[SeasonVenue], day: date, number: int) -> Evening:
    # Seeded by the date: the same concert for everybody, and no secret.
    chance = Random(f"bigcat season {day}")  # noqa: S311 - see above
    place = rotation[number % len(rotation)]
    artists = chance.sample(_ACTS, chance.choice((1, 1, 2, 3)))
    large = place.plan.total_count > _LARGE_HALL
    sold_percent = chance.choice(_SOLD_PERCENTS[: 2 if large else None])
    evening = Evening(
        key=f"evening-{day}",
        place=place,
        artists=tuple(artists),
        tour_name=chance.choice(_TOURS),
        local_date=day,
        local_time=chance.choice(_STARTS),
        price_percent=chance.randrange(80, 180, 10),
        sold_percent=sold_percent,
    )
    return _with_fate(evening, number)


def _with_fate(evening: Evening, number: int) -> Evening:
    """Give every tenth evening or so another fate, so that any season shows each of them."""
    small = evening.place.plan.total_count <= _LARGE_HALL
    match number % 11:
        case 1 if small:
            return replace(evening, sold_percent=100)
        case 3:
            return replace(evening, on_sale=False, sold_percent=0)
        case 5:
            return replace(evening, status=ConcertStatus.CANCELLED, sold_percent=0)
        case 7:
            status = ConcertStatus.PAUSED if number % 2 else ConcertStatus.POSTPONED
            return replace(evening, status=status)
        case 9 if small:
            return replace(evening, price_percent=0)
        case _:
            return evening
