import asyncio
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select, update

import builders
from bot.errors import StorageError
from bot.reminders.reminder import TO_TELL, Kind, Occurrence, Reminder, Status
from builders import ANNA, BEN, NOW, occurrence
from storage import tables
from storage.store import SqlWork, Store

MINUTE = timedelta(minutes=1)
LEASE = timedelta(minutes=5)
BEFORE = NOW - timedelta(days=30)
"""When the reminders of these tests are planned: all of them lie ahead."""


async def _plan(store: Store, *wanted: Occurrence, member_id: str = ANNA) -> None:
    name = "anna" if member_id == ANNA else "ben"
    async with store.work() as work:
        await builders.join(work, builders.member(member_id), builders.person(name))
        await work.reminders.sync(member_id, wanted, BEFORE)
        await work.commit()


async def _only(work: SqlWork, member_id: str = ANNA) -> Reminder:
    (one,) = await work.reminders.of(member_id)
    return one


async def _claimed(work: SqlWork, *, sending: bool = False) -> tuple[str, list[str]]:
    token, found = await work.reminders.claim(NOW, 20, LEASE)
    ids = [each.id for each in found]
    if sending:
        await work.reminders.start(token, ids)
    return token, ids


def _days(*ahead: int) -> list[Occurrence]:
    return [occurrence(due_at=NOW + timedelta(days=each)) for each in ahead]


async def test_a_wanted_occurrence_gets_one_pending_row_and_comes_back_whole(store: Store) -> None:
    one = Occurrence(Kind.EVENING, date(2026, 3, 11), 2, date(2026, 3, 10), NOW, NOW + LEASE, 3)
    await _plan(store, one)
    async with store.work() as work:
        found = await _only(work)
        assert (found.member_id, found.occurrence, found.status, found.attempts) == (ANNA, one, Status.PENDING, 0)


async def test_the_same_plan_again_changes_nothing(store: Store) -> None:
    await _plan(store, *_days(0, 1))
    async with store.work() as work:
        before = (await work.connection.execute(select(tables.reminders))).all()
        await work.reminders.sync(ANNA, _days(1, 0), BEFORE)
        assert (await work.connection.execute(select(tables.reminders))).all() == before


async def test_what_was_due_already_gets_no_row(store: Store) -> None:
    await _plan(store)
    async with store.work() as work:
        await work.reminders.sync(ANNA, [occurrence(due_at=NOW)], NOW)
        assert await work.reminders.of(ANNA) == []


async def test_a_pending_row_moves_with_its_occurrence(store: Store) -> None:
    await _plan(store, occurrence())
    moved = occurrence(due_at=NOW + 3 * MINUTE)
    async with store.work() as work:
        await work.reminders.sync(ANNA, [moved], BEFORE)
        assert (await _only(work)).occurrence == moved
        assert await work.reminders.next_due() == moved.due_at


async def test_a_row_no_longer_wanted_is_cancelled_and_pending_when_wanted_again(store: Store) -> None:
    await _plan(store, occurrence())
    async with store.work() as work:
        await work.reminders.sync(ANNA, [], BEFORE)
        assert (await _only(work)).status is Status.CANCELLED
        await work.reminders.sync(ANNA, [occurrence()], NOW)
        assert (await _only(work)).status is Status.CANCELLED, "its moment has passed"
        await work.reminders.sync(ANNA, [occurrence()], BEFORE)
        assert (await _only(work)).status is Status.PENDING


@pytest.mark.parametrize("wanted", [[], [occurrence(due_at=NOW + MINUTE)]], ids=["unwanted", "moved"])
async def test_an_edit_wins_over_a_claim(store: Store, wanted: Sequence[Occurrence]) -> None:
    await _plan(store, occurrence())
    async with store.work() as work:
        token, ids = await _claimed(work)
        await work.reminders.sync(ANNA, wanted, BEFORE)
        assert await work.reminders.held(token, ids) == []
        await work.reminders.start(token, ids)
        assert (await _only(work)).attempts == 0


@pytest.mark.parametrize(
    "status", [each for each in Status if each not in {Status.PENDING, Status.CLAIMED, Status.CANCELLED}]
)
@pytest.mark.parametrize("wanted", [[], [occurrence(due_at=NOW + MINUTE)]], ids=["unwanted", "moved"])
async def test_planning_leaves_alone_what_is_being_sent_or_has_ended(
    store: Store, status: Status, wanted: Sequence[Occurrence]
) -> None:
    await _plan(store, occurrence())
    async with store.work() as work:
        token, ids = await _claimed(work, sending=True)
        if status is not Status.SENDING:
            await work.reminders.finish(token, ids, status, NOW)
        await work.reminders.sync(ANNA, wanted, BEFORE)
        found = await _only(work)
        assert (found.status, found.occurrence) == (status, occurrence())


async def test_the_database_refuses_a_second_row_for_an_occurrence(store: Store) -> None:
    await _plan(store, occurrence())
    async with store.work() as work:
        row = (await work.connection.execute(select(tables.reminders))).one()._asdict()
    with pytest.raises(StorageError):
        async with store.work() as work:
            await work.connection.execute(insert(tables.reminders).values({**row, "id": BEN}))


async def test_the_database_refuses_an_unknown_status(store: Store) -> None:
    await _plan(store, occurrence())
    with pytest.raises(StorageError):
        async with store.work() as work:
            await work.connection.execute(update(tables.reminders).values(status="lost"))


async def test_a_claim_takes_what_is_due_oldest_first_and_no_more_than_asked(store: Store) -> None:
    await _plan(store, *_days(-1, -3, 0, 1, -2))
    async with store.work() as work:
        token, first = await work.reminders.claim(NOW, 2, LEASE)
        other, second = await work.reminders.claim(NOW, 20, LEASE)
        assert token != other
        claimed = [each.occurrence for each in (*first, *second)]
        assert claimed == _days(-3, -2, -1, 0)
        assert {each.status for each in (*first, *second)} == {Status.CLAIMED}


@pytest.mark.parametrize("claimers", [2, 8])
async def test_claims_at_the_same_time_take_every_row_once(store: Store, claimers: int) -> None:
    await _plan(store, *_days(*range(-25, 0)))
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
        await _plan(store, *_days(-2, -1))
        async with store.work() as one, store.work() as other:
            _token, first = await one.reminders.claim(NOW, 1, LEASE)
            _token, second = await other.reminders.claim(NOW, 20, LEASE)
            assert [each.occurrence for each in (*first, *second)] == _days(-2, -1)


async def test_only_the_claim_that_holds_a_row_can_change_it(store: Store) -> None:
    await _plan(store, occurrence())
    async with store.work() as work:
        stale, ids = await _claimed(work)
        await work.reminders.recover(NOW + LEASE + MINUTE)
        token, found = await work.reminders.claim(NOW + LEASE + MINUTE, 20, LEASE)
        assert [each.id for each in found] == ids
        for old in (stale, "never given"):
            assert await work.reminders.held(old, ids) == []
            await work.reminders.start(old, ids)
            await work.reminders.finish(old, ids, Status.SENT, NOW)
            await work.reminders.release(old, ids, NOW, spent=True)
            await work.reminders.repeat(old, ids, NOW, "late answer")
        held = await work.reminders.held(token, ids)
        assert [(each.id, each.status, each.attempts, each.repeat) for each in held] == [
            (ids[0], Status.CLAIMED, 0, False)
        ]


async def test_what_is_being_sent_is_no_longer_held_for_checking(store: Store) -> None:
    await _plan(store, occurrence())
    async with store.work() as work:
        token, ids = await _claimed(work, sending=True)
        assert await work.reminders.held(token, ids) == []
        found = await _only(work)
        assert (found.status, found.attempts) == (Status.SENDING, 1)


@pytest.mark.parametrize("sending", [True, False], ids=["being sent", "claimed"])
@pytest.mark.parametrize("spent", [True, False], ids=["spent", "not spent"])
async def test_a_released_row_is_pending_from_the_given_moment(store: Store, *, sending: bool, spent: bool) -> None:
    await _plan(store, occurrence())
    later = NOW + 2 * MINUTE
    async with store.work() as work:
        token, ids = await _claimed(work, sending=sending)
        await work.reminders.release(token, ids, later, "wait", spent=spent)
        found = await _only(work)
        assert (found.status, found.reason) == (Status.PENDING, "wait")
        assert found.attempts == int(sending and spent)
        assert await work.reminders.next_due() == later
        assert found.occurrence.due_at == NOW, "it still knows how late it is"
        assert (await work.reminders.claim(later - MINUTE, 20, LEASE))[1] == []
        assert len((await work.reminders.claim(later, 20, LEASE))[1]) == 1


async def test_a_repeat_says_so_and_keeps_its_attempt(store: Store) -> None:
    await _plan(store, occurrence())
    async with store.work() as work:
        token, ids = await _claimed(work, sending=True)
        await work.reminders.repeat(token, ids, NOW + MINUTE, "timeout")
        found = await _only(work)
        assert (found.status, found.repeat, found.attempts) == (Status.PENDING, True, 1)


@pytest.mark.parametrize(
    ("kind", "sending", "ends"),
    [
        (Kind.LAB, False, (Status.PENDING, False)),
        (Kind.ROUND, False, (Status.PENDING, False)),
        *((kind, True, (Status.PENDING, True)) for kind in (Kind.LAB, Kind.LAB_AGAIN, Kind.EVENING)),
        *((kind, True, (Status.IN_DOUBT, False)) for kind in Kind if not kind.repeated),
    ],
    ids=lambda value: value.value if isinstance(value, Kind) else None,
)
async def test_a_lapsed_lease_ends_by_kind(
    store: Store, kind: Kind, ends: tuple[Status, bool], *, sending: bool
) -> None:
    await _plan(store, occurrence(kind))
    async with store.work() as work:
        await _claimed(work, sending=sending)
        assert await work.reminders.recover(NOW + LEASE) == 0, "the lease still holds"
        assert await work.reminders.recover(NOW + LEASE + MINUTE) == 1
        assert await work.reminders.recover(NOW + LEASE + MINUTE) == 0
        found = await _only(work)
        assert (found.status, found.repeat) == ends


async def test_a_repeat_whose_lease_lapses_too_is_in_doubt(store: Store) -> None:
    await _plan(store, occurrence())
    async with store.work() as work:
        now = NOW
        for _ in range(2):
            token, found = await work.reminders.claim(now, 20, LEASE)
            await work.reminders.start(token, [each.id for each in found])
            now += LEASE + MINUTE
            await work.reminders.recover(now)
        assert (await _only(work)).status is Status.IN_DOUBT


async def test_the_next_due_is_the_earliest_pending_row(store: Store) -> None:
    await _plan(store)
    async with store.work() as work:
        assert await work.reminders.next_due() is None
        await work.reminders.sync(ANNA, _days(2, 1), BEFORE)
        assert await work.reminders.next_due() == NOW + timedelta(days=1)
        token, found = await work.reminders.claim(NOW + timedelta(days=3), 20, LEASE)
        assert len(found) == 2
        assert await work.reminders.next_due() is None, "what is claimed is not awaited"
        await work.reminders.finish(token, [each.id for each in found], Status.SENT, NOW)
        assert await work.reminders.next_due() is None


@pytest.mark.parametrize("status", list(Status))
async def test_what_did_not_surely_arrive_is_told_once(store: Store, status: Status) -> None:
    await _plan(store, *_days(0, -1))
    await _plan(store, occurrence(), member_id=BEN)
    async with store.work() as work:
        await work.connection.execute(update(tables.reminders).values(status=status.value))
        to_tell = await work.reminders.to_tell(ANNA)
        assert [each.occurrence for each in to_tell] == (_days(-1, 0) if status in TO_TELL else [])
        await work.reminders.told([each.id for each in to_tell])
        assert await work.reminders.to_tell(ANNA) == []
        assert len(await work.reminders.to_tell(BEN)) == int(status in TO_TELL)


async def test_a_due_row_that_does_not_open_ends_dead_and_stops_no_other(store: Store) -> None:
    await _plan(store, *_days(-1, 0))
    async with store.work() as work:
        table = tables.reminders
        await work.connection.execute(update(table).where(table.c.due_at < NOW).values(sealed=b"\x01spoiled"))
        _token, found = await work.reminders.claim(NOW, 20, LEASE)
        assert [each.occurrence for each in found] == _days(0)
        ended = await work.connection.execute(select(table.c.status, table.c.reason).where(table.c.due_at < NOW))
        assert ended.one() == ("dead", "unreadable")
        assert await work.reminders.to_tell(ANNA) == []


async def test_a_naive_moment_is_refused(store: Store) -> None:
    await _plan(store)
    with pytest.raises(StorageError):
        async with store.work() as work:
            await work.reminders.claim(NOW.replace(tzinfo=None), 20, LEASE)
