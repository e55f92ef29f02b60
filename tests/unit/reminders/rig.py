"""Reminders over the real storage, with a clock to set and a messenger that does as it is told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import update

import builders
from bot.chat.capabilities import Capabilities
from bot.chat.people import Person, Reader
from bot.chat.replies import Reply
from bot.members.member import Member
from bot.reminders.planning import replan
from bot.reminders.reminder import Kind, Reminder, Status
from bot.reminders.sweep import Sweep
from builders import ANNA, NOW, SettableClock
from storage import tables
from storage.store import Store


@dataclass(frozen=True, slots=True)
class Sent:
    """One message as the platform got it."""

    person: Person
    reply: Reply
    reader: Reader
    once: str
    at: datetime

    @property
    def keys(self) -> list[str]:
        return [line.key for line in self.reply.lines]


@dataclass(slots=True)
class RecordingMessenger:
    """Fulfils ``Messenger``. ``fails`` are raised in turn; ``meanwhile`` happens during each call."""

    clock: SettableClock
    capabilities: Capabilities = field(default_factory=builders.capabilities)
    fails: list[BaseException] = field(default_factory=list)
    meanwhile: Callable[[], object] | None = None
    names: list[str] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)

    async def send(self, person: Person, reply: Reply, reader: Reader, *, once: str) -> str:
        self.names.append(once)
        if self.meanwhile is not None:
            await self.meanwhile()
        if self.fails:
            raise self.fails.pop(0)
        self.sent.append(Sent(person, reply, reader, once, self.clock.now()))
        return str(len(self.sent))

    @property
    def tried(self) -> int:
        return len(self.names)


@dataclass(slots=True)
class Rig:
    """Everything that a sweep needs, and a look at what it left behind."""

    store: Store
    clock: SettableClock
    messenger: RecordingMessenger
    sweep: Sweep

    async def join(self, who: Member | None = None, has: object = None, name: str = "anna") -> None:
        async with self.store.work() as work:
            await builders.join(work, who or builders.member(), builders.person(name), has or builders.course())
            # What joining late in a month has sent at once has gone out; these tests look at what comes after.
            table = tables.reminders
            await work.connection.execute(update(table).where(table.c.due_at <= NOW).values(status=Status.SENT.value))
            await work.commit()

    async def change(self, who: Member | None = None, has: object = None) -> None:
        """Store a changed member or course and plan anew, as every use case does."""
        async with self.store.work() as work:
            member = who or await work.members.get(ANNA)
            await work.members.save(member)
            if has is not None:
                await work.courses.save(member.id, has)
            await replan(work, member, self.clock.now())
            await work.commit()

    async def rows(self, member_id: str = ANNA, *, since: datetime = NOW) -> list[Reminder]:
        """The member's rows that are due after a moment: by default, after they joined."""
        async with self.store.work() as work:
            return [each for each in await work.reminders.of(member_id) if each.occurrence.due_at > since]

    async def row(self, kind: Kind, nth: int = 0) -> Reminder:
        return [each for each in await self.rows() if each.occurrence.kind is kind][nth]

    async def states(self, *wanted: Status) -> list[tuple[Kind, Status]]:
        return [(each.occurrence.kind, each.status) for each in await self.rows() if each.status in wanted]
