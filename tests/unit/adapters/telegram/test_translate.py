"""What an update of Telegram's means to the core, and where its answer goes."""

import pytest
from telegram import Update

from adapters.telegram.translate import Origin, Received, added_to, received
from bot.chat.events import Pressed, Reachable, Said, Used
from bot.chat.people import Person, Place, PlaceKind

NAME = "RoundtableBot"
GROUP = {"id": -1001, "type": "supergroup", "title": "Round table"}
ANNA = {"id": 7, "is_bot": False, "first_name": "Anna", "last_name": "B", "language_code": "de"}
PERSON = Person("telegram", "7", "Anna B", "de")
DIRECT = Place("telegram", "7", PlaceKind.DIRECT)
IN_GROUP = Place("telegram", "-1001", PlaceKind.GROUP)
PRIVATE = {"id": 7, "type": "private", "first_name": "Anna"}
OTHER_BOT = {"id": 9, "is_bot": True, "first_name": "Other"}


def update(kind: str = "message", **content: object) -> Update:
    message = {"message_id": 5, "date": 1, "chat": PRIVATE, "from": ANNA, **content}
    return Update.de_json({"update_id": 1, kind: message}, None)


def heard(kind: str = "message", **content: object) -> Received | None:
    return received(update(kind, **content), NAME)


@pytest.mark.parametrize(
    ("text", "command", "rest"),
    [
        pytest.param("/nextlab", "nextlab", "", id="bare"),
        pytest.param("/nextlab@RoundtableBot", "nextlab", "", id="addressed"),
        pytest.param("/nextlab@roundtablebot 1 May", "nextlab", "1 May", id="addressed in another case"),
        pytest.param("/start resume", "start", "resume", id="deep link"),
        pytest.param("/round\n1 May\n2 May", "round", "1 May\n2 May", id="over lines"),
        pytest.param("/NextLab", "NextLab", "", id="capitals"),
    ],
)
def test_a_command_is_used_with_what_stands_behind_it(text: str, command: str, rest: str) -> None:
    origin = Origin(7, 7, direct=True)
    assert heard(text=text) == Received(Used(PERSON, DIRECT, command, rest, hidden=True), origin)


def test_a_command_under_a_picture_counts() -> None:
    found = heard(caption="/labdone today", photo=[])
    assert found
    assert found.event == Used(PERSON, DIRECT, "labdone", "today", hidden=True)


def test_a_command_in_a_group_is_seen_by_all() -> None:
    found = heard(text="/NextLab", chat=GROUP, message_thread_id=3, is_topic_message=True)
    origin = Origin(-1001, 7, direct=False, thread_id=3, command="nextlab", command_id=5)
    assert found == Received(Used(PERSON, IN_GROUP, "NextLab", hidden=False), origin)


def test_an_ephemeral_command_is_seen_by_nobody_else() -> None:
    found = heard(text="/nextlab", chat=GROUP, message_id=0, ephemeral_message_id=4)
    origin = Origin(-1001, 7, direct=False, ephemeral_id=4)
    assert found == Received(Used(PERSON, IN_GROUP, "nextlab", hidden=True), origin)
    assert origin.can_hide


def test_a_thread_of_replies_is_no_topic() -> None:
    found = heard(text="/nextlab", chat=GROUP, message_thread_id=3)
    assert found
    assert found.origin.thread_id is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"text": "/nextlab@AnotherBot"}, id="another bot's command"),
        pytest.param({"text": "/nextlab", "from": OTHER_BOT, "chat": GROUP}, id="another bot speaks"),
        pytest.param({"text": "hello", "chat": GROUP, "sender_chat": {"id": -2, "type": "channel"}}, id="a channel"),
        pytest.param({"text": "hello", "chat": {"id": -2, "type": "channel"}}, id="in a channel"),
        pytest.param({"text": "hello", "via_bot": OTHER_BOT}, id="written by another bot's help"),
        pytest.param({"sticker": None}, id="no words"),
        pytest.param(
            {
                "text": "hi",
                "chat": GROUP,
                "forward_origin": {"type": "hidden_user", "sender_user_name": "x", "date": 1},
            },
            id="forwarded to a group",
        ),
        pytest.param(
            {"text": "hello?", "chat": GROUP, "message_id": 0, "ephemeral_message_id": 4}, id="hidden from the group"
        ),
    ],
)
def test_what_is_not_meant_for_the_bot_is_left_alone(content: dict[str, object]) -> None:
    assert heard(**content) is None


@pytest.mark.parametrize("text", ["hello", "/ nextlab", "/nextlab,please", "1/2"])
def test_plain_text_is_said(text: str) -> None:
    assert heard(text=text) == Received(Said(PERSON, DIRECT, text), Origin(7, 7, direct=True))


def test_talk_in_a_group_asks_for_nothing() -> None:
    found = heard(text="hello", chat=GROUP)
    assert found == Received(
        Said(PERSON, IN_GROUP, "hello"), Origin(-1001, 7, direct=False, asked=False, overheard_id=5)
    )


def test_a_forwarded_command_is_not_run() -> None:
    found = heard(text="/forget", forward_origin={"type": "hidden_user", "sender_user_name": "x", "date": 1})
    assert found
    assert found.event == Said(PERSON, DIRECT, "/forget")


def test_an_edited_command_is_not_run_again_and_edited_text_says_so() -> None:
    assert heard("edited_message", text="/nextlab") is None
    found = heard("edited_message", text="hello")
    assert found
    assert found.event == Said(PERSON, DIRECT, "hello", edited=True)


def test_an_anonymous_admin_is_known_as_such() -> None:
    fake_user = {"id": 1_087_968_824, "is_bot": True, "first_name": "Group"}
    found = heard(**{"text": "/nextlab", "chat": GROUP, "from": fake_user, "sender_chat": GROUP})
    assert found
    assert found.origin.anonymous
    # Telegram shows one account for all of them everywhere, so what they do must not be put down to that one.
    assert found.event == Used(Person("telegram", "-1001", "Round table"), IN_GROUP, "nextlab", hidden=False)


def press(message: dict[str, object] | None, **more: object) -> Received | None:
    query = {"id": "88", "from": ANNA, "chat_instance": "1", "message": message, "data": "d.x", **more}
    return received(Update.de_json({"update_id": 1, "callback_query": query}, None), NAME)


@pytest.mark.parametrize(
    ("message", "origin"),
    [
        pytest.param({"message_id": 5, "date": 1, "chat": PRIVATE}, {"chat_id": 7, "pressed_id": 5}, id="direct"),
        pytest.param({"message_id": 5, "date": 1, "chat": GROUP}, {"chat_id": -1001, "pressed_id": 5}, id="public"),
        pytest.param(
            {"message_id": 0, "date": 1, "chat": GROUP, "ephemeral_message_id": 4},
            {"chat_id": -1001, "ephemeral_id": 4},
            id="hidden",
        ),
        pytest.param({"message_id": 5, "date": 0, "chat": GROUP}, {"chat_id": -1001}, id="out of reach"),
    ],
)
def test_a_press_knows_its_message(message: dict[str, object], origin: dict[str, int]) -> None:
    direct = origin["chat_id"] == 7
    place = DIRECT if direct else IN_GROUP
    expected = Origin(**{"person_id": 7, "direct": direct, "query_id": "88", **origin})
    assert press(message) == Received(Pressed(PERSON, place, "d.x"), expected)


@pytest.mark.parametrize("gone", [{"message": None}, {"data": None, "game_short_name": "g"}], ids=["inline", "game"])
def test_a_press_without_message_or_data_means_nothing(gone: dict[str, object]) -> None:
    message = {"message_id": 5, "date": 1, "chat": PRIVATE}
    assert press(gone.pop("message", message), **gone) is None


def status(chat: dict[str, object], old: str, new: str) -> Update:
    bot = {"id": 1, "is_bot": True, "first_name": "Roundtable"}
    change = {"chat": chat, "from": ANNA, "date": 1}
    for name, value in (("old_chat_member", old), ("new_chat_member", new)):
        change[name] = {"status": value, "user": bot, "until_date": 0}
    return Update.de_json({"update_id": 1, "my_chat_member": change}, None)


@pytest.mark.parametrize(("old", "new", "reachable"), [("member", "kicked", False), ("kicked", "member", True)])
def test_blocking_and_unblocking_is_told(old: str, new: str, *, reachable: bool) -> None:
    found = received(status(PRIVATE, old, new), NAME)
    assert found
    assert found.event == Reachable(PERSON, reachable)
    assert added_to(status(PRIVATE, old, new)) is None


@pytest.mark.parametrize(("old", "new", "added"), [("left", "member", -1001), ("member", "left", None)])
def test_a_group_that_takes_the_bot_in_is_known(old: str, new: str, added: int | None) -> None:
    assert received(status(GROUP, old, new), NAME) is None
    assert added_to(status(GROUP, old, new)) == added
