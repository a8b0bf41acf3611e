"""Where the demo season happens: sixteen Texan venues, a Spanish theatre, an arena of our own."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import orjson

from bigcat_graphql.catalogue.drafts import PlanDraft, RowDraft, SectionDraft
from bigcat_graphql.catalogue.halls import ARENA_PARTS, HallPart, draw_arena, draw_hall
from bigcat_graphql.catalogue.layout import mark_aisles
from bigcat_graphql.catalogue.plan import PlanTier
from bigcat_graphql.catalogue.venues import VenueDraft
from bigcat_graphql.models import SeatType

LA_LAGUNA = "la-laguna"
ARENA = "bigcat-arena"
ZILKER_PARK = "Zilker Park"

_ARENA_PRICES_MINOR = (18_500, 11_000, 6_500)


@dataclass(frozen=True, slots=True)
class SeasonVenue:
    """A venue with its plan, and what each tier code usually costs, in minor units."""

    key: str
    venue: VenueDraft
    plan: PlanDraft
    currency: str
    prices_minor: dict[str, int]


def season_venues() -> list[SeasonVenue]:
    """Draw all venues of the season; those of the rotation first, the two largest last."""
    texan = sorted(_texan_venues(), key=lambda place: place.key == ZILKER_PARK)
    return [*texan[:-1], _la_laguna(), texan[-1], _arena()]


def _texan_venues() -> Iterator[SeasonVenue]:
    for facts in _read("austin-venues.json"):
        parts = [
            HallPart(
                area["name"],
                SeatType(area["seat_type"]),
                area["sections"],
                area["rows"],
                area["seats"],
            )
            for area in facts["areas"]
        ]
        plan = draw_hall(parts)
        prices = [area["price_minor"] for area in facts["areas"]]
        yield SeasonVenue(
            key=facts["name"],
            venue=VenueDraft(
                name=facts["name"],
                city=facts["city"],
                country="US",
                time_zone="America/Chicago",
                address=(facts["address"],),
                latitude=facts["latitude"],
                longitude=facts["longitude"],
            ),
            plan=plan,
            currency="USD",
            prices_minor=_by_code(plan, prices),
        )


def _la_laguna() -> SeasonVenue:
    facts = _read("la-laguna-hall.json")
    venue = facts["venue"]
    tiers = [
        PlanTier(tier["code"], tier["name"], SeatType(tier["seat_type"]), tier["color"])
        for tier in facts["tiers"]
    ]
    sections = [
        SectionDraft(section["key"], section["name"], list(_rows_of(section)))
        for section in facts["sections"]
    ]
    plan = PlanDraft(facts["name"], facts["width"], facts["height"], tiers, sections)
    return SeasonVenue(
        key=LA_LAGUNA,
        venue=VenueDraft(**venue | {"address": (venue["address"],)}, slug=LA_LAGUNA),
        plan=mark_aisles(plan),
        currency="EUR",
        prices_minor={tier["code"]: tier["price_minor"] for tier in facts["tiers"]},
    )


def _rows_of(section: dict[str, Any]) -> Iterator[RowDraft]:
    for row in section["rows"]:
        labels = row["seat_labels"].split()
        tier = section["tier"]
        yield RowDraft(row["label"], len(labels), tier, "\n".join(labels), row["points"])


def _arena() -> SeasonVenue:
    plan = draw_arena()
    return SeasonVenue(
        key=ARENA,
        venue=VenueDraft(
            name="Bigcat Arena",
            city="Austin",
            country="US",
            time_zone="America/Chicago",
            address=("1 Ocelot Way",),
            latitude=30.2206,
            longitude=-97.6703,
            slug=ARENA,
        ),
        plan=plan,
        currency="USD",
        prices_minor=_by_code(plan, _ARENA_PRICES_MINOR[: len(ARENA_PARTS)]),
    )


def _by_code(plan: PlanDraft, prices_minor: list[int] | tuple[int, ...]) -> dict[str, int]:
    return {tier.code: price for tier, price in zip(plan.tiers, prices_minor, strict=True)}


def _read(name: str) -> Any:  # noqa: ANN401 - any JSON
    return orjson.loads(files("bigcat_graphql.catalogue").joinpath(f"data/{name}").read_bytes())
