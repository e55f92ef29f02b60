"""What an update of Telegram's means to the core, and where its answer goes."""

import pytest
from telegram import Update

from adapters.telegram.translate import Origin, Received, added_to, received
from bot.chat.events import Moved, Pressed, Reachable, Said, Used
from bot.chat.people import Person, Place, PlaceKind

NAME = "RoundtableBot"
GROUP = {"id": -1001, "type": "supergroup", "title": "Round table"}
ANNA = {"id": 7, "is_bot": False, "first_name": "Anna", "last_name": "B", "language_code": "de"}
PERSON = Person("telegram", "7", "Anna B", "de")
DIRECT = Place("telegram", "7", PlaceKind.DIRECT)
IN_GROUP = Place("telegram", "-1001", PlaceKind.GROUP)
PRIVATE = {"id": 7, "type": "private", "first_name": "Anna"}
OTHER_BOT = {"id": 9, "is_bot": True, "first_name": "Other"}
CHANNEL = {"id": -2, "type": "channel", "title": "Annas world"}
NEWS = {"from": OTHER_BOT, "is_automatic_forward": True}
POLL = {
    "id": "1",
    "question": "Shall I?",
    "options": [{"text": text, "voter_count": 0, "persistent_id": text} for text in ("yes", "no")],
    "total_voter_count": 0,
    "is_closed": False,
    "is_anonymous": True,
    "type": "regular",
    "allows_multiple_answers": False,
    "allows_revoting": False,
    "members_only": False,
}
TOPIC = {"message_thread_id": 3, "is_topic_message": True}


def update(kind: str = "message", **content: object) -> Update:
    message = {"message_id": 5, "date": 1, "chat": PRIVATE, "from": ANNA, **content}
    return Update.de_json({"update_id": 1, kind: message}, None)


def heard(kind: str = "message", **content: object) -> Received | None:
    return received(update(kind, **content), NAME)


def said(**content: object) -> Said:
    found = heard(**content)
    assert found
    assert isinstance(found.event, Said)
    return found.event


def used(**content: object) -> Used:
    found = heard(**content)
    assert found
    assert isinstance(found.event, Used)
    return found.event


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
    event = Used(PERSON, IN_GROUP, "NextLab", hidden=False, id="5", link="https://t.me/c/1/3/5")
    assert found == Received(event, origin)


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
        pytest.param({"text": "/nextlab", "from": OTHER_BOT, "chat": GROUP}, id="another bot speaks"),
        pytest.param({"text": "hello", "chat": GROUP, "sender_chat": {**GROUP, "id": -2}}, id="another group"),
        pytest.param({"text": "hello", "chat": {"id": -2, "type": "channel"}}, id="in a channel"),
        pytest.param({"text": "hello", "via_bot": OTHER_BOT}, id="written by another bot's help"),
        pytest.param({"sticker": None}, id="no words"),
        pytest.param(
            {
                "text": "hi",
                "chat": GROUP,
                "sender_chat": {"id": -2, "type": "channel", "title": "News"},
                "is_automatic_forward": True,
                "forward_origin": {"type": "hidden_user", "sender_user_name": "x", "date": 1},
            },
            id="from the group's channel",
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
    assert heard(text=text) == Received(Said(PERSON, DIRECT, text, id="5"), Origin(7, 7, direct=True))


def test_talk_in_a_group_asks_for_nothing() -> None:
    found = heard(text="hello", chat=GROUP)
    assert found == Received(
        Said(PERSON, IN_GROUP, "hello", id="5", link="https://t.me/c/1/5"),
        Origin(-1001, 7, direct=False, asked=False, overheard_id=5),
    )


@pytest.mark.parametrize(
    ("chat", "more", "link"),
    [
        pytest.param(GROUP, {}, "https://t.me/c/1/5", id="supergroup"),
        pytest.param(GROUP, TOPIC, "https://t.me/c/1/3/5", id="topic"),
        pytest.param({**GROUP, "username": "table"}, {}, "https://t.me/table/5", id="public"),
        pytest.param({**GROUP, "username": "table"}, TOPIC, "https://t.me/table/3/5", id="topic of a public one"),
        pytest.param({"id": -5, "type": "group", "title": "Small"}, {}, "", id="small group"),
    ],
)
def test_a_link_opens_what_was_said(chat: dict[str, object], more: dict[str, object], link: str) -> None:
    found = said(text="hello", chat=chat, **more)
    assert (found.link, found.place.topic) == (link, "3" if more else "")


ASKED = {"message_id": 4, "date": 1, "chat": GROUP, "from": {**ANNA, "id": 8, "first_name": "Ben"}}


@pytest.mark.parametrize(
    ("content", "author", "text"),
    [
        pytest.param({"text": "so"}, "8", "so", id="text"),
        pytest.param({"caption": "so", "photo": []}, "8", "so", id="caption"),
        pytest.param({"text": "so", "from": OTHER_BOT}, None, "so", id="a bot's"),
        pytest.param({"text": "so", "via_bot": OTHER_BOT}, None, "so", id="by a bot's help"),
        pytest.param({"text": "so", "sender_chat": CHANNEL, "from": OTHER_BOT}, "-2", "so", id="as a channel"),
        pytest.param({"text": "so", "sender_chat": CHANNEL, **NEWS}, None, "so", id="the group's channel's"),
        pytest.param({"poll": POLL}, "8", "Shall I?\nyes\nno", id="poll"),
        pytest.param({"text": "so", "sender_chat": GROUP, "from": OTHER_BOT}, "-1001", "so", id="as the group"),
    ],
)
def test_an_answer_tells_what_it_answers(content: dict[str, object], author: str | None, text: str) -> None:
    reply = {"chat": GROUP, "reply_to_message": {**ASKED, **content}}
    answers, about = said(text="hello", **reply).answers, used(text="/flag spam", **reply).about
    assert answers == about
    assert answers is not None
    assert (answers.id, answers.text, answers.link) == ("4", text, "https://t.me/c/1/4")
    assert (answers.author.id if answers.author else None) == author


def test_what_starts_a_topic_is_answered_by_nobody() -> None:
    start = {**ASKED, "message_id": 3, "forum_topic_created": {"name": "Days", "icon_color": 1}}
    assert said(text="hello", chat=GROUP, reply_to_message=start, **TOPIC).answers is None


def test_what_is_forwarded_to_a_group_is_heard_as_such() -> None:
    found = said(text="/flag", chat=GROUP, forward_origin={"type": "hidden_user", "sender_user_name": "x", "date": 1})
    assert (found.text, found.forwarded) == ("/flag", True)


BEN = {**ANNA, "id": 8}


@pytest.mark.parametrize(
    ("origin", "more", "forwarded"),
    [
        pytest.param({"type": "user", "sender_user": ANNA}, {}, False, id="their own"),
        pytest.param({"type": "user", "sender_user": BEN}, {}, True, id="somebody else's"),
        pytest.param({"type": "user", "sender_user": ANNA}, {"sender_chat": GROUP}, True, id="by a group"),
        pytest.param({"type": "chat", "sender_chat": GROUP}, {"sender_chat": GROUP}, False, id="a group's own"),
        pytest.param({"type": "chat", "sender_chat": GROUP}, {}, True, id="a group's"),
        pytest.param(
            {"type": "channel", "chat": CHANNEL, "message_id": 1}, {"sender_chat": CHANNEL}, False, id="a channel's own"
        ),
        pytest.param({"type": "channel", "chat": CHANNEL, "message_id": 1}, {}, True, id="a channel's"),
    ],
)
def test_what_somebody_said_elsewhere_stays_their_own(
    origin: dict[str, object], more: dict[str, object], *, forwarded: bool
) -> None:
    found = said(text="/flag me", chat=GROUP, forward_origin={"date": 1, **origin}, **more)
    assert (found.text, found.forwarded) == ("/flag me", forwarded)


@pytest.mark.parametrize(
    "content",
    [
        {"chat": {"id": -5, "type": "group", "title": "Small"}, "migrate_to_chat_id": -1005},
        {"chat": {**GROUP, "id": -1005}, "migrate_from_chat_id": -5},
    ],
    ids=["told in the old one", "told in the new one"],
)
def test_a_group_that_goes_on_elsewhere_is_followed(content: dict[str, object]) -> None:
    found = heard(**content)
    assert found
    old, new = (Place("telegram", chat_id, PlaceKind.GROUP) for chat_id in ("-5", "-1005"))
    assert found.event == Moved(Person("telegram", "-1005", ""), old, new)


def test_a_forwarded_command_is_not_run() -> None:
    found = heard(text="/forget", forward_origin={"type": "hidden_user", "sender_user_name": "x", "date": 1})
    assert found
    assert found.event == Said(PERSON, DIRECT, "/forget", id="5", forwarded=True)


@pytest.mark.parametrize("text", ["hello", "/nextlab I cannot go on"], ids=["text", "command"])
def test_what_was_edited_is_said_and_run_by_nobody(text: str) -> None:
    found = heard("edited_message", text=text)
    assert found
    assert found.event == Said(PERSON, DIRECT, text, edited=True, id="5")


@pytest.mark.parametrize("chat", [PRIVATE, GROUP], ids=["direct", "group"])
def test_what_is_written_to_another_bot_is_said(chat: dict[str, object]) -> None:
    found = said(text="/ask@AnotherBot I cannot go on", chat=chat)
    assert (found.text, found.edited) == ("/ask@AnotherBot I cannot go on", False)


def test_what_no_command_of_ours_is_called_is_said_in_a_group_and_asked_for_in_the_direct_chat() -> None:
    for chat, event in ((GROUP, Said), (PRIVATE, Used)):
        found = received(update(text="/weather today", chat=chat), NAME, {"nextlab"}.__contains__)
        assert found
        assert isinstance(found.event, event)
    hidden = update(text="/weather", chat=GROUP, message_id=0, ephemeral_message_id=4)
    found = received(hidden, NAME, {"nextlab"}.__contains__)
    assert found
    assert isinstance(found.event, Used)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param({"poll": POLL}, "Shall I?\nyes\nno", id="poll"),
        pytest.param({"poll": {**POLL, "question": "/nextlab I"}}, "/nextlab I\nyes\nno", id="poll like a command"),
        pytest.param({"forum_topic_created": {"name": "I give up", "icon_color": 1}}, "I give up", id="new topic"),
        pytest.param({"forum_topic_edited": {"name": "I give up"}}, "I give up", id="topic of a new name"),
    ],
)
def test_what_has_no_text_of_its_own_is_said_too(content: dict[str, object], text: str) -> None:
    assert said(chat=GROUP, **TOPIC, **content).text == text


def test_a_topic_that_only_looks_different_says_nothing() -> None:
    assert heard(chat=GROUP, **TOPIC, forum_topic_edited={"icon_custom_emoji_id": "1"}) is None


def test_an_anonymous_admin_is_known_as_such() -> None:
    fake_user = {"id": 1_087_968_824, "is_bot": True, "first_name": "Group"}
    found = heard(**{"text": "/nextlab", "chat": GROUP, "from": fake_user, "sender_chat": GROUP})
    assert found
    assert found.origin.anonymous
    # Telegram shows one account for all of them everywhere, so what they do must not be put down to that one.
    group = Person("telegram", "-1001", "Round table")
    link = "https://t.me/c/1/5"
    assert found.event == Used(group, IN_GROUP, "nextlab", hidden=False, id="5", link=link)
    assert (found.event.person.shared, found.origin.as_channel, PERSON.shared) == (True, False, False)


@pytest.mark.parametrize("text", ["hello", "/nextlab"], ids=["text", "command"])
def test_who_writes_as_a_channel_is_heard_as_that_channel(text: str) -> None:
    fake_user = {"id": 136_817_688, "is_bot": True, "first_name": "Channel"}
    found = heard(**{"text": text, "chat": GROUP, "from": fake_user, "sender_chat": CHANNEL})
    assert found
    assert (found.event.person, found.event.person.shared) == (Person("telegram", "-2", "Annas world"), True)
    assert (found.origin.anonymous, found.origin.as_channel) == (True, True)


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
