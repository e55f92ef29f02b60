"""Dialogues of moderators: the real core, a real database, and a group of which it is known who looks after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import builders
from bot.chat.capabilities import Capabilities
from bot.chat.events import Event, Pressed, Used
from bot.chat.people import Person, Place, PlaceKind
from bot.chat.replies import Choice, Reply
from bot.faq.entry import Category, Entry, code_of
from bot.faq.library import Library
from bot.faq.revision import EVERYWHERE, Asked, Chat, Kind, Revision, Shown, State
from bot.features import Means, dispatcher_over, gather
from bot.words.presenting import Screen
from offered import HearsNothing, NobodyThere
from storage.store import Store
from unit.faq.asker import NamedWords
from unit.journey.talk import GUIDED, Talk, Voice

ANSWER = "It takes some hours. The leaflet names four for each day, and two more afterwards."
OTHER = "Most people are there for the whole day, as the leaflet says in its third part."


@dataclass
class Board:
    """Fulfils ``Roles``: who moderates which community."""

    moderators: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    async def moderates(self, person: Person, place: Place) -> bool:
        return not place.direct and (person.id, place.community) in self.moderators


@dataclass
class Crier(NobodyThere):
    """Fulfils ``Herald``: keeps what it was given, and fails where it is told to."""

    posted: list[tuple[Place, Reply]] = field(default_factory=list[tuple[Place, Reply]])
    sent: list[tuple[Person, Reply]] = field(default_factory=list[tuple[Person, Reply]])
    fails: Mapping[str, Exception] = field(default_factory=dict[str, Exception])

    async def post(self, place: Place, reply: Reply, *, answering: str = "") -> str:  # noqa: ARG002 - nothing is answered
        if place.id in self.fails:
            raise self.fails[place.id]
        self.posted.append((place, reply))
        return str(len(self.posted))

    async def send(self, person: Person, reply: Reply) -> str:
        if person.id in self.fails:
            raise self.fails[person.id]
        self.sent.append((person, reply))
        return str(len(self.sent))


@dataclass
class KeeperTalk(Talk):
    """The core with both sides of the curated answers."""

    board: Board = field(default_factory=Board)
    crier: Crier = field(default_factory=Crier)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.library = Library(NamedWords)
        means = Means(
            self.store.work, self.store.look, self.clock, self.core.tokens, self.library, self.crier, HearsNothing()
        )
        features = gather(means)
        self.forms = features.forms
        dispatcher = dispatcher_over(features, means)
        self.core = replace(self.core, dispatcher=dispatcher)

    @property
    def group(self) -> Place:
        return builders.group(self.capabilities.platform)

    async def has(self, *entries: Entry, team: str = EVERYWHERE) -> "KeeperTalk":
        async with self.store.work() as work:
            for each in entries:
                await work.entries.add(Revision(team, 0, Kind.FILE, State.APPROVED, each, self.clock.now()))
            await work.commit()
        return self

    def moderator(self, name: str = "mona", place: Place | None = None) -> "Keeper":
        keeper = self.keeper(name, place)
        self.board.moderators.add((keeper.person.id, keeper.home.community))
        return keeper

    def keeper(self, name: str, place: Place | None = None) -> "Keeper":
        person = builders.person(name, platform=self.capabilities.platform)
        return Keeper(self, person, home=place or self.group)

    def place(self, name: str) -> Place:
        return Place(self.capabilities.platform, name, PlaceKind.GROUP)

    async def chat(self, place: Place | None = None) -> Chat:
        async with self.store.work() as work:
            found = await work.chats.find(place or self.group)
        assert found
        return found

    async def history(self, entry_id: str = "day-length", place: Place | None = None) -> list[Revision]:
        team = (await self.chat(place)).team
        async with self.store.work() as work:
            return list(await work.entries.history(team, entry_id))

    async def holds(self, entry_id: str = "day-length", place: Place | None = None) -> Entry | None:
        """What the group's members are shown."""
        team = (await self.chat(place)).team
        async with self.store.work() as work:
            shelf = await self.library.shelf(work, team)
        return shelf.entries.get(entry_id)

    async def stands(self, place: Place, *, days_ago: int, entry_id: str = "day-length") -> None:
        async with self.store.work() as work:
            await work.figures.stood(Shown(entry_id, place, self.clock.now() - timedelta(days=days_ago)))
            await work.commit()

    async def was_asked(self, *texts: str, asker: Person | None = None, team: str | None = None) -> None:
        whose = (await self.chat()).team if team is None else team
        async with self.store.work() as work:
            for text in texts:
                count = len(await work.questions.open(whose, self.clock.now()))
                await work.questions.add(Asked(f"{whose or 'all'}-{count:03}", whose, text, self.clock.now(), asker))
            await work.commit()


@dataclass
class Keeper(Voice):
    """Somebody who looks after ``home``, or would like to. On a guided platform they go on in their direct chat."""

    talk: KeeperTalk
    home: Place = field(default_factory=builders.group)

    @property
    def direct(self) -> Place:
        return self.home if self.talk.capabilities.forms else super().direct

    async def does(self, event: Event) -> Screen | None:
        answer = await self.talk.core.dispatcher.handle(event, self.talk.capabilities, self.talk.board)
        self.screen = self.talk.show(answer, self.person) if answer else None
        return self.screen

    async def admin(self, text: str = "") -> "Keeper":
        """Use the command in the group."""
        await self.does(Used(self.person, self.home, "faqadmin", text))
        return self

    async def changes(self, part: str, text: str, entry_id: str = "day-length") -> "Keeper":
        """Open a part's form and fill it."""
        await self.opens(part, entry_id)
        return await self.types(text)

    async def opens(self, part: str, entry_id: str = "day-length") -> "Keeper":
        await self.admin(f"edit {entry_id}")
        await self.presses(part)
        return self

    async def types(self, text: str) -> "Keeper":
        await self.answers({"text": text})
        return self

    async def adds(
        self,
        question: str,
        answer: str = ANSWER,
        source: str = "A leaflet; 2021-04",
        category: Category = Category.LOGISTICS,
        plain: str = "yes",
    ) -> "Keeper":
        """Fill the form for a new entry, which is open."""
        subject = code_of(category.value)
        values = {"question": question, "answer": answer, "subject": subject, "source": source, "plain": plain}
        await self.answers(values)
        return self

    async def presses_as(self, other: Voice, label: str) -> "Keeper":
        """Press a button that was made for somebody else."""
        await self.does(Pressed(self.person, self.direct, other.button(label).data))
        return self

    async def offered(self, text: str, **options: str) -> list[str]:
        typed = Used(self.person, self.home, "faqadmin", options=options)
        found: tuple[Sequence[Choice], object] = await self.talk.core.dispatcher.complete(
            typed, self.talk.capabilities, "entry", text
        )
        return [choice.value for choice in found[0]]


def keeping_over(store: Store, capabilities: Capabilities = GUIDED) -> KeeperTalk:
    return KeeperTalk(store, capabilities)
