"""The fake Telegram, driven over its socket by python-telegram-bot itself."""

import asyncio
import importlib.util
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from aiohttp import ClientSession
from hypothesis import given
from hypothesis import strategies as st
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllGroupChats,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    InputTextMessageContent,
    Message,
    ReplyParameters,
    Update,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TimedOut,
)
from telegram.ext import Application, ApplicationBuilder, CallbackQueryHandler, InlineQueryHandler, MessageHandler
from telegram.ext import ContextTypes as Context
from telegram.helpers import escape

from fakes.telegram import (
    BOT_NAME,
    FakeTelegram,
    Fault,
    Group,
    User,
    blocked,
    dropped_after_delivery,
    dropped_before_delivery,
    hangs,
    migrated,
    rate_limited,
    server_error,
    unauthorized,
)
from fakes.telegram_html import parse_html

SHARED = Path(__file__).parents[4] / "shared"
GROUP = -1001
DONE = InlineKeyboardMarkup([[InlineKeyboardButton("✅ Done", callback_data="done:7")]])


@pytest.fixture(autouse=True)
def _durations_are_timedeltas(monkeypatch: pytest.MonkeyPatch) -> None:
    # python-telegram-bot 22.8 warns of bare seconds in RetryAfter unless it is told so.
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def telegram(tmp_path: Path) -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram(record_to=tmp_path / "telegram.jsonl") as server:
        yield server


@pytest.fixture
async def bot(telegram: FakeTelegram) -> AsyncIterator[Bot]:
    async with Bot(telegram.token, base_url=telegram.base_url, base_file_url=telegram.base_file_url) as connected:
        yield connected


@pytest.fixture
def anna(telegram: FakeTelegram) -> User:
    return telegram.user(11, "Anna", username="anna", started=True)


@pytest.fixture
def ben(telegram: FakeTelegram) -> User:
    return telegram.user(12, "Ben", language_code="de")


@pytest.fixture
def group(telegram: FakeTelegram, anna: User, ben: User) -> Group:
    return telegram.group(GROUP, "Round table", anna, ben)


async def echo(update: Update, _context: Context.DEFAULT_TYPE) -> None:
    message = update.effective_message
    assert message
    ephemeral_id = message.api_kwargs.get("ephemeral_message_id")
    if ephemeral_id is None:
        await message.reply_html(f"You said <b>{escape(message.text or 'nothing')}</b>", reply_markup=DONE)
        return
    assert message.from_user
    # python-telegram-bot 22.8 knows Bot API 10.0, so what came later travels beside its own arguments.
    answer = {
        "ephemeral_message_parameters": {"receiver_user_id": message.from_user.id},
        "reply_parameters": {"ephemeral_message_id": ephemeral_id},
    }
    await message.get_bot().send_message(message.chat_id, "Only for you", reply_markup=DONE, api_kwargs=answer)


async def pressed(update: Update, _context: Context.DEFAULT_TYPE) -> None:
    query = update.callback_query
    assert query
    await query.answer(f"Noted {query.data}", show_alert=True)
    if query.message and query.message.message_id:
        await query.edit_message_text("Done it is")


async def found(update: Update, _context: Context.DEFAULT_TYPE) -> None:
    assert update.inline_query
    words = InputTextMessageContent("Blood is drawn every month.")
    await update.inline_query.answer([InlineQueryResultArticle("1", "Lab checks", words)])


@asynccontextmanager
async def polling(telegram: FakeTelegram) -> AsyncIterator[Application]:
    app = ApplicationBuilder().token(telegram.token).base_url(telegram.base_url).build()
    app.add_handler(CallbackQueryHandler(pressed))
    app.add_handler(InlineQueryHandler(found))
    app.add_handler(MessageHandler(None, echo))
    async with app:
        assert app.updater
        await app.updater.start_polling(timeout=2, allowed_updates=Update.ALL_TYPES)
        await app.start()
        yield app
        await app.updater.stop()
        await app.stop()


async def test_a_dialogue_runs_through_commands_buttons_and_edits(telegram: FakeTelegram) -> None:
    carla = telegram.user(13, "Carla")
    async with polling(telegram):
        await carla.says("/nextlab please")
        reply = await carla.waits_for("You said")
        assert reply.text == "You said /nextlab please"
        assert reply.html == "You said <b>/nextlab please</b>"
        assert reply.entities == [{"type": "bold", "offset": 9, "length": 15}]
        assert reply.buttons == [[("✅ Done", "done:7")]]

        press = await carla.presses("Done")
        assert await carla.waits_for_toast(press) == "Noted done:7"
        assert press.is_alert
        assert carla.toasts == ["Noted done:7"]
        edited = await carla.waits_for("Done it is")
        assert edited is reply
        assert edited.edited
        assert not edited.buttons
        with pytest.raises(AssertionError, match="sees no button 'Done'"):
            await carla.presses("Done")
    assert not telegram.unknown


async def test_an_ephemeral_command_and_its_answer_stay_between_two(
    telegram: FakeTelegram, anna: User, ben: User, group: Group
) -> None:
    async with polling(telegram):
        await anna.says_ephemeral("/nextlab", to=group)
        answer = await anna.waits_for("Only for you")
        assert answer.is_ephemeral
        assert not ben.sees
        assert not group.messages
        assert group.public_text() == ""
        press = await anna.presses("Done")
        assert await anna.waits_for_toast(press) == "Noted done:7"


async def test_a_forgotten_message_fails_with_what_is_seen_instead(telegram: FakeTelegram, anna: User) -> None:
    async with polling(telegram):
        await anna.says("hello")
        await anna.waits_for("You said hello")
        with pytest.raises(AssertionError) as failure:
            await anna.waits_for("good night", timeout=0.05)
    assert str(failure.value) == (
        "Anna waited 0.05 s in vain for 'good night'\n"
        "Anna sees:\n"
        "  [private] Anna: hello\n"
        "  [private] Roundtable: You said hello\n"
        "      [✅ Done]\n"
        "  notices: []"
    )


async def test_an_inline_query_gets_its_results(telegram: FakeTelegram, anna: User) -> None:
    async with polling(telegram):
        asked = await anna.asks_inline("lab")
        assert await anna.waits_for_offers(asked) == ["Lab checks"]
    assert (asked.button, asked.cache_seconds, asked.is_personal) == ({}, 300, False)


def article(result_id: str = "1", words: str = "Hello") -> InlineQueryResultArticle:
    return InlineQueryResultArticle(result_id, "Title", InputTextMessageContent(words, "HTML"))


@pytest.mark.parametrize(
    ("results", "parameter", "problem"),
    [
        pytest.param([article(), article()], "faq", "RESULT_ID_DUPLICATE", id="twice the same id"),
        pytest.param([article("x" * 65)], "faq", "RESULT_ID_INVALID", id="id too long"),
        pytest.param([article(words="<b></b>")], "faq", "MESSAGE_EMPTY", id="no words"),
        pytest.param([article(words="<b>Hello")], "faq", "can't parse entities", id="markup left open"),
        pytest.param([article(words="x" * 4097)], "faq", "too long", id="too many words"),
        pytest.param([article()], "a b", "START_PARAM_INVALID", id="no parameter"),
        pytest.param([article()], None, "can't parse inline query results button", id="a button without effect"),
    ],
)
async def test_results_that_telegram_refuses_are_refused(
    bot: Bot, anna: User, results: list[InlineQueryResultArticle], parameter: str | None, problem: str
) -> None:
    asked = await anna.asks_inline("lab")
    # The library puts what it is told into another case.
    with pytest.raises(BadRequest, match=f"(?i){problem}"):
        await bot.answer_inline_query(asked.id, results, button=InlineQueryResultsButton("Ask", None, parameter))
    assert asked.results is None


async def test_a_query_is_answered_once(bot: Bot, anna: User) -> None:
    asked = await anna.asks_inline("lab")
    await bot.answer_inline_query(asked.id, [], cache_time=60, is_personal=True)
    assert (asked.results, asked.cache_seconds, asked.is_personal) == ([], 60, True)
    with pytest.raises(BadRequest, match="too old"):
        await bot.answer_inline_query(asked.id, [])


async def test_the_bot_learns_of_every_kind_of_post(telegram: FakeTelegram, bot: Bot, anna: User, group: Group) -> None:
    await group.sets_bot_status("administrator", by=anna)
    first = await anna.says("hello", to=group)
    await anna.edits(first, "hello all")
    await anna.forwards(first)
    await anna.sends_photo_with_caption("my chart")
    await anna.sends_sticker()
    await anna.says_anonymously("/queue", to=group)
    await anna.blocks()
    await anna.unblocks()
    updates = await bot.get_updates(timeout=1)
    assert [update.update_id for update in updates] == list(range(100_000_001, 100_000_010))
    promoted, said, edited, forwarded, photo, sticker, anonymous, block, unblock = updates
    assert promoted.my_chat_member
    assert promoted.my_chat_member.new_chat_member.status == "administrator"
    assert said.message
    assert said.message.text == "hello"
    assert edited.edited_message
    assert edited.edited_message.text == "hello all"
    assert forwarded.message
    assert forwarded.message.forward_origin
    assert photo.message
    assert photo.message.caption == "my chart"
    assert sticker.message
    assert sticker.message.sticker
    assert anonymous.message
    assert anonymous.message.sender_chat
    assert anonymous.message.sender_chat.id == GROUP
    assert block.my_chat_member
    assert block.my_chat_member.new_chat_member.status == "kicked"
    assert unblock.my_chat_member
    assert await bot.get_updates(offset=updates[-1].update_id + 1) == ()
    assert telegram.allowed_updates is None


async def test_privacy_mode_hides_talk_but_not_what_is_meant_for_the_bot(bot: Bot, anna: User, group: Group) -> None:
    notice = await bot.send_message(GROUP, "Welcome")
    await anna.says("just talking", to=group)
    await anna.says("/nextlab@AnotherBot", to=group)
    await anna.says(f"/nextlab@{BOT_NAME}", to=group)
    await anna.says("thank you", to=group, reply_to=group.chat.find(notice.message_id))
    texts = [update.message.text for update in await bot.get_updates() if update.message]
    assert texts == [f"/nextlab@{BOT_NAME}", "thank you"]


async def test_a_second_poll_ends_the_first(telegram: FakeTelegram, bot: Bot, anna: User) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=5))
    assert await telegram.world.until(lambda: telegram.world.polls or None, 5)
    async with Bot(telegram.token, base_url=telegram.base_url) as another:
        second = asyncio.create_task(another.get_updates(timeout=5))
        with pytest.raises(Conflict):
            await first
        await anna.says("hello")
        assert len(await second) == 1


@pytest.mark.parametrize(
    ("kind", "error", "arrives"),
    [
        pytest.param(rate_limited(7), RetryAfter, False, id="rate limited"),
        pytest.param(server_error(500), NetworkError, False, id="500 as JSON"),
        pytest.param(server_error(502, html=True), NetworkError, False, id="502 as a page"),
        pytest.param(server_error(503), NetworkError, False, id="503 as JSON"),
        pytest.param(dropped_before_delivery(), NetworkError, False, id="dropped before delivery"),
        pytest.param(dropped_after_delivery(), NetworkError, True, id="dropped after delivery"),
        pytest.param(hangs(0.3), TimedOut, False, id="hangs"),
        pytest.param(blocked(), Forbidden, False, id="blocked"),
        pytest.param(migrated(-1009), ChatMigrated, False, id="migrated"),
        pytest.param(unauthorized(), InvalidToken, False, id="unauthorized"),
    ],
)
async def test_a_fault_strikes_the_named_calls_and_then_ends(
    telegram: FakeTelegram, bot: Bot, anna: User, *, kind: Fault, error: type[Exception], arrives: bool
) -> None:
    telegram.fail_next("sendMessage", kind=kind)
    with pytest.raises(error):
        await bot.send_message(anna.id, "first", read_timeout=0.1)
    assert [message.text for message in anna.sees] == ["first"] * arrives
    await bot.send_message(anna.id, "second")
    await anna.waits_for("second", timeout=1)
    assert [call["text"] for call in telegram.sent("sendMessage")] == ["first", "second"]


async def test_a_call_that_hung_still_has_its_effect(telegram: FakeTelegram, bot: Bot, anna: User) -> None:
    telegram.fail_next("sendMessage", kind=hangs(0.2))
    with pytest.raises(TimedOut):
        await bot.send_message(anna.id, "slow", read_timeout=0.05)
    assert await anna.waits_for("slow", timeout=2)


@pytest.mark.parametrize(
    ("markup", "problem"),
    [
        pytest.param("1 < 2", "Unsupported start tag", id="bare less-than"),
        pytest.param("<b>open", "Can't find end tag", id="left open"),
        pytest.param("<b><i>crossed</b></i>", "Unmatched end tag", id="crossed"),
        pytest.param("closed</b>", "Unexpected end tag", id="never opened"),
        pytest.param("<div>unknown</div>", 'Unsupported start tag "div"', id="unknown tag"),
        pytest.param("line<br>line", 'Unsupported start tag "br"', id="line break"),
        pytest.param("<span>plain</span>", "must have class", id="span without class"),
        pytest.param('<tg-time unix="soon">x</tg-time>', 'valid attribute "unix"', id="moment without a number"),
        pytest.param('<tg-time unix="1" format="Q">x</tg-time>', 'attribute "format"', id="moment without a form"),
    ],
)
async def test_markup_that_telegram_refuses_is_refused(bot: Bot, anna: User, markup: str, problem: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        await bot.send_message(anna.id, markup, parse_mode="HTML")
    # python-telegram-bot turns the first letter of what follows "Bad Request: " into a capital.
    assert refusal.value.message.startswith("Can't parse entities: ")
    assert problem.lower() in refusal.value.message.lower()
    assert not anna.sees


def test_markup_becomes_text_and_entities() -> None:
    text, entities = parse_html(
        ' 🩸 <b>Next &lt;lab&gt;</b>: <tg-time unix="1790000000" format="wDT">21 September</tg-time>, '
        '<tg-spoiler>hidden</tg-spoiler> <a href="https://example.org/a?b=1&amp;c=2">more</a> & so on\n'
    )
    assert text == "🩸 Next <lab>: 21 September, hidden more & so on"
    assert entities == [
        {"type": "bold", "offset": 3, "length": 10},
        {"type": "date_time", "unix_time": 1_790_000_000, "date_time_format": "wDT", "offset": 15, "length": 12},
        {"type": "spoiler", "offset": 29, "length": 6},
        {"type": "text_link", "url": "https://example.org/a?b=1&c=2", "offset": 36, "length": 4},
    ]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_escaped_text_is_read_back_as_it_was(text: str) -> None:
    assert parse_html(escape(text)) == (text.strip(), [])


@pytest.mark.parametrize(
    ("call", "description"),
    [
        pytest.param(lambda bot: bot.send_message(11, " \n"), "Message text is empty", id="empty text"),
        pytest.param(lambda bot: bot.send_message(11, "x" * 4097), "Message is too long", id="long text"),
        pytest.param(lambda bot: bot.send_message(99, "x"), "Chat not found", id="unknown chat"),
        pytest.param(
            lambda bot: bot.send_message(11, "x", reply_parameters=ReplyParameters(5)),
            "Message to be replied not found",
            id="reply to nothing",
        ),
        pytest.param(
            lambda bot: bot.send_message(GROUP, "x", message_thread_id=3), "Message thread not found", id="no topics"
        ),
        pytest.param(
            lambda bot: bot.send_message(11, "x", reply_markup=data("é" * 33)), "Button_data_invalid", id="data"
        ),
        pytest.param(lambda bot: bot.send_document(11, b"x", caption="c" * 1025), "too long", id="long caption"),
        pytest.param(lambda bot: bot.edit_message_text("x", 11, 4), "Message to edit not found", id="edit nothing"),
        pytest.param(lambda bot: bot.delete_message(11, 4), "Message to delete not found", id="delete nothing"),
        pytest.param(lambda bot: bot.answer_callback_query("4"), "Query is too old", id="unknown press"),
        pytest.param(lambda bot: bot.set_my_commands([("Next", "x")]), "Bot_command_invalid", id="command name"),
        pytest.param(
            lambda bot: bot.send_message(11, "x", api_kwargs=only_for(11)), "Ephemeral messages", id="ephemeral alone"
        ),
        pytest.param(
            lambda bot: bot.send_message(GROUP, "x", api_kwargs=only_for(99)), "User not found", id="not a member"
        ),
        pytest.param(
            lambda bot: bot.send_message(GROUP, "x", api_kwargs=only_for(11)), "Not enough rights", id="unasked"
        ),
    ],
)
async def test_what_telegram_refuses_is_refused(
    bot: Bot, group: Group, call: Callable[[Bot], Awaitable[object]], description: str
) -> None:
    with pytest.raises(BadRequest) as refusal:
        await call(bot)
    assert description.lower() in refusal.value.message.lower()
    assert not group.messages


def data(callback_data: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton("Press", callback_data=callback_data)]])


def only_for(person_id: int, **more: object) -> dict[str, object]:
    return {"ephemeral_message_parameters": {"receiver_user_id": person_id, **more}}


async def test_nobody_is_written_to_against_their_will(bot: Bot, anna: User, ben: User, group: Group) -> None:
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(ben.id, "hello")
    await ben.says("/start")
    await bot.send_message(ben.id, "hello")
    await ben.blocks()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ben.id, "hello")
    await group.sets_bot_status("kicked", by=anna)
    with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
        await bot.send_message(GROUP, "hello")


async def test_an_ephemeral_answer_is_due_within_fifteen_seconds(
    telegram: FakeTelegram, bot: Bot, anna: User, group: Group
) -> None:
    start = datetime(2026, 9, 1, 12, tzinfo=UTC)
    telegram.clock = lambda: start
    asked = await anna.says_ephemeral("/nextlab", to=group)
    answer = {**only_for(anna.id), "reply_parameters": {"ephemeral_message_id": asked.ephemeral_id}}
    telegram.clock = lambda: start + timedelta(seconds=15)
    sent = await bot.send_message(GROUP, "In time", reply_markup=DONE, api_kwargs=answer)
    assert sent.message_id == 0
    assert sent.api_kwargs["receiver_user"]["id"] == anna.id
    telegram.clock = lambda: start + timedelta(seconds=16)
    with pytest.raises(BadRequest, match="to be replied not found"):
        await bot.send_message(GROUP, "Late", api_kwargs=answer)

    press = await anna.presses("Done")
    await bot.send_message(GROUP, "Pressed", api_kwargs=only_for(anna.id, callback_query_id=press.id))
    telegram.clock = lambda: start + timedelta(seconds=32)
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.send_message(GROUP, "Late", api_kwargs=only_for(anna.id, callback_query_id=press.id))
    await group.sets_bot_status("administrator", by=anna)
    await bot.send_message(GROUP, "As admin", api_kwargs=only_for(anna.id))
    assert [message.text for message in anna.sees] == ["/nextlab", "In time", "Pressed", "As admin"]
    assert group.public_text() == ""


async def test_a_plain_reply_to_an_ephemeral_command_is_refused(bot: Bot, anna: User, group: Group) -> None:
    await anna.says_ephemeral("/nextlab", to=group)
    (update,) = await bot.get_updates()
    assert update.message
    with pytest.raises(BadRequest, match="to be replied not found"):
        await update.message.reply_text("1 October")
    assert not group.messages


async def test_an_ephemeral_message_can_be_edited_and_deleted(bot: Bot, anna: User, group: Group) -> None:
    group.chat.bot_status = "administrator"
    sent = await bot.send_message(GROUP, "Wait", api_kwargs=only_for(anna.id))
    where = {
        "chat_id": GROUP,
        "receiver_user_id": anna.id,
        "ephemeral_message_id": sent.api_kwargs["ephemeral_message_id"],
    }
    (shown,) = anna.sees
    assert await bot.do_api_request("editEphemeralMessageText", {**where, "text": "Here"})
    assert (shown.text, shown.edited) == ("Here", True)
    with pytest.raises(BadRequest, match="not modified"):
        await bot.do_api_request("editEphemeralMessageText", {**where, "text": "Here"})
    assert await bot.do_api_request("deleteEphemeralMessage", where)
    assert shown.deleted
    assert not anna.sees


async def test_an_ephemeral_answer_can_stand_in_place_of_the_pressed_message(
    bot: Bot, anna: User, ben: User, group: Group
) -> None:
    await bot.send_message(group.id, "Shall I count?", reply_markup=DONE)
    press = await anna.presses("Done")
    wanted = only_for(anna.id, callback_query_id=press.id, replace_callback_query_message=True)
    await bot.send_message(GROUP, "Nine days", api_kwargs=wanted)
    assert [message.text for message in anna.sees] == ["Nine days"]
    assert [message.text for message in ben.sees] == ["Shall I count?"]


async def test_a_button_of_a_deleted_message_comes_from_an_inaccessible_one(bot: Bot, anna: User) -> None:
    sent = await bot.send_message(anna.id, "Done?", reply_markup=DONE)
    (shown,) = anna.sees
    await sent.delete()
    await anna.press_data(shown, "done:7")
    (update,) = await bot.get_updates()
    assert update.callback_query
    assert update.callback_query.message
    assert not update.callback_query.message.is_accessible


async def test_a_forum_keeps_its_topics_apart(telegram: FakeTelegram, bot: Bot, anna: User) -> None:
    forum = telegram.group(-1002, "Forum", anna, forum=True)
    await anna.says("/nextlab", to=forum, topic=7)
    (update,) = await bot.get_updates()
    assert update.message
    assert (update.message.is_topic_message, update.message.message_thread_id) == (True, 7)
    await update.message.reply_text("Here", message_thread_id=7)
    assert [message.thread_id for message in forum.messages] == [7, 7]


async def test_waiting_looks_past_what_stood_there_before(bot: Bot, anna: User) -> None:
    await bot.send_message(anna.id, "Welcome")
    first = await anna.waits_for("Welcome")
    with pytest.raises(AssertionError, match="in vain"):
        await anna.waits_for("Welcome", timeout=0.01, after=first)
    await anna.says("hello")
    with pytest.raises(AssertionError, match="in vain"):
        await anna.waits_for("Welcome", timeout=0.01)
    await bot.edit_message_text("Welcome back", anna.id, first.message_id)
    assert await anna.waits_for("Welcome") is first


async def test_a_failure_names_what_the_bot_was_refused(bot: Bot, anna: User) -> None:
    with pytest.raises(BadRequest):
        await bot.send_message(anna.id, "1 < 2", parse_mode="HTML")
    with pytest.raises(AssertionError, match="refused sendMessage: Bad Request: can't parse entities"):
        await anna.waits_for("1", timeout=0.01)


async def test_parameters_may_come_as_json_under_any_spelling_of_the_method(telegram: FakeTelegram, anna: User) -> None:
    address = f"{telegram.base_url}{telegram.token}/sendmessage"
    async with ClientSession() as session, session.post(address, json={"chat_id": anna.id, "text": "hi"}) as answer:
        assert (await answer.json())["result"]["text"] == "hi"
    assert telegram.sent("sendMessage") == [{"chat_id": anna.id, "text": "hi"}]


async def test_a_press_is_answered_once_and_in_time(telegram: FakeTelegram, bot: Bot, anna: User) -> None:
    await bot.send_message(anna.id, "Done?", reply_markup=DONE)
    press = await anna.presses("Done")
    await bot.answer_callback_query(press.id)
    assert await anna.waits_for_toast(press) == ""
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(press.id)
    late = await anna.press_data(press.message, "forged:1")
    now = telegram.clock()
    telegram.clock = lambda: now + timedelta(minutes=1)
    with pytest.raises(BadRequest, match="Query is too old"):
        await bot.answer_callback_query(late.id)
    pressed_twice = await bot.get_updates()
    assert [update.callback_query.data for update in pressed_twice if update.callback_query] == ["done:7", "forged:1"]


async def test_what_is_unchanged_or_not_ours_is_not_edited(bot: Bot, anna: User) -> None:
    sent = await bot.send_message(anna.id, "Done?", reply_markup=DONE)
    with pytest.raises(BadRequest, match="not modified"):
        await sent.edit_text("Done?", reply_markup=DONE)
    with pytest.raises(BadRequest, match="not modified"):
        await sent.edit_reply_markup(DONE)
    assert isinstance(await sent.edit_reply_markup(None), Message)
    theirs = await anna.says("mine")
    with pytest.raises(BadRequest, match="can't be edited"):
        await bot.edit_message_text("yours", anna.id, theirs.message_id)


async def test_only_an_admin_bot_deletes_what_others_wrote(bot: Bot, anna: User, group: Group) -> None:
    theirs, notice = await anna.says("spam", to=group), await bot.send_message(GROUP, "dose: a secret")
    with pytest.raises(BadRequest, match="can't be deleted"):
        await bot.delete_message(GROUP, theirs.message_id)
    await bot.delete_message(GROUP, notice.message_id)
    group.chat.bot_status = "administrator"
    await bot.delete_message(GROUP, theirs.message_id)
    assert not group.messages
    # What was public once may have been read, also after it is gone.
    assert "a secret" in group.public_text()


async def test_files_arrive_with_their_name_and_content(bot: Bot, anna: User) -> None:
    sent = await bot.send_document(
        anna.id, b"BEGIN:VCALENDAR", filename="rounds.ics", caption="<b>Yours</b>", parse_mode="HTML"
    )
    assert sent.document
    assert (sent.document.file_name, sent.caption) == ("rounds.ics", "Yours")
    await bot.send_photo(anna.id, b"\x89PNG", caption="The time line", reply_markup=DONE)
    calendar, picture = anna.sees
    assert (calendar.file, calendar.file_name) == (b"BEGIN:VCALENDAR", "rounds.ics")
    assert (picture.file, picture.text) == (b"\x89PNG", "The time line")


async def test_a_migrated_group_sends_the_bot_after_it(telegram: FakeTelegram, bot: Bot, anna: User) -> None:
    group = telegram.group(-5, "Round table", anna)
    await bot.send_message(group.id, "before")
    await group.migrate(to=-1005)
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(-5, "lost")
    await bot.send_message(moved.value.new_chat_id, "after")
    assert group.id == -1005
    assert group.public_text() == "before\nafter"
    notices = [update.message for update in await bot.get_updates() if update.message]
    assert [(notice.migrate_to_chat_id, notice.migrate_from_chat_id) for notice in notices] == [
        (-1005, None),
        (None, -5),
    ]


async def test_commands_are_kept_by_scope_and_language(telegram: FakeTelegram, bot: Bot) -> None:
    ephemeral = BotCommand("nextlab", "Next lab check", api_kwargs={"is_ephemeral": True})
    await bot.set_my_commands([ephemeral], BotCommandScopeAllGroupChats(), "de")
    assert telegram.commands("all_group_chats", "de") == [
        {"command": "nextlab", "description": "Next lab check", "is_ephemeral": True}
    ]
    assert telegram.commands() == []
    assert [each.command for each in await bot.get_my_commands(BotCommandScopeAllGroupChats(), "de")] == ["nextlab"]
    await bot.delete_my_commands(BotCommandScopeAllGroupChats(), "de")
    assert telegram.commands("all_group_chats", "de") == []
    await bot.set_my_description("Reminders")
    await bot.set_my_short_description("Reminders", "de")
    await bot.set_my_name("Roundtable")
    assert telegram.profile == {
        ("description", ""): "Reminders",
        ("short_description", "de"): "Reminders",
        ("name", ""): "Roundtable",
    }


async def test_a_webhook_and_polling_exclude_each_other(bot: Bot) -> None:
    await bot.set_webhook("https://bot.example.org/hook")
    assert (await bot.get_webhook_info()).url == "https://bot.example.org/hook"
    with pytest.raises(Conflict):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == ()


async def test_chats_members_reactions_and_leaving_are_modelled(
    telegram: FakeTelegram, bot: Bot, anna: User, group: Group
) -> None:
    group.add(anna, status="creator")
    assert (await bot.get_chat(GROUP)).title == "Round table"
    assert (await bot.get_chat_member(GROUP, anna.id)).status == "creator"
    assert (await bot.get_chat_member(GROUP, bot.id)).status == "member"
    assert [each.user.id for each in await bot.get_chat_administrators(GROUP)] == [anna.id]
    said = await anna.says("/thanks", to=group)
    await bot.set_message_reaction(GROUP, said.message_id, "👍")
    await bot.send_chat_action(GROUP, "typing")
    assert (said.reactions, telegram.actions) == (["👍"], [(GROUP, "typing")])
    await bot.leave_chat(GROUP)
    with pytest.raises(Forbidden, match="not a member"):
        await bot.send_message(GROUP, "bye")


async def test_an_unknown_method_and_a_wrong_token_are_told_apart(telegram: FakeTelegram, bot: Bot) -> None:
    with pytest.raises(InvalidToken, match="Not Found"):
        await bot.get_user_profile_photos(11)
    assert telegram.unknown == ["getUserProfilePhotos"]
    stranger = Bot("1:wrong", base_url=telegram.base_url)
    with pytest.raises(InvalidToken, match="rejected by the server"):
        await stranger.initialize()
    await stranger.shutdown()
    assert telegram.answers[-1] == {"method": "getMe", "error": "Unauthorized"}


async def test_a_recording_keeps_calls_as_sent(telegram: FakeTelegram, bot: Bot, anna: User, tmp_path: Path) -> None:
    await bot.send_document(anna.id, b"x", filename="rounds.ics")
    for _ in range(3):
        await bot.get_updates()
    recorded = [json.loads(line) for line in (tmp_path / "telegram.jsonl").read_text().splitlines()]
    assert recorded == telegram.requests
    assert [call["method"] for call in recorded] == ["getMe", "sendDocument", "getUpdates"]
    assert recorded[1] == {
        "platform": "telegram",
        "method": "sendDocument",
        "params": {"chat_id": "11"},
        "files": ["document"],
    }


def specification() -> ModuleType:
    source = SHARED / "conformance" / "telegram_spec.py"
    if not source.exists():
        pytest.skip("the Bot API specification is kept beside the repository, not in it")
    found_spec = importlib.util.spec_from_file_location("telegram_spec", source)
    assert found_spec
    assert found_spec.loader
    module = importlib.util.module_from_spec(found_spec)
    # Its folder is read-only, so nothing may be compiled beside it.
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        found_spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = writes
    return module


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # the checker leaves its own file to the collector
async def test_requests_and_answers_keep_to_the_specification(
    telegram: FakeTelegram, bot: Bot, anna: User, group: Group
) -> None:
    spec = specification().Spec()
    async with polling(telegram):
        await anna.says("hello")
        await anna.waits_for("You said hello")
        press = await anna.presses("Done")
        await anna.waits_for_toast(press)
        await anna.waits_for("Done it is")
        await anna.press_data(press.message, "again")
        await anna.says_ephemeral("/nextlab", to=group)
        await anna.waits_for("Only for you")
        await anna.sends_sticker()
        await anna.waits_for("nothing")
        await anna.edits(await anna.sends_photo_with_caption("chart"), "my chart")
        asked = await anna.asks_inline("lab", to=group)
        await anna.waits_for_offers(asked)
        await anna.forwards(press.message)
        await anna.says_anonymously("/queue", to=group)
        await anna.waits_for("queue")
        await group.sets_bot_status("administrator", by=anna)
        await anna.posts_offer(asked, "Lab checks", to=group)
        await anna.waits_for("You said Blood")
        await anna.blocks()
    await anna.unblocks()
    await bot.get_updates()
    await bot.send_document(anna.id, b"x", filename="rounds.ics")
    await bot.send_photo(anna.id, b"x")
    await bot.get_chat(anna.id)
    await bot.get_chat_administrators(GROUP)
    for person_id in (anna.id, bot.id):
        await bot.get_chat_member(GROUP, person_id)
    await bot.get_webhook_info()
    problems = [
        problem for call in telegram.requests for problem in spec.call(call["method"], call["params"], call["files"])
    ]
    for answer in telegram.answers:
        if "result" in answer:
            problems += spec.result(answer["method"], answer["result"])
    assert not problems
