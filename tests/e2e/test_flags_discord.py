"""A cry for help on a Discord server: the real program as a process, with its real triage, against a fake server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from contract.chat.discord_harness import as_read
from e2e.program import Program, fresh_record
from fakes.discord_people import Person
from fakes.discord_server import FakeDiscord
from fakes.discord_state import Channel, Message

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

CRISIS = "i can't go on any more, i just want to be dead"
CRISIS_DIRECT = "I want to kill myself"
URGENT = "I am coughing up blood and I can't breathe properly"
ORDINARY = "what a lovely day, see you all on sunday"
DENIED = "no chest pain, no trouble breathing, all fine after the infusion"
NOTE = "I have written to her sister."
LETTER = "We think of you. May one of us call you?"
NOTICE, CARD = "From now on I read along here", "Somebody may be in danger"
NO_DESK = (
    "To the moderators of this group: I have no moderators' chat yet in which I can tell you what I notice. "
    "Please use /setup."
)
ONLY_ANNA = "Anna, I have something for you. Only you will see it."
LINES = "I am sorry that it is this hard right now."


@dataclass(frozen=True)
class Town:
    """A server with a channel for all, one for its two moderators alone, and the program."""

    discord: FakeDiscord
    program: Program
    talk: Channel
    desk: Channel
    mona: Person
    otto: Person

    def member(self, name: str) -> Person:
        person = self.discord.user(name, locale="en-GB")
        assert self.talk.guild
        self.talk.guild.add(person)
        return person

    async def restarts(self) -> None:
        identified = self.discord.gateway.identified
        await self.program.kill()
        await self.program.start()
        await self.discord.bot_is_ready(60, identified=identified + 1)

    def cards(self) -> list[Message]:
        return [each for each in self.desk.messages if each.author.bot and each.public and each.buttons]

    async def card_says(self, *parts: str) -> Message:
        """Wait until the newest card says all of this."""

        def found() -> Message | None:
            newest = self.cards()[-1:]
            return next((each for each in newest if all(part in as_read(each.text) for part in parts)), None)

        card = await self.discord.until(found, 15)
        assert card, f"no card says {parts}\n{self.mona.transcript}"
        return card

    def in_group(self) -> list[str]:
        """Everything that the bot ever said to all, but for what it tells of itself when it begins."""
        public = [each for each in self.talk.messages if each.author.bot and each.public]
        shown = [as_read(text) for each in public for text in each.versions]
        assert NOTICE in shown[0]
        assert not any(NOTICE in each for each in shown[1:])
        return [each for each in shown[1:] if each != NO_DESK]


@asynccontextmanager
async def running(folder: Path, journey: str) -> AsyncIterator[Town]:
    record = fresh_record(f"discord-flags-{journey}")
    async with FakeDiscord(record_to=record) as discord:
        guild = discord.guild("Peers", "talk")
        mona, otto = (discord.user(name, locale="en-GB") for name in ("Mona", "Otto"))
        for moderator in (mona, otto):
            guild.add(moderator, "manage_messages")
        desk = guild.add_channel("moderators", seen_by=[mona, otto])
        program = Program(folder, {"DISCORD_TOKEN": discord.token, "DISCORD_API_BASE": discord.base_url})
        async with program:
            await discord.bot_is_ready(60)
            await discord.bot_has_commands("setup", "flag")
            yield Town(discord, program, guild.channel("talk"), desk, mona, otto)
        said = program.said()
        assert not discord.unknown_requests
    assert discord.token not in said
    for private in ("Anna", "Mona", "Carl", CRISIS, CRISIS_DIRECT, URGENT, NOTE, LETTER, "coughing", "be dead"):
        assert private not in said


async def set_up(town: Town) -> None:
    """Hear of the bot, and choose the moderators' channel with Mona on duty."""
    mona = town.mona
    await mona.says("good morning all", town.talk)
    await mona.waits_for(NOTICE, timeout=30)
    await mona.uses("/setup", in_=town.desk)
    panel = await mona.waits_for("Settings for moderators")
    assert panel.ephemeral
    assert "none yet" in panel.text
    await mona.presses("Moderators' chat")
    await mona.waits_for("Use /setup in the channel where cards are to come, and press the button there.")
    await mona.presses("Send cards to this channel")
    await mona.waits_for("Can members read this channel")
    await mona.presses("No, only moderators: send cards here")
    await mona.waits_for("Mona chose this chat")
    await mona.waits_for("Done: cards come there from now on.")
    await mona.presses("On duty")
    await mona.waits_for("Nobody is on duty.")
    await mona.presses("Go on duty")
    await mona.waits_for("1. Mona")


def labels(message: Message) -> list[str]:
    return [button.label for button in message.buttons]


def carried(message: Message, label: str) -> str:
    return next(button.custom_id or "" for button in message.buttons if button.label == label)


async def test_a_cry_for_help_is_answered_in_private_and_looked_after_to_its_end(tmp_path: Path) -> None:  # noqa: PLR0915 - one dialogue, in its order
    async with running(tmp_path, "crisis") as town:
        await set_up(town)
        mona, otto, talk = town.mona, town.otto, town.talk
        anna, ben = town.member("Anna"), town.member("Ben")

        # She never wrote to the bot, so there is only a button in the group, which says nothing.
        cry = await anna.says(CRISIS, talk)
        offer = await anna.waits_for("I have something for you", timeout=30)
        assert offer.reference is cry
        assert labels(offer) == ["Help now"]
        card = await town.card_says(CARD, CRISIS, "The person has not pressed it yet.", "By Anna.", "Called:")
        assert f"/{talk.id}/{cry.id}" in card.text
        assert card.mentions == [mona]

        await anna.presses("Help now")
        words = await anna.waits_for(LINES)
        assert words.ephemeral
        assert "findahelpline.com" in words.text
        assert "I cannot say when one of them reads it." in words.text
        await town.card_says("The person opened what the bot had for them.")

        # The same message, reported: the same flag.
        await ben.uses_on_message("Flag this message", cry)
        assert (await ben.waits_for("The moderators can see this message now.")).ephemeral
        await ben.presses("I am worried about this person")
        await ben.waits_for("Thank you for looking out for somebody.")
        await ben.presses("Yes, tell me")
        await ben.waits_for("You will hear from me")
        assert await town.card_says("Reported by 1 member: worried about this person.") is card
        assert town.cards() == [card]

        claim, resolved = carried(card, "Claim"), carried(card, "Resolved")
        await mona.presses("Claim", message=card)
        assert (await mona.waits_for("It is yours until")).ephemeral
        await town.card_says("Mona has it until")
        told = await anna.waits_for("A moderator of your group has now read what you wrote.")
        assert told.channel is anna.dm

        # Killed, started anew: buttons go on working.
        await town.restarts()
        await otto.press_custom_id(card, claim)
        assert (await otto.waits_for("Mona was first and has it until", timeout=30)).ephemeral
        await otto.press_custom_id(card, claim.replace("dc:", "dr:"))
        await otto.waits_for("belongs to somebody else")

        await mona.presses("Note", message=card)
        await mona.fills({"What should the other moderators know?": NOTE})
        await town.card_says(f"Note by Mona: {NOTE}")
        await mona.presses("Answer in private", message=card)
        await mona.fills({"What should I tell the person?": LETTER})
        assert (await anna.waits_for(LETTER)).channel is anna.dm
        await town.card_says("Mona wrote to the person through the bot, and it arrived")

        await mona.presses("Resolved", message=card)
        closed = await town.card_says("resolved: Mona")
        assert closed is card
        for gone in (CRISIS, "Anna", NOTE, LETTER):
            assert gone not in closed.text
        assert labels(closed) == ["Open again"]
        await ben.waits_for("You reported a message.")
        await ben.press_custom_id(offer, resolved)
        await ben.waits_for("Only moderators of that group can do this.")

        assert town.in_group() == [f"{ONLY_ANNA}\nHelp now"]


async def test_whose_direct_chat_is_open_is_answered_there_and_the_group_sees_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, "direct") as town:
        await set_up(town)
        anna, carl, talk = town.member("Anna"), town.member("Carl"), town.talk
        await carl.says("hello", carl.dm)
        await carl.waits_for("/help")

        await carl.says(CRISIS, talk)
        assert (await carl.waits_for(LINES, timeout=30)).channel is carl.dm
        await town.card_says(CARD, "The bot answered in the person's direct chat, and it arrived.", "By Carl.")
        # What follows within the pause is no repetition of the words, and still calls.
        await carl.says("nobody would miss me, I want to kill myself", talk)
        await town.card_says("2 messages joined here.")
        assert len([each for each in carl.sees if each.author.bot and LINES in each.text]) == 1
        # What they say next is not the same danger again.
        await carl.says("thank you all", talk)

        # Signs that need help at once; neither what is denied nor a lovely day bring anything.
        await anna.says(URGENT, talk)
        await anna.waits_for(ONLY_ANNA)
        urgent = await town.card_says("Signs that may need help at once", "high priority", "coughing up blood")
        ben = town.member("Ben")
        before = [each.text for each in town.desk.messages]
        await ben.says(ORDINARY, talk)
        plain = await ben.says(DENIED, talk)
        # A last message shows that what came before it was heard.
        await ben.says("hello", ben.dm)
        await ben.waits_for("/help")
        assert [each.text for each in town.desk.messages] == before
        assert town.cards()[-1] is urgent
        assert "2 messages joined here." in town.cards()[0].text

        # What is edited is heard anew, and Ben has a direct chat by now.
        await ben.edits(plain, CRISIS)
        assert (await ben.waits_for(LINES)).channel is ben.dm
        await town.card_says(CARD, "By Ben.", CRISIS)
        assert town.in_group() == [f"{ONLY_ANNA}\nHelp now"]


async def test_danger_that_is_written_to_the_bot_is_answered_before_what_was_asked(tmp_path: Path) -> None:
    async with running(tmp_path, "asked") as town:
        anna = town.member("Anna")
        await anna.uses("/faq", in_=town.talk, words=CRISIS_DIRECT)
        first = await anna.waits_for(LINES, timeout=30)
        assert first.ephemeral
        assert first.text.startswith(LINES)
        assert "Nobody else has been told what you wrote here." in first.text

        await anna.says(URGENT, anna.dm)
        urgent = await anna.waits_for("Call your local emergency number now")
        assert urgent.text.startswith("Signs like those you write of can need help at once.")
        await anna.uses("/helplines", in_=town.talk, country="Germany")
        lines = await anna.waits_for("People who listen: Germany")
        assert lines.ephemeral
        assert "112" in lines.text
        assert not town.desk.public_text()
        assert not town.talk.public_text()
