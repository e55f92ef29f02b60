import pytest

import builders
from bot.chat.people import Reader
from bot.members.calls import Call
from bot.members.helplines import checked, crisis, danger, emergency_number, lines_in, several
from bot.places.countries import all_countries, country, country_name, finders
from bot.words.catalogue import PlainMarkup, Writer


def call_from(country: str | None) -> Call:
    person = builders.person()
    member = builders.member(country=country)
    return Call(person, builders.direct(person), builders.NOW, member, builders.capabilities())


@pytest.mark.parametrize(("country", "number"), [("US", "911"), ("DE", "112"), ("GB", None), (None, None)])
def test_only_a_confirmed_emergency_number_is_named(country: str | None, number: str | None) -> None:
    call = call_from(country)
    first = Writer(Reader(), PlainMarkup()).write(danger(call)[0])
    assert emergency_number(call) == number
    assert first == f"In danger, call {number or 'your local emergency number'} now."


def test_where_no_line_is_confirmed_directories_of_them_are_named() -> None:
    write = Writer(Reader(), PlainMarkup()).write
    assert [write(line) for line in crisis(call_from("GB"))] == ["In a crisis, people listen: Samaritans, 116 123."]
    elsewhere = [write(line) for line in crisis(call_from(None))]
    assert elsewhere
    assert all("https://" in line for line in elsewhere)
    assert danger(call_from(None))[1:] == crisis(call_from(None))


def test_what_is_told_of_a_country_is_all_that_is_confirmed_for_it() -> None:
    write = Writer(Reader("en-GB"), PlainMarkup()).write
    for code in sorted(all_countries()):
        found = country(code)
        assert found
        text = "\n".join(write(line) for line in lines_in(found, "en"))
        for line in found.crisis or finders():
            assert all(number in text for number in line.numbers), code
            assert line.url is None or line.url in text, code
        assert (found.emergency or "your local emergency number") in text.partition("\n")[0]


def test_the_day_told_for_several_lines_is_the_earliest() -> None:
    assert checked() == min(line.verified_on for line in finders())


def test_the_lines_of_several_countries_name_each_country_in_the_language_of_the_words() -> None:
    text = "\n".join(Writer(Reader("fr"), PlainMarkup()).write(line) for line in several("fr"))
    assert all(country_name(code, "fr") in text for code in ("US", "CA", "GB", "IE"))
