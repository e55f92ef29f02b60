"""Sending what is due. A bell rings, the sweep looks at the database, which is the schedule.

A sweep claims a few due rows at a time for a lease; then each member is planned for anew and what is still wanted is
worded and marked as being sent, all in one transaction; the platform is called; how that ended is recorded. A crash at
any point leaves a row that the next sweep finds: see ``Reminders.recover``. What goes wrong for one member stops no
other, and a platform that hangs holds up no other.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby

import structlog

from bot.chat.ports import Clock, Messenger
from bot.reminders.delivery import LEASE, Delivery, SweepWork
from bot.reminders.planning import replan
from bot.reminders.reminder import Reminder

IN_FLIGHT = 4
"""Calls to one platform at the same time, and so the most messages on each that a crash leaves in doubt."""

GATE_SECONDS = 20.0
"""How long a member waits while as many calls to the platform as may be are under way; far less than a lease."""

_MOST_UNDER_WAY = 3 * IN_FLIGHT
_FULL_PAUSE = timedelta(minutes=1)
_AT_ONCE = timedelta(0)

log = structlog.get_logger()


def _gate() -> asyncio.Semaphore:
    return asyncio.Semaphore(IN_FLIGHT)


@dataclass(slots=True)
class Sweep:
    """Sends due reminders. ``messengers`` are by platform name.

    ``record_pauses`` are the seconds between tries at recording that a message went out; ``gate_seconds`` is how long a
    member waits for their platform's turn.
    """

    open_work: Callable[[], AbstractAsyncContextManager[SweepWork]]
    messengers: Mapping[str, Messenger]
    clock: Clock
    record_pauses: Sequence[float] = (0.5, 1, 2)
    gate_seconds: float = GATE_SECONDS
    _stopping: bool = field(default=False, init=False)
    _delivery: Delivery = field(init=False)
    _gates: defaultdict[str, asyncio.Semaphore] = field(init=False)

    def __post_init__(self) -> None:
        self._delivery = Delivery(self.open_work, self.messengers, self.clock, self.record_pauses)
        self._gates = defaultdict(_gate)

    async def run(self) -> int:
        """Send everything that is due now and return how many reminders were looked at.

        Calls under way are waited for where the database fails; where the sweep is cancelled they are cancelled too.
        """
        async with self.open_work() as work:
            await work.reminders.recover(self.clock.now(), LEASE)
            await work.commit()
        looked_at = 0
        under_way: set[asyncio.Task[None]] = set()
        try:
            while True:
                token, claimed = await self._claim(_MOST_UNDER_WAY - len(under_way))
                looked_at += len(claimed)
                by_member = groupby(sorted(claimed, key=lambda each: each.member_id), key=lambda each: each.member_id)
                for member_id, group in by_member:
                    ids = [each.id for each in group]
                    under_way.add(asyncio.create_task(self._deliver_to(member_id, ids, token)))
                if not under_way:
                    return looked_at
                _done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            for task in under_way:
                task.cancel()
            raise
        finally:
            if under_way:
                await asyncio.wait(under_way)

    def stop(self) -> None:
        """Begin no more: a run under way ends when the calls that it has begun are answered and recorded."""
        self._stopping = True

    async def upkeep(self) -> None:
        """Re-plan every member: new time-zone rules, what an older version left out. One bad row stops no other."""
        async with self.open_work() as work:
            await work.drafts.purge(self.clock.now())
            ids = await work.members.ids()
            await work.commit()
        for member_id in ids:
            if self._stopping:
                return
            try:
                async with self.open_work() as work:
                    member = await work.members.get(member_id)
                    if member:
                        await replan(work, member, self.clock.now())
                        await work.commit()
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the others
                log.error("upkeep_failed", error=type(error).__name__)  # noqa: TRY400 - a traceback could hold values

    async def _claim(self, most: int) -> tuple[str, Sequence[Reminder]]:
        if self._stopping or most <= 0:
            return "", ()
        async with self.open_work() as work:
            claim = await work.reminders.claim(self.clock.now(), most, LEASE)
            await work.commit()
        return claim

    async def _deliver_to(self, member_id: str, ids: Sequence[str], token: str) -> None:
        try:
            platform = await self._delivery.platform_of(member_id)
            gate = self._gates[platform]
            try:
                async with asyncio.timeout(self.gate_seconds):
                    await gate.acquire()
            except TimeoutError:
                log.warning("platform_is_slow", platform=platform)
                pause = self._delivery.hold(platform, _FULL_PAUSE)
                await self._delivery.put_back(token, ids, pause, "platform is slow")
                return
            try:
                await self._send_all(member_id, set(ids), token)
            finally:
                gate.release()
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the others
            # The lease runs out and the next sweep finds the rows again. A traceback could hold values.
            log.error("delivery_failed", error=type(error).__name__)  # noqa: TRY400 - as above

    async def _send_all(self, member_id: str, ids: set[str], token: str) -> None:
        """Send what one member is due, in more than one message where something is repeated."""
        while ids and not self._stopping:
            parcel = await self._delivery.take(member_id, ids, token)
            if parcel is None:
                return
            await self._delivery.send(parcel, token)
            ids -= set(parcel.ids)
        if ids:
            await self._delivery.put_back(token, ids, _AT_ONCE, "stopping")
