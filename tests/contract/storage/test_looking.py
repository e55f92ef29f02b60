"""Units of work that only read."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text

import builders
from bot.errors import StorageError
from bot.triage.assessment import Label
from builders import NOW
from contract.storage.moderated import ANNA, CHAT, DESK, GROUP, MARA, add, flag, watched
from storage.store import SqlWork, Store


async def _fill(store: Store) -> None:
    async with store.work() as work:
        await builders.join(work, builders.member(), has=builders.course())
        await work.watches.save(watched(desk=DESK))
        await add(work, flag())
        await work.commit()


async def _try(store: Store, write: Callable[[SqlWork], Awaitable[object]]) -> None:
    async with store.look() as look:
        await write(look)
        await look.commit()


async def test_a_look_sees_what_was_committed_and_nothing_else(store: Store) -> None:
    await _fill(store)
    async with store.work() as writer:
        await writer.people.opt_out(ANNA, NOW)
        async with store.look() as look:
            assert not await look.people.opted_out(ANNA)
        await writer.commit()
    async with store.look() as look:
        assert await look.people.opted_out(ANNA)


@pytest.mark.parametrize(
    "write",
    [
        lambda look: look.people.opt_out(MARA, NOW),
        lambda look: look.flags.save(flag(times=9)),
        lambda look: look.watches.add(watched("c2")),
        lambda look: look.members.erase(builders.ANNA, NOW),
        lambda look: look.connection.execute(text("UPDATE members SET active = NOT active")),
    ],
    ids=["insert", "update", "add", "delete", "by hand"],
)
async def test_what_is_written_in_a_look_fails(store: Store, write: Callable[[SqlWork], Awaitable[object]]) -> None:
    await _fill(store)
    for _twice in range(2):
        with pytest.raises(StorageError):
            await _try(store, write)
    async with store.work() as work:
        assert not await work.people.opted_out(MARA)
        assert await work.flags.get(flag().id) == flag()
        assert await work.watches.all() == (watched(desk=DESK),)
        assert await work.members.get(builders.ANNA) == builders.member()


async def test_after_a_commit_a_look_still_only_reads(store: Store) -> None:
    async def write_later(look: SqlWork) -> None:
        assert not await look.people.opted_out(ANNA)
        await look.commit()
        await look.people.opt_out(ANNA, NOW)

    with pytest.raises(StorageError):
        await _try(store, write_later)
    async with store.work() as work:
        assert not await work.people.opted_out(ANNA)


async def test_after_looks_every_unit_of_work_can_write(store: Store) -> None:
    for _more_than_the_pool_has in range(20):
        async with store.look() as look:
            assert await look.watches.all() == ()
    works = [store.work() for _one in range(3)]
    for work in works:
        async with work as each:
            await each.people.opt_out(ANNA, NOW)
            await each.people.opt_in(ANNA)
            await each.commit()


@pytest.mark.parametrize(
    "seek",
    [
        lambda look: look.flags.get(flag().id),
        lambda look: look.flags.of_message(GROUP, flag().message_id),
        lambda look: look.flags.open_of(ANNA, CHAT, Label.CRISIS),
        lambda look: look.watches.get(CHAT),
        lambda look: look.members.find(ANNA),
    ],
    ids=["flag", "flag of a message", "open flag", "community", "member"],
)
async def test_who_looks_waits_for_nobody_who_holds_it(
    store: Store, seek: Callable[[SqlWork], Awaitable[object]]
) -> None:
    await _fill(store)
    async with store.work() as writer:
        held = await seek(writer)
        assert held
        await writer.connection.execute(text("UPDATE flags SET score = 0"))
        async with asyncio.timeout(5), store.look() as look:
            assert await seek(look) == held


async def test_nobody_who_writes_waits_for_one_who_looks(store: Store) -> None:
    await _fill(store)
    async with store.look() as look:
        assert await look.flags.get(flag().id)
        async with asyncio.timeout(5), store.work() as writer:
            assert await writer.flags.get(flag().id)
            await writer.flags.save(flag(times=2))
            await writer.commit()


async def test_looks_go_on_while_many_wait_to_write(store: Store) -> None:
    """As many wait as there are connections to write with, and one of them takes its time."""
    await _fill(store)
    begun, enough = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with store.work() as work:
            await work.flags.get(flag().id)
            begun.set()
            await enough.wait()

    async def waiting() -> None:
        await begun.wait()
        async with store.work() as work:
            await work.flags.get(flag().id)

    async with asyncio.TaskGroup() as tasks:
        for task in (slow, *[waiting] * 8):
            tasks.create_task(task())
        await begun.wait()
        await asyncio.sleep(0.1)
        try:
            async with asyncio.timeout(10):
                for _one in range(50):
                    async with store.look() as look:
                        assert await look.flags.get(flag().id)
        finally:
            enough.set()
