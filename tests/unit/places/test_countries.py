"""Countries: every one has a region, and every number that is shipped was read somewhere."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.places.countries import (
    Line,
    all_countries,
    common_countries,
    country,
    country_name,
    find_country,
    finders,
    ms_finders,
)

EU_MEMBERS = [
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
]

# The emergency numbers of the facts sheet of 2026-11-22 with the marks S (several sources) or V (one).
EMERGENCY = dict.fromkeys(EU_MEMBERS, "112") | {
    "US": "911",
    "CA": "911",
    "AU": "000",
    "NZ": "111",
    "CH": "112",
    "NO": "113",
}

# The lines of the same sheet: name, numbers, mark.
CRISIS = {
    "US": [("988 Lifeline", ("988",), "S"), ("Crisis Text Line", ("741741",), "S")],
    "GB": [("Samaritans", ("116 123",), "S")],
    "IE": [("Samaritans", ("116 123",), "V")],
    "CA": [("988", ("988",), "S")],
    "AU": [("Lifeline", ("13 11 14",), "S"), ("Lifeline", ("0477 13 11 14",), "S")],
    "NZ": [("1737", ("1737",), "S")],
    "DE": [("TelefonSeelsorge", ("0800 111 0 111", "0800 111 0 222", "116 123"), "S")],
    "FR": [("3114", ("3114",), "V")],
    "NL": [("113", ("113", "0800 0113"), "S")],
    "ES": [("024", ("024",), "S")],
    "CH": [("Die Dargebotene Hand", ("143",), "V")],
    "NO": [("Mental Helse", ("116 123",), "V")],
}
MS = {
    "US": [
        ("National MS Society", ("1-800-344-4867",), "S"),
        ("MSAA", ("1-800-532-7667",), "V"),
        ("MS One to One (Sanofi nurse line)", ("1-855-676-6326",), "V"),
    ],
    "GB": [("MS Society", ("0808 800 8000",), "S"), ("MS Trust", ("0800 032 3839",), "V")],
    "IE": [("MS Ireland", (), "V")],
    "AU": [("MS Plus (MS Connect)", ("1800 042 138",), "S")],
    "DE": [("DMSG", (), "V")],
}


def short(lines: tuple[Line, ...]) -> list[tuple[str, tuple[str, ...], str]]:
    return [(line.name, line.numbers, line.confidence) for line in lines]


@pytest.mark.parametrize("code", sorted(all_countries()))
def test_a_country_says_exactly_what_the_facts_confirm(code: str) -> None:
    found = country(code)
    assert found is not None
    assert found.region in {"US", "UK", "EU", "other"}
    assert found.emergency == EMERGENCY.get(code)
    assert short(found.crisis) == CRISIS.get(code, [])
    assert short(found.ms) == MS.get(code, [])
    assert country_name(code, "en")
    assert country_name(code, "pt-BR")


def test_the_unconfirmed_british_emergency_number_is_left_out() -> None:
    found = country("GB")
    assert found is not None
    assert found.emergency is None


def test_every_line_can_be_reached_and_says_where_it_was_read() -> None:
    countries = [found for code in all_countries() if (found := country(code))]
    lines = [line for found in countries for line in found.crisis + found.ms] + [*finders(), *ms_finders()]
    assert [line.name for line in lines if not line.numbers and not line.url] == []
    assert [line.name for line in lines if not line.source or not line.channels] == []
    assert {line.verified_on for line in lines} == {date(2026, 11, 22)}
    assert {line.confidence for line in lines} == {"S", "V"}


def test_anywhere_else_there_are_directories() -> None:
    assert [line.url for line in finders()] == ["https://findahelpline.com", "https://befrienders.org"]
    assert [line.url for line in ms_finders()] == ["https://www.msif.org"]


@pytest.mark.parametrize(
    ("code", "region"),
    [
        *((code, "EU") for code in EU_MEMBERS),
        ("IS", "EU"),
        ("LI", "EU"),
        ("NO", "EU"),
        ("CH", "EU"),
        ("RE", "EU"),
        ("US", "US"),
        ("PR", "US"),
        ("GB", "UK"),
        ("JE", "UK"),
        ("CA", "other"),
        ("AU", "other"),
        ("TR", "other"),
        ("XK", "other"),
    ],
)
def test_the_care_region_follows_the_label(code: str, region: str) -> None:
    found = country(code)
    assert found is not None
    assert found.region == region


@pytest.mark.parametrize("code", ["", "UK", "EU", "ZZ", "USA", "1", "🇩🇪"])
def test_what_is_no_code_is_no_country(code: str) -> None:
    assert country(code) is None
    assert country_name(code, "en") is None


def test_codes_may_be_typed_small() -> None:
    assert country("de") == country("DE")


def test_there_are_as_many_countries_as_in_the_standard_and_kosovo() -> None:
    assert len(all_countries()) == 249 + 1


def test_the_common_countries_are_ten_and_known() -> None:
    assert common_countries() == ("US", "GB", "CA", "AU", "IE", "DE", "NZ", "NL", "FR", "ES")
    assert all(country(code) for code in common_countries())


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("DE", "en", "Germany"),
        ("DE", "de", "Deutschland"),
        ("DE", "fr", "Allemagne"),
        ("US", "es-MX", "Estados Unidos"),
        ("DE", "xx", "Germany"),
        ("DE", "", "Germany"),
        ("DE", "not a language", "Germany"),
    ],
)
def test_a_name_is_in_the_language_and_else_in_english(code: str, language: str, name: str) -> None:
    assert country_name(code, language) == name


@pytest.mark.parametrize(
    ("text", "language", "codes"),
    [
        ("UK", "en", ("GB",)),
        ("u.k.", "en", ("GB",)),
        ("England", "en", ("GB",)),
        ("scotland", "en", ("GB",)),
        ("Wales", "en", ("GB",)),
        ("USA", "en", ("US",)),
        ("America", "en", ("US",)),
        ("the States", "en", ("US",)),
        ("Holland", "en", ("NL",)),
        ("Deutschland", "en", ("DE",)),
        ("España", "en", ("ES",)),
        ("espana", "en", ("ES",)),
        ("Frankreich", "de", ("FR",)),
        ("Österreich", "en", ("AT",)),
        ("DEU", "en", ("DE",)),
        ("no", "en", ("NO",)),
        ("Côte d\N{RIGHT SINGLE QUOTATION MARK}Ivoire", "en", ("CI",)),
        ("Burma", "en", ("MM",)),
        ("ireland", "en", ("IE",)),
        ("Congo", "en", ("CG", "CD")),
        ("united", "en", ("AE", "GB", "US")),
        ("Germny", "en", ("DE",)),
        ("Untied Kingdom", "en", ("GB",)),
        ("Portugla", "en", ("PT",)),
        ("Middle-earth", "en", ()),
        ("", "en", ()),
        ("...", "en", ()),
        ("a" * 10_000, "en", ()),
    ],
)
def test_people_name_their_country_in_their_own_way(text: str, language: str, codes: tuple[str, ...]) -> None:
    assert find_country(text, language) == codes


@pytest.mark.parametrize("language", ["en", "de", "fr", "ja", "ar"])
def test_every_country_is_found_by_its_code_and_by_its_name(language: str) -> None:
    assert [code for code in all_countries() if find_country(code, language) != (code,)] == []
    names = {code: country_name(code, language) or "" for code in all_countries()}
    assert [name for code, name in names.items() if find_country(name, language) != (code,)] == []


@given(text=st.text(max_size=150), language=st.text(max_size=12))
def test_any_text_gives_known_countries_once_each(text: str, language: str) -> None:
    found = find_country(text, language)
    assert len(set(found)) == len(found)
    assert set(found) <= all_countries()
