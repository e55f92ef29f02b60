"""From what is wanted of reminders to the rows that there are."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, update

from bot.reminders.reminder import Kind, Occurrence, Status
from builders import ANNA, NOW, occurrence
from contract.storage.reminded import BEFORE, LEASE, MINUTE, claimed, days, only, plan
from storage import tables
from storage.store import Store

CAUGHT_UP = [each for each in Kind if each.caught_up]


async def test_a_wanted_occurrence_gets_one_pending_row_and_comes_back_whole(store: Store) -> None:
    one = Occurrence(Kind.EVENING, date(2026, 3, 11), 2, date(2026, 3, 10), NOW, NOW + LEASE, 3)
    await plan(store, one)
    async with store.work() as work:
        found = await only(work)
        assert (found.member_id, found.occurrence, found.status, found.attempts) == (ANNA, one, Status.PENDING, 0)


async def test_the_same_plan_again_changes_nothing(store: Store) -> None:
    await plan(store, *days(0, 1))
    async with store.work() as work:
        before = (await work.connection.execute(select(tables.reminders))).all()
        await work.reminders.sync(ANNA, days(1, 0), BEFORE)
        assert (await work.connection.execute(select(tables.reminders))).all() == before


@pytest.mark.parametrize("kind", [each for each in Kind if not each.caught_up])
async def test_what_was_due_already_gets_no_row(store: Store, kind: Kind) -> None:
    await plan(store)
    async with store.work() as work:
        await work.reminders.sync(ANNA, [occurrence(kind, due_at=NOW)], NOW)
        assert await work.reminders.of(ANNA) == []


async def test_a_pending_row_moves_with_its_occurrence(store: Store) -> None:
    await plan(store, occurrence())
    moved = occurrence(due_at=NOW + 3 * MINUTE)
    async with store.work() as work:
        await work.reminders.sync(ANNA, [moved], BEFORE)
        assert (await only(work)).occurrence == moved
        assert await work.reminders.next_due() == moved.due_at


async def test_a_row_no_longer_wanted_is_cancelled_and_pending_when_wanted_again(store: Store) -> None:
    one = occurrence(Kind.ROUND)
    await plan(store, one)
    async with store.work() as work:
        await work.reminders.sync(ANNA, [], BEFORE)
        assert (await only(work)).status is Status.CANCELLED
        await work.reminders.sync(ANNA, [one], NOW)
        assert (await only(work)).status is Status.CANCELLED, "its moment has passed"
        await work.reminders.sync(ANNA, [one], BEFORE)
        assert (await only(work)).status is Status.PENDING


@pytest.mark.parametrize("kind", CAUGHT_UP)
@pytest.mark.parametrize("planned", [True, False], ids=["cancelled", "never planned"])
async def test_what_an_edit_makes_due_in_the_past_is_planned_for_now_and_stays(
    store: Store, kind: Kind, *, planned: bool
) -> None:
    one, edited = occurrence(kind), NOW + 5 * MINUTE
    await plan(store, *([one] if planned else []))
    async with store.work() as work:
        await work.reminders.sync(ANNA, [], BEFORE)
        for now in (edited, edited + MINUTE):
            await work.reminders.sync(ANNA, [one], now)
            found = await only(work)
            assert (found.status, found.occurrence) == (Status.PENDING, replace(one, due_at=edited))
        assert await work.reminders.next_due() == edited


async def test_what_has_expired_is_not_caught_up_on(store: Store) -> None:
    await plan(store)
    async with store.work() as work:
        one = occurrence()
        await work.reminders.sync(ANNA, [one], one.expires_at)
        assert await work.reminders.of(ANNA) == []


@pytest.mark.parametrize("status", [Status.SENDING, Status.SENT, Status.IN_DOUBT])
async def test_what_was_said_under_another_occurrence_is_not_caught_up_on(store: Store, status: Status) -> None:
    said = occurrence(Kind.LEAD)
    await plan(store, said)
    async with store.work() as work:
        token, ids = await claimed(work, sending=True)
        if status is not Status.SENDING:
            await work.reminders.finish(token, ids, status, NOW)
        await work.reminders.sync(ANNA, [replace(said, number=5)], NOW + MINUTE)
        assert (await only(work)).status is status


async def test_what_a_wrong_clock_missed_is_pending_when_it_lies_ahead(store: Store) -> None:
    one = occurrence(Kind.ROUND)
    await plan(store, one)
    async with store.work() as work:
        token, ids = await claimed(work)
        await work.reminders.finish(token, ids, Status.MISSED, NOW)
        await work.reminders.told(ids)
        await work.reminders.sync(ANNA, [one], BEFORE)
        found = await only(work)
        assert (found.status, found.occurrence) == (Status.PENDING, one)
        await work.connection.execute(update(tables.reminders).values(status="missed"))
        assert len(await work.reminders.to_tell(ANNA)) == 1, "the next end is told anew"


async def test_a_row_whose_matter_was_settled_ends_as_settled_and_others_as_cancelled(store: Store) -> None:
    day, kinds = NOW.date(), (Kind.LAB, Kind.LEAD)
    lab, lead, later = occurrence(Kind.LAB), occurrence(Kind.LEAD), days(1)[0]
    await plan(store, lab, lead, later)
    async with store.work() as work:
        await claimed(work)
        await work.reminders.sync(ANNA, [later], NOW, {(Kind.LAB, day), (Kind.LAB, later.day), (Kind.ROUND, day)})
        ends = {each.occurrence: (each.status, each.reason) for each in await work.reminders.of(ANNA)}
        assert ends == {
            lab: (Status.SETTLED, None),
            lead: (Status.CANCELLED, "replanned"),
            later: (Status.PENDING, None),
        }
        await work.reminders.sync(ANNA, [later], NOW, {(kind, day) for kind in kinds})
        assert (await work.reminders.of(ANNA))[0].status in {Status.SETTLED, Status.CANCELLED}
        assert {each.status for each in await work.reminders.of(ANNA)} == {status for status, _reason in ends.values()}
        assert await work.reminders.to_tell(ANNA) == []


async def test_settling_does_not_change_what_is_sent_or_being_sent(store: Store) -> None:
    await plan(store, occurrence())
    async with store.work() as work:
        token, ids = await claimed(work, sending=True)
        for status in (Status.SENDING, Status.SENT):
            await work.reminders.sync(ANNA, [], NOW, {(Kind.LAB, NOW.date())})
            assert (await only(work)).status is status
            await work.reminders.finish(token, ids, Status.SENT, NOW)


async def test_a_row_that_does_not_open_is_cancelled_since_nobody_knows_its_matter(store: Store) -> None:
    await plan(store, occurrence())
    async with store.work() as work:
        await work.connection.execute(update(tables.reminders).values(sealed=b"\x01spoiled"))
        await work.reminders.sync(ANNA, [], NOW, {(Kind.LAB, NOW.date())})
        ended = await work.connection.execute(select(tables.reminders.c.status))
        assert ended.scalar_one() == "cancelled"


async def test_what_was_settled_and_is_wanted_again_is_planned_again(store: Store) -> None:
    one = occurrence()
    await plan(store, one)
    async with store.work() as work:
        for now, due_at in ((BEFORE, NOW), (NOW + MINUTE, NOW + MINUTE)):
            await work.reminders.sync(ANNA, [], BEFORE, {(Kind.LAB, NOW.date())})
            assert (await only(work)).status is Status.SETTLED
            await work.reminders.sync(ANNA, [one], now)
            found = await only(work)
            assert (found.status, found.occurrence) == (Status.PENDING, replace(one, due_at=due_at))


@pytest.mark.parametrize("wanted", [[], [occurrence(due_at=NOW + MINUTE)]], ids=["unwanted", "moved"])
async def test_an_edit_wins_over_a_claim(store: Store, wanted: Sequence[Occurrence]) -> None:
    await plan(store, occurrence())
    async with store.work() as work:
        token, ids = await claimed(work)
        await work.reminders.sync(ANNA, wanted, BEFORE)
        assert await work.reminders.held(token, ids) == []
        await work.reminders.start(token, ids, NOW + LEASE)
        assert (await only(work)).attempts == 0


@pytest.mark.parametrize("status", [Status.SENDING, Status.SENT, Status.UNDELIVERABLE, Status.IN_DOUBT, Status.DEAD])
@pytest.mark.parametrize("wanted", [[], [occurrence(due_at=NOW + MINUTE)]], ids=["unwanted", "moved"])
async def test_planning_leaves_alone_what_is_being_sent_or_has_ended(
    store: Store, status: Status, wanted: Sequence[Occurrence]
) -> None:
    await plan(store, occurrence())
    async with store.work() as work:
        token, ids = await claimed(work, sending=True)
        if status is not Status.SENDING:
            await work.reminders.finish(token, ids, status, NOW)
        await work.reminders.sync(ANNA, wanted, BEFORE)
        found = await only(work)
        assert (found.status, found.occurrence) == (status, occurrence())
