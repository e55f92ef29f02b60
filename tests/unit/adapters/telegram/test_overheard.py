"""What people say to each other, and buttons that are for all of them."""

import json

import pytest
from structlog.testing import capture_logs

from fakes.telegram import BOT_NAME, FakeTelegram, Group, User, server_error
from unit.adapters.telegram.rig import Rig

ANSWER = "There is an answer"
SECRET = "lymphocytes"


@pytest.fixture(autouse=True)
def _reads_all(telegram: FakeTelegram) -> None:
    telegram.world.can_read_all_group_messages = True


async def test_an_answer_for_all_replies_without_a_sound(rig: Rig, anna: User, group: Group) -> None:
    asked = await anna.says("how long?", to=group)
    answer = await anna.waits_for(ANSWER)
    assert (answer.chat, answer.reply_to, answer.silent) == (group.chat, asked, True)
    (sent,) = rig.server.sent("sendMessage")
    assert json.loads(sent["reply_parameters"])["allow_sending_without_reply"] is True


async def test_it_stays_in_its_topic_and_does_without_a_message_that_is_gone(rig: Rig, anna: User) -> None:
    forum = rig.server.group(-1002, "Forum", anna, forum=True)
    asked = await anna.says("how long?", to=forum, topic=7)
    asked.deleted = True
    answer = await anna.waits_for(ANSWER)
    assert (answer.thread_id, answer.reply_to) == (7, None)


async def test_who_writes_as_the_group_is_answered_too(anna: User, group: Group, rig: Rig) -> None:
    asked = await anna.says_anonymously("how long?", to=group)
    await rig.settle()
    assert [message.reply_to for message in group.messages if message.is_from_bot] == [asked]


@pytest.mark.parametrize("text", ["mine?", "broken?", "hello"], ids=["for one", "failure", "no question"])
async def test_what_is_not_for_all_is_not_said_at_all(rig: Rig, anna: User, group: Group, text: str) -> None:
    await anna.says(text, to=group)
    await rig.settle()
    assert not [message for message in anna.sees if message.is_from_bot]


async def test_what_was_edited_or_forwarded_is_heard_as_such_and_a_bots_help_not_at_all(
    rig: Rig, anna: User, ben: User, group: Group
) -> None:
    said = await anna.says("good morning", to=group)
    await anna.edits(said, "how long?")
    await rig.settle()
    await ben.forwards(said, to=group)
    await rig.settle()
    heard = rig.memory.listening.heard_said
    assert [(each.text, each.edited, each.forwarded) for each in heard] == [
        ("good morning", False, False),
        ("how long?", True, False),
        ("how long?", False, True),
    ]
    asked = await anna.asks_inline("day", to=group)
    await anna.waits_for_offers(asked)
    posted = await anna.posts_offer(asked, "A day", to=group)
    rig.server.push("message", {**posted.wire(), "text": "how long?"})
    await rig.settle()
    assert len(heard) == 3
    assert not [message for message in group.messages if message.is_from_bot]


async def test_what_is_written_behind_another_bots_command_is_heard_and_answered_by_nobody(
    rig: Rig, anna: User, group: Group
) -> None:
    group.chat.bot_status = "administrator"
    command = await anna.says("/help once", to=group)
    await anna.waits_for("once")
    await anna.edits(command, "/help I cannot go on")
    for text in ("/weather I cannot go on", "/help@AnotherBot I cannot go on"):
        await anna.says(text, to=group)
    await rig.settle()
    assert [(each.text, each.edited) for each in rig.memory.listening.heard_said] == [
        ("/help I cannot go on", True),
        ("/weather I cannot go on", False),
        ("/help@AnotherBot I cannot go on", False),
    ]
    assert rig.memory.said == ["once"]


async def test_an_answer_that_calls_somebody_is_heard(rig: Rig, anna: User, group: Group) -> None:
    await anna.says("me?", to=group)
    await rig.settle()
    answer = await anna.waits_for(ANSWER)
    assert (answer.silent, answer.text.splitlines()[0]) == (False, "Anna")
    assert [mark["user"]["id"] for mark in answer.entities if mark["type"] == "text_mention"] == [anna.id]


async def test_a_group_that_moved_is_told_to_the_core_once(rig: Rig, anna: User) -> None:
    old = rig.server.group(-5, "Round table", anna)
    await old.migrate(to=-1005)
    await rig.settle()
    (move,) = rig.memory.listening.moves
    assert (move.place.id, move.to.id) == ("-5", "-1005")
    assert not [message for message in old.messages if message.is_from_bot]


async def test_an_answer_that_cannot_be_posted_is_let_go(rig: Rig, anna: User, group: Group) -> None:
    rig.server.fail_next("sendMessage", kind=server_error())
    with capture_logs() as logs:
        await anna.says("how long?", to=group)
        await rig.settle()
    assert [line["event"] for line in logs] == ["interjection_failed"]
    assert "how long" not in json.dumps(logs)


# Buttons for anyone


async def test_a_link_opens_the_direct_chat_where_it_brings_what_was_asked(rig: Rig, ben: User, group: Group) -> None:
    await ben.says("how long?", to=group)
    shown = await ben.waits_for(ANSWER)
    link = rig.dispatcher.tokens.sign_link("help-day-length", "telegram")
    assert shown.buttons[0][1] == ("Read on", f"https://t.me/{BOT_NAME}?start={link}")
    await ben.says(f"/start {link}")
    assert await ben.waits_for("day-length")
    assert rig.memory.said == ["day-length"]


async def test_who_has_started_the_bot_gets_their_answer_in_the_direct_chat(
    rig: Rig, anna: User, ben: User, group: Group
) -> None:
    await ben.says("how long?", to=group)
    shown = await anna.waits_for(ANSWER)
    press = await anna.presses("Helpful", shown)
    assert (await anna.waits_for("Thank you, Anna")).chat is anna.chat
    assert await anna.waits_for_toast(press) == "I have answered you in private."
    await rig.settle()
    assert [message.text for message in group.messages if message.is_from_bot] == [ANSWER]
    assert not ben.chat.messages


async def test_who_has_not_is_told_how_to_in_a_notice(rig: Rig, anna: User, ben: User, group: Group) -> None:
    await anna.says("how long?", to=group)
    shown = await ben.waits_for(ANSWER)
    press = await ben.presses("Helpful", shown)
    told = await ben.waits_for_toast(press)
    # A notice has no buttons, so it must not speak of any but the one that was pressed.
    assert told.startswith("I answer only in private.")
    assert "press this button again" in told
    assert press.is_alert
    await ben.says("/start")
    again = await ben.presses("Helpful", shown)
    assert await ben.waits_for("Thank you, Ben")
    assert await ben.waits_for_toast(again) == "I have answered you in private."
    await rig.settle()
    assert [message.text for message in group.messages if message.is_from_bot] == [ANSWER]


async def test_where_no_notice_can_be_shown_a_link_stands_in_the_group(rig: Rig, ben: User, group: Group) -> None:
    await ben.says("how long?", to=group)
    shown = await ben.waits_for(ANSWER)
    rig.server.fail_next("answerCallbackQuery", kind=server_error())
    await ben.presses("Helpful", shown)
    nudge = await ben.waits_for("Please open our chat with this button")
    assert nudge.buttons == [[("Open our private chat", f"https://t.me/{BOT_NAME}?start=resume")]]
    assert "Thank you" not in group.public_text()
