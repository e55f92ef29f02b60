"""Sending what is due. A bell rings, the sweep looks at the database, which is the schedule.

A sweep claims a few due rows at a time for a lease; then each member is planned for anew and what is still wanted is
worded and marked as being sent, all in one transaction; the platform is called; how that ended is recorded. A crash at
any point leaves a row that the next sweep finds: see ``Reminders.recover``. What goes wrong for one member stops no
other, and a platform that hangs holds up no other.
"""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

import structlog

from bot.chat.ports import Clock, Messenger
from bot.errors import StorageError, WrongKeyError
from bot.members.member import Reach
from bot.meter import Meter, Unmetered
from bot.reminders.delivery import LEASE, SHORTEST_PAUSE, OpenSweepWork, SweepWork
from bot.reminders.holding import Holding
from bot.reminders.planning import replan
from bot.reminders.ports import ALONE, Crewing
from bot.reminders.reminder import Reminder
from bot.reminders.sending import Sending
from bot.reminders.taking import Taking

IN_FLIGHT = 4
"""Calls to one platform at the same time, and so the most messages on each that a crash leaves in doubt."""

GATE_SECONDS = 20.0
"""How long a member waits while as many calls to the platform as may be are under way; far less than a lease."""

_WAITING = 3  # members under way on a platform, for each call that may be
_CROWD_SECONDS = (2.0, 6.0)
_FULL_PAUSE = timedelta(minutes=1)
_LOOK_SECONDS = 1.0
_RECOVER_SECONDS = 5.0
_MOST_FAILURES = 5

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Load:
    """What a claim holds for one member, and the platform that it would go to now; empty where there is none."""

    token: str
    member_id: str
    platform: str
    reminders: Sequence[Reminder]

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.reminders]


@dataclass(slots=True)
class Sweep:
    """Sends due reminders. ``messengers`` are by platform name.

    ``crew`` is this process among those that share the database. ``in_flight`` is how many calls to one platform there
    may be at the same time. ``record_pauses`` are the seconds between tries at recording that a message went out;
    ``gate_seconds`` is how long a member waits for their platform's turn.

    ``swept_at`` is when it last looked at what is due and had taken it up; None before the first time.
    """

    open_work: OpenSweepWork
    messengers: Mapping[str, Messenger]
    clock: Clock
    _: KW_ONLY
    crew: Crewing = ALONE
    in_flight: int = IN_FLIGHT
    meter: Meter = field(default_factory=Unmetered)
    record_pauses: Sequence[float] = (0.5, 1, 2)
    gate_seconds: float = GATE_SECONDS
    swept_at: datetime | None = field(default=None, init=False)
    _stopping: bool = field(default=False, init=False)
    _holding: Holding = field(init=False)
    _taking: Taking = field(init=False)
    _sending: Sending = field(init=False)
    _gates: defaultdict[str, asyncio.Semaphore] = field(init=False)
    _busy: dict[str, _Load] = field(default_factory=dict[str, _Load], init=False)  # what is under way, by member

    def __post_init__(self) -> None:
        self._holding = Holding()
        self._taking = Taking(self.open_work, self.messengers, self.clock, self._holding)
        self._sending = Sending(
            self.open_work, self.messengers, self.clock, self._holding, self.meter, self.record_pauses
        )
        self._gates = defaultdict(lambda: asyncio.Semaphore(self.in_flight))

    async def run(self) -> int:
        """Send everything that is due now and return how many reminders were looked at.

        Not to be called again before it has ended. Calls under way are waited for where the database fails; where the
        sweep is cancelled they are cancelled too.
        """
        await self._recover()
        looked_at, recovered_at = 0, _seconds()
        under_way: set[asyncio.Task[None]] = set()
        try:
            while True:
                claimed, loads = await self._claim()
                looked_at += claimed
                for load in loads:
                    self._busy[load.member_id] = load
                    under_way.add(asyncio.create_task(self._deliver(load)))
                if not under_way and not claimed:
                    return looked_at
                if under_way:
                    # Not for ever: what falls due meanwhile does not wait for a call that hangs.
                    _done, under_way = await asyncio.wait(
                        under_way, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
                    )
                if _seconds() - recovered_at > _RECOVER_SECONDS:
                    await self._recover()
                    recovered_at = _seconds()
        except asyncio.CancelledError:
            for task in under_way:
                task.cancel()
            raise
        finally:
            if under_way:
                await asyncio.wait(under_way)

    async def next_due(self) -> datetime | None:
        """When the next reminder wants to be tried; None if there is none."""
        async with self.open_work() as work:
            return await work.reminders.next_due()

    def stop(self) -> None:
        """Begin no more: a run under way ends when the calls that it has begun are answered and recorded."""
        self._stopping = True

    async def upkeep(self) -> None:
        """Re-plan every member: new time-zone rules, what an older version left out. One bad row stops no other.

        It takes half of the time at most, and holds one page of ids at a time.

        Raises:
            StorageError: the database is gone; what is left waits for the next upkeep.
        """
        async with self.open_work() as work:
            await work.drafts.purge(self.clock.now())
            page = await work.members.ids()
            await work.commit()
        failures = 0
        while page:
            for member_id in page:
                if self._stopping:
                    return
                began = _seconds()
                failures = 0 if await self._keep(member_id) else failures + 1
                if failures >= _MOST_FAILURES:
                    raise StorageError("the upkeep was given up")
                await asyncio.sleep(_seconds() - began)
            async with self.open_work() as work:
                page = await work.members.ids(page[-1])

    async def _keep(self, member_id: str) -> bool:
        """Re-plan one member; whether the database did what it was asked."""
        try:
            async with self.open_work() as work:
                member = await work.members.get(member_id)
                if member:
                    await replan(work, member, self.clock.now())
                    await work.commit()
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the others
            log.error("upkeep_failed", error=type(error).__name__)  # noqa: TRY400 - a traceback could hold values
            return isinstance(error, WrongKeyError) or not isinstance(error, StorageError)
        return True

    async def _recover(self) -> None:
        """Take back what dead processes held, and what this one left behind; learn which platforms are held.

        What is under way here is known, whatever the clock says of its lease.
        """
        under_way = {load.token for load in self._busy.values()}
        await self._sending.record_rest()
        async with self.open_work() as work:
            holders = await work.reminders.holders()
            alive = await self.crew.alive(work)
            dead = None if alive is None else set(holders) - (set(alive) - {self.crew.id})
            now = self.clock.now()
            await work.reminders.recover(now, LEASE, dead, under_way)
            await self._holding.read(work, now)
            await work.commit()

    async def _claim(self) -> tuple[int, Sequence[_Load]]:
        """Claim as much as there is room for: how many reminders that were, and what of it is to be delivered."""
        room = _WAITING * self.in_flight * max(len(self.messengers), 1) - len(self._busy)
        # A few members at a time: a claim costs as much for one as for a handful.
        if self._stopping or room < self.in_flight:
            return 0, ()
        async with self.open_work() as work:
            now = self.clock.now()
            token, claimed = await work.reminders.claim(now, room, LEASE, self.crew.id)
            loads = await self._deliverable(work, token, claimed, now) if claimed else ()
            await work.commit()
        self.swept_at = now
        return len(claimed), loads

    async def _deliverable(
        self, work: SweepWork, token: str, claimed: Sequence[Reminder], now: datetime
    ) -> Sequence[_Load]:
        """What can be brought on its way now; the rest is put back, all of it at once."""
        by_member = {
            member_id: tuple(group)
            for member_id, group in groupby(
                sorted(claimed, key=lambda each: each.member_id), lambda each: each.member_id
            )
        }
        await self._holding.read(work, now)
        platforms = await work.members.platforms(by_member)
        under_way, loads = Counter(load.platform for load in self._busy.values()), list[_Load]()
        back: defaultdict[datetime, list[str]] = defaultdict(list)
        for member_id, reminders in by_member.items():
            load = _Load(token, member_id, self._platform(platforms.get(member_id, ())), reminders)
            waits = self._waits(load, under_way, now)
            if waits is None:
                loads.append(load)
                under_way[load.platform] += 1
            else:
                back[waits] += load.ids
        for at, ids in back.items():
            await work.reminders.release(token, ids, at, spent=False)
        return loads

    def _waits(self, load: _Load, under_way: Counter[str], now: datetime) -> datetime | None:
        """Until when something is to be put back; None where it can be brought on its way."""
        if load.member_id in self._busy:
            # One message at a time: whoever waits for the chat must not hold a turn that others wait for.
            return now + SHORTEST_PAUSE
        if any(each.occurrence.expires_at <= now for each in load.reminders):
            return None  # it ends, without a call
        if under_way[load.platform] >= _WAITING * self.in_flight:
            # So that a crowd on one platform leaves room for the others.
            return now + timedelta(seconds=random.uniform(*_CROWD_SECONDS))  # noqa: S311 - jitter guards no secret
        return self._holding.until(load.platform, now)

    def _platform(self, accounts: Sequence[tuple[str, Reach]]) -> str:
        """The platform that a message would go to now; empty where there is none."""
        run = [each for each in accounts if each[0] in self.messengers]
        return min(run, key=lambda each: each[1] is not Reach.OK, default=("", Reach.OK))[0]

    async def _deliver(self, load: _Load) -> None:
        gate = self._gates[load.platform]
        try:
            try:
                async with asyncio.timeout(self.gate_seconds):
                    await gate.acquire()
            except TimeoutError:
                log.warning("platform_is_slow", platform=load.platform)
                at = self._holding.hold(load.platform, _FULL_PAUSE, self.clock.now())
                await self._taking.put_back(load.token, load.ids, at, "platform is slow")
                return
            try:
                await self._send(load)
            finally:
                gate.release()
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the others
            # The next sweep finds the rows again. A traceback could hold values.
            log.error("delivery_failed", error=type(error).__name__)  # noqa: TRY400 - as above
        finally:
            del self._busy[load.member_id]

    async def _send(self, load: _Load) -> None:
        if self._stopping:
            await self._taking.put_back(load.token, load.ids, self.clock.now(), "stopping")
            return
        # What could not be recorded is still in flight: else a database that comes and goes would leave ever more so.
        await self._sending.record_rest()
        parcel = await self._taking.take(load.member_id, load.ids, load.token, load.platform)
        if parcel is not None:
            await self._sending.send(parcel)


def _seconds() -> float:
    return asyncio.get_running_loop().time()
