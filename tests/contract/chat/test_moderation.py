"""What the group, the person and the moderators see of a flag, on any platform, and what each button of a card does."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.chat.people import Reader
from bot.dispatcher import Dispatcher
from bot.faq.desk import chat_id_of
from bot.faq.library import Library
from bot.faq.revision import Chat as Community
from bot.features import Features, Means, dispatcher_over, gather
from bot.moderation.cards import LABELS
from bot.moderation.policy import Duty, Handling, Mode, Watched, first_policy
from bot.triage.assessment import Label
from bot.wiring import Heralds
from bot.words.catalogue import PlainMarkup, Writer
from contract.chat.harness import Chat, Member, Seen
from contract.chat.probe import TRICKY, Core, open_core
from unit.moderation.hearer import Marked

FLAGGED = tuple(label for label in Label if label is not Label.NONE)
WORDS: Mapping[Label, str] = {
    Label.CRISIS: "I am sorry that it is this hard right now.",
    Label.URGENT: "Signs like those you write of can need help at once.",
    Label.MEDICAL_QUESTION: "This sounds like a question about your own treatment or body.",
    Label.DISTRESS: "That sounds like a lot to carry.",
}
"""How the words begin that only the writer reads."""

ADVICE = "A kind reminder to all:"
OFFER = "I have something for you. Only you will see it."
REFUSED = "Only moderators of that group can do this."


@dataclass(slots=True)
class FlagsCore(Core):
    """The bot as it is, with a triage that hears what is marked: "#crisis" is one to act on, "#crisis?" for a card."""

    heralds: Heralds = field(default_factory=Heralds)
    running: list[Features] = field(default_factory=list[Features])

    def dispatcher(self) -> Dispatcher:
        means = Means(self.store.work, self.store.look, self.clock, self.tokens, Library(), self.heralds, Marked())
        features = gather(means)
        self.running.append(features)
        return dispatcher_over(features, means)

    async def settle(self) -> None:
        """Wait for the cards that change after somebody was helped."""
        for features in self.running:
            await features.helping.settle()


@pytest.fixture
async def core(empty_database: Path, tmp_path: Path) -> AsyncIterator[FlagsCore]:
    async with open_core(shutil.copy(empty_database, tmp_path / "chat.db")) as plain:
        core = FlagsCore(plain.store, plain.tokens)
        yield core
        await core.settle()


@dataclass(frozen=True)
class Town:
    """A group with its moderators' chat. Mona is on duty, Otto is not; what the bot told of itself is left out."""

    chat: Chat
    core: FlagsCore
    mona: Member
    otto: Member

    def member(self, name: str) -> Member:
        return self.chat.member(name)

    async def watches(self, mode: Mode = Mode.ON) -> None:
        """Listen, and do the same for every label."""
        handling = {label: Handling(mode) for label in first_policy()}
        place = self.chat.place
        watched = Watched(
            chat_id_of(place),
            place,
            self.core.clock.now(),
            handling,
            self.chat.desk_place,
            duty=Duty((self.mona.person,)),
        )
        async with self.core.store.work() as work:
            await work.chats.save(Community(watched.chat_id, watched.chat_id, place))
            await work.watches.save(watched)
            await work.commit()

    async def restarts(self) -> None:
        await self.chat.restart()
        self.connect()

    def connect(self) -> None:
        self.core.heralds.messengers[self.chat.place.platform] = self.chat.messenger

    @property
    def card(self) -> Seen:
        """The newest card at the desk, as it stands now."""
        marks = ("Written ", "Closed as ")
        return next(
            seen for seen in reversed(self.mona.messages) if not seen.alone and any(mark in seen.text for mark in marks)
        )

    async def card_comes_to_say(self, part: str) -> None:
        """Wait for what a card says a little later, since nobody who looks for help waits for cards."""
        async with asyncio.timeout(5):
            while part not in self.card.text:
                await asyncio.sleep(0.01)
                await self.chat.settle()

    def knows(self) -> int:
        """How many messages have come to the desk."""
        return len(self.chat.desk.messages)


@pytest.fixture
async def town(chat: Chat, core: FlagsCore) -> Town:
    town = Town(chat, core, chat.moderator("mona"), chat.moderator("otto"))
    town.connect()
    await town.watches()
    return town


def words(label: Label) -> str:
    return Writer(Reader(), PlainMarkup()).write(LABELS[label])


@pytest.mark.parametrize("label", FLAGGED, ids=[label.value for label in FLAGGED])
async def test_policy_decides_who_sees_what(town: Town, label: Label) -> None:
    anna, group, desk = town.member("anna"), town.chat.group, town.chat.desk

    await town.watches(Mode.OFF)
    await anna.says(f"one #{label.value}", in_group=True)
    assert group.sees_nothing()
    assert desk.sees_nothing()
    assert anna.sees_nothing()

    await town.watches(Mode.SHADOW)
    await anna.says(f"two #{label.value}", in_group=True)
    assert group.sees_nothing()
    assert anna.sees_nothing()
    assert words(label) in town.card.text
    assert "shadow: the person heard nothing" in town.card.text
    assert f"“two #{label.value}”" in town.card.text
    assert list(town.card.calls) == []

    await town.watches(Mode.ON)
    await town.mona.presses("False alarm")
    await anna.says(f"three #{label.value}", in_group=True)
    assert words(label) in town.card.text
    assert "shadow" not in town.card.text
    assert list(town.card.calls) == (["mona"] if label is Label.CRISIS else [])
    if label is Label.PROMOTION:
        assert group.sees_nothing()
    elif label is Label.MEDICAL_ADVICE:
        (line,) = group.messages
        assert line.text.startswith(ADVICE)
        assert line.labels == []
    else:
        (offer,) = group.messages
        assert offer.text.lower() == f"anna, {OFFER}".lower()
        assert offer.labels == ["Help now"]
        await anna.presses("Help now")
        assert anna.sees(WORDS[label])
        assert not group.sees(WORDS[label])
        await town.card_comes_to_say("The person opened what the bot had for them.")


@pytest.mark.parametrize("label", WORDS, ids=[label.value for label in WORDS])
async def test_whose_direct_chat_is_open_reads_there_and_the_group_sees_nothing(town: Town, label: Label) -> None:
    anna = town.member("anna")
    await anna.says("/helplines")

    await anna.says(f"so #{label.value}", in_group=True)

    newest = anna.newest
    assert newest.text.startswith(WORDS[label])
    assert newest.alone
    assert newest.direct
    assert ("I was misread" in newest.labels) is not label.alerts
    assert town.chat.group.sees_nothing()
    assert "it arrived" in town.card.text


async def test_who_was_misread_says_so_with_one_tap(town: Town) -> None:
    anna = town.member("anna")
    await anna.says("/helplines")
    await anna.says("so #medical_question", in_group=True)

    await anna.presses("I was misread")

    assert anna.sees("It counts as my mistake.")
    assert "false alarm" in town.card.text
    assert town.card.labels == ["Open again"]
    assert town.chat.group.sees_nothing()


async def test_what_is_doubtful_is_for_the_moderators_alone(town: Town) -> None:
    await town.member("anna").says("well #crisis?", in_group=True)

    assert town.chat.group.sees_nothing()
    assert "The bot said nothing to the person." in town.card.text


async def test_help_now_shows_anybody_else_the_lines_and_not_what_was_found(town: Town) -> None:
    anna, ben = town.member("anna"), town.member("ben")
    await anna.says("so #crisis", in_group=True)

    await ben.presses("Help now")

    opened = next(seen for seen in reversed(ben.messages) if "People who listen" in seen.text)
    assert opened.alone
    assert not ben.sees(WORDS[Label.CRISIS])
    for onlooker in (anna, town.chat.group):
        assert not onlooker.sees("People who listen")
    assert "The person has not pressed it yet." in town.card.text


async def test_every_button_of_a_card(town: Town) -> None:
    anna, ben, mona, otto = town.member("anna"), town.member("ben"), town.mona, town.otto
    await anna.says("/helplines")
    await anna.says("so #crisis", in_group=True)
    first = town.card
    assert first.labels == ["Claim", "Resolved", "False alarm", "Escalate", "Note", "Answer in private"]
    assert not ben.sees("Written ")
    await ben.flags(anna)
    await ben.presses("I am worried about this person")
    await ben.presses("Yes, tell me")

    claim = dict(first.buttons)["Claim"]
    await mona.presses("Claim")
    assert mona.sees("It is yours until")
    assert "mona has it until" in town.card.text.lower()
    assert anna.sees("A moderator of your group has now read what you wrote.")
    await town.restarts()
    await otto.forges(claim)
    assert any("mona was first and has it until" in seen.text.lower() for seen in otto.messages)
    await mona.presses("Give back")
    assert "Claim" in town.card.labels

    await mona.presses("Note")
    await mona.fills({"What should the other moderators know?": "Her sister knows."})
    assert "Her sister knows." in town.card.text
    await mona.presses("Answer in private")
    await mona.fills({"What should I tell the person?": "We think of you."})
    assert "We think of you." in anna.newest.text
    assert "mona" not in anna.newest.text.lower()
    assert "and it arrived: We think of you." in town.card.text

    await mona.presses("Escalate")
    called = {name for seen in town.chat.desk.messages for name in seen.calls} - {"mona"}
    assert called <= {"otto"}
    if called:
        assert "asks for another pair of eyes" in town.card.text
        await mona.presses("Resolved")
        assert mona.sees("somebody else has to decide this")
    else:
        # Where the platform does not tell who moderates, nobody off duty can be called, and who escalates hears that.
        assert mona.sees("so nothing is changed")
    await otto.presses("Resolved")
    closed = town.card
    assert closed.labels == ["Open again"]
    for gone in ("#crisis”", "Her sister knows.", "We think of you.", "By "):
        assert gone not in closed.text
    assert ben.sees("You reported a message.")
    await otto.presses("Open again")
    await otto.presses("False alarm")
    assert "false alarm" in town.card.text
    # Where a typed command stays visible, whoever typed it is told where its answer is.
    assert {seen.text for seen in town.chat.group.messages} <= {"I have answered you in private."}


async def test_buttons_of_a_card_refuse_everybody_else(town: Town) -> None:
    anna, ben = town.member("anna"), town.member("ben")
    await anna.says("so #crisis", in_group=True)
    card = town.card

    for label, data in card.buttons:
        await ben.forges(data)
        assert ben.sees(REFUSED), label
    assert town.card == card
    assert not town.chat.group.sees(REFUSED)


async def test_no_moderator_handles_what_is_about_themselves(town: Town) -> None:
    await town.mona.says("so #medical_question", in_group=True)

    await town.mona.presses("Resolved")

    assert town.mona.sees("another moderator has to look at it")
    assert "Resolved" in town.card.labels
    await town.otto.presses("Resolved")
    assert town.card.labels == ["Open again"]


async def test_what_is_quoted_does_nothing_on_a_card(town: Town) -> None:
    anna, ben = town.member("anna"), town.member("ben")
    hostile = f"@ben <@{ben.person.id}> @everyone ||x|| \u202e{TRICKY}"[:150]

    await anna.says(f"#medical_question {hostile}", in_group=True)

    card = town.card
    assert "@everyone" in card.text.replace("\u200b", "").replace("\u2060", "")
    assert "\u202e" not in card.text
    assert not card.pings
    assert list(card.calls) == []


async def test_only_those_on_duty_are_called(town: Town) -> None:
    anna, ben = town.member("anna"), town.member("ben")

    await anna.says(f"@ben <@{ben.person.id}> @everyone #crisis", in_group=True)

    assert list(town.card.calls) == ["mona"]
    assert [list(seen.calls) for seen in town.chat.group.messages] == [[]]
    assert not any(seen.pings for seen in town.chat.group.messages)


async def test_a_report_needs_no_set_up_and_is_nobody_elses_business(town: Town) -> None:
    anna, ben = town.member("anna"), town.member("ben")
    await anna.says("you are all stupid", in_group=True)
    assert town.knows() == 0

    await ben.flags(anna)
    await ben.presses("Unkind")

    assert ben.sees("Thank you. A moderator will look at it; I cannot say when.")
    assert "Reported by 1 member: unkind." in town.card.text
    assert "ben" not in town.card.text.lower()
    for onlooker in (anna, town.chat.group):
        assert not onlooker.sees("moderator")


async def test_who_opts_out_is_not_looked_at_and_can_come_back(town: Town) -> None:
    anna = town.member("anna")
    await anna.says("/optout")
    await anna.presses("Do not look at what I write")
    await anna.says("so #crisis", in_group=True)

    assert town.knows() == 0
    assert town.chat.group.sees_nothing()
    await anna.says("/optout")
    assert "You have opted out" in anna.newest.text


async def test_helplines_need_no_set_up(town: Town) -> None:
    anna = town.member("anna")

    await anna.says("/helplines")
    assert "People who listen" in anna.newest.text
    await anna.says("/helplines germany")
    assert "People who listen: Germany" in anna.newest.text
    assert "112" in anna.newest.text
    await anna.says("/helplines", in_group=True)
    assert not town.chat.group.sees("112")
