"""The adapter in talk with Telegram: start, menus, answers, presses, groups."""

import asyncio
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters.telegram.client import TelegramAdapter, build_bot
from bot.chat.people import Person, Place, PlaceKind, Reader
from bot.chat.replies import Reply
from bot.errors import Refused, SettingsError
from fakes.telegram import (
    BOT_ID,
    BOT_NAME,
    FakeTelegram,
    Fault,
    Group,
    User,
    blocked,
    dropped_before_delivery,
    rate_limited,
    server_error,
    unauthorized,
)
from unit.adapters.telegram.rig import READ_ON, VOTE, Rig, plain

SECRET = "lymphocytes"
CONFORMANCE = Path(__file__).parents[5] / "shared" / "conformance" / "wire_check.py"


# Start and end


async def test_what_the_bot_listens_to_is_named(rig: Rig) -> None:
    assert rig.server.allowed_updates == [
        "message",
        "edited_message",
        "callback_query",
        "inline_query",
        "my_chat_member",
    ]


async def test_commands_are_ephemeral_in_groups_alone(rig: Rig) -> None:
    in_groups = {each["command"]: each.get("is_ephemeral", False) for each in rig.server.commands("all_group_chats")}
    assert set(in_groups.values()) == {True}
    for scope in ("default", "all_private_chats"):
        assert not [each for each in rig.server.commands(scope) if "is_ephemeral" in each]
        assert [each["command"] for each in rig.server.commands(scope)] == list(in_groups)


async def test_commands_for_moderators_are_shown_to_administrators_alone(rig: Rig) -> None:
    in_groups = rig.server.commands("all_group_chats")
    for_administrators = rig.server.commands("all_chat_administrators")
    assert for_administrators[: len(in_groups)] == in_groups
    (more,) = for_administrators[len(in_groups) :]
    assert (more["command"], more["is_ephemeral"]) == ("settings", True)
    for scope in ("default", "all_private_chats", "all_group_chats"):
        assert "settings" not in [each["command"] for each in rig.server.commands(scope)]
    german = rig.server.commands("all_chat_administrators", "de")
    assert [each["command"] for each in german] == [each["command"] for each in for_administrators]


async def test_a_command_that_is_gone_leaves_every_menu(telegram: FakeTelegram) -> None:
    async with Rig(telegram).running():
        before = dict(telegram.world.commands)
    async with Rig(telegram).running():
        assert telegram.world.commands == before
    changed = Rig(telegram)
    del changed.dispatcher.commands["settings"]
    async with changed.running():
        assert telegram.world.commands.keys() == before.keys()
        assert telegram.commands("all_chat_administrators") == telegram.commands("all_group_chats")


async def test_each_language_has_its_menu(rig: Rig) -> None:
    (german,) = [each for each in rig.server.commands("all_private_chats", "de") if each["command"] == "nextlab"]
    assert german["description"] == "Die nächste Kontrolle"
    assert {("description", ""), ("description", "de"), ("short_description", "")} <= rig.server.profile.keys()


async def test_menus_that_telegram_refuses_do_not_stop_the_bot(telegram: FakeTelegram, anna: User) -> None:
    telegram.fail_next("setMyCommands", kind=server_error())
    async with Rig(telegram).running():
        await anna.says("/start")
        assert await anna.waits_for("Welcome")


@pytest.mark.parametrize("token", ["", "4242424242:WRONG", "no token"])
async def test_a_token_that_is_refused_is_told_in_plain_words(telegram: FakeTelegram, token: str) -> None:
    with pytest.raises(SettingsError, match="TELEGRAM_TOKEN") as refusal:
        async with asyncio.timeout(5):
            await TelegramAdapter(token, telegram.base_url.removesuffix("/bot"), Rig(telegram).dispatcher).run()
    assert refusal.value.__cause__ is None
    assert not token or token not in str(refusal.value)


async def test_another_program_that_receives_is_told_once_and_waited_for(telegram: FakeTelegram, anna: User) -> None:
    conflict = Fault(409, '{"ok": false, "error_code": 409, "description": "Conflict: terminated by other getUpdates"}')
    telegram.fail_next("getUpdates", 2, kind=conflict)
    with capture_logs() as logs:
        async with Rig(telegram).running() as rig:
            await anna.says("/start")
            assert await anna.waits_for("Welcome")
            assert not rig.task.done()
    (told,) = [each for each in logs if each["log_level"] == "error"]
    assert "same Telegram token" in told["what_to_do"]


async def test_a_refusal_that_is_not_telegram_s_is_no_refused_token(telegram: FakeTelegram, anna: User) -> None:
    telegram.fail_next("getMe", kind=Fault(404, "<html><body>Not Found</body></html>", "text/html"))
    async with Rig(telegram).running():
        await anna.says("/start")
        assert await anna.waits_for("Welcome")


async def test_what_is_sent_after_the_end_waits_for_the_operator(telegram: FakeTelegram, anna: User) -> None:
    adapter = Rig(telegram).adapter
    telegram.fail_next("getMe", kind=unauthorized())
    with pytest.raises(SettingsError):
        await adapter.run()
    person = Person("telegram", str(anna.id), "Anna")
    with pytest.raises(Refused, match="closed"):
        await adapter.messenger.send(person, Reply((plain("A check is due"),)), Reader(), once="r1")


async def test_a_network_that_is_down_at_the_start_is_waited_for(telegram: FakeTelegram, anna: User) -> None:
    telegram.fail_next("getMe", kind=dropped_before_delivery())
    with capture_logs() as logs:
        async with Rig(telegram).running():
            await anna.says("/start")
            assert await anna.waits_for("Welcome")
    assert {
        "event": "telegram_not_reached",
        "error": "NetworkError",
        "pause_seconds": 1.0,
        "log_level": "warning",
    } in logs


@pytest.mark.parametrize(
    "fault", [server_error(), rate_limited(1), dropped_before_delivery()], ids=["5xx", "429", "drop"]
)
async def test_a_poll_that_fails_is_made_again(rig: Rig, anna: User, fault: Fault) -> None:
    rig.server.fail_next("getUpdates", kind=fault)
    await anna.says("/start")
    assert await anna.waits_for("Welcome")
    await anna.says("/help twice")
    assert await anna.waits_for("twice")


async def test_what_was_received_is_not_heard_again_after_a_restart(telegram: FakeTelegram, anna: User) -> None:
    async with Rig(telegram).running():
        await anna.says("/start")
        await anna.waits_for("Welcome")
    seen = len(anna.sees)
    assert not telegram.world.updates
    async with Rig(telegram).running() as again:
        await anna.says("/help new")
        await again.settle()
    assert len(anna.sees) == seen + 2


async def test_people_do_not_wait_for_each_other_and_each_is_answered_in_order(rig: Rig, anna: User, ben: User) -> None:
    await anna.says("/help slow")
    await anna.says("/help second")
    await ben.says("/help ben")
    await ben.waits_for("ben")
    assert rig.memory.said == ["ben"]
    rig.memory.slow.set()
    await rig.settle()
    assert rig.memory.said == ["ben", "slow", "second"]


async def test_logs_hold_no_words_names_or_numbers(telegram: FakeTelegram, anna: User, group: Group) -> None:
    with capture_logs() as logs:
        async with Rig(telegram).running() as rig:
            telegram.fail_next("sendMessage", 3, kind=blocked())
            await anna.says("/labdone my 3 May", to=group)
            await rig.settle()
    told = json.dumps(logs, default=str)
    assert "private_answer_failed" in told
    for kept in (SECRET, "3 May", "Anna", str(group.id), telegram.token):
        assert kept not in told


def test_the_librarys_own_records_are_off() -> None:
    build_bot("1:x", "http://127.0.0.1")
    assert not any(logging.getLogger(name).isEnabledFor(logging.CRITICAL) for name in ("telegram", "httpx", "httpcore"))


# The direct chat


async def test_text_behind_a_command_reaches_it(rig: Rig, anna: User) -> None:
    await anna.says("/help <b>1 May</b> & more")
    assert (await anna.waits_for("1 May")).text == "<b>1 May</b> & more"
    assert rig.memory.said == ["<b>1 May</b> & more"]


async def test_no_preview_is_made_of_an_address(rig: Rig, anna: User) -> None:
    await anna.says("/help https://example.org")
    assert (await anna.waits_for("example")).extra["link_preview_options"] == {"is_disabled": True}
    assert rig.memory.said


async def test_nothing_of_a_long_answer_is_lost(rig: Rig, anna: User) -> None:
    await anna.says("/labs")
    await rig.settle()
    sent = [message for message in anna.sees if message.is_from_bot]
    first, second, calendar, picture = sent
    assert f"{first.text} {second.text}".split() == [*"x" * 3000, SECRET]
    assert (first.buttons, [label for label, _ in second.buttons[0]]) == ([], ["Again"])
    assert (calendar.file_name, picture.file) == ("dates.ics", b"\x89PNG")


async def test_a_pressed_message_becomes_the_answer(rig: Rig, anna: User) -> None:
    await anna.says("/nextlab")
    shown = await anna.waits_for(SECRET)
    press = await anna.presses("Again")
    assert await anna.waits_for_toast(press) == ""
    assert shown.text == f"Once more {SECRET}"
    again = await anna.presses("Again")
    assert await anna.waits_for_toast(again) == ""
    assert [message for message in anna.sees if message.is_from_bot] == [shown]
    assert rig.server.world.refusals[-1].startswith("editMessageText: Bad Request: message is not modified")


async def test_a_fresh_answer_leaves_the_pressed_message(rig: Rig, anna: User) -> None:
    shown = rig.shows(anna, "anew")
    await anna.presses("Go", shown)
    assert await anna.waits_for("Anew") is not shown
    assert shown.text == "Earlier"


async def test_what_cannot_be_edited_is_sent_anew(rig: Rig, anna: User) -> None:
    shown = rig.shows(anna, "again")
    shown.deleted = True
    await anna.press_data(shown, rig.token("again", anna))
    assert (await anna.waits_for(SECRET)).is_from_bot
    picture = rig.shows(anna, "again")
    picture.media = {"photo": []}
    await anna.presses("Go", picture)
    assert await anna.waits_for(SECRET) is not picture


async def test_a_refused_press_is_told_in_a_notice(rig: Rig, anna: User) -> None:
    press = await anna.presses("Go", rig.shows(anna, "bad"))
    assert await anna.waits_for_toast(press) == f"No such day {SECRET}"
    assert press.is_alert
    assert len(anna.sees) == 1


async def test_a_press_that_means_nothing_stops_spinning(rig: Rig, anna: User) -> None:
    shown = rig.shows(anna, "again")
    press = await anna.presses("Go", shown)
    query = {"id": "1", "from": anna.person.wire(), "chat_instance": "1", "data": "x"}
    assert await anna.waits_for_toast(press) == ""
    rig.server.push("callback_query", query)
    await rig.settle()
    assert rig.server.sent("answerCallbackQuery")[-1]["callback_query_id"] == "1"


async def test_a_short_wait_is_waited(rig: Rig, anna: User) -> None:
    rig.server.fail_next("sendMessage", kind=rate_limited(1))
    await anna.says("/start")
    assert await anna.waits_for("Welcome")


async def test_an_edited_command_is_not_run_again(rig: Rig, anna: User) -> None:
    said = await anna.says("/help once")
    await anna.waits_for("once")
    await anna.edits(said, "/help twice")
    await rig.settle()
    assert rig.memory.said == ["once"]


async def test_an_update_that_cannot_be_handled_stops_no_other(rig: Rig, anna: User) -> None:
    with capture_logs() as logs:
        press = await anna.press_data(rig.shows(anna, "again"), rig.token("wrong", anna))
        assert await anna.waits_for_toast(press)
        await anna.says("/start")
        assert await anna.waits_for("Welcome")
    assert "update_failed" not in json.dumps(logs)


# Groups


async def test_somebody_elses_press_is_refused_to_them_alone(rig: Rig, anna: User, ben: User, group: Group) -> None:
    shown = rig.shows(anna, "again", group)
    press = await ben.presses("Go", shown)
    assert await ben.waits_for_toast(press)
    assert press.is_alert
    assert [message.text for message in group.messages] == ["Earlier"]


async def test_an_answer_for_all_replies_in_the_same_topic(rig: Rig, anna: User) -> None:
    forum = rig.server.group(-1002, "Forum", anna, forum=True)
    asked = await anna.says("/forget", to=forum, topic=7)
    answer = await anna.waits_for("Who comes?")
    assert (answer.thread_id, answer.reply_to, answer.chat) == (7, asked, forum.chat)


@pytest.mark.usefixtures("rig")
async def test_a_question_is_asked_in_the_direct_chat_and_the_link_goes_on_with_it(ben: User, group: Group) -> None:
    await ben.says("/round", to=group)
    hint = await ben.waits_for("I answer only in private.")
    assert hint.buttons == [[("Open our private chat", f"https://t.me/{BOT_NAME}?start=resume")]]
    await ben.says("/start resume")
    assert await ben.waits_for("Which day?")
    await ben.says("3 May")
    assert await ben.waits_for("Noted")
    assert [message.text for message in group.messages if message.is_from_bot] == [hint.text]


@pytest.mark.usefixtures("rig")
async def test_a_hidden_command_points_to_the_question_in_the_direct_chat(anna: User, group: Group) -> None:
    await anna.says_ephemeral("/round", group)
    question = await anna.waits_for("Which day?")
    pointer = await anna.waits_for("Let us go on in our private chat.")
    assert (question.chat, pointer.is_ephemeral) == (anna.chat, True)
    assert not group.messages


async def test_a_visible_command_is_deleted_where_the_bot_may(rig: Rig, anna: User, group: Group) -> None:
    group.chat.bot_status = "administrator"
    await anna.says("/labdone 3 May", to=group)
    assert (await anna.waits_for(SECRET)).chat is anna.chat
    await rig.settle()
    assert not group.messages


async def test_what_could_not_be_shared_is_told(rig: Rig, anna: User, group: Group) -> None:
    await anna.says_ephemeral("/countdown", group)
    rig.server.fail_next("sendMessage", kind=rate_limited(60))
    assert (await anna.waits_for("I could not post this in the group.")).is_ephemeral
    assert not group.messages


async def test_a_group_that_moved_is_followed(rig: Rig, anna: User) -> None:
    old = rig.server.group(-5, "Round table", anna)
    rig.server.fail_next("sendMessage", kind=Fault(seconds=0.2))
    await anna.says("/forget", to=old)
    await rig.server.world.until(lambda: rig.server.sent("sendMessage") or None, 5)
    await old.migrate(to=-1005)
    answer = await anna.waits_for("Who comes?")
    assert (answer.chat.id, answer.reply_to) == (-1005, None)


async def test_an_anonymous_admin_is_sent_to_the_direct_chat(rig: Rig, anna: User, group: Group) -> None:
    for text in ("/nextlab", "/somethingelse"):
        await anna.says_anonymously(text, to=group)
    hint = await anna.waits_for("I cannot answer anonymous admins")
    await rig.settle()
    assert [message for message in group.messages if message.is_from_bot] == [hint]
    assert hint.buttons[0][0][1] == f"https://t.me/{BOT_NAME}"


async def test_what_an_anonymous_admin_writes_with_a_command_reaches_the_core(
    rig: Rig, anna: User, group: Group
) -> None:
    await anna.says_anonymously("/nextlab I cannot go on", to=group)
    assert await anna.waits_for("I cannot answer anonymous admins")
    await rig.settle()
    assert [said.text for said in rig.memory.listening.commands] == ["I cannot go on"]
    assert rig.memory.said == []


async def test_who_writes_as_a_channel_is_sent_to_the_direct_chat(rig: Rig, anna: User, group: Group) -> None:
    channel = {"sender_chat": {"id": -5, "type": "channel", "title": "Annas world"}}
    for text in ("/nextlab", "/settings alone"):
        written = (await anna.says_anonymously("x", to=group)).wire()
        rig.server.push("message", {**written, **channel, "text": text, "message_id": 900})
    await rig.settle()
    assert await anna.waits_for("I cannot answer a channel in private.")
    assert [message.text[:24] for message in group.messages if message.is_from_bot] == ["I cannot answer a channe"] * 2
    assert not rig.server.sent("getChatMember")


@pytest.mark.parametrize("opened", [True, False], ids=["direct chat open", "direct chat closed"])
async def test_a_command_that_was_taken_up_before_all_stays_and_nothing_more_is_said(
    telegram: FakeTelegram, anna: User, ben: User, group: Group, *, opened: bool
) -> None:
    group.chat.bot_status = "administrator"
    person = anna if opened else ben
    async with Rig(telegram, taken_up=True).running() as rig:
        asked = await person.says("/nextlab today", to=group)
        await rig.settle()
        anonymous = await anna.says_anonymously("/nextlab today", to=group)
        await rig.settle()
    assert [message for message in person.sees if SECRET in message.text and message.is_from_bot] == [
        message for message in person.chat.messages if message.is_from_bot
    ]
    assert group.messages == [asked, anonymous]
    assert bool([message for message in person.chat.messages if message.is_from_bot]) == opened


async def test_whether_groups_are_heard_is_known_once_the_bot_runs(telegram: FakeTelegram) -> None:
    async with Rig(telegram).running() as rig:
        assert rig.adapter.capabilities.hears_groups is None
    telegram.world.can_read_all_group_messages = True
    async with Rig(telegram).running() as rig:
        assert rig.adapter.capabilities.hears_groups is True


async def test_an_anonymous_admin_moderates_as_the_group(rig: Rig, anna: User, ben: User, group: Group) -> None:
    await anna.says_anonymously("/settings", to=group)
    assert (await anna.waits_for("Set by -1001")).chat is group.chat
    await anna.says_anonymously("/settings alone", to=group)
    assert await anna.waits_for("I cannot answer anonymous admins")
    await ben.says("/settings", to=group)
    await rig.settle()
    assert group.public_text().count("Set by") == 1
    assert rig.server.sent("getChatMember") == [{"chat_id": "-1001", "user_id": "12"}]


async def test_an_administrator_moderates_under_their_own_name(rig: Rig, anna: User, group: Group) -> None:
    group.add(anna, status="administrator")
    await anna.says_ephemeral("/settings alone", group)
    assert (await anna.waits_for("Set by 11")).is_ephemeral
    await anna.says("/settings alone", to=group)
    assert (await anna.waits_for("Set by 11")).chat is anna.chat
    await rig.settle()
    assert len(rig.server.sent("getChatMember")) == 1


async def test_a_group_that_takes_the_bot_in_is_greeted_once(rig: Rig, anna: User, group: Group) -> None:
    await group.sets_bot_status("left", by=anna)
    await group.sets_bot_status("member", by=anna)
    await group.sets_bot_status("administrator", by=anna)
    await rig.settle()
    (hello,) = group.messages
    assert hello.sender["id"] == BOT_ID
    assert hello.buttons[0][0][1] == f"https://t.me/{BOT_NAME}"


async def test_an_unknown_command_in_a_group_is_left_to_other_bots(rig: Rig, anna: User, group: Group) -> None:
    await anna.says("/weather", to=group)
    await rig.settle()
    assert not [message for message in anna.sees if message.is_from_bot]


async def test_everything_sent_fits_the_specification(
    telegram: FakeTelegram, anna: User, ben: User, group: Group, tmp_path: Path
) -> None:
    if not CONFORMANCE.exists():
        pytest.skip("the specification check is not on this machine")
    async with Rig(telegram).running() as rig:
        # Before the answers, which are many: a group takes no more than 20 messages a minute.
        place = Place("telegram", str(group.id), PlaceKind.GROUP)
        await rig.adapter.messenger.post(place, Reply((plain("To all"),), buttons=((VOTE, READ_ON),)), Reader())
        for text in ("/start", "/nextlab", "/labs", "/round", "3 May"):
            await anna.says(text)
        for text in ("/nextlab", "/round", "/countdown", "/labs", "/labdone x"):
            await anna.says_ephemeral(text, group)
            await ben.says(text, to=group)
        await rig.settle()
        for message in anna.sees:
            if any(label == "Again" for row in message.buttons for label, _data in row):
                await anna.presses("Again", message)
        await anna.presses("Go", rig.shows(anna, "ask", group))
        group.add(anna, status="administrator")
        telegram.world.can_read_all_group_messages = True
        await anna.says("how long?", to=group)
        await anna.says("/settings", to=group)
        for text in ("day", "nothing of it"):
            await anna.asks_inline(text)
        await rig.settle()
    recording = str(tmp_path / "telegram.jsonl")
    check = await asyncio.create_subprocess_exec(
        sys.executable, str(CONFORMANCE), recording, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    report, _ = await check.communicate()
    assert check.returncode == 0, report.decode()
