"""The curated answers over Discord: the real program as a process against a fake server on loopback."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.faq.entry import Category
from bot.faq.files import FOLDER, read_folder
from e2e.program import Program, fresh_record
from fakes.discord_people import Person
from fakes.discord_server import FakeDiscord
from fakes.discord_state import Channel, Choice, Message

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

DAY = "How long does one infusion day take?"
DRIP = "The drip itself runs for about four hours."
SURE, OUTSIDE = "how long does each infusion day take", "who won the match on sunday"
NEW = "In our unit it often comes to eight hours. Many people bring something to read."
OTHER = "Most people at our unit keep the whole day free, and go home by taxi."
MOST_BUTTONS = 25
SLASH = 1


@asynccontextmanager
async def running(folder: Path, journey: str, **settings: str) -> AsyncIterator[tuple[FakeDiscord, Channel]]:
    record = fresh_record(f"discord-faq-{journey}")
    async with FakeDiscord(record_to=record) as discord:
        talk = discord.guild("Peers", "talk").channel("talk")
        token = {"DISCORD_TOKEN": discord.token, "DISCORD_API_BASE": discord.base_url}
        program = Program(folder, {**token, **settings})
        async with program:
            await discord.bot_is_ready(60)
            await discord.bot_has_commands("faq", "faqadmin")
            yield discord, talk
        said = program.said()
        assert not discord.unknown_requests
    assert discord.token not in said
    for private in ("Anna", "Mona", SURE, OUTSIDE, NEW, OTHER):
        assert private not in said


def somebody(discord: FakeDiscord, talk: Channel, name: str, *rights: str) -> Person:
    person = discord.user(name, locale="en-GB")
    assert talk.guild
    talk.guild.add(person, *rights)
    return person


def labels(message: Message) -> list[str]:
    return [button.label for button in message.buttons]


def shows(label: str, question: str) -> bool:
    """Whether a button shows a question, which may be too long for it."""
    return label == question or (label.endswith("…") and question.startswith(label[:-1]))


async def offered(person: Person, talk: Channel, typed: str) -> list[Choice]:
    """What is offered while typing; what comes too late for Discord is offered the next time."""
    async with asyncio.timeout(30):
        while True:
            if choices := await person.completes("/faq", "words", typed, in_=talk):
                return choices
            await asyncio.sleep(0.5)


async def test_an_answer_is_found_while_typing_voted_on_and_shown_to_all(tmp_path: Path) -> None:
    async with running(tmp_path, "answers") as (discord, talk):
        anna, ben = somebody(discord, talk, "Anna"), somebody(discord, talk, "Ben")
        mona = somebody(discord, talk, "Mona", "manage_messages")
        await mona.uses("/faqadmin", in_=talk)
        await mona.waits_for("Looking after the answers")

        choices = await offered(anna, talk, "how long does each day")
        assert (choices[0].name, choices[0].value) == (DAY, "day-length")
        await anna.uses("/faq", in_=talk, words=choices[0].value)
        answer = await anna.waits_for(DRIP)
        assert answer.ephemeral
        assert "Sources:" in answer.text
        assert "No clinician has reviewed this text yet." in answer.text
        assert labels(answer) == ["Helpful", "Not helpful", "Show it to the group", "More on this subject"]
        vote = next(button.custom_id for button in answer.buttons if button.label == "Helpful")
        await anna.presses("Helpful")
        thanked = await anna.waits_for("Your tap was counted, without your name.")
        assert "Helpful" not in labels(thanked)
        await anna.press_custom_id(thanked, vote or "")
        await mona.uses("/faqadmin", in_=talk, what="stats")
        assert "helpful 1, not helpful 0" in (await mona.waits_for("What people said of the answers")).text

        assert not talk.public_text()
        await anna.presses("Show it to the group", message=thanked)
        shown = await ben.waits_for(DRIP)
        assert shown.channel is talk
        assert "Anna" not in talk.public_text()

        await anna.uses("/faq", in_=talk, words=OUTSIDE)
        await anna.waits_for("I have no answer with a source for this")
        await anna.presses("Ask the moderators")
        await anna.waits_for(OUTSIDE)
        await anna.presses("Ask, without my name")
        await anna.waits_for("Sent.")
        await mona.uses("/faqadmin", in_=talk, what="unanswered")
        assert "Anna" not in (await mona.waits_for(OUTSIDE)).text


@pytest.mark.soak
async def test_every_answer_is_reached_by_buttons(tmp_path: Path) -> None:
    async with running(tmp_path, "browse") as (discord, talk):
        anna = somebody(discord, talk, "Anna")
        await anna.uses("/faq", in_=talk)
        subjects = labels(await anna.waits_for("Choose a subject."))
        assert len(subjects) == len(Category)
        found: list[str] = []
        for subject in subjects:
            await anna.presses(subject)
            page = await anna.waits_for(subject)
            while "More" in labels(page):
                found += labels(page)
                await anna.presses("More")
                page = await anna.waits_for(subject)
            found += labels(page)
            assert len(page.buttons) <= MOST_BUTTONS
            await anna.presses("All subjects")
            await anna.waits_for("Choose a subject.")
        for entry in read_folder(FOLDER):
            assert any(shows(label, entry.question) for label in found), entry.question
        assert not talk.public_text()


@pytest.mark.parametrize("personal", ["neutral", "off"])
async def test_the_answers_stay_where_personal_commands_are_not(tmp_path: Path, personal: str) -> None:
    async with running(tmp_path, personal, DISCORD_PERSONAL=personal) as (discord, talk):
        anna = somebody(discord, talk, "Anna")
        await anna.uses("/faq", in_=talk, words=SURE)
        answer = await anna.waits_for(DRIP)
        assert answer.ephemeral
        await anna.presses("More on this subject", message=answer)
        await anna.waits_for("On the days themselves")


async def test_who_has_no_rights_is_neither_offered_nor_allowed_the_moderators_work(tmp_path: Path) -> None:
    async with running(tmp_path, "refused") as (discord, talk):
        anna = somebody(discord, talk, "Anna")
        mona = somebody(discord, talk, "Mona", "manage_messages")
        await mona.uses("/faqadmin", in_=talk, what="edit", entry="day-length")
        whole = await mona.waits_for(DRIP)
        assert "faqadmin" not in {each["name"] for each in discord.commands.offered(anna, talk, SLASH)}

        # Also who lost the right since.
        assert talk.guild
        talk.guild.add(mona)
        await mona.presses("answer", message=whole)
        await mona.waits_for("Only moderators of that group can do this.")
        assert mona.open_modal is None


@pytest.mark.soak
async def test_two_moderators_at_once_overwrite_nothing_and_what_was_shown_is_corrected(tmp_path: Path) -> None:
    async with running(tmp_path, "edit") as (discord, talk):
        anna = somebody(discord, talk, "Anna")
        mona = somebody(discord, talk, "Mona", "manage_messages")
        otto = somebody(discord, talk, "Otto", "moderate_members", "manage_messages")
        await anna.uses("/faq", in_=talk, words="day-length")
        await anna.waits_for(DRIP)
        await anna.presses("Show it to the group")

        for moderator in (mona, otto):
            await moderator.uses("/faqadmin", in_=talk, what="edit", entry="day-length")
            await moderator.waits_for("ways to ask it are known")
            await moderator.presses("answer")
            assert moderator.open_modal
            (field,) = moderator.open_modal.fields.values()
            assert field["value"].startswith(DRIP)
        await mona.fills({"The answer": NEW})
        await mona.waits_for("Saved. It is shown from now on.")
        await otto.fills({"The answer": OTHER})
        told = await otto.waits_for("Somebody else was faster: Mona")
        assert labels(told) == ["Show both", "Use mine", "Keep theirs"]
        await otto.presses("Show both")
        both = await otto.waits_for("PROPOSED:")
        assert NEW in both.text
        assert OTHER in both.text
        await anna.uses("/faq", in_=talk, words=SURE)
        await anna.waits_for(NEW)

        await mona.uses("/faqadmin", in_=talk, what="retire", entry="day-length")
        await mona.waits_for("Show this answer to nobody any more?")
        await mona.presses("Take it away")
        await mona.waits_for("It is not shown to anybody from now on.")
        await mona.presses("Post a correction there (1 chat)")
        await mona.waits_for("The correction is posted in one chat.")
        await anna.waits_for("It was withdrawn. Please do not rely on it.")
        assert talk.public_text().count("It was withdrawn.") == 1
