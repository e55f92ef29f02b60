"""One claimed reminder's way to its member: taken, worded, handed to the platform, and how that ended."""

import asyncio
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.care.wallclock import today
from bot.chat.people import Person, Reader
from bot.chat.ports import Clock, Messenger
from bot.chat.replies import Reply
from bot.errors import Blocked, RateLimited, StorageError, Unknown, Unreachable, WrongKeyError
from bot.members.member import Account, Member, Reach, Wording
from bot.reminders.planning import occurrences, quiet_until, schedule_of
from bot.reminders.ports import ReminderWork
from bot.reminders.reminder import Reminder, Status
from bot.reminders.wording import LATE_AFTER, message

LEASE = timedelta(minutes=5)
"""How long a claim and, anew, a send holds its rows: far longer than one platform call may take."""

MOST_TRIES = 700
"""Tries before a reminder is given up that has not expired: a quarter of an hour apart they span a week."""

NOT_RUN_PAUSE = timedelta(minutes=10)
"""How long a reminder waits whose platform has no token at present, or whose member cannot be planned for."""

PROBE_AFTER = timedelta(hours=24)
"""How long somebody who refused a message is left alone before a check or an infusion day is tried once more."""

_SHORTEST_WAIT = timedelta(seconds=1)
_ONCE_LENGTH = 24

log = structlog.get_logger()


class SweepWork(ReminderWork, Protocol):
    """A unit of work that the sweep commits itself."""

    async def commit(self) -> None:
        """Make what happened so far last."""
        ...


@dataclass(frozen=True, slots=True)
class Parcel:
    """Everything that goes to one member in one message."""

    member: Member
    account: Account
    reader: Reader
    reminders: Sequence[Reminder]
    reply: Reply

    @property
    def ids(self) -> list[str]:
        """The ids of its reminders."""
        return [each.id for each in self.reminders]

    @property
    def once(self) -> str:
        """The name of this delivery, the same each time that it is tried.

        It is made of the row that would go out again, so that a platform which refuses a second message of the same
        name refuses the repeat of one that did arrive.
        """
        named = next((each for each in self.reminders if each.occurrence.kind.repeated), self.reminders[0])
        return f"r{named.id[:_ONCE_LENGTH]}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Brings claimed rows to their member. ``held_until`` is when a platform may be called again, by its name.

    ``record_pauses`` are the seconds between tries at recording that a message went out.
    """

    open_work: Callable[[], AbstractAsyncContextManager[SweepWork]]
    messengers: Mapping[str, Messenger]
    clock: Clock
    record_pauses: Sequence[float]
    held_until: dict[str, datetime] = field(default_factory=dict[str, datetime])

    async def platform_of(self, member_id: str) -> str:
        """The platform that a message to the member would go to now; empty where there is none."""
        async with self.open_work() as work:
            try:
                account = self._account(await work.members.accounts(member_id))
            except WrongKeyError:
                return ""  # ``take`` ends the rows
            return account.person.platform if account else ""

    async def take(self, member_id: str, ids: Collection[str], token: str) -> Parcel | None:
        """Plan anew, put aside what is not to be sent now, and mark the rest as being sent; None if there is none."""
        try:
            async with self.open_work() as work:
                parcel = await self._parcel(work, member_id, ids, token)
                await work.commit()
                return parcel
        except WrongKeyError:
            log.error("member_unreadable")  # noqa: TRY400 - a traceback could hold values
            await self._finish(token, ids, Status.DEAD, "unreadable")
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001 - a zone that is no more, a course that breaks the rules: see below
            # A newer version or an edit may mend it while the reminders are still of use.
            log.error("member_cannot_be_planned", error=type(error).__name__)  # noqa: TRY400 - as above
            await self.put_back(token, ids, NOT_RUN_PAUSE, type(error).__name__)
        return None

    async def send(self, parcel: Parcel, token: str) -> None:
        """Call the platform and record how that ended."""
        person = parcel.account.person
        try:
            await self.messengers[person.platform].send(person, parcel.reply, parcel.reader, once=parcel.once)
        except Blocked as error:
            await self._blocked(parcel, token, error.reason)
        except RateLimited as error:
            await self.put_back(token, parcel.ids, self.hold(person.platform, error.retry_after), error.reason)
        except Unreachable as error:
            await self._try_later(parcel, token, error.reason)
        except Unknown as error:
            await self._unknown(parcel, token, error.reason)
        except Exception as error:  # noqa: BLE001 - nobody knows how far an adapter came that broke
            log.error("messenger_broke", platform=person.platform, error=type(error).__name__)  # noqa: TRY400 - as above
            await self._unknown(parcel, token, type(error).__name__)
        else:
            await self._arrived(parcel, token)

    def hold(self, platform: str, pause: timedelta) -> timedelta:
        """Leave a platform alone for a while; how long from now that is, with what was held before."""
        now = self.clock.now()
        free_at = max(now + max(pause, _SHORTEST_WAIT), self.held_until.get(platform, now))
        self.held_until[platform] = free_at
        return free_at - now

    async def put_back(self, token: str, ids: Collection[str], pause: timedelta, reason: str) -> None:
        """Let rows wait without counting the attempt; those that have expired are missed."""
        now = self.clock.now()
        async with self.open_work() as work:
            await self._of_use(work, token, ids)
            await self._release(work, token, ids, now + pause, reason)
            await work.commit()

    async def _parcel(self, work: SweepWork, member_id: str, ids: Collection[str], token: str) -> Parcel | None:
        now = self.clock.now()
        member = await work.members.get(member_id)
        if member is None:
            return None
        course = await work.courses.load(member_id)
        # A row that came back to pending while it was not wanted any more is found here.
        wanted = occurrences(member, course, now)
        await work.reminders.sync(member_id, wanted, now)
        held = await self._of_use(work, token, ids)
        account = await self._reachable(work, member_id, held, token) if held else None
        if account is None:
            return None
        if (free_at := self.held_until.get(account.person.platform, now)) > now:
            await self._release(work, token, [each.id for each in held], free_at)
            return None
        ready = await self._hold_back(work, member, held, {one.key: one.due_at for one in wanted}, token)
        if not ready:
            return None
        # A repeat goes alone: a platform that recognises it would drop whatever else the message says.
        ready = next(([each] for each in ready if each.repeat), ready)
        schedule = schedule_of(member, course, today(now, member.settings.zone))
        reply = message(ready, schedule, course, late=sum(_late(each, now) for each in ready))
        parcel = Parcel(member, account, self._reader(member, account.person), ready, reply)
        await work.reminders.start(token, parcel.ids, now + LEASE)
        return parcel

    async def _of_use(self, work: SweepWork, token: str, ids: Collection[str]) -> Sequence[Reminder]:
        """The rows still held by the claim, less those that have expired, which are missed."""
        now = self.clock.now()
        held = await work.reminders.held(token, ids)
        expired = [each.id for each in held if each.occurrence.expires_at <= now]
        await work.reminders.finish(token, expired, Status.MISSED, now, "too late")
        return [each for each in held if each.id not in expired]

    def _account(self, accounts: Sequence[Account]) -> Account | None:
        """The first account that can be written to, else the first that refused; None where neither is run."""
        run = [each for each in accounts if each.person.platform in self.messengers]
        return min(run, key=lambda each: each.reach is not Reach.OK, default=None)

    async def _reachable(self, work: SweepWork, member_id: str, held: Sequence[Reminder], token: str) -> Account | None:
        """The account to write to now; without one the rows wait for their platform, or cannot be delivered."""
        now = self.clock.now()
        accounts = await work.members.accounts(member_id)
        account = self._account(accounts)
        if account and account.reach is Reach.OK:
            return account
        waiting = [each.id for each in held]
        if any(each.reach is Reach.OK for each in accounts):
            # Their platform is not run just now; it may be again before it is too late.
            await self._release(work, token, waiting, now + NOT_RUN_PAUSE, "platform not run")
            return None
        left_alone = account is not None and (account.since is None or account.since <= now - PROBE_AFTER)
        if left_alone and any(each.occurrence.kind.probes for each in held):
            return account
        await work.reminders.finish(token, waiting, Status.UNDELIVERABLE, now, "no way to reach the member")
        return None

    async def _hold_back(
        self,
        work: SweepWork,
        member: Member,
        held: Sequence[Reminder],
        planned: Mapping[str, datetime],
        token: str,
    ) -> Sequence[Reminder]:
        """Put back, in quiet hours, what was not planned for just then, unless it would expire; return the others."""
        now = self.clock.now()
        until = quiet_until(member.settings, now)
        if until is None:
            return held
        late = [
            each.id
            for each in held
            if (_late(each, now) or planned.get(each.occurrence.key) != each.occurrence.due_at)
            and until < each.occurrence.expires_at
        ]
        await self._release(work, token, late, until)
        return [each for each in held if each.id not in late]

    async def _release(
        self, work: SweepWork, token: str, ids: Collection[str], at: datetime, reason: str | None = None
    ) -> None:
        # A moment that has come already would be claimed again at once, without end.
        at = max(at, self.clock.now() + _SHORTEST_WAIT)
        await work.reminders.release(token, ids, at, reason, spent=False)

    def _reader(self, member: Member, person: Person) -> Reader:
        unasked_discreet = self.messengers[person.platform].capabilities.discreet_unasked
        wording = member.settings.wording or (Wording.DISCREET if unasked_discreet else Wording.PLAIN)
        return Reader(member.dates_locale, member.settings.zone, discreet=wording is Wording.DISCREET)

    async def _arrived(self, parcel: Parcel, token: str) -> None:
        """Record it, in spite of a database that is gone for a moment: what is not recorded would go out again."""
        for pause in self.record_pauses:
            try:
                return await self._record_sent(parcel, token)
            except StorageError as error:
                log.warning("sent_but_not_recorded", error=type(error).__name__)
                await asyncio.sleep(pause)
        return await self._record_sent(parcel, token)

    async def _record_sent(self, parcel: Parcel, token: str) -> None:
        now = self.clock.now()
        async with self.open_work() as work:
            if parcel.account.reach is Reach.BLOCKED:
                await work.members.save_account(parcel.member.id, Account(parcel.account.person), now)
            await work.reminders.finish(token, parcel.ids, Status.SENT, now)
            await work.commit()

    async def _finish(self, token: str, ids: Collection[str], status: Status, reason: str) -> None:
        async with self.open_work() as work:
            await work.reminders.finish(token, ids, status, self.clock.now(), reason)
            await work.commit()

    async def _blocked(self, parcel: Parcel, token: str, reason: str) -> None:
        """Keep the state and stop sending there; the member sees it at the next contact."""
        now = self.clock.now()
        async with self.open_work() as work:
            account = Account(parcel.account.person, Reach.BLOCKED, reason)
            await work.members.save_account(parcel.member.id, account, now)
            await work.reminders.finish(token, parcel.ids, Status.UNDELIVERABLE, now, reason)
            await work.commit()

    async def _unknown(self, parcel: Parcel, token: str, reason: str) -> None:
        """It may have arrived: what must not be missed goes out again and says so, the rest is told later."""
        again = [each for each in parcel.reminders if each.may_repeat]
        doubtful = [each.id for each in parcel.reminders if not each.may_repeat]
        now = self.clock.now()
        pause = _pause(max((each.attempts for each in again if each.repeat), default=0))
        async with self.open_work() as work:
            await work.reminders.repeat(token, [each.id for each in again], now + pause, reason)
            await work.reminders.finish(token, doubtful, Status.IN_DOUBT, now, reason)
            await work.commit()

    async def _try_later(self, parcel: Parcel, token: str, reason: str) -> None:
        """Nothing arrived: try again until it expires. The attempts of a repeat count only what may have arrived."""
        tired = [each.id for each in parcel.reminders if each.attempts + 1 >= MOST_TRIES]
        others = [each for each in parcel.reminders if each.id not in tired]
        now = self.clock.now()
        async with self.open_work() as work:
            await work.reminders.finish(token, tired, Status.DEAD, now, reason)
            at = now + _pause(max((each.attempts for each in others), default=0))
            for repeat in (False, True):
                ids = [each.id for each in others if each.repeat is repeat]
                await work.reminders.release(token, ids, at, reason, spent=not repeat)
            await work.commit()


def _late(reminder: Reminder, now: datetime) -> bool:
    return now - reminder.occurrence.due_at > LATE_AFTER


def _pause(attempts: int) -> timedelta:
    """A minute, doubled for each earlier attempt, up to a quarter of an hour; jitter spreads those that return."""
    seconds = min(60 * 2 ** min(attempts, 4), 900)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 - jitter guards no secret
