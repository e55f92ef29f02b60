import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select, update

import builders
from bot.errors import StorageError
from bot.reminders.reminder import MOST_REPEATS, TO_TELL, Kind, Occurrence, Reminder, Status
from builders import ANNA, BEN, NOW, occurrence
from storage import tables
from storage.documents import StoredOccurrence, seal_record
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
        await work.reminders.start(token, ids, NOW + LEASE)
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


@pytest.mark.parametrize("kind", [each for each in Kind if not each.caught_up])
async def test_what_was_due_already_gets_no_row(store: Store, kind: Kind) -> None:
    await _plan(store)
    async with store.work() as work:
        await work.reminders.sync(ANNA, [occurrence(kind, due_at=NOW)], NOW)
        assert await work.reminders.of(ANNA) == []


async def test_a_pending_row_moves_with_its_occurrence(store: Store) -> None:
    await _plan(store, occurrence())
    moved = occurrence(due_at=NOW + 3 * MINUTE)
    async with store.work() as work:
        await work.reminders.sync(ANNA, [moved], BEFORE)
        assert (await _only(work)).occurrence == moved
        assert await work.reminders.next_due() == moved.due_at


async def test_a_row_no_longer_wanted_is_cancelled_and_pending_when_wanted_again(store: Store) -> None:
    one = occurrence(Kind.ROUND)
    await _plan(store, one)
    async with store.work() as work:
        await work.reminders.sync(ANNA, [], BEFORE)
        assert (await _only(work)).status is Status.CANCELLED
        await work.reminders.sync(ANNA, [one], NOW)
        assert (await _only(work)).status is Status.CANCELLED, "its moment has passed"
        await work.reminders.sync(ANNA, [one], BEFORE)
        assert (await _only(work)).status is Status.PENDING


CAUGHT_UP = [each for each in Kind if each.caught_up]


@pytest.mark.parametrize("kind", CAUGHT_UP)
@pytest.mark.parametrize("planned", [True, False], ids=["cancelled", "never planned"])
async def test_what_an_edit_makes_due_in_the_past_is_planned_for_now_and_stays(
    store: Store, kind: Kind, *, planned: bool
) -> None:
    one, edited = occurrence(kind), NOW + 5 * MINUTE
    await _plan(store, *([one] if planned else []))
    async with store.work() as work:
        await work.reminders.sync(ANNA, [], BEFORE)
        for now in (edited, edited + MINUTE):
            await work.reminders.sync(ANNA, [one], now)
            found = await _only(work)
            assert (found.status, found.occurrence) == (Status.PENDING, replace(one, due_at=edited))
        assert await work.reminders.next_due() == edited


async def test_what_has_expired_is_not_caught_up_on(store: Store) -> None:
    await _plan(store)
    async with store.work() as work:
        one = occurrence()
        await work.reminders.sync(ANNA, [one], one.expires_at)
        assert await work.reminders.of(ANNA) == []


@pytest.mark.parametrize("status", [Status.SENDING, Status.SENT, Status.IN_DOUBT])
async def test_what_was_said_under_another_occurrence_is_not_caught_up_on(store: Store, status: Status) -> None:
    said = occurrence(Kind.LEAD)
    await _plan(store, said)
    async with store.work() as work:
        token, ids = await _claimed(work, sending=True)
        if status is not Status.SENDING:
            await work.reminders.finish(token, ids, status, NOW)
        await work.reminders.sync(ANNA, [replace(said, number=5)], NOW + MINUTE)
        assert (await _only(work)).status is status


async def test_what_a_wrong_clock_missed_is_pending_when_it_lies_ahead(store: Store) -> None:
    one = occurrence(Kind.ROUND)
    await _plan(store, one)
    async with store.work() as work:
        token, ids = await _claimed(work)
        await work.reminders.finish(token, ids, Status.MISSED, NOW)
        await work.reminders.told(ids)
        await work.reminders.sync(ANNA, [one], BEFORE)
        found = await _only(work)
        assert (found.status, found.occurrence) == (Status.PENDING, one)
        await work.connection.execute(update(tables.reminders).values(status="missed"))
        assert len(await work.reminders.to_tell(ANNA)) == 1, "the next end is told anew"


@pytest.mark.parametrize("wanted", [[], [occurrence(due_at=NOW + MINUTE)]], ids=["unwanted", "moved"])
async def test_an_edit_wins_over_a_claim(store: Store, wanted: Sequence[Occurrence]) -> None:
    await _plan(store, occurrence())
    async with store.work() as work:
        token, ids = await _claimed(work)
        await work.reminders.sync(ANNA, wanted, BEFORE)
        assert await work.reminders.held(token, ids) == []
        await work.reminders.start(token, ids, NOW + LEASE)
        assert (await _only(work)).attempts == 0


@pytest.mark.parametrize(
    "status", [each for each in Status if each not in {Status.PENDING, Status.CLAIMED, Status.CANCELLED, Status.MISSED}]
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


async def test_a_claim_takes_what_is_due_oldest_first_and_everything_for_a_member_at_once(store: Store) -> None:
    await _plan(store, *_days(-1, -3, 0, 1, -2))
    await _plan(store, *_days(-2, 0), member_id=BEN)
    async with store.work() as work:
        token, first = await work.reminders.claim(NOW, 1, LEASE)
        other, second = await work.reminders.claim(NOW, 20, LEASE)
        assert token != other
        assert [each.occurrence for each in first] == _days(-3, -2, -1, 0)
        assert [(each.member_id, each.occurrence) for each in second] == [(BEN, each) for each in _days(-2, 0)]
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
        await _plan(store, *_days(-2))
        await _plan(store, *_days(-1), member_id=BEN)
        async with store.work() as one, store.work() as other:
            _token, first = await one.reminders.claim(NOW, 1, LEASE)
            _token, second = await other.reminders.claim(NOW, 20, LEASE)
            assert [each.occurrence for each in (*first, *second)] == _days(-2, -1)


async def test_only_the_claim_that_holds_a_row_can_change_it(store: Store) -> None:
    await _plan(store, occurrence())
    async with store.work() as work:
        stale, ids = await _claimed(work)
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
        assert await work.reminders.recover(NOW + LEASE, LEASE) == 0, "the lease still holds"
        assert await work.reminders.recover(NOW + LEASE + MINUTE, LEASE) == 1
        assert await work.reminders.recover(NOW + LEASE + MINUTE, LEASE) == 0
        found = await _only(work)
        assert (found.status, found.repeat) == ends


async def test_a_row_whose_lease_lapses_each_time_is_repeated_a_few_times_and_then_in_doubt(store: Store) -> None:
    await _plan(store, occurrence())
    async with store.work() as work:
        now = NOW
        for repeats in range(MOST_REPEATS + 1):
            assert (await _only(work)).repeat is (repeats > 0)
            token, found = await work.reminders.claim(now, 20, LEASE)
            await work.reminders.start(token, [each.id for each in found], now + LEASE)
            now += LEASE + MINUTE
            await work.reminders.recover(now, LEASE)
        assert (await _only(work)).status is Status.IN_DOUBT


async def test_a_lease_from_a_clock_that_was_wrong_is_taken_back(store: Store) -> None:
    await _plan(store, occurrence())
    async with store.work() as work:
        await work.reminders.claim(NOW + timedelta(days=3), 20, LEASE)
        assert await work.reminders.recover(NOW, LEASE) == 1
        await work.reminders.claim(NOW + MINUTE, 20, LEASE)
        assert await work.reminders.recover(NOW, LEASE) == 0, "clocks may differ a little"


async def test_a_send_is_held_from_its_start_on(store: Store) -> None:
    await _plan(store, occurrence())
    async with store.work() as work:
        token, ids = await _claimed(work)
        await work.reminders.start(token, ids, NOW + 2 * LEASE)
        assert await work.reminders.recover(NOW + LEASE + MINUTE, LEASE) == 0
        assert await work.reminders.recover(NOW + 2 * LEASE + MINUTE, LEASE) == 1


async def test_tries_that_did_not_arrive_leave_all_repeats(store: Store) -> None:
    await _plan(store, occurrence())
    async with store.work() as work:
        await work.connection.execute(update(tables.reminders).values(attempts=50))
        token, ids = await _claimed(work, sending=True)
        await work.reminders.repeat(token, ids, NOW, "timeout")
        assert (await _only(work)).attempts == 1


@pytest.mark.postgres
async def test_recovery_and_the_claim_of_a_member_do_not_wait_in_a_circle(postgres_url: str) -> None:
    async with builders.open_store(postgres_url) as store:
        await _plan(store, *_days(*range(-20, 0)))
        async with store.work() as work:
            await work.reminders.claim(NOW, 20, LEASE)
            await work.commit()
        later = NOW + LEASE + MINUTE
        async with store.work() as editing, store.work() as recovering:
            await editing.reminders.sync(ANNA, _days(*range(-20, 0)), later)
            assert await recovering.reminders.recover(later, LEASE) == 0, "what is being edited is passed by"
        async with store.work() as work:
            assert await work.reminders.recover(later, LEASE) == 20


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


async def test_a_row_of_an_unknown_kind_ends_dead_and_stops_no_other(store: Store) -> None:
    await _plan(store, *_days(-1, 0))
    async with store.work() as work:
        table = tables.reminders
        row_id = (await work.connection.execute(select(table.c.id).where(table.c.due_at < NOW))).scalar_one()
        kept = StoredOccurrence("horoscope", NOW.date(), 0, NOW.date(), 0)
        sealed = seal_record(store.vault, kept, f"reminders/{row_id}")
        await work.connection.execute(update(table).where(table.c.id == row_id).values(sealed=sealed))
        assert [each.occurrence for each in (await work.reminders.claim(NOW, 20, LEASE))[1]] == _days(0)
        ended = await work.connection.execute(select(table.c.status).where(table.c.id == row_id))
        assert ended.scalar_one() == "dead"
        await work.connection.execute(update(table).values(told=False))
        assert await work.reminders.to_tell(ANNA) == [], "what cannot be read does not keep others from being told"


async def test_a_naive_moment_is_refused(store: Store) -> None:
    await _plan(store)
    with pytest.raises(StorageError):
        async with store.work() as work:
            await work.reminders.claim(NOW.replace(tzinfo=None), 20, LEASE)
