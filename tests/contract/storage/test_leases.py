"""Names that one process holds at a time, and platforms that are to be left alone."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

import builders
from bot.crew import Lease
from builders import NOW
from storage.store import Store

SECOND = timedelta(seconds=1)
OURS = Lease("poll/telegram", "0a0a0a0a", "host pid:[1]", 4711, NOW + 20 * SECOND)
THEIRS = replace(OURS, holder="0b0b0b0b", pid=4712, until=NOW + 30 * SECOND)


async def _take(store: Store, lease: Lease, now: object = NOW) -> Lease | None:
    async with store.work() as work:
        blocking = await work.leases.take(lease, now)
        await work.commit()
        return blocking


async def _all(store: Store) -> list[Lease]:
    async with store.look() as work:
        return list(await work.leases.all())


async def test_a_name_that_nobody_holds_is_taken_and_comes_back_whole(store: Store) -> None:
    assert await _take(store, OURS) is None
    assert await _all(store) == [OURS]


async def test_whoever_holds_a_name_goes_on_holding_it(store: Store) -> None:
    later = replace(OURS, until=OURS.until + 5 * SECOND)
    await _take(store, OURS)
    assert await _take(store, later) is None
    assert await _all(store) == [later]


async def test_another_is_told_what_stands_in_the_way(store: Store) -> None:
    await _take(store, OURS)
    assert await _take(store, THEIRS, OURS.until - SECOND) == OURS
    assert await _all(store) == [OURS]


async def test_a_lease_that_has_run_out_goes_to_the_next(store: Store) -> None:
    await _take(store, OURS)
    assert await _all(store) == [OURS], "also those that have run out are shown"
    assert await _take(store, THEIRS, OURS.until) is None
    assert await _all(store) == [THEIRS]
    assert await _take(store, replace(OURS, until=NOW + 40 * SECOND), OURS.until) == THEIRS, "who slept is told so"


async def test_names_do_not_stand_in_each_others_way(store: Store) -> None:
    other = replace(THEIRS, name="poll/discord")
    assert [await _take(store, OURS), await _take(store, other)] == [None, None]
    assert await _all(store) == [other, OURS]


async def test_a_process_gives_back_all_its_names_and_no_others(store: Store) -> None:
    theirs = replace(THEIRS, name="upkeep")
    for lease in (OURS, replace(OURS, name="poll/discord"), theirs):
        await _take(store, lease)
    async with store.work() as work:
        await work.leases.drop(OURS.holder)
        await work.commit()
    assert await _all(store) == [theirs]
    assert await _take(store, THEIRS) is None


async def test_what_was_not_committed_is_not_held(store: Store) -> None:
    async with store.work() as work:
        await work.leases.take(OURS, NOW)
    assert await _take(store, THEIRS) is None


@pytest.mark.parametrize("lapsed", [True, False], ids=["lapsed", "never held"])
async def test_of_eight_at_once_one_holds_the_name(store: Store, *, lapsed: bool) -> None:
    now = NOW + timedelta(minutes=1)
    if lapsed:
        await _take(store, replace(OURS, holder="dead0000"))
    wanted = [replace(OURS, holder=f"0000000{number}", until=now + 20 * SECOND) for number in range(8)]
    blocking = await asyncio.gather(*(_take(store, lease, now) for lease in wanted))
    [holds] = await _all(store)
    assert [lease for lease, by in zip(wanted, blocking, strict=True) if by is None] == [holds]
    assert [by for by in blocking if by] == [holds] * 7


@pytest.mark.postgres
async def test_the_second_of_two_waits_until_it_is_known_what_the_first_did(postgres_url: str) -> None:
    async with builders.open_store(postgres_url) as store:
        for commits, stands in ((False, None), (True, OURS)):
            async with store.work() as one, store.work() as other:
                assert await one.leases.take(OURS, NOW) is None
                waiting = asyncio.create_task(other.leases.take(THEIRS, NOW))
                done, _pending = await asyncio.wait([waiting], timeout=0.2)
                assert not done
                await (one.commit() if commits else one.connection.rollback())
                assert await waiting == stands


async def test_a_hold_is_kept_over_a_restart_until_its_moment(url: str) -> None:
    async with builders.open_store(url) as store, store.work() as work:
        assert await work.holds.until(NOW) == {}
        await work.holds.hold("telegram", NOW + 10 * SECOND, NOW)
        await work.holds.hold("discord", NOW + 20 * SECOND, NOW)
        await work.commit()
    async with builders.open_store(url) as store, store.look() as work:
        both = {"telegram": NOW + 10 * SECOND, "discord": NOW + 20 * SECOND}
        assert await work.holds.until(NOW) == both
        assert await work.holds.until(NOW + 10 * SECOND) == {"discord": NOW + 20 * SECOND}
        assert await work.holds.until(NOW + 20 * SECOND) == {}


async def test_of_two_holds_the_later_moment_stays(store: Store) -> None:
    for seconds in (10, 5, 30, 20):
        async with store.work() as work:
            await work.holds.hold("telegram", NOW + seconds * SECOND, NOW)
            await work.commit()
    async with store.look() as work:
        assert await work.holds.until(NOW) == {"telegram": NOW + 30 * SECOND}


async def test_a_hold_from_a_clock_that_was_wrong_counts_no_more_and_is_written_over(store: Store) -> None:
    hour, day = 3600 * SECOND, 24 * 3600 * SECOND
    async with store.work() as work:
        await work.holds.hold("telegram", NOW + 4 * hour, NOW + 3 * hour)
        await work.holds.hold("discord", NOW + 3 * day, NOW)
        assert await work.holds.until(NOW) == {}
        await work.holds.hold("telegram", NOW + 10 * SECOND, NOW)
        await work.holds.hold("discord", NOW + 20 * SECOND, NOW)
        assert await work.holds.until(NOW) == {"telegram": NOW + 10 * SECOND, "discord": NOW + 20 * SECOND}


async def test_clocks_of_two_processes_may_differ_a_little(store: Store) -> None:
    async with store.work() as work:
        await work.holds.hold("telegram", NOW + 60 * SECOND, NOW + 10 * SECOND)
        await work.holds.hold("telegram", NOW + 20 * SECOND, NOW)
        assert await work.holds.until(NOW) == {"telegram": NOW + 60 * SECOND}
