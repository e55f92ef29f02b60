import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

import builders
from bot.errors import StorageError
from bot.reminders.delivery import NOT_RUN_PAUSE
from bot.reminders.reminder import TO_TELL, Status
from builders import ANNA, BEN, NOW, occurrence
from contract.storage.reminded import BEFORE, LEASE, MINUTE, claimed, days, only, plan
from storage import tables
from storage.documents import StoredOccurrence, seal_record
from storage.store import Store


async def test_the_database_refuses_a_second_row_for_an_occurrence(store: Store) -> None:
    await plan(store, occurrence())
    async with store.work() as work:
        row = (await work.connection.execute(select(tables.reminders))).one()._asdict()
    with pytest.raises(StorageError):
        async with store.work() as work:
            await work.connection.execute(insert(tables.reminders).values({**row, "id": BEN}))


async def test_the_database_refuses_an_unknown_status(store: Store) -> None:
    await plan(store, occurrence())
    with pytest.raises(StorageError):
        async with store.work() as work:
            await work.connection.execute(update(tables.reminders).values(status="lost"))


async def test_a_claim_takes_what_is_due_oldest_first_and_everything_for_a_member_at_once(store: Store) -> None:
    await plan(store, *days(-1, -3, 0, 1, -2))
    await plan(store, *days(-2, 0), member_id=BEN)
    async with store.work() as work:
        token, first = await work.reminders.claim(NOW, 1, LEASE)
        other, second = await work.reminders.claim(NOW, 20, LEASE)
        assert token != other
        assert [each.occurrence for each in first] == days(-3, -2, -1, 0)
        assert [(each.member_id, each.occurrence) for each in second] == [(BEN, each) for each in days(-2, 0)]
        assert {each.status for each in (*first, *second)} == {Status.CLAIMED}


@pytest.mark.parametrize("claimers", [2, 8])
async def test_claims_at_the_same_time_take_every_row_once(store: Store, claimers: int) -> None:
    await plan(store, *days(*range(-25, 0)))
    taken: list[str] = []

    async def claim_all() -> None:
        while True:
            async with store.work() as work:
                _token, found = await work.reminders.claim(NOW, 3, LEASE)
                await work.commit()
            if not found:
                return
            taken.extend(each.id for each in found)

    await asyncio.gather(*(claim_all() for _ in range(claimers)))
    assert len(taken) == len(set(taken)) == 25


@pytest.mark.postgres
async def test_a_claim_passes_by_what_another_one_is_taking(postgres_url: str) -> None:
    async with builders.open_store(postgres_url) as store:
        await plan(store, *days(-2))
        await plan(store, *days(-1), member_id=BEN)
        async with store.work() as one, store.work() as other:
            _token, first = await one.reminders.claim(NOW, 1, LEASE)
            _token, second = await other.reminders.claim(NOW, 20, LEASE)
            assert [each.occurrence for each in (*first, *second)] == days(-2, -1)


async def test_only_the_claim_that_holds_a_row_can_change_it(store: Store) -> None:
    await plan(store, occurrence())
    async with store.work() as work:
        stale, ids = await claimed(work)
        await work.reminders.recover(NOW + LEASE + MINUTE, LEASE)
        token, found = await work.reminders.claim(NOW + LEASE + MINUTE, 20, LEASE)
        assert [each.id for each in found] == ids
        for old in (stale, "never given"):
            assert await work.reminders.held(old, ids) == []
            await work.reminders.start(old, ids, NOW + LEASE)
            await work.reminders.finish(old, ids, Status.SENT, NOW)
            await work.reminders.release(old, ids, NOW, spent=True)
            await work.reminders.repeat(old, ids, NOW, "late answer")
        held = await work.reminders.held(token, ids)
        assert [(each.id, each.status, each.attempts, each.repeat) for each in held] == [
            (ids[0], Status.CLAIMED, 0, False)
        ]


async def test_what_is_being_sent_is_no_longer_held_for_checking(store: Store) -> None:
    await plan(store, occurrence())
    async with store.work() as work:
        token, ids = await claimed(work, sending=True)
        assert await work.reminders.held(token, ids) == []
        found = await only(work)
        assert (found.status, found.attempts) == (Status.SENDING, 1)


@pytest.mark.parametrize("sending", [True, False], ids=["being sent", "claimed"])
@pytest.mark.parametrize("spent", [True, False], ids=["spent", "not spent"])
async def test_a_released_row_is_pending_from_the_given_moment(store: Store, *, sending: bool, spent: bool) -> None:
    await plan(store, occurrence())
    later = NOW + 2 * MINUTE
    async with store.work() as work:
        token, ids = await claimed(work, sending=sending)
        await work.reminders.release(token, ids, later, "wait", spent=spent)
        found = await only(work)
        assert (found.status, found.reason) == (Status.PENDING, "wait")
        assert found.attempts == int(sending and spent)
        assert await work.reminders.next_due() == later
        assert found.occurrence.due_at == NOW, "it still knows how late it is"
        assert (await work.reminders.claim(later - MINUTE, 20, LEASE))[1] == []
        assert len((await work.reminders.claim(later, 20, LEASE))[1]) == 1


async def test_a_repeat_says_so_and_keeps_its_attempt(store: Store) -> None:
    await plan(store, occurrence())
    async with store.work() as work:
        token, ids = await claimed(work, sending=True)
        await work.reminders.repeat(token, ids, NOW + MINUTE, "timeout")
        found = await only(work)
        assert (found.status, found.repeat, found.attempts) == (Status.PENDING, True, 1)


async def test_tries_that_did_not_arrive_leave_all_repeats(store: Store) -> None:
    await plan(store, occurrence())
    async with store.work() as work:
        await work.connection.execute(update(tables.reminders).values(attempts=50))
        token, ids = await claimed(work, sending=True)
        await work.reminders.repeat(token, ids, NOW, "timeout")
        assert (await only(work)).attempts == 1


async def test_the_next_due_is_the_earliest_pending_row(store: Store) -> None:
    await plan(store)
    async with store.work() as work:
        assert await work.reminders.next_due() is None
        await work.reminders.sync(ANNA, days(2, 1), BEFORE)
        assert await work.reminders.next_due() == NOW + timedelta(days=1)
        token, found = await work.reminders.claim(NOW + timedelta(days=3), 20, LEASE)
        assert len(found) == 2
        assert await work.reminders.next_due() is None, "what is claimed is not awaited"
        await work.reminders.finish(token, [each.id for each in found], Status.SENT, NOW)
        assert await work.reminders.next_due() is None


@pytest.mark.parametrize("status", list(Status))
async def test_what_did_not_surely_arrive_is_told_once(store: Store, status: Status) -> None:
    await plan(store, *days(0, -1))
    await plan(store, occurrence(), member_id=BEN)
    async with store.work() as work:
        await work.connection.execute(update(tables.reminders).values(status=status.value))
        to_tell = await work.reminders.to_tell(ANNA)
        assert [each.occurrence for each in to_tell] == (days(-1, 0) if status in TO_TELL else [])
        await work.reminders.told([each.id for each in to_tell])
        assert await work.reminders.to_tell(ANNA) == []
        assert len(await work.reminders.to_tell(BEN)) == int(status in TO_TELL)


async def test_a_due_row_that_does_not_open_ends_dead_and_stops_no_other(store: Store) -> None:
    await plan(store, *days(-1, 0))
    async with store.work() as work:
        table = tables.reminders
        await work.connection.execute(update(table).where(table.c.due_at < NOW).values(sealed=b"\x01spoiled"))
        _token, found = await work.reminders.claim(NOW, 20, LEASE)
        assert [each.occurrence for each in found] == days(0)
        ended = await work.connection.execute(select(table.c.status, table.c.reason).where(table.c.due_at < NOW))
        assert ended.one() == ("dead", "unreadable")
        assert await work.reminders.to_tell(ANNA) == [], "what cannot be read does not keep others from being told"
        (unreadable,) = await work.reminders.unreadable(ANNA)
        await work.reminders.told([unreadable])
        assert not await work.reminders.unreadable(ANNA)


async def test_a_row_of_an_unknown_kind_waits_for_another_version_and_stops_no_other(store: Store) -> None:
    await plan(store, *days(-1, 0))
    async with store.work() as work:
        table = tables.reminders
        row_id = (await work.connection.execute(select(table.c.id).where(table.c.due_at < NOW))).scalar_one()
        kept = StoredOccurrence("horoscope", NOW.date(), 0, NOW.date(), 0)
        sealed = seal_record(store.vault, kept, f"reminders/{row_id}")
        await work.connection.execute(update(table).where(table.c.id == row_id).values(sealed=sealed))
        assert [each.occurrence for each in (await work.reminders.claim(NOW, 20, LEASE))[1]] == days(0)
        await work.reminders.sync(ANNA, days(0), NOW)
        is_left = select(table.c.status, table.c.attempts, table.c.next_attempt_at).where(table.c.id == row_id)
        assert (await work.connection.execute(is_left)).one() == ("pending", 0, NOW + NOT_RUN_PAUSE)
        expired = NOW + timedelta(days=3)
        await work.reminders.claim(expired, 20, LEASE)
        assert (await work.connection.execute(is_left)).one().status == "missed"
        assert await work.reminders.unreadable(ANNA) == {row_id}, "it is told without what it was about"


async def test_a_naive_moment_is_refused(store: Store) -> None:
    await plan(store)
    with pytest.raises(StorageError):
        async with store.work() as work:
            await work.reminders.claim(NOW.replace(tzinfo=None), 20, LEASE)
