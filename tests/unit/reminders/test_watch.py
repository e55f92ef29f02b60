import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import StorageError
from bot.reminders.delivery import SweepWork
from bot.reminders.sweep import Sweep
from bot.reminders.watch import Watch, seconds_until_due
from unit.reminders.rig import Rig

LAB_AT = datetime(2026, 3, 12, 9, tzinfo=UTC)


async def test_it_sweeps_by_itself_when_the_next_reminder_falls_due(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT - timedelta(milliseconds=300)
    # The first sweep finds nothing; then the moment comes, and nobody rings.
    asyncio.get_running_loop().call_later(0.2, lambda: setattr(rig.clock, "at", LAB_AT))
    sent = asyncio.Event()

    async def arrive() -> None:
        assert rig.clock.at == LAB_AT
        sent.set()

    rig.messenger.meanwhile = arrive
    keeping = Watch(rig.sweep, ())
    watching = asyncio.create_task(keeping.run())
    await sent.wait()
    keeping.stop()
    await watching


@pytest.mark.parametrize("days", [-400, 0, 400])
async def test_no_clock_makes_it_sleep_long_or_spin(rig: Rig, days: int) -> None:
    await rig.join()
    rig.clock.at = LAB_AT + timedelta(days=days)
    seconds = await seconds_until_due(rig.sweep)
    assert seconds is not None
    assert 0.1 <= seconds <= 60


async def test_without_a_sweep_it_still_answers_what_is_beside_it() -> None:
    answered: list[str] = []
    both = asyncio.Event()

    async def answer(name: str) -> None:
        answered.append(name)
        if len(answered) == 2:
            both.set()

    keeping = Watch(None, (lambda: answer("upkeep"),), (lambda: answer("beside"),))
    watching = asyncio.create_task(keeping.run())
    await both.wait()
    keeping.stop()
    await watching
    assert sorted(answered) == ["beside", "upkeep"]


async def test_what_is_beside_a_long_sweep_does_not_wait_for_it(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT
    calling, answered, rung = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def beside() -> None:
        if calling.is_set():
            rung.set()

    async def hang() -> None:
        calling.set()
        await answered.wait()

    rig.messenger.meanwhile = hang
    keeping = Watch(rig.sweep, (), (beside,))
    watching = asyncio.create_task(keeping.run())
    await calling.wait()
    keeping.ring_sweep()
    await rung.wait()
    assert rig.messenger.sent == []
    answered.set()
    keeping.stop()
    await watching


async def test_a_sweep_that_failed_waits_for_the_bell(rig: Rig) -> None:
    await rig.join()
    rig.clock.at = LAB_AT
    tried: list[str] = []
    twice = asyncio.Event()

    @asynccontextmanager
    async def no_database() -> AsyncIterator[SweepWork]:
        tried.append("")
        if len(tried) == 2:
            twice.set()
        raise StorageError("gone")
        yield

    keeping = Watch(Sweep(no_database, rig.sweep.messengers, rig.clock), ())
    watching = asyncio.create_task(keeping.run())
    await asyncio.sleep(0.6)
    assert len(tried) == 1
    keeping.ring_sweep()
    await twice.wait()
    keeping.stop()
    await watching
