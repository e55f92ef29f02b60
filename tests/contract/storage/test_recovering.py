"""What happens to rows whose lease ran out, or whose process is gone."""

from datetime import timedelta

import pytest

import builders
from bot.reminders.reminder import MOST_REPEATS, Kind, Status
from builders import ANNA, NOW, occurrence
from contract.storage.reminded import LEASE, MINUTE, claimed, days, only, plan
from storage.store import Store

OURS, THEIRS = "0a0a0a0a", "0b0b0b0b"
"""Processes."""


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
    await plan(store, occurrence(kind))
    async with store.work() as work:
        await claimed(work, sending=sending)
        assert await work.reminders.recover(NOW + LEASE, LEASE) == 0, "the lease still holds"
        assert await work.reminders.recover(NOW + LEASE + MINUTE, LEASE) == 1
        assert await work.reminders.recover(NOW + LEASE + MINUTE, LEASE) == 0
        found = await only(work)
        assert (found.status, found.repeat) == ends


async def test_a_row_whose_lease_lapses_each_time_is_repeated_a_few_times_and_then_in_doubt(store: Store) -> None:
    await plan(store, occurrence())
    async with store.work() as work:
        now = NOW
        for repeats in range(MOST_REPEATS + 1):
            assert (await only(work)).repeat is (repeats > 0)
            token, found = await work.reminders.claim(now, 20, LEASE)
            await work.reminders.start(token, [each.id for each in found], now + LEASE)
            now += LEASE + MINUTE
            await work.reminders.recover(now, LEASE)
        assert (await only(work)).status is Status.IN_DOUBT


@pytest.mark.parametrize("sending", [True, False], ids=["being sent", "claimed"])
async def test_what_a_process_left_behind_is_taken_back_before_its_lease_ends(store: Store, *, sending: bool) -> None:
    await plan(store, occurrence())
    async with store.work() as work:
        token, found = await work.reminders.claim(NOW, 20, LEASE, OURS)
        assert token.startswith(OURS)
        if sending:
            await work.reminders.start(token, [each.id for each in found], NOW + LEASE)
        assert await work.reminders.holders() == {OURS}
        for dead in (None, (), {THEIRS}):
            assert await work.reminders.recover(NOW, LEASE, dead) == 0
        assert await work.reminders.recover(NOW, LEASE, {OURS, THEIRS}) == 1
        assert await work.reminders.recover(NOW, LEASE, {OURS, THEIRS}) == 0
        assert await work.reminders.holders() == set()
        again = await only(work)
        assert (again.status, again.repeat) == (Status.PENDING, sending)
        assert await work.reminders.held(token, [again.id]) == []


@pytest.mark.parametrize("later", [LEASE + MINUTE, timedelta(days=1), -timedelta(days=1)])
async def test_a_process_that_lives_keeps_what_it_holds_whatever_the_clock_says(store: Store, later: timedelta) -> None:
    await plan(store, occurrence())
    async with store.work() as work:
        await work.reminders.claim(NOW, 20, LEASE, OURS)
        assert await work.reminders.recover(NOW + later, LEASE, ()) == 0
        assert await work.reminders.recover(NOW + later, LEASE, {THEIRS}) == 0


async def test_a_claim_that_is_worked_on_is_not_taken_back(store: Store) -> None:
    await plan(store, occurrence())
    later = NOW + LEASE + MINUTE
    async with store.work() as work:
        token, _found = await work.reminders.claim(NOW, 20, LEASE, OURS)
        for dead in (None, {OURS}):
            assert await work.reminders.recover(later, LEASE, dead, {token}) == 0
        assert await work.reminders.recover(later, LEASE, {OURS}, {THEIRS}) == 1


async def test_no_two_claims_of_a_process_have_the_same_token(store: Store) -> None:
    async with store.work() as work:
        tokens = [(await work.reminders.claim(NOW, 1, LEASE, OURS))[0] for _again in range(20)]
    assert len(set(tokens)) == 20
    assert {len(token) for token in tokens} == {32}


async def test_a_lease_from_a_clock_that_was_wrong_is_taken_back(store: Store) -> None:
    await plan(store, occurrence())
    async with store.work() as work:
        await work.reminders.claim(NOW + timedelta(days=3), 20, LEASE)
        assert await work.reminders.recover(NOW, LEASE) == 1
        await work.reminders.claim(NOW + MINUTE, 20, LEASE)
        assert await work.reminders.recover(NOW, LEASE) == 0, "clocks may differ a little"


async def test_a_send_is_held_from_its_start_on(store: Store) -> None:
    await plan(store, occurrence())
    async with store.work() as work:
        token, ids = await claimed(work)
        await work.reminders.start(token, ids, NOW + 2 * LEASE)
        assert await work.reminders.recover(NOW + LEASE + MINUTE, LEASE) == 0
        assert await work.reminders.recover(NOW + 2 * LEASE + MINUTE, LEASE) == 1


@pytest.mark.postgres
async def test_recovery_and_the_claim_of_a_member_do_not_wait_in_a_circle(postgres_url: str) -> None:
    async with builders.open_store(postgres_url) as store:
        await plan(store, *days(*range(-20, 0)))
        async with store.work() as work:
            await work.reminders.claim(NOW, 20, LEASE)
            await work.commit()
        later = NOW + LEASE + MINUTE
        async with store.work() as editing, store.work() as recovering:
            await editing.reminders.sync(ANNA, days(*range(-20, 0)), later)
            assert await recovering.reminders.recover(later, LEASE) == 0, "what is being edited is passed by"
        async with store.work() as work:
            assert await work.reminders.recover(later, LEASE) == 20
