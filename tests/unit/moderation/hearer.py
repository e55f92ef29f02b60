"""Groups that are listened to: the real core over a real database, a herald that keeps what it is given, and a triage
whose findings can be foreseen."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count

import builders
from bot.chat.capabilities import Capabilities
from bot.chat.events import Said
from bot.chat.people import Message, Person, Place, Reader
from bot.chat.replies import Button, Reply
from bot.errors import StorageError
from bot.faq.library import Library, SearchOver
from bot.features import Features, Means, dispatcher_over, gather
from bot.moderation.flag import Flag
from bot.moderation.policy import Handling, Mode, Watched
from bot.triage.assessment import Assessment, Context, Do, Label, Reason
from bot.words.catalogue import PlainMarkup, Writer
from storage.store import SqlWork
from unit.faq.asker import NamedWords
from unit.journey.talk import Talk

_MARK = re.compile(r"#(\w+)(\??)")


class Marked:
    """Fulfils ``Assessing``: "#crisis" is one to act on, "#crisis?" one for a card."""

    def __init__(self) -> None:
        self.contexts: list[Context] = []
        self.texts: list[str] = []

    def assess(self, text: str, context: Context) -> Assessment:
        self.contexts.append(context)
        self.texts.append(text)
        found = _MARK.search(text)
        if found is None or context.quoted:
            return Assessment(Label.NONE, 0.0, Do.NONE)
        label, do = Label(found[1]), Do.CARD if found[2] else Do.ACT
        score = 0.5 if do is Do.CARD else 0.9
        reason = Reason(f"{label.value}.marked", f"says '{found[0]}'", found.start(), found.end())
        return Assessment(label, score, do, (reason,), {label: score}, version="marked 1")


@dataclass
class Town:
    """Fulfils ``Herald``. ``fails`` are errors by the id of a person or a place."""

    platform: Capabilities
    posted: list[tuple[Place, str, Reply]] = field(default_factory=list[tuple[Place, str, Reply]])
    edited: list[tuple[str, Reply]] = field(default_factory=list[tuple[str, Reply]])
    sent: list[tuple[Person, Reply]] = field(default_factory=list[tuple[Person, Reply]])
    fails: dict[str, Exception] = field(default_factory=dict[str, Exception])
    numbers: "count[int]" = field(default_factory=lambda: count(1000))

    async def post(self, place: Place, reply: Reply, *, answering: str = "") -> str:
        self._fail(place.id)
        self.posted.append((place, answering, reply))
        return str(next(self.numbers))

    async def edit(self, place: Place, message_id: str, reply: Reply) -> None:
        self._fail(place.id)
        self.edited.append((message_id, reply))

    async def send(self, person: Person, reply: Reply) -> str:
        self._fail(person.id)
        self.sent.append((person, reply))
        return str(next(self.numbers))

    def capabilities(self, platform: str) -> Capabilities:
        return replace(self.platform, platform=platform)

    async def moderators(self, place: Place) -> tuple[Person, ...]:
        self._fail(place.id)
        return ()

    def _fail(self, name: str) -> None:
        if name in self.fails:
            raise self.fails[name]


@dataclass
class GroupTalk(Talk):
    """The core with everything that listens."""

    triage: Marked = field(default_factory=Marked)
    home_chat: str = ""
    database: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.town = Town(self.capabilities)
        self.numbers = count(1)
        self.restart()

    def restart(self, search_over: SearchOver = NamedWords) -> None:
        """Forget what is in memory."""
        means = Means(
            self._work,
            self._look,
            self.clock,
            self.core.tokens,
            Library(search_over),
            self.town,
            self.triage,
            self.home_chat,
        )
        self.features: Features = gather(means)
        self.core = replace(self.core, dispatcher=dispatcher_over(self.features, means))

    def _work(self) -> AbstractAsyncContextManager[SqlWork]:
        return self.store.work() if self.database else _gone()

    def _look(self) -> AbstractAsyncContextManager[SqlWork]:
        return self.store.look() if self.database else _gone()

    @contextmanager
    def without_database(self) -> Iterator[None]:
        """As long as the database cannot be reached."""
        self.database = False
        yield
        self.database = True

    async def keeps(self, flag: Flag) -> None:
        """Have a flag changed behind the bot's back."""
        async with self.store.work() as work:
            await work.flags.save(flag)
            await work.commit()

    @property
    def group(self) -> Place:
        return builders.group(self.capabilities.platform)

    @property
    def desk(self) -> Place:
        return replace(self.group, id="desk")

    async def says(self, name: str, text: str, **more: object) -> str:
        """Say something in the group; the id of the message."""
        given = {
            "person": builders.person(name, platform=self.capabilities.platform),
            "id": str(next(self.numbers)),
            "link": "https://example.org/m",
            "place": self.group,
            **more,
        }
        said = Said(text=text, **given)  # type: ignore[arg-type]  # fields of Said
        await self.core.dispatcher.handle(said, self.capabilities)
        return said.id

    async def watched(self) -> Watched | None:
        async with self.store.work() as work:
            return await work.watches.find(self.group)

    async def decides(self, label: Label, **changed: object) -> None:
        """Change how a label is handled."""
        async with self.store.work() as work:
            watched = await work.watches.find(self.group)
            assert watched
            handling = replace(watched.handling.get(label, Handling(Mode.ON)), **changed)  # type: ignore[arg-type]  # its fields
            await work.watches.save(replace(watched, handling={**watched.handling, label: handling}))
            await work.commit()

    async def has_desk(self) -> None:
        async with self.store.work() as work:
            watched = await work.watches.find(self.group)
            assert watched
            await work.watches.save(replace(watched, desk=self.desk))
            await work.commit()

    async def flags(self) -> list[Flag]:
        watched = await self.watched()
        assert watched
        async with self.store.work() as work:
            return list(await work.flags.waiting([watched.chat_id]))

    async def begin(self) -> None:
        """Let the bot have begun to listen here."""
        await self.says("zoe", "good morning all")
        self.town.posted.clear()

    def in_group(self) -> list[Reply]:
        """What stands in the group, in order."""
        return [reply for place, _, reply in self.town.posted if place == self.group]

    def at_desk(self) -> list[Reply]:
        """What was posted at the moderators' desk, in order."""
        return [reply for place, _, reply in self.town.posted if place == self.desk]


@asynccontextmanager
async def _gone() -> AsyncIterator[SqlWork]:
    raise StorageError("OperationalError")
    yield


def text_of(reply: Reply, language: str = "en") -> str:
    """Everything that a reply says, with its buttons' labels."""
    writer = Writer(Reader(language), PlainMarkup())
    buttons = [button.label for row in reply.buttons for button in row]
    title = [reply.title] if reply.title else []
    return "\n".join(writer.write(text) for text in (*reply.notice, *title, *reply.lines, *buttons))


def buttons_of(reply: Reply) -> list[Button]:
    return [button for row in reply.buttons for button in row]


def message(text: str, author: Person | None = None, message_id: str = "77") -> Message:
    return Message(message_id, author, text)
