"""One parcel's call to its platform, and how that ended."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.chat.ports import Clock, Messenger
from bot.errors import Blocked, DeliveryError, RateLimited, Refused, StorageError, Unknown, Unreachable
from bot.members.member import Account, Reach
from bot.meter import Meter
from bot.reminders.complaining import Complaints
from bot.reminders.delivery import CALL_SECONDS, CALL_WITHIN, MOST_TRIES, SHORTEST_PAUSE, OpenSweepWork, Parcel
from bot.reminders.holding import REFUSED_PAUSE, Holding
from bot.reminders.reminder import Status

_DAY_OF_TRIES = 100

Outcome = Callable[[], Awaitable[None]]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sending:
    """Hands parcels to their platforms. ``record_pauses`` are the seconds between tries at recording an outcome."""

    open_work: OpenSweepWork
    messengers: Mapping[str, Messenger]
    clock: Clock
    holding: Holding
    meter: Meter
    record_pauses: Sequence[float]
    _unrecorded: list[Outcome] = field(default_factory=list[Outcome], init=False)
    _complaints: Complaints = field(default_factory=Complaints, init=False)

    async def send(self, parcel: Parcel) -> None:
        """Call the platform and record how that ended.

        Raises:
            StorageError: it could not be recorded; ``record_rest`` is to be called before anything more is taken.
        """
        if self._stood_still(parcel):
            # Another process may have taken this one for dead. If so, the row is no longer this claim's to put back.
            log.warning("stood_still_before_a_call", platform=parcel.account.person.platform)
            outcome: Outcome = partial(self._wait, parcel, self.clock.now() + SHORTEST_PAUSE, "stood still")
        else:
            outcome = await self._call(parcel)
        await self._record(outcome)

    async def record_rest(self) -> None:
        """Record what could not be recorded before: a row whose end is known must not be taken for a crashed one.

        Raises:
            StorageError: the database is still gone.
        """
        while self._unrecorded:
            outcome = self._unrecorded.pop(0)
            try:
                await outcome()
            except StorageError:
                self._unrecorded.append(outcome)
                raise
            except Exception as error:  # noqa: BLE001 - the row is recovered once its lease has run out
                log.error("outcome_lost", error=type(error).__name__)  # noqa: TRY400 - a traceback could hold values

    def _stood_still(self, parcel: Parcel) -> bool:
        by_loop = timedelta(seconds=asyncio.get_running_loop().time() - parcel.taken_seconds)
        return max(by_loop, self.clock.now() - parcel.taken_at) > CALL_WITHIN

    async def _call(self, parcel: Parcel) -> Outcome:
        """Call the platform; what is to be recorded of it."""
        person = parcel.account.person
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await self.messengers[person.platform].send(person, parcel.reply, parcel.reader, once=parcel.once)
        except DeliveryError as error:
            self.meter.failed(person.platform, type(error).__name__)
            return self._failed(parcel, error)
        except Exception as error:  # noqa: BLE001 - nobody knows how far an adapter came that broke, or that hung
            log.error("messenger_broke", platform=person.platform, error=type(error).__name__)  # noqa: TRY400 - a traceback could hold values
            self.meter.failed(person.platform, Unknown.__name__)
            return partial(self._unknown, parcel, type(error).__name__)
        return partial(self._sent, parcel)

    def _failed(self, parcel: Parcel, error: DeliveryError) -> Outcome:
        platform, now = parcel.account.person.platform, self.clock.now()
        match error:
            case Blocked():
                return partial(self._blocked, parcel, error.reason)
            case RateLimited():
                free_at = self.holding.hold(platform, error.retry_after, now)
                return partial(self._held, parcel, free_at, error.reason)
            case Refused():
                self.holding.say_refused(platform, error.reason, now)
                free_at = self.holding.hold(platform, REFUSED_PAUSE, now)
                return partial(self._held, parcel, free_at, error.reason)
            case Unreachable():
                self._complaints.say(platform, error, now)
                return partial(self._try_later, parcel, error.reason)
            case _:
                self._complaints.say(platform, error, now)
                return partial(self._unknown, parcel, error.reason)

    async def _record(self, outcome: Outcome) -> None:
        """Record it, in spite of a database that is gone for a moment: what is not recorded would go out again."""
        for pause in self.record_pauses:
            with suppress(StorageError):
                return await outcome()
            log.warning("outcome_not_recorded")
            await asyncio.sleep(pause)
        try:
            await outcome()
        except StorageError:
            self._unrecorded.append(outcome)
            raise

    async def _sent(self, parcel: Parcel) -> None:
        now = self.clock.now()
        async with self.open_work() as work:
            if parcel.account.reach is Reach.BLOCKED:
                await work.members.save_account(parcel.member.id, Account(parcel.account.person), now)
            recorded = await work.reminders.finish(parcel.token, parcel.ids, Status.SENT, now)
            await work.commit()
        _notice_lost(parcel, recorded, "sent")
        for each in parcel.reminders:
            self.meter.sent(parcel.account.person.platform, max(now - each.occurrence.due_at, timedelta(0)))

    async def _wait(self, parcel: Parcel, at: datetime, reason: str) -> None:
        async with self.open_work() as work:
            recorded = await work.reminders.release(parcel.token, parcel.ids, at, reason, spent=False)
            await work.commit()
        _notice_lost(parcel, recorded, reason)

    async def _held(self, parcel: Parcel, free_at: datetime, reason: str) -> None:
        """Nothing arrived and no try is used up; every process leaves the platform alone."""
        async with self.open_work() as work:
            recorded = await work.reminders.release(parcel.token, parcel.ids, free_at, reason, spent=False)
            await work.holds.hold(parcel.account.person.platform, free_at, self.clock.now())
            await work.commit()
        _notice_lost(parcel, recorded, reason)

    async def _blocked(self, parcel: Parcel, reason: str) -> None:
        """Keep the state and stop sending there; the member sees it at the next contact."""
        now = self.clock.now()
        async with self.open_work() as work:
            account = Account(parcel.account.person, Reach.BLOCKED, reason)
            await work.members.save_account(parcel.member.id, account, now)
            recorded = await work.reminders.finish(parcel.token, parcel.ids, Status.UNDELIVERABLE, now, reason)
            await work.commit()
        _notice_lost(parcel, recorded, reason)

    async def _unknown(self, parcel: Parcel, reason: str) -> None:
        """It may have arrived: what must not be missed goes out again and says so, the rest is told later."""
        again = [each for each in parcel.reminders if each.may_repeat]
        doubtful = [each.id for each in parcel.reminders if not each.may_repeat]
        now = self.clock.now()
        pause = _pause(max((each.attempts for each in again if each.repeat), default=0))
        async with self.open_work() as work:
            recorded = await work.reminders.repeat(parcel.token, [each.id for each in again], now + pause, reason)
            recorded += await work.reminders.finish(parcel.token, doubtful, Status.IN_DOUBT, now, reason)
            await work.commit()
        _notice_lost(parcel, recorded, reason)

    async def _try_later(self, parcel: Parcel, reason: str) -> None:
        """Nothing arrived: try again until it expires. The attempts of a repeat count only what may have arrived."""
        tired = [each.id for each in parcel.reminders if each.attempts + 1 >= MOST_TRIES]
        others = [each for each in parcel.reminders if each.id not in tired]
        now = self.clock.now()
        async with self.open_work() as work:
            recorded = await work.reminders.finish(parcel.token, tired, Status.DEAD, now, reason)
            at = now + _pause(max((each.attempts for each in others), default=0))
            for repeat in (False, True):
                ids = [each.id for each in others if each.repeat is repeat]
                recorded += await work.reminders.release(parcel.token, ids, at, reason, spent=not repeat)
            await work.commit()
        _notice_lost(parcel, recorded, reason)


def _notice_lost(parcel: Parcel, recorded: int, outcome: str) -> None:
    """Say so where an outcome found its claim gone: somebody took the rows back, or their member was erased."""
    if recorded < len(parcel.ids):
        log.warning(
            "claim_was_lost",
            platform=parcel.account.person.platform,
            outcome=outcome,
            reminders=len(parcel.ids) - recorded,
        )


def _pause(attempts: int) -> timedelta:
    """A minute, doubled for each earlier attempt, up to a quarter of an hour; an hour once a day has gone by so.

    Jitter spreads those that return.
    """
    seconds = 3600 if attempts >= _DAY_OF_TRIES else min(60 * 2 ** min(attempts, 4), 900)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 - jitter guards no secret
