"""Reminders: what is known about a message that was sent, or was not."""

from datetime import timedelta

import pytest

from bot.chat.people import Person, Place, PlaceKind, Reader
from bot.chat.replies import Attachment, Button, Reply, say
from bot.errors import Blocked, DeliveryError, Gone, RateLimited, Refused, Unknown, Unreachable
from fakes.telegram import (
    BOT_NAME,
    FakeTelegram,
    Fault,
    Group,
    User,
    blocked,
    dropped_after_delivery,
    dropped_before_delivery,
    migrated,
    rate_limited,
    server_error,
    unauthorized,
)
from unit.adapters.telegram.rig import READ_ON, VOTE, Rig, plain

REMINDER = Reply((say("form.as_is", text="A check is due"),), buttons=((Button(say("form.as_is", text="Done"), "d"),),))
FILE = Attachment("dates.ics", "text/calendar", b"x")


async def remind(rig: Rig, user: User, reply: Reply = REMINDER) -> str:
    person = Person("telegram", str(user.id), "Anna")
    return await rig.adapter.messenger.send(person, reply, Reader(), once="r1")


async def test_a_reminder_needs_no_running_adapter(telegram: FakeTelegram, anna: User) -> None:
    sent = await remind(rig := Rig(telegram), anna)
    async with rig.running():
        (shown,) = anna.sees
    assert (sent, shown.text, shown.buttons[0][0][0]) == (str(shown.message_id), "A check is due", "Done")


async def test_its_buttons_work(rig: Rig, anna: User) -> None:
    await remind(rig, anna, Reply(REMINDER.lines, buttons=((Button(say("form.as_is", text="Done"), "again"),),)))
    await anna.presses("Done")
    assert await anna.waits_for("Once more")


@pytest.mark.parametrize(
    ("fault", "error", "arrives"),
    [
        pytest.param(rate_limited(300), RateLimited, False, id="rate limited"),
        pytest.param(blocked(), Blocked, False, id="blocked"),
        pytest.param(server_error(500), Unreachable, False, id="500"),
        pytest.param(server_error(502, html=True), Unreachable, False, id="502 as a page"),
        pytest.param(server_error(503), Unreachable, False, id="503"),
        pytest.param(server_error(504, html=True), Unknown, False, id="504"),
        pytest.param(dropped_before_delivery(), Unknown, False, id="dropped before delivery"),
        pytest.param(dropped_after_delivery(), Unknown, True, id="dropped after delivery"),
        pytest.param(migrated(-9), Unreachable, False, id="as if a person could move"),
        pytest.param(unauthorized(), Refused, False, id="token withdrawn"),
    ],
)
async def test_a_failure_says_whether_it_may_have_arrived(
    rig: Rig, anna: User, fault: Fault, error: type[DeliveryError], *, arrives: bool
) -> None:
    rig.server.fail_next("sendMessage", 2, kind=fault)
    with pytest.raises(DeliveryError) as failure:
        await remind(rig, anna)
    assert type(failure.value) is error
    assert bool(anna.sees) == arrives
    assert len(rig.server.sent("sendMessage")) == 1


async def test_a_limit_is_handed_on_at_once_with_its_time(rig: Rig, anna: User) -> None:
    rig.server.fail_next("sendMessage", kind=rate_limited(300))
    with pytest.raises(RateLimited) as limit:
        await remind(rig, anna)
    assert limit.value.retry_after == timedelta(seconds=300)


async def test_a_read_that_takes_too_long_leaves_it_unknown(telegram: FakeTelegram, anna: User) -> None:
    async with Rig(telegram, answered_within=timedelta(seconds=0.2)).running() as rig:
        telegram.fail_next("sendMessage", kind=Fault(seconds=0.4))
        with pytest.raises(Unknown):
            await remind(rig, anna)
        assert await anna.waits_for("A check is due")


async def test_a_server_that_is_not_there_was_surely_not_reached(telegram: FakeTelegram, anna: User) -> None:
    async with Rig(telegram).running() as rig:
        await telegram.__aexit__(None, None, None)
        with pytest.raises(Unreachable):
            await remind(rig, anna)


@pytest.mark.parametrize("user_id", [12, 99], ids=["never started", "unknown"])
async def test_nobody_is_written_to_who_never_came(rig: Rig, user_id: int) -> None:
    user = rig.server.user(user_id, "Ben")
    if user_id == 99:
        del rig.server.world.chats[99]
    with pytest.raises(Blocked):
        await remind(rig, user)


@pytest.mark.parametrize(
    ("fault", "error"),
    [(rate_limited(60), Unknown), (unauthorized(), Unknown), (blocked(), Blocked)],
    ids=["limited", "refused", "blocked"],
)
async def test_what_has_arrived_in_part_is_never_called_undelivered(
    rig: Rig, anna: User, fault: Fault, error: type[DeliveryError]
) -> None:
    rig.server.fail_next("sendDocument", kind=fault)
    long = Reply((say("form.as_is", text="x" * 2000),), files=(FILE,))
    with pytest.raises(error):
        await remind(rig, anna, long)
    assert len(anna.sees) == 1


async def test_after_the_end_nothing_is_sent(telegram: FakeTelegram, anna: User) -> None:
    async with Rig(telegram).running() as rig:
        pass
    with pytest.raises(Unreachable):
        await remind(rig, anna)
    assert not anna.sees


async def test_nothing_for_one_person_is_sent_to_a_group_under_whose_id_they_wrote(
    rig: Rig, anna: User, group: Group
) -> None:
    with pytest.raises(Blocked):
        await rig.adapter.messenger.send(
            Person("telegram", str(group.id), "Round table"), REMINDER, Reader(), once="r1"
        )
    await anna.says("/start")
    await rig.settle()
    assert not group.messages


NOTICE = Reply((plain("To everybody"),), private=False, buttons=((VOTE, READ_ON),))


async def post(rig: Rig, group_id: int) -> None:
    await rig.adapter.messenger.post(Place("telegram", str(group_id), PlaceKind.GROUP), NOTICE, Reader())


async def test_a_notice_in_a_group_has_buttons_for_anyone(rig: Rig, anna: User, ben: User, group: Group) -> None:
    ben.person.started = True
    await post(rig, group.id)
    (notice,) = group.messages
    (vote, read_on) = notice.buttons[0]
    assert (notice.text, vote[0]) == ("To everybody", "Helpful")
    link = rig.dispatcher.tokens.sign_link("help-day-length", "telegram")
    assert read_on == ("Read on", f"https://t.me/{BOT_NAME}?start={link}")
    for user, name in ((anna, "Anna"), (ben, "Ben")):
        await user.presses("Helpful", notice)
        assert (await user.waits_for(f"Thank you, {name}")).chat is user.chat
    assert group.public_text() == notice.shown()


async def test_before_the_bot_is_connected_a_link_is_a_button_that_works(
    telegram: FakeTelegram, anna: User, group: Group
) -> None:
    await post(rig := Rig(telegram), group.id)
    async with rig.running():
        await anna.presses("Read on")
        assert await anna.waits_for("Thank you, Anna")


async def test_a_notice_follows_a_group_that_moved(rig: Rig, anna: User) -> None:
    old = rig.server.group(-5, "Round table", anna)
    await old.migrate(to=-1005)
    rig.server.world.updates.clear()  # the bot was not there to hear of it
    await post(rig, -5)
    assert "To everybody" in [message.text for message in old.messages if message.chat.id == -1005]
    await post(rig, -5)
    await rig.adapter.lanes.idle()
    (moved,) = rig.memory.listening.moves
    assert (moved.place.id, moved.to.id) == ("-5", "-1005")


async def test_a_notice_in_a_group_that_threw_the_bot_out_says_so(rig: Rig, group: Group) -> None:
    group.chat.bot_status = "kicked"
    with pytest.raises(Gone):
        await post(rig, group.id)
    with pytest.raises(Gone):
        await post(rig, -9999)


async def edit(rig: Rig, group: Group, message_id: str) -> None:
    place = Place("telegram", str(group.id), PlaceKind.GROUP)
    await rig.adapter.messenger.edit(place, message_id, Reply((plain("Changed"),), private=False), Reader())


async def test_a_notice_where_the_bot_may_no_longer_write_says_so(rig: Rig, group: Group) -> None:
    group.chat.bot_may_write = False
    with pytest.raises(Gone):
        await post(rig, group.id)


async def test_a_notice_in_a_topic_that_was_closed_says_so(rig: Rig, anna: User) -> None:
    forum = rig.server.group(-1002, "Forum", anna, forum=True)
    await anna.says("hello", to=forum, topic=7)
    forum.chat.closed_topics.add(7)
    place = Place("telegram", "-1002", PlaceKind.GROUP, topic="7")
    with pytest.raises(Gone):
        await rig.adapter.messenger.post(place, NOTICE, Reader())


async def test_an_answer_stands_alone_where_telegram_no_longer_finds_what_it_answers(rig: Rig, group: Group) -> None:
    refusal = '{"ok": false, "error_code": 400, "description": "Bad Request: message to be replied not found"}'
    rig.server.fail_next("sendMessage", kind=Fault(400, refusal))
    place = Place("telegram", str(group.id), PlaceKind.GROUP)
    sent = await rig.adapter.messenger.post(place, NOTICE, Reader(), answering="77")
    (shown,) = group.messages
    assert (sent, shown.reply_to, shown.silent) == (str(shown.message_id), None, True)


async def test_a_card_of_a_group_that_moved_or_threw_the_bot_out_is_gone(rig: Rig, anna: User) -> None:
    old = rig.server.group(-5, "Round table", anna)
    await post(rig, old.id)
    (card,) = old.messages
    before = Group(rig.server.world, old.chat)
    await edit(rig, before, str(card.message_id))
    assert card.text == "Changed"
    await old.migrate(to=-1005)
    with pytest.raises(Gone):
        await edit(rig, before, str(card.message_id))
    old.chat.bot_status = "kicked"
    with pytest.raises(Gone):
        await edit(rig, old, "1")


@pytest.mark.parametrize(
    ("fault", "error"), [(rate_limited(60), RateLimited), (server_error(), Unreachable), (unauthorized(), Refused)]
)
async def test_a_change_that_failed_says_how(rig: Rig, group: Group, fault: Fault, error: type[DeliveryError]) -> None:
    await post(rig, group.id)
    rig.server.fail_next("editMessageText", kind=fault)
    with pytest.raises(error):
        await edit(rig, group, str(group.messages[0].message_id))
