"""From claimed rows to a parcel: planned anew, put aside where not to be sent now, worded, marked as being sent."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.care.course import Course
from bot.care.labs import Schedule
from bot.chat.people import Person, Reader
from bot.chat.ports import Clock, Messenger
from bot.chat.replies import Reply
from bot.errors import StorageError, WrongKeyError
from bot.members.member import Account, Member, Reach, Wording
from bot.reminders.delivery import (
    LEASE,
    NOT_RUN_PAUSE,
    PROBE_AFTER,
    SHORTEST_PAUSE,
    OpenSweepWork,
    Parcel,
    SweepWork,
    is_late,
)
from bot.reminders.holding import Holding
from bot.reminders.planning import Plan, make_plan, quiet_until
from bot.reminders.reminder import QUIET, Occurrence, Reminder, Status
from bot.reminders.wording import message

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Claim:
    """A claim's rows in one transaction, which sees them as of one moment."""

    work: SweepWork
    token: str
    now: datetime

    async def of_use(self, held: Sequence[Reminder]) -> Sequence[Reminder]:
        """Those that have not expired; the others are missed."""
        expired = [each.id for each in held if each.occurrence.expires_at <= self.now]
        if expired:
            await self.work.reminders.finish(self.token, expired, Status.MISSED, self.now, "too late")
        return [each for each in held if each.id not in expired]

    async def release(self, ids: Collection[str], at: datetime, reason: str | None = None) -> None:
        """Let rows wait without counting the attempt."""
        if ids:
            at = max(at, self.now + SHORTEST_PAUSE)
            await self.work.reminders.release(self.token, ids, at, reason, spent=False)


@dataclass(frozen=True, slots=True)
class Taking:
    """Takes what a claim holds for one member."""

    open_work: OpenSweepWork
    messengers: Mapping[str, Messenger]
    clock: Clock
    holding: Holding

    async def take(self, member_id: str, ids: Collection[str], token: str, platform: str) -> Parcel | None:
        """Put aside what is not to be sent now, and mark the rest as being sent; None if there is none.

        ``platform`` is the one whose turn it is. What may not go into the same message waits a moment.
        """
        try:
            async with self.open_work() as work:
                parcel = await self._parcel(work, member_id, ids, token, platform)
                await work.commit()
                return parcel
        except WrongKeyError:
            log.error("member_unreadable")  # noqa: TRY400 - a traceback could hold values
            await self._give_up(token, ids)
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001 - a zone that is no more, a course that breaks the rules: see below
            # A newer version or an edit may mend it while the reminders are still of use.
            log.error("member_cannot_be_planned", error=type(error).__name__)  # noqa: TRY400 - as above
            await self.put_back(token, ids, self.clock.now() + NOT_RUN_PAUSE, type(error).__name__)
        return None

    async def put_back(self, token: str, ids: Collection[str], at: datetime, reason: str) -> None:
        """Let rows wait without counting the attempt; those that have expired are missed."""
        async with self.open_work() as work:
            claim = _Claim(work, token, self.clock.now())
            await claim.of_use(await work.reminders.held(token, ids))
            await claim.release(ids, at, reason)
            await work.commit()

    async def _parcel(
        self, work: SweepWork, member_id: str, ids: Collection[str], token: str, platform: str
    ) -> Parcel | None:
        # It holds the member's row from here on: an edit has been made already, or waits until the call has begun.
        member = await work.members.get(member_id)
        now = self.clock.now()  # what came before may have waited long for another writer
        if member is None:
            return None
        claim = _Claim(work, token, now)
        course = await work.courses.load(member_id)
        held, plan = await self._planned(claim, member, course, ids)
        held = await claim.of_use(held)
        account = await self._reachable(claim, member_id, held) if held else None
        if account is None or plan.schedule is None:
            return None
        here = account.person.platform
        if (free_at := self.holding.until(here, now)) or here != platform:
            # They chose another platform meanwhile: that one's turn is still to come.
            await claim.release(_ids(held), free_at or now)
            return None
        ready = await self._hold_back(claim, member, held, {one.key: one.due_at for one in plan.wanted})
        # A repeat goes alone: a platform that recognises it would drop whatever else the message says.
        together = next(([each] for each in ready if each.repeat), ready)
        await claim.release([each.id for each in ready if each not in together], now)
        together, reply = await self._worded(claim, together, plan.schedule, course)
        if reply is None:
            return None
        await work.reminders.start(token, _ids(together), now + LEASE)
        reader = self._reader(member, account.person)
        return Parcel(token, member, account, reader, together, reply, now, asyncio.get_running_loop().time())

    async def _planned(
        self, claim: _Claim, member: Member, course: Course, ids: Collection[str]
    ) -> tuple[Sequence[Reminder], Plan]:
        """The rows that the claim still holds, with the plan for what they are about.

        Every edit plans anew itself. What it cannot reach is a row that was being sent just then and came back to
        pending: it is found here, as is whatever else is not as planned.
        """
        reminders = claim.work.reminders
        held = await reminders.held(claim.token, ids)
        plan = make_plan(member, course, claim.now, {each.occurrence.day for each in held})
        if _is_as_planned(held, plan.wanted):
            return held, plan
        plan = make_plan(member, course, claim.now)
        await reminders.sync(member.id, plan.wanted, claim.now, plan.settled)
        return await reminders.held(claim.token, ids), plan

    async def _reachable(self, claim: _Claim, member_id: str, held: Sequence[Reminder]) -> Account | None:
        """The account to write to now; without one the rows wait for their platform, or cannot be delivered."""
        accounts, now = await claim.work.members.accounts(member_id), claim.now
        run = [each for each in accounts if each.person.platform in self.messengers]
        account = min(run, key=lambda each: each.reach is not Reach.OK, default=None)
        if account and account.reach is Reach.OK:
            return account
        if any(each.reach is Reach.OK for each in accounts):
            # Their platform is not run just now; it may be again before it is too late.
            await claim.release(_ids(held), now + NOT_RUN_PAUSE, "platform not run")
            return None
        left_alone = account is not None and (account.since is None or account.since <= now - PROBE_AFTER)
        if left_alone and any(each.occurrence.kind.probes for each in held):
            return account
        reason = "no way to reach the member"
        await claim.work.reminders.finish(claim.token, _ids(held), Status.UNDELIVERABLE, now, reason)
        return None

    async def _hold_back(
        self, claim: _Claim, member: Member, held: Sequence[Reminder], planned: Mapping[str, datetime]
    ) -> Sequence[Reminder]:
        """Put back, in quiet hours, what was not planned for just then, unless it would expire; return the others."""
        until = quiet_until(member.settings, claim.now)
        if until is None:
            return held
        waits = [
            each.id
            for each in held
            if (is_late(each, claim.now) or planned.get(each.occurrence.key) != each.occurrence.due_at)
            and until < each.occurrence.expires_at
        ]
        await claim.release(waits, until, QUIET)
        return [each for each in held if each.id not in waits]

    async def _worded(
        self, claim: _Claim, ready: Sequence[Reminder], schedule: Schedule, course: Course
    ) -> tuple[Sequence[Reminder], Reply | None]:
        """The words for those that can be worded; the others wait for a version that can, and hold up none of them."""
        sound: list[Reminder] = []
        for each in ready:
            try:
                message([each], schedule, course, late=0)
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the others
                log.error("reminder_cannot_be_worded", error=type(error).__name__)  # noqa: TRY400 - a traceback could hold values
                await claim.release([each.id], claim.now + NOT_RUN_PAUSE, type(error).__name__)
            else:
                sound.append(each)
        late = sum(is_late(each, claim.now) for each in sound)
        return sound, message(sound, schedule, course, late=late) if sound else None

    async def _give_up(self, token: str, ids: Collection[str]) -> None:
        async with self.open_work() as work:
            await work.reminders.finish(token, ids, Status.DEAD, self.clock.now(), "unreadable")
            await work.commit()

    def _reader(self, member: Member, person: Person) -> Reader:
        unasked_discreet = self.messengers[person.platform].capabilities.discreet_unasked
        wording = member.settings.wording or (Wording.DISCREET if unasked_discreet else Wording.PLAIN)
        return Reader(member.dates_locale, member.settings.zone, discreet=wording is Wording.DISCREET)


def _ids(reminders: Sequence[Reminder]) -> list[str]:
    return [each.id for each in reminders]


def _is_as_planned(held: Sequence[Reminder], wanted: Sequence[Occurrence]) -> bool:
    """Whether ``Reminders.sync`` would leave these rows, which are due, as they are."""
    planned = {one.key: one for one in wanted}
    for each in held:
        one = planned.get(each.occurrence.key)
        if one is None or one.due_at > each.occurrence.due_at or one.expires_at != each.occurrence.expires_at:
            return False
    return True
