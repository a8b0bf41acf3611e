"""Where on the earth an archive's place name lies: its country and time zone."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Locality:
    """A city as a venue has it; `country` is ISO 3166-1 alpha-2, `time_zone` an IANA name."""

    city: str
    country: str
    time_zone: str


_BOROUGHS = frozenset({"Manhattan", "Brooklyn", "Queens", "Bronx", "Staten Island"})


def locate(text: str) -> Locality | None:
    """Read `Vail, CO`, `Vienna, AUSTRIA` or `Singapore`; None when its state or country is unknown.

    A city in the United States keeps its state, as there are several of one name, and a borough of
    New York names the city, as people look for both.
    """
    city, _, region = text.rpartition(", ")
    city = city or text
    states, countries, exceptions = _tables()
    if region in states:
        zone = exceptions.get(text, ["US", states[region]])[1]
        in_new_york = region == "NY" and city in _BOROUGHS
        return Locality(f"{city}, {'New York' if in_new_york else region}", "US", zone)

    # `Mumbai, INDIA (BOMBAY)` has the city's other name behind the country's.
    country = exceptions.get(text) or countries.get(region.partition(" (")[0].upper())
    country = country or countries.get(text.upper())
    return None if country is None else Locality(city, country[0], country[1])


@cache
def _tables() -> tuple[dict[str, str], dict[str, list[str]], dict[str, list[str]]]:
    content = files("bigcat_graphql.catalogue").joinpath("data/places.json").read_bytes()
    tables: dict[str, Any] = orjson.loads(content)
    states = {
        state: zone for zone, names in tables["states_by_zone"].items() for state in names.split()
    }
    return states, tables["countries"], tables["exceptions"]
