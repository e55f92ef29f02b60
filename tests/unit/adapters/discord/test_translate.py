"""From Discord's payloads to what the core hears."""

import pytest

from adapters.discord import translate
from bot.chat.events import Filled, Pressed, Said, Used
from bot.chat.people import Person

ANNA = Person("discord", "7", "anna")
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
    ("text", "where", "edited", "event"),
    [
        pytest.param("/labdone 1 May", DIRECT, False, Used(ANNA, DIRECT, "labdone", "1 May"), id="command"),
        pytest.param("/", DIRECT, False, Used(ANNA, DIRECT, ""), id="slash alone"),
        pytest.param("hello", DIRECT, False, Said(ANNA, DIRECT, "hello"), id="talk"),
        pytest.param("/labdone", DIRECT, True, Said(ANNA, DIRECT, "/labdone", edited=True), id="edited"),
        pytest.param("/labdone", GROUP, False, Said(ANNA, GROUP, "/labdone"), id="in a group"),
    ],
)
def test_a_written_message_is_a_command_only_in_the_direct_chat(
    text: str, where: translate.Place, edited: bool, event: Used | Said
) -> None:
    assert translate.told(text, ANNA, where, edited=edited) == event
