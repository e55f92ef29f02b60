"""Sending what is due. A bell rings, the sweep looks at the database, which is the schedule.

Each round claims due rows for a lease, then for each member: plans anew, words what is still wanted and marks it as
being sent, all in one transaction; calls the platform; records how that ended. A crash at any point leaves a row that
the next sweep finds: see ``Reminders.recover``. What goes wrong for one member stops no other.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from bot.care.wallclock import moment, today
from bot.chat.people import Person, Reader
from bot.chat.ports import Clock, Messenger
from bot.chat.replies import Reply
from bot.errors import Blocked, RateLimited, StorageError, Unknown, Unreachable, WrongKeyError
from bot.members.member import Account, Member, Reach, Wording
from bot.reminders.planning import in_quiet_hours, occurrences, replan, schedule_of
from bot.reminders.ports import ReminderWork
from bot.reminders.reminder import Reminder, Status
from bot.reminders.wording import LATE_AFTER, message

LEASE = timedelta(minutes=5)
"""How long a claim holds: far longer than one platform call may take."""

IN_FLIGHT = 4
"""Platform calls at the same time, and so the most reminders that a crash leaves in doubt."""

MOST_TRIES = 6
"""Tries before a reminder is given up; with doubling pauses from a minute on they span half an hour."""

NOT_RUN_PAUSE = timedelta(minutes=10)
"""How long a reminder waits whose platform has no token at present."""

_BATCH = 20
_SHORTEST_WAIT = timedelta(seconds=1)

log = structlog.get_logger()


class SweepWork(ReminderWork, Protocol):
    """A unit of work that the sweep commits itself."""

    async def commit(self) -> None:
        """Make what happened so far last."""
        ...


@dataclass(frozen=True, slots=True)
class _Parcel:
    """Everything that goes to one member in one message."""

    member: Member
    person: Person
    reader: Reader
    reminders: Sequence[Reminder]
    reply: Reply

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.reminders]


@dataclass(slots=True)
class Sweep:
    """Sends due reminders.

    ``messengers`` are by platform name; ``held_until`` is when a platform may be called again.
    """

    open_work: Callable[[], AbstractAsyncContextManager[SweepWork]]
    messengers: Mapping[str, Messenger]
    clock: Clock
    held_until: dict[str, datetime] = field(default_factory=dict[str, datetime])

    async def run(self) -> int:
        """Send everything that is due now and return how many reminders were looked at."""
        looked_at = 0
        async with self.open_work() as work:
            await work.reminders.recover(self.clock.now())
            await work.commit()
        while True:
            async with self.open_work() as work:
                token, claimed = await work.reminders.claim(self.clock.now(), _BATCH, LEASE)
                await work.commit()
            if not claimed:
                return looked_at
            looked_at += len(claimed)
            by_member = groupby(sorted(claimed, key=lambda each: each.member_id), key=lambda each: each.member_id)
            gate = asyncio.Semaphore(IN_FLIGHT)
            await asyncio.gather(
                *(
                    self._deliver_to(member_id, [each.id for each in group], token, gate)
                    for member_id, group in by_member
                )
            )

    async def upkeep(self) -> None:
        """Re-plan every member: new time-zone rules, what an older version left out. One bad row stops no other."""
        async with self.open_work() as work:
            await work.drafts.purge(self.clock.now())
            ids = await work.members.ids()
            await work.commit()
        for member_id in ids:
            try:
                async with self.open_work() as work:
                    member = await work.members.get(member_id)
                    if member:
                        await replan(work, member, self.clock.now())
                        await work.commit()
            except StorageError as error:
                log.error("upkeep_failed", error=type(error).__name__)  # noqa: TRY400 - a traceback could hold values

    async def _deliver_to(self, member_id: str, ids: Sequence[str], token: str, gate: asyncio.Semaphore) -> None:
        async with gate:
            try:
                parcel = await self._take(member_id, ids, token)
                if parcel:
                    await self._send(parcel, token)
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the others
                # The lease runs out and the next sweep finds the rows again. A traceback could hold values.
                log.error("delivery_failed", error=type(error).__name__)  # noqa: TRY400 - as above

    async def _take(self, member_id: str, ids: Sequence[str], token: str) -> _Parcel | None:
        try:
            async with self.open_work() as work:
                parcel = await self._parcel(work, member_id, ids, token)
                await work.commit()
                return parcel
        except WrongKeyError:
            log.error("member_unreadable")  # noqa: TRY400 - a traceback could hold values
            await self._finish(token, ids, Status.DEAD, "unreadable")
            return None

    async def _parcel(self, work: SweepWork, member_id: str, ids: Sequence[str], token: str) -> _Parcel | None:
        """Plan anew, put aside what is not to be sent now, and mark the rest as being sent."""
        now = self.clock.now()
        member = await work.members.get(member_id)
        if member is None:
            return None
        course = await work.courses.load(member_id)
        # A row that came back to pending while it was not wanted any more is found here.
        await work.reminders.sync(member_id, occurrences(member, course, now), now)
        held = await work.reminders.held(token, ids)
        expired = [each.id for each in held if each.occurrence.expires_at <= now]
        await work.reminders.finish(token, expired, Status.MISSED, now, "too late")
        held = [each for each in held if each.id not in expired]
        reachable = [each for each in await work.members.accounts(member_id) if each.reach is Reach.OK]
        account = next((each for each in reachable if each.person.platform in self.messengers), None)
        if account is None:
            waiting = [each.id for each in held]
            if reachable:  # their platform is not run just now; it may be again before it is too late
                await work.reminders.release(token, waiting, now + NOT_RUN_PAUSE, "platform not run", spent=False)
            else:
                await work.reminders.finish(token, waiting, Status.UNDELIVERABLE, now, "no way to reach the member")
            return None
        ready = await self._hold_back(work, member, account, held, token)
        if not ready:
            return None
        schedule = schedule_of(member, course, today(now, member.settings.zone))
        reply = message(ready, schedule, course, late=sum(_late(each, now) for each in ready))
        parcel = _Parcel(member, account.person, self._reader(member, account.person), ready, reply)
        await work.reminders.start(token, parcel.ids)
        return parcel

    async def _hold_back(
        self, work: SweepWork, member: Member, account: Account, held: Sequence[Reminder], token: str
    ) -> Sequence[Reminder]:
        """Put back everything while the platform asks to wait, and late ones in quiet hours; return the others."""
        now = self.clock.now()
        free_at = self.held_until.get(account.person.platform, now)
        if free_at > now:
            await work.reminders.release(token, [each.id for each in held], free_at, spent=False)
            return ()
        quiet_until = _quiet_until(member, now)
        late = [each.id for each in held if quiet_until and _late(each, now)]
        if quiet_until and late:
            await work.reminders.release(token, late, quiet_until, spent=False)
        return [each for each in held if each.id not in late]

    def _reader(self, member: Member, person: Person) -> Reader:
        unasked_discreet = self.messengers[person.platform].capabilities.discreet_unasked
        wording = member.settings.wording or (Wording.DISCREET if unasked_discreet else Wording.PLAIN)
        return Reader(member.dates_locale, member.settings.zone, discreet=wording is Wording.DISCREET)

    async def _send(self, parcel: _Parcel, token: str) -> None:
        platform = parcel.person.platform
        once = f"r{parcel.ids[0][:18]}.{parcel.reminders[0].attempts}"
        try:
            await self.messengers[platform].send(parcel.person, parcel.reply, parcel.reader, once=once)
        except Blocked as error:
            await self._blocked(parcel, token, error.reason)
        except RateLimited as error:
            free_at = self.clock.now() + max(error.retry_after, _SHORTEST_WAIT)
            self.held_until[platform] = max(free_at, self.held_until.get(platform, free_at))
            await self._put_back(token, parcel.ids, free_at, error.reason, spent=False)
        except Unreachable as error:
            await self._try_later(parcel, token, error.reason)
        except Unknown as error:
            await self._unknown(parcel, token, error.reason)
        except Exception as error:  # noqa: BLE001 - nobody knows how far an adapter came that broke
            log.error("messenger_broke", platform=platform, error=type(error).__name__)  # noqa: TRY400 - as above
            await self._unknown(parcel, token, type(error).__name__)
        else:
            await self._finish(token, parcel.ids, Status.SENT, None)

    async def _finish(self, token: str, ids: Sequence[str], status: Status, reason: str | None) -> None:
        async with self.open_work() as work:
            await work.reminders.finish(token, ids, status, self.clock.now(), reason)
            await work.commit()

    async def _put_back(self, token: str, ids: Sequence[str], at: datetime, reason: str, *, spent: bool) -> None:
        async with self.open_work() as work:
            await work.reminders.release(token, ids, at, reason, spent=spent)
            await work.commit()

    async def _blocked(self, parcel: _Parcel, token: str, reason: str) -> None:
        """Keep the state and stop sending there; the member sees it at the next contact."""
        now = self.clock.now()
        async with self.open_work() as work:
            account = Account(parcel.person, Reach.BLOCKED, reason)
            await work.members.save_account(parcel.member.id, account, now)
            await work.reminders.finish(token, parcel.ids, Status.UNDELIVERABLE, now, reason)
            await work.commit()

    async def _unknown(self, parcel: _Parcel, token: str, reason: str) -> None:
        """It may have arrived: what must not be missed goes out once more and says so, the rest is told later."""
        again = [each.id for each in parcel.reminders if each.occurrence.kind.repeated and not each.repeat]
        doubtful = [each.id for each in parcel.reminders if each.id not in again]
        now = self.clock.now()
        async with self.open_work() as work:
            await work.reminders.repeat(token, again, now + _pause(0), reason)
            await work.reminders.finish(token, doubtful, Status.IN_DOUBT, now, reason)
            await work.commit()

    async def _try_later(self, parcel: _Parcel, token: str, reason: str) -> None:
        tired = [each.id for each in parcel.reminders if each.attempts + 1 >= MOST_TRIES]
        others = [each for each in parcel.reminders if each.id not in tired]
        if tired:
            await self._finish(token, tired, Status.DEAD, reason)
        if others:
            pause = _pause(max(each.attempts for each in others))
            await self._put_back(token, [each.id for each in others], self.clock.now() + pause, reason, spent=True)


def _late(reminder: Reminder, now: datetime) -> bool:
    return now - reminder.occurrence.due_at > LATE_AFTER


def _quiet_until(member: Member, now: datetime) -> datetime | None:
    """When the member's quiet hours end; None outside of them."""
    local = now.astimezone(ZoneInfo(member.settings.zone))
    start, end = member.settings.quiet
    if not in_quiet_hours(local.time(), (start, end)):
        return None
    ends_on = local.date() + timedelta(days=1 if local.time() >= end else 0)
    return moment(ends_on, end, member.settings.zone)


def _pause(attempts: int) -> timedelta:
    """A minute, doubled for each earlier attempt, up to a quarter of an hour; jitter spreads those that return."""
    seconds = min(60 * 2**attempts, 900)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 - jitter guards no secret
