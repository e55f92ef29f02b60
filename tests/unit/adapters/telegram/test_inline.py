"""Answers that are looked up from any chat."""

import json

from structlog.testing import capture_logs

from adapters.telegram.render import WORD_JOINER
from bot.chat.people import Place, PlaceKind
from fakes.telegram import BOT_NAME, FakeTelegram, Group, User, rate_limited
from unit.adapters.telegram.rig import Rig

SECRET = "lymphocytes"


async def test_what_fits_is_offered_and_posted_in_the_persons_own_name(rig: Rig, ben: User, group: Group) -> None:
    asked = await ben.asks_inline("day", to=group)
    assert await ben.waits_for_offers(asked) == ["A day"]
    (offer,) = asked.results or []
    assert (offer["id"], offer["description"]) == ("1", "How long it takes")
    assert offer["input_message_content"]["link_preview_options"] == {"is_disabled": True}
    assert (asked.cache_seconds, asked.is_personal, asked.button) == (60, True, {})
    posted = await ben.posts_offer(asked, "A day", to=group)
    assert posted.text == f"Some <hours>, see https:{WORD_JOINER}//example.{WORD_JOINER}org"
    assert not posted.is_from_bot
    await rig.settle()
    assert rig.memory.shelf.looked_up == [("day", Place("telegram", "12", PlaceKind.DIRECT))]


async def test_under_what_is_posted_stands_only_what_opens_something(ben: User, group: Group, rig: Rig) -> None:
    asked = await ben.asks_inline("day")
    await ben.waits_for_offers(asked)
    posted = await ben.posts_offer(asked, "A day", to=group)
    link = rig.dispatcher.tokens.sign_link("help-day-length", "telegram")
    read_on = ("Read on", f"https://t.me/{BOT_NAME}?start={link}")
    assert posted.buttons == [[read_on], [("More", "https://example.org/more")]]
    await rig.settle()


async def test_who_finds_nothing_is_led_to_the_bot(rig: Rig, ben: User) -> None:
    asked = await ben.asks_inline("")
    assert await ben.waits_for_offers(asked) == []
    assert asked.button == {"text": "Ask me in our private chat", "start_parameter": "faq"}
    assert (asked.cache_seconds, asked.is_personal) == (60, True)
    assert [text for text, _place in rig.memory.shelf.looked_up] == [""]


async def test_a_failure_offers_nothing_and_tells_nothing(telegram: FakeTelegram, ben: User) -> None:
    with capture_logs() as logs:
        async with Rig(telegram).running() as rig:
            asked = await ben.asks_inline("broken")
            assert await ben.waits_for_offers(asked) == []
            rig.server.fail_next("answerInlineQuery", kind=rate_limited(60))
            unanswered = await ben.asks_inline("day of mine")
            await rig.settle()
    assert unanswered.results is None
    told = json.dumps(logs, default=str)
    assert "offers_not_shown" in told
    for kept in ("broken", "day of mine", SECRET, "Ben"):
        assert kept not in told


async def test_what_cannot_be_shown_is_an_empty_answer_that_is_not_kept(rig: Rig, ben: User) -> None:
    with capture_logs() as logs:
        asked = await ben.asks_inline("unshowable")
        assert await ben.waits_for_offers(asked) == []
    assert (asked.cache_seconds, asked.button) == (0, {})
    (told,) = logs
    assert (told["event"], told["error"]) == ("browsing_failed", "ValueError")
    assert SECRET not in json.dumps(told)
    again = await ben.asks_inline("day")
    assert await ben.waits_for_offers(again) == ["A day"]
    await rig.settle()


async def test_typing_waits_for_no_command(rig: Rig, ben: User) -> None:
    await ben.says("/help slow")
    asked = await ben.asks_inline("day")
    assert await ben.waits_for_offers(asked) == ["A day"]
    rig.memory.slow.set()
    assert await ben.waits_for("slow")
