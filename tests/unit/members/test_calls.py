import pytest

import builders
from bot.chat.people import Person
from bot.errors import MemberError
from bot.members.calls import Call, Command
from bot.members.member import Member
from offered import COMMANDS


def call(who: Member | None = None, locale: str | None = "en-GB") -> Call:
    person = Person("telegram", "1", "Anna", locale)
    return Call(person, builders.direct(person), builders.NOW, who, builders.capabilities())


def test_without_a_member_nobody_is_there() -> None:
    with pytest.raises(MemberError, match=r"start\.first"):
        _ = call().who


def test_with_a_member_it_is_they() -> None:
    assert call(builders.member()).who == builders.member()


@pytest.mark.parametrize("locale", [None, "de", "en-US", "tlh-XX"], ids=str)
def test_the_language_is_that_of_the_words_found(locale: str | None) -> None:
    assert call(locale=locale).language == "en"
    assert call(builders.member(), locale=locale).language == "en"


@pytest.mark.parametrize(
    ("name", "text", "arguments"),
    [
        ("nextlab", "whatever stands here", {}),
        ("labdone", "  3 March ", {"date": "3 March"}),
        ("labdone", "   ", {}),
        ("help", "/round", {"command": "/round"}),
        ("countdown", "share please", {"share": "share"}),
        ("settings", "zone  Buenos Aires", {"setting": "zone", "value": "Buenos Aires"}),
        ("settings", "zone\nBoston", {"setting": "zone", "value": "Boston"}),
        ("settings", "zone", {"setting": "zone"}),
        ("round", "1 2025-12-05", {"number": "1", "first_day": "2025-12-05"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_stands_behind_a_command_becomes_its_arguments(name: str, text: str, arguments: dict[str, str]) -> None:
    assert dict(COMMANDS[name].arguments_from(text)) == arguments


def test_a_command_without_a_discreet_name_keeps_its_own() -> None:
    command: Command[None] = Command("start", run=None)  # type: ignore[arg-type]  # never run here
    assert command.shown_name(discreet=True) == "start"


def test_every_name_is_short_lower_case_and_stands_for_one_command() -> None:
    names = [name for command in COMMANDS.values() for name in {command.name, command.discreet_name} if name]
    assert len(names) == len(set(names))
    assert all(name.isascii() and name.isalpha() and name.islower() and len(name) <= 32 for name in names)
