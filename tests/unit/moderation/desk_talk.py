"""Moderators at their desk: the real core over a real database, and a herald that keeps what stands where."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count

import builders
from bot.chat.capabilities import Capabilities
from bot.chat.events import Event, Filled, Pressed, Used
from bot.chat.people import Person, Place, PlaceKind, Reader
from bot.chat.replies import Reply
from bot.dispatcher import Answer, Dispatcher
from bot.errors import Gone
from bot.faq.revision import Chat
from bot.members.guide import Guide
from bot.meter import Unmetered
from bot.moderation.flag import Deed, Flag, Origin
from bot.moderation.moderating import Moderating
from bot.moderation.policy import Watched
from bot.moderation.posting import Posting
from bot.moderation.sweeping import Sweeping
from bot.triage.assessment import Label
from bot.words.presenting import Screen
from storage.store import Store
from unit.journey.talk import GUIDED, Talk, Voice

CHAT = "c0ffee00"


@dataclass
class Town:
    """Fulfils ``Herald``: what stands in groups by its id, and what was sent. ``fails`` by person's or place's id."""

    talk: "DeskTalk"
    stands: dict[str, tuple[Place, Reply]] = field(default_factory=dict[str, tuple[Place, Reply]])
    posted: list[tuple[Place, Reply, str]] = field(default_factory=list[tuple[Place, Reply, str]])
    edits: int = 0
    sent: list[tuple[Person, Reply]] = field(default_factory=list[tuple[Person, Reply]])
    fails: dict[str, Exception] = field(default_factory=dict[str, Exception])
    known: tuple[Person, ...] = ()
    numbers: "count[int]" = field(default_factory=lambda: count(100))

    async def post(self, place: Place, reply: Reply, *, answering: str = "") -> str:
        await self._ask(place.id)
        message_id = str(next(self.numbers))
        self.stands[message_id] = (place, reply)
        self.posted.append((place, reply, answering))
        return message_id

    async def edit(self, place: Place, message_id: str, reply: Reply) -> None:
        await self._ask(place.id)
        if message_id not in self.stands:
            raise Gone("message")
        self.edits += 1
        self.stands[message_id] = (place, reply)

    async def send(self, person: Person, reply: Reply) -> str:
        await self._ask(person.id)
        self.sent.append((person, reply))
        return str(next(self.numbers))

    def capabilities(self, platform: str) -> Capabilities:
        return replace(self.talk.capabilities, platform=platform)

    async def moderators(self, place: Place) -> tuple[Person, ...]:
        await self._ask(place.id)
        return self.known

    async def _ask(self, name: str) -> None:
        # Whoever holds the database while a platform is asked would have this wait for them.
        async with self.talk.store.work() as work:
            await work.watches.all()
        if name in self.fails:
            raise self.fails[name]


@dataclass
class Board:
    """Fulfils ``Roles``: who moderates which community."""

    moderators: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    async def moderates(self, person: Person, place: Place) -> bool:
        return not place.direct and (person.id, place.community) in self.moderators


@dataclass
class Watch(Unmetered):
    """Fulfils ``Meter``: how long flags waited for a moderator."""

    waits: list[timedelta] = field(default_factory=list[timedelta])

    def reviewed(self, took: timedelta) -> None:
        self.waits.append(took)


@dataclass
class DeskTalk(Talk):
    """A community with its moderators' chat."""

    board: Board = field(default_factory=Board)
    meter: Watch = field(default_factory=Watch)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.town = Town(self)
        self.finished: list[str] = []
        self.numbers = count(1)
        self.restart()

    def restart(self) -> None:
        """Forget what is in memory."""

        async def finish(flag_id: str, _: object) -> None:
            self.finished.append(flag_id)

        self.posting = Posting(self.store.work, self.town, self.clock)
        self.sweeping = Sweeping(self.store.work, self.town, self.posting, finish)
        self.side = Moderating(self.core.tokens, self.town, self.posting, self.meter)
        dispatcher = Dispatcher(
            {command.name: command for command in self.side.commands},
            {action.name: action for action in self.side.actions},
            Guide({form.name: form for form in self.side.forms}),
            self.store.work,
            self.clock,
            self.core.tokens,
        )
        self.core = replace(self.core, dispatcher=dispatcher)

    @property
    def group(self) -> Place:
        return builders.group(self.capabilities.platform)

    @property
    def desk(self) -> Place:
        return self.place("desk")

    def place(self, name: str, whole: str | None = None) -> Place:
        return Place(self.capabilities.platform, name, PlaceKind.GROUP, whole)

    async def watches(self, **chosen: object) -> "DeskTalk":
        """Listen in the group since now, with a desk unless that is chosen otherwise."""
        values = {"desk": self.desk, **chosen}
        async with self.store.work() as work:
            watched = Watched(CHAT, self.group, self.clock.now())
            watched = replace(watched, **values)  # type: ignore[arg-type]  # fields of Watched
            await work.chats.save(Chat(watched.chat_id, watched.chat_id, watched.place))
            await work.watches.save(watched)
            await work.commit()
        return self

    async def watched(self) -> Watched:
        async with self.store.work() as work:
            found = await work.watches.get(CHAT)
        assert found
        return found

    async def flags(self, label: Label = Label.MEDICAL_QUESTION, *, shown: bool = True, **chosen: object) -> Flag:
        """A flag on a message of Anna's, with its card unless that is not to be shown."""
        number = next(self.numbers)
        plain = Flag(
            id=f"{number:012x}",
            chat_id=CHAT,
            origin=Origin.HEARD,
            label=label,
            place=self.group,
            at=self.clock.now(),
            message_id=f"m{number}",
            link=f"https://example.org/{number}",
            score=0.75,
            rules=("dose.ask",),
            reasons=("asks whether to stop",),
            version="rules 1",
            quote="Should I stop?",
            author=builders.person("anna", platform=self.capabilities.platform),
            look_at=self.clock.now() + timedelta(seconds=20),
        )
        flag = replace(plain, **chosen)  # type: ignore[arg-type]  # fields of Flag
        async with self.store.work() as work:
            assert await work.flags.add(flag)
            await work.commit()
        if shown:
            await self.posting.show(flag.id, calling=label is Label.CRISIS)
        return await self.flag(flag.id)

    async def flag(self, flag_id: str) -> Flag:
        async with self.store.work() as work:
            found = await work.flags.get(flag_id)
        assert found
        return found

    async def changes(self, flag_id: str, **changed: object) -> None:
        async with self.store.work() as work:
            found = await work.flags.get(flag_id)
            assert found
            await work.flags.save(replace(found, **changed))  # type: ignore[arg-type]  # fields of Flag
            await work.commit()

    async def deeds(self) -> list[Deed]:
        async with self.store.work() as work:
            return list(await work.deeds.of(CHAT, 1000))

    async def after(self, **length: float) -> None:
        """Let time go by, then sweep."""
        self.clock.advance(timedelta(**length))
        await self.sweeping.sweep(self.clock.now())

    def moderator(self, name: str = "mona", *places: Place) -> "Moderator":
        here = Moderator(self, builders.person(name, platform=self.capabilities.platform), home=self.desk)
        for place in places or (self.group, self.desk):
            self.board.moderators.add((here.person.id, place.community))
        return here

    def stranger(self, name: str = "otto") -> "Moderator":
        return Moderator(self, builders.person(name, platform=self.capabilities.platform), home=self.desk)

    def screen(self, reply: Reply) -> Screen:
        return self.presenter.show(reply, Person(self.capabilities.platform, "everybody", ""), Reader())

    def text(self, reply: Reply) -> str:
        screen = self.screen(reply)
        return "\n".join(screen.pages)

    async def card(self, flag_id: str) -> Screen:
        """The flag's card as it stands at the desk."""
        flag = await self.flag(flag_id)
        assert flag.card
        return self.screen(self.town.stands[flag.card.message_id][1])

    async def says(self, flag_id: str) -> str:
        """What the card says."""
        return "\n".join((await self.card(flag_id)).pages)

    def at(self, place: Place) -> list[str]:
        """What was posted somewhere, in its first wording."""
        return [self.text(reply) for where, reply, _ in self.town.posted if where == place]

    def called(self) -> list[list[str]]:
        """Whom each message called, for those that called somebody."""
        return [[each.name for each in reply.calls] for _, reply, _ in self.town.posted if reply.calls]

    def told(self, name: str) -> list[str]:
        """What somebody was sent."""
        return [self.text(reply) for person, reply in self.town.sent if person.id == f"id-of-{name}"]


@dataclass
class Moderator(Voice):
    """Somebody at the desk."""

    talk: DeskTalk
    home: Place = field(default_factory=builders.group)

    async def does(self, event: Event) -> Screen | None:
        answer = await self.talk.core.dispatcher.handle(event, self.talk.capabilities, self.talk.board)
        self.screen = self.talk.show(answer, self.person) if isinstance(answer, Answer) else None
        return self.screen

    async def taps(self, flag: Flag, label: str) -> "Moderator":
        """Press a button on the card at the desk."""
        card = await self.talk.card(flag.id)
        key = next(key for row in card.keys for key in row if key.label == label)
        await self.does(Pressed(self.person, self.home, key.data))
        return self

    async def types(self, *values: str) -> "Moderator":
        """Fill the form that is open."""
        if self.talk.capabilities.forms:
            assert self.screen
            assert self.screen.form, self.text
            names = [each.name for each in self.screen.form.fields]
            given = dict(zip(names, values, strict=True))
            await self.does(Filled(self.person, self.home, self.screen.form.data, given))
        for value in () if self.talk.capabilities.forms else values:
            await self.says(value)
        return self

    async def uses_here(self, command: str, text: str = "", place: Place | None = None) -> "Moderator":
        await self.does(Used(self.person, place or self.home, command, text))
        return self

    async def goes(self, *labels: str) -> "Moderator":
        """Press buttons one after the other."""
        for label in labels:
            await self.does(Pressed(self.person, self.home, self.button(label).data))
        return self


def desk_over(store: Store, capabilities: Capabilities = GUIDED) -> DeskTalk:
    return DeskTalk(store, capabilities)
