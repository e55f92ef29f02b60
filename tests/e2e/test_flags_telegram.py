"""A cry for help in a Telegram group: the real program as a process, with its real triage, against a fake server."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from e2e.program import Program, fresh_record
from fakes.telegram import FakeTelegram, Group, Message, User

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

CRISIS = "i can't go on any more, i just want to be dead"
CRISIS_DIRECT = "I want to kill myself"
URGENT = "I am coughing up blood and I can't breathe properly"
ORDINARY = "what a lovely day, see you all on sunday"
DENIED = "no chest pain, no trouble breathing, all fine after the infusion"
NOTE = "I have written to her sister."
LETTER = "We think of you. May one of us call you?"
LINK = re.compile(r"https://t\.me/RoundtableTestBot\?start=(h-[0-9a-f]{12}-[0-9a-f]{12})")
NOTICE, CARD = "From now on I read along here", "Somebody may be in danger"
NO_DESK = (
    "To the moderators of this group: I have no moderators' chat yet in which I can tell you what I notice. "
    "Please use /setup."
)
ONLY_ANNA = "Anna, I have something for you. Only you will see it."
LINES = "I am sorry that it is this hard right now."


@dataclass(frozen=True)
class Town:
    """A group that is looked after by two moderators, who have a group of their own."""

    telegram: FakeTelegram
    program: Program
    group: Group
    desk: Group
    mona: User
    otto: User

    def member(self, number: int, name: str, *, started: bool = False) -> User:
        user = self.telegram.user(number, name, started=started)
        self.group.add(user)
        return user

    async def restarts(self) -> None:
        await self.program.kill()
        await self.program.start()

    def cards(self) -> list[Message]:
        return [each for each in self.desk.messages if each.is_from_bot and each.buttons]

    async def card_says(self, *parts: str) -> Message:
        """Wait until the newest card says all of this."""

        def found() -> Message | None:
            newest = self.cards()[-1:]
            return next((each for each in newest if all(part in each.text for part in parts)), None)

        card = await self.telegram.world.until(found, 15)
        assert card, f"no card says {parts}\n{self.mona.transcript()}"
        return card

    def in_group(self) -> list[str]:
        """Everything that the bot ever said to all, but for what it tells of itself when it begins."""
        public = [each for each in self.group.chat.messages if each.is_from_bot and not each.is_ephemeral]
        shown = [text for each in public for text in (*each.earlier, each.shown())]
        assert NOTICE in shown[0]
        assert not any(NOTICE in each for each in shown[1:])
        return [each for each in shown[1:] if each != NO_DESK]


@asynccontextmanager
async def running(folder: Path, journey: str) -> AsyncIterator[Town]:
    record = fresh_record(f"telegram-flags-{journey}")
    async with FakeTelegram(record_to=record) as telegram:
        settings = {"TELEGRAM_TOKEN": telegram.token, "TELEGRAM_API_BASE": telegram.base_url.removesuffix("/bot")}
        group = telegram.group(-1001000, "Peers", bot_is_admin=True)
        desk = telegram.group(-1002000, "Moderators", bot_is_admin=True)
        mona, otto = telegram.user(1, "Mona", started=True), telegram.user(2, "Otto", started=True)
        for place in (group, desk):
            place.add(mona, otto, status="administrator")
        program = Program(folder, settings)
        async with program:
            yield Town(telegram, program, group, desk, mona, otto)
        said = program.said()
        assert not telegram.unknown
    assert telegram.token not in said
    for private in ("Anna", "Mona", "Carl", CRISIS, CRISIS_DIRECT, URGENT, NOTE, LETTER, "coughing", "be dead"):
        assert private not in said


async def set_up(town: Town) -> None:
    """Hear of the bot, and choose the moderators' group with Mona on duty."""
    mona = town.mona
    await mona.says("good morning all", to=town.group)
    await mona.waits_for(NOTICE, timeout=30)
    await mona.says_ephemeral("/setup", to=town.group)
    panel = await mona.waits_for("Settings for moderators")
    assert panel.is_ephemeral
    assert "none yet" in panel.text
    await mona.presses("Moderators' chat", message=panel)
    shown = await mona.waits_for("Only your own account can use the code")
    assert shown.is_ephemeral
    code = next(line for line in shown.text.splitlines() if line.startswith("/setup "))
    await town.otto.says(code, to=town.desk)
    await town.otto.waits_for("This code does not work for you here.")
    await mona.says(code, to=town.desk)
    await mona.waits_for("Mona chose this chat")
    await mona.waits_for("Done: cards come there from now on.")
    await mona.says_ephemeral("/setup", to=town.desk)
    await mona.presses("On duty", message=await mona.waits_for("Moderators' chat: set."))
    await mona.presses("Go on duty", message=await mona.waits_for("Nobody is on duty."))
    await mona.waits_for("1. Mona")


def labels(message: Message) -> list[str]:
    return [label for row in message.buttons for label, _ in row]


def carried(message: Message, label: str) -> str:
    return next(data for row in message.buttons for found, data in row if found == label)


def called(message: Message) -> list[str]:
    """Whose devices a message rings."""
    return [mark["user"]["first_name"] for mark in message.entities if mark["type"] == "text_mention"]


async def test_a_cry_for_help_is_answered_in_private_and_looked_after_to_its_end(tmp_path: Path) -> None:  # noqa: PLR0915 - one dialogue, in its order
    async with running(tmp_path, "crisis") as town:
        await set_up(town)
        mona, otto = town.mona, town.otto
        anna, ben = town.member(1001, "Anna"), town.member(1002, "Ben", started=True)

        # She never wrote to the bot, so there is only a button in the group, which says nothing.
        cry = await anna.says(CRISIS, to=town.group)
        offer = await anna.waits_for("I have something for you", timeout=30)
        assert offer.reply_to is cry
        assert labels(offer) == ["Help now"]
        card = await town.card_says(CARD, CRISIS, "The person has not pressed it yet.", "By Anna.", "Called:")
        assert f"https://t.me/c/1000/{cry.message_id}" in card.text
        assert called(card) == ["Mona"]
        assert not card.silent

        link = LINK.fullmatch(carried(offer, "Help now"))
        assert link
        await anna.says(f"/start {link[1]}")
        words = await anna.waits_for(LINES)
        assert words.chat.person
        assert "116 123" in words.text
        assert "I cannot say when one of them reads it." in words.text
        await town.card_says("The person opened what the bot had for them.")

        # The same message, reported: the same flag.
        await ben.says("/flag@RoundtableTestBot", to=town.group, reply_to=cry)
        await ben.waits_for("The moderators can see this message now.")
        await ben.presses("I am worried about this person")
        await ben.waits_for("Thank you for looking out for somebody.")
        await ben.presses("Yes, tell me")
        await ben.waits_for("You will hear from me")
        await town.card_says("Reported by 1 member: worried about this person.")
        assert town.cards() == [card]

        claim = carried(card, "Claim")
        await mona.presses("Claim", message=card)
        await mona.waits_for("It is yours until")
        await town.card_says("Mona has it until")
        await anna.waits_for("A moderator of your group has now read what you wrote.")

        # Killed, started anew: buttons go on working.
        await town.restarts()
        refused = await otto.press_data(card, claim)
        assert "Mona was first and has it until" in await otto.waits_for_toast(refused, timeout=30)
        stranger = await ben.press_data(card, carried(card, "Resolved"))
        assert "Only moderators of that group can do this." in await ben.waits_for_toast(stranger)

        await mona.presses("Note", message=card)
        await mona.waits_for("What should the other moderators know?")
        await mona.says(NOTE)
        await town.card_says(f"Note by Mona: {NOTE}")
        await mona.presses("Answer in private", message=card)
        await mona.waits_for("What should I tell the person?")
        await mona.says(LETTER)
        await anna.waits_for(LETTER)
        await town.card_says("Mona wrote to the person through the bot, and it arrived")

        await mona.presses("Resolved", message=card)
        closed = await town.card_says("resolved: Mona")
        assert closed is card
        for gone in (CRISIS, "Anna", NOTE, LETTER):
            assert gone not in closed.text
        assert labels(closed) == ["Open again"]
        await ben.waits_for("You reported a message.")

        # In the group nothing ever stood but this, and the bot told Ben's command away.
        assert town.in_group() == [f"{ONLY_ANNA}\nHelp now"]


async def test_whose_direct_chat_is_open_is_answered_there_and_the_group_sees_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, "direct") as town:
        await set_up(town)
        anna, carl = town.member(1001, "Anna"), town.member(1003, "Carl")
        await carl.says("/helplines")
        await carl.waits_for("People who listen")

        await carl.says(CRISIS, to=town.group)
        assert (await carl.waits_for(LINES, timeout=30)).chat.person
        await town.card_says(CARD, "The bot answered in the person's direct chat, and it arrived.", "By Carl.")
        # What follows within the pause is no repetition of the words, and still calls.
        await carl.says("nobody would miss me, I want to kill myself", to=town.group)
        await town.card_says("2 messages joined here.")
        assert len([each for each in carl.sees if each.is_from_bot and LINES in each.text]) == 1
        # What they say next is not the same danger again.
        await carl.says("thank you all", to=town.group)

        # Signs that need help at once; neither what is denied nor a lovely day bring anything.
        await anna.says(URGENT, to=town.group)
        await anna.waits_for(ONLY_ANNA)
        urgent = await town.card_says("Signs that may need help at once", "high priority", "coughing up blood")
        ben = town.member(1002, "Ben")
        before = [each.shown() for each in town.desk.messages]
        await ben.says(ORDINARY, to=town.group)
        plain = await ben.says(DENIED, to=town.group)
        # A last command shows that what came before it was heard.
        await ben.says("/helplines")
        await ben.waits_for("People who listen")
        assert [each.shown() for each in town.desk.messages] == before
        assert town.cards()[-1] is urgent
        assert "2 messages joined here." in town.cards()[0].text

        # What is edited is heard anew, and Ben has a direct chat by now.
        await ben.edits(plain, CRISIS)
        assert (await ben.waits_for(LINES)).chat.person
        await town.card_says(CARD, "By Ben.", CRISIS)
        assert town.in_group() == [f"{ONLY_ANNA}\nHelp now"]


async def test_danger_that_is_written_to_the_bot_is_answered_before_what_was_asked(tmp_path: Path) -> None:
    async with running(tmp_path, "asked") as town:
        anna = town.telegram.user(1001, "Anna")
        await anna.says(f"/faq {CRISIS_DIRECT}")
        first = await anna.waits_for(LINES, timeout=30)
        assert first.text.startswith(LINES)
        assert "Nobody else has been told what you wrote here." in first.text

        await anna.says(URGENT)
        urgent = await anna.waits_for("Call your local emergency number now")
        assert urgent.text.startswith("Signs like those you write of can need help at once.")
        await anna.says("/helplines germany")
        assert "112" in (await anna.waits_for("People who listen: Germany")).text
        assert not town.desk.public_text()
        assert not town.group.public_text()
