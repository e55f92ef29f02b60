"""From Discord's payloads to what the core hears."""

import pytest

from adapters.discord import translate
from bot.chat.events import Filled, Pressed, Said, Used
from bot.chat.people import Message, Person

ANNA = Person("discord", "7", "anna")
MESSAGE = Message("4", ANNA, "hello")
DIRECT, GROUP = translate.place(1, direct=True), translate.place(2, 9, direct=False)


def test_channels_of_one_server_are_one_community() -> None:
    assert (GROUP.whole, GROUP.community) == ("9", "9")
    assert translate.place(3, 9, direct=False).community == GROUP.community


def test_a_chat_without_a_server_is_a_community_of_its_own() -> None:
    assert (DIRECT.whole, DIRECT.community) == (None, "1")
    assert (translate.place(4, direct=False).whole, translate.place(4, direct=False).community) == (None, "4")


def test_a_command_carries_the_options_that_were_given() -> None:
    data = {"name": "round", "options": [{"name": "number", "type": 3, "value": "2"}]}
    assert translate.used(data, ANNA, GROUP) == Used(ANNA, GROUP, "round", options={"number": "2"})


def test_an_option_that_is_typed_comes_with_those_before_it() -> None:
    options = [{"name": "setting", "value": "zone"}, {"name": "value", "value": "Ber", "focused": True}]
    typing = translate.typing({"name": "settings", "options": options}, ANNA, GROUP)
    assert typing is not None
    assert (typing.argument, typing.text, typing.used.options["setting"]) == ("value", "Ber", "zone")


def test_nothing_is_typed_without_a_focus() -> None:
    assert translate.typing({"name": "settings"}, ANNA, GROUP) is None


def test_a_button_carries_its_data() -> None:
    assert translate.pressed({"custom_id": "tap:1.x"}, ANNA, GROUP) == Pressed(ANNA, GROUP, "tap:1.x")


def test_a_form_brings_its_answers_by_name() -> None:
    components = [
        {"type": 10, "id": 1},
        {"type": 18, "component": {"type": 4, "custom_id": "day", "value": "5 Dec"}},
        {"type": 18, "component": {"type": 3, "custom_id": "days", "values": ["=3"]}},
        {"type": 18, "component": {"type": 3, "custom_id": "usual", "values": ["="]}},
        {"type": 18, "component": {"type": 3, "custom_id": "none", "values": []}},
    ]
    filled = translate.filled({"custom_id": "form.x", "components": components}, ANNA, GROUP)
    assert filled == Filled(ANNA, GROUP, "form.x", {"day": "5 Dec", "days": "3", "usual": "", "none": ""})


@pytest.mark.parametrize(
    ("said", "event"),
    [
        pytest.param(Said(ANNA, DIRECT, "/labdone 1 May"), Used(ANNA, DIRECT, "labdone", "1 May"), id="command"),
        pytest.param(Said(ANNA, DIRECT, "/"), Used(ANNA, DIRECT, ""), id="slash alone"),
        pytest.param(
            Said(ANNA, DIRECT, "/flag", answers=MESSAGE), Used(ANNA, DIRECT, "flag", about=MESSAGE), id="an answer"
        ),
        *(
            pytest.param(said, said, id=name)
            for name, said in (
                ("talk", Said(ANNA, DIRECT, "hello")),
                ("edited", Said(ANNA, DIRECT, "/labdone", edited=True)),
                ("forwarded", Said(ANNA, DIRECT, "/labdone", forwarded=True)),
                ("in a group", Said(ANNA, GROUP, "/labdone")),
            )
        ),
    ],
)
def test_a_written_message_is_a_command_only_in_the_direct_chat(said: Said, event: Used | Said) -> None:
    assert translate.told(said) == event


def chosen(**content: object) -> Used:
    """A command from the menu of a message."""
    author = {"id": "8", "username": "ben", "global_name": "Ben"}
    message = {"id": "5", "author": author, "content": "hello", **content}
    data = {"name": "Flag this", "type": 3, "target_id": "5", "resolved": {"messages": {"5": message}}}
    return translate.used(data, ANNA, GROUP, {"Flag this": "flag"})


def test_a_command_from_a_menu_is_about_its_message() -> None:
    about = Message("5", Person("discord", "8", "Ben"), "hello", "https://discord.com/channels/9/2/5")
    assert chosen() == Used(ANNA, GROUP, "flag", about=about)


@pytest.mark.parametrize(
    "content", [{"author": {"id": "8", "username": "x", "bot": True}}, {"webhook_id": "3"}], ids=["bot", "webhook"]
)
def test_what_a_machine_wrote_has_no_author(content: dict[str, object]) -> None:
    about = chosen(**content).about
    assert about is not None
    assert about.author is None


def test_a_poll_says_what_it_asks() -> None:
    answers = [{"answer_id": number, "poll_media": {"text": text}} for number, text in enumerate(("yes", "no"))]
    about = chosen(content="", poll={"question": {"text": "Shall I?"}, "answers": answers}).about
    assert about is not None
    assert about.text == "Shall I?\nyes\nno"


def test_of_a_forwarded_message_its_copy_is_what_it_says() -> None:
    about = chosen(content="", message_snapshots=[{"message": {"content": "buy this"}}]).about
    assert about is not None
    assert about.text == "buy this"
