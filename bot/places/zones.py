"""Time zones: which to offer for a country, and which one a person means by the name of a city."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from itertools import islice
from typing import ClassVar, Final
from zoneinfo import ZoneInfo, available_timezones

from babel.core import get_global
from babel.dates import get_timezone_location
from pydantic import ConfigDict, TypeAdapter

from bot.places.cities import City, find_cities, us_states
from bot.places.countries import all_countries, find_country
from bot.places.names import LONGEST, fold, locale_of

__all__ = ["Place", "canonical_zone", "default_zone", "describe_zone", "search_zones", "zones_of"]

_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Place:
    """A place to choose a zone by: a city as it is written, the ISO code of its country, its IANA zone.

    ``country`` is None only for UTC, which is nobody's.
    """

    city: str
    country: str | None
    zone: str


@dataclass(frozen=True, slots=True)
class _Ambiguous:
    """Abbreviations that name several times."""

    refused: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The file ``zones.toml``."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    offered: dict[str, tuple[str, ...]]
    spoken: dict[str, str]
    ambiguous: _Ambiguous


def zones_of(country_code: str) -> tuple[str, ...]:
    """Return the zones to offer in a country, the most populous first; empty where nobody has a zone.

    For the United States they stand from east to west. Zones that keep the same time are offered once.
    """
    code = country_code.upper()
    if code not in all_countries():
        return ()
    return _sheet().offered.get(code) or tuple(_territory_zones().get(code, ()))


def default_zone(country_code: str) -> str | None:
    """Return the zone of most people in a country; None where nobody has a zone.

    Where ``zones_of`` has more than one, it is a guess that the person should confirm.
    """
    return next(iter(zones_of(country_code)), None)


def canonical_zone(name: str) -> str | None:
    """Return the present IANA name for a zone name of any age and case, or None if there is no such zone."""
    return _zones_by_name().get(name.strip().replace(" ", "_").casefold())


def search_zones(text: str, country: str | None = None, limit: int = 5) -> tuple[Place, ...]:
    """Return the places that the text may mean, best first, at most ``limit`` of them; empty if none.

    Understood are city names in any language ("München", "東京"), with a country or a state of the US after them
    ("Portland, Maine"), with one slip ("Bosotn"); IANA names ("america/new york"); and what people call their time
    ("eastern time"). Abbreviations that name several times ("EST", "IST") find nothing. With ``country``, an ISO code,
    only places there are found.

    The first search of a process takes about two seconds, later ones some hundredths; call it in a thread.
    """
    folded = fold(text) if len(text) <= LONGEST else ""
    if not folded or limit < 1 or folded in _sheet().ambiguous.refused:
        return ()
    area = country.upper() if country else None
    if zone := _sheet().spoken.get(folded) or _zones_by_folded_name().get(folded):
        place = _place_of(zone)
        return (place,) if area in (None, place.country) else ()
    places = map(_place, _cities(text, frozenset({area} if area else ())))
    return tuple(islice(_distinct(places, fold(text.partition(",")[0])), limit))


def describe_zone(zone: str, when_utc: datetime, language: str) -> str:
    """Return a zone's city in that language with its distance from UTC at that moment: ``New York (UTC-05:00)``.

    The minus is the mathematical sign. ``zone`` is one that this module gave.

    Raises:
        ValueError: ``when_utc`` has no zone.
    """
    if when_utc.utcoffset() is None:
        raise ValueError("a moment without a zone has no distance from UTC")
    offset = ZoneInfo(zone).utcoffset(when_utc.astimezone(ZoneInfo(zone))) or timedelta()
    sign = "+" if offset >= timedelta() else "\N{MINUS SIGN}"
    hours, minutes = divmod(abs(offset) // _MINUTE, 60)
    distance = f"UTC{sign}{hours:02}:{minutes:02}" if offset else "UTC"
    city = _exemplar(zone, language)
    return distance if city == distance else f"{city} ({distance})"


def _cities(text: str, areas: frozenset[str]) -> Iterator[City]:
    """Yield the cities for a text, read in turn as one name and as a name with its area."""
    name, _, after = text.partition(",")
    if after.strip() and fold(name):
        # "Portland, Oregon, USA": the part next to the name is the one that tells the Portlands apart. An area that
        # nobody knows ("London, Ontario") is passed over instead of refusing the city.
        named = (_areas_named(part) for part in after.split(","))
        known = next((areas for areas in named if areas), frozenset[str]())
        yield from find_cities(fold(name), lambda city: _within(city, areas) and _within(city, known))
        return
    folded = fold(text)
    first = None
    for first in find_cities(folded, lambda city: _within(city, areas)):
        yield first
    name, _, after = folded.rpartition(" ")
    if first is None and name and (known := _areas_named(after)):
        yield from find_cities(name, lambda city: _within(city, areas) and _within(city, known))


def _distinct(places: Iterable[Place], wanted: str) -> Iterator[Place]:
    """Yield each place once, without those that add no choice to one that is called exactly what was typed.

    Whoever types "Paris" gets the same zone from "Paris 15 Vaugirard" and has one more button to read.
    """
    seen: set[Place] = set()
    settled: set[tuple[str | None, str]] = set()
    for place in places:
        if place in seen or (place.country, place.zone) in settled:
            continue
        seen.add(place)
        if fold(place.city) == wanted:
            settled.add((place.country, place.zone))
        yield place


def _areas_named(text: str) -> frozenset[str]:
    """Return the states and countries of that name; both, where a state and a country share one ("CA", "Georgia")."""
    states = filter(None, (us_states().get(fold(text)),))
    return frozenset(find_country(text, "en")).union(states)


def _within(city: City, areas: Iterable[str]) -> bool:
    """Say whether the city lies in one of the areas, or whether there is none to lie in."""
    named = frozenset(areas)
    return not named or city.area in named or city.area.partition(".")[0] in named


def _place(city: City) -> Place:
    """Return the place a city is, its zone under the present name."""
    return Place(city.name, city.area.partition(".")[0], canonical_zone(city.zone) or city.zone)


def _place_of(zone: str) -> Place:
    """Return the place for a zone that was named itself."""
    territory: str = get_global("zone_territories").get(zone, "")
    return Place(_exemplar(zone, "en"), territory if territory in all_countries() else None, zone)


def _exemplar(zone: str, language: str) -> str:
    """Return the city that stands for a zone in that language."""
    location = get_timezone_location(zone, locale=locale_of(language), return_city=True)
    # Babel falls back to all of the zone's name after the continent: "Argentina/Buenos Aires".
    return location.rpartition("/")[2]


@cache
def _sheet() -> _Sheet:
    """Read and check the file."""
    text = (resources.files("bot.places") / "zones.toml").read_text(encoding="utf-8")
    return TypeAdapter(_Sheet).validate_python(tomllib.loads(text))


@cache
def _territory_zones() -> dict[str, list[str]]:
    """Return the zones of each country as the Unicode data list them."""
    zones: dict[str, list[str]] = dict(get_global("territory_zones"))
    return zones


@cache
def _zones_by_name() -> dict[str, str]:
    """Return the present name of each zone by each of its names in small letters."""
    aliases: dict[str, str] = dict(get_global("zone_aliases"))
    # "Factory" and "localtime" are entries of the database without being anyone's time.
    names = available_timezones() - {"Factory", "localtime"}
    return {name.casefold(): present if (present := aliases.get(name, name)) in names else name for name in names}


@cache
def _zones_by_folded_name() -> dict[str, str]:
    """Return the zones that may be typed in full: those named after a region and a place."""
    return {
        fold(name): zone
        for name, zone in _zones_by_name().items()
        # Folding takes the minus from "Etc/GMT-5", and no member lives there.
        if "/" in name and not name.startswith("etc/")
    }
