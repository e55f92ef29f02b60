"""What the operator's monitoring is told of the database."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

import builders
from bot.meter import Counts
from bot.moderation.flag import State
from bot.reminders.reminder import QUIET, TO_TELL, Reminder, Status
from bot.triage.assessment import Label
from builders import ANNA, NOW, occurrence
from contract.storage.moderated import add, flag
from storage import tables
from storage.store import Store

HOUR = timedelta(hours=1)


async def _plan(store: Store, *hours: int) -> None:
    async with store.work() as work:
        await builders.join(work, builders.member())
        wanted = [replace(occurrence(due_at=NOW + each * HOUR), number=each) for each in hours]
        await work.reminders.sync(ANNA, wanted, NOW - 100 * HOUR)
        await work.commit()


async def test_an_empty_database_counts_nothing(store: Store) -> None:
    assert await store.counts(NOW) == Counts()


async def test_what_is_due_is_counted_with_how_long_the_oldest_waits(store: Store) -> None:
    await _plan(store, -3, -2, 0, 1)
    assert await store.counts(NOW) == Counts(due=3, waiting_seconds=3 * 3600.0)
    assert await store.counts(NOW - HOUR) == Counts(due=2, waiting_seconds=2 * 3600.0)
    assert await store.counts(NOW - 4 * HOUR) == Counts()


async def test_what_is_tried_in_vain_again_and_again_waits_since_it_was_due(store: Store) -> None:
    await _plan(store, -3)
    waiting = Counts(due=1, waiting_seconds=3 * 3600.0)
    for failure in range(3):
        async with store.work() as work:
            token, [claimed] = await work.reminders.claim(NOW + failure * HOUR, 1, HOUR)
            await work.commit()
            assert await store.counts(NOW) == waiting
            await work.reminders.start(token, [claimed.id], NOW + HOUR)
            await work.commit()
            assert await store.counts(NOW) == waiting
            await work.reminders.release(token, [claimed.id], NOW + (failure + 1) * HOUR, "http_502", spent=True)
            await work.commit()
            assert await store.counts(NOW) == waiting
    ended = (await _only(store)).occurrence.expires_at
    assert await store.counts(ended) == Counts()


async def test_what_is_kept_until_quiet_hours_are_over_does_not_wait(store: Store) -> None:
    await _plan(store, -1)
    async with store.work() as work:
        token, [claimed] = await work.reminders.claim(NOW, 1, HOUR)
        await work.reminders.release(token, [claimed.id], NOW + HOUR, QUIET, spent=False)
        await work.commit()
    assert await store.counts(NOW) == Counts()
    assert await store.counts(NOW + HOUR) == Counts(due=1, waiting_seconds=2 * 3600.0)


async def _only(store: Store) -> Reminder:
    async with store.look() as work:
        (one,) = await work.reminders.of(ANNA)
        return one


@pytest.mark.parametrize("status", list(Status))
async def test_ends_that_are_still_to_be_told_are_counted_by_status(store: Store, status: Status) -> None:
    await _plan(store, 1, 2)
    async with store.work() as work:
        await work.connection.execute(update(tables.reminders).values(status=status.value, finished_at=NOW))
        await work.commit()
    expected = {status.value: 2} if status in TO_TELL else {}
    assert (await store.counts(NOW)).untold == expected
    # Who never writes again is no news for ever.
    assert (await store.counts(NOW + 24 * HOUR)).untold == {}
    async with store.work() as work:
        await work.reminders.told([each.id for each in await work.reminders.of(ANNA)])
        await work.commit()
    assert (await store.counts(NOW)).untold == {}


async def test_flags_that_nobody_has_closed_are_counted_by_label(store: Store) -> None:
    states = list(State)
    async with store.work() as work:
        for number, state in enumerate([*states, State.OPEN]):
            label = Label.CRISIS if number < len(states) else Label.URGENT
            await add(work, flag(f"f{number}", label=label, state=state, message_id=f"m{number}"))
        await work.commit()
    assert (await store.counts(NOW)).flags_open == {"crisis": 2, "urgent": 1}
