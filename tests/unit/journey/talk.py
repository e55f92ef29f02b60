"""A dialogue with the real core over a real database: they say, we say."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy import func, select

import builders
from bot.chat.capabilities import Capabilities
from bot.chat.events import Event, Filled, Pressed, Said, Used
from bot.chat.people import Person, Place
from bot.chat.replies import Reply
from bot.dispatcher import Answer
from bot.members.member import Member
from bot.reminders.ports import ReminderWork
from bot.reminders.reminder import Reminder, Status
from bot.wiring import Core, build_core
from bot.words.catalogue import PlainMarkup
from bot.words.presenting import Key, Presenter, Screen
from storage import tables
from storage.store import Store

GUIDED = Capabilities("telegram", 3900, 3, 30, 64, hidden_in_group=True, forms=False)
FORMS = Capabilities("discord", 2000, 5, 5, 100, hidden_in_group=True, forms=True, discreet_unasked=True)
NEUTRAL = replace(FORMS, discreet=True)
NEUTRAL_GUIDED = replace(GUIDED, discreet=True)
OFF = replace(FORMS, personal=False)


@dataclass
class Talk:
    """The core on one platform, and everything that was shown so far."""

    store: Store
    capabilities: Capabilities = GUIDED
    clock: builders.SettableClock = field(default_factory=builders.SettableClock)
    shown: list[Screen] = field(default_factory=list[Screen])

    def __post_init__(self) -> None:
        self.core: Core = build_core(self.store, self.clock)
        self.presenter = Presenter(self.capabilities, PlainMarkup(), self.core.tokens)

    def person(self, name: str = "anna", locale: str | None = "en-GB") -> "Voice":
        return Voice(self, builders.person(name, platform=self.capabilities.platform, locale=locale))

    def show(self, answer: Answer, person: Person) -> Screen:
        screen = self.presenter.show(answer.reply, person, answer.reader)
        self.shown.append(screen)
        return screen

    async def rows(self) -> dict[str, int]:
        """How many rows each table about members holds."""
        counts: dict[str, int] = {}
        async with self.store.work() as work:
            for table in tables.metadata.sorted_tables:
                if table is tables.members or "member_id" in table.c:
                    counts[table.name] = await work.connection.scalar(select(func.count()).select_from(table)) or 0
        return counts

    async def pass_days(self, days: int) -> None:
        self.clock.advance(timedelta(days=days))

    async def sweep(self) -> "Post":
        """Send what is due now."""
        post = Post(self)
        await self.core.sweep({self.capabilities.platform: post}).run()
        return post


@dataclass
class Post:
    """Fulfils ``Messenger``: keeps what it was given."""

    talk: Talk
    screens: list[Screen] = field(default_factory=list[Screen])

    @property
    def capabilities(self) -> Capabilities:
        return self.talk.capabilities

    async def send(self, person: Person, reply: Reply, reader: object, *, once: str) -> str:
        self.screens.append(self.talk.show(Answer(reply, reader), person))  # type: ignore[arg-type]  # a Reader
        return once


@dataclass
class Voice:
    """One person speaking with the bot; ``screen`` is what they saw last."""

    talk: Talk
    person: Person
    screen: Screen | None = None

    @property
    def direct(self) -> Place:
        return builders.direct(self.person)

    async def does(self, event: Event) -> Screen | None:
        answer = await self.talk.core.dispatcher.handle(event, self.talk.capabilities)
        self.screen = self.talk.show(answer, self.person) if answer else None
        return self.screen

    async def says(self, text: str, *, in_group: bool = False) -> Screen | None:
        """Write a text; one that begins with a slash is a command."""
        place = builders.group(self.person.platform) if in_group else self.direct
        if text.startswith("/"):
            command, _, rest = text[1:].partition(" ")
            return await self.does(Used(self.person, place, command, rest, hidden=not in_group))
        return await self.does(Said(self.person, place, text))

    async def uses(self, command: str, **options: str) -> Screen | None:
        """Use a command whose arguments the platform asks for one by one."""
        return await self.does(Used(self.person, self.direct, command, options=options))

    async def presses(self, label: str) -> Screen | None:
        return await self.does(Pressed(self.person, self.direct, self.button(label).data))

    async def presses_old(self, key: Key) -> Screen | None:
        """Press a button that was shown at some earlier time."""
        return await self.does(Pressed(self.person, self.direct, key.data))

    async def fills(self, **values: str) -> Screen | None:
        """Send off the form on the screen."""
        assert self.screen
        assert self.screen.form, self.text
        return await self.does(Filled(self.person, self.direct, self.screen.form.data, values))

    async def answers(self, values: Mapping[str, str]) -> Screen | None:
        """Answer a form's questions, at once or one by one as the platform has it."""
        if self.talk.capabilities.forms:
            return await self.fills(**values)
        for value in values.values():
            await self.says(value)
        return self.screen

    def button(self, label: str) -> Key:
        found = [key for key in self.keys if label in key.label]
        assert found, f"no button {label!r} among {[key.label for key in self.keys]} under: {self.text}"
        return next((key for key in found if key.label == label), found[0])

    @property
    def keys(self) -> list[Key]:
        return [key for row in self.screen.keys for key in row] if self.screen else []

    @property
    def labels(self) -> list[str]:
        return [key.label for key in self.keys]

    @property
    def text(self) -> str:
        return "\n".join(self.screen.pages) if self.screen else ""

    def sees(self, *parts: str) -> bool:
        for part in parts:
            assert part in self.text, f"{part!r} is not in:\n{self.text}"
        return True

    def sees_nothing(self) -> bool:
        assert self.screen is None, self.text
        return True

    async def joins(self, country: str = "United Kingdom", hour: str = "09:00") -> "Voice":
        """Go through the set-up of a country with one time zone."""
        await self.says("/start")
        for tap in ("I agree", country, hour, self.same_day):
            await self.presses(tap)
        return self

    async def joined(self) -> "Voice":
        """Be a member in London since now, without the dialogue that leads there."""
        async with self.talk.store.work() as work:
            await builders.join(work, builders.member(hour_chosen=True, set_up=True), self.person)
            await work.commit()
        return self

    async def has_round(self, text: str = "1 2025-12-05") -> "Voice":
        await self.says(f"/round {text}")
        assert self.sees("Saved.")
        return self

    @property
    def same_day(self) -> str:
        return "Day of my first date" if self.talk.capabilities.discreet else "Day of the first infusion"

    async def kept(self) -> Member:
        async with self.talk.store.work() as work:
            found = await work.members.find(self.person)
        assert found
        return found

    async def is_kept(self) -> bool:
        async with self.talk.store.work() as work:
            return await work.members.find(self.person) is not None

    async def course(self) -> object:
        who = await self.kept()
        async with self.talk.store.work() as work:
            return await work.courses.load(who.id)

    async def reminders(self, status: Status = Status.PENDING) -> list[Reminder]:
        who = await self.kept()
        async with self.talk.store.work() as work:
            found = await _reminders(work, who.id)
        return [each for each in found if each.status is status]


async def _reminders(work: ReminderWork, member_id: str) -> list[Reminder]:
    return list(await work.reminders.of(member_id))
