import pytest

import builders
from bot.chat.people import Reader
from bot.members.calls import Call
from bot.members.helplines import crisis, danger, emergency_number
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
