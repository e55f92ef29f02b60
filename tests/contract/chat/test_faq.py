"""A curated answer says the same on every platform, with its sources and marks, and to whoever asked alone."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.chat.people import Place, PlaceKind
from bot.dispatcher import Dispatcher
from bot.faq.check import LONGEST_ANSWER, LONGEST_TITLE, MOST_SOURCES
from bot.faq.entry import EXPIRES_AFTER, Entry, Source
from bot.faq.files import FOLDER, read_folder
from bot.faq.library import Library
from bot.faq.revision import EVERYWHERE, Kind, Revision, State
from bot.faq.revision import Chat as Community
from bot.faq.seeding import seed
from bot.features import Means, dispatcher_over, gather
from contract.chat.harness import Chat, Member, Seen
from contract.chat.probe import Core, FixedClock, open_core
from offered import HearsNothing, NobodyThere

ENTRIES = {entry.id: entry for entry in read_folder(FOLDER)}
ENTRY = ENTRIES["day-length"]
SURE, UNSURE = "how long does each infusion day take", "listeria"
OUTSIDE, OWN_CASE = "who won the match on sunday", "my lymphocytes are 0.2, is that bad?"
CHECKED = datetime(2026, 11, 22, 9, tzinfo=UTC)
LIBRARY = Library()
"""The same for all tests, since all have the same entries; a core of its own would lay them out anew each time."""

HOME = Community("c0ffee00", "team0001", Place("telegram", "-100", PlaceKind.GROUP))
"""Whose moderators are asked from direct chats; those of the group in which the tests play have set up nothing."""

Ask = Callable[[Member, str], Awaitable[None]]


@dataclass(slots=True)
class FaqCore(Core):
    """The bot as it is, over the entries that come with it."""

    def dispatcher(self) -> Dispatcher:
        means = Means(
            self.store.work, self.store.look, self.clock, self.tokens, LIBRARY, NobodyThere(), HearsNothing(), HOME.id
        )
        return dispatcher_over(gather(means), means)


@pytest.fixture(scope="session")
def database_with_entries(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = Path(shutil.copy(empty_database, tmp_path_factory.mktemp("entries") / "entries.db"))

    async def fill() -> None:
        async with open_core(path) as core, core.store.work() as work:
            await seed(work, tuple(ENTRIES.values()), CHECKED)
            await work.chats.save(HOME)
            await work.commit()

    asyncio.run(fill())
    return path


@pytest.fixture
async def core(database_with_entries: Path, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Core]:
    """The core at the moment that the test asks for."""
    at: datetime = getattr(request, "param", CHECKED)
    async with open_core(shutil.copy(database_with_entries, tmp_path / "chat.db")) as plain:
        yield FaqCore(plain.store, plain.tokens, FixedClock(at))


@pytest.fixture(params=[False, True], ids=["direct", "group"])
def in_group(request: pytest.FixtureRequest) -> bool:
    """Whether the test asks in the group, or in the direct chat."""
    return bool(request.param)


@pytest.fixture
def ask(in_group: bool) -> Ask:
    """Ask in the direct chat, or in the group."""

    async def asks(member: Member, words: str) -> None:
        await member.says(f"/faq {words}", in_group=in_group)

    return asks


def after_review(span: timedelta) -> datetime:
    return datetime.combine(ENTRY.review_due + span, CHECKED.timetz())


def is_whole(entry: Entry, text: str) -> bool:
    """Whether a text holds the question, the answer and every source of an entry."""
    # Telegram keeps names of sites from being links with a sign that cannot be seen.
    lines = text.replace("\u2060", "").splitlines()
    sources = all(any(source.title in line for line in lines) for source in entry.sources)
    return entry.question in lines and set(entry.paragraphs) <= set(lines) and sources


def found(member: Member, part: str) -> Seen:
    """The newest message of a member's that holds this text; on some platforms a hint may stand below it."""
    holding = [seen for seen in member.messages if part in seen.text]
    assert holding, [seen.text for seen in member.messages]
    return holding[-1]


async def test_what_is_surely_meant_is_answered_with_sources_and_marks_to_the_asker_alone(chat: Chat, ask: Ask) -> None:
    anna, ben = chat.member("anna"), chat.member("ben")

    await ask(anna, SURE)

    answer = found(anna, ENTRY.question)
    assert is_whole(ENTRY, answer.text)
    assert "No clinician has reviewed this text yet." in answer.text
    assert "Checked against its sources on Sunday, November 22, 2026; next review" in answer.text
    assert answer.alone
    assert ben.sees_nothing()
    assert not chat.group.sees(ENTRY.question)


async def test_what_may_be_meant_is_offered_to_choose_from(chat: Chat, ask: Ask) -> None:
    anna = chat.member("anna")

    await ask(anna, UNSURE)

    choice = found(anna, "Which of these comes nearest")
    *questions, none = choice.labels
    assert (len(questions), none) == (3, "None of these")
    await anna.presses(questions[0])
    chosen = next(entry for entry in ENTRIES.values() if entry.question == questions[0])
    assert any(is_whole(chosen, seen.text) and seen.alone for seen in anna.messages)


@pytest.mark.parametrize("words", ["i want to kill myself", "i want to die", "suicide"])
async def test_a_cry_for_help_that_is_not_understood_gets_the_lines_on_which_people_listen(
    chat: Chat, words: str
) -> None:
    anna = chat.member("anna")

    await anna.says(f"/faq {words}")

    assert "In danger, call your local emergency number now." in anna.newest.text
    assert "findahelpline.com" in anna.newest.text.replace("\u2060", "")


async def test_where_there_is_no_answer_that_is_said_with_whom_to_turn_to(
    chat: Chat, ask: Ask, *, in_group: bool
) -> None:
    anna = chat.member("anna")

    await ask(anna, OUTSIDE)

    honest = found(anna, "I have no answer with a source for this")
    assert "In danger, call your local emergency number now." in honest.text
    assert "findahelpline.com" in honest.text
    assert honest.labels == (["All subjects"] if in_group else ["Ask the moderators", "All subjects"])
    assert ("You can ask them yourself." in honest.text) is in_group
    if in_group:
        return
    await anna.presses("Ask the moderators")
    assert any(f"Your words: “{OUTSIDE}”" in seen.text and seen.alone for seen in anna.messages)
    assert not chat.group.sees(OUTSIDE)


async def test_above_an_answer_to_ones_own_case_stands_the_way_to_the_physician(chat: Chat, ask: Ask) -> None:
    anna = chat.member("anna")

    await ask(anna, OWN_CASE)

    entry = ENTRIES["labs-my-result"]
    answer = found(anna, entry.question)
    assert answer.text.startswith("Only your doctor or MS nurse can answer for your own case.")
    assert is_whole(entry, answer.text)
    assert "call your emergency number or your MS team now" in answer.text
    await anna.presses("Helpful")
    assert anna.sees("Your tap was counted, without your name.")
    assert all(seen.text.startswith("Only your doctor") for seen in anna.messages if entry.question in seen.text)


@pytest.mark.parametrize("core", [after_review(timedelta(days=1)), after_review(EXPIRES_AFTER)], indirect=True)
async def test_past_its_review_date_an_answer_is_shown_with_a_mark(chat: Chat, ask: Ask) -> None:
    anna = chat.member("anna")

    await ask(anna, ENTRY.id)

    answer = found(anna, ENTRY.question)
    assert is_whole(ENTRY, answer.text)
    assert "Its review date has passed (Friday, November 12, 2027), so it may be out of date." in answer.text


@pytest.mark.parametrize(
    "core",
    [after_review(EXPIRES_AFTER + timedelta(days=1)), datetime(2029, 1, 1, tzinfo=UTC)],
    ids=["91 days", "2029"],
    indirect=True,
)
async def test_ninety_days_past_its_review_date_an_answer_is_withheld(chat: Chat, ask: Ask, *, in_group: bool) -> None:
    anna = chat.member("anna")

    await ask(anna, SURE)

    withheld = found(anna, ENTRY.question)
    assert "This answer had its review date on Friday, November 12, 2027." in withheld.text
    assert "Please ask your MS team." in withheld.text
    ways = ["More on this subject"]
    assert withheld.labels == (ways if in_group else ["Ask the moderators", *ways])
    assert not any(paragraph in withheld.text for paragraph in ENTRY.paragraphs)


async def test_an_answer_is_shown_to_the_group_when_its_reader_wants_that(chat: Chat) -> None:
    anna, ben = chat.member("anna"), chat.member("ben")

    await anna.says(f"/faq {SURE}", in_group=True)

    answer = found(anna, ENTRY.question)
    # What stands in the direct chat cannot be shown from there.
    assert ("Show it to the group" in answer.labels) is not answer.direct
    if not answer.direct:
        await anna.presses("Show it to the group")
    assert any(is_whole(ENTRY, seen.text) for seen in ben.messages) is not answer.direct
    assert not chat.group.sees("anna")


async def test_even_the_longest_answer_is_shown_to_the_group_whole(chat: Chat, core: Core) -> None:
    words = " ".join(["Nobody knows."] * 100)[:LONGEST_ANSWER]
    sources = tuple(Source(f"{number} {words}"[:LONGEST_TITLE].strip(), "2026") for number in range(MOST_SOURCES))
    longest = replace(ENTRY, id="longest", question="What is the longest answer?", answer=words, sources=sources)
    async with core.store.work() as work:
        await work.entries.add(Revision(EVERYWHERE, 0, Kind.IMPORT, State.APPROVED, longest, CHECKED))
        await work.commit()
    anna = chat.member("anna")

    await anna.says("/faq longest", in_group=True)

    answer = found(anna, longest.sources[-1].title)
    if not answer.direct:
        await anna.presses("Show it to the group")
    assert is_whole(longest, "\n".join(seen.text for seen in chat.group.messages)) is not answer.direct


async def test_a_button_from_before_a_restart_still_works(chat: Chat, ask: Ask) -> None:
    anna = chat.member("anna")
    await ask(anna, SURE)

    await chat.restart()
    await anna.presses("More on this subject")

    shelf = [entry.question for entry in ENTRIES.values() if entry.category is ENTRY.category]
    shown = found(anna, "Infusion days")
    assert set(shown.labels[:-1]) <= {*shelf, "More"}
    assert shown.labels[-1] == "All subjects"
