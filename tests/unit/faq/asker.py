"""Dialogues about curated answers: the real core, a real database, and a search whose answers can be foreseen."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import builders
from bot.chat.capabilities import Capabilities
from bot.chat.events import Pressed, Used
from bot.chat.people import Person, Place
from bot.chat.replies import Choice
from bot.faq.entry import Category, Entry, Source
from bot.faq.found import Found, Hit
from bot.faq.library import Library
from bot.faq.revision import EVERYWHERE, Chat, Kind, Revision, State
from bot.features import Means, dispatcher_over, gather
from bot.words.presenting import Screen
from offered import HearsNothing, NobodyThere
from storage.store import Store
from unit.journey.talk import GUIDED, Talk, Voice

CHAT = "c0ffee00"
TEAM = "team0001"


class NamedWords:
    """Finds an entry by all the words of its id; ``my`` makes a query personal, ``perhaps`` an unsure one."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._ids = [entry.id for entry in entries]

    def find(self, query: str) -> Found:
        words = set(query.casefold().replace("?", " ").split())
        hits = tuple(Hit(each, 1.0) for each in self._ids if set(each.split("-")) <= words)[:5]
        sure = len(hits) == 1 and "perhaps" not in words
        return Found(hits, sure, 0 if sure else len(hits), "my" in words)


def entry(entry_id: str = "day-length", **chosen: object) -> Entry:
    """An entry that was checked nine days ago, with its next review in a year."""
    plain = Entry(
        id=entry_id,
        category=Category.INFUSION_DAYS,
        question=f"What of {entry_id.replace('-', ' ')}?",
        answerable=True,
        sources=(Source("A study", "2021-04-06"), Source("A leaflet", "undated")),
        reviewed_by="nobody",
        reviewed_on=date(2026, 3, 1),
        review_due=date(2027, 3, 1),
        answer=f"The first part\nof {entry_id}.\n\nThe second part.",
    )
    return replace(plain, **chosen)


@dataclass
class FaqTalk(Talk):
    """The core with the curated answers."""

    library: Library = field(default_factory=lambda: Library(NamedWords))
    home_chat: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        means = Means(
            self.store.work,
            self.store.look,
            self.clock,
            self.core.tokens,
            self.library,
            NobodyThere(),
            HearsNothing(),
            self.home_chat,
        )
        dispatcher = dispatcher_over(gather(means), means)
        self.core = replace(self.core, dispatcher=dispatcher)

    @property
    def group(self) -> Place:
        return builders.group(self.capabilities.platform)

    def person(self, name: str = "anna", locale: str | None = "en-GB") -> "Asker":
        return Asker(self, builders.person(name, platform=self.capabilities.platform, locale=locale))

    async def has(self, *entries: Entry, team: str = EVERYWHERE, shown: bool = True) -> "FaqTalk":
        async with self.store.work() as work:
            for each in entries:
                made = Revision(team, 0, Kind.FILE, State.APPROVED, each, self.clock.now(), shown)
                await work.entries.add(made)
            await work.commit()
        return self

    async def has_chat(self, chat_id: str = CHAT, team: str = TEAM, place: Place | None = None, **set_: bool) -> None:
        async with self.store.work() as work:
            place = place or self.group
            # Where the bot has begun to listen, the chat has its id already.
            known = await work.chats.find(place)
            await work.chats.save(Chat(known.id if known else chat_id, team, place, **set_))
            await work.commit()

    async def votes(self, team: str = EVERYWHERE) -> dict[str, tuple[int, int]]:
        async with self.store.work() as work:
            return await work.figures.votes(team)

    async def stood(self, entry_id: str = "day-length", team: str = EVERYWHERE) -> list[Place]:
        async with self.store.work() as work:
            found = await work.figures.where_stood(team, entry_id, self.clock.now() - builders.timedelta(days=30))
        return [each.place for each in found]

    async def questions(self, team: str = EVERYWHERE) -> list[tuple[str, Person | None]]:
        async with self.store.work() as work:
            return [(each.text, each.asker) for each in await work.questions.open(team, self.clock.now())]


@dataclass
class Asker(Voice):
    """Somebody who asks; ``place`` is where they do."""

    talk: FaqTalk
    here: Place | None = None

    @property
    def direct(self) -> Place:
        return self.here or super().direct

    def in_group(self, place: Place | None = None) -> "Asker":
        return Asker(self.talk, self.person, here=place or self.talk.group)

    async def joined(self, country: str = "DE") -> "Asker":
        """Be a member in a country whose numbers are confirmed."""
        async with self.talk.store.work() as work:
            await builders.join(work, builders.member(country=country, hour_chosen=True, set_up=True), self.person)
            await work.commit()
        return self

    async def asks(self, words: str = "") -> Screen | None:
        options = {"words": words} if words else {}
        return await self.does(Used(self.person, self.direct, "faq", options=options))

    async def offered_while_typing(self, text: str) -> list[tuple[str, object]]:
        typed = Used(self.person, self.direct, "faq")
        found: tuple[Sequence[Choice], object] = await self.talk.core.dispatcher.complete(
            typed, self.talk.capabilities, "words", text
        )
        return [(choice.value, choice.label) for choice in found[0]]

    async def presses_as_shown_to(self, other: Voice, label: str) -> Screen | None:
        """Press a button under what somebody else sees."""
        return await self.does(Pressed(self.person, self.direct, other.button(label).data))


def talk_over(store: Store, capabilities: Capabilities = GUIDED, home_chat: str = "") -> FaqTalk:
    return FaqTalk(store, capabilities, home_chat=home_chat)


async def talk_at_home(store: Store, capabilities: Capabilities = GUIDED) -> FaqTalk:
    """A talk in which direct chats belong to the group, whose moderators have set it up."""
    talk = talk_over(store, capabilities, home_chat=CHAT)
    await talk.has_chat()
    return talk
