"""The curated answers over Telegram: the real program as a process against a fake server on loopback."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from e2e.program import Program, fresh_record
from fakes.telegram import FakeTelegram, Message

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

DAY = "How long does one infusion day take?"
DRIP = "The drip itself runs for about four hours."
SURE, UNSURE, OUTSIDE = "how long does each infusion day take", "listeria", "who won the match on sunday"
NEW = "In our unit it often comes to eight hours. Bring something to read."
LINK = re.compile(r"https://t\.me/RoundtableTestBot\?start=(faq-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{12})")


@asynccontextmanager
async def running(
    folder: Path, journey: str, *, reads_all: bool = False, **chosen: str
) -> AsyncIterator[tuple[FakeTelegram, Program]]:
    record = fresh_record(f"telegram-faq-{journey}")
    async with FakeTelegram(record_to=record, can_read_all_group_messages=reads_all) as telegram:
        settings = {"TELEGRAM_TOKEN": telegram.token, "TELEGRAM_API_BASE": telegram.base_url.removesuffix("/bot")}
        program = Program(folder, {**settings, **chosen})
        async with program:
            yield telegram, program
        said = program.said()
        assert not telegram.unknown
    assert telegram.token not in said
    for private in ("Anna", "Mona", SURE, UNSURE, OUTSIDE, NEW):
        assert private not in said


def labels(message: Message) -> list[str]:
    return [label for row in message.buttons for label, _ in row]


def carried(message: Message, label: str) -> str:
    return next(data for row in message.buttons for found, data in row if found == label)


async def test_somebody_who_never_agreed_finds_an_answer_some_to_choose_from_or_an_honest_no(tmp_path: Path) -> None:
    async with running(tmp_path, "direct") as (telegram, program):
        anna = telegram.user(1001, "Anna")

        await anna.says("/start faq-day-length")
        answer = await anna.waits_for(DRIP, timeout=30)
        assert answer.text.splitlines()[0] == DAY
        assert "Sources:" in answer.text
        assert "No clinician has reviewed this text yet." in answer.text
        assert "Checked against its sources on" in answer.text
        assert labels(answer) == ["Helpful", "Not helpful", "More on this subject"]

        await anna.says(f"/faq {SURE}")
        first = await anna.waits_for(DRIP)
        await anna.says(f"/faq {UNSURE}")
        choice = await anna.waits_for("Which of these comes nearest")
        *questions, none = labels(choice)
        assert len(questions) == 3
        assert none == "None of these"
        await anna.presses(questions[0], message=choice)
        assert "Sources:" in (await anna.waits_for(questions[0])).text

        await anna.says(f"/faq {OUTSIDE}")
        honest = await anna.waits_for("I have no answer with a source for this, and I do not guess.")
        assert "In danger, call" in honest.text
        assert "https://findahelpline.com" in honest.text

        # Killed, started anew: a button from before still works, and for nobody else.
        await program.kill()
        await program.start()
        await anna.presses("More on this subject", message=first)
        await anna.waits_for("Infusion days", timeout=30)
        ben = telegram.user(1002, "Ben", started=True)
        press = await ben.press_data(answer, carried(answer, "Helpful"))
        assert "belongs to somebody else" in await ben.waits_for_toast(press)


async def test_what_is_asked_in_the_group_stays_private_until_somebody_shows_it(tmp_path: Path) -> None:
    async with running(tmp_path, "group") as (telegram, _program):
        anna, ben = telegram.user(1001, "Anna", started=True), telegram.user(1002, "Ben", started=True)
        group = telegram.group(-1001000, "Peers", anna, ben)

        await anna.says_ephemeral(f"/faq {SURE}", to=group)
        answer = await anna.waits_for(DRIP, timeout=30)
        assert answer.is_ephemeral
        assert not group.public_text()
        assert not any(DRIP in message.text for message in ben.sees)

        await anna.presses("Show it to the group")
        shown = await ben.waits_for(DRIP)
        assert shown.chat.id == group.id
        assert "Anna" not in group.public_text()
        assert "Sources:" in shown.text

        # Typed for all to see, it is answered in the direct chat.
        await anna.says(f"/faq@RoundtableTestBot {UNSURE}", to=group)
        assert (await anna.waits_for("Which of these comes nearest")).chat.person
        assert "nearest" not in group.public_text()


async def test_an_answer_is_found_from_any_chat_by_typing_the_bots_name(tmp_path: Path) -> None:
    async with running(tmp_path, "inline") as (telegram, _program):
        anna, ben = telegram.user(1001, "Anna"), telegram.user(1002, "Ben")
        group = telegram.group(-1001000, "Peers", anna, ben)

        asked = await anna.asks_inline(SURE, to=group)
        assert (await anna.waits_for_offers(asked, timeout=30))[0] == DAY
        posted = await anna.posts_offer(asked, DAY, to=group)
        assert DRIP in posted.text
        assert "Sources:" in posted.text
        assert "No clinician has reviewed this text yet." in posted.text

        outside = await anna.asks_inline(OUTSIDE, to=group)
        assert await anna.waits_for_offers(outside) == []
        assert outside.button == {"text": "Ask me in our private chat", "start_parameter": "faq"}
        own = await anna.asks_inline("my lymphocytes are 0.2, is that bad?", to=group)
        assert (await anna.waits_for_offers(own))[0] == "A question about your own case"


async def test_the_moderators_switch_offers_on_and_an_answer_is_offered_once_an_hour(tmp_path: Path) -> None:
    async with running(tmp_path, "offers", reads_all=True) as (telegram, _program):
        anna, ben = telegram.user(1001, "Anna"), telegram.user(1002, "Ben", started=True)
        mona = telegram.user(1003, "Mona", started=True)
        group = telegram.group(-1001000, "Peers", anna, ben)
        group.add(mona, status="administrator")

        await ben.says_ephemeral("/faqadmin settings", to=group)
        await ben.waits_for("Only moderators of that group can do this.", timeout=30)

        # As long as nobody has switched it on, nothing is offered.
        await anna.says(f"{SURE}?", to=group)
        await anna.says("/faq")
        await anna.waits_for("Choose a subject.")
        await mona.says_ephemeral("/faqadmin settings", to=group)
        settings = await mona.waits_for("Settings of this group")
        assert settings.is_ephemeral
        assert "Settings" not in group.public_text()
        await mona.presses("Offer answers in the group")
        await mona.waits_for("I offer an answer under a plain question in the group: on")
        press = await ben.press_data(settings, carried(settings, "Do not offer answers in the group"))
        assert "belongs to somebody else" in await ben.waits_for_toast(press)

        question = await anna.says(f"{SURE}?", to=group)
        offer = await ben.waits_for("I have an answer with sources", after=question)
        assert offer.reply_to is question
        assert offer.silent
        assert DRIP not in offer.text
        [[(label, address)]] = offer.buttons
        link = LINK.fullmatch(address)
        assert link
        assert label == "Show me"

        # The link opens the chat with the bot, also for somebody who never was there.
        carla = telegram.user(1004, "Carla")
        await carla.says(f"/start {link[1]}")
        assert (await carla.waits_for(DRIP)).chat.person

        await ben.says(f"{SURE}?", to=group)
        await ben.says("will my hair fall out?", to=group)
        other = await ben.waits_for("I have an answer with sources")
        assert DAY not in other.text
        assert group.public_text().count(DAY) == 1


@pytest.mark.soak
async def test_moderators_see_what_was_asked_and_what_helped(tmp_path: Path) -> None:
    async with running(tmp_path, "moderators") as (telegram, program):
        anna, mona = telegram.user(1001, "Anna", started=True), telegram.user(1003, "Mona", started=True)
        group = telegram.group(-1001000, "Peers", anna)
        group.add(mona, status="administrator")
        await mona.says_ephemeral("/faqadmin", to=group)
        await mona.waits_for("Questions without an answer: 0", timeout=30)

        await anna.says_ephemeral(f"/faq {SURE}", to=group)
        answer = await anna.waits_for(DRIP)
        helpful = carried(answer, "Helpful")
        await anna.presses("Helpful")
        thanked = await anna.waits_for("Your tap was counted, without your name.")
        assert "Helpful" not in labels(thanked)
        await anna.waits_for_toast(await anna.press_data(thanked, helpful))
        await mona.says_ephemeral("/faqadmin stats", to=group)
        figures = await mona.waits_for("What people said of the answers")
        assert f"{DAY}: helpful 1, not helpful 0" in figures.text

        await anna.says_ephemeral(f"/faq {OUTSIDE}", to=group)
        await anna.waits_for("I have no answer with a source")
        await anna.presses("Ask the moderators")
        await anna.waits_for(f"Your words: “{OUTSIDE}”")
        await anna.presses("Ask, without my name")
        await anna.waits_for("Sent. The moderators see your words")
        await mona.says_ephemeral("/faqadmin unanswered", to=group)
        question = await mona.waits_for(OUTSIDE)
        assert "Anna" not in question.text
        await mona.presses(OUTSIDE)
        await mona.waits_for("0 of them want the answer.")

        await program.kill()
        await program.start()
        await mona.presses("Back")
        await mona.waits_for("Questions without an answer", timeout=30)
        assert not group.public_text()


@pytest.mark.soak
async def test_a_changed_answer_holds_in_the_group_that_changed_it_and_nowhere_else(tmp_path: Path) -> None:
    async with running(tmp_path, "edit") as (telegram, _program):
        anna, mona = telegram.user(1001, "Anna", started=True), telegram.user(1003, "Mona", started=True)
        ours, theirs = telegram.group(-1001000, "Peers", anna), telegram.group(-1002000, "Others", anna)
        ours.add(mona, status="administrator")
        theirs.add(mona)

        await mona.says_ephemeral("/faqadmin edit day-length", to=ours)
        whole = await mona.waits_for(DRIP, timeout=30)
        assert whole.is_ephemeral
        await mona.presses("answer")
        asked = await mona.waits_for("So far:")
        assert asked.chat.person
        await mona.says("Too short.")
        await mona.waits_for("An answer has 20 to 900 characters.")
        await mona.says(NEW)
        await mona.waits_for("Saved. It is shown from now on.")

        await anna.says_ephemeral(f"/faq {SURE}", to=ours)
        await anna.waits_for(NEW)
        await anna.says_ephemeral(f"/faq {SURE}", to=theirs)
        await anna.waits_for(DRIP)

        await mona.says_ephemeral("/faqadmin edit day-length", to=theirs)
        await mona.waits_for("Only moderators of that group can do this.")


@pytest.mark.soak
async def test_a_home_chat_that_nobody_has_set_up_is_named_to_the_operator_and_nobody_is_asked(tmp_path: Path) -> None:
    async with running(tmp_path, "home", HOME_CHAT="deadbeef") as (telegram, program):
        anna = telegram.user(1001, "Anna", started=True)
        await anna.says(f"/faq {OUTSIDE}")
        honest = await anna.waits_for("To ask the moderators of your group, use /faq in that group.", timeout=30)
        assert labels(honest) == ["All subjects"]
        assert "home_chat_unknown" in program.said()
