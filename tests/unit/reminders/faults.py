"""Processes that share a database and go wrong at a chosen moment, and a platform that keeps account of its calls."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

import builders
from bot.chat.capabilities import Capabilities
from bot.chat.people import Person, Reader
from bot.chat.replies import Reply
from bot.errors import Blocked, RateLimited, Refused, StorageError, Unknown, Unreachable
from bot.members.member import Reach
from bot.reminders.delivery import PROBE_AFTER, SweepWork, is_late
from bot.reminders.reminder import MOST_REPEATS, Kind, Reminder, Status
from bot.reminders.sweep import Sweep
from builders import SettableClock
from storage import tables
from storage.store import Store

IN_FLIGHT = 1
PAUSE = timedelta(minutes=3)
OUTCOMES: dict[str, Callable[[], Exception]] = {
    "limited": lambda: RateLimited("slow down", PAUSE),
    "unreachable": lambda: Unreachable("http_502"),
    "refused": lambda: Refused("unauthorized"),
    "unknown": lambda: Unknown("timeout"),
    "bug": lambda: KeyError("an adapter that broke"),
    "blocked": lambda: Blocked("blocked"),
}
MAY_HAVE_ARRIVED = {"ok", "unknown", "bug", "interrupted"}
OUTSIDE = ("open", "committed", "called")
"""The points of a process at which it holds nothing that others wait for."""


class Crash(BaseException):
    """A process ends here, whatever it was about to do."""


@dataclass(slots=True)
class Call:
    """One call to the platform: for which rows, and what came of it."""

    process: str
    person: str
    rows: dict[str, Kind]
    keys: list[str]
    at: datetime
    outcome: str = "interrupted"


@dataclass(slots=True)
class World:
    """What all processes share. ``outcomes`` are those of the next calls; then all goes well.

    ``wanted`` tells which occurrences somebody is to be reminded of as things stand; ``exempt`` are rows that were
    being sent while that changed. ``broken`` are the promises that a call has broken.
    """

    store: Store
    clock: SettableClock
    wanted: Callable[[str], Collection[str]]
    alive: set[str] = field(default_factory=set)
    outcomes: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    exempt: set[str] = field(default_factory=set)
    broken: list[AssertionError] = field(default_factory=list)
    held_until: datetime | None = None

    async def rows(self, member_id: str) -> dict[str, tuple[Reminder, str]]:
        """A member's rows and the tokens of their claims, by id."""
        table = tables.reminders
        async with self.store.look() as work:
            found = await work.connection.execute(
                select(table.c.id, table.c.claim_token).where(table.c.member_id == member_id)
            )
            tokens = {row.id: row.claim_token or "" for row in found}
            return {each.id: (each, tokens[each.id]) for each in await work.reminders.of(member_id)}


@dataclass(slots=True)
class Process:
    """One process. ``what`` happens at its point number ``at`` among those that are named in ``points``."""

    world: World
    id: str
    at: int = -1
    points: Collection[str] = ()
    what: Callable[["Process"], Awaitable[None]] | None = None
    gone: int = 0  # how many more uses of the database fail
    dead: bool = False
    happened: bool = False
    asked_until: datetime | None = None  # when the platform is to be left alone, as it told this process
    capabilities: Capabilities = field(default_factory=builders.capabilities)
    sweep: Sweep = field(init=False)

    def __post_init__(self) -> None:
        self.world.alive.add(self.id)
        self.sweep = Sweep(
            self.open_work,
            {builders.PLATFORM: self},
            self.world.clock,
            crew=self,
            in_flight=IN_FLIGHT,
            record_pauses=(0,),
        )

    async def alive(self, _work: object) -> Collection[str]:
        return set(self.world.alive)

    async def point(self, name: str) -> None:
        """Somewhere that something can go wrong."""
        if self.dead:
            raise Crash
        if self.what is not None and name in self.points and not self.happened:
            self.at -= 1
            if self.at < 0:
                self.happened = True
                await self.what(self)
        if self.gone and name in ("open", "commit", "committed"):
            self.gone -= 1
            raise StorageError("gone")

    @asynccontextmanager
    async def open_work(self) -> AsyncIterator[SweepWork]:
        await self.point("open")
        async with self.world.store.work() as work:
            yield _Work(work, self)

    async def send(self, person: Person, reply: Reply, _reader: Reader, *, once: str) -> str:
        await self.point("call")
        try:
            call = await self._witness(person, reply, once)
        except AssertionError as error:
            # The sweep takes whatever a messenger raises for a fault of that messenger.
            self.world.broken.append(error)
            raise
        outcome = self.world.outcomes.pop(0) if self.world.outcomes else "ok"
        await self.point("called")
        call.outcome = outcome
        if outcome == "limited":
            self.asked_until = self.world.clock.at + PAUSE
        if (failure := OUTCOMES.get(outcome)) is not None:
            raise failure()
        return "1"

    async def _witness(self, person: Person, reply: Reply, once: str) -> Call:
        """Keep the call, which is where most of the promises can be seen."""
        world, now, keys = self.world, self.world.clock.at, [line.key for line in reply.lines]
        member_id = person.id.removeprefix("id-of-") * 32
        rows = await world.rows(member_id)
        sending = {id_: each for id_, (each, token) in rows.items() if token.startswith(self.id)}
        sending = {id_: each for id_, each in sending.items() if each.status is Status.SENDING}
        named = once.removeprefix("r")
        call = Call(self.id, person.id, {id_: each.occurrence.kind for id_, each in sending.items()}, keys, now)
        if not rows:
            assert any(id_.startswith(named) for id_ in world.exempt), "3: nothing after erasure"
            world.calls.append(call)
            return call
        assert any(id_.startswith(named) for id_ in sending), "2: no call without a committed sending of its own"
        held = [until for until in (self.asked_until, world.held_until) if until is not None]
        assert all(now >= until for until in held), "5: a platform that asks to wait is left alone, by every process"
        wanted = world.wanted(member_id)
        for id_, each in sending.items():
            assert each.occurrence.due_at <= now, "4: nothing before its time"
            assert each.occurrence.key in wanted or id_ in world.exempt, "4 and 6: nothing that is not wanted any more"
            self._check_repeat(id_, each, keys)
        assert ("reminder.late" in keys) is any(is_late(each, now) for each in sending.values()), "4: late ones say so"
        await self._check_reach(member_id, sending)
        world.calls.append(call)
        return call

    def _check_repeat(self, id_: str, each: Reminder, keys: list[str]) -> None:
        before = [one for one in self.world.calls if id_ in one.rows and one.outcome in MAY_HAVE_ARRIVED]
        if before:
            assert each.occurrence.kind.repeated, "3: only what must not be missed is repeated"
            assert "reminder.repeat" in keys, "3: a repeat says so"
            assert len(before) <= MOST_REPEATS, "3: repeats are bounded"

    async def _check_reach(self, member_id: str, sending: dict[str, Reminder]) -> None:
        async with self.world.store.look() as work:
            (account,) = await work.members.accounts(member_id)
        if account.reach is Reach.BLOCKED:
            long_ago = account.since is not None and account.since <= self.world.clock.at - PROBE_AFTER
            probes = any(each.occurrence.kind.probes for each in sending.values())
            assert long_ago, "5: who refused is left alone"
            assert probes, "5: who refused is asked again for what matters"


@dataclass(slots=True)
class _Work:
    """A unit of work in which something can go wrong before and after its commit."""

    work: SweepWork
    process: Process

    def __getattr__(self, name: str) -> object:
        return getattr(self.work, name)

    async def commit(self) -> None:
        await self.process.point("commit")
        await self.work.commit()
        await self.process.point("committed")
